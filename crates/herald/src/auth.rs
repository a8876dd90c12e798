//! Who is calling: accounts, sign-ins, the cookies that carry them, and which pages may use them
//! (`docs/wire/auth.md`).
//!
//! A browser holds a random token with our signature. The database holds the token's SHA-256, so
//! that a copy of it signs nobody in. The role is read from the database at each request.

mod account;
mod cookie;
mod limit;
mod link;
mod origin;
mod password;
mod secret;
mod session;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use url::Url;

use self::{cookie::Cookies, limit::Limits, link::Links, password::Passwords};
use crate::{
    changes::Changes,
    clock::Clock,
    random::Random,
    store::{Store, StoreError, User},
};

pub use account::{AddUserError, add_user};
pub(crate) use account::{NewAccount, SignInError, email_address};
pub(crate) use limit::TryLater;
pub(crate) use link::SetUpError;
pub use origin::Origins;
pub(crate) use origin::Refused;
pub use password::PasswordError;
pub use secret::{Secret, SecretError};
pub(crate) use session::Session;

/// What the operator decides.
pub struct AuthSettings {
    /// Herald's own address as browsers see it; `https` makes the cookies secure ones.
    pub public_url: Url,
    /// Other pages that may call with a user's cookies.
    pub trusted_origins: Vec<Url>,
    /// Where Herald listens; pages at its port on this machine are trusted.
    pub listen: SocketAddr,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Signs the cookies.
    pub secret: Secret,
    /// Whether tries are limited; off for load tests.
    pub limits_on: bool,
}

/// Signs up, signs in, and knows who calls. Cheap to clone.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    random: Random,
    cookies: Cookies,
    origins: Origins,
    passwords: Passwords,
    limits: Limits,
    links: Links,
    changes: Changes,
    public_url: Url,
    trusted_proxies: Vec<IpNet>,
}

/// Who called.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The user as the database has them now.
    pub user: User,
    /// The sign-in that they called under.
    pub sign_in_id: String,
}

/// Where a request comes from and what sent it.
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    user_agent: String,
}

impl Auth {
    /// Puts the parts together.
    pub fn new(
        settings: AuthSettings,
        store: Store,
        clock: Clock,
        random: Random,
        changes: Changes,
    ) -> Self {
        let https = settings.public_url.scheme() == "https";
        Self(Arc::new(Inner {
            store,
            random,
            cookies: Cookies::new(&settings.secret, https),
            links: Links::default(),
            changes,
            public_url: settings.public_url.clone(),
            origins: Origins::new(
                settings.public_url,
                &settings.trusted_origins,
                settings.listen,
            ),
            passwords: Passwords::new(),
            limits: Limits::new(clock.clone(), settings.limits_on),
            trusted_proxies: settings.trusted_proxies,
            clock,
        }))
    }

    /// Which pages may call.
    pub fn origins(&self) -> &Origins {
        &self.0.origins
    }

    /// Who calls, by the cookie: `None` without one, and with one that is not ours or has ended.
    /// One query; the sign-in is not renewed.
    pub async fn caller(&self, headers: &HeaderMap) -> Result<Option<SignedIn>, StoreError> {
        Ok(match self.session(headers).await? {
            Session::Live(live) => Some(SignedIn {
                user: live.user,
                sign_in_id: live.sign_in.id,
            }),
            Session::None | Session::Dead => None,
        })
    }

    /// Forgets what has ended; for once an hour.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.0.limits.sweep();
        self.0
            .store
            .sign_in_delete_expired_all(self.0.clock.now_ms())
            .await?;
        Ok(())
    }

    /// Where a request comes from.
    pub(crate) fn client(&self, headers: &HeaderMap, peer: IpAddr) -> Client {
        let user_agent = headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default();
        Client {
            address: limit::client_address(headers, peer, &self.0.trusted_proxies),
            user_agent: user_agent.chars().take(512).collect(),
        }
    }

    /// Counts a request to this path against its sender.
    pub(crate) fn limit(&self, client: &Client, path: &'static str) -> Result<(), TryLater> {
        self.0.limits.address(client.address, path)
    }
}
