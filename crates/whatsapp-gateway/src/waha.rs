//! A WAHA server over HTTP: any of its engines (WEBJS, NOWEB, GOWS), 2024.10 to today.
//!
//! The facts behind every call are in `docs/wire/waha.md`; what differs between versions and
//! engines is levelled here, so that nothing above this module knows which one answers.

mod answer;
mod chats;
mod http;
mod seen;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{
    sync::broadcast,
    time::{sleep, timeout},
};
use url::Url;

use self::{answer::Answer, http::Http, seen::Seen};
use crate::{Contact, Event, Gateway, GatewayError, Group, Qr, Result, SessionName, State, Status};

/// Room for an answer about one thing.
const SMALL: usize = 1024 * 1024;
/// Room for a list: thousands of chats, each with its last message (section 6).
const LIST: usize = 64 * 1024 * 1024;
/// Hints that wait for a slow reader; older ones are dropped.
const EVENTS: usize = 1024;
/// How often a session is looked at anew when it moved between the look and the act.
const LOOKS: usize = 4;

/// Where WAHA is and how to talk to it.
#[derive(Debug, Clone)]
pub struct WahaConfig {
    /// `http://host:3000`; a path in front of WAHA's own is kept, query and fragment are not.
    pub base_url: Url,
    /// The plain key, also where WAHA itself was given a hash (section 3).
    pub api_key: Option<SecretString>,
    /// Limits of the calls.
    pub timeouts: Timeouts,
}

/// How long a call of [`Gateway`] may take as a whole, retries included
/// (`docs/wire/waha.md`, section 4.3).
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Start, restart and logout.
    pub lifecycle: Duration,
    /// Groups, contacts and the QR code.
    pub data: Duration,
    /// Everything that WAHA answers out of its memory; also the time to connect.
    pub quick: Duration,
}

impl Default for Timeouts {
    /// 45 s, 60 s (engines that read a browser are slow) and 5 s.
    fn default() -> Self {
        Self {
            lifecycle: Duration::from_secs(45),
            data: Duration::from_mins(1),
            quick: Duration::from_secs(5),
        }
    }
}

/// The configuration cannot work.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// Neither `http` nor `https`.
    #[error("the address of WAHA has to begin with http:// or https://")]
    BaseUrl,
    /// The key cannot be sent in an HTTP header.
    #[error("the key of WAHA holds characters that a key cannot have")]
    ApiKey,
    /// The HTTP client cannot be set up, for example for want of trusted certificates.
    #[error("no HTTP client for WAHA: {0}")]
    Client(String),
}

/// The engine; cheap calls share its connections.
#[derive(Debug)]
pub struct Waha {
    http: Http,
    events: broadcast::Sender<Event>,
    timeouts: Timeouts,
}

impl Waha {
    /// Sets the client up; nothing is sent yet. Needs no trusted certificates for `http://`.
    pub fn new(config: WahaConfig) -> Result<Self, InvalidConfig> {
        let timeouts = config.timeouts;
        let http = Http::new(config.base_url, config.api_key.as_ref(), timeouts.quick)?;
        Ok(Self {
            http,
            events: broadcast::Sender::new(EVENTS),
            timeouts,
        })
    }

    /// `{version, tier, …}` (section 10); `None` where WAHA has neither of the two paths.
    async fn version(&self) -> Result<Option<Value>> {
        let path = ["api", "server", "version"];
        let answer = self.http.get(&path, &[], SMALL).await?;
        if !answer.is_unknown() {
            return answer.json();
        }
        let answer = self.http.get(&["api", "version"], &[], SMALL).await?;
        if answer.is_unknown() {
            Ok(None)
        } else {
            answer.json()
        }
    }

    /// The session as it is now; `None` when unknown. Free WAHA before 2026.6.1 answers 422 for
    /// every name but `default`: unknown as well.
    async fn look(&self, session: &SessionName) -> Result<Option<Seen>> {
        let path = ["api", "sessions", session.as_str()];
        let answer = self.http.get(&path, &[], SMALL).await?;
        if answer.is_unknown() || answer.is_unprocessable() {
            return Ok(None);
        }
        answer.json()?.as_ref().map(Seen::read).transpose()
    }

