//! A user's WhatsApp session: linked, watched, restarted and unlinked.
//!
//! The database holds what is wanted (a row with an engine name is wanted to run) and what was
//! last seen. The engine holds what is. Every look at the engine is written down here, and
//! [`Sessions::tick`] brings the two together again.

mod locks;
pub(crate) mod words;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::StreamExt;
use whatsapp_gateway::{
    Changed, Event, Gateway, GatewayError, InvalidName, Phone, SessionName, State,
};

use self::locks::Locks;
use crate::{
    changes::Changes,
    clock::Clock,
    directory::{
        ContactItem, Directories, Directory, DirectoryError, GroupItem, Page, Query, Reading,
    },
    lifecycle::Lifecycle,
    qr,
    random::Random,
    store::{Claim, Part, Store, StoreError, WhatsAppSession},
};

/// How long `initiate` waits for a QR or a working session before it answers all the same.
const INITIATE_WAIT: Duration = Duration::from_secs(8);
/// How often it looks meanwhile.
const INITIATE_STEP: Duration = Duration::from_millis(150);
/// How many sessions are looked at at a time.
const TICK_WIDTH: usize = 8;
/// How much memory all directories may take together; the least used leave first. One of 200,000
/// people takes less than 30 MB.
const DIRECTORY_MEMORY: u64 = 256 * 1024 * 1024;

