//! `user.*`: the published User API (`docs/wire/user-api.md`), to the letter, and what came to it.

use serde::Serialize;
use superjson::Date;
use trpc_axum::{Code, Error};
use ts_rs::TS;
use whatsapp_gateway::Phone;

use super::{NOT_STORABLE, guard::ActiveUser, storable};
use crate::{
    app::App,
    directory::{ContactItem, GroupItem, Page, Query, export},
    sessions::SessionError,
    store::{self, GroupWithCampaign},
};

/// The caller's WhatsApp session.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct WhatsAppSession {
    id: String,
    session_name: String,
    /// Empty until it is known.
    phone_number: String,
    user_id: String,
    created_at: Date,
    updated_at: Date,
    /// The groups that a campaign uses.
    #[serde(rename = "WhatsAppGroups")]
    whatsapp_groups: Vec<SessionGroup>,
}

/// A group that a campaign of the session uses.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionGroup {
    id: String,
    group_name: String,
    group_id: String,
    session_id: String,
    created_at: Date,
    updated_at: Date,
    campaigns: Vec<GroupCampaign>,
}

/// An active campaign of a group.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupCampaign {
    id: String,
    status: String,
    start_date: Date,
}

impl From<store::WhatsAppSession> for WhatsAppSession {
    fn from(session: store::WhatsAppSession) -> Self {
        Self {
            id: session.id,
            session_name: session.session_name,
            phone_number: session.phone_number,
            user_id: session.user_id,
            created_at: Date::from_millis(session.created_at),
            updated_at: Date::from_millis(session.updated_at),
            whatsapp_groups: Vec::new(),
        }
    }
}

/// The session to go on with.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct InitiatedSession {
    session_name: String,
    id: String,
}

/// What the engine sees of a session.
#[derive(Serialize, TS)]
pub(super) struct SessionStatus {
    /// WAHA's words; an open set.
    status: String,
    /// Why, in words, when the session failed or the engine cannot be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    cause: Option<String>,
    /// When the status became what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    since: Option<Date>,
}

/// The picture to scan.
#[derive(Serialize, TS)]
pub(super) struct SessionQr {
    /// A PNG in base64, without a `data:` prefix.
    qr: String,
}

/// How the session's groups and contacts are kept.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct DirectoryStatus {
    /// How many groups are listed.
    groups: i64,
    /// How many contacts are listed.
    contacts: i64,
    /// How many people more are known, but not their phone numbers.
    without_number: i64,
    /// When they were last read from WhatsApp; null before the first time.
    synced_at: Option<Date>,
    /// Whether they are being read now.
    syncing: bool,
    /// How far the reading has come, in percent, while they are being read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    progress: Option<u8>,
    /// Why the last reading failed, in words; what was known before stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    error: Option<String>,
}

/// Whether a reading was begun.
#[derive(Serialize, TS)]
pub(super) struct DirectorySync {
    /// False when one runs already, or has just run.
    started: bool,
}

/// It is done.
#[derive(Serialize, TS)]
pub(super) struct Success {
    success: bool,
}

const DONE: Success = Success { success: true };

trpc_axum::input! {
    /// A session by its name.
    pub(super) struct SessionInput {
        /// Its name, as getWhatsAppSession tells it.
        pub session_name: String = string().refine(storable, NOT_STORABLE),
    }
}

trpc_axum::input! {
    /// A phone number for a session.
    pub(super) struct SessionPhoneInput {
        /// The session's id.
        pub id: String = string().refine(storable, NOT_STORABLE),
        /// With its country code; spaces, dashes, dots and brackets do not matter.
        pub phone_number: Phone = string().try_map(|text| Phone::parse(&text)),
    }
}

trpc_axum::input! {
    /// A page of a session's groups.
    pub(super) struct GroupsInput {
        /// The session's name.
        pub session_name: String = string().refine(storable, NOT_STORABLE),
        /// How many; a page holds 1000 at most.
        pub limit: i64 = integer().min(1).default(10),
        /// The previous page's nextCursor.
        pub cursor: i64 = integer().min(0).default(0),
        /// Parts of the name, in any order.
        pub search: Option<String> = string().optional(),
        /// The syncedAt of the reading to page through; a walk without it stays in the one it began in.
        pub as_of: Option<Date> = date().optional(),
    }
}

