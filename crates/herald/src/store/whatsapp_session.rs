//! Each user's WhatsApp session: what is wanted of the engine, and what it was last seen to do.

use std::fmt;

use sqlx::FromRow;

use super::{Store, StoreError, directory, directory::Part, queue, sql, unless_taken};

/// Who said what the phone number is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneSource {
    /// Nobody yet.
    Nobody,
    /// The engine, once linked.
    Engine,
    /// The user, whose word stands against the engine's.
    User,
}

impl TryFrom<String> for PhoneSource {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "" => Ok(Self::Nobody),
            "engine" => Ok(Self::Engine),
            "user" => Ok(Self::User),
            _ => Err(word),
        }
    }
}

/// A user's WhatsApp session. `Debug` does not show the number: it may reach a log.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct WhatsAppSession {
    /// The row's id.
    pub id: String,
    /// Whose it is; a user has one.
    pub user_id: String,
    /// The name that clients see; unguessable.
    pub session_name: String,
    /// The engine's name for it; `None` while not initiated or logged out.
    pub engine_name: Option<String>,
    /// A logout has begun and is not done.
    pub unlinking: bool,
    /// `+` and digits, or empty.
    pub phone_number: String,
    /// Who said so.
    #[sqlx(try_from = "String")]
    pub phone_source: PhoneSource,
    /// The engine's word, as last seen.
    pub status: String,
    /// Since when it has been that, in milliseconds since 1970.
    pub status_since: i64,
    /// Why it failed, in plain words.
    pub cause: Option<String>,
    /// Since when it has worked without having to be linked anew, in milliseconds since 1970;
    /// `None` before it first works.
    pub linked_at: Option<i64>,
    /// When its directory was last read whole since it was linked, in milliseconds since 1970.
    pub directory_synced_at: Option<i64>,
    /// Why the last reading of its directory failed, in plain words.
    pub directory_error: Option<String>,
    /// How many groups the directory offers; this and the next two say nothing while it was not
    /// read.
    pub group_count: i64,
    /// How many people it offers.
    pub contact_count: i64,
    /// How many people more it would offer if their numbers were known.
    pub without_number_count: i64,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

impl fmt::Debug for WhatsAppSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsAppSession")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The outcome of [`Store::whatsapp_session_claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// The engine's name belongs to this session now.
    Claimed,
    /// This session has one already: somebody else was quicker.
    Held,
    /// It belongs to another session.
    Taken,
}

