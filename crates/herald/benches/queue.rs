//! What the queue costs: `cargo bench -p herald --bench queue`.
//!
//! The store, planner and scheduler that `herald serve` runs, in this process, without HTTP, on
//! `SQLite` in a temporary folder and, where `HERALD_TEST_POSTGRES` names a server, on `PostgreSQL`.
//!
//! * **Tick**: so many messages are scheduled in 500 sessions, all due later but for one a session; a
//!   tick claims, sends and settles those 500. 1,000,000 rows against 1,000, in the same run, the
//!   small one measured before and after. Aim: within 2 times.
//! * **Idle tick**: the same with nothing due.
//! * **Dispatch**: 20,000 messages of 50 sessions, all due, in test mode, through the simulated
//!   engine, receipts off, until every one is settled. Aim: 1,000 a second on two cores.
//! * **Create**: a campaign for 10,000 recipients with a personal text, planned and written. Aim: one
//!   second.
//!
//! Times are the least of several runs where that is possible: what others do on the machine only
//! adds.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{error::Error, sync::Arc, time::Duration};

use herald::{
    campaign::{Draft, Recipient, Recurrence, Target},
    campaigns::Campaigns,
    changes::Changes,
    clock::Clock,
    random::Random,
    scheduler::Scheduler,
    store::{Role, Store},
};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::time::Instant;
use whatsapp_gateway::{
    Gateway, SessionName, State,
    simulated::{Simulated, SimulatedConfig},
};

/// 2026-01-01.
const START: i64 = 1_767_225_600_000;
const MINUTE: i64 = 60 * 1000;
const SESSIONS: usize = 500;
const TICKS: usize = 5;
const ROWS_AT_ONCE: usize = 20_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sqlite = format!("sqlite:{}", folder.path().join("queue.db").display());
    println!("SQLite");
    measure(&sqlite).await?;
    if let Ok(server) = std::env::var("HERALD_TEST_POSTGRES") {
        println!("PostgreSQL");
        measure(&fresh(&server).await?).await?;
    }
    Ok(())
}

async fn measure(url: &str) -> Result<()> {
    let bench = Bench::new(url).await?;
    bench.create().await?;
    let session_ids = bench.sessions(SESSIONS).await?;
    let small = bench.tick_with(&session_ids, 1_000).await?;
    let large = bench.tick_with(&session_ids, 1_000_000).await?;
    for (what, small, large) in [
        ("tick of 500", small.0, large.0),
        ("idle tick", small.1, large.1),
    ] {
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        println!(
            "  {what:<12} {small:>9.2?} with 1,000 rows, {large:>9.2?} with 1,000,000: {ratio:.2} times"
        );
    }
    bench.dispatch().await
}

