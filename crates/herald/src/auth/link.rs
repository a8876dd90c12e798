//! Links that sign in without a password: the one that makes the first administrator, and the one
//! that `herald demo` shows. They are known to this process alone, and gone with it.
//!
//! The token stands in the address's fragment, which browsers send to nobody and no log shows.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::Mutex;
use url::Url;

use super::{AddUserError, Auth, NewAccount, account::register, session::hash};
use crate::store::{Role, StoreError, User};

/// The links that are out, by their tokens' SHA-256.
#[derive(Default)]
pub(super) struct Links {
    set_up: Mutex<Option<String>>,
    /// With the id of the user whom it signs in.
    sign_in: Mutex<Option<(String, String)>>,
}

/// Why there is no first administrator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetUpError {
    /// The token is not the one that is out, or somebody is an administrator.
    #[error("the set-up link was used, or is of an earlier start")]
    Link,
    /// The account cannot be made; the link stays good.
    #[error(transparent)]
    Account(#[from] AddUserError),
}

impl From<StoreError> for SetUpError {
    fn from(error: StoreError) -> Self {
        Self::Account(error.into())
    }
}

impl Auth {
    /// A link that makes the first administrator, once; in place of an earlier one. `None` when
    /// somebody is one.
    pub async fn set_up_link(&self) -> Result<Option<Url>, StoreError> {
        let mut link = self.0.links.set_up.lock().await;
        if self.0.store.user_has_admin_all().await? {
            return Ok(None);
        }
        let token = self.new_token();
        *link = Some(hash(&token));
        Ok(Some(self.page("/set-up", &token)))
    }

    /// Makes the first administrator and ends the link. Two who use it at the same moment wait for
    /// each other, and one of them gets it.
    pub(crate) async fn set_up(
        &self,
        token: &str,
        account: NewAccount<'_>,
    ) -> Result<User, SetUpError> {
        let auth = &self.0;
        let mut link = auth.links.set_up.lock().await;
        let is_good = link.as_deref() == Some(&hash(token));
        if !is_good || auth.store.user_has_admin_all().await? {
            return Err(SetUpError::Link);
        }
        let user = register(
            &auth.store,
            &auth.clock,
            &auth.random,
            &auth.passwords,
            account,
            Role::Admin,
        )
        .await?;
        *link = None;
        Ok(user)
    }

    /// A link that signs the user in, as often as it is opened; in place of an earlier one.
    pub async fn sign_in_link(&self, user_id: &str) -> Url {
        let token = self.new_token();
        *self.0.links.sign_in.lock().await = Some((hash(&token), user_id.to_owned()));
        self.page("/sign-in", &token)
    }

    /// Whom the link signs in.
    pub(crate) async fn user_of_link(&self, token: &str) -> Result<Option<User>, StoreError> {
        let link = self.0.links.sign_in.lock().await.clone();
        match link.filter(|(known, _)| *known == hash(token)) {
            Some((_, user_id)) => self.0.store.user_by_id(&user_id).await,
            None => Ok(None),
        }
    }

    fn new_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.random.bytes::<32>())
    }

    fn page(&self, path: &str, token: &str) -> Url {
        let mut page = self.0.public_url.clone();
        page.set_path(path);
        page.set_fragment(Some(token));
        page
    }
}
