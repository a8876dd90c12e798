//! One trait for a WhatsApp account's session, groups, contacts and messages, and the engines
//! behind it.
//!
//! An engine keeps no truth: which sessions ought to run is the caller's to know. What an engine
//! answers is what it sees now.
//!
//! * [`waha`]: a WAHA server over HTTP, any of its engines, 2024.10 to today.
//! * [`simulated`]: a scripted phone in memory, for demonstrations and tests.

mod error;
mod model;
pub mod simulated;
pub mod waha;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::broadcast;

pub use error::{GatewayError, Result, SendError};
pub use model::{
    Ack, Changed, ChatId, Contact, Event, Found, Group, InvalidName, InvalidPhone, Outgoing, Phone,
    Qr, Sent, SessionName, State, Status,
};

/// What Herald asks of an engine. Every call has its own time limit: none can hang.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// The engine's name for health pages and logs: `waha`, `simulated`.
    fn engine(&self) -> &'static str;

    /// Whether the engine can be reached and accepts us.
    async fn check(&self) -> Result<()>;

    /// The name under which this engine will know the session called `wanted`. Two sessions that
    /// are given the same name cannot both be linked: an engine that has room for one session
    /// gives everybody that one's name.
    async fn name_for(&self, wanted: &SessionName) -> Result<SessionName>;

    /// Makes the session run, whatever state it is in: creates it, starts it, revives a failed
    /// one, leaves a running one alone. Returns when the engine has accepted, which may be before
    /// a QR is there.
    async fn start(&self, session: &SessionName) -> Result<()>;

    /// Stops the session and starts it again; the link to the phone is kept. Returns when done.
    async fn restart(&self, session: &SessionName) -> Result<()>;

    /// Unlinks the phone and forgets the credentials. Returns when done; a session that the
    /// engine does not know counts as logged out.
    async fn logout(&self, session: &SessionName) -> Result<()>;

    /// What the engine sees now. A session that it does not know is [`State::Stopped`].
    async fn status(&self, session: &SessionName) -> Result<Status>;

    /// The code that is to be scanned now. [`GatewayError::NotReady`] in any other state than
    /// [`State::ScanQrCode`].
    async fn qr(&self, session: &SessionName) -> Result<Qr>;

    /// Every group of the account. [`GatewayError::NotReady`] unless [`State::Working`].
    async fn groups(&self, session: &SessionName) -> Result<Vec<Group>>;

    /// Everybody that the account knows, the account itself and people known only by LID among
    /// them. [`GatewayError::NotReady`] unless [`State::Working`].
    async fn contacts(&self, session: &SessionName) -> Result<Vec<Contact>>;

    /// Hands the message over, at most once: nothing below repeats it. Returns when the engine has
    /// taken it, which is before WhatsApp has it.
    async fn send(&self, session: &SessionName, message: &Outgoing) -> Result<Sent, SendError>;

    /// Whether a message that was handed over without an answer went out, by its id and chat.
    async fn find(&self, session: &SessionName, message: &Outgoing) -> Result<Found>;

    /// The longest that [`Self::send`] takes.
    fn send_limit(&self) -> Duration;

    /// What the engine says unasked, from now on. Nobody may rely on it: of what is not heard,
    /// the next look finds what it can (see [`Changed`]).
    fn events(&self) -> broadcast::Receiver<Event>;

    /// Listens to the engine where that takes a connection of ours; to be run as long as events
    /// are wanted. Ends only by being dropped.
    async fn listen(&self) {
        std::future::pending::<()>().await;
    }

    /// Takes what the engine has posted to our own address: its body, and the signature over it
    /// where it came with one. False if it is not the engine's.
    fn deliver(&self, _signature: Option<&str>, _body: &[u8]) -> bool {
        false
    }

    /// The scripted phone, where this is one.
    fn simulated(&self) -> Option<&simulated::Simulated> {
        None
    }
}
