//! Builds the application from its configuration and runs it until it is told to stop.

use std::{
    fs, io, net::SocketAddr, os::unix::fs::DirBuilderExt, path::Path, sync::Arc, time::Duration,
};

use futures_util::{StreamExt, stream};
use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    sync::broadcast::error::RecvError,
    time::{Interval, MissedTickBehavior, timeout},
};
use url::Url;
use whatsapp_gateway::{
    Changed, Event, Gateway,
    simulated::{Simulated, SimulatedConfig},
    waha::{InvalidConfig, Timeouts, Waha, WahaConfig, Webhook},
};

use crate::{
    app::{App, Parts},
    auth::{Auth, AuthSettings, Secret, SecretError},
    campaigns::Campaigns,
    changes::Changes,
    clock::Clock,
    config::{Config, Engine},
    http,
    lifecycle::{self, Lifecycle, Signals},
    listen,
    random::Random,
    scheduler::Scheduler,
    sessions::{SessionError, Sessions},
    store::{Store, StoreError},
};

/// How often sessions are looked after.
const SESSIONS_EVERY: Duration = Duration::from_secs(30);
/// How many of the engine's hints are looked at at a time.
const HINTS_AT_ONCE: usize = 8;
/// How often what has expired is deleted.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// How long the database may take to close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the server does not start. The text is one line, made for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made.
    #[error("HERALD_DATA_DIR: the folder {path} cannot be made: {source}")]
    DataDir {
        /// The folder.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The port is taken, or the address is not ours.
    #[error(
        "HERALD_LISTEN: cannot listen on {address}: {source}{}",
        way_out(source)
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The secret cannot be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database cannot be opened.
    #[error("DATABASE_URL: {0}")]
    Store(#[from] StoreError),
    /// The engine's settings cannot be used.
    #[error("WAHA_API_URL: {0}")]
    Engine(#[from] InvalidConfig),
    /// Signals cannot be received.
    #[error("cannot wait for signals: {0}")]
    Signals(#[from] io::Error),
}

/// A server that is ready to answer.
pub struct Server {
    /// The application inside.
    pub app: App,
    /// The address it listens on, the port filled in.
    pub address: SocketAddr,
    /// Stops it.
    pub lifecycle: Lifecycle,
    signals: Signals,
}

impl Server {
    /// Opens everything and begins to answer. Returns once requests are accepted.
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        Self::start_on(config, None).await
    }

    /// The same, on an engine that runs already.
    pub async fn start_on(
        config: &Config,
        running: Option<Arc<dyn Gateway>>,
    ) -> Result<Self, StartError> {
        // Before anything is there that an early signal would leave behind.
        let signals = lifecycle::signals()?;
        make_data_dir(&config.data_dir)?;
        let listener = TcpListener::bind(config.listen).await;
        let listening = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = listening.map_err(|source| StartError::Listen {
            address: config.listen,
            source,
        })?;

        let (clock, random) = (Clock::system(), Random::system());
        let secret = match &config.secret {
            Some(text) => Secret::from_text(text.expose_secret())?,
            None => Secret::from_folder(&config.data_dir, &random)?,
        };
        let webhook_secret = secret.derive("engine webhook address");
        let webhook_key = secret.derive("engine webhook signature");
        let store = Store::open(config.database_url.expose_secret()).await?;
        let settings = AuthSettings {
            public_url: config
                .public_url
                .clone()
                .unwrap_or_else(|| own_url(address)),
            trusted_origins: config.trusted_origins.clone(),
            listen: address,
            trusted_proxies: config.trusted_proxies.clone(),
            secret,
            limits_on: !config.test_mode,
        };
        let (lifecycle, changes) = (Lifecycle::default(), Changes::default());
        let gateway = match running {
            Some(gateway) => gateway,
            None => engine(&config.engine, &clock, &webhook_secret, webhook_key)?,
        };
        let scheduler = Scheduler::new(
            store.clone(),
            Arc::clone(&gateway),
            clock.clone(),
            random.clone(),
            changes.clone(),
            config.test_mode,
        );
        let app = App::new(Parts {
            auth: Auth::new(
                settings,
                store.clone(),
                clock.clone(),
                random.clone(),
                changes.clone(),
            ),
            sessions: Sessions::new(
                store.clone(),
                gateway,
                clock.clone(),
                random.clone(),
                changes.clone(),
                &lifecycle,
            ),
            campaigns: Campaigns::new(
                store.clone(),
                clock.clone(),
                random.clone(),
                changes.clone(),
                scheduler.clone(),
            ),
            scheduler,
            store,
            clock,
            random,
            changes,
            lifecycle: lifecycle.clone(),
            webhook_secret,
        });

        let stopping = lifecycle.stopping().clone();
        lifecycle.spawn(
            "http",
            listen::serve(listener, http::router(&app, lifecycle.tasks()), stopping),
        );
        lifecycle.spawn(
            "sessions",
            look_after_sessions(app.clone(), lifecycle.clone()),
        );
        lifecycle.spawn("engine events", hear(app.clone(), lifecycle.clone()));
        lifecycle.spawn(
            "engine connection",
            listen_to_engine(app.clone(), lifecycle.clone()),
        );
        lifecycle.spawn("scheduler", send(app.clone(), lifecycle.clone()));
        lifecycle.spawn("sweep", sweep(app.clone(), lifecycle.clone()));
        Ok(Self {
            app,
            address,
            lifecycle,
            signals,
        })
    }

    /// The address for people on this machine.
    pub fn url(&self) -> Url {
        own_url(self.address)
    }

    /// Answers until a signal comes; then finishes what runs. Returns whether everything could be
    /// finished and no part of the server had broken.
    pub async fn run(self) -> Result<bool, StartError> {
        let finished = self.lifecycle.run(self.signals).await;
        // A query that hangs keeps its connection, also after the hard stop.
        let closed = timeout(CLOSE_TIMEOUT, self.app.store.close()).await;
        if closed.is_err() {
            tracing::warn!("stopped before the database was closed");
        }
        Ok(finished && closed.is_ok())
    }
}

/// Most newcomers who meet this have never heard of the setting.
fn way_out(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; choose another port, such as --listen 127.0.0.1:3211",
        _ => "",
    }
}

async fn look_after_sessions(app: App, lifecycle: Lifecycle) {
    let gateway = app.sessions.gateway();
    if let Err(error) = gateway.check().await {
        let engine = gateway.engine();
        tracing::warn!(engine, %error, "the engine does not answer yet; until it does, sessions show as FAILED");
    }
    let mut ticks = Ticks::new(SESSIONS_EVERY, lifecycle);
    while ticks.next().await {
        match app.sessions.tick().await {
            Ok(0) => {}
            Ok(started) => tracing::info!(started, "sessions started again"),
            Err(error) => tracing::error!(%error, "sessions could not be looked after"),
        }
    }
}

/// Looks at what the engine tells. Hints that came too fast to be heard are made up for by a look at
/// every session.
async fn hear(app: App, lifecycle: Lifecycle) {
    let hints = stream::unfold(app.sessions.gateway().events(), |mut events| async {
        match events.recv().await {
            Ok(event) => Some((Some(event), events)),
            Err(RecvError::Lagged(_)) => Some((None, events)),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    });
    hints
        .take_until(lifecycle.stopping().cancelled())
        .for_each_concurrent(HINTS_AT_ONCE, async |hint| {
            let heard = match hint {
                Some(
                    event @ Event {
                        changed: Changed::Receipt { .. } | Changed::Message { .. },
                        ..
                    },
                ) => app
                    .scheduler
                    .heard(&event)
                    .await
                    .map_err(SessionError::from),
                Some(event) => app.sessions.heard(&event).await,
                None => app.sessions.tick().await.map(drop),
            };
            if let Err(error) = heard {
                tracing::warn!(%error, "what the engine told could not be looked at");
            }
        })
        .await;
}

/// Sends what is due.
async fn send(app: App, lifecycle: Lifecycle) {
    app.scheduler.run(&lifecycle).await;
}

/// Keeps the engine's connection for events, where it has one of ours.
async fn listen_to_engine(app: App, lifecycle: Lifecycle) {
    tokio::select! {
        () = lifecycle.stopping().cancelled() => {}
        () = app.sessions.gateway().listen() => {}
    }
}

async fn sweep(app: App, lifecycle: Lifecycle) {
    let mut ticks = Ticks::new(SWEEP_EVERY, lifecycle);
    while ticks.next().await {
        if let Err(error) = app.auth.sweep().await {
            tracing::error!(%error, "expired sign-ins could not be deleted");
        }
    }
}

/// The beats of a loop: the first at once, then one each interval, none once the process is to
/// stop. Work that a beat began is finished.
struct Ticks {
    interval: Interval,
    lifecycle: Lifecycle,
}

impl Ticks {
    fn new(every: Duration, lifecycle: Lifecycle) -> Self {
        let mut interval = tokio::time::interval(every);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            interval,
            lifecycle,
        }
    }

    async fn next(&mut self) -> bool {
        tokio::select! {
            biased;
            () = self.lifecycle.stopping().cancelled() => false,
            _ = self.interval.tick() => true,
        }
    }
}

/// Delivers to `/api/webhook/{webhook_secret}`, and signs with `webhook_key`, where it can reach us.
fn engine(
    engine: &Engine,
    clock: &Clock,
    webhook_secret: &str,
    webhook_key: String,
) -> Result<Arc<dyn Gateway>, StartError> {
    Ok(match engine {
        Engine::Waha { url, key, webhook } => {
            let webhook = webhook.clone().map(|mut url| {
                url.set_path(&format!("/api/webhook/{webhook_secret}"));
                Webhook {
                    url,
                    key: webhook_key.into(),
                }
            });
            Arc::new(Waha::new(WahaConfig {
                base_url: url.clone(),
                api_key: key.clone(),
                webhook,
                timeouts: Timeouts::default(),
            })?)
        }
        Engine::Simulated => {
            let clock = clock.clone();
            Arc::new(Simulated::new(SimulatedConfig::new(
                1,
                Arc::new(move || clock.now_ms()),
            )))
        }
    })
}

fn own_url(address: SocketAddr) -> Url {
    let host = if address.ip().is_unspecified() {
        "localhost".into()
    } else {
        SocketAddr::new(address.ip(), 0).to_string()
    };
    let host = host.strip_suffix(":0").unwrap_or(&host);
    Url::parse(&format!("http://{host}:{}", address.port())).expect("an address is a valid host")
}

/// The folder is made for its owner alone: it holds the secret and everybody's data.
pub(crate) fn make_data_dir(path: &Path) -> Result<(), StartError> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path);
    made.map_err(|source| StartError::DataDir {
        path: path.display().to_string(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_url_names_a_host_that_a_browser_can_open() {
        for (address, url) in [
            ("127.0.0.1:3210", "http://127.0.0.1:3210/"),
            ("0.0.0.0:80", "http://localhost/"),
            ("[::1]:3210", "http://[::1]:3210/"),
        ] {
            assert_eq!(own_url(address.parse().unwrap()).as_str(), url);
        }
    }
}
