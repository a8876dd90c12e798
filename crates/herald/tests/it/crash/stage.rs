//! Users with campaigns enough to last through all the kills, and somebody who looks after each.

use std::{
    collections::HashSet,
    fmt,
    ops::{AddAssign, Range},
};

use herald::{
    campaign::{Draft, Recipient, Recurrence, Target, draft::MAX_LATE_MINUTES},
    clock::Clock,
    scheduler::rules::IN_FLIGHT,
    store::{Listed, NewUser, Role, Store},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

use super::{
    evidence::{self, Journal, Row},
    server::{Herald, Orders},
};
use crate::support::{
    database::{Database, Kind},
    world::START,
};

const USERS: usize = 6;
/// A campaign's messages, all of them due at once.
const RECIPIENTS: usize = 100;
/// When fewer than this wait, every user makes a campaign more.
const ENOUGH: usize = 600;
/// Longer than any claim, by the fast clock.
const AFTER_ALL_LEASES_MS: i64 = 60 * 1000;
/// In so many steps of that length everything is sent: also what waits for another attempt.
const LAST_STEPS: u32 = 200;
const STEP_MS: i64 = 30 * 1000;

pub(super) struct Stage {
    pub(super) rng: StdRng,
    /// Ids of messages that were under way when a process was killed.
    in_flight: HashSet<String>,
    users: Vec<String>,
    journal: Journal,
    kind: Kind,
    orders: Orders,
    processes: u32,
    database: Database,
    _folder: TempDir,
}

/// What it came to.
#[derive(Default)]
pub(super) struct Tally {
    messages: usize,
    pub(super) in_flight: usize,
    pub(super) unknown: usize,
    went_out: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.messages += other.messages;
        self.in_flight += other.in_flight;
        self.unknown += other.unknown;
        self.went_out += other.went_out;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages, none lost, none twice; {} were under way when a process was killed, {} are unknown, of \
             which {} went out",
            self.messages, self.in_flight, self.unknown, self.went_out
        )
    }
}

impl Stage {
    pub(super) async fn set(kind: Kind, seed: u64) -> Self {
        let database = Database::fresh(kind).await;
        let folder = tempfile::tempdir().unwrap();
        let journal = folder.path().join("journal");
        let orders = Orders {
            name: String::new(),
            url: database.url.clone(),
            journal: journal.clone(),
            began_ms: Clock::system().now_ms(),
            seed,
        };
        let mut stage = Self {
            rng: StdRng::seed_from_u64(seed),
            in_flight: HashSet::new(),
            users: (0..USERS).map(|n| format!("user{n}")).collect(),
            journal: Journal::new(journal),
            kind,
            orders,
            processes: 0,
            database,
            _folder: folder,
        };
        for user in &stage.users {
            add_user(&stage.database.store, user, START).await;
        }
        // A process that dies leaves a file that nobody else has open.
        stage.database.store.close().await;
        stage.take_stock().await;
        stage
    }

    /// For the next process: with a seed of its own, and a name by which `PostgreSQL` knows it.
    pub(super) fn orders(&mut self) -> Orders {
        self.processes += 1;
        let name = format!("process-{}", self.processes);
        let url = match self.kind {
            Kind::Sqlite => self.orders.url.clone(),
            Kind::Postgres => format!("{}?application_name={name}", self.orders.url),
        };
        Orders {
            name,
            url,
            seed: self.rng.random(),
            ..self.orders.clone()
        }
    }

    /// A process is dead; waits until `PostgreSQL` has done the last that it asked for.
    pub(super) async fn bury(&self, dead: Orders) {
        if let Kind::Sqlite = self.kind {
            return;
        }
        let mut connection = PgConnection::connect(&self.orders.url).await.unwrap();
        let query = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1";
        while sqlx::query_scalar::<_, i64>(query)
            .bind(&dead.name)
            .fetch_one(&mut connection)
            .await
            .unwrap()
            > 0
        {
            tokio::task::yield_now().await;
        }
        connection.close().await.unwrap();
    }

    /// Looks at what a process has left behind, and sees to it that there is enough to send.
    pub(super) async fn take_stock(&mut self) -> Vec<Row> {
        let herald = Herald::open(&self.orders()).await;
        let rows = evidence::examine(&herald.store, &self.users, &mut self.journal).await;
        let waiting = rows.iter().filter(|row| row.status == "scheduled").count();
        if waiting < ENOUGH {
            for user in &self.users {
                add_campaign(&herald, user).await;
            }
        }
        herald.store.close().await;
        rows
    }

    /// Takes down what was under way when a process was killed.
    pub(super) fn note_in_flight(&mut self, rows: &[Row], statuses: &[&str]) {
        let under_way = rows.iter().filter(|row| statuses.contains(&&*row.status));
        self.in_flight.extend(under_way.map(|row| row.id.clone()));
    }

