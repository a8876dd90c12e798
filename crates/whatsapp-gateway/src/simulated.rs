//! A scripted phone in memory: for demonstrations, browser tests and load tests.
//!
//! There are no tasks, and no timer but for answers that are held back
//! ([`Simulated::set_send_delay`]). What a session is at any instant is a function of its past
//! (started, scanned, lost …) and of the time that the configuration tells, so a test that moves
//! its clock sees every state without waiting.

mod fault;
mod groups;
mod people;
mod script;
mod sending;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rand::{
    SeedableRng,
    distr::{Alphanumeric, SampleString},
    rngs::StdRng,
};
use tokio::sync::broadcast;

use crate::{
    Changed, ChatId, Contact, Event, Found, Gateway, GatewayError, Group, Outgoing, Phone, Qr,
    Result, SendError, Sent, SessionName, State, Status,
};
use fault::Faults;
pub use fault::{Fault, Operation};
use script::{Link, Phase};
use sending::Outbox;

/// Events that wait for a slow reader; older ones are dropped. A load test makes them faster than
/// any phone.
const EVENTS: usize = 8 * 1024;

/// What the simulated phone is like.
#[derive(Clone)]
pub struct SimulatedConfig {
    /// Equal seeds give equal groups, people, numbers and QR texts.
    pub seed: u64,
    /// Tells the time in milliseconds since 1970, UTC.
    pub now_ms: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// How long after a code is first shown the phone scans it by itself; `None`: it does not.
    pub scan_after: Option<Duration>,
    /// How many groups the account is in.
    pub groups: usize,
    /// How many people the account knows, itself not counted.
    pub contacts: usize,
    /// Where each message is noted, one line of JSON `{"session","id","chat","text_len"}`, the
    /// length in bytes, before its sender is answered: what this phone has "sent" is there also
    /// when the process was killed in that instant. A message that cannot be noted is not taken.
    pub journal: Option<PathBuf>,
    /// Whether a message that was taken is receipted at once: by the server, by a device, and two
    /// of three by a reader. Without it, [`Simulated::acknowledge`] does.
    pub receipts: bool,
    /// Whether a message that this phone does not know of surely never went out. A phone that may
    /// have been restarted in between cannot tell.
    pub remembers: bool,
}

impl SimulatedConfig {
    /// A phone that scans after 3 s, is in 340 groups and knows 4,200 people; it receipts its
    /// messages, and notes them nowhere.
    pub fn new(seed: u64, now_ms: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        Self {
            seed,
            now_ms,
            scan_after: Some(Duration::from_secs(3)),
            groups: 340,
            contacts: 4_200,
            journal: None,
            receipts: true,
            remembers: false,
        }
    }
}

/// The engine `simulated`. Every session is a phone of its own number; all of them are in the
/// same groups and know the same people.
pub struct Simulated {
    config: SimulatedConfig,
    groups: Arc<[Group]>,
    contacts: Arc<[Contact]>,
    events: broadcast::Sender<Event>,
    inner: Mutex<Inner>,
}

struct Inner {
    sessions: HashMap<SessionName, Session>,
    scan_after: Option<Duration>,
    faults: Faults,
    outbox: Outbox,
}

impl Inner {
    fn state(&self, session: &SessionName, now: i64) -> State {
        let session = self.sessions.get(session);
        session.map_or(State::Stopped, |session| session.phase.state(now))
    }
}

/// One session. It is remembered after a logout, so that its next code is a new one.
#[derive(Default)]
struct Session {
    /// How often it has begun to be linked.
    attempt: u32,
    phase: Phase,
    /// Groups that were left and people who were deleted.
    gone: HashSet<ChatId>,
}

impl Session {
    fn begin(&mut self, now: i64, scan_after: Option<Duration>) {
        if self.phase.link(now) == Link::Kept {
            self.phase = Phase::linked(now);
        } else {
            self.attempt += 1;
            self.phase = Phase::pairing(now, scan_after);
        }
    }
}

impl Simulated {
    /// A phone without sessions.
    pub fn new(config: SimulatedConfig) -> Self {
        Self {
            groups: groups::groups(config.seed, config.groups).into(),
            contacts: people::contacts(config.seed, config.contacts).into(),
            events: broadcast::Sender::new(EVENTS),
            inner: Mutex::new(Inner {
                sessions: HashMap::new(),
                scan_after: config.scan_after,
                faults: Faults::default(),
                outbox: Outbox::default(),
            }),
            config,
        }
    }

