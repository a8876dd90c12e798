//! The scheduler at work: claims what is due, hands it to the engine, writes down what became of it.
//!
//! A message is sent only under a claim, which is written down before; what the engine answers is
//! settled under the same claim. Whoever dies in between leaves a claim behind that runs out, and
//! then the message is one of which nobody knows, unless the engine does: it is never sent again
//! unasked.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{sync::Notify, task::JoinHandle, time::timeout};
use whatsapp_gateway::{ChatId, Found, Gateway, Outgoing, SendError, SessionName};

use super::{
    heard::Early,
    limits::{DAY_MS, Settings, UNBOUNDED},
    retry::{self, Failure, Verdict},
    rules::{IN_FLIGHT, Ruling},
};
use crate::{
    changes::Changes,
    clock::Clock,
    lifecycle::Lifecycle,
    random::Random,
    store::{Claimed, Lease, Orphan, Outcome, Settled, Store, StoreError},
};

/// How often the queue is looked at when nobody says that there is something.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often claims that ran out are looked for, and that a scheduler is at work is written down.
const ROUND_EVERY_MS: i64 = 5 * 1000;
/// A pause of all schedulers that is longer than this counts as an outage.
const OUTAGE_MS: i64 = 60 * 1000;
/// A clock that goes back by more than this was set back.
const SET_BACK_MS: i64 = 5 * 1000;
/// How many messages are under way at a time.
const AT_ONCE: usize = 256;
/// How many sessions are served by one claim.
const SESSIONS_AT_ONCE: usize = 32;
/// What a claim outlives the engine's own limit by.
const LEASE_MARGIN: Duration = Duration::from_secs(20);
/// How long messages to new people are held when WhatsApp refuses them and does not say for how
/// long.
const NEW_CHATS_HOLD_MS: i64 = DAY_MS;
/// What a message says whose sender is not there any more to tell.
const NOBODY_KNOWS: &str =
    "Herald was stopped while this was being sent: it may or may not have gone out.";

/// Sends what is due. Cheap to clone.
#[derive(Clone)]
pub struct Scheduler(pub(super) Arc<Parts>);

pub(super) struct Parts {
    pub(super) store: Store,
    gateway: Arc<dyn Gateway>,
    pub(super) clock: Clock,
    random: Random,
    pub(super) changes: Changes,
    test_mode: bool,
    wake: Notify,
    /// Claims of this process that are not settled.
    under_way: Mutex<HashSet<String>>,
    /// Receipts of which nobody knows yet whose they are.
    pub(super) early: Early,
    round: Mutex<Round>,
}

/// When what is done now and then was done last, in milliseconds since 1970.
#[derive(Default)]
struct Round {
    done_at: Option<i64>,
    seen_at: i64,
}

impl Scheduler {
    /// Sends through `gateway` what the users in `store` have scheduled. In test mode there are no
    /// gaps, caps, quiet hours and no repeat guard.
    pub fn new(
        store: Store,
        gateway: Arc<dyn Gateway>,
        clock: Clock,
        random: Random,
        changes: Changes,
        test_mode: bool,
    ) -> Self {
        Self(Arc::new(Parts {
            store,
            gateway,
            clock,
            random,
            changes,
            test_mode,
            wake: Notify::new(),
            under_way: Mutex::default(),
            early: Early::default(),
            round: Mutex::default(),
        }))
    }

    /// Something may be due: looks at once.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// The limits in force: none in test mode but the breakers.
    pub async fn settings(&self) -> Result<Settings, StoreError> {
        let settings = self.stored_settings().await?;
        Ok(if self.0.test_mode {
            settings.test_mode()
        } else {
            settings
        })
    }

    /// The limits as an admin has set them, else the defaults.
    pub async fn stored_settings(&self) -> Result<Settings, StoreError> {
        let stored = self.0.store.limit_list_all().await?;
        let stored = stored.iter().map(|(name, value)| (name.as_str(), *value));
        // A stored value that this version does not know, or takes for too lax, falls back alone.
        Ok(Settings::default()
            .with(stored.clone())
            .unwrap_or_else(|_| {
                stored.fold(Settings::default(), |settings, one| {
                    settings.with([one]).unwrap_or(settings)
                })
            }))
    }