trpc_axum::input! {
    /// A page of a session's contacts.
    pub(super) struct ContactsInput {
        /// The session's name.
        pub session_name: String = string().refine(storable, NOT_STORABLE),
        /// How many; a page holds 1000 at most.
        pub limit: i64 = integer().min(1).default(50),
        /// The previous page's nextCursor.
        pub cursor: i64 = integer().min(0).default(0),
        /// Parts of names or of the number, in any order.
        pub search: Option<String> = string().optional(),
        /// The syncedAt of the reading to page through; a walk without it stays in the one it began in.
        pub as_of: Option<Date> = date().optional(),
    }
}

/// One of a session's two lists.
#[derive(Clone, Copy)]
pub(super) enum ListName {
    Groups,
    Contacts,
}

trpc_axum::input! {
    /// A list to export.
    pub(super) struct ExportInput {
        /// The session's name.
        pub session_name: String = string().refine(storable, NOT_STORABLE),
        /// Which list.
        pub list: ListName = enumeration(&[("groups", ListName::Groups), ("contacts", ListName::Contacts)]),
    }
}

/// A list as a table.
#[derive(Serialize, TS)]
pub(super) struct Export {
    /// RFC 4180, with a line of headings.
    csv: String,
}

/// The caller's session whatever its status; null before the first initiate and after logout.
pub(super) async fn get_whatsapp_session(
    caller: ActiveUser,
    app: App,
) -> Result<Option<WhatsAppSession>, Error> {
    let Some(session) = app.sessions.of(&caller.0.id).await? else {
        return Ok(None);
    };
    let rows = app.store.campaign_groups(&caller.0.id, &session.id).await?;
    Ok(Some(WhatsAppSession {
        whatsapp_groups: groups(rows),
        ..WhatsAppSession::from(session)
    }))
}

/// Rows of one group stand together.
fn groups(rows: Vec<GroupWithCampaign>) -> Vec<SessionGroup> {
    let mut groups: Vec<SessionGroup> = Vec::new();
    for row in rows {
        if groups.last().is_none_or(|group| group.id != row.id) {
            groups.push(SessionGroup {
                id: row.id,
                group_name: row.group_name,
                group_id: row.group_id,
                session_id: row.session_id,
                created_at: Date::from_millis(row.created_at),
                updated_at: Date::from_millis(row.updated_at),
                campaigns: Vec::new(),
            });
        }
        if let (Some(group), Some(id), Some(status), Some(starts_at)) =
            (groups.last_mut(), row.campaign, row.status, row.starts_at)
        {
            group.campaigns.push(GroupCampaign {
                id,
                status,
                start_date: Date::from_millis(starts_at),
            });
        }
    }
    groups
}

