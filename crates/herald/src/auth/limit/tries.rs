//! Failed tries, and the growing wait after them.

use std::{collections::HashMap, hash::Hash};

/// Free failures are counted for this long from the first; failures that made somebody wait, until
/// there has been none for this long.
pub(super) const FAILURES_LAST_MS: i64 = 15 * 60 * 1000;
/// The wait after the first failure that is not free; it doubles with each further one.
const FIRST_DELAY_MS: i64 = 5_000;
/// The longest wait: its owner gets into an account that somebody keeps trying.
const LONGEST_DELAY_MS: i64 = 5 * 60 * 1000;
/// No more keys than this are remembered of each kind; the one with the fewest failures goes.
pub(super) const MOST_KEYS: usize = 10_000;

/// Failed tries by key, of which so many are free.
pub(super) struct Tries<K> {
    free: u32,
    failures: HashMap<K, Failures>,
}

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    first: i64,
    last: i64,
}

impl Failures {
    fn are_over(self, free: u32, now: i64) -> bool {
        let since = if self.count < free {
            self.first
        } else {
            self.last
        };
        now - since >= FAILURES_LAST_MS
    }
}

impl<K: Hash + Eq + Clone> Tries<K> {
    pub(super) fn new(free: u32) -> Self {
        Self {
            free,
            failures: HashMap::new(),
        }
    }

    /// How long no further try is taken; 0 or less: it is.
    pub(super) fn wait_ms(&self, key: &K, now: i64) -> i64 {
        let delayed = self
            .failures
            .get(key)
            .filter(|failures| !failures.are_over(self.free, now))
            .and_then(|failures| Some((failures.last, failures.count.checked_sub(self.free)?)));
        delayed.map_or(0, |(last, more)| {
            last + (FIRST_DELAY_MS << more.min(16)).min(LONGEST_DELAY_MS) - now
        })
    }

    /// One more failure.
    pub(super) fn count(&mut self, key: K, now: i64) {
        if self.failures.len() >= MOST_KEYS && !self.failures.contains_key(&key) {
            self.make_room(now);
        }
        let none = Failures {
            count: 0,
            first: now,
            last: now,
        };
        let failures = self.failures.entry(key).or_insert(none);
        if failures.are_over(self.free, now) {
            *failures = none;
        }
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    /// Forgets what is over.
    pub(super) fn sweep(&mut self, now: i64) {
        let free = self.free;
        self.failures
            .retain(|_, failures| !failures.are_over(free, now));
        self.failures.shrink_to_fit();
    }

    /// As if there had been no failure.
    pub(super) fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.failures.len()
    }

    fn make_room(&mut self, now: i64) {
        self.sweep(now);
        if self.failures.len() >= MOST_KEYS {
            let least = self
                .failures
                .iter()
                .min_by_key(|(_, failures)| (failures.count, failures.last));
            if let Some(key) = least.map(|(key, _)| key.clone()) {
                self.failures.remove(&key);
            }
        }
    }
}