/// A new database on a server.
async fn fresh(server: &str) -> Result<String> {
    let name = format!(
        "herald_bench_{}",
        uuid::Uuid::from_bytes(Random::system().bytes()).simple()
    );
    let mut connection = PgConnection::connect(server).await?;
    connection
        .execute(AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await?;
    let mut url = url::Url::parse(server)?;
    url.set_path(&name);
    Ok(url.into())
}

struct Bench {
    store: Store,
    clock: Clock,
    random: Random,
    phone: Arc<Simulated>,
    scheduler: Scheduler,
    campaigns: Campaigns,
}

impl Bench {
    async fn new(url: &str) -> Result<Self> {
        let store = Store::open(url).await?;
        let (clock, random, changes) =
            (Clock::manual(START), Random::seeded(1), Changes::default());
        let engine_clock = clock.clone();
        let mut config = SimulatedConfig::new(1, Arc::new(move || engine_clock.now_ms()));
        config.scan_after = Some(Duration::ZERO);
        config.receipts = false;
        let phone = Arc::new(Simulated::new(config));
        let engine: Arc<dyn Gateway> = Arc::clone(&phone) as _;
        let scheduler = Scheduler::new(
            store.clone(),
            engine,
            clock.clone(),
            random.clone(),
            changes.clone(),
            true,
        );
        Ok(Self {
            campaigns: Campaigns::new(
                store.clone(),
                clock.clone(),
                random.clone(),
                changes,
                scheduler.clone(),
            ),
            store,
            clock,
            random,
            phone,
            scheduler,
        })
    }

    /// Accounts with a session that works, by the users' and the sessions' ids.
    async fn sessions(&self, count: usize) -> Result<Vec<(String, String)>> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let now = self.clock.now_ms();
            let name = self.random.id(now);
            let email = format!("{name}@herald.test");
            // The hash of a password takes long, and nobody signs in.
            let user = self
                .store
                .user_create(
                    &herald::store::NewUser {
                        id: &self.random.id(now),
                        name: "Bench",
                        email: &email,
                        image: None,
                        role: Role::User,
                        password_hash: "-",
                    },
                    now,
                )
                .await?;
            let herald::store::UserCreated::Created(user) = user else {
                return Err("the address is taken".into());
            };
            let session_name = format!("s{}", name.replace('-', ""));
            let session = self
                .store
                .whatsapp_session_ensure(&user.id, &self.random.id(now), &session_name, now)
                .await?;
            self.store
                .whatsapp_session_claim(&user.id, &session.id, &session_name, now)
                .await?;
            let engine_name = SessionName::new(session_name)?;
            self.phone.start(&engine_name).await?;
            while self.phone.status(&engine_name).await?.state != State::Working {
                self.phone.qr(&engine_name).await.ok();
                self.phone.scan(&engine_name);
                self.clock.advance(100);
            }
            let now = self.clock.now_ms();
            self.store
                .whatsapp_session_observe(&user.id, &session.id, "WORKING", None, None, now)
                .await?;
            ids.push((user.id, session.id));
        }
        Ok(ids)
    }

    async fn create(&self) -> Result<()> {
        let (user_id, session_id) = self.sessions(1).await?.remove(0);
        let recipients: Vec<Recipient> = (0..10_000).map(person).collect();
        let mut least = Duration::MAX;
        for _ in 0..3 {
            let draft = draft(
                "Hello {first_name|friend}, see you on {date}.",
                60,
                Target::Many(recipients.clone()),
            );
            let began = Instant::now();
            let id = self
                .campaigns
                .create(&user_id, &session_id, draft, "individuals", None)
                .await?;
            least = least.min(began.elapsed());
            self.campaigns.delete(&user_id, &id).await?;
        }
        println!("  a campaign for 10,000 recipients is created in {least:.2?}");
        Ok(())
    }

    /// Fills the sessions up to so many rows in all, and measures ticks with one message due in each
    /// session, and with none.
    async fn tick_with(
        &self,
        session_ids: &[(String, String)],
        rows: usize,
    ) -> Result<(Duration, Duration)> {
        let later = 24 * 60;
        let each = rows / session_ids.len();
        for (user_id, session_id) in session_ids {
            let mut left = each;
            while left > 0 {
                let count = left.min(ROWS_AT_ONCE);
                let target = Target::Many((0..count).map(person).collect());
                self.campaigns
                    .create(
                        user_id,
                        session_id,
                        draft("Later", later, target),
                        "individuals",
                        None,
                    )
                    .await?;
                left -= count;
            }
        }
        let group = self.group(&session_ids[0].0).await?;
        // Each session knows by now that nothing is due.
        self.scheduler.tick().await?;
        let mut busy = Duration::MAX;
        let mut idle = Duration::MAX;
        for _ in 0..TICKS {
            for (user_id, session_id) in session_ids {
                let target = Target::Many(vec![group.clone()]);
                let now_due = draft_at("Now", self.clock.now_ms() + MINUTE, target);
                self.campaigns
                    .create(user_id, session_id, now_due, "groups", None)
                    .await?;
            }
            self.scheduler.tick().await?;
            self.clock.advance(2 * MINUTE);
            let began = Instant::now();
            let sent = self.scheduler.tick().await?;
            busy = busy.min(began.elapsed());
            if sent != session_ids.len() {
                return Err(format!("{sent} messages left").into());
            }
            for _ in 0..100 {
                let began = Instant::now();
                self.scheduler.tick().await?;
                idle = idle.min(began.elapsed());
            }
        }
        Ok((busy, idle))
    }

    /// A group in which everybody may write.
    async fn group(&self, user_id: &str) -> Result<Recipient> {
        let session = self
            .store
            .whatsapp_session_of(user_id)
            .await?
            .ok_or("no session")?;
        let groups = self
            .phone
            .groups(&SessionName::new(session.session_name)?)
            .await?;
        let group = groups
            .into_iter()
            .find(|group| group.admins_only != Some(true))
            .ok_or("no group")?;
        Ok(Recipient {
            chat_id: group.id.0,
            name: group.name,
        })
    }

    async fn dispatch(&self) -> Result<()> {
        let session_ids = self.sessions(50).await?;
        for (user_id, session_id) in &session_ids {
            let target = Target::Many((0..400).map(person).collect());
            let due = draft_at("Dispatch", self.clock.now_ms() + MINUTE, target);
            self.campaigns
                .create(user_id, session_id, due, "individuals", None)
                .await?;
        }
        self.clock.advance(2 * MINUTE);
        let began = Instant::now();
        let sent = self.scheduler.tick().await?;
        let took = began.elapsed();
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let rate = sent as f64 / took.as_secs_f64();
        println!("  {sent} messages were sent in {took:.2?}: {rate:.0} a second");
        Ok(())
    }
}

fn person(n: usize) -> Recipient {
    Recipient {
        chat_id: format!("4915{n:08}@c.us"),
        name: Some(format!("Somebody Else {n}")),
    }
}

fn draft(text: &str, minutes: i64, target: Target) -> Draft {
    draft_at(
        text,
        START + 30 * 24 * 60 * MINUTE + minutes * MINUTE,
        target,
    )
}

fn draft_at(text: &str, instant: i64, target: Target) -> Draft {
    let at = jiff::Timestamp::from_millisecond(instant)
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    Draft {
        title: None,
        target_amount: None,
        start_date: at.date().to_string(),
        end_date: at.date().to_string(),
        message_time: at.strftime("%H:%M").to_string(),
        time_zone: "UTC".into(),
        message_template: text.into(),
        is_free_form: true,
        is_recurring: false,
        recurrence: Recurrence::Daily,
        sequence: Some(false),
        late_minutes: None,
        target,
    }
}
