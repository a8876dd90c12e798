//! `system.*`: whether anybody is there.

use trpc_axum::Error;

use super::guard::Anyone;
use crate::app::App;

/// `pong`.
pub(super) async fn ping(_: Anyone, _: App) -> Result<&'static str, Error> {
    Ok("pong")
}