/// Why a session did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The caller has no such session.
    #[error("no such session")]
    NotFound,
    /// The session was never initiated, or was logged out.
    #[error("the session is not linked")]
    NotInitiated,
    /// The engine has room for one session and it is somebody else's.
    #[error("the engine's only session is taken")]
    EngineFull,
    /// The engine's only session is linked to an account that was not linked by Herald.
    #[error("the engine's only session is linked already")]
    EngineLinked,
    /// The engine did not do it.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// A name in the database is no session name.
    #[error("stored session name: {0}")]
    Name(#[from] InvalidName),
    /// The QR could not be drawn.
    #[error(transparent)]
    Qr(#[from] qr::QrError),
    /// The directory cannot be shown.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Result<T, E = SessionError> = std::result::Result<T, E>;

/// All users' sessions.
pub struct Sessions {
    store: Store,
    gateway: Arc<dyn Gateway>,
    clock: Clock,
    random: Random,
    changes: Changes,
    locks: Locks,
    directories: Directories,
}

impl Sessions {
    /// Sessions of the users in `store`, on `gateway`. Their directories are kept in the background
    /// until `lifecycle` stops.
    pub fn new(
        store: Store,
        gateway: Arc<dyn Gateway>,
        clock: Clock,
        random: Random,
        changes: Changes,
        lifecycle: &Lifecycle,
    ) -> Self {
        Self {
            directories: Directories::new(
                store.clone(),
                Arc::clone(&gateway),
                clock.clone(),
                changes.clone(),
                lifecycle,
                DIRECTORY_MEMORY,
            ),
            store,
            gateway,
            clock,
            random,
            changes,
            locks: Locks::default(),
        }
    }

    /// The engine, for health.
    pub fn gateway(&self) -> &dyn Gateway {
        &*self.gateway
    }

    /// The user's session as it stands in the database: `None` before the first initiate and
    /// after logout.
    pub async fn of(&self, user_id: &str) -> Result<Option<WhatsAppSession>> {
        let session = self.store.whatsapp_session_of(user_id).await?;
        Ok(session.filter(|session| session.engine_name.is_some()))
    }

    /// Makes the user's one session run, whatever state it is in, and waits a few seconds for its
    /// QR. Called twice at once, both calls answer the same session.
    pub async fn initiate(&self, user_id: &str) -> Result<WhatsAppSession> {
        let held = self.locks.hold(user_id).await;
        let (session, engine_name, origin) = self.begin(user_id).await?;
        if origin == Origin::Shared {
            // Until it is known whose account it is, nobody else may act on it.
            let seen = self.wait_for_code(&session, &engine_name).await?;
            return self.refuse_strangers_account(seen).await;
        }
        drop(held);
        self.wait_for_code(&session, &engine_name).await
    }

    /// Claims the session's name on the engine and starts it.
    async fn begin(&self, user_id: &str) -> Result<(WhatsAppSession, SessionName, Origin)> {
        let now = self.clock.now_ms();
        let session = self
            .store
            .whatsapp_session_ensure(user_id, &self.random.id(now), &self.new_name(), now)
            .await?;
        if let Some(name) = &session.engine_name {
            let engine_name = SessionName::new(name.as_str())?;
            // Whoever links again does not want to be unlinked any more.
            self.store
                .whatsapp_session_set_unlinking(user_id, &session.id, false, now)
                .await?;
            self.gateway.start(&engine_name).await?;
            return Ok((session, engine_name, Origin::Ours));
        }
        let own_name = SessionName::new(session.session_name.as_str())?;
        let engine_name = self.gateway.name_for(&own_name).await?;
        let origin = if engine_name == own_name {
            Origin::Ours
        } else {
            Origin::Shared
        };
        self.claim(&session, &engine_name, origin).await?;
        self.changes.tell(user_id);
        Ok((session, engine_name, origin))
    }

    /// Takes the engine's name for this session before it is started, and gives it back when the
    /// start fails: on an engine with one name, nobody is kept out by a failed attempt.
    async fn claim(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
        origin: Origin,
    ) -> Result<()> {
        let (user_id, id, now) = (&session.user_id, &session.id, self.clock.now_ms());
        let claim = self
            .store
            .whatsapp_session_claim(user_id, id, engine_name.as_str(), now)
            .await?;
        match claim {
            Claim::Taken => Err(SessionError::EngineFull),
            Claim::Held => Ok(self.gateway.start(engine_name).await?),
            Claim::Claimed => {
                let started = self.start_claimed(engine_name, origin).await;
                if started.is_err() {
                    self.release(session).await?;
                }
                started
            }
        }
    }

    async fn start_claimed(&self, engine_name: &SessionName, origin: Origin) -> Result<()> {
        if origin == Origin::Shared
            && self.gateway.status(engine_name).await?.state == State::Working
        {
            return Err(SessionError::EngineLinked);
        }
        Ok(self.gateway.start(engine_name).await?)
    }

    /// A session that had no name on the engine yet and works without a scan is linked to an
    /// account that nobody linked here: it is nobody's to read.
    async fn refuse_strangers_account(&self, seen: WhatsAppSession) -> Result<WhatsAppSession> {
        if seen.status == State::Working.as_str() {
            self.release(&seen).await?;
            return Err(SessionError::EngineLinked);
        }
        Ok(seen)
    }

    async fn release(&self, session: &WhatsAppSession) -> Result<()> {
        let now = self.clock.now_ms();
        self.store
            .whatsapp_session_release(&session.user_id, &session.id, now)
            .await?;
        self.changes.tell(&session.user_id);
        Ok(())
    }

    async fn wait_for_code(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
    ) -> Result<WhatsAppSession> {
        let look = async {
            let mut seen = session.clone();
            loop {
                seen = self.look(&seen, engine_name).await?;
                if seen.engine_name.is_none() {
                    // Logged out meanwhile.
                    return Ok(seen);
                }
                match State::from_word(&seen.status) {
                    State::Stopped | State::Starting | State::Failed => {}
                    State::ScanQrCode if self.gateway.qr(engine_name).await.is_err() => {}
                    _ => return Ok(seen),
                }
                tokio::time::sleep(INITIATE_STEP).await;
            }
        };
        match tokio::time::timeout(INITIATE_WAIT, look).await {
            Ok(seen) => seen,
            Err(_) => self
                .store
                .whatsapp_session_by_id(&session.user_id, &session.id)
                .await?
                .ok_or(SessionError::NotFound),
        }
    }

    /// What the engine sees now, written down. An engine that cannot be asked is no error here:
    /// the session is then shown as failed, with the cause in words.
    pub async fn status(&self, user_id: &str, name: &str) -> Result<WhatsAppSession> {
        let session = self.named(user_id, name).await?;
        match &session.engine_name {
            None => Ok(session),
            Some(engine_name) => {
                self.look(&session, &SessionName::new(engine_name.as_str())?)
                    .await
            }
        }
    }

    /// The picture to scan now, as a base64 PNG.
    pub async fn qr(&self, user_id: &str, name: &str) -> Result<String> {
        let (_, engine_name) = self.running(user_id, name).await?;
        let code = self.gateway.qr(&engine_name).await?;
        Ok(base64::prelude::BASE64_STANDARD.encode(qr::png(&code.0)?))
    }

    /// Stops the session and starts it again; the phone stays linked.
    pub async fn restart(&self, user_id: &str, name: &str) -> Result<()> {
        let _held = self.locks.hold(user_id).await;
        let (session, engine_name) = self.running(user_id, name).await?;
        self.gateway.restart(&engine_name).await?;
        self.look(&session, &engine_name).await?;
        Ok(())
    }

    /// Unlinks the phone. The row and its id stay for the next initiate. Repeated, it is done
    /// already; half failed, it can be repeated, and [`Sessions::tick`] repeats it too.
    pub async fn logout(&self, user_id: &str, name: &str) -> Result<()> {
        let _held = self.locks.hold(user_id).await;
        match self.running(user_id, name).await {
            Err(SessionError::NotInitiated) => Ok(()),
            Err(error) => Err(error),
            Ok((session, engine_name)) => self.unlink(&session, &engine_name).await,
        }
    }

    /// The intent is written down first: a process that dies half-way must not link again what
    /// its user has logged out.
    async fn unlink(&self, session: &WhatsAppSession, engine_name: &SessionName) -> Result<()> {
        let now = self.clock.now_ms();
        self.store
            .whatsapp_session_set_unlinking(&session.user_id, &session.id, true, now)
            .await?;
        self.gateway.logout(engine_name).await?;
        self.release(session).await
    }

    /// Keeps the number that the user gives, until logout.
    pub async fn set_phone(&self, user_id: &str, id: &str, phone: &Phone) -> Result<()> {
        let found = self
            .store
            .whatsapp_session_set_phone(user_id, id, phone.as_str(), self.clock.now_ms())
            .await?;
        if found {
            self.changes.tell(user_id);
            Ok(())
        } else {
            Err(SessionError::NotFound)
        }
    }

    /// A page of the account's groups as last read. Calls no engine once the account is linked.
    pub async fn groups(
        &self,
        user_id: &str,
        name: &str,
        query: Query<'_>,
        as_of: Option<i64>,
    ) -> Result<Page<GroupItem>> {
        let (session, engine_name) = self.linked(user_id, name).await?;
        let directories = &self.directories;
        Ok(directories
            .groups(&session, &engine_name, query, as_of)
            .await?)
    }

    /// A page of the people whom the account can write to, as last read; as [`Self::groups`].
    pub async fn contacts(
        &self,
        user_id: &str,
        name: &str,
        query: Query<'_>,
        as_of: Option<i64>,
    ) -> Result<Page<ContactItem>> {
        let (session, engine_name) = self.linked(user_id, name).await?;
        let directories = &self.directories;
        Ok(directories
            .contacts(&session, &engine_name, query, as_of)
            .await?)
    }

    /// All that the account's lists offer, as last read; as [`Self::groups`].
    pub async fn directory(&self, user_id: &str, name: &str) -> Result<Arc<Directory>> {
        let (session, engine_name) = self.linked(user_id, name).await?;
        let (_, directory) = self.directories.current(&session, &engine_name).await?;
        Ok(directory)
    }

    /// How the directory is kept; of a session that is not linked, that there is none.
    pub async fn directory_reading(&self, user_id: &str, name: &str) -> Result<Reading> {
        let session = self.named(user_id, name).await?;
        Ok(self.reading(&session))
    }

    /// The same of a session at hand.
    pub fn reading(&self, session: &WhatsAppSession) -> Reading {
        self.directories.reading(session)
    }

    /// Has the directory read from the engine in the background. False if that is being done or
    /// has just been.
    pub async fn refresh_directory(&self, user_id: &str, name: &str) -> Result<bool> {
        let (session, engine_name) = self.running(user_id, name).await?;
        Ok(self.directories.refresh(&session, &engine_name)?)
    }

    /// Looks at what the engine has told to be different. Hints of sessions that nobody has are
    /// passed over.
    pub async fn heard(&self, event: &Event) -> Result<()> {
        let Event { session, changed } = event;
        let found = self
            .store
            .whatsapp_session_on_engine_all(session.as_str())
            .await?;
        let Some(found) = found else {
            return Ok(());
        };
        match changed {
            Changed::Status => {
                self.look(&found, session).await?;
            }
            Changed::Groups => self.directories.changed(&found, session, Part::Groups),
            Changed::Contacts => self.directories.changed(&found, session, Part::Contacts),
            // The scheduler's.
            Changed::Receipt { .. } | Changed::Message { .. } => {}
        }
        Ok(())
    }

    /// Looks at every wanted session once and starts those that the engine has stopped or
    /// forgotten. Returns how many were started.
    pub async fn tick(&self) -> Result<usize> {
        self.directories.tidy().await;
        let wanted = self.store.whatsapp_session_list_active_all().await?;
        let started = futures_util::stream::iter(wanted)
            .map(|session| async move {
                self.reconcile(&session).await.unwrap_or_else(|error| {
                    tracing::warn!(session = session.id, %error, "a session could not be looked after");
                    false
                })
            })
            .buffer_unordered(TICK_WIDTH);
        Ok(started
            .filter(|&started| std::future::ready(started))
            .count()
            .await)
    }

    async fn reconcile(&self, session: &WhatsAppSession) -> Result<bool> {
        // Whoever holds the lock looks after the session right now.
        let Some(_held) = self.locks.try_hold(&session.user_id) else {
            return Ok(false);
        };
        // It may have been logged out since the list was read.
        let session = self
            .store
            .whatsapp_session_by_id(&session.user_id, &session.id)
            .await?;
        let Some((session, Some(name))) =
            session.map(|session| (session.clone(), session.engine_name))
        else {
            return Ok(false);
        };
        let name = SessionName::new(name)?;
        if session.unlinking {
            self.unlink(&session, &name).await?;
            return Ok(false);
        }
        if self.look(&session, &name).await?.status != State::Stopped.as_str() {
            return Ok(false);
        }
        self.gateway.start(&name).await?;
        self.look(&session, &name).await?;
        Ok(true)
    }

    async fn look(
        &self,
        session: &WhatsAppSession,
        engine_name: &SessionName,
    ) -> Result<WhatsAppSession> {
        let answer = self.gateway.status(engine_name).await;
        let (state, cause, number) = match &answer {
            Ok(status) => (&status.state, status.cause.clone(), status.number.as_ref()),
            Err(error) => (&State::Failed, Some(words::cause(error)), None),
        };
        let now = self.clock.now_ms();
        let seen = self
            .store
            .whatsapp_session_observe(
                &session.user_id,
                &session.id,
                state.as_str(),
                cause.as_deref(),
                number.map(Phone::as_str),
                now,
            )
            .await?;
        if seen.status != session.status {
            tracing::info!(
                session = session.id,
                from = session.status,
                to = seen.status,
                "session status"
            );
        }
        if seen != *session {
            self.changes.tell(&session.user_id);
        }
        self.directories.keep(&seen, engine_name);
        Ok(seen)
    }

    async fn named(&self, user_id: &str, name: &str) -> Result<WhatsAppSession> {
        self.store
            .whatsapp_session_named(user_id, name)
            .await?
            .ok_or(SessionError::NotFound)
    }

    /// The caller's session and its name on the engine.
    async fn running(&self, user_id: &str, name: &str) -> Result<(WhatsAppSession, SessionName)> {
        let session = self.named(user_id, name).await?;
        let engine_name = session
            .engine_name
            .as_deref()
            .ok_or(SessionError::NotInitiated)?;
        let engine_name = SessionName::new(engine_name)?;
        Ok((session, engine_name))
    }

    /// The caller's session, looked at anew while it is not linked: the phone may have scanned since
    /// somebody looked.
    async fn linked(&self, user_id: &str, name: &str) -> Result<(WhatsAppSession, SessionName)> {
        let (session, engine_name) = self.running(user_id, name).await?;
        if session.linked_at.is_some() {
            return Ok((session, engine_name));
        }
        Ok((self.look(&session, &engine_name).await?, engine_name))
    }

    /// A name that nobody can guess: 144 random bits.
    fn new_name(&self) -> String {
        format!(
            "session_{}",
            BASE64_URL_SAFE_NO_PAD.encode(self.random.bytes::<18>())
        )
    }
}

/// Whose the account may be behind a name that a session has just been given on the engine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The name is the session's own: nobody else has linked it.
    Ours,
    /// The engine gives everybody this name.
    Shared,
}
