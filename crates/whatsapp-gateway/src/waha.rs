//! A WAHA server over HTTP: any of its engines (WEBJS, NOWEB, GOWS), 2024.10 to today.
//!
//! The facts behind every call are in `docs/wire/waha.md`; what differs between versions and
//! engines is levelled here, so that nothing above this module knows which one answers.

mod answer;
mod events;
mod groups;
mod http;
mod lifecycle;
mod list;
mod people;
mod seen;
mod sending;
mod socket;
mod webhook;

use std::{future::pending, time::Duration};

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, timeout, timeout_at},
};
use url::Url;

pub use self::webhook::Webhook;

use self::{http::Http, people::Pairs, seen::Seen};
use crate::{
    ChatId, Contact, Event, Found, Gateway, GatewayError, Group, Outgoing, Qr, Result, SendError,
    Sent, SessionName, State, Status,
};

/// Room for an answer about one thing.
const SMALL: usize = 1024 * 1024;
/// Room for a list: thousands of chats, each with its members and last message (section 6).
const LIST: usize = 64 * 1024 * 1024;
/// Room for an address book: 200,000 people, of whom WEBJS tells some 400 bytes each.
const CONTACTS: usize = 160 * 1024 * 1024;
/// Room for an event: a message may carry a small picture of what is attached to it.
const EVENT: usize = 8 * 1024 * 1024;
/// Events that wait for a slow reader; older ones are dropped. A message to a large group is
/// receipted by hundreds in a few seconds.
const EVENTS: usize = 8 * 1024;
/// Records of the table of LIDs that are asked for at once, and how often at most.
const PAGE: &str = "1000";
const PAGES: usize = 500;

/// Where WAHA is and how to talk to it.
#[derive(Debug, Clone)]
pub struct WahaConfig {
    /// `http://host:3000`; a path in front of WAHA's own is kept, query and fragment are not.
    pub base_url: Url,
    /// The plain key, also where WAHA itself was given a hash (section 3).
    pub api_key: Option<SecretString>,
    /// Where WAHA can reach us, if it can: every session is told to post its events there, from
    /// its next start on. Without it they are listened to over a connection of ours.
    pub webhook: Option<Webhook>,
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
    /// Sending a message, the look before it included.
    pub send: Duration,
    /// Everything that WAHA answers out of its memory; also the time to connect.
    pub quick: Duration,
    /// For how long the connection of [`Gateway::listen`] may bring nothing before it counts as
    /// dead; WAHA pings every 60 s (section 9.3).
    pub silence: Duration,
}

impl Default for Timeouts {
    /// 45 s, 60 s twice (engines that drive a browser are slow), 5 s and 150 s.
    fn default() -> Self {
        Self {
            lifecycle: Duration::from_secs(45),
            data: Duration::from_mins(1),
            send: Duration::from_mins(1),
            quick: Duration::from_secs(5),
            silence: Duration::from_secs(150),
        }
    }
}

/// The configuration cannot work.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// Neither `http` nor `https`.
    #[error("the address of WAHA has to begin with http:// or https://")]
    BaseUrl,
    /// The address for webhooks is neither `http` nor `https`, or has no path.
    #[error(
        "the address for webhooks has to begin with http:// or https:// and to end in a secret"
    )]
    Webhook,
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
    webhook: Option<Webhook>,
    events: broadcast::Sender<Event>,
    timeouts: Timeouts,
}