    /// Whether the repeat guard is off.
    pub fn repeats(&self) -> bool {
        self.0.test_mode
    }

    /// How much of what an account has sent the limits have to know.
    pub fn departed_at_most(settings: &Settings) -> i64 {
        let caps = [
            settings.hour,
            settings.day,
            settings.group_hour,
            settings.chats_day,
            settings.new_people_day,
        ];
        let bound = caps.into_iter().filter(|cap| *cap != UNBOUNDED).max();
        // Without any cap only the last one counts, for the pause.
        i64::from(bound.unwrap_or(0)) + 1
    }

    /// Until told to stop; then what is under way is waited for and settled.
    pub async fn run(&self, lifecycle: &Lifecycle) {
        let mut sends = FuturesUnordered::new();
        let mut outcomes = Vec::new();
        let stopping = lifecycle.stopping();
        while !stopping.is_cancelled() {
            self.round_if_due().await;
            if sends.len() + usize::try_from(IN_FLIGHT).unwrap_or(1) <= AT_ONCE {
                match self.claim(AT_ONCE - sends.len()).await {
                    Ok(claimed) => {
                        sends.extend(claimed.into_iter().map(|claimed| self.begin(claimed)));
                    }
                    Err(error) => tracing::error!(%error, "nothing could be claimed"),
                }
            }
            tokio::select! {
                biased;
                () = stopping.cancelled() => break,
                Some(settled) = sends.next(), if !sends.is_empty() => outcomes.push(settled),
                () = self.0.wake.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            while let Some(Some(settled)) = futures_util::FutureExt::now_or_never(sends.next()) {
                outcomes.push(settled);
            }
            self.settle(&mut outcomes).await;
        }
        while let Some(settled) = sends.next().await {
            outcomes.push(settled);
        }
        self.settle(&mut outcomes).await;
    }

    /// Sends all that is due now, and returns once all of it is settled. How many messages were
    /// handed over.
    pub async fn tick(&self) -> Result<usize, StoreError> {
        self.round(self.0.clock.now_ms()).await?;
        let mut handed_over = 0;
        loop {
            let claimed = self.claim(AT_ONCE).await?;
            if claimed.is_empty() {
                return Ok(handed_over);
            }
            handed_over += claimed.len();
            let sends: FuturesUnordered<_> = claimed
                .into_iter()
                .map(|claimed| self.begin(claimed))
                .collect();
            let mut outcomes: Vec<Settled> = sends.collect().await;
            self.settle(&mut outcomes).await;
        }
    }

    /// Sends a message that is claimed already, and says what became of it once that is written
    /// down.
    pub async fn send_claimed(&self, claimed: Claimed) -> Outcome {
        let settled = self.begin(claimed).await;
        let outcome = settled.outcome.clone();
        self.settle(&mut vec![settled]).await;
        outcome
    }

    /// A lease that begins now.
    pub fn lease_until(&self, now: i64) -> i64 {
        let lasts = self.0.gateway.send_limit() + LEASE_MARGIN;
        now.saturating_add(i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX))
    }

    /// A share of the random part of a pause.
    pub fn jitter(&self) -> f64 {
        f64::from(u32::from_le_bytes(self.0.random.bytes())) / f64::from(u32::MAX)
    }

    /// Up to `room` messages that are due, claimed.
    async fn claim(&self, room: usize) -> Result<Vec<Claimed>, StoreError> {
        let now = self.0.clock.now_ms();
        let settings = self.settings().await?;
        let per_session = usize::try_from(IN_FLIGHT).unwrap_or(1);
        let sessions = (room / per_session).clamp(1, SESSIONS_AT_ONCE);
        let claim = self.0.random.id(now);
        let ruling = Ruling {
            settings: &settings,
            repeats: self.repeats(),
            now_ms: now,
            jitter: self.jitter(),
        };
        let lease = Lease {
            claim: &claim,
            until: self.lease_until(now),
        };
        let sessions = i64::try_from(sessions).unwrap_or(1);
        let departed = Self::departed_at_most(&settings);
        let store = &self.0.store;
        let step = store
            .queue_claim(&ruling, lease, sessions, departed, now)
            .await?;
        self.tell(
            step.skipped_of
                .iter()
                .chain(step.claimed.iter().map(|claimed| &claimed.user_id)),
        );
        if step.is_full {
            self.wake();
        }
        Ok(step.claimed)
    }