    /// The phone scans the code that is shown now. `false` when none is.
    pub fn scan(&self, session: &SessionName) -> bool {
        self.change(session, Phase::scan)
    }

    /// From now on codes are scanned so long after they are first shown, those that are shown
    /// already among them; `None`: the phone scans nothing by itself.
    pub fn set_self_scan(&self, after: Option<Duration>) {
        let now = self.now();
        let mut inner = self.lock();
        inner.scan_after = after;
        for session in inner.sessions.values_mut() {
            session.phase.scan_after(after, now);
        }
    }

    /// The way to WhatsApp breaks: a linked session is STARTING until [`Self::restore`], also
    /// when it is restarted meanwhile. `false` when it was not linked.
    pub fn lose_connection(&self, session: &SessionName) -> bool {
        self.change(session, |phase, now| {
            phase.replace(Link::Kept, now, Phase::Lost)
        })
    }

    /// The way to WhatsApp is there again: WORKING at once. `false` when it was not lost.
    pub fn restore(&self, session: &SessionName) -> bool {
        self.change(session, |phase, now| {
            let lost = matches!(phase, Phase::Lost);
            if lost {
                *phase = Phase::Linked { works_at: now };
            }
            lost
        })
    }

    /// The phone removes the linked device: FAILED, the own number is still told, and only a new
    /// scan helps (`docs/wire/waha.md`, section 4.4). `false` when it was not linked.
    pub fn logout_by_phone(&self, session: &SessionName) -> bool {
        let cause =
            "The phone has removed this device. Start the session again and scan the new QR code.";
        let failed = Phase::Failed {
            cause: cause.to_owned(),
            link: Link::Broken,
        };
        self.change(session, |phase, now| phase.replace(Link::Kept, now, failed))
    }

    /// The session fails with this cause; what it was linked to stays linked. `false` when it was
    /// not running.
    pub fn fail(&self, session: &SessionName, cause: &str) -> bool {
        self.change(session, |phase, now| {
            let runs = phase.state(now) != State::Stopped;
            if runs {
                *phase = Phase::Failed {
                    cause: cause.to_owned(),
                    link: phase.link(now),
                };
            }
            runs
        })
    }

    /// The account leaves the group, or deletes the contact, of this id. `false` when it has none.
    pub fn forget(&self, session: &SessionName, id: &ChatId) -> bool {
        let changed = if self.groups.iter().any(|group| group.id == *id) {
            Changed::Groups
        } else if self.contacts.iter().any(|contact| contact.id == *id) {
            Changed::Contacts
        } else {
            return false;
        };
        let mut inner = self.lock();
        let forgotten = inner
            .sessions
            .get_mut(session)
            .is_some_and(|session| session.gone.insert(id.clone()));
        drop(inner);
        if forgotten {
            self.tell(session, changed);
        }
        forgotten
    }

    /// Every call from now on ends with this fault; `None` takes back all faults, those of
    /// [`Self::set_fault_on`] among them.
    pub fn set_fault(&self, fault: Option<Fault>) {
        self.lock().faults.set(fault);
    }

    /// Calls of one operation end with this fault: the next `calls` of them, or all.
    pub fn set_fault_on(&self, operation: Operation, fault: Fault, calls: Option<u32>) {
        self.lock().faults.add(operation, fault, calls);
    }

    /// How often each operation was called so far, faults among them; every operation is there.
    pub fn calls(&self) -> BTreeMap<Operation, u64> {
        self.lock().faults.calls()
    }

    fn now(&self) -> i64 {
        (self.config.now_ms)()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, session: &SessionName, change: impl FnOnce(&mut Phase, i64) -> bool) -> bool {
        let now = self.now();
        let changed = self
            .lock()
            .sessions
            .get_mut(session)
            .is_some_and(|session| change(&mut session.phase, now));
        if changed {
            self.tell(session, Changed::Status);
        }
        changed
    }

    /// Nobody may be listening.
    fn tell(&self, session: &SessionName, changed: Changed) {
        let session = session.clone();
        let _ = self.events.send(Event { session, changed });
    }

