//! `user.onEvents`: what a page shows, as it is now and whenever it changes.
//!
//! Each event carries the whole state of its part, and the first carries everything: who connects
//! again has missed nothing that matters. What changed is found by looking, into the database and,
//! while a session is on its way, at the engine; hints only say when to look.

use std::{collections::VecDeque, time::Duration};

use futures_util::{Stream, stream};
use serde::Serialize;
use superjson::Date;
use tokio::time::Instant;
use trpc_axum::{Code, Error, Event};
use ts_rs::TS;
use whatsapp_gateway::State;

use super::{guard::SignedIn, message_campaign::CampaignBooks};
use crate::{
    app::App,
    auth::SignedIn as Caller,
    campaigns::Seen,
    changes::Watch,
    directory::Reading,
    store::{KillSwitch, Listed, Role, User, WhatsAppSession},
};

/// How often a session is looked at while it is on its way somewhere, and its code while one is
/// shown.
const LOOK_MOVING: Duration = Duration::from_secs(1);
/// The same for one that has failed, which may heal by itself.
const LOOK_FAILED: Duration = Duration::from_secs(5);
/// How often everything is looked at when nobody gives a hint: another process may have changed it,
/// and the sign-in may have ended.
const LOOK_ANYWAY: Duration = Duration::from_secs(15);
/// How long hints are gathered before a look: a queue that is being sent gives many.
const GATHER: Duration = Duration::from_millis(250);

/// What changed, with its whole state.
#[derive(Debug, Serialize, TS)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(super) enum LiveEvent {
    /// Everything; the first event.
    Snapshot(Box<Live>),
    /// The account.
    Account {
        /// As it is now.
        account: LiveAccount,
    },
    /// The WhatsApp session.
    Session {
        /// As it is now; null while there is none.
        session: Option<LiveSession>,
    },
    /// The groups and contacts.
    Directory {
        /// As they are kept now; null while there is no session.
        directory: Option<LiveDirectory>,
    },
    /// The campaigns that are under way.
    Campaigns {
        /// As they are now, the newest first.
        campaigns: Vec<LiveCampaign>,
        /// When one of all the user's campaigns, or a message of it, changed last.
        changed_at: Option<Date>,
    },
    /// Whether sending is switched off.
    SendingOff {
        /// By what; null where it is on.
        sending_off: Option<LiveSwitch>,
    },
    /// Those who wait for approval.
    Pending {
        /// How many; null for who may not know.
        pending: Option<i64>,
    },
}

/// All that a page shows of its user.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct Live {
    account: LiveAccount,
    /// Null while there is none, and for a GUEST.
    session: Option<LiveSession>,
    /// Null while there is no session.
    directory: Option<LiveDirectory>,
    /// Those that are under way, the newest first; none for a GUEST.
    campaigns: Vec<LiveCampaign>,
    /// When one of all the user's campaigns, or a message of it, changed last.
    campaigns_changed_at: Option<Date>,
    /// What switches sending off; null where it is on.
    sending_off: Option<LiveSwitch>,
    /// How many people wait for approval; null for who may not know.
    pending: Option<i64>,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub(super) struct LiveAccount {
    id: String,
    name: String,
    email: String,
    #[ts(type = "\"ADMIN\" | \"USER\" | \"GUEST\"")]
    role: &'static str,
}

/// A WhatsApp session as it was last seen.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveSession {
    id: String,
    session_name: String,
    /// Empty until it is known.
    phone_number: String,
    /// WAHA's words; an open set.
    status: String,
    /// Why it failed, in words.
    cause: Option<String>,
    /// When the status became what it is.
    since: Date,
    /// Since when it has worked without having to be linked anew.
    linked_at: Option<Date>,
    /// The code to scan now, a PNG in base64; null while none is shown.
    qr: Option<String>,
}

/// A campaign that is under way.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveCampaign {
    id: String,
    #[ts(type = "\"DRAFT\" | \"SCHEDULED\" | \"IN_PROGRESS\" | \"PAUSED\"")]
    status: String,
    /// Why it pauses; null where its owner paused it.
    pause_reason: Option<String>,
    books: CampaignBooks,
    /// When its next message leaves.
    next_at: Option<Date>,
    /// What that one waits for besides its time: completes "waiting for …".
    waiting_for: Option<String>,
}

