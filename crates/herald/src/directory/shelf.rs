//! Directories in memory: those that are used, the ones before them for as long as somebody still
//! turns their pages, and the memory of who does.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use moka::{future::Cache, policy::EvictionPolicy};

use super::{Directory, DirectoryError};

/// How long a directory stays in memory that nobody uses.
const IDLE: Duration = Duration::from_mins(30);
/// How long pages of a reading may be turned after the next one has taken its place, and how much
/// memory such readings may take together.
const WALK: Duration = Duration::from_mins(10);
const EARLIER: u64 = 64 * 1024 * 1024;
/// How many walks are remembered: each is the end of a page that was handed out.
const WALKS: u64 = 100_000;

/// A session and the instant of a reading: what has been read since is never taken for older.
type Key = (String, i64);

pub(super) struct Shelf {
    current: Cache<Key, Arc<Directory>>,
    earlier: Cache<Key, Arc<Directory>>,
    /// The reading that a page was of, by what asks for the next one.
    walks: Cache<u64, i64>,
}

/// Which list is being walked through, and by what search.
#[derive(Clone, Copy, Hash)]
pub(super) struct Walk<'a> {
    pub(super) session_id: &'a str,
    pub(super) list: &'static str,
    pub(super) search: &'a str,
}

impl Walk<'_> {
    fn at(self, cursor: u64) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self, cursor).hash(&mut hasher);
        hasher.finish()
    }
}

impl Shelf {
    /// Holds at most so many bytes of current directories; the least used leave first.
    pub(super) fn new(memory: u64) -> Self {
        let of = |bytes| {
            Cache::builder()
                .weigher(|_, directory: &Arc<Directory>| {
                    u32::try_from(directory.size()).unwrap_or(u32::MAX)
                })
                .max_capacity(bytes)
                .eviction_policy(EvictionPolicy::lru())
        };
        Self {
            current: of(memory).time_to_idle(IDLE).build(),
            earlier: of(EARLIER).time_to_live(WALK).build(),
            walks: Cache::builder()
                .max_capacity(WALKS)
                .time_to_live(WALK)
                .build(),
        }
    }

    /// The directory of a reading; however many ask, it is loaded once.
    pub(super) async fn get(
        &self,
        session_id: &str,
        reading: i64,
        load: impl Future<Output = Result<Arc<Directory>, DirectoryError>>,
    ) -> Result<Arc<Directory>, DirectoryError> {
        let loaded = self
            .current
            .try_get_with((session_id.to_owned(), reading), load);
        loaded.await.map_err(DirectoryError::Shared)
    }

    /// Takes a reading from its place, for the next one; gives it if it was held.
    pub(super) async fn retire(&self, session_id: &str, reading: i64) -> Option<Arc<Directory>> {
        let key = (session_id.to_owned(), reading);
        let directory = self.current.remove(&key).await?;
        self.earlier.insert(key, Arc::clone(&directory)).await;
        Some(directory)
    }

    pub(super) async fn put(&self, session_id: &str, reading: i64, directory: Arc<Directory>) {
        let key = (session_id.to_owned(), reading);
        self.current.insert(key, directory).await;
    }

    /// A reading that is not the current one any more, while it is held.
    pub(super) async fn earlier(&self, session_id: &str, reading: i64) -> Option<Arc<Directory>> {
        self.earlier.get(&(session_id.to_owned(), reading)).await
    }

    /// The reading in which a walk got to this cursor.
    pub(super) async fn reading_of(&self, walk: Walk<'_>, cursor: u64) -> Option<i64> {
        if cursor == 0 {
            return None;
        }
        self.walks.get(&walk.at(cursor)).await
    }

    /// A walk was told to go on at this cursor.
    pub(super) async fn walked(&self, walk: Walk<'_>, cursor: u64, reading: i64) {
        self.walks.insert(walk.at(cursor), reading).await;
    }

    /// Lets go of what is old or too much.
    pub(super) async fn tidy(&self) {
        self.current.run_pending_tasks().await;
        self.earlier.run_pending_tasks().await;
        self.walks.run_pending_tasks().await;
    }

    /// How many directories are held, and how many bytes they take.
    pub(super) fn held(&self) -> (u64, u64) {
        (self.current.entry_count(), self.current.weighted_size())
    }
}
