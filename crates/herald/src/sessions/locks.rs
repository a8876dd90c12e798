//! Locks by user.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

/// One lock a user, so that what changes a session happens one after another. Held locks alone
/// take up memory.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Locks {
    pub(super) async fn hold(&self, user_id: &str) -> OwnedMutexGuard<()> {
        self.of(user_id).lock_owned().await
    }

    pub(super) fn try_hold(&self, user_id: &str) -> Option<OwnedMutexGuard<()>> {
        self.of(user_id).try_lock_owned().ok()
    }

    fn of(&self, user_id: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        let known = locks.get(user_id).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let lock = Arc::default();
            locks.insert(user_id.to_owned(), Arc::downgrade(&lock));
            lock
        })
    }
}