    /// Hands a message over, in a task of its own: what the engine does to it stays with it.
    fn begin(&self, claimed: Claimed) -> impl Future<Output = Settled> + use<> {
        let settled = Settled {
            id: claimed.id.clone(),
            campaign_id: claimed.campaign_id.clone(),
            user_id: claimed.user_id.clone(),
            session_id: claimed.session_id.clone(),
            claim: claimed.claim.clone(),
            chat_id: claimed.chat_id.clone(),
            outcome: Outcome::Unknown {
                reason: "This was handed over, and then something broke: it may or may not have gone out.".to_owned(),
            },
        };
        self.under_way().insert(settled.id.clone());
        let scheduler = self.clone();
        let sent: JoinHandle<Outcome> = tokio::spawn(async move { scheduler.send(&claimed).await });
        async move {
            match sent.await {
                Ok(outcome) => Settled { outcome, ..settled },
                Err(error) => {
                    tracing::error!(%error, message = settled.id, "a send broke");
                    settled
                }
            }
        }
    }

    async fn send(&self, claimed: &Claimed) -> Outcome {
        let gateway = &self.0.gateway;
        let Ok(session) = SessionName::new(claimed.engine_name.as_str()) else {
            return Outcome::Failed {
                reason: "The WhatsApp account is not linked.".to_owned(),
            };
        };
        let message = Outgoing {
            id: claimed.whatsapp_id.clone(),
            chat: ChatId(claimed.chat_id.clone()),
            text: claimed.content.clone(),
        };
        // The engine has its own limit; this one is for an engine that breaks it.
        let limit = gateway.send_limit() + LEASE_MARGIN / 2;
        let sent = timeout(limit, gateway.send(&session, &message)).await;
        match sent {
            Ok(Ok(sent)) => Outcome::Sent { engine_id: sent.id },
            Ok(Err(error)) => self.outcome(claimed, error),
            Err(_) => Outcome::Unknown {
                reason: "WhatsApp did not answer in time: this may or may not have gone out."
                    .to_owned(),
            },
        }
    }

    fn outcome(&self, claimed: &Claimed, error: SendError) -> Outcome {
        let now = self.0.clock.now_ms();
        let mut hold_until = None;
        let (failure, reason) = match error {
            SendError::Refused { reason } => (Failure::Refused, reason),
            SendError::Unavailable { reason } => (Failure::Unavailable, reason),
            SendError::Unknown { reason } => (Failure::Unknown, reason),
            SendError::NewChatsHeld { until_ms } => {
                hold_until = Some(
                    until_ms
                        .filter(|until| *until > now)
                        .unwrap_or(now + NEW_CHATS_HOLD_MS),
                );
                let reason = "WhatsApp lets this account begin no new conversations for now.";
                (Failure::Unavailable, reason.to_owned())
            }
        };
        let attempts = u32::try_from(claimed.attempts).unwrap_or(u32::MAX);
        match retry::after(failure, attempts, now, None, self.jitter()) {
            Verdict::Fail => Outcome::Failed { reason },
            Verdict::Unknown => Outcome::Unknown { reason },
            Verdict::Retry { at_ms: due_at } => match hold_until {
                Some(until) => Outcome::NewChatsHeld {
                    until,
                    due_at,
                    reason,
                },
                None => Outcome::Retry { due_at, reason },
            },
        }
    }

    /// Writes outcomes down and takes them; those that the database does not take stay for the next
    /// time.
    async fn settle(&self, outcomes: &mut Vec<Settled>) {
        if outcomes.is_empty() {
            return;
        }
        let settings = match self.settings().await {
            Ok(settings) => settings,
            Err(error) => {
                tracing::error!(%error, "outcomes could not be written down yet");
                return;
            }
        };
        let breaker = |sent: &[bool]| tripped(&settings, sent);
        let now = self.0.clock.now_ms();
        if let Err(error) = self.0.store.queue_settle(outcomes, &breaker, now).await {
            tracing::error!(%error, "outcomes could not be written down yet");
            return;
        }
        {
            let mut under_way = self.under_way();
            for settled in outcomes.iter() {
                under_way.remove(&settled.id);
            }
        }
        self.take_early(outcomes, &settings, now).await;
        self.tell(outcomes.iter().map(|settled| &settled.user_id));
        outcomes.clear();
    }

