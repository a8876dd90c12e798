//! The keeping of all directories: read from the engine in the background, written down whole,
//! held in memory while they are used.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use superjson::Maybe;
use tokio::sync::{Semaphore, watch};
use whatsapp_gateway::{Gateway, GatewayError, SessionName, State};

use super::{
    ContactItem, Directory, GroupItem, Page, Query, join,
    shelf::{Shelf, Walk},
};
use crate::{
    changes::Changes,
    clock::Clock,
    lifecycle::Lifecycle,
    sessions::words,
    store::{NewReading, Part, Store, StoreError, WhatsAppSession},
};

/// When a directory is old and read again, in milliseconds.
const OLD_MS: i64 = 6 * 60 * 60_000;
/// The same for one that was read within [`SETTLING_MS`] of the linking: a phone hands over its
/// address book bit by bit.
const OLD_WHILE_SETTLING_MS: i64 = 2 * 60_000;
const SETTLING_MS: i64 = 10 * 60_000;
/// The same for one that was read before this process began: it heard nothing of what came since.
const OLD_FROM_BEFORE_MS: i64 = 30 * 60_000;
/// How long after a reading began the next may begin by itself, failed or not; because the engine
/// told of a change; and because somebody asks.
const RETRY_MS: i64 = 60_000;
const RETRY_WHEN_TOLD_MS: i64 = 10_000;
const RETRY_WHEN_ASKED_MS: i64 = 10_000;
/// How many directories are read at a time: each holds two whole lists.
const READINGS_AT_ONCE: usize = 2;
/// How long a list waits for a directory's first reading.
const FIRST_READING: Duration = Duration::from_secs(5);

/// How far a whole reading has come, in percent, once the engine has told its groups and once it
/// has told its contacts; the rest is writing.
const GROUPS_TOLD: u8 = 10;
const CONTACTS_TOLD: u8 = 50;
const WRITTEN: u8 = 95;

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// How many groups are offered.
    pub groups: i64,
    /// How many people are offered.
    pub contacts: i64,
    /// How many people more would be, if their numbers were known.
    pub without_number: i64,
    /// When it was last read whole, in milliseconds since 1970; a little later for each reading of
    /// one list since.
    pub synced_at: Option<i64>,
    /// How far the reading has come that runs now, in percent.
    pub progress: Option<u8>,
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
    changes: Changes,
    lifecycle: Lifecycle,
    /// When this process began, in milliseconds since 1970.
    began_at: i64,
    turns: Semaphore,
    readings: Mutex<HashMap<String, Last>>,
    shelf: Shelf,
}

/// A session's last reading.
struct Last {
    began_at: i64,
    /// In percent. Closed once it is over.
    progress: watch::Receiver<u8>,
    /// What the engine has told to be different since.
    told: Option<Part>,
}

impl Last {
    fn is_over(&self) -> bool {
        self.progress.has_changed().is_err()
    }
}

/// A session with what a reading needs of it.
#[derive(Clone)]
struct Target {
    session: WhatsAppSession,
    engine_name: SessionName,
    linked_at: i64,
}

impl Directories {
    /// The directories in `store`, read from `gateway` until `lifecycle` stops. In memory they take
    /// `memory` bytes at most.
    pub fn new(
        store: Store,
        gateway: Arc<dyn Gateway>,
        clock: Clock,
        changes: Changes,
        lifecycle: &Lifecycle,
        memory: u64,
    ) -> Self {
        Self(Arc::new(Inner {
            store,
            gateway,
            began_at: clock.now_ms(),
            clock,
            changes,
            lifecycle: lifecycle.clone(),
            turns: Semaphore::new(READINGS_AT_ONCE),
            readings: Mutex::default(),
            shelf: Shelf::new(memory),
        }))
    }

    /// A page of the session's groups. Calls no engine. Pages are of the reading that is told by
    /// `as_of`; without it, a walk goes on in the reading that it began in, for some minutes.
    pub async fn groups(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
        query: Query<'_>,
        as_of: Option<i64>,
    ) -> Result<Page<GroupItem>> {
        let walk = Walk {
            session_id: &session.id,
            list: "groups",
            search: query.search,
        };
        let current = self.current(session, engine_name).await?;
        self.page(session, walk, current, query, as_of, Directory::groups)
            .await
    }

    /// A page of the people whom the session's account can write to; as [`Self::groups`].
    pub async fn contacts(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
        query: Query<'_>,
        as_of: Option<i64>,
    ) -> Result<Page<ContactItem>> {
        let walk = Walk {
            session_id: &session.id,
            list: "contacts",
            search: query.search,
        };
        let current = self.current(session, engine_name).await?;
        self.page(session, walk, current, query, as_of, Directory::contacts)
            .await
    }

