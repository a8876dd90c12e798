//! Faults on demand, and how often each operation was called.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::{GatewayError, Result};

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
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Check,
        Self::NameFor,
        Self::Start,
        Self::Restart,
        Self::Logout,
        Self::Status,
        Self::Qr,
        Self::Groups,
        Self::Contacts,
    ];
}

/// A way in which an engine lets its caller down. A call that ends with a fault has done nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// [`GatewayError::Unreachable`].
    Unreachable,
    /// [`GatewayError::Timeout`], at once.
    Timeout,
    /// [`GatewayError::Unauthorized`] with this HTTP status, 401 or 403.
    Refused(u16),
    /// [`GatewayError::Engine`].
    EngineError,
}

impl Fault {
    fn error(self) -> GatewayError {
        match self {
            Self::Unreachable => {
                GatewayError::Unreachable("simulated: connection refused".to_owned())
            }
            Self::Timeout => GatewayError::Timeout {
                after: Duration::from_secs(5),
            },
            Self::Refused(status) => GatewayError::Unauthorized { status },
            Self::EngineError => GatewayError::Engine("simulated: internal error".to_owned()),
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

    /// Counts the call; the fault that is due, if any. One for this operation goes before one for
    /// all of them.
    pub(super) fn call(&mut self, operation: Operation) -> Result<()> {
        *self.calls.entry(operation).or_default() += 1;
        match self.take(operation).or(self.everywhere) {
            Some(fault) => Err(fault.error()),
            None => Ok(()),
        }
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
