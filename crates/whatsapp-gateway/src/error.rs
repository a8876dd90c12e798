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

/// Why a message was not sent, by what may be done about it. Each text is in plain words for the
/// sender: it holds nothing of the engine's own, no number and nothing of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// This message will not go out, later neither.
    #[error("{reason}")]
    Refused {
        /// Why: "This number is not on WhatsApp."
        reason: String,
    },
    /// Nothing went out; later it may.
    #[error("{reason}")]
    Unavailable {
        /// What stands in its way.
        reason: String,
    },
    /// It was handed over and no answer came, or one that tells nothing: it may have gone out.
    #[error("{reason}")]
    Unknown {
        /// What happened instead of an answer.
        reason: String,
    },
    /// Nothing went out: WhatsApp lets the account begin no new chats for now
    /// (`docs/wire/waha.md`, sections 4.4 and 8). Chats that are there go on.
    #[error("WhatsApp lets this account begin no new chats for now.")]
    NewChatsHeld {
        /// Until when, in milliseconds since 1970, UTC; where the engine tells it.
        until_ms: Option<i64>,
    },
}

/// What is said alike whichever the engine.
impl SendError {
    pub(crate) fn unreachable() -> Self {
        Self::Unavailable {
            reason: "The WhatsApp service cannot be reached.".to_owned(),
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::Unavailable {
            reason: "The WhatsApp service refuses our key: whoever runs this server has to look \
                     at its configuration."
                .to_owned(),
        }
    }

    pub(crate) fn not_ready(state: &State) -> Self {
        let reason = match state {
            State::Stopped => "WhatsApp is not running for this account: start it.",
            State::ScanQrCode => "The account is not linked: scan the code with the phone.",
            State::Failed => "The connection to WhatsApp has failed: start it again.",
            State::PasskeyRequired | State::PasskeyConfirmationRequired => {
                "WhatsApp asks for a passkey before it links the account."
            }
            State::Starting | State::Working | State::Other(_) => {
                "The connection to WhatsApp is being made."
            }
        };
        Self::Unavailable {
            reason: reason.to_owned(),
        }
    }

    pub(crate) fn unanswered() -> Self {
        Self::Unknown {
            reason: "The WhatsApp service was given the message and did not answer in time."
                .to_owned(),
        }
    }

    pub(crate) fn cut_off() -> Self {
        Self::Unknown {
            reason: "The connection to the WhatsApp service broke while it had the message."
                .to_owned(),
        }
    }

    pub(crate) fn unclear() -> Self {
        Self::Unknown {
            reason: "The WhatsApp service failed and did not say whether the message went out."
                .to_owned(),
        }
    }
}
