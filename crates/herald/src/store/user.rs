//! Users and their passwords' hashes.

use std::{fmt, str::FromStr};

use serde::Serialize;
use sqlx::FromRow;

use super::{Store, StoreError, sql, unless_taken};

/// What a user may do. A new account is a guest until an admin approves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Everything, also approving guests.
    Admin,
    /// Everything with what is their own.
    User,
    /// Nothing but waiting for approval.
    Guest,
}

impl Role {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "ADMIN",
            Self::User => "USER",
            Self::Guest => "GUEST",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is ADMIN, USER or GUEST")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        [Self::Admin, Self::User, Self::Guest]
            .into_iter()
            .find(|role| role.as_str() == word)
            .ok_or(UnknownRole)
    }
}

impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(word: String) -> Result<Self, UnknownRole> {
        word.parse()
    }
}

/// A user. `Debug` shows neither name nor address: it may reach a log.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct User {
    /// The row's id.
    pub id: String,
    /// As the user wrote it; may be empty.
    pub name: String,
    /// In lower case; no two users have the same.
    pub email: String,
    /// Always false: no verification mails are sent.
    pub email_verified: bool,
    /// A picture's URL.
    pub image: Option<String>,
    /// What the user may do.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub updated_at: i64,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// What [`Store::user_create`] writes.
#[derive(Clone, Copy)]
pub struct NewUser<'a> {
    /// A new id.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// The address, in lower case.
    pub email: &'a str,
    /// A picture's URL.
    pub image: Option<&'a str>,
    /// What the user may do.
    pub role: Role,
    /// The password's hash as a PHC string.
    pub password_hash: &'a str,
}

/// The outcome of [`Store::user_create`].
#[derive(Debug, PartialEq, Eq)]
pub enum UserCreated {
    /// Here it is.
    Created(User),
    /// Another user has this address.
    EmailTaken,
}

/// A user with the hash of their password.
#[derive(FromRow)]
struct UserWithPassword {
    #[sqlx(flatten)]
    user: User,
    password_hash: String,
}

impl Store {
    /// Adds a user who signs in with a password. That an address is used once is the unique
    /// index's to decide, also when two ask at the same moment.
    pub async fn user_create(
        &self,
        new: &NewUser<'_>,
        now: i64,
    ) -> Result<UserCreated, StoreError> {
        let mut transaction = self.begin().await?;
        let inserted = sql!(in transaction, fetch_one<User>,
            "INSERT INTO users (id, name, email, email_verified, image, role, created_at, updated_at)
             VALUES ($1, $2, $3, FALSE, $4, $5, $6, $6) RETURNING *",
            new.id, new.name, new.email, new.image, new.role.as_str(), now,
        );
        let Some(user) = unless_taken(inserted)? else {
            return Ok(UserCreated::EmailTaken);
        };
        sql!(in transaction, execute,
            "INSERT INTO credentials (user_id, password_hash, updated_at) VALUES ($1, $2, $3)",
            new.id, new.password_hash, now,
        )?;
        transaction.commit().await?;
        Ok(UserCreated::Created(user))
    }

    /// The user of this id.
    pub async fn user_by_id(&self, id: &str) -> Result<Option<User>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<User>,
            "SELECT * FROM users WHERE id = $1",
            id
        )?)
    }

    /// The user of this address, which is given in lower case.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<User>,
            "SELECT * FROM users WHERE email = $1",
            email
        )?)
    }

    /// The user of this address, which is given in lower case, and the hash of their password.
    pub async fn user_with_password_by_email(
        &self,
        email: &str,
    ) -> Result<Option<(User, String)>, StoreError> {
        let found = sql!(
            self,
            fetch_optional<UserWithPassword>,
            "SELECT users.*, credentials.password_hash
             FROM users JOIN credentials ON credentials.user_id = users.id WHERE users.email = $1",
            email,
        )?;
        Ok(found.map(|row| (row.user, row.password_hash)))
    }

    /// Replaces the hash of a user's password.
    pub async fn user_set_password(
        &self,
        user_id: &str,
        password_hash: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        sql!(
            self,
            execute,
            "UPDATE credentials SET password_hash = $2, updated_at = $3 WHERE user_id = $1",
            user_id,
            password_hash,
            now,
        )?;
        Ok(())
    }

    /// Every user, the oldest first.
    pub async fn user_list_all(&self) -> Result<Vec<User>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<User>,
            "SELECT * FROM users ORDER BY created_at, id"
        )?)
    }

    /// Every guest, the oldest first.
    pub async fn user_list_pending_all(&self) -> Result<Vec<User>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<User>,
            "SELECT * FROM users WHERE role = 'GUEST' ORDER BY created_at, id"
        )?)
    }

    /// How many guests there are.
    pub async fn user_count_pending_all(&self) -> Result<i64, StoreError> {
        let (count,) = sql!(
            self,
            fetch_one<(i64,)>,
            "SELECT COUNT(*) FROM users WHERE role = 'GUEST'"
        )?;
        Ok(count)
    }

    /// Whether anybody is an admin.
    pub async fn user_has_admin_all(&self) -> Result<bool, StoreError> {
        let (count,) = sql!(
            self,
            fetch_one<(i64,)>,
            "SELECT COUNT(*) FROM users WHERE role = 'ADMIN'"
        )?;
        Ok(count > 0)
    }

    /// Makes a guest a user; a user or an admin stays what they are. `None` if there is no such
    /// user.
    pub async fn user_approve(&self, id: &str, now: i64) -> Result<Option<User>, StoreError> {
        sql!(
            self,
            execute,
            "UPDATE users SET role = 'USER', updated_at = $2 WHERE id = $1 AND role = 'GUEST'",
            id,
            now,
        )?;
        self.user_by_id(id).await
    }
}