/// Creates the caller's session or brings it back, and answers once its QR is ready or it works.
pub(super) async fn initiate_whatsapp_session(
    caller: ActiveUser,
    app: App,
) -> Result<InitiatedSession, Error> {
    match app.sessions.initiate(&caller.0.id).await {
        Ok(session) => Ok(InitiatedSession {
            session_name: session.session_name,
            id: session.id,
        }),
        // The published error. Why it failed is for getSessionStatus to tell.
        Err(SessionError::Gateway(error)) => {
            tracing::warn!(%error, "a session could not be started");
            Err(Error::new(
                Code::InternalServerError,
                "Failed to create WhatsApp session",
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the engine sees now.
pub(super) async fn get_session_status(
    caller: ActiveUser,
    app: App,
    input: SessionInput,
) -> Result<SessionStatus, Error> {
    let session = app
        .sessions
        .status(&caller.0.id, &input.session_name)
        .await?;
    Ok(SessionStatus {
        status: session.status,
        cause: session.cause,
        since: Some(Date::from_millis(session.status_since)),
    })
}

/// The code to scan now.
pub(super) async fn get_session_qr(
    caller: ActiveUser,
    app: App,
    input: SessionInput,
) -> Result<SessionQr, Error> {
    Ok(SessionQr {
        qr: app.sessions.qr(&caller.0.id, &input.session_name).await?,
    })
}

/// Stops the session and starts it again.
pub(super) async fn restart_session(
    caller: ActiveUser,
    app: App,
    input: SessionInput,
) -> Result<Success, Error> {
    app.sessions
        .restart(&caller.0.id, &input.session_name)
        .await?;
    Ok(DONE)
}

/// Keeps the number that the caller gives.
pub(super) async fn update_session_phone(
    caller: ActiveUser,
    app: App,
    input: SessionPhoneInput,
) -> Result<Success, Error> {
    app.sessions
        .set_phone(&caller.0.id, &input.id, &input.phone_number)
        .await?;
    Ok(DONE)
}

/// Unlinks the phone.
pub(super) async fn logout_session(
    caller: ActiveUser,
    app: App,
    input: SessionInput,
) -> Result<Success, Error> {
    app.sessions
        .logout(&caller.0.id, &input.session_name)
        .await?;
    Ok(DONE)
}

/// The account's groups, as Herald keeps them.
pub(super) async fn get_whatsapp_groups(
    caller: ActiveUser,
    app: App,
    input: GroupsInput,
) -> Result<Page<GroupItem>, Error> {
    let query = query(input.limit, input.cursor, input.search.as_deref());
    let as_of = input.as_of.and_then(Date::millis);
    let sessions = &app.sessions;
    Ok(sessions
        .groups(&caller.0.id, &input.session_name, query, as_of)
        .await?)
}

/// The people whom the account can write to, as Herald keeps them.
pub(super) async fn get_whatsapp_contacts(
    caller: ActiveUser,
    app: App,
    input: ContactsInput,
) -> Result<Page<ContactItem>, Error> {
    let query = query(input.limit, input.cursor, input.search.as_deref());
    let as_of = input.as_of.and_then(Date::millis);
    let sessions = &app.sessions;
    Ok(sessions
        .contacts(&caller.0.id, &input.session_name, query, as_of)
        .await?)
}

/// A whole list as a table, for a spreadsheet.
pub(super) async fn export_directory(
    caller: ActiveUser,
    app: App,
    input: ExportInput,
) -> Result<Export, Error> {
    let directory = app
        .sessions
        .directory(&caller.0.id, &input.session_name)
        .await?;
    let csv = tokio::task::spawn_blocking(move || match input.list {
        ListName::Groups => export::groups(&directory),
        ListName::Contacts => export::contacts(&directory),
    });
    match csv.await {
        Ok(csv) => Ok(Export { csv }),
        Err(error) => {
            tracing::error!(%error, "a list could not be exported");
            Err(Code::InternalServerError.into())
        }
    }
}

/// How old the lists are, and whether they are being read again.
pub(super) async fn get_directory_status(
    caller: ActiveUser,
    app: App,
    input: SessionInput,
) -> Result<DirectoryStatus, Error> {
    let reading = app
        .sessions
        .directory_reading(&caller.0.id, &input.session_name)
        .await?;
    Ok(DirectoryStatus {
        groups: reading.groups,
        contacts: reading.contacts,
        without_number: reading.without_number,
        synced_at: reading.synced_at.map(Date::from_millis),
        syncing: reading.progress.is_some(),
        progress: reading.progress,
        error: reading.error,
    })
}

/// Has the lists read from WhatsApp again, in the background.
pub(super) async fn sync_directory(
    caller: ActiveUser,
    app: App,
    input: SessionInput,
) -> Result<DirectorySync, Error> {
    let started = app
        .sessions
        .refresh_directory(&caller.0.id, &input.session_name)
        .await?;
    Ok(DirectorySync { started })
}

/// The schema has seen to it that neither number is negative.
fn query(limit: i64, cursor: i64, search: Option<&str>) -> Query<'_> {
    Query {
        limit: limit.unsigned_abs(),
        cursor: cursor.unsigned_abs(),
        search: search.unwrap_or_default(),
    }
}
