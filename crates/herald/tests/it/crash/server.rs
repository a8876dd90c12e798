//! The parts of Herald that send, put together as the server does it, on a clock that runs fast.

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::{StreamExt, future::join_all, stream};
use herald::{
    campaigns::Campaigns,
    changes::Changes,
    clock::Clock,
    lifecycle::Lifecycle,
    random::Random,
    scheduler::Scheduler,
    sessions::Sessions,
    store::{Listed, Store},
};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use whatsapp_gateway::{
    Changed, Event, Gateway, SessionName, State,
    simulated::{Simulated, SimulatedConfig},
};

use crate::support::world::START;

/// So much faster than the machine's runs the clock of these tests: the 25 seconds after which a
/// dead process's claims have run out are a quarter of one.
pub(super) const FASTER: u64 = 100;
/// Every look at the phones' clock moves it on by this much, so that they are linked at once.
const LOOK_MS: i64 = 100;
/// As the server: so many hints are looked at at a time.
const HINTS_AT_ONCE: usize = 8;

/// What a process has to know to send.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Orders {
    /// What the process is called.
    pub(super) name: String,
    /// The database.
    pub(super) url: String,
    /// Where the phones note what they were given.
    pub(super) journal: PathBuf,
    /// When the fast clock began to run, by the machine's: it is the same in every process.
    pub(super) began_ms: i64,
    /// No two processes draw the same ids.
    pub(super) seed: u64,
}

impl Orders {
    /// What the fast clock says.
    pub(super) fn now_ms(&self) -> i64 {
        let passed = Clock::system().now_ms() - self.began_ms;
        START + passed.max(0) * i64::try_from(FASTER).unwrap()
    }
}

/// Phones that note what they are given. Each look at their own clock moves it on.
pub(super) fn phones(journal: Option<PathBuf>) -> Simulated {
    let clock = Clock::manual(START);
    let now = move || {
        clock.advance(LOOK_MS);
        clock.now_ms()
    };
    Simulated::new(SimulatedConfig {
        scan_after: Some(Duration::ZERO),
        groups: 40,
        contacts: 40,
        journal,
        ..SimulatedConfig::new(1, Arc::new(now))
    })
}

/// Every session's phone works: like WAHA, it knows nothing of Herald's end.
pub(super) async fn link_phones(store: &Store, phones: &Simulated) {
    for session in store.whatsapp_session_list_active_all().await.unwrap() {
        let name = SessionName::new(session.engine_name.unwrap()).unwrap();
        phones.start(&name).await.unwrap();
        while phones.status(&name).await.unwrap().state != State::Working {}
    }
}

pub(super) struct Herald {
    pub(super) store: Store,
    pub(super) phones: Arc<Simulated>,
    /// Stands until it is moved.
    pub(super) clock: Clock,
    pub(super) changes: Changes,
    pub(super) scheduler: Scheduler,
    pub(super) campaigns: Campaigns,
    pub(super) sessions: Sessions,
    pub(super) lifecycle: Lifecycle,
}

impl Herald {
    /// In test mode: without pauses, so that there is always something under way.
    pub(super) async fn open(orders: &Orders) -> Self {
        let store = Store::open(&orders.url).await.unwrap();
        let clock = Clock::manual(orders.now_ms());
        let phones = Arc::new(phones(Some(orders.journal.clone())));
        let engine = Arc::clone(&phones) as Arc<dyn Gateway>;
        let (random, changes) = (Random::seeded(orders.seed), Changes::default());
        let lifecycle = Lifecycle::default();
        let scheduler = Scheduler::new(
            store.clone(),
            Arc::clone(&engine),
            clock.clone(),
            random.clone(),
            changes.clone(),
            true,
        );
        link_phones(&store, &phones).await;
        Self {
            campaigns: Campaigns::new(
                store.clone(),
                clock.clone(),
                random.clone(),
                changes.clone(),
                scheduler.clone(),
            ),
            sessions: Sessions::new(
                store.clone(),
                engine,
                clock.clone(),
                random,
                changes.clone(),
                &lifecycle,
            ),
            store,
            phones,
            clock,
            changes,
            scheduler,
            lifecycle,
        }
    }

    /// Looks at what the phones tell, as the server does, for ever.
    pub(super) async fn hear(&self, events: Receiver<Event>) {
        let hints = stream::unfold(events, |mut events| async {
            match events.recv().await {
                Ok(event) => Some((Some(event), events)),
                Err(RecvError::Lagged(_)) => Some((None, events)),
                Err(RecvError::Closed) => None,
            }
        });
        hints
            .for_each_concurrent(HINTS_AT_ONCE, async |hint| {
                // What the database does not take is told by a log line, and lost.
                let _ = match hint {
                    Some(event) if matches!(event.changed, Changed::Receipt { .. }) => {
                        self.scheduler.heard(&event).await.is_ok()
                    }
                    Some(event) => self.sessions.heard(&event).await.is_ok(),
                    None => self.sessions.tick().await.is_ok(),
                };
            })
            .await;
    }

    /// Does for these users, for ever, what an owner does whose campaign pauses by itself: after a
    /// kill there are more messages of which nobody knows than a campaign takes in good part.
    pub(super) async fn resume_whatever_pauses(&self, users: &[String]) {
        join_all(users.iter().map(async |user| {
            let mut watch = self.changes.watch(user).unwrap();
            loop {
                self.resume_paused(user).await;
                watch.hint().await;
            }
        }))
        .await;
    }

    /// Resumes the user's campaigns that pause. What fails is tried at the next occasion.
    pub(super) async fn resume_paused(&self, user: &str) {
        let open = self.store.campaign_list(user, Listed::Open).await;
        for campaign in open.unwrap_or_default() {
            if campaign.status == "PAUSED" {
                let _ = self.campaigns.resume(user, &campaign.id).await;
            }
        }
    }
}
