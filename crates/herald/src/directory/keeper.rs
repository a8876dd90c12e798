//! The keeping of all directories: read from the engine in the background, written down whole,
//! held in memory while they are used.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::{future::Cache, policy::EvictionPolicy};
use tokio::sync::{Semaphore, watch};
use whatsapp_gateway::{Gateway, GatewayError, SessionName, State};

use super::{Directory, join};
use crate::{
    clock::Clock,
    lifecycle::Lifecycle,
    sessions::words,
    store::{Known, Store, StoreError, WhatsAppSession},
};

/// When a directory is old and read again, in milliseconds.
const OLD_MS: i64 = 6 * 60 * 60_000;
/// The same for one that was read within [`SETTLING_MS`] of the linking: a phone hands over its
/// address book bit by bit.
const OLD_WHILE_SETTLING_MS: i64 = 2 * 60_000;
const SETTLING_MS: i64 = 10 * 60_000;
/// How long after a reading began the next may begin by itself, failed or not, and when asked for.
const RETRY_MS: i64 = 60_000;
const RETRY_WHEN_ASKED_MS: i64 = 10_000;
/// How many directories are read at a time: each holds two whole lists.
const READINGS_AT_ONCE: usize = 2;
/// How long a list waits for a directory's first reading.
const FIRST_READING: Duration = Duration::from_secs(5);
/// How much memory all directories may take together; the least used leave first. One of 200,000
/// people takes less than 30 MB.
const MEMORY: u64 = 256 * 1024 * 1024;
/// How long one stays in memory that nobody uses.
const IDLE: Duration = Duration::from_mins(30);

/// Why a directory cannot be shown, or be read.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The account is not linked yet, or has to be linked anew.
    #[error("the session has not worked since it was begun to be linked: it is {}", .0.as_str())]
    NotLinked(State),
    /// The first reading failed, and why, in plain words.
    #[error("the directory has never been read: {0}")]
    NeverRead(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The same, for a directory that several wait for.
    #[error("a directory could not be loaded: {0}")]
    Shared(Arc<DirectoryError>),
    /// The engine did not give its lists.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// A list could not be made of what is known.
    #[error("making a directory panicked")]
    Panicked,
}

type Result<T, E = DirectoryError> = std::result::Result<T, E>;

/// How a directory is being kept.
#[derive(Debug)]
pub struct Reading {
    /// What there is.
    pub directory: Arc<Directory>,
    /// When it was last read whole, in milliseconds since 1970.
    pub synced_at: Option<i64>,
    /// Whether it is being read now.
    pub syncing: bool,
    /// Why the last reading failed, in plain words.
    pub error: Option<String>,
}

/// All sessions' directories. Cheap to clone.
#[derive(Clone)]
pub struct Directories(Arc<Inner>);

struct Inner {
    store: Store,
    gateway: Arc<dyn Gateway>,
    clock: Clock,
    lifecycle: Lifecycle,
    turns: Semaphore,
    readings: Mutex<HashMap<String, Last>>,
    /// By session and instant of the reading: what has been read since is never taken for older.
    memory: Cache<(String, i64), Arc<Directory>>,
}

/// A session's last reading.
struct Last {
    began_at: i64,
    /// Closed once it is over.
    over: watch::Receiver<()>,
}

impl Last {
    fn is_over(&self) -> bool {
        self.over.has_changed().is_err()
    }
}

impl Directories {
    /// The directories in `store`, read from `gateway` until `lifecycle` stops.
    pub fn new(
        store: Store,
        gateway: Arc<dyn Gateway>,
        clock: Clock,
        lifecycle: &Lifecycle,
    ) -> Self {
        let memory = Cache::builder()
            .weigher(|_, directory: &Arc<Directory>| {
                u32::try_from(directory.size()).unwrap_or(u32::MAX)
            })
            .max_capacity(MEMORY)
            .time_to_idle(IDLE)
            .eviction_policy(EvictionPolicy::lru());
        Self(Arc::new(Inner {
            store,
            gateway,
            clock,
            lifecycle: lifecycle.clone(),
            turns: Semaphore::new(READINGS_AT_ONCE),
            readings: Mutex::default(),
            memory: memory.build(),
        }))
    }

    /// The directory of a session as it stands in the database. Calls no engine. While it is read
    /// for the first time, this waits for it, a few seconds at most.
    pub async fn of(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
    ) -> Result<Arc<Directory>> {
        if session.linked_at.is_none() {
            return Err(DirectoryError::NotLinked(State::from_word(&session.status)));
        }
        if session.directory_synced_at.is_some() {
            return self.0.load(session).await;
        }
        self.keep(session, engine_name);
        if let Some(mut over) = self.running(&session.id) {
            // Over or not: what is there by then is the answer.
            let _ = tokio::time::timeout(FIRST_READING, over.changed()).await;
        }
        let store = &self.0.store;
        let filled = store
            .whatsapp_session_by_id(&session.user_id, &session.id)
            .await?;
        match filled {
            // Nothing was ever read: an empty list would not be the truth.
            Some(WhatsAppSession {
                directory_synced_at: None,
                directory_error: Some(words),
                ..
            }) => Err(DirectoryError::NeverRead(words)),
            filled => self.0.load(filled.as_ref().unwrap_or(session)).await,
        }
    }

    /// What there is and how it is kept, at once.
    pub async fn reading(&self, session: &WhatsAppSession) -> Result<Reading> {
        Ok(Reading {
            syncing: self.running(&session.id).is_some(),
            directory: self.0.load(session).await?,
            synced_at: session.directory_synced_at,
            error: session.directory_error.clone(),
        })
    }