impl Store {
    /// The user's session.
    pub async fn whatsapp_session_of(
        &self,
        user_id: &str,
    ) -> Result<Option<WhatsAppSession>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<WhatsAppSession>,
            "SELECT * FROM whatsapp_sessions WHERE user_id = $1",
            user_id,
        )?)
    }

    /// The user's session of this name.
    pub async fn whatsapp_session_named(
        &self,
        user_id: &str,
        session_name: &str,
    ) -> Result<Option<WhatsAppSession>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<WhatsAppSession>,
            "SELECT * FROM whatsapp_sessions WHERE user_id = $1 AND session_name = $2",
            user_id,
            session_name,
        )?)
    }

    /// The user's session of this id.
    pub async fn whatsapp_session_by_id(
        &self,
        user_id: &str,
        id: &str,
    ) -> Result<Option<WhatsAppSession>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<WhatsAppSession>,
            "SELECT * FROM whatsapp_sessions WHERE user_id = $1 AND id = $2",
            user_id,
            id,
        )?)
    }

    /// The session that has this name on the engine.
    pub async fn whatsapp_session_on_engine_all(
        &self,
        engine_name: &str,
    ) -> Result<Option<WhatsAppSession>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<WhatsAppSession>,
            "SELECT * FROM whatsapp_sessions WHERE engine_name = $1",
            engine_name,
        )?)
    }

    /// The user's session, which is made under the given id and name if there is none: one, even
    /// if asked twice at the same moment. The user must exist.
    pub async fn whatsapp_session_ensure(
        &self,
        user_id: &str,
        new_id: &str,
        new_session_name: &str,
        now: i64,
    ) -> Result<WhatsAppSession, StoreError> {
        sql!(self, execute,
            "INSERT INTO whatsapp_sessions (id, user_id, session_name, status, status_since, created_at, updated_at)
             VALUES ($1, $2, $3, 'STOPPED', $4, $4, $4) ON CONFLICT (user_id) DO NOTHING",
            new_id, user_id, new_session_name, now,
        )?;
        Ok(self
            .whatsapp_session_of(user_id)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?)
    }

    /// Takes the engine's name for this session, which has none yet. The unique index decides who
    /// has it.
    pub async fn whatsapp_session_claim(
        &self,
        user_id: &str,
        id: &str,
        engine_name: &str,
        now: i64,
    ) -> Result<Claim, StoreError> {
        let updated = sql!(
            self,
            execute,
            "UPDATE whatsapp_sessions SET engine_name = $3, unlinking = FALSE, updated_at = $4
             WHERE user_id = $1 AND id = $2 AND engine_name IS NULL",
            user_id,
            id,
            engine_name,
            now,
        );
        match unless_taken(updated)? {
            Some(0) => match self.whatsapp_session_by_id(user_id, id).await? {
                Some(_) => Ok(Claim::Held),
                None => Err(sqlx::Error::RowNotFound.into()),
            },
            Some(_) => Ok(Claim::Claimed),
            None => Ok(Claim::Taken),
        }
    }

    /// Writes down that the session is to be unlinked, or that it is wanted after all. False if it
    /// is not claimed.
    pub async fn whatsapp_session_set_unlinking(
        &self,
        user_id: &str,
        id: &str,
        unlinking: bool,
        now: i64,
    ) -> Result<bool, StoreError> {
        let changed = sql!(
            self,
            execute,
            "UPDATE whatsapp_sessions SET unlinking = $3, updated_at = $4
             WHERE user_id = $1 AND id = $2 AND engine_name IS NOT NULL",
            user_id,
            id,
            unlinking,
            now,
        )?;
        Ok(changed == 1)
    }

    /// Gives the engine's name back, and forgets what the engine told: its directory, too.
    pub async fn whatsapp_session_release(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sql!(in transaction, execute,
            "UPDATE whatsapp_sessions
             SET engine_name = NULL, unlinking = FALSE, phone_number = '', phone_source = '', cause = NULL, status = 'STOPPED',
                 linked_at = NULL, directory_synced_at = NULL, directory_error = NULL,
                 status_since = CASE WHEN status = 'STOPPED' THEN status_since ELSE $3 END, updated_at = $3
             WHERE user_id = $1 AND id = $2",
            user_id, id, now,
        )?;
        directory::clear(&mut transaction, user_id, id, Part::Whole).await?;
        queue::begin_hold(&mut transaction, "session", id, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Writes down what the engine was seen to do, if that is news, and answers with the row, which
    /// must exist.
    ///
    /// The engine's number does not replace the user's. A session that the engine has no name for
    /// stays as it is: what was seen of it was seen before it was released. One that shows a code
    /// may be linked to another account next: its directory is not its account's any more.
    pub async fn whatsapp_session_observe(
        &self,
        user_id: &str,
        id: &str,
        status: &str,
        cause: Option<&str>,
        engine_phone: Option<&str>,
        now: i64,
    ) -> Result<WhatsAppSession, StoreError> {
        let engine_phone = engine_phone.unwrap_or_default();
        let news = sql!(self, execute,
            "UPDATE whatsapp_sessions
             SET status = $3, cause = $4,
                 status_since = CASE WHEN status = $3 THEN status_since ELSE $6 END,
                 phone_number = CASE WHEN $5 = '' OR phone_source = 'user' THEN phone_number ELSE $5 END,
                 phone_source = CASE WHEN $5 = '' OR phone_source = 'user' THEN phone_source ELSE 'engine' END,
                 linked_at = CASE WHEN $3 = 'SCAN_QR_CODE' THEN NULL WHEN $3 = 'WORKING' THEN COALESCE(linked_at, $6)
                                  ELSE linked_at END,
                 directory_synced_at = CASE WHEN $3 = 'SCAN_QR_CODE' THEN NULL ELSE directory_synced_at END,
                 directory_error = CASE WHEN $3 = 'SCAN_QR_CODE' THEN NULL ELSE directory_error END,
                 updated_at = $6
             WHERE user_id = $1 AND id = $2 AND engine_name IS NOT NULL
               AND (status <> $3 OR cause IS DISTINCT FROM $4
                    OR ($5 <> '' AND phone_source <> 'user' AND phone_number <> $5))",
            user_id, id, status, cause, engine_phone, now,
        )?;
        if news > 0 {
            self.whatsapp_session_can_send(id, status == "WORKING", now)
                .await?;
        }
        Ok(self
            .whatsapp_session_by_id(user_id, id)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?)
    }

    /// From now on messages can leave by this session, and what waits is looked at; or they cannot.
    async fn whatsapp_session_can_send(
        &self,
        id: &str,
        can: bool,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        queue::hold(&mut transaction, id).await?;
        if can {
            queue::end_hold(&mut transaction, "session", id, now).await?;
            queue::wake_if_waiting(&mut transaction, id, now).await?;
        } else {
            queue::begin_hold(&mut transaction, "session", id, now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Writes the number that the user gives; false if there is no such session.
    pub async fn whatsapp_session_set_phone(
        &self,
        user_id: &str,
        id: &str,
        phone: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let changed =
            sql!(self, execute,
            "UPDATE whatsapp_sessions SET phone_number = $3, phone_source = 'user', updated_at = $4
             WHERE user_id = $1 AND id = $2",
            user_id, id, phone, now,
        )?;
        Ok(changed == 1)
    }

    /// Every session that the engine ought to run.
    pub async fn whatsapp_session_list_active_all(
        &self,
    ) -> Result<Vec<WhatsAppSession>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<WhatsAppSession>,
            "SELECT * FROM whatsapp_sessions WHERE engine_name IS NOT NULL ORDER BY created_at, id",
        )?)
    }
}