    /// Counts the call and gives the inside, or the fault that is due.
    fn call(&self, operation: Operation) -> Result<MutexGuard<'_, Inner>> {
        let mut inner = self.lock();
        inner.faults.call(operation)?;
        Ok(inner)
    }

    /// What is gone from the lists of a session, which must work.
    fn must_work(&self, operation: Operation, session: &SessionName) -> Result<HashSet<ChatId>> {
        let inner = self.call(operation)?;
        match inner.state(session, self.now()) {
            State::Working => {
                let session = inner.sessions.get(session);
                Ok(session.map(|s| s.gone.clone()).unwrap_or_default())
            }
            state => Err(GatewayError::NotReady { state }),
        }
    }

    fn own_number(&self, session: &SessionName) -> Option<Phone> {
        Phone::parse(&people::own_number(&mut random((
            self.config.seed,
            session,
        ))))
        .ok()
    }
}

#[async_trait]
impl Gateway for Simulated {
    fn engine(&self) -> &'static str {
        "simulated"
    }

    async fn check(&self) -> Result<()> {
        self.call(Operation::Check).map(drop)
    }

    async fn name_for(&self, wanted: &SessionName) -> Result<SessionName> {
        self.call(Operation::NameFor).map(|_| wanted.clone())
    }

    async fn start(&self, session: &SessionName) -> Result<()> {
        let mut inner = self.call(Operation::Start)?;
        let (now, scan_after) = (self.now(), inner.scan_after);
        let session = inner.sessions.entry(session.clone()).or_default();
        if matches!(session.phase.state(now), State::Stopped | State::Failed) {
            session.begin(now, scan_after);
        }
        Ok(())
    }

    async fn restart(&self, session: &SessionName) -> Result<()> {
        let mut inner = self.call(Operation::Restart)?;
        let (now, scan_after) = (self.now(), inner.scan_after);
        let session = inner.sessions.entry(session.clone()).or_default();
        if !matches!(session.phase, Phase::Lost) {
            session.begin(now, scan_after);
        }
        Ok(())
    }

    async fn logout(&self, session: &SessionName) -> Result<()> {
        let mut inner = self.call(Operation::Logout)?;
        if let Some(session) = inner.sessions.get_mut(session) {
            session.phase = Phase::Stopped;
        }
        Ok(())
    }

    async fn status(&self, session: &SessionName) -> Result<Status> {
        let inner = self.call(Operation::Status)?;
        let now = self.now();
        let phase = inner
            .sessions
            .get(session)
            .map_or(&Phase::Stopped, |s| &s.phase);
        let number = if phase.tells_number(now) {
            self.own_number(session)
        } else {
            None
        };
        Ok(Status {
            state: phase.state(now),
            number,
            cause: phase.cause(now),
        })
    }

    async fn qr(&self, session: &SessionName) -> Result<Qr> {
        let inner = self.call(Operation::Qr)?;
        let now = self.now();
        let (attempt, phase) = inner
            .sessions
            .get(session)
            .map_or((0, &Phase::Stopped), |s| (s.attempt, &s.phase));
        let Some(code) = phase.code(now) else {
            return Err(GatewayError::NotReady {
                state: phase.state(now),
            });
        };
        Ok(Qr(qr_text(&mut random((
            self.config.seed,
            session,
            attempt,
            code,
        )))))
    }

    async fn groups(&self, session: &SessionName) -> Result<Vec<Group>> {
        let gone = self.must_work(Operation::Groups, session)?;
        let groups = self.groups.iter().filter(|group| !gone.contains(&group.id));
        Ok(groups.cloned().collect())
    }

    async fn contacts(&self, session: &SessionName) -> Result<Vec<Contact>> {
        let gone = self.must_work(Operation::Contacts, session)?;
        let me = self
            .own_number(session)
            .map(|number| people::me(number.digits()));
        let people = self
            .contacts
            .iter()
            .filter(|person| !gone.contains(&person.id));
        Ok(people.cloned().chain(me).collect())
    }

    async fn send(&self, session: &SessionName, message: &Outgoing) -> Result<Sent, SendError> {
        self.take(session, message).await
    }

    async fn find(&self, session: &SessionName, message: &Outgoing) -> Result<Found> {
        self.look_up(session, message)
    }

    fn send_limit(&self) -> Duration {
        sending::LIMIT
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    fn simulated(&self) -> Option<&Simulated> {
        Some(self)
    }
}

/// The source of what belongs to `key` and to nothing else.
fn random(key: impl Hash) -> StdRng {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    StdRng::seed_from_u64(hasher.finish())
}

/// A text of the form that WhatsApp's codes have: a reference and three keys of 32 bytes.
fn qr_text(rng: &mut StdRng) -> String {
    let mut part = |length| Alphanumeric.sample_string(rng, length);
    format!("2@{},{}=,{}=,{}=", part(86), part(43), part(43), part(43))
}
