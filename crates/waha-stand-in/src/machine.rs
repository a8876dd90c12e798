//! The sessions and what moves them from state to state (section 4.4), and the open port.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    net::TcpListener,
    runtime::{Handle, Runtime},
    sync::{broadcast, watch},
    time::sleep,
};

use crate::{
    Behaviour, Engine, Fault, Profile, SendFault, SentText, account::Account, events::Emitted,
    hooks, server, webhooks,
};

/// A session's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not running.
    Stopped,
    /// On its way.
    Starting,
    /// Shows a code.
    ScanQrCode,
    /// Linked and connected.
    Working,
    /// Gave up.
    Failed,
}

impl Status {
    /// WAHA's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Starting => "STARTING",
            Self::ScanQrCode => "SCAN_QR_CODE",
            Self::Working => "WORKING",
            Self::Failed => "FAILED",
        }
    }
}

/// One session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) status: Status,
    pub(crate) config: Option<Value>,
    /// Credentials are stored: it connects without a scan.
    pub(crate) paired: bool,
    /// Credentials are stored that WhatsApp refuses: it fails at each start until it is logged out.
    refused: bool,
    /// `me` is known.
    pub(crate) me: bool,
    /// Counts starts, so that what was planned for an earlier run does not touch a later one.
    run: u64,
    /// Counts codes, so that each is another.
    pub(crate) code: u64,
    /// Those before the present one, with their times.
    pub(crate) history: Vec<Value>,
}

impl Session {
    pub(crate) fn stopped(config: Option<Value>) -> Self {
        Self {
            status: Status::Stopped,
            config,
            paired: false,
            refused: false,
            me: false,
            run: 0,
            code: 0,
            history: Vec::new(),
        }
    }

    /// The text of the code that is shown.
    pub(crate) fn qr(&self) -> String {
        let code = self.code;
        format!(
            "2@StandInReference{code:04},c3RhbmQtaW4tbm9pc2Uta2V5,c3RhbmQtaW4taWRlbnRpdHk=,c3RhbmQtaW4tYWR2"
        )
    }
}

/// By name.
pub(crate) type Table = BTreeMap<String, Session>;

/// Everything that lasts.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) profile: Profile,
    pub(crate) table: watch::Sender<Table>,
    pub(crate) fault: watch::Sender<Fault>,
    pub(crate) send_fault: watch::Sender<SendFault>,
    /// Everything that was taken to be sent.
    pub(crate) sent: watch::Sender<Vec<SentText>>,
    /// Until when, in seconds since 1970, the account may begin no new chats.
    pub(crate) timelock: watch::Sender<Option<i64>>,
    pub(crate) hold: watch::Sender<bool>,
    pub(crate) unpaired: watch::Sender<usize>,
    pub(crate) calls: Mutex<Vec<String>>,
    pub(crate) account: Mutex<Account>,
    /// What the web sockets are told.
    pub(crate) events: broadcast::Sender<Arc<Emitted>>,
    /// Counts events, in place of a clock.
    pub(crate) emitted: AtomicU64,
    /// Posts to webhooks.
    pub(crate) http: reqwest::Client,
    /// One a session: lifecycle calls queue there (section 4.3).
    pub(crate) locks: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Where work goes on when its caller has hung up or the port is closed.
    pub(crate) tasks: Handle,
    address: OnceLock<SocketAddr>,
    /// Serves the port. A runtime of its own, because ending it ends every connection too.
    net: Mutex<Option<Runtime>>,
}

