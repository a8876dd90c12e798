//! The application's parts, put together once and handed to whoever needs them.

use std::{ops::Deref, sync::Arc};

use crate::{
    auth::Auth, campaigns::Campaigns, changes::Changes, clock::Clock, lifecycle::Lifecycle,
    random::Random, scheduler::Scheduler, sessions::Sessions, store::Store,
};

/// A handle on the running application; cloning it is cheap.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the application consists of.
pub struct Parts {
    /// Tells the time.
    pub clock: Clock,
    /// Draws what nobody can guess.
    pub random: Random,
    /// Everything that is kept.
    pub store: Store,
    /// Who is calling.
    pub auth: Auth,
    /// The users' WhatsApp sessions.
    pub sessions: Sessions,
    /// Their campaigns.
    pub campaigns: Campaigns,
    /// Sends what is due.
    pub scheduler: Scheduler,
    /// Who watches what.
    pub changes: Changes,
    /// When to stop.
    pub lifecycle: Lifecycle,
    /// The last part of the address at which the engine delivers what it has to tell.
    pub webhook_secret: String,
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
