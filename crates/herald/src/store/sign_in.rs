//! Signed-in browsers. Tokens are known here by their SHA-256 only.

use sqlx::FromRow;

use super::{Store, StoreError, User, sql};

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct SignIn {
    /// The row's id; public, no credential.
    #[sqlx(rename = "sign_in_id")]
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// When its end was last moved, in milliseconds since 1970.
    pub renewed_at: i64,
    /// Whether it outlives the browser's window, and may be renewed.
    pub remember: bool,
    /// The address it was made from.
    pub ip_address: String,
    /// The browser it was made with.
    pub user_agent: String,
    /// Milliseconds since 1970.
    #[sqlx(rename = "sign_in_created_at")]
    pub created_at: i64,
    /// Milliseconds since 1970.
    #[sqlx(rename = "sign_in_updated_at")]
    pub updated_at: i64,
}

/// What [`Store::sign_in_create`] writes.
#[derive(Clone, Copy)]
pub struct NewSignIn<'a> {
    /// A new id.
    pub id: &'a str,
    /// The SHA-256 of the token, as text.
    pub token_hash: &'a str,
    /// Who signs in.
    pub user_id: &'a str,
    /// When it ends, in milliseconds since 1970.
    pub expires_at: i64,
    /// Whether it outlives the browser's window.
    pub remember: bool,
    /// Where the request came from.
    pub ip_address: &'a str,
    /// What sent the request.
    pub user_agent: &'a str,
}

/// A sign-in and whose it is.
#[derive(FromRow)]
struct SignInWithUser {
    #[sqlx(flatten)]
    sign_in: SignIn,
    #[sqlx(flatten)]
    user: User,
}

/// Sign-ins with their users, under a condition.
macro_rules! with_user {
    ($condition:literal) => {
        concat!(
            "SELECT sign_ins.id AS sign_in_id, sign_ins.user_id, sign_ins.expires_at, sign_ins.renewed_at,
                    sign_ins.remember, sign_ins.ip_address, sign_ins.user_agent,
                    sign_ins.created_at AS sign_in_created_at, sign_ins.updated_at AS sign_in_updated_at, users.*
             FROM sign_ins JOIN users ON users.id = sign_ins.user_id ",
            $condition
        )
    };
}

impl Store {
    /// Records a sign-in in place of the one that the browser still held, if it did.
    pub async fn sign_in_create(
        &self,
        new: &NewSignIn<'_>,
        replaced_token_hash: Option<&str>,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        if let Some(replaced) = replaced_token_hash {
            sql!(in transaction, execute, "DELETE FROM sign_ins WHERE token_hash = $1", replaced)?;
        }
        sql!(in transaction, execute,
            "INSERT INTO sign_ins (id, token_hash, user_id, expires_at, renewed_at, remember,
                                   ip_address, user_agent, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $8, $5, $6, $7, $8, $8)",
            new.id, new.token_hash, new.user_id, new.expires_at, new.remember, new.ip_address, new.user_agent, now,
        )?;
        transaction.commit().await?;
        Ok(())
    }

    /// The sign-in of this token and its user, unless it has ended.
    pub async fn sign_in_by_token(
        &self,
        token_hash: &str,
        now: i64,
    ) -> Result<Option<(SignIn, User)>, StoreError> {
        let found = sql!(
            self,
            fetch_optional<SignInWithUser>,
            with_user!("WHERE sign_ins.token_hash = $1 AND sign_ins.expires_at > $2"),
            token_hash,
            now,
        )?;
        Ok(found.map(|row| (row.sign_in, row.user)))
    }

    /// When this sign-in of the user ends, and the user as they are now; `None` once it has ended.
    pub async fn sign_in_with_user(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<Option<(SignIn, User)>, StoreError> {
        let found = sql!(
            self,
            fetch_optional<SignInWithUser>,
            with_user!(
                "WHERE sign_ins.user_id = $1 AND sign_ins.id = $2 AND sign_ins.expires_at > $3"
            ),
            user_id,
            id,
            now,
        )?;
        Ok(found.map(|row| (row.sign_in, row.user)))
    }

    /// Moves a sign-in's end.
    pub async fn sign_in_renew(
        &self,
        user_id: &str,
        id: &str,
        expires_at: i64,
        now: i64,
    ) -> Result<(), StoreError> {
        sql!(
            self,
            execute,
            "UPDATE sign_ins SET expires_at = $3, renewed_at = $4, updated_at = $4 WHERE user_id = $1 AND id = $2",
            user_id,
            id,
            expires_at,
            now,
        )?;
        Ok(())
    }

    /// Ends the sign-in of this token, and says whose it was.
    pub async fn sign_in_delete_by_token(
        &self,
        token_hash: &str,
    ) -> Result<Option<String>, StoreError> {
        let ended = sql!(
            self,
            fetch_optional<(String,)>,
            "DELETE FROM sign_ins WHERE token_hash = $1 RETURNING user_id",
            token_hash
        )?;
        Ok(ended.map(|(user_id,)| user_id))
    }

    /// Deletes every sign-in that has ended, and says how many.
    pub async fn sign_in_delete_expired_all(&self, now: i64) -> Result<u64, StoreError> {
        Ok(sql!(
            self,
            execute,
            "DELETE FROM sign_ins WHERE expires_at <= $1",
            now
        )?)
    }
}
