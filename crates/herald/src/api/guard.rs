//! Who may call: four types, one of which is the first argument of every procedure.
//!
//! The caller is read once for an HTTP request, however many calls it holds, and from the
//! database each time, so that a changed role acts at once.

use trpc_axum::{Code, Context, Error, FromContext};

use crate::{
    app::App,
    auth::SignedIn as Caller,
    store::{Role, User},
};

/// No account needed.
pub(crate) struct Anyone;

/// Any account, one that waits for approval too.
pub(crate) struct SignedIn(pub(crate) Caller);

/// An approved account: USER or ADMIN.
pub(crate) struct ActiveUser(pub(crate) User);

/// An ADMIN.
pub(crate) struct Admin;

impl FromContext<App> for Anyone {
    const AUTHORITY: &'static str = "Anyone";

    async fn from_context(_: &Context<App>) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl FromContext<App> for SignedIn {
    const AUTHORITY: &'static str = "SignedIn";

    async fn from_context(context: &Context<App>) -> Result<Self, Error> {
        let caller: Result<Option<Caller>, Error> = context
            .once(|| async {
                Ok(context
                    .state()
                    .auth
                    .caller(&context.request().headers)
                    .await?)
            })
            .await;
        match caller? {
            Some(caller) => Ok(Self(caller)),
            None => Err(Error::new(
                Code::Unauthorized,
                "You are not signed in. Sign in and try again.",
            )),
        }
    }
}

impl FromContext<App> for ActiveUser {
    const AUTHORITY: &'static str = "ActiveUser";

    async fn from_context(context: &Context<App>) -> Result<Self, Error> {
        let SignedIn(Caller { user, .. }) = SignedIn::from_context(context).await?;
        match user.role {
            Role::User | Role::Admin => Ok(Self(user)),
            Role::Guest => Err(Error::new(
                Code::Forbidden,
                "Your account is not yet approved",
            )),
        }
    }
}

impl FromContext<App> for Admin {
    const AUTHORITY: &'static str = "Admin";

    async fn from_context(context: &Context<App>) -> Result<Self, Error> {
        let ActiveUser(user) = ActiveUser::from_context(context).await?;
        match user.role {
            Role::Admin => Ok(Self),
            Role::User | Role::Guest => Err(Error::new(
                Code::Forbidden,
                "Only an administrator may do this",
            )),
        }
    }
}
