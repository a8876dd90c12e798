//! Tests only: a WAHA that answers as the real one was recorded to, with a scripted phone behind
//! it.
//!
//! [`StandIn::start`] serves one account at a free port of the loopback address. What the phone
//! and the network do is driven by the methods of [`StandIn`], and over HTTP under `/stand-in/`
//! (see [`hooks`]). WAHA's own waits are kept, shortened by [`WaitScale`].
//!
//! # How far to trust it
//!
//! Everything follows `docs/wire/waha.md`; its sections are cited in the code. Three degrees:
//!
//! * **Recorded from the real program** (Core 2024.10.8 and 2026.2.1, engine NOWEB, without a
//!   phone): the key check and its 401; create, start, stop, restart, logout, delete and their
//!   answers for known and unknown sessions; empty bodies for `null`; the single session of the
//!   old free edition, its `default` at boot and its create without `start`; `/ping` and the
//!   version; the wait before a 422, and both 422 shapes; 400 for broken and refused input; the
//!   durations of stop, restart, logout and delete.
//! * **Recorded with a simulated phone behind the real program** (2026.2.1, in part 2024.10.8,
//!   NOWEB): the QR code in its three forms; `SCAN_QR_CODE`, `WORKING` and `FAILED`; a lost
//!   connection; a logout by the phone; NOWEB's groups as an object, its contacts, the store that
//!   is off, paging; the table of LIDs; the 500 of a full queue; the answer to a text,
//!   what is said of one that lacks something, and its events; webhooks, their envelope, headers,
//!   signature and retries; the web socket.
//! * **Only read**, in source code or documentation: everything of WEBJS and GOWS, and everything
//!   of [`Behaviour::Current`].
//!
//! Its own, not WAHA's: a session takes one (scaled) second from `STARTING` to the next state, and
//! QR codes do not grow old by themselves but by [`StandIn::expire_qr`]. Receipts come at once, and
//! everybody reads, but for those of the address book who have no WhatsApp. Left out: sending
//! anything but text, typing, pairing codes, screenshots, sorting, the deprecated calls with the name
//! in the body. What joining, leaving and renaming a group looks like in lists is its own too, and
//! times are those of a clock that moves with each event.

#![expect(
    clippy::result_large_err,
    reason = "a refusal is an answer like any other"
)]

mod account;
mod data;
mod errors;
mod events;
pub mod hooks;
mod lifecycle;
mod machine;
mod messages;
mod sending;
mod server;
mod shapes;
mod socket;
mod webhooks;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use serde_json::Value;

pub use machine::Status;
pub use sending::{SendFault, SentText};

use machine::World;

/// The program inside WAHA that talks to WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// A browser with WhatsApp Web.
    Webjs,
    /// Baileys, without a browser.
    Noweb,
    /// whatsmeow, a Go program.
    Gows,
}

/// Which release it behaves like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Behaviour {
    /// Core 2024.10.8: one session, keys not enforced, paging ignored.
    #[value(name = "core-2024.10")]
    Core202410,
    /// Core 2026.2.1: one session.
    #[value(name = "core-2026.2")]
    Core202602,
    /// From 2026.6 on: any number of sessions.
    #[value(name = "current")]
    Current,
}

/// By how much WAHA's waits are shortened; never to nothing, so that a client without time limits
/// is caught.
#[derive(Debug, Clone, Copy)]
pub struct WaitScale(f64);

impl WaitScale {
    /// `1.0` is real time, `0.02` fifty times as fast. Held between `0.001` and `10`.
    pub fn new(scale: f64) -> Self {
        Self(scale.clamp(0.001, 10.0))
    }

    /// A wait of so many real seconds.
    pub(crate) fn of(self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.0)
    }
}

/// Which WAHA to be.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Decides the shapes of groups and contacts.
    pub engine: Engine,
    /// Decides everything else.
    pub behaviour: Behaviour,
    /// The key that calls must carry; `None` is `WAHA_NO_API_KEY`.
    pub api_key: Option<String>,
    /// How fast time goes.
    pub waits: WaitScale,
    /// Lets the phone scan every code by itself after this time.
    pub scan_after: Option<Duration>,
    /// The port; 0 takes a free one.
    pub port: u16,
}

impl Profile {
    /// No key, fifty times as fast, nobody scans, a free port.
    pub fn new(engine: Engine, behaviour: Behaviour) -> Self {
        Self {
            engine,
            behaviour,
            api_key: None,
            waits: WaitScale::new(0.02),
            scan_after: None,
            port: 0,
        }
    }
}

/// What goes wrong with every call under `/api`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// No answer ever.
    Hang,
    /// The right answer, so much later.
    Late(Duration),
    /// 500 in WAHA's envelope; nothing is done.
    Error,
    /// 200 with a page of HTML.
    Garbage,
    /// 401, as after a change of the key.
    Unauthorized,
}

/// A running stand-in. Dropping it closes the port and every connection.
#[derive(Debug)]
pub struct StandIn {
    world: Arc<World>,
}

