//! Tells whoever watches a user's things that something changed. A hint to look again, no more: the
//! database is the truth, and whoever watches also looks without being told now and then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// How many may watch one user's things at a time: tabs share one watch, so that this is far more
/// than anybody's devices.
const MOST_WATCHES: usize = 32;

/// Hints by user. Cheap to clone.
#[derive(Clone, Default)]
pub struct Changes(Arc<Mutex<Watched>>);

/// By user; users whom nobody watches are let go of at the next call.
type Watched = HashMap<String, watch::Sender<()>>;

/// One who watches.
pub struct Watch(watch::Receiver<()>);

impl Watch {
    /// Counts the hints up to now as heeded.
    pub fn forget(&mut self) {
        self.0.mark_unchanged();
    }

    /// Waits for the next hint. One that came since the last wait is not missed.
    pub async fn hint(&mut self) {
        if self.0.changed().await.is_err() {
            // The sender outlives its receivers.
            std::future::pending::<()>().await;
        }
    }
}

impl Changes {
    /// Begins to watch a user's things; `None` while too many do.
    pub fn watch(&self, user_id: &str) -> Option<Watch> {
        let mut watched = self.watched();
        let sender = watched.entry(user_id.to_owned()).or_default();
        (sender.receiver_count() < MOST_WATCHES).then(|| Watch(sender.subscribe()))
    }

    /// Something of this user's changed.
    pub fn tell(&self, user_id: &str) {
        if let Some(sender) = self.watched().get(user_id) {
            sender.send_replace(());
        }
    }

    /// Something changed that may concern everybody.
    pub fn tell_all(&self) {
        for sender in self.watched().values() {
            sender.send_replace(());
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.retain(|_, sender| sender.receiver_count() > 0);
        watched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hint_reaches_its_user_and_is_not_missed() {
        let changes = Changes::default();
        let mut ann = changes.watch("ann").unwrap();
        let mut bob = changes.watch("bob").unwrap();
        changes.tell("ann");
        ann.hint().await;
        assert!(futures_util::poll!(Box::pin(ann.hint())).is_pending());
        assert!(futures_util::poll!(Box::pin(bob.hint())).is_pending());
        changes.tell_all();
        ann.hint().await;
        bob.hint().await;
    }

    #[test]
    fn watches_are_bounded_and_end_when_dropped() {
        let changes = Changes::default();
        let mut watches: Vec<_> = (0..MOST_WATCHES)
            .map(|_| changes.watch("ann").unwrap())
            .collect();
        assert!(changes.watch("ann").is_none());
        assert!(changes.watch("bob").is_some());
        watches.pop();
        assert!(changes.watch("ann").is_some());
        watches.clear();
        changes.tell("ann");
        assert!(changes.watched().is_empty());
    }
}