/// A switch that stops all sending.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveSwitch {
    #[ts(type = "\"server\" | \"user\" | \"session\"")]
    scope: String,
    reason: Option<String>,
    /// Whether an admin threw it: then its user cannot take it back.
    by_admin: bool,
    since: Date,
}

/// How the groups and contacts are kept.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveDirectory {
    groups: i64,
    contacts: i64,
    /// How many people more are known, but not their phone numbers.
    without_number: i64,
    /// When they were last read from WhatsApp; null before the first time.
    synced_at: Option<Date>,
    /// Whether they are being read now.
    syncing: bool,
    /// How far that has come, in percent.
    progress: Option<u8>,
    /// Why the last reading failed, in words.
    error: Option<String>,
}

/// Ends, with UNAUTHORIZED, when the sign-in does.
pub(super) async fn on_events(
    caller: SignedIn,
    app: App,
) -> Result<impl Stream<Item = Result<Event<LiveEvent>, Error>>, Error> {
    let SignedIn(Caller { user, sign_in_id }) = caller;
    let Some(watch) = app.changes.watch(&user.id) else {
        return Err(Error::new(
            Code::TooManyRequests,
            "Too many pages of this account are open. Close some and reload.",
        ));
    };
    let watcher = Watcher {
        app,
        user_id: user.id,
        sign_in_id,
        watch,
        looked_at: Instant::now(),
        shown: None,
        events: VecDeque::new(),
    };
    Ok(stream::try_unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Ok(Some((Event::data(event), watcher)))
    }))
}

/// Who watches for one page.
struct Watcher {
    app: App,
    user_id: String,
    sign_in_id: String,
    watch: Watch,
    /// When somebody looked last.
    looked_at: Instant,
    /// What the page knows.
    shown: Option<Live>,
    /// What it is to be told next.
    events: VecDeque<LiveEvent>,
}

impl Watcher {
    async fn next(&mut self) -> Result<LiveEvent, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            if let Some(shown) = &self.shown {
                let stopping = self.app.lifecycle.stopping();
                tokio::select! {
                    biased;
                    // Pages come back after this one, to the next server.
                    () = stopping.cancelled() => return Err(Error::new(
                        Code::ServiceUnavailable,
                        "Herald is being stopped. The page connects again by itself.",
                    )),
                    () = self.watch.hint() => {
                        // The first hint after a while is heeded at once.
                        tokio::time::sleep_until(self.looked_at + GATHER).await;
                        self.watch.forget();
                    }
                    () = tokio::time::sleep(shown.look_again_after()) => {}
                }
            }
            self.looked_at = Instant::now();
            let live = self.look().await?;
            self.events = match self.shown.take() {
                None => [LiveEvent::Snapshot(Box::new(live.clone()))].into(),
                Some(shown) => live.changes_since(&shown),
            };
            self.shown = Some(live);
        }
    }

    async fn look(&self) -> Result<Live, Error> {
        let app = &self.app;
        let now = app.clock.now_ms();
        let signed_in = app
            .store
            .sign_in_with_user(&self.user_id, &self.sign_in_id, now)
            .await?;
        let Some((_, user)) = signed_in else {
            return Err(Error::new(
                Code::Unauthorized,
                "You are signed out. Sign in and try again.",
            ));
        };
        let pending = match user.role {
            Role::Admin => Some(app.store.user_count_pending_all().await?),
            Role::User | Role::Guest => None,
        };
        let session = match user.role {
            Role::Admin | Role::User => app.sessions.of(&user.id).await?,
            Role::Guest => None,
        };
        let campaigns = match user.role {
            Role::Admin | Role::User => app.campaigns.list(&user.id, Listed::Open).await?,
            Role::Guest => Vec::new(),
        };
        let session_id = session.as_ref().map(|session| &*session.id);
        let sending_off = app.campaigns.sending_off(&user.id, session_id).await?;
        let changed_at = app.store.campaign_changed_at(&user.id).await?;
        let session = match session {
            Some(session) if is_settled(&session.status) => Some((session, None)),
            Some(session) => Some(self.look_at_engine(session).await?),
            None => None,
        };
        Ok(Live {
            account: user.into(),
            directory: session
                .as_ref()
                .map(|(session, _)| app.sessions.reading(session).into()),
            session: session.map(|(session, qr)| LiveSession::new(session, qr)),
            campaigns: campaigns.into_iter().map(LiveCampaign::from).collect(),
            campaigns_changed_at: changed_at.map(Date::from_millis),
            sending_off: sending_off.map(LiveSwitch::from),
            pending,
        })
    }

    /// The session as it is now, and its code while it shows one.
    async fn look_at_engine(
        &self,
        session: WhatsAppSession,
    ) -> Result<(WhatsAppSession, Option<String>), Error> {
        let sessions = &self.app.sessions;
        let session = sessions
            .status(&self.user_id, &session.session_name)
            .await?;
        let qr = if session.status == State::ScanQrCode.as_str() {
            // Between two codes there is none: the next look finds it.
            sessions.qr(&self.user_id, &session.session_name).await.ok()
        } else {
            None
        };
        Ok((session, qr))
    }
}

