//! The application's parts, put together once and handed to whoever needs them.

use std::{ops::Deref, sync::Arc};

use crate::{auth::Auth, clock::Clock, sessions::Sessions, store::Store};

/// A handle on the running application; cloning it is cheap.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application consists of.
pub struct Parts {
    /// Tells the time.
    pub clock: Clock,
    /// Everything that is kept.
    pub store: Store,
    /// Who is calling.
    pub auth: Auth,
    /// The users' WhatsApp sessions.
    pub sessions: Sessions,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
