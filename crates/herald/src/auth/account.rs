//! Accounts and their passwords: signing up, adding a user, checking who signs in.

use super::{
    Auth, Client, PasswordError, TryLater,
    password::{Passwords, Verdict},
};
use crate::{
    clock::Clock,
    random::Random,
    store::{NewUser, Role, Store, StoreError, User, UserCreated},
};

/// A password's length, in UTF-16 units as browsers count.
const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 8..=128;

/// What somebody who signs up tells.
#[derive(Clone, Copy)]
pub(crate) struct NewAccount<'a> {
    pub(crate) name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) image: Option<&'a str>,
    pub(crate) password: &'a str,
}

/// Why there is no new account. The text is one line, made for the operator.
#[derive(Debug, thiserror::Error)]
pub enum AddUserError {
    /// No e-mail address.
    #[error("--email: this is no e-mail address")]
    Email,
    /// Fewer than 8 characters.
    #[error("the password is too short: it takes 8 characters or more")]
    PasswordTooShort,
    /// More than 128 characters.
    #[error("the password is too long: it takes 128 characters or fewer")]
    PasswordTooLong,
    /// Somebody has this address.
    #[error("an account with this address is there already; `herald user list` shows all")]
    EmailTaken,
    /// The password could not be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("no such user, or another password")]
    Wrong,
    #[error("too many wrong passwords")]
    TryLater(TryLater),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a user with the given role straight to the database, for the command line.
pub async fn add_user(
    store: &Store,
    clock: &Clock,
    random: &Random,
    name: &str,
    email: &str,
    password: &str,
    role: Role,
) -> Result<User, AddUserError> {
    let account = NewAccount {
        name: name.trim(),
        email: email.trim(),
        image: None,
        password,
    };
    register(store, clock, random, &Passwords::new(), account, role).await
}

impl Auth {
    /// Adds a guest.
    pub(crate) async fn sign_up(&self, account: NewAccount<'_>) -> Result<User, AddUserError> {
        let auth = &self.0;
        let user = register(
            &auth.store,
            &auth.clock,
            &auth.random,
            &auth.passwords,
            account,
            Role::Guest,
        )
        .await?;
        // Admins see who waits.
        auth.changes.tell_all();
        Ok(user)
    }

    /// The user of this address, if the password is theirs. Who is unknown takes as long and gets
    /// the same answer.
    pub(crate) async fn authenticate(
        &self,
        email: &str,
        password: &str,
        client: &Client,
    ) -> Result<User, SignInError> {
        let auth = &self.0;
        auth.limits
            .attempt(email, client.address)
            .map_err(SignInError::TryLater)?;
        let (user, stored) = auth.store.user_with_password_by_email(email).await?.unzip();
        let verdict = auth.passwords.verify(password, stored).await?;
        let user = user
            .filter(|_| verdict != Verdict::Wrong)
            .ok_or(SignInError::Wrong)?;
        auth.limits.succeeded(email, client.address);
        if verdict == Verdict::Outdated {
            let hash = auth.passwords.hash(password, auth.random.bytes()).await?;
            auth.store
                .user_set_password(&user.id, &hash, auth.clock.now_ms())
                .await?;
        }
        Ok(user)
    }
}

pub(super) async fn register(
    store: &Store,
    clock: &Clock,
    random: &Random,
    passwords: &Passwords,
    account: NewAccount<'_>,
    role: Role,
) -> Result<User, AddUserError> {
    let email = email_address(account.email).ok_or(AddUserError::Email)?;
    let length = account.password.encode_utf16().count();
    if length < *PASSWORD_LENGTH.start() {
        return Err(AddUserError::PasswordTooShort);
    }
    if length > *PASSWORD_LENGTH.end() {
        return Err(AddUserError::PasswordTooLong);
    }
    let password_hash = passwords.hash(account.password, random.bytes()).await?;
    let now = clock.now_ms();
    let new = NewUser {
        id: &random.id(now),
        name: account.name,
        email: &email,
        image: account.image,
        role,
        password_hash: &password_hash,
    };
    match store.user_create(&new, now).await? {
        UserCreated::Created(user) => Ok(user),
        UserCreated::EmailTaken => Err(AddUserError::EmailTaken),
    }
}

/// The address in lower case, if it is one by the rule that better-auth's server has from zod 4:
/// ASCII, no dot at an end of the local part nor two in a row, a domain with a dot, letters last.
pub(crate) fn email_address(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let (labels, top) = domain.rsplit_once('.')?;
    let local_fits = !local.is_empty()
        && !local.starts_with('.')
        && !local.ends_with(['.', '\''])
        && !local.contains("..")
        && local
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_'+-.".contains(&b));
    let label_fits = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let top_fits = top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic());
    // 254 is the longest address that mail can be sent to (RFC 5321).
    (text.len() <= 254 && local_fits && labels.split('.').all(label_fits) && top_fits)
        .then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_other_text() {
        for (text, expected) in [
            ("ann@example.com", "ann@example.com"),
            (
                "Ann.O'Hara+x_1-@Mail.Example.COM",
                "ann.o'hara+x_1-@mail.example.com",
            ),
            ("a@b.co", "a@b.co"),
            ("1@1.1-a.de", "1@1.1-a.de"),
        ] {
            assert_eq!(email_address(text).as_deref(), Some(expected));
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "nope",
            "@example.com",
            "a@",
            "a@b",
            "a@b.c",
            "a@.com",
            "a@b..com",
            "a@-b.com",
            "a@b.c1",
            "a@b.com.",
            ".a@b.com",
            "a.@b.com",
            "a..b@b.com",
            "a b@c.com",
            "a@b@c.com",
            " a@b.com",
            "a@b.com ",
            "a\0@b.com",
            "\u{e4}@b.com",
            "a@\u{e4}.com",
            &long,
        ] {
            assert_eq!(email_address(text), None, "{text:?}");
        }
    }
}
