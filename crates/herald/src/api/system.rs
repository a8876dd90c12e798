//! `system.*`: whether anybody is there, and who.

use serde::Serialize;
use trpc_axum::Error;
use ts_rs::TS;

use super::guard::Anyone;
use crate::app::App;

/// What a page may know before anybody has signed in.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServerInfo {
    /// Herald's version.
    version: &'static str,
    /// What speaks to WhatsApp: `waha`, or `simulated`, from which nothing reaches it.
    engine: &'static str,
    /// Nobody is an administrator yet: the terminal shows a link that makes the first one.
    set_up_needed: bool,
}

/// `pong`.
pub(super) async fn ping(_: Anyone, _: App) -> Result<&'static str, Error> {
    Ok("pong")
}

/// Version and engine of this server, and whether it waits to be set up.
pub(super) async fn get_server(_: Anyone, app: App) -> Result<ServerInfo, Error> {
    Ok(ServerInfo {
        version: env!("CARGO_PKG_VERSION"),
        engine: app.sessions.gateway().engine(),
        set_up_needed: !app.store.user_has_admin_all().await?,
    })
}
