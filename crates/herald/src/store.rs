//! The database, `SQLite` or `PostgreSQL`. The only place that contains SQL.
//!
//! Each query is one text that both databases understand. Instants are milliseconds since 1970,
//! ids are text. What belongs to a user is read and written under that user's id; methods that
//! look across users end in `_all`.

mod campaign;
mod directory;
mod queue;
mod sign_in;
mod user;
mod whatsapp_session;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, Postgres, Sqlite, SqlitePool,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::time::timeout;

pub use campaign::{
    Asked, Books, Campaign, CampaignKey, CampaignRecipient, Changed, Edit as CampaignEdit, Edited,
    GroupWithCampaign, Listed, Message, NewCampaign, NewMessage,
};
pub use directory::{Known, KnownContact, KnownGroup, NewReading, Part};
pub use queue::{
    ChatFacts, Claimed, DepartedRow, HoldRow, KillSwitch, Lease, Line, Next, Orphan, Outcome,
    Receipt, Rules, Sender, Settled, Step, TestMessage, Waiting,
};
pub use sign_in::{NewSignIn, SignIn};
pub use user::{NewUser, Role, UnknownRole, User, UserCreated};
pub use whatsapp_session::{Claim, PhoneSource, WhatsAppSession};

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a query waits for a free connection, and `SQLite` for another writer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs one SQL text on whichever database is open: `sql!(self, fetch_all<Row>, "…", values…)`
/// for rows, `sql!(self, execute, "…", values…)` for the number of rows changed, and the same
/// with `in transaction` instead of `self`.
macro_rules! sql {
    (in $transaction:ident, $($query:tt)*) => {
        match &mut $transaction {
            crate::store::Transaction::Sqlite(on) => crate::store::sql!(@run &mut **on, $($query)*),
            crate::store::Transaction::Postgres(on) => crate::store::sql!(@run &mut **on, $($query)*),
        }
    };
    (@run $on:expr, execute, $text:expr $(, $value:expr)* $(,)?) => {
        sqlx::query($text)$(.bind($value))*.execute($on).await.map(|done| done.rows_affected())
    };
    (@run $on:expr, $fetch:ident<$row:ty>, $text:expr $(, $value:expr)* $(,)?) => {
        sqlx::query_as::<_, $row>($text)$(.bind($value))*.$fetch($on).await
    };
    ($store:ident, $($query:tt)*) => {
        match $store {
            crate::store::Store::Sqlite(on) => crate::store::sql!(@run on, $($query)*),
            crate::store::Store::Postgres(on) => crate::store::sql!(@run on, $($query)*),
        }
    };
}
pub(crate) use sql;

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

/// Several writes that happen together or not at all.
enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

impl Transaction {
    async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

/// The database could not be opened, or did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names neither of the two databases.
    #[error("a database URL begins with sqlite: and a file's path, or with postgres://")]
    Url,
    /// `PostgreSQL` does not answer.
    #[error("PostgreSQL does not answer")]
    Silent,
    /// The `SQLite` file cannot be made.
    #[error("the database file {path} cannot be opened: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The tables could not be brought up to date.
    #[error("the database's tables cannot be brought up to date: {0}")]
    Migrate(#[from] MigrateError),
    /// The database refused, or cannot be reached.
    #[error("the database fails: {0}")]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Opens `sqlite:<path>` or `sqlite://<path>` (the path is taken as it is, nothing in it means
    /// anything; the file is made, readable by its owner alone) or `postgres://…`
    /// and brings its tables up to date.
    pub async fn open(database_url: &str) -> Result<Self, StoreError> {
        let store = if database_url.starts_with("postgres://")
            || database_url.starts_with("postgresql://")
        {
            let options = PgPoolOptions::new()
                .acquire_timeout(PATIENCE)
                .max_connections(10);
            // The pool would try until its patience ends and then tell nothing but that.
            let server = database_url.parse::<PgConnectOptions>()?;
            let connected = timeout(PATIENCE, server.connect()).await;
            connected.map_err(|_| StoreError::Silent)??.close().await?;
            Self::Postgres(options.connect_with(server).await?)
        } else if let Some(path) = sqlite_path(database_url) {
            Self::Sqlite(open_sqlite(&path).await?)
        } else {
            return Err(StoreError::Url);
        };
        match &store {
            Self::Sqlite(pool) => SQLITE_MIGRATIONS.run(pool).await?,
            Self::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(store)
    }

    /// Whether the database answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        sql!(self, execute, "SELECT 1")?;
        Ok(())
    }

    /// Waits for running queries and closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Begins several reads that see one state, and nothing that keeps others from writing.
    async fn begin_reading(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin().await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// Begins several writes. `SQLite` takes its one write lock at once: taking it only at the first
    /// write could fail half-way, with no way to wait for it.
    async fn begin(&self) -> Result<Transaction, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Transaction::Sqlite(pool.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }
}

/// Not by way of a URL, in which `?`, `#` and `%` would mean something.
fn sqlite_path(database_url: &str) -> Option<PathBuf> {
    let path = database_url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    match path {
        "" | ":memory:" => None,
        // `SQLite` itself would read it as a URL.
        path if path.starts_with("file:") => Some(Path::new(".").join(path)),
        path => Some(path.into()),
    }
}

async fn open_sqlite(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        // What was answered as done outlives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE);
    make_private_file(path).map_err(|source| StoreError::File {
        path: path.display().to_string(),
        source,
    })?;
    Ok(SqlitePoolOptions::new()
        .acquire_timeout(PATIENCE)
        // A file does not hang up: asking first would cost each query a second trip.
        .test_before_acquire(false)
        .max_connections(8)
        .connect_with(options)
        .await?)
}

/// Made before `SQLite` does, which would let everybody on the machine read it; its journal files
/// take over the mode.
fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Splits off the one failure that is an answer: another row has that value already.
fn unless_taken<T>(result: Result<T, sqlx::Error>) -> Result<Option<T>, sqlx::Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(None),
        Err(error) => Err(error),
    }
}
