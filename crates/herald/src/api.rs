//! Every procedure of the product, on one page.
//!
//! A procedure's authority is the type of its first argument (`guard.rs`).

mod admin;
mod guard;
mod limits;
mod live;
mod message_campaign;
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
                .mutation("setKillSwitch", limits::set_own_kill_switch)
                .subscription("onEvents", live::on_events),
        )
        .nest(
            "messageCampaign",
            Router::new()
                .mutation("createCampaign", message_campaign::create_campaign)
                .query("getCampaigns", message_campaign::get_campaigns)
                .query(
                    "getCompletedCampaigns",
                    message_campaign::get_completed_campaigns,
                )
                .mutation("resolveUnknown", message_campaign::resolve_unknown)
                .mutation("updateCampaign", message_campaign::update_campaign)
                .query("previewCampaign", message_campaign::preview_campaign)
                .query("getCampaign", message_campaign::get_campaign)
                .query(
                    "getCampaignRecipients",
                    message_campaign::get_campaign_recipients,
                )
                .query(
                    "getCampaignMessages",
                    message_campaign::get_campaign_messages,
                )
                .mutation("pauseCampaign", message_campaign::pause_campaign)
                .mutation("resumeCampaign", message_campaign::resume_campaign)
                .mutation("cancelCampaign", message_campaign::cancel_campaign)
                .mutation("sendCampaignNow", message_campaign::send_campaign_now)
                .mutation("sendTest", message_campaign::send_test)
                .query("exportCampaign", message_campaign::export_campaign)
                .mutation("deleteCampaign", message_campaign::delete_campaign),
        )
        .nest("simulated", Router::new().mutation("act", simulated::act))
        .nest(
            "admin",
            Router::new()
                .query("getLimits", limits::get_limits)
                .mutation("setLimits", limits::set_limits)
                .query("getKillSwitches", limits::get_kill_switches)
                .mutation("setKillSwitch", limits::set_kill_switch)
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