impl Waha {
    /// Sets the client up; nothing is sent yet. Needs no trusted certificates for `http://`.
    pub fn new(config: WahaConfig) -> Result<Self, InvalidConfig> {
        if config.webhook.as_ref().is_some_and(|hook| !hook.can_be()) {
            return Err(InvalidConfig::Webhook);
        }
        let timeouts = config.timeouts;
        let http = Http::new(config.base_url, config.api_key.as_ref(), timeouts.quick)?;
        Ok(Self {
            http,
            webhook: config.webhook,
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

    /// The session if it works. WEBJS says so up to several seconds before it says whose account
    /// it is (section 4.4): that is waited for, since what is read is compared with it.
    async fn look_for_account(&self, session: &SessionName) -> Result<Seen> {
        let seen = self.look_for(session, &State::Working).await?;
        if !seen.is_webjs || !seen.me.is_empty() {
            return Ok(seen);
        }
        let telling = async {
            loop {
                sleep(Duration::from_millis(200)).await;
                let seen = self.look_for(session, &State::Working).await?;
                if !seen.me.is_empty() {
                    return Ok(seen);
                }
            }
        };
        let patience = self.timeouts.quick.min(self.timeouts.data / 3);
        timeout(patience, telling).await.unwrap_or(Ok(seen))
    }

    /// The people of the account, and its own ids.
    async fn people(&self, session: &SessionName) -> Result<(Vec<Contact>, Vec<ChatId>)> {
        let seen = self.look_for_account(session).await?;
        let query = [("session", session.as_str())];
        let path = ["api", "contacts", "all"];
        let answer = self.http.get(&path, &query, CONTACTS).await?;
        if answer.is_bad_request() {
            return Err(GatewayError::Unsupported(
                "WAHA keeps no contacts: set config.noweb.store.enabled in the session, then link it anew".into(),
            ));
        }
        Ok((people::read(&answer, &seen.me)?, seen.me))
    }

    /// Page by page, to the one that brings nothing new: the engines differ in what they make of
    /// `limit` and `offset` (section 6).
    async fn read_pairs(&self, session: &SessionName, pairs: &mut Pairs) -> Result<()> {
        let path = ["api", session.as_str(), "lids"];
        let mut offset = 0;
        for _ in 0..PAGES {
            let query = [("limit", PAGE), ("offset", &offset.to_string())];
            let answer = self.http.get(&path, &query, LIST).await?;
            // Before 2025.5.4, with NOWEB without its store, and with an engine that has none.
            if answer.is_unknown() || answer.is_bad_request() || answer.is_unsupported() {
                return Ok(());
            }
            let page = pairs.add(&answer)?;
            if !page.is_news {
                return Ok(());
            }
            offset += page.records;
        }
        Ok(())
    }

    /// Tells of what a message of WAHA says; false if it is none.
    fn tell(&self, message: &[u8]) -> bool {
        match events::read(message) {
            Ok(event) => {
                // Nobody listening is no fault.
                let _ = event.map(|event| self.events.send(event));
                true
            }
            Err(_) => false,
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
        within(self.timeouts.lifecycle, self.restart_now(session)).await
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
            let seen = self.look_for_account(session).await?;
            // Without `limit` every engine returns all of them (section 6).
            let path = ["api", session.as_str(), "groups"];
            let mut groups = self.http.get(&path, &[], LIST).await?;
            if groups.is_too_long() {
                tracing::debug!("so many members that the groups are read without them");
                let bare = [("exclude", "participants")];
                groups = self.http.get(&path, &bare, LIST).await?;
            }
            groups::read(&groups, &seen.me)
        })
        .await
    }

    async fn contacts(&self, session: &SessionName) -> Result<Vec<Contact>> {
        let deadline = Instant::now() + self.timeouts.data;
        let (mut contacts, me) = within(self.timeouts.data, self.people(session)).await?;

        // Who is whom is good to know, no more: what of it was read in time is taken.
        let mut pairs = Pairs::default();
        let reading = self.read_pairs(session, &mut pairs);
        match timeout_at(deadline, reading).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the table of LIDs could not be read"),
            Err(_) => tracing::warn!("the table of LIDs could not be read to its end in time"),
        }
        pairs.join(&mut contacts, &me);
        Ok(contacts)
    }

    async fn send(&self, session: &SessionName, message: &Outgoing) -> Result<Sent, SendError> {
        self.hand_over(session, message).await
    }

    async fn find(&self, session: &SessionName, message: &Outgoing) -> Result<Found> {
        within(self.timeouts.data, self.look_up(session, message)).await
    }

    fn send_limit(&self) -> Duration {
        self.timeouts.send
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    async fn listen(&self) {
        match self.webhook {
            Some(_) => pending().await,
            None => self.listen_to_socket().await,
        }
    }

    fn deliver(&self, signature: Option<&str>, body: &[u8]) -> bool {
        let Some(webhook) = &self.webhook else {
            return false;
        };
        body.len() <= SMALL && webhook.is_signed(signature, body) && self.tell(body)
    }
}

async fn within<T>(limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(limit, call)
        .await
        .unwrap_or(Err(GatewayError::Timeout { after: limit }))
}