    /// Nobody is killed any more: all that waits is sent, and then nothing is lost.
    pub(super) async fn finish(mut self) -> Tally {
        let herald = Herald::open(&self.orders()).await;
        herald.clock.advance(AFTER_ALL_LEASES_MS);
        for _ in 0..LAST_STEPS {
            self.send_all(&herald).await;
            let rows = evidence::rows(&herald.store).await;
            if rows.iter().all(|row| is_settled(&row.status)) {
                break;
            }
            herald.clock.advance(STEP_MS);
        }
        // What is sent did go out, and once: that is examined here as always.
        let rows = evidence::examine(&herald.store, &self.users, &mut self.journal).await;
        let unknown: Vec<&Row> = rows.iter().filter(|row| row.status != "sent").collect();
        let mut went_out = 0;
        for row in &unknown {
            let message = &row.on_engine;
            assert_eq!(row.status, "unknown", "{message:?} at the end");
            assert!(
                self.in_flight.contains(&row.id),
                "{message:?} is unknown, but nobody was killed over it",
            );
            went_out += self.journal.times(message);
        }
        self.campaigns_are_over(&herald.store).await;
        if let Some(row) = unknown.first() {
            self.send_again(&herald, row).await;
            self.campaigns_are_over(&herald.store).await;
        }
        herald.store.close().await;
        Tally {
            messages: rows.len(),
            in_flight: self.in_flight.len(),
            unknown: unknown.len(),
            went_out,
        }
    }

    async fn campaigns_are_over(&self, store: &Store) {
        for user in &self.users {
            let open = store.campaign_list(user, Listed::Open).await.unwrap();
            assert!(open.is_empty(), "campaigns of {user} are under way");
            for campaign in store.campaign_list(user, Listed::Over).await.unwrap() {
                assert_eq!(campaign.status, "COMPLETED");
            }
        }
    }

    async fn send_all(&self, herald: &Herald) {
        herald.scheduler.tick().await.unwrap();
        for user in &self.users {
            herald.resume_paused(user).await;
        }
    }

    /// Whoever owns a message of which nobody knows may have it sent again: once more, under the
    /// same id.
    async fn send_again(&mut self, herald: &Herald, row: &Row) {
        let times = self.journal.times(&row.on_engine);
        let campaigns = &herald.campaigns;
        campaigns
            .resolve(&row.user_id, &row.id, "scheduled")
            .await
            .unwrap();
        self.send_all(herald).await;
        assert_eq!(self.journal.times(&row.on_engine), times + 1);
        let rows = evidence::rows(&herald.store).await;
        let again = rows.iter().find(|again| again.id == row.id).unwrap();
        assert_eq!(again.status, "sent");
    }
}

/// So many messages are under way at a time at most.
pub(super) fn most_in_flight() -> usize {
    USERS * usize::try_from(IN_FLIGHT).unwrap()
}

fn is_settled(status: &str) -> bool {
    !matches!(status, "scheduled" | "sending")
}

/// The id of the user's session, and its phone's name.
pub(super) fn session_of(user: &str) -> (String, String) {
    (format!("session-of-{user}"), format!("phone-of-{user}"))
}

/// With a session that has worked since then.
pub(super) async fn add_user(store: &Store, user: &str, since: i64) {
    let new = NewUser {
        id: user,
        name: user,
        email: &format!("{user}@herald.test"),
        image: None,
        role: Role::User,
        password_hash: "",
    };
    store.user_create(&new, since).await.unwrap();
    let (id, name) = session_of(user);
    let ensured = store.whatsapp_session_ensure(user, &id, &name, since).await;
    ensured.unwrap();
    let claimed = store.whatsapp_session_claim(user, &id, &name, since).await;
    claimed.unwrap();
    store
        .whatsapp_session_observe(user, &id, "WORKING", None, None, since)
        .await
        .unwrap();
}

pub(super) fn people(numbers: Range<usize>) -> impl Iterator<Item = Recipient> {
    numbers.map(|number| Recipient {
        chat_id: format!("999{number:07}@c.us"),
        name: None,
    })
}

/// A message a day at noon.
pub(super) fn draft(start: &str, end: &str, target: Target) -> Draft {
    Draft {
        title: None,
        target_amount: None,
        start_date: start.to_owned(),
        end_date: end.to_owned(),
        message_time: "12:00".to_owned(),
        time_zone: "UTC".to_owned(),
        message_template: "See you tonight".to_owned(),
        is_free_form: true,
        is_recurring: false,
        recurrence: Recurrence::Daily,
        sequence: None,
        late_minutes: Some(MAX_LATE_MINUTES),
        target,
    }
}

/// Planned for later, as every campaign is, and then sent now, as its owner may.
async fn add_campaign(herald: &Herald, user: &str) {
    let target = Target::Many(people(0..RECIPIENTS).collect());
    let draft = draft("2026-02-01", "2026-02-01", target);
    let (session, _) = session_of(user);
    let campaigns = &herald.campaigns;
    let id = campaigns
        .create(user, &session, draft, "individuals", None)
        .await
        .unwrap();
    campaigns.send_now(user, &id).await.unwrap();
}
