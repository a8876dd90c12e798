//! What can go wrong between Herald and an engine, and what a caller may do about it.

use std::time::Duration;

use crate::State;

/// The result of a call to an engine.
pub type Result<T, E = GatewayError> = std::result::Result<T, E>;

/// Why an engine did not do what it was asked. `Display` texts are for logs: they may hold the
/// engine's own words and are not meant for users.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The session is in another state than the call needs. Wait, restart or link again.
    #[error("the session is {}", state.as_str())]
    NotReady {
        /// The state it is in.
        state: State,
    },
    /// The engine took longer than this call may take. Whether it acted is unknown.
    #[error("no answer within {} s", after.as_secs())]
    Timeout {
        /// The limit that was reached.
        after: Duration,
    },
    /// No connection to the engine, or it broke before an answer came.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The engine does not accept our key, or the key may not do this. A matter of configuration.
    #[error("the engine refuses the key ({status})")]
    Unauthorized {
        /// The HTTP status.
        status: u16,
    },
    /// The engine cannot do this at all, or not in its configuration.
    #[error("not supported by the engine: {0}")]
    Unsupported(String),
    /// The engine failed in some other way, or its answer makes no sense.
    #[error("engine error: {0}")]
    Engine(String),
}