impl World {
    pub(crate) fn new(profile: Profile) -> io::Result<Arc<Self>> {
        let mut table = Table::new();
        if profile.behaviour != Behaviour::Current {
            // It is there at boot (section 4.2).
            table.insert("default".into(), Session::stopped(None));
        }
        let engine = profile.engine;
        Ok(Arc::new(Self {
            profile,
            table: watch::Sender::new(table),
            fault: watch::Sender::new(Fault::None),
            send_fault: watch::Sender::new(SendFault::None),
            sent: watch::Sender::default(),
            timelock: watch::Sender::default(),
            hold: watch::Sender::new(false),
            unpaired: watch::Sender::new(0),
            calls: Mutex::default(),
            account: Mutex::new(Account::new(engine)),
            events: broadcast::Sender::new(1024),
            emitted: AtomicU64::new(0),
            http: webhooks::client()?,
            locks: Mutex::default(),
            tasks: Handle::current(),
            address: OnceLock::new(),
            net: Mutex::new(None),
        }))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, self.profile.port));
        *self.address.get().unwrap_or(&loopback)
    }

    pub(crate) async fn up(world: &Arc<Self>) -> io::Result<()> {
        let net = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let address = world.address();
        let router = server::router(world).merge(hooks::router(world));
        let bound = net.spawn(async move {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            tokio::spawn(axum::serve(listener, router).into_future());
            Ok::<_, io::Error>(address)
        });
        let address = bound.await.map_err(io::Error::other)??;
        let _ = world.address.set(address);
        if let Some(old) = lock(&world.net).replace(net) {
            old.shutdown_background();
        }
        Ok(())
    }

    pub(crate) async fn down(&self) {
        let net = lock(&self.net).take();
        if let Some(net) = net {
            let _ =
                tokio::task::spawn_blocking(move || net.shutdown_timeout(Duration::from_secs(5)))
                    .await;
        }
    }

    pub(crate) fn close(&self) {
        if let Some(net) = lock(&self.net).take() {
            net.shutdown_background();
        }
    }

    /// Changes a session if it is there and `when` holds; tells whether. A new state, or a new
    /// code, is an event.
    fn change(
        &self,
        name: &str,
        when: impl Fn(&Session) -> bool,
        how: impl Fn(&mut Session),
    ) -> bool {
        self.table
            .send_if_modified(|table| match table.get_mut(name) {
                Some(session) if when(session) => {
                    let before = (session.status, session.code);
                    how(session);
                    if before != (session.status, session.code) {
                        self.status_changed(name, session);
                    }
                    true
                }
                _ => false,
            })
    }

    /// After `wait`, unless the session has been started or stopped in between.
    fn later(
        self: &Arc<Self>,
        name: &str,
        wait: Duration,
        what: impl FnOnce(&Arc<Self>, &str, u64) + Send + 'static,
    ) {
        let (world, name) = (Arc::clone(self), name.to_owned());
        let run = self
            .table
            .borrow()
            .get(&name)
            .map_or(0, |session| session.run);
        self.tasks.spawn(async move {
            sleep(wait).await;
            if world
                .table
                .borrow()
                .get(&name)
                .is_some_and(|session| session.run == run)
            {
                what(&world, &name, run);
            }
        });
    }

    /// Any state → STARTING → `SCAN_QR_CODE`, or WORKING when paired.
    pub(crate) fn run(self: &Arc<Self>, name: &str) {
        self.change(
            name,
            |_| true,
            |session| {
                session.status = Status::Starting;
                session.me &= session.paired || session.refused;
                session.run += 1;
            },
        );
        self.connect_after(name, 1.0);
    }

    fn connect_after(self: &Arc<Self>, name: &str, seconds: f64) {
        self.later(name, self.profile.waits.of(seconds), |world, name, run| {
            let (world, name) = (Arc::clone(world), name.to_owned());
            world.tasks.clone().spawn(async move {
                let _ = world.hold.subscribe().wait_for(|hold| !hold).await;
                world.connected(&name, run);
            });
        });
    }

    fn connected(self: &Arc<Self>, name: &str, run: u64) {
        let starting = |session: &Session| session.run == run && session.status == Status::Starting;
        if self.change(
            name,
            |session| starting(session) && session.paired,
            |session| session.status = Status::Working,
        ) {
            self.introduce(name);
            return;
        }
        if self.change(
            name,
            |session| starting(session) && session.refused,
            |session| session.status = Status::Failed,
        ) {
            return;
        }
        if self.change(name, starting, |session| {
            session.status = Status::ScanQrCode;
            session.code += 1;
        }) && let Some(after) = self.profile.scan_after
        {
            self.later(name, after, |world, name, _| {
                world.scan(name);
            });
        }
    }

    /// Fills `me` of a WORKING session; WEBJS knows it seconds later.
    fn introduce(self: &Arc<Self>, name: &str) {
        let seconds = if self.profile.engine == Engine::Webjs {
            2.0
        } else {
            0.0
        };
        if seconds == 0.0 {
            self.change(name, |_| true, |session| session.me = true);
        } else {
            self.later(name, self.profile.waits.of(seconds), |world, name, _| {
                world.change(
                    name,
                    |session| session.status == Status::Working,
                    |session| session.me = true,
                );
            });
        }
    }

    pub(crate) fn scan(self: &Arc<Self>, name: &str) -> bool {
        // Pairing makes WhatsApp close NOWEB's socket; WAHA opens it again two seconds later.
        let reopens = self.profile.engine == Engine::Noweb;
        let scanned = self.change(
            name,
            |session| session.status == Status::ScanQrCode,
            |session| {
                session.paired = true;
                session.status = if reopens {
                    Status::Starting
                } else {
                    Status::Working
                };
            },
        );
        if scanned && reopens {
            self.connect_after(name, 2.0);
        } else if scanned {
            self.introduce(name);
        }
        scanned
    }

    pub(crate) fn expire_qr(&self, name: &str) -> bool {
        let forever =
            self.profile.engine == Engine::Noweb && self.profile.behaviour == Behaviour::Core202410;
        self.change(
            name,
            |session| session.status == Status::ScanQrCode,
            |session| {
                if forever {
                    session.code += 1;
                } else {
                    session.status = Status::Failed;
                }
            },
        )
    }

    pub(crate) fn lose_connection(self: &Arc<Self>, name: &str) -> bool {
        let is_working = self
            .table
            .borrow()
            .get(name)
            .is_some_and(|session| session.status == Status::Working);
        let lost = match self.profile.engine {
            Engine::Webjs => Status::Failed,
            Engine::Noweb | Engine::Gows => Status::Starting,
        };
        if is_working {
            // NOWEB notices after two seconds, WEBJS restarts two seconds after it noticed.
            let notices = if self.profile.engine == Engine::Noweb {
                2.0
            } else {
                0.0
            };
            self.later(
                name,
                self.profile.waits.of(notices),
                move |world, name, _| {
                    world.change(name, |_| true, |session| session.status = lost);
                    world.later(name, world.profile.waits.of(2.0), |world, name, _| {
                        world.run(name);
                    });
                },
            );
        }
        is_working
    }

    /// With `refused`, the credentials stay where they are.
    pub(crate) fn logout_by_phone(&self, name: &str, refused: bool) -> bool {
        // `me` stays filled.
        self.change(
            name,
            |session| session.status == Status::Working,
            |session| {
                session.paired = false;
                session.refused = refused;
                session.status = Status::Failed;
            },
        )
    }

    pub(crate) fn fail(&self, name: &str) -> bool {
        self.change(
            name,
            |_| true,
            |session| {
                session.status = Status::Failed;
                session.run += 1;
            },
        )
    }

    pub(crate) fn halt(&self, name: &str) {
        let keeps_me = self.profile.behaviour == Behaviour::Current;
        self.change(
            name,
            |_| true,
            |session| {
                session.status = Status::Stopped;
                session.me &= keeps_me;
                session.run += 1;
            },
        );
    }

    /// Forgets the credentials; the phone learns of it only through a connection (section 14).
    pub(crate) fn unpair(&self, name: &str) {
        let connected = self.change(
            name,
            |session| session.paired && session.status == Status::Working,
            |session| session.paired = false,
        );
        // Before 2024.10.9 the device stays in the phone's list all the same.
        if connected && self.profile.behaviour > Behaviour::Core202410 {
            self.unpaired.send_modify(|devices| *devices += 1);
        }
        self.change(
            name,
            |_| true,
            |session| {
                session.paired = false;
                session.refused = false;
                session.me = false;
            },
        );
    }
}

/// A lock is worth what it holds, also after a panic elsewhere.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