    /// The session if its state is `needed`. WAHA itself would let a call in another state wait
    /// for up to 15 s before it refuses it (section 1).
    async fn look_for(&self, session: &SessionName, needed: &State) -> Result<Seen> {
        match self.look(session).await? {
            Some(seen) if seen.state == *needed => Ok(seen),
            Some(Seen { state, .. }) => Err(GatewayError::NotReady { state }),
            None => Err(GatewayError::NotReady {
                state: State::Stopped,
            }),
        }
    }

    /// Between a look and the act on it, another caller or the engine may have moved the session.
    /// WAHA then refuses with 404 or 422, and another look tells what is left to do.
    async fn make_run(&self, session: &SessionName) -> Result<()> {
        let mut refused = None;
        for _ in 0..LOOKS {
            let answer = match self.look(session).await? {
                None => self.create(session).await?,
                Some(seen) => match seen.state {
                    State::Stopped => self.start_stopped(session, &seen).await?,
                    State::Failed => self.revive(session, &seen).await?,
                    _ => return Ok(()),
                },
            };
            if !answer.is_unknown() && !answer.is_unprocessable() {
                return answer.accepted();
            }
            refused = answer.accepted().err();
        }
        let refused = refused.map_or_else(String::new, |error| error.to_string());
        Err(GatewayError::Unsupported(format!(
            "WAHA takes no such session (without Plus, before 2026.6.1, it has room for `default` alone): {refused}"
        )))
    }

    /// `start` is always said: WAHA's documentation and its code disagree on the default.
    async fn create(&self, session: &SessionName) -> Result<Answer> {
        let body = json!({
            "name": session.as_str(),
            "start": true,
            "config": seen::with_store(&Value::Null),
        });
        self.http.post(&["api", "sessions"], Some(&body)).await
    }

    /// A session that others made, or free WAHA's own `default`, may lack the store without
    /// which NOWEB has no contacts (section 7).
    async fn start_stopped(&self, session: &SessionName, seen: &Seen) -> Result<Answer> {
        if !seen.has_store() {
            let body =
                json!({ "name": session.as_str(), "config": seen::with_store(&seen.config) });
            let answer = self
                .http
                .put(&["api", "sessions", session.as_str()], &body)
                .await?;
            if let Err(error) = answer.accepted() {
                tracing::warn!(%error, "the session starts without a store: NOWEB will have no contacts");
            }
        }
        self.act(session, "start").await
    }

    async fn act(&self, session: &SessionName, verb: &str) -> Result<Answer> {
        self.http
            .post(&["api", "sessions", session.as_str(), verb], None)
            .await
    }

    /// A failed session counts as running: `start` does not cure it, a restart does. Where the
    /// phone has unlinked it, it fails again at once, and only logging out, which starts it anew,
    /// brings a code (section 4.2). WEBJS also fails in passing, and heals by itself: it is never
    /// logged out here.
    async fn revive(&self, session: &SessionName, failed: &Seen) -> Result<Answer> {
        let restarted = self.act(session, "restart").await?;
        if failed.me.is_empty() || failed.is_webjs {
            return Ok(restarted);
        }
        match self.settle(session).await? {
            Some(seen) if seen.state == State::Failed => self.act(session, "logout").await,
            _ => Ok(restarted),
        }
    }

    /// Starts a stopped session and waits until it is connected or evidently cannot be: unpairing
    /// needs a connection (section 14).
    async fn connect(&self, session: &SessionName) -> Result<()> {
        self.act(session, "start").await?;
        self.settle(session).await?;
        Ok(())
    }

    /// Waits until the session is no longer on its way. Leaves two thirds of the time to what comes
    /// after; then it is `None`.
    async fn settle(&self, session: &SessionName) -> Result<Option<Seen>> {
        let settled = async {
            loop {
                match self.look(session).await? {
                    Some(seen) if seen.state == State::Starting => {
                        sleep(Duration::from_millis(200)).await;
                    }
                    seen => return Ok(seen),
                }
            }
        };
        timeout(self.timeouts.lifecycle / 3, settled)
            .await
            .unwrap_or(Ok(None))
    }