impl StandIn {
    /// Serves at the loopback address. Has to be called within a Tokio runtime.
    pub async fn start(profile: Profile) -> io::Result<Self> {
        let world = World::new(profile)?;
        World::up(&world).await?;
        Ok(Self { world })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.world.address()
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// A stopped session that somebody else has made, with this configuration; replaces one that
    /// is there.
    pub fn create(&self, session: &str, config: Option<Value>) {
        let stopped = machine::Session::stopped(config);
        self.world.table.send_modify(|table| {
            table.insert(session.to_owned(), stopped);
        });
    }

    /// Somebody else stops the session, or WAHA came back without it; credentials are kept.
    pub fn stop(&self, session: &str) {
        self.world.halt(session);
    }

    /// The phone scans the code. False when none is shown.
    pub fn scan(&self, session: &str) -> bool {
        self.world.scan(session)
    }

    /// Nobody has scanned any of the six codes: `FAILED`, or, with NOWEB of 2024.10, a new code.
    /// False when none is shown.
    pub fn expire_qr(&self, session: &str) -> bool {
        self.world.expire_qr(session)
    }

    /// The connection to WhatsApp breaks, and comes back. False unless `WORKING`.
    pub fn lose_connection(&self, session: &str) -> bool {
        self.world.lose_connection(session)
    }

    /// The user removes the device on the phone. False unless `WORKING`.
    pub fn logout_by_phone(&self, session: &str) -> bool {
        self.world.logout_by_phone(session, false)
    }

    /// The same, and the engine keeps the credentials, which WhatsApp refuses from then on: a
    /// restart does not help (section 4.2). False unless `WORKING`.
    pub fn logout_by_phone_for_good(&self, session: &str) -> bool {
        self.world.logout_by_phone(session, true)
    }

    /// The engine gives up; what it knows of the phone is kept. False for an unknown session.
    pub fn fail(&self, session: &str) -> bool {
        self.world.fail(session)
    }

    /// The account comes into a group, `…@g.us`; an event. False unless `WORKING`, or when there
    /// is one of this id.
    pub fn join_group(&self, session: &str, id: &str, subject: &str) -> bool {
        self.world.join_group(session, id, subject)
    }

    /// A group is given another name; an event, but for 2024.10. False unless `WORKING`, or when
    /// there is none of this id or it has that name.
    pub fn rename_group(&self, session: &str, id: &str, subject: &str) -> bool {
        self.world.rename_group(session, id, subject)
    }

    /// The account leaves a group; an event. WEBJS goes on listing it. False unless `WORKING`, or
    /// when it is in none of this id.
    pub fn leave_group(&self, session: &str, id: &str) -> bool {
        self.world.leave_group(session, id)
    }

    /// Somebody is saved in the phone; no event. False when there is somebody of this number.
    pub fn add_contact(&self, number: &str, name: &str) -> bool {
        self.world.add_contact(number, name)
    }

    /// Somebody is removed from the phone; no event. False when there is nobody of this number.
    pub fn remove_contact(&self, number: &str) -> bool {
        self.world.remove_contact(number)
    }

    /// Somebody writes: a person, `…@c.us` or `…@lid`, to the account, or in a group, `…@g.us`; an
    /// event. False unless `WORKING`.
    pub fn say(&self, session: &str, chat: &str, text: &str) -> bool {
        self.world.say(session, chat, text)
    }

    /// Everything that was taken to be sent so far, each as often as it was taken.
    pub fn sent(&self) -> Vec<SentText> {
        self.world.sent.borrow().clone()
    }

    /// Waits until so many messages were taken; it has no limit of its own.
    pub async fn until_sent(&self, messages: usize) {
        let taken = |sent: &Vec<SentText>| sent.len() >= messages;
        // The sender lives as long as we do.
        let _ = self.world.sent.subscribe().wait_for(taken).await;
    }

    /// From now on this goes wrong with messages.
    pub fn send_fault(&self, fault: SendFault) {
        self.world.send_fault.send_replace(fault);
    }

    /// What `me` tells, from 2026.8 on, of an account that may begin no new chats: until when, in
    /// seconds since 1970. Messages are refused by [`SendFault::NewChatsHeld`] alone.
    pub fn set_timelock(&self, ends: Option<i64>) {
        self.world.timelock.send_replace(ends);
    }

    /// Keeps sessions in `STARTING`, as without a way to WhatsApp, until it is lifted.
    pub fn hold_starting(&self, hold: bool) {
        self.world.hold.send_replace(hold);
    }

    /// The state of a session; `None` when unknown.
    pub fn status(&self, session: &str) -> Option<Status> {
        self.world
            .table
            .borrow()
            .get(session)
            .map(|session| session.status)
    }

    /// Whether the session could connect without being scanned again.
    pub fn is_paired(&self, session: &str) -> bool {
        self.world
            .table
            .borrow()
            .get(session)
            .is_some_and(|session| session.paired)
    }

    /// The text of the code that the session shows now.
    pub fn qr(&self, session: &str) -> Option<String> {
        self.world
            .table
            .borrow()
            .get(session)
            .map(machine::Session::qr)
    }

    /// Devices that the phone has been told to forget, by unpairing them while connected.
    pub fn unpaired(&self) -> usize {
        *self.world.unpaired.borrow()
    }

    /// Waits until the session is in this state; it has no limit of its own.
    pub async fn until(&self, session: &str, status: Status) {
        let reached = |table: &machine::Table| {
            table
                .get(session)
                .is_some_and(|session| session.status == status)
        };
        // The sender lives as long as we do.
        let _ = self.world.table.subscribe().wait_for(reached).await;
    }

    /// Every call under `/api` so far, as `POST /api/sessions/x/start`, without queries, and every
    /// web socket, as `GET /ws`.
    pub fn calls(&self) -> Vec<String> {
        self.world
            .calls
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// The configuration of a session, as it was sent and completed.
    pub fn config(&self, session: &str) -> Option<Value> {
        self.world.table.borrow().get(session)?.config.clone()
    }

    /// From now on this goes wrong.
    pub fn fault(&self, fault: Fault) {
        self.world.fault.send_replace(fault);
    }

    /// Breaks every connection and refuses new ones; sessions go on. Returns when it is so.
    pub async fn down(&self) {
        self.world.down().await;
    }

    /// Listens again, at the same port.
    pub async fn up(&self) -> io::Result<()> {
        World::up(&self.world).await
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.world.close();
    }
}