    async fn page<T>(
        &self,
        session: &WhatsAppSession,
        walk: Walk<'_>,
        (current, directory): (i64, Arc<Directory>),
        query: Query<'_>,
        as_of: Option<i64>,
        cut: impl Fn(&Directory, Query<'_>) -> Page<T>,
    ) -> Result<Page<T>> {
        let held = &self.0.shelf;
        let wanted = match as_of {
            Some(reading) => Some(reading),
            None => held.reading_of(walk, query.cursor).await,
        };
        // What was read before the linking may be another account's.
        let is_of_link = |&reading: &i64| session.linked_at.is_some_and(|at| reading >= at);
        let earlier = match wanted
            .filter(|&reading| reading != current)
            .filter(is_of_link)
        {
            Some(reading) => held
                .earlier(walk.session_id, reading)
                .await
                .map(|directory| (reading, directory)),
            None => None,
        };
        let (reading, directory) = earlier.unwrap_or((current, directory));
        let page = cut(&directory, query);
        if let (Maybe::Value(next), None) = (&page.next_cursor, as_of) {
            held.walked(walk, *next, reading).await;
        }
        Ok(page)
    }

    /// The directory of a session as it stands in the database, and the instant of its reading.
    /// Calls no engine. While it is read for the first time, this waits for it, a few seconds at
    /// most.
    pub async fn current(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
    ) -> Result<(i64, Arc<Directory>)> {
        if session.linked_at.is_none() {
            return Err(DirectoryError::NotLinked(State::from_word(&session.status)));
        }
        if session.directory_synced_at.is_some() {
            return self.0.load(session).await;
        }
        self.keep(session, engine_name);
        if let Some(mut progress) = self.running(&session.id) {
            // Over or not: what is there by then is the answer.
            let over = async { while progress.changed().await.is_ok() {} };
            let _ = tokio::time::timeout(FIRST_READING, over).await;
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

    /// How the directory is kept, at once.
    pub fn reading(&self, session: &WhatsAppSession) -> Reading {
        let known = |count: i64| session.directory_synced_at.map_or(0, |_| count);
        Reading {
            groups: known(session.group_count),
            contacts: known(session.contact_count),
            without_number: known(session.without_number_count),
            synced_at: session.directory_synced_at,
            progress: self.running(&session.id).map(|progress| *progress.borrow()),
            error: session.directory_error.clone(),
        }
    }

    /// Has a directory read when it is old, or when the engine has told of a change: called with
    /// each look at a session.
    pub fn keep(&self, session: &WhatsAppSession, engine_name: &SessionName) {
        let Some(linked) = Target::new(session, engine_name) else {
            return;
        };
        if session.unlinking || session.status != State::Working.as_str() {
            return;
        }
        let now = self.0.clock.now_ms();
        if self.0.is_old(&linked, now) {
            // What was read before the linking is no reason to wait.
            let linked_at = linked.linked_at;
            self.start(linked, Part::Whole, |last| {
                last.began_at < linked_at || now - last.began_at >= RETRY_MS
            });
        } else if let Some(part) = self.told(&session.id) {
            self.start(linked, part, |last| {
                now - last.began_at >= RETRY_WHEN_TOLD_MS
            });
        }
    }

    /// The engine has told that a list is not what it was: it is read now or, if it has just been,
    /// with one of the next looks.
    pub fn changed(&self, session: &WhatsAppSession, engine_name: &SessionName, part: Part) {
        let now = self.0.clock.now_ms();
        {
            let mut readings = self.0.readings();
            let last = readings.entry(session.id.clone()).or_insert_with(|| Last {
                began_at: now - RETRY_WHEN_TOLD_MS,
                progress: watch::channel(0).1,
                told: None,
            });
            last.told = Some(last.told.map_or(part, |told| told.and(part)));
        }
        self.keep(session, engine_name);
    }

    /// Has a directory read because somebody asks for it. False if it is being read or has just
    /// been.
    pub fn refresh(&self, session: &WhatsAppSession, engine_name: &SessionName) -> Result<bool> {
        let Some(linked) = Target::new(session, engine_name) else {
            return Err(DirectoryError::NotLinked(State::from_word(&session.status)));
        };
        let now = self.0.clock.now_ms();
        Ok(self.start(linked, Part::Whole, |last| {
            now - last.began_at >= RETRY_WHEN_ASKED_MS
        }))
    }

    /// Lets go of the memory of directories that nobody has used for a while; called now and then.
    pub async fn tidy(&self) {
        self.0.shelf.tidy().await;
    }

    /// How many directories are in memory, and how many bytes they take.
    pub fn in_memory(&self) -> (u64, u64) {
        self.0.shelf.held()
    }

    /// Begins a reading unless one runs, or the last was too recent for this one.
    fn start(&self, linked: Target, part: Part, is_due: impl Fn(&Last) -> bool) -> bool {
        let stopping = self.0.lifecycle.stopping().clone();
        let (running, progress) = watch::channel(0);
        {
            let mut readings = self.0.readings();
            let last = readings.get(&linked.session.id);
            if last.is_some_and(|last| !last.is_over() || !is_due(last)) || stopping.is_cancelled()
            {
                return false;
            }
            let began_at = self.0.clock.now_ms();
            readings.retain(|_, last| {
                !last.is_over() || last.told.is_some() || began_at - last.began_at < RETRY_MS
            });
            let last = Last {
                began_at,
                progress,
                told: None,
            };
            readings.insert(linked.session.id.clone(), last);
        }
        let inner = Arc::clone(&self.0);
        self.0.lifecycle.tasks().spawn(async move {
            let user_id = linked.session.user_id.clone();
            inner.changes.tell(&user_id);
            tokio::select! {
                () = stopping.cancelled() => {}
                () = inner.read(&linked, part, &running) => {}
            }
            drop(running);
            inner.changes.tell(&user_id);
        });
        true
    }

    fn running(&self, session_id: &str) -> Option<watch::Receiver<u8>> {
        let readings = self.0.readings();
        let last = readings.get(session_id).filter(|last| !last.is_over());
        last.map(|last| last.progress.clone())
    }

    fn told(&self, session_id: &str) -> Option<Part> {
        self.0.readings().get(session_id)?.told
    }
}

impl Target {
    fn new(session: &WhatsAppSession, engine_name: &SessionName) -> Option<Self> {
        Some(Self {
            linked_at: session.linked_at?,
            session: session.clone(),
            engine_name: engine_name.clone(),
        })
    }
}

impl Inner {
    fn is_old(&self, linked: &Target, now: i64) -> bool {
        let Some(synced_at) = linked.session.directory_synced_at else {
            return true;
        };
        let most = if synced_at - linked.linked_at <= SETTLING_MS {
            OLD_WHILE_SETTLING_MS
        } else if synced_at < self.began_at {
            OLD_FROM_BEFORE_MS
        } else {
            OLD_MS
        };
        now - synced_at > most
    }

    async fn read(&self, linked: &Target, part: Part, progress: &watch::Sender<u8>) {
        let Err(error) = self.replace(linked, part, progress).await else {
            return;
        };
        let session = &linked.session;
        tracing::warn!(session = session.id, %error, "a directory could not be read");
        let words = match &error {
            DirectoryError::Gateway(error) => words::cause(error),
            _ => words::DIRECTORY_FAILED.to_owned(),
        };
        let store = &self.store;
        let written = store
            .directory_failed(&session.user_id, &session.id, linked.linked_at, &words)
            .await;
        if let Err(error) = written {
            tracing::error!(session = session.id, %error, "a directory's error could not be written down");
        }
    }

    async fn replace(
        &self,
        linked: &Target,
        part: Part,
        progress: &watch::Sender<u8>,
    ) -> Result<()> {
        let session = &linked.session;
        let came = |percent: u8| {
            if progress.send_replace(percent) != percent {
                self.changes.tell(&session.user_id);
            }
        };
        let _turn = self.turns.acquire().await;
        let (mut groups, mut contacts) = (Vec::new(), Vec::new());
        if part.has_groups() {
            groups = self.gateway.groups(&linked.engine_name).await?;
            came(GROUPS_TOLD);
        }
        if part.has_contacts() {
            contacts = self.gateway.contacts(&linked.engine_name).await?;
        }
        came(CONTACTS_TOLD);
        let known = aside(move || join(groups, contacts)).await?;
        let rows = (known.groups.len() + known.contacts.len()).max(1);
        let done = AtomicUsize::new(0);
        let written = |more: usize| {
            let done = more + done.fetch_add(more, Ordering::Relaxed);
            let share = usize::from(WRITTEN - CONTACTS_TOLD) * done / rows;
            came(CONTACTS_TOLD + u8::try_from(share).unwrap_or(u8::MAX));
        };
        let new = NewReading {
            user_id: &session.user_id,
            session_id: &session.id,
            linked_at: linked.linked_at,
            part,
            known: &known,
        };
        let store = &self.store;
        let synced_at = store
            .directory_replace(new, self.clock.now_ms(), &written)
            .await?;
        let before = match session.directory_synced_at {
            Some(before) => self.shelf.retire(&session.id, before).await,
            // Who links wants to see what there is.
            None => Some(Arc::default()),
        };
        // What nobody looks at is loaded when somebody does.
        if let (Some(synced_at), Some(before)) = (synced_at, before) {
            let directory = aside(move || Arc::new(before.with(part, known))).await?;
            self.shelf.put(&session.id, synced_at, directory).await;
        }
        Ok(())
    }

    /// From memory, or from the database into it.
    async fn load(&self, session: &WhatsAppSession) -> Result<(i64, Arc<Directory>)> {
        let Some(synced_at) = session.directory_synced_at else {
            return Ok((0, Arc::default()));
        };
        let load = async {
            let store = &self.store;
            let known = store.directory_load(&session.user_id, &session.id).await?;
            aside(move || Arc::new(Directory::new(known))).await
        };
        let directory = self.shelf.get(&session.id, synced_at, load).await?;
        Ok((synced_at, directory))
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
