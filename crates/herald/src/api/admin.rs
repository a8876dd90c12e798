//! `admin.*`: letting people in.

use serde::Serialize;
use superjson::Date;
use trpc_axum::{Code, Error};
use ts_rs::TS;

use super::{NOT_STORABLE, guard::Admin, storable};
use crate::{app::App, store::User};

// The two procedures have the names and fields that existing front ends read.

/// An account as an administrator sees it.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    id: String,
    name: String,
    email: String,
    #[ts(type = "\"ADMIN\" | \"USER\" | \"GUEST\"")]
    role: &'static str,
    created_at: Date,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            email: user.email,
            role: user.role.as_str(),
            created_at: Date::from_millis(user.created_at),
        }
    }
}

trpc_axum::input! {
    /// An account.
    pub(super) struct UserIdInput {
        /// Its id.
        pub user_id: String = string().refine(storable, NOT_STORABLE),
    }
}

/// Accounts that wait for approval, the newest first.
pub(super) async fn get_pending_users(_: Admin, app: App) -> Result<Vec<Account>, Error> {
    Ok(app
        .store
        .user_list_pending_all()
        .await?
        .into_iter()
        .map(Account::from)
        .collect())
}

/// Lets a GUEST in as a USER. Who is in already stays as they are.
pub(super) async fn approve_user(_: Admin, app: App, input: UserIdInput) -> Result<Account, Error> {
    match app
        .store
        .user_approve(&input.user_id, app.clock.now_ms())
        .await?
    {
        Some(user) => {
            // The user's page goes on, and the other admins' lists are shorter by one.
            app.changes.tell_all();
            Ok(user.into())
        }
        None => Err(Error::new(
            Code::NotFound,
            "There is no such account. getPendingUsers lists those that wait.",
        )),
    }
}