    /// Logs out, then deletes: a logout alone starts the session again (section 4.2). Both may be
    /// repeated, so a logout that failed half-way can be.
    async fn unlink(&self, session: &SessionName) -> Result<()> {
        match self.look(session).await? {
            None => return Ok(()),
            Some(Seen {
                state: State::Stopped,
                ..
            }) => self.connect(session).await?,
            Some(_) => {}
        }
        let logout = self.act(session, "logout").await?;
        if !logout.is_unknown()
            && let Err(error) = logout.accepted()
        {
            tracing::warn!(%error, "logout refused; the session is deleted all the same");
        }
        let delete = self
            .http
            .delete(&["api", "sessions", session.as_str()])
            .await?;
        if delete.is_unknown() {
            Ok(())
        } else {
            delete.accepted()
        }
    }
}

#[async_trait]
impl Gateway for Waha {
    fn engine(&self) -> &'static str {
        "waha"
    }

    async fn check(&self) -> Result<()> {
        within(self.timeouts.quick, async {
            match self.version().await? {
                Some(version) if version["version"].is_string() => Ok(()),
                _ => Err(GatewayError::Engine(
                    "what answers at this address is no WAHA".into(),
                )),
            }
        })
        .await
    }

    async fn name_for(&self, wanted: &SessionName) -> Result<SessionName> {
        within(self.timeouts.quick, async {
            let version = self.version().await?.unwrap_or_default();
            if seen::has_one_session(&version) {
                SessionName::new("default").map_err(|error| GatewayError::Engine(error.to_string()))
            } else {
                Ok(wanted.clone())
            }
        })
        .await
    }

    async fn start(&self, session: &SessionName) -> Result<()> {
        within(self.timeouts.lifecycle, self.make_run(session)).await
    }

    /// A session that WAHA does not know is made, as [`Gateway::start`] does.
    async fn restart(&self, session: &SessionName) -> Result<()> {
        within(self.timeouts.lifecycle, async {
            let answer = self.act(session, "restart").await?;
            if answer.is_unknown() {
                self.make_run(session).await
            } else {
                answer.accepted()
            }
        })
        .await
    }

    async fn logout(&self, session: &SessionName) -> Result<()> {
        within(self.timeouts.lifecycle, self.unlink(session)).await
    }

    async fn status(&self, session: &SessionName) -> Result<Status> {
        within(self.timeouts.quick, async {
            Ok(self.look(session).await?.map_or(
                Status {
                    state: State::Stopped,
                    number: None,
                    cause: None,
                },
                Seen::into_status,
            ))
        })
        .await
    }

    async fn qr(&self, session: &SessionName) -> Result<Qr> {
        within(self.timeouts.data, async {
            self.look_for(session, &State::ScanQrCode).await?;
            let path = ["api", session.as_str(), "auth", "qr"];
            let answer = self.http.get(&path, &[("format", "raw")], SMALL).await?;
            let qr = answer.session_json::<Value>()?.unwrap_or_default();
            match qr["value"].as_str() {
                Some(value) if !value.is_empty() => Ok(Qr(value.to_owned())),
                _ => Err(GatewayError::Engine("an answer without a QR code".into())),
            }
        })
        .await
    }

    async fn groups(&self, session: &SessionName) -> Result<Vec<Group>> {
        within(self.timeouts.data, async {
            self.look_for(session, &State::Working).await?;
            // Without `limit` every engine returns all of them (section 6).
            let path = ["api", session.as_str(), "groups"];
            let groups = self
                .http
                .get(&path, &[("exclude", "participants")], LIST)
                .await?;
            Ok(chats::groups(groups.session_json()?.unwrap_or_default()))
        })
        .await
    }

    async fn contacts(&self, session: &SessionName) -> Result<Vec<Contact>> {
        within(self.timeouts.data, async {
            let seen = self.look_for(session, &State::Working).await?;
            let query = [("session", session.as_str())];
            let contacts = self.http.get(&["api", "contacts", "all"], &query, LIST).await?;
            if contacts.is_bad_request() {
                return Err(GatewayError::Unsupported(
                    "WAHA keeps no contacts: set config.noweb.store.enabled in the session, then link it anew".into(),
                ));
            }
            Ok(chats::contacts(contacts.session_json()?.unwrap_or_default(), &seen))
        })
        .await
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

async fn within<T>(limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(limit, call)
        .await
        .unwrap_or(Err(GatewayError::Timeout { after: limit }))
}