/// Whether the state is one to stay in, of which the engine's events and Herald's own looks tell
/// soon enough.
fn is_settled(status: &str) -> bool {
    matches!(State::from_word(status), State::Working | State::Stopped)
}

impl Live {
    fn look_again_after(&self) -> Duration {
        match self.session.as_ref().map(|session| &*session.status) {
            Some(status) if status == State::Failed.as_str() => LOOK_FAILED,
            Some(status) if !is_settled(status) => LOOK_MOVING,
            _ => LOOK_ANYWAY,
        }
    }

    fn changes_since(&self, shown: &Self) -> VecDeque<LiveEvent> {
        let live = self.clone();
        let mut events = VecDeque::new();
        if live.account != shown.account {
            events.push_back(LiveEvent::Account {
                account: live.account,
            });
        }
        if live.session != shown.session {
            events.push_back(LiveEvent::Session {
                session: live.session,
            });
        }
        if live.directory != shown.directory {
            events.push_back(LiveEvent::Directory {
                directory: live.directory,
            });
        }
        if live.campaigns != shown.campaigns
            || live.campaigns_changed_at != shown.campaigns_changed_at
        {
            events.push_back(LiveEvent::Campaigns {
                campaigns: live.campaigns,
                changed_at: live.campaigns_changed_at,
            });
        }
        if live.sending_off != shown.sending_off {
            events.push_back(LiveEvent::SendingOff {
                sending_off: live.sending_off,
            });
        }
        if live.pending != shown.pending {
            events.push_back(LiveEvent::Pending {
                pending: live.pending,
            });
        }
        events
    }
}

impl From<KillSwitch> for LiveSwitch {
    fn from(switch: KillSwitch) -> Self {
        Self {
            scope: switch.scope,
            reason: switch.reason,
            by_admin: switch.by_admin,
            since: Date::from_millis(switch.since),
        }
    }
}

impl From<Seen> for LiveCampaign {
    fn from(seen: Seen) -> Self {
        Self {
            id: seen.campaign.id,
            status: seen.campaign.status,
            pause_reason: seen.campaign.pause_reason,
            books: seen.books.into(),
            next_at: seen.next_at.map(Date::from_millis),
            waiting_for: seen.waiting_for,
        }
    }
}

impl From<User> for LiveAccount {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            email: user.email,
            role: user.role.as_str(),
        }
    }
}

impl LiveSession {
    fn new(session: WhatsAppSession, qr: Option<String>) -> Self {
        Self {
            id: session.id,
            session_name: session.session_name,
            phone_number: session.phone_number,
            status: session.status,
            cause: session.cause,
            since: Date::from_millis(session.status_since),
            linked_at: session.linked_at.map(Date::from_millis),
            qr,
        }
    }
}

impl From<Reading> for LiveDirectory {
    fn from(reading: Reading) -> Self {
        Self {
            groups: reading.groups,
            contacts: reading.contacts,
            without_number: reading.without_number,
            synced_at: reading.synced_at.map(Date::from_millis),
            syncing: reading.progress.is_some(),
            progress: reading.progress,
            error: reading.error,
        }
    }
}
