//! Every procedure of the product, on one page.
//!
//! A procedure's authority is the type of its first argument (`guard.rs`).

mod admin;
mod guard;
mod live;
mod published;
mod simulated;
mod system;
mod user;

use trpc_axum::{NameClash, Router, TypeScript};

use crate::app::App;

/// The procedures under `/api/trpc`.
pub fn router() -> Router<App> {
    Router::new()
        .nest(
            "system",
            Router::new()
                .query("ping", system::ping)
                .query("getServer", system::get_server),
        )
        .nest(
            "user",
            Router::new()
                .query("getWhatsAppSession", user::get_whatsapp_session)
                .mutation("initiateWhatsAppSession", user::initiate_whatsapp_session)
                .query("getSessionStatus", user::get_session_status)
                .query("getSessionQR", user::get_session_qr)
                .mutation("restartSession", user::restart_session)
                .mutation("updateSessionPhone", user::update_session_phone)
                .mutation("logoutSession", user::logout_session)
                .query("getWhatsAppGroups", user::get_whatsapp_groups)
                .query("getWhatsAppContacts", user::get_whatsapp_contacts)
                .query("getDirectoryStatus", user::get_directory_status)
                .mutation("syncDirectory", user::sync_directory)
                .query("exportDirectory", user::export_directory)
                .subscription("onEvents", live::on_events),
        )
        .nest("simulated", Router::new().mutation("act", simulated::act))
        .nest(
            "admin",
            Router::new()
                .query("getPendingUsers", admin::get_pending_users)
                .mutation("approveUser", admin::approve_user),
        )
}

/// The declaration that TypeScript clients import: `AppRouter` and the published types.
pub fn typescript() -> Result<String, NameClash> {
    router().typescript(&TypeScript {
        header: published::HEADER,
        extra: published::TYPES,
    })
}

const NOT_STORABLE: &str = "May not contain the character NUL";

/// `PostgreSQL` has no place for NUL in a text, so that no row has a name or an id with one.
#[expect(clippy::ptr_arg, reason = "what `refine` hands over")]
fn storable(text: &String) -> bool {
    !text.contains('\0')
}