    /// Has a directory read when it is old: called with each look at a session.
    pub fn keep(&self, session: &WhatsAppSession, engine_name: &SessionName) {
        let now = self.0.clock.now_ms();
        let (Some(linked_at), false) = (session.linked_at, session.unlinking) else {
            return;
        };
        let is_old = session.directory_synced_at.is_none_or(|synced_at| {
            let settled = synced_at - linked_at > SETTLING_MS;
            now - synced_at
                > if settled {
                    OLD_MS
                } else {
                    OLD_WHILE_SETTLING_MS
                }
        });
        if is_old && session.status == State::Working.as_str() {
            // What was read before the linking is no reason to wait.
            self.start(session, linked_at, engine_name, |last| {
                last.began_at < linked_at || now - last.began_at >= RETRY_MS
            });
        }
    }

    /// Has a directory read because somebody asks for it. False if it is being read or has just
    /// been.
    pub fn refresh(&self, session: &WhatsAppSession, engine_name: &SessionName) -> Result<bool> {
        let Some(linked_at) = session.linked_at else {
            return Err(DirectoryError::NotLinked(State::from_word(&session.status)));
        };
        let now = self.0.clock.now_ms();
        Ok(self.start(session, linked_at, engine_name, |last| {
            now - last.began_at >= RETRY_WHEN_ASKED_MS
        }))
    }

    /// Lets go of the memory of directories that nobody has used for a while; called now and then.
    pub async fn tidy(&self) {
        self.0.memory.run_pending_tasks().await;
    }

    /// Begins a reading unless one runs, or the last was too recent for this one.
    fn start(
        &self,
        session: &WhatsAppSession,
        linked_at: i64,
        engine_name: &SessionName,
        is_due: impl Fn(&Last) -> bool,
    ) -> bool {
        let stopping = self.0.lifecycle.stopping().clone();
        let (running, over) = watch::channel(());
        {
            let mut readings = self.0.readings();
            let last = readings.get(&session.id);
            if last.is_some_and(|last| !last.is_over() || !is_due(last)) || stopping.is_cancelled()
            {
                return false;
            }
            let began_at = self.0.clock.now_ms();
            readings.retain(|_, last| !last.is_over() || began_at - last.began_at < RETRY_MS);
            readings.insert(session.id.clone(), Last { began_at, over });
        }
        let (inner, session, engine_name) =
            (Arc::clone(&self.0), session.clone(), engine_name.clone());
        self.0.lifecycle.tasks().spawn(async move {
            let _running = running;
            tokio::select! {
                () = stopping.cancelled() => {}
                () = inner.read(&session, linked_at, &engine_name) => {}
            }
        });
        true
    }

    fn running(&self, session_id: &str) -> Option<watch::Receiver<()>> {
        let readings = self.0.readings();
        let last = readings.get(session_id).filter(|last| !last.is_over());
        last.map(|last| last.over.clone())
    }
}

impl Inner {
    async fn read(&self, session: &WhatsAppSession, linked_at: i64, engine_name: &SessionName) {
        let Err(error) = self.replace(session, linked_at, engine_name).await else {
            return;
        };
        tracing::warn!(session = session.id, %error, "a directory could not be read");
        let words = match &error {
            DirectoryError::Gateway(error) => words::cause(error),
            _ => words::DIRECTORY_FAILED.to_owned(),
        };
        let store = &self.store;
        let written = store
            .directory_failed(&session.user_id, &session.id, linked_at, &words)
            .await;
        if let Err(error) = written {
            tracing::error!(session = session.id, %error, "a directory's error could not be written down");
        }
    }

    async fn replace(
        &self,
        session: &WhatsAppSession,
        linked_at: i64,
        engine_name: &SessionName,
    ) -> Result<()> {
        let _turn = self.turns.acquire().await;
        let groups = self.gateway.groups(engine_name).await?;
        let contacts = self.gateway.contacts(engine_name).await?;
        let known = aside(move || join(groups, contacts)).await?;
        let store = &self.store;
        let now = self.clock.now_ms();
        let synced_at = store
            .directory_replace(&session.user_id, &session.id, linked_at, &known, now)
            .await?;
        let before = session
            .directory_synced_at
            .map(|at| (session.id.clone(), at));
        let is_used = match &before {
            Some(before) => self.memory.remove(before).await.is_some(),
            None => true,
        };
        if let (Some(synced_at), true) = (synced_at, is_used) {
            let directory = aside(move || Arc::new(Directory::new(known))).await?;
            let key = (session.id.clone(), synced_at);
            self.memory.insert(key, directory).await;
        }
        Ok(())
    }

    /// From memory, or from the database into it; however many ask, it is loaded once.
    async fn load(&self, session: &WhatsAppSession) -> Result<Arc<Directory>> {
        let Some(synced_at) = session.directory_synced_at else {
            return Ok(Arc::new(Directory::new(Known::default())));
        };
        let load = async {
            let store = &self.store;
            let known = store.directory_load(&session.user_id, &session.id).await?;
            aside(move || Arc::new(Directory::new(known))).await
        };
        let key = (session.id.clone(), synced_at);
        let loaded = self.memory.try_get_with(key, load).await;
        loaded.map_err(DirectoryError::Shared)
    }

    fn readings(&self) -> MutexGuard<'_, HashMap<String, Last>> {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sorting and folding thousands of names takes a while, which other calls are not to wait.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| DirectoryError::Panicked)
}
