//! Sign-ins: begun, read, renewed, ended.

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::{
    Auth, Client,
    cookie::{Brought, MAX_AGE},
};
use crate::store::{NewSignIn, SignIn, StoreError, User};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const REMEMBERED_MS: i64 = MAX_AGE * 1000;
/// A sign-in that ends with the browser's window ends after a day at the latest.
const NOT_REMEMBERED_MS: i64 = DAY_MS;
/// A remembered sign-in is renewed when it is used and its last renewal is longer ago than this.
const RENEW_AFTER_MS: i64 = DAY_MS;

/// What a request's cookie stands for.
pub(crate) enum Session {
    /// There is no cookie of ours.
    None,
    /// There is one that signs nobody in: forged, ended, or signed out.
    Dead,
    /// There is one that does.
    Live(Box<Live>),
}

/// A sign-in that holds.
pub(crate) struct Live {
    token: String,
    pub(crate) sign_in: SignIn,
    pub(crate) user: User,
}

impl Auth {
    /// What the request's cookie stands for. The signature is checked before the database is
    /// asked.
    pub(crate) async fn session(&self, headers: &HeaderMap) -> Result<Session, StoreError> {
        let token = match self.0.cookies.read(headers) {
            Brought::Nothing => return Ok(Session::None),
            Brought::Forged => return Ok(Session::Dead),
            Brought::Token(token) => token,
        };
        let found = self
            .0
            .store
            .sign_in_by_token(&hash(&token), self.0.clock.now_ms())
            .await?;
        Ok(match found {
            Some((sign_in, user)) => Session::Live(Box::new(Live {
                token,
                sign_in,
                user,
            })),
            None => Session::Dead,
        })
    }

    /// Signs the user in under a new token, in place of the one that the request brought. Returns
    /// the sign-in's id and the cookies to set.
    pub(crate) async fn begin(
        &self,
        user: &User,
        remember: bool,
        client: &Client,
        headers: &HeaderMap,
    ) -> Result<(String, Vec<HeaderValue>), StoreError> {
        let now = self.0.clock.now_ms();
        let token = URL_SAFE_NO_PAD.encode(self.0.random.bytes::<32>());
        let id = self.0.random.id(now);
        let new = NewSignIn {
            id: &id,
            token_hash: &hash(&token),
            user_id: &user.id,
            expires_at: now
                + if remember {
                    REMEMBERED_MS
                } else {
                    NOT_REMEMBERED_MS
                },
            remember,
            ip_address: &client.address.to_string(),
            user_agent: &client.user_agent,
        };
        self.0
            .store
            .sign_in_create(&new, self.brought(headers).as_deref(), now)
            .await?;
        Ok((id, self.0.cookies.sign_in(&token, remember)))
    }

    /// Moves the sign-in's end if that is due, and returns the cookies to set.
    pub(crate) async fn renew(&self, live: &mut Live) -> Result<Vec<HeaderValue>, StoreError> {
        let now = self.0.clock.now_ms();
        let sign_in = &mut live.sign_in;
        if !sign_in.remember || now - sign_in.renewed_at <= RENEW_AFTER_MS {
            return Ok(Vec::new());
        }
        sign_in.expires_at = now + REMEMBERED_MS;
        (sign_in.renewed_at, sign_in.updated_at) = (now, now);
        self.0
            .store
            .sign_in_renew(&sign_in.user_id, &sign_in.id, sign_in.expires_at, now)
            .await?;
        Ok(self.0.cookies.sign_in(&live.token, true))
    }

    /// Ends the sign-in that the request brought, if it did.
    pub(crate) async fn end(&self, headers: &HeaderMap) -> Result<(), StoreError> {
        let Some(token_hash) = self.brought(headers) else {
            return Ok(());
        };
        if let Some(user_id) = self.0.store.sign_in_delete_by_token(&token_hash).await? {
            self.0.changes.tell(&user_id);
        }
        Ok(())
    }

    /// Cookies that make the browser forget its sign-in.
    pub(crate) fn deletions(&self) -> Vec<HeaderValue> {
        self.0.cookies.deletions()
    }

    fn brought(&self, headers: &HeaderMap) -> Option<String> {
        match self.0.cookies.read(headers) {
            Brought::Token(token) => Some(hash(&token)),
            Brought::Nothing | Brought::Forged => None,
        }
    }
}

/// Tokens are 256 random bits: a fast hash is enough.
pub(super) fn hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}
