//! What is left to compare after a crash: the phones' journal, and the database.

use std::{
    collections::{HashMap, HashSet},
    fs::File,
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::PathBuf,
};

use herald::{
    scheduler::rules::IN_FLIGHT,
    store::{Listed, Store},
};
use serde::Deserialize;

/// A message's id on WhatsApp with the session that sends it, by the engine's name.
pub(super) type OnEngine = (String, String);

/// How often the phones were given what. The journal outlives whoever wrote it, and no line of it
/// is ever half there.
pub(super) struct Journal {
    path: PathBuf,
    read_to: u64,
    given: HashMap<OnEngine, u32>,
}

#[derive(Deserialize)]
struct Line {
    session: String,
    id: String,
}

impl Journal {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            read_to: 0,
            given: HashMap::new(),
        }
    }

    /// Reads what was added since.
    fn read_on(&mut self) {
        let mut journal = match File::open(&self.path) {
            // Before the first message.
            Err(error) if error.kind() == ErrorKind::NotFound => return,
            journal => journal.unwrap(),
        };
        journal.seek(SeekFrom::Start(self.read_to)).unwrap();
        let mut added = String::new();
        journal.read_to_string(&mut added).unwrap();
        // Whoever writes just now has not ended its line yet.
        let whole = added.rfind('\n').map_or(0, |end| end + 1);
        for line in added[..whole].lines() {
            let line: Line = serde_json::from_str(line).unwrap();
            *self.given.entry((line.session, line.id)).or_default() += 1;
        }
        self.read_to += u64::try_from(whole).unwrap();
    }

    pub(super) fn times(&mut self, message: &OnEngine) -> u32 {
        self.read_on();
        self.given.get(message).copied().unwrap_or(0)
    }
}

/// A message as the database has it.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) user_id: String,
    pub(super) on_engine: OnEngine,
    pub(super) status: String,
    pub(super) delivered: bool,
}

const ROWS: &str = "SELECT messages.id, messages.user_id, whatsapp_sessions.engine_name, messages.whatsapp_id, messages.status,
            messages.delivered_at IS NOT NULL
     FROM messages JOIN whatsapp_sessions ON whatsapp_sessions.id = messages.session_id";

pub(super) async fn rows(store: &Store) -> Vec<Row> {
    type Columns = (String, String, String, String, String, bool);
    let rows = match store {
        Store::Sqlite(pool) => sqlx::query_as::<_, Columns>(ROWS).fetch_all(pool).await,
        Store::Postgres(pool) => sqlx::query_as::<_, Columns>(ROWS).fetch_all(pool).await,
    };
    let rows = rows.unwrap().into_iter();
    rows.map(
        |(id, user_id, session, whatsapp_id, status, delivered)| Row {
            id,
            user_id,
            on_engine: (session, whatsapp_id),
            status,
            delivered,
        },
    )
    .collect()
}

/// Holds the books of all these users' campaigns to balance.
async fn books_balance(store: &Store, users: &[String]) {
    for user in users {
        for listed in [Listed::Open, Listed::Over] {
            for (campaign, books) in store.campaign_books(user, listed).await.unwrap() {
                assert!(books.balance(), "campaign {campaign}: {books:?}");
            }
        }
    }
}

/// What holds at any moment, also while somebody sends. Returns the messages.
pub(super) async fn examine(store: &Store, users: &[String], journal: &mut Journal) -> Vec<Row> {
    books_balance(store, users).await;
    journal.read_on();
    let given_before: HashSet<OnEngine> = journal.given.keys().cloned().collect();
    let rows = rows(store).await;
    journal.read_on();

    for (message, times) in &journal.given {
        assert_eq!(*times, 1, "{message:?} went out once");
    }
    let mut sending: HashMap<&str, i64> = HashMap::new();
    for row in &rows {
        let (session, _) = &row.on_engine;
        match row.status.as_str() {
            "sending" => *sending.entry(session).or_default() += 1,
            "sent" => assert!(
                journal.given.contains_key(&row.on_engine),
                "{:?} is sent, but the phone was never given it",
                row.on_engine,
            ),
            "unknown" => assert!(
                !row.delivered,
                "{:?} is unknown, but there is a receipt for it",
                row.on_engine,
            ),
            "scheduled" => assert!(
                !given_before.contains(&row.on_engine),
                "{:?} is scheduled, but it went out already",
                row.on_engine,
            ),
            other => panic!("{:?} is {other}", row.on_engine),
        }
    }
    for (session, count) in sending {
        assert!(
            count <= IN_FLIGHT,
            "{count} messages of {session} are under way"
        );
    }
    rows
}
