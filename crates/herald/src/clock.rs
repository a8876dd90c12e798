//! The only place that reads the time. Everything else is handed a [`Clock`].

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// Tells the time in milliseconds since 1970, UTC.
#[derive(Debug, Clone)]
pub struct Clock(Kind);

#[derive(Debug, Clone)]
enum Kind {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A clock that stands until it is moved with [`Clock::advance`]; for tests.
    pub fn manual(now_ms: i64) -> Self {
        Self(Kind::Manual(Arc::new(AtomicI64::new(now_ms))))
    }

    /// Milliseconds since 1970, UTC.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn now_ms(&self) -> i64 {
        match &self.0 {
            Kind::System => jiff::Timestamp::now().as_millisecond(),
            Kind::Manual(now) => now.load(Ordering::Relaxed),
        }
    }

    /// Moves a manual clock forward; the machine's clock moves by itself.
    pub fn advance(&self, ms: i64) {
        if let Kind::Manual(now) = &self.0 {
            now.fetch_add(ms, Ordering::Relaxed);
        }
    }
}
