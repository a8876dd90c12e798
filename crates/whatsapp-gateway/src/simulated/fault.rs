//! Faults on demand, and how often each operation was called.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{GatewayError, Result, SendError, State};

/// What one can ask of a gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "each is the method of `Gateway` of the same name"
)]
pub enum Operation {
    Check,
    NameFor,
    Start,
    Restart,
    Logout,
    Status,
    Qr,
    Groups,
    Contacts,
    Send,
    Find,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Check,
        Self::NameFor,
        Self::Start,
        Self::Restart,
        Self::Logout,
        Self::Status,
        Self::Qr,
        Self::Groups,
        Self::Contacts,
        Self::Send,
        Self::Find,
    ];
}

/// A way in which an engine lets its caller down. A call that ends with a fault has done nothing,
/// but for [`Self::AfterHandOver`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// [`GatewayError::Unreachable`]; of a message, [`SendError::Unavailable`].
    Unreachable,
    /// [`GatewayError::Timeout`], at once; of a message, [`SendError::Unknown`], although it was
    /// not taken.
    Timeout,
    /// [`GatewayError::Unauthorized`] with this HTTP status, 401 or 403; of a message,
    /// [`SendError::Unavailable`].
    Refused(u16),
    /// [`GatewayError::Engine`]; of a message, [`SendError::Unknown`], although it was not taken.
    EngineError,
    /// [`GatewayError::NotReady`], as on its way; of a message, [`SendError::Unavailable`].
    NotReady,
    /// Of a message: taken, remembered and receipted, but the caller learns nothing,
    /// [`SendError::Unknown`]. Anything else is [`GatewayError::Timeout`].
    AfterHandOver,
    /// Of a message: [`SendError::Refused`] with this reason. Anything else is
    /// [`GatewayError::Engine`].
    MessageRefused(&'static str),
    /// Of a message: [`SendError::NewChatsHeld`] until then. Anything else is
    /// [`GatewayError::Engine`].
    NewChatsHeld(Option<i64>),
}

impl Fault {
    fn error(self) -> GatewayError {
        match self {
            Self::Unreachable => {
                GatewayError::Unreachable("simulated: connection refused".to_owned())
            }
            Self::Timeout | Self::AfterHandOver => GatewayError::Timeout {
                after: Duration::from_secs(5),
            },
            Self::Refused(status) => GatewayError::Unauthorized { status },
            Self::NotReady => GatewayError::NotReady {
                state: State::Starting,
            },
            Self::EngineError | Self::MessageRefused(_) | Self::NewChatsHeld(_) => {
                GatewayError::Engine("simulated: internal error".to_owned())
            }
        }
    }

    pub(super) fn send_error(self) -> SendError {
        match self {
            Self::Unreachable => SendError::unreachable(),
            Self::Timeout | Self::AfterHandOver => SendError::unanswered(),
            Self::Refused(_) => SendError::unauthorized(),
            Self::EngineError => SendError::unclear(),
            Self::NotReady => SendError::not_ready(&State::Starting),
            Self::MessageRefused(reason) => SendError::Refused {
                reason: reason.to_owned(),
            },
            Self::NewChatsHeld(until_ms) => SendError::NewChatsHeld { until_ms },
        }
    }
}

/// The faults in force and the count of calls.
#[derive(Default)]
pub(super) struct Faults {
    everywhere: Option<Fault>,
    /// A fault and how many calls it still lasts, `None` being for ever.
    on: BTreeMap<Operation, (Fault, Option<u32>)>,
    calls: BTreeMap<Operation, u64>,
}

impl Faults {
    pub(super) fn set(&mut self, fault: Option<Fault>) {
        self.everywhere = fault;
        if fault.is_none() {
            self.on.clear();
        }
    }

    pub(super) fn add(&mut self, operation: Operation, fault: Fault, calls: Option<u32>) {
        self.on.insert(operation, (fault, calls));
    }

    pub(super) fn calls(&self) -> BTreeMap<Operation, u64> {
        Operation::ALL
            .map(|operation| (operation, self.calls.get(&operation).copied().unwrap_or(0)))
            .into()
    }

    /// Counts the call, which ends with the fault that is due, if any.
    pub(super) fn call(&mut self, operation: Operation) -> Result<()> {
        match self.due(operation) {
            Some(fault) => Err(fault.error()),
            None => Ok(()),
        }
    }

    /// Counts the call; the fault that is due, if any. One for this operation goes before one for
    /// all of them.
    pub(super) fn due(&mut self, operation: Operation) -> Option<Fault> {
        *self.calls.entry(operation).or_default() += 1;
        self.take(operation).or(self.everywhere)
    }

    fn take(&mut self, operation: Operation) -> Option<Fault> {
        let (fault, left) = self.on.get_mut(&operation)?;
        let fault = *fault;
        match left {
            None => return Some(fault),
            Some(0) => {}
            Some(left) => {
                *left -= 1;
                return Some(fault);
            }
        }
        self.on.remove(&operation);
        None
    }
}