    async fn round_if_due(&self) {
        let now = self.0.clock.now_ms();
        let (is_due, was_set_back) = {
            let mut round = self.round_state();
            let was_set_back = now < round.seen_at - SET_BACK_MS;
            round.seen_at = now;
            (
                round
                    .done_at
                    .is_none_or(|done_at| now >= done_at + ROUND_EVERY_MS || was_set_back),
                was_set_back,
            )
        };
        if was_set_back {
            tracing::warn!("the clock was set back");
        }
        if is_due && let Err(error) = self.round(now).await {
            tracing::error!(%error, "the queue could not be looked after");
        }
    }

    /// What is done now and then: that a scheduler is at work is written down, and claims that
    /// nobody will settle are.
    async fn round(&self, now: i64) -> Result<(), StoreError> {
        let store = &self.0.store;
        let (is_first, was_set_back) = {
            let mut round = self.round_state();
            let was = round.done_at.replace(now);
            round.seen_at = now;
            (
                was.is_none(),
                was.is_some_and(|was| now < was - SET_BACK_MS),
            )
        };
        if store.scheduler_alive(OUTAGE_MS, now).await? {
            tracing::warn!(
                "nothing was sent for a while: Herald was not running, or the machine slept"
            );
        }
        if is_first || was_set_back {
            // When each session was to be looked at was reckoned by another clock.
            store.queue_wake_all(now).await?;
        }
        let orphans = store.queue_orphans_all(now).await?;
        let orphans: Vec<Orphan> = {
            let under_way = self.under_way();
            orphans
                .into_iter()
                .filter(|orphan| !under_way.contains(&orphan.id))
                .collect()
        };
        let mut outcomes = Vec::new();
        for orphan in orphans {
            outcomes.push(self.find(orphan).await);
        }
        self.settle(&mut outcomes).await;
        Ok(())
    }

    async fn find(&self, orphan: Orphan) -> Settled {
        let outcome = match self.ask(&orphan).await {
            Some(Found::Sent) => Outcome::Sent { engine_id: None },
            Some(Found::Absent) => Outcome::Retry {
                due_at: self.0.clock.now_ms(),
                reason: "Herald was stopped before this went out.".to_owned(),
            },
            Some(Found::CannotTell) | None => Outcome::Unknown {
                reason: NOBODY_KNOWS.to_owned(),
            },
        };
        Settled {
            id: orphan.id,
            campaign_id: orphan.campaign_id,
            user_id: orphan.user_id,
            session_id: orphan.session_id,
            claim: orphan.claim,
            chat_id: orphan.chat_id,
            outcome,
        }
    }

    async fn ask(&self, orphan: &Orphan) -> Option<Found> {
        let session = SessionName::new(orphan.engine_name.as_deref()?).ok()?;
        let message = Outgoing {
            id: orphan.whatsapp_id.clone(),
            chat: ChatId(orphan.chat_id.clone()),
            text: String::new(),
        };
        self.0.gateway.find(&session, &message).await.ok()
    }

    fn tell<'a>(&self, user_ids: impl Iterator<Item = &'a String>) {
        let users: HashSet<&String> = user_ids.collect();
        for user_id in users {
            self.0.changes.tell(user_id);
        }
    }

    fn under_way(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.0
            .under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn round_state(&self) -> std::sync::MutexGuard<'_, Round> {
        self.0.round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a campaign is to pause after these outcomes, the newest first; `true` is sent.
pub(super) fn tripped(settings: &Settings, sent: &[bool]) -> Option<String> {
    let outcomes = sent.iter().map(|sent| {
        if *sent {
            retry::Outcome::Sent
        } else {
            retry::Outcome::Failed
        }
    });
    retry::breaker(settings, outcomes).map(|trip| trip.to_string())
}
