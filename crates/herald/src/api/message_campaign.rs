//! `messageCampaign.*`: the original's five procedures (`docs/wire/original-system.md`, section 5)
//! and what came to them.

use serde::Serialize;
use superjson::{Date, Value};
use trpc_axum::{
    Code, Declarations, Error, Input, NameClash,
    schema::{Issues, Step},
};
use ts_rs::TS;

use super::{NOT_STORABLE, guard::ActiveUser, storable};
use crate::{
    app::App,
    campaign::{self, Draft, Recurrence, Target},
    campaigns::{CampaignChanges, CampaignError, Seen},
    store::{self, Listed},
    table::table,
};

/// The contract's time zone for who names none.
const TIME_ZONE: &str = "America/Chicago";
/// Messages of one answer of the original's two lists; a client that wants more pages through
/// `getCampaignMessages`.
const MESSAGES_AT_MOST: i64 = 20_000;
/// Rows of one page.
const PAGE_AT_MOST: i64 = 1000;
/// A campaign has fewer messages than this.
const ALL: i64 = 1_000_000;

/// It is done.
#[derive(Serialize, TS)]
pub(super) struct Success {
    success: bool,
}

const DONE: Success = Success { success: true };

/// The campaign that was made or changed.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignDone {
    success: bool,
    campaign_id: String,
}

/// A campaign.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignItem {
    id: String,
    title: Option<String>,
    target_amount: Option<String>,
    /// The first day at the message's time.
    start_date: Date,
    /// The last day at the message's time.
    end_date: Date,
    /// The same as startDate.
    send_time_utc: Date,
    time_zone: String,
    template: String,
    #[ts(
        type = "\"DRAFT\" | \"SCHEDULED\" | \"IN_PROGRESS\" | \"PAUSED\" | \"COMPLETED\" | \"CANCELLED\" | \"FAILED\""
    )]
    status: String,
    created_at: Date,
    is_recurring: bool,
    #[ts(
        type = "\"DAILY\" | \"WEEKLY\" | \"SEMI_MONTHLY\" | \"MONTHLY\" | \"SEMI_ANNUALLY\" | \"ANNUALLY\""
    )]
    recurrence: String,
    group: CampaignGroup,
    /// The first day, as a civil date in the time zone.
    start_day: String,
    /// The last day, as a civil date in the time zone.
    end_day: String,
    /// The time of the day in the time zone.
    message_time: String,
    is_free_form: bool,
    /// Whether asterisks part the text; null is the original's rule.
    sequence: Option<bool>,
    #[ts(type = "\"groups\" | \"individuals\"")]
    audience_type: String,
    /// Whether it was made with recipients: its text may have every variable.
    has_recipients: bool,
    late_minutes: i64,
    session_id: String,
    /// How many groups and people it goes to.
    recipients: i64,
    /// When it, or one of its messages, changed last.
    updated_at: Date,
    /// Why it pauses; null where its owner paused it.
    pause_reason: Option<String>,
    books: CampaignBooks,
    /// When its next message leaves.
    next_at: Option<Date>,
    /// What that one waits for besides its time: completes "waiting for …".
    waiting_for: Option<String>,
}

/// The chat that a campaign is listed under.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignGroup {
    id: String,
    group_name: String,
    group_id: String,
}

/// A campaign's messages by what became of them. Planned is the sum of all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(super) struct CampaignBooks {
    planned: i64,
    scheduled: i64,
    sending: i64,
    sent: i64,
    failed: i64,
    unknown: i64,
    skipped: i64,
    cancelled: i64,
}

impl From<store::Books> for CampaignBooks {
    fn from(books: store::Books) -> Self {
        let store::Books {
            planned,
            scheduled,
            sending,
            sent,
            failed,
            unknown,
            skipped,
            cancelled,
        } = books;
        Self {
            planned,
            scheduled,
            sending,
            sent,
            failed,
            unknown,
            skipped,
            cancelled,
        }
    }
}

impl From<Seen> for CampaignItem {
    fn from(seen: Seen) -> Self {
        let store::Campaign {
            id,
            session_id,
            group_row,
            group_id,
            group_name,
            asked,
            status,
            pause_reason,
            recipients,
            created_at,
            updated_at,
            ..
        } = seen.campaign;
        Self {
            id,
            title: asked.title,
            target_amount: asked.target_amount,
            start_date: Date::from_millis(asked.starts_at),
            end_date: Date::from_millis(asked.ends_at),
            send_time_utc: Date::from_millis(asked.starts_at),
            time_zone: asked.time_zone,
            template: asked.message_template,
            status,
            created_at: Date::from_millis(created_at),
            is_recurring: asked.is_recurring,
            recurrence: asked.recurrence,
            group: CampaignGroup {
                id: group_row,
                group_name,
                group_id,
            },
            start_day: asked.start_day,
            end_day: asked.end_day,
            message_time: asked.message_time,
            is_free_form: asked.is_free_form,
            sequence: asked.sequence,
            audience_type: asked.audience_type,
            has_recipients: asked.has_recipients,
            late_minutes: asked.late_minutes,
            session_id,
            recipients,
            updated_at: Date::from_millis(updated_at),
            pause_reason,
            books: seen.books.into(),
            next_at: seen.next_at.map(Date::from_millis),
            waiting_for: seen.waiting_for,
        }
    }
}

/// A campaign in a list.
#[derive(Serialize, TS)]
pub(super) struct ListedCampaign {
    #[serde(flatten)]
    campaign: CampaignItem,
    /// By time; empty where they were not asked for.
    messages: Vec<ListedMessage>,
}

/// A message in a list.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedMessage {
    id: String,
    content: String,
    scheduled_at: Date,
    sent_at: Option<Date>,
    is_sent: bool,
    /// Failed, unknown or skipped.
    is_failed: bool,
}

impl From<store::Message> for ListedMessage {
    fn from(message: store::Message) -> Self {
        Self {
            id: message.id,
            content: message.content,
            scheduled_at: Date::from_millis(message.scheduled_at),
            sent_at: message.sent_at.map(Date::from_millis),
            is_sent: message.status == "sent",
            is_failed: matches!(message.status.as_str(), "failed" | "unknown" | "skipped"),
        }
    }
}

/// A message with what became of it.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignMessage {
    id: String,
    chat_id: String,
    name: Option<String>,
    content: String,
    scheduled_at: Date,
    sent_at: Option<Date>,
    delivered_at: Option<Date>,
    read_at: Option<Date>,
    #[ts(
        type = "\"scheduled\" | \"sending\" | \"sent\" | \"failed\" | \"unknown\" | \"skipped\" | \"cancelled\""
    )]
    status: String,
    /// Why it is what it is, for each that is not sent.
    reason: Option<String>,
    attempts: i64,
}

impl From<store::Message> for CampaignMessage {
    fn from(message: store::Message) -> Self {
        Self {
            id: message.id,
            chat_id: message.chat_id,
            name: message.name,
            content: message.content,
            scheduled_at: Date::from_millis(message.scheduled_at),
            sent_at: message.sent_at.map(Date::from_millis),
            delivered_at: message.delivered_at.map(Date::from_millis),
            read_at: message.read_at.map(Date::from_millis),
            status: message.status,
            reason: message.reason,
            attempts: message.attempts,
        }
    }
}

/// A page of messages.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignMessages {
    items: Vec<CampaignMessage>,
    /// Where the next page begins; null after the last.
    next_cursor: Option<i64>,
}

/// Whom a campaign goes to.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignRecipient {
    chat_id: String,
    name: Option<String>,
}

/// What a campaign would come to.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct CampaignPreview {
    occurrences: Vec<PreviewOccurrence>,
    /// How many messages it has.
    messages: i64,
    /// When the last of them leaves; null if some never do.
    finishes_at: Option<Date>,
    /// What its owner should know, in sentences.
    warnings: Vec<String>,
}

/// One time at which a campaign sends.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreviewOccurrence {
    scheduled_at: Date,
    /// What the clock shows there then.
    local: String,
    /// How far that clock is from UTC.
    offset: String,
    /// Whether a change of the clock met it.
    #[ts(type = "\"gap\" | \"overlap\" | null")]
    shift: Option<&'static str>,
    /// The text that its first recipient gets.
    content: String,
}

/// A table.
#[derive(Serialize, TS)]
pub(super) struct CampaignExport {
    /// RFC 4180, with a line of headings.
    csv: String,
}

trpc_axum::input! {
    /// Somebody, or a group, that a campaign goes to.
    pub(super) struct RecipientInput {
        /// WhatsApp's id: `…@g.us`, `…@c.us` or `…@lid`.
        pub chat_id: String = string().refine(storable, NOT_STORABLE),
        /// The name that stands in texts.
        pub name: Option<String> = string().optional(),
    }
}

const RECURRENCES: &[(&str, Recurrence)] = &[
    ("DAILY", Recurrence::Daily),
    ("WEEKLY", Recurrence::Weekly),
    ("SEMI_MONTHLY", Recurrence::SemiMonthly),
    ("MONTHLY", Recurrence::Monthly),
    ("SEMI_ANNUALLY", Recurrence::SemiAnnually),
    ("ANNUALLY", Recurrence::Annually),
];

const AUDIENCES: &[(&str, &str)] = &[("groups", "groups"), ("individuals", "individuals")];

trpc_axum::input! {
    /// A new campaign.
    pub(super) struct CreateCampaignInput {
        /// The chat that it goes to; with recipients it is not needed.
        pub group_id: Option<String> = string().optional(),
        /// That chat's name.
        pub group_name: Option<String> = string().optional(),
        /// Everybody it goes to: groups and people.
        pub recipients: Option<Vec<RecipientInput>> = array(object::<RecipientInput>()).optional(),
        /// The session's id.
        pub session_id: String = string().refine(storable, NOT_STORABLE),
        /// Stands in the header.
        pub title: Option<String> = string().optional(),
        /// Stands in the header.
        pub target_amount: Option<String> = string().optional(),
        /// The first day, as an ISO date.
        pub start_date: String = string(),
        /// The last day, as an ISO date.
        pub end_date: String = string(),
        /// The time of the day: 9:05.
        pub message_time: String = string(),
        /// An IANA name.
        pub time_zone: String = string().default(TIME_ZONE.to_owned()),
        /// The text.
        pub message_template: String = string(),
        /// Without the header.
        pub is_free_form: bool = boolean().default(false),
        /// Whether recurrence counts; if not, there is a message a day.
        pub is_recurring: bool = boolean().default(false),
        /// How often.
        pub recurrence: Recurrence = enumeration(RECURRENCES).default(Recurrence::Daily),
        /// Who it is for.
        pub audience_type: &'static str = enumeration(AUDIENCES).default("groups"),
        /// Whether asterisks part the text into a sequence; left out, they do if it recurs.
        pub sequence: Option<bool> = boolean().optional(),
        /// For how long a message may be held up.
        pub late_minutes: Option<i64> = integer().optional(),
        /// The client's own name for this call, unguessable: made again, the call makes no second campaign.
        pub request_id: Option<String> = string().min(16).max(100).refine(storable, NOT_STORABLE).optional(),
    }
}

/// A new campaign, or one as it is to be.
pub(super) struct PreviewCampaignInput {
    campaign_id: Option<String>,
    draft: CreateCampaignInput,
}

impl Input for PreviewCampaignInput {
    fn read(value: Value, issues: &mut Issues) -> Option<Self> {
        let campaign_id = match &value {
            Value::Object(members) => match members.get("campaignId") {
                None | Some(Value::Undefined) => None,
                Some(Value::String(id)) if storable(id) => Some(id.clone()),
                Some(other) => {
                    issues.at(Step::Key("campaignId"), |issues| {
                        issues.wrong_type("string", other);
                    });
                    return None;
                }
            },
            _ => None,
        };
        CreateCampaignInput::read(value, issues).map(|draft| Self { campaign_id, draft })
    }

    fn type_script(declarations: &mut Declarations) -> Result<String, NameClash> {
        let draft = CreateCampaignInput::type_script(declarations)?;
        Ok(format!("{draft} & {{ campaignId?: string | undefined }}"))
    }
}

trpc_axum::input! {
    /// A campaign as it is to be.
    pub(super) struct UpdateCampaignInput {
        /// Which.
        pub campaign_id: String = string().refine(storable, NOT_STORABLE),
        /// Everybody it goes to; left out, they stay.
        pub recipients: Option<Vec<RecipientInput>> = array(object::<RecipientInput>()).optional(),
        /// Stands in the header; left out, there is none.
        pub title: Option<String> = string().optional(),
        /// Stands in the header; left out, there is none.
        pub target_amount: Option<String> = string().optional(),
        /// The first day, as an ISO date.
        pub start_date: String = string(),
        /// The last day, as an ISO date.
        pub end_date: String = string(),
        /// The time of the day: 9:05.
        pub message_time: String = string(),
        /// An IANA name.
        pub time_zone: String = string().default(TIME_ZONE.to_owned()),
        /// The text.
        pub message_template: String = string(),
        /// Without the header; left out, as it was.
        pub is_free_form: Option<bool> = boolean().optional(),
        /// Whether recurrence counts; if not, there is a message a day.
        pub is_recurring: bool = boolean().default(false),
        /// How often.
        pub recurrence: Recurrence = enumeration(RECURRENCES).default(Recurrence::Daily),
        /// Who it is for; left out, as it was.
        pub audience_type: Option<&'static str> = enumeration(AUDIENCES).optional(),
        /// Whether asterisks part the text into a sequence; left out, as it was.
        pub sequence: Option<bool> = boolean().optional(),
        /// For how long a message may be held up; left out, as it was.
        pub late_minutes: Option<i64> = integer().optional(),
        /// Whether what was sent stays and only the rest changes; without, a campaign of which something was sent is not edited.
        pub only_unsent: bool = boolean().default(false),
    }
}

trpc_axum::input! {
    /// Which campaigns to list.
    pub(super) struct CampaignsInput {
        /// Whether their messages come along.
        pub messages: bool = boolean().default(true),
    }
}

trpc_axum::input! {
    /// A campaign by its id.
    pub(super) struct CampaignInput {
        /// Which.
        pub campaign_id: String = string().refine(storable, NOT_STORABLE),
    }
}

const STATUSES: &[(&str, &str)] = &[
    ("scheduled", "scheduled"),
    ("sending", "sending"),
    ("sent", "sent"),
    ("failed", "failed"),
    ("unknown", "unknown"),
    ("skipped", "skipped"),
    ("cancelled", "cancelled"),
];

trpc_axum::input! {
    /// A page of a campaign's messages.
    pub(super) struct CampaignMessagesInput {
        /// Which.
        pub campaign_id: String = string().refine(storable, NOT_STORABLE),
        /// Only those.
        pub status: Option<&'static str> = enumeration(STATUSES).optional(),
        /// How many; a page holds 1000 at most.
        pub limit: i64 = integer().min(1).default(50),
        /// The previous page's nextCursor.
        pub cursor: i64 = integer().min(0).default(0),
    }
}

trpc_axum::input! {
    /// What a message of which nobody knows is settled as.
    pub(super) struct ResolveInput {
        /// Which.
        pub message_id: String = string().refine(storable, NOT_STORABLE),
        /// It went out; it is to be sent again; it did not, and is not to be.
        pub r#as: &'static str = enumeration(&[("sent", "sent"), ("resend", "scheduled"), ("failed", "failed")]),
    }
}

trpc_axum::input! {
    /// A text to try.
    pub(super) struct SendTestInput {
        /// The session's id.
        pub session_id: String = string().refine(storable, NOT_STORABLE),
        /// The text.
        pub message_template: String = string(),
    }
}

impl From<RecipientInput> for campaign::Recipient {
    fn from(input: RecipientInput) -> Self {
        Self {
            chat_id: input.chat_id,
            name: input.name,
        }
    }
}

impl CreateCampaignInput {
    /// What the planner is asked, through which session and for which audience.
    fn into_draft(self) -> Result<(Draft, String, &'static str), Error> {
        let target = match (self.recipients, self.group_id, self.group_name) {
            (Some(recipients), ..) => Target::Many(
                recipients
                    .into_iter()
                    .map(campaign::Recipient::from)
                    .collect(),
            ),
            (None, Some(chat_id), Some(name)) => Target::One(campaign::Recipient {
                chat_id,
                name: Some(name),
            }),
            (None, group_id, group_name) => {
                let missing = [
                    ("groupId", group_id.is_none()),
                    ("groupName", group_name.is_none()),
                ];
                let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
                return Err(Error::bad_fields(missing.map(|(field, _)| {
                    (field, format!("{field} is missing: name one chat by groupId and groupName, or list recipients."))
                })));
            }
        };
        let draft = Draft {
            title: self.title,
            target_amount: self.target_amount,
            start_date: self.start_date,
            end_date: self.end_date,
            message_time: self.message_time,
            time_zone: self.time_zone,
            message_template: self.message_template,
            is_free_form: self.is_free_form,
            is_recurring: self.is_recurring,
            recurrence: self.recurrence,
            sequence: self.sequence,
            late_minutes: self.late_minutes,
            target,
        };
        Ok((draft, self.session_id, self.audience_type))
    }
}

impl From<CreateCampaignInput> for CampaignChanges {
    fn from(input: CreateCampaignInput) -> Self {
        let recipients = input
            .recipients
            .map(|list| list.into_iter().map(campaign::Recipient::from).collect());
        Self {
            is_free_form: Some(input.is_free_form),
            sequence: input.sequence,
            late_minutes: input.late_minutes,
            audience_type: Some(input.audience_type),
            recipients,
            only_unsent: true,
            draft: Draft {
                title: input.title,
                target_amount: input.target_amount,
                start_date: input.start_date,
                end_date: input.end_date,
                message_time: input.message_time,
                time_zone: input.time_zone,
                message_template: input.message_template,
                is_free_form: false,
                is_recurring: input.is_recurring,
                recurrence: input.recurrence,
                sequence: None,
                late_minutes: None,
                target: Target::Many(Vec::new()),
            },
        }
    }
}

impl From<UpdateCampaignInput> for CampaignChanges {
    fn from(input: UpdateCampaignInput) -> Self {
        let recipients = input
            .recipients
            .map(|list| list.into_iter().map(campaign::Recipient::from).collect());
        Self {
            draft: Draft {
                title: input.title,
                target_amount: input.target_amount,
                start_date: input.start_date,
                end_date: input.end_date,
                message_time: input.message_time,
                time_zone: input.time_zone,
                message_template: input.message_template,
                is_free_form: false,
                is_recurring: input.is_recurring,
                recurrence: input.recurrence,
                sequence: None,
                late_minutes: None,
                target: Target::Many(Vec::new()),
            },
            is_free_form: input.is_free_form,
            sequence: input.sequence,
            late_minutes: input.late_minutes,
            audience_type: input.audience_type,
            recipients,
            only_unsent: input.only_unsent,
        }
    }
}

/// Schedules a campaign.
pub(super) async fn create_campaign(
    caller: ActiveUser,
    app: App,
    input: CreateCampaignInput,
) -> Result<CampaignDone, Error> {
    let request_id = input.request_id.clone();
    let (draft, session_id, audience_type) = input.into_draft()?;
    let campaign_id = app
        .campaigns
        .create(
            &caller.0.id,
            &session_id,
            draft,
            audience_type,
            request_id.as_deref(),
        )
        .await?;
    Ok(CampaignDone {
        success: true,
        campaign_id,
    })
}

/// What createCampaign would make of the same input: every time at which it sends, and when it is
/// done. With campaignId, what updateCampaign would make of it with onlyUnsent.
pub(super) async fn preview_campaign(
    caller: ActiveUser,
    app: App,
    input: PreviewCampaignInput,
) -> Result<CampaignPreview, Error> {
    let (user_id, campaigns) = (&caller.0.id, &app.campaigns);
    let preview = if let Some(id) = input.campaign_id {
        campaigns
            .preview_edit(user_id, &id, input.draft.into())
            .await?
    } else {
        let (draft, session_id, _) = input.draft.into_draft()?;
        campaigns.preview(user_id, &session_id, draft).await?
    };
    let occurrences = preview.occurrences.into_iter();
    Ok(CampaignPreview {
        occurrences: occurrences
            .map(|occurrence| PreviewOccurrence {
                scheduled_at: Date::from_millis(occurrence.scheduled_at_ms),
                local: occurrence.local,
                offset: occurrence.offset,
                shift: occurrence.shift.map(campaign::Shift::as_str),
                content: occurrence.content.to_string(),
            })
            .collect(),
        messages: i64::try_from(preview.messages).unwrap_or(i64::MAX),
        finishes_at: preview.finishes_at_ms.map(Date::from_millis),
        warnings: preview.warnings,
    })
}

/// Changes what has not gone out of a campaign.
pub(super) async fn update_campaign(
    caller: ActiveUser,
    app: App,
    input: UpdateCampaignInput,
) -> Result<CampaignDone, Error> {
    let campaign_id = input.campaign_id.clone();
    app.campaigns
        .edit(&caller.0.id, &campaign_id, input.into())
        .await?;
    Ok(CampaignDone {
        success: true,
        campaign_id,
    })
}

/// Cancels what was not sent of a campaign, and lists it no more.
pub(super) async fn delete_campaign(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<Success, Error> {
    app.campaigns
        .delete(&caller.0.id, &input.campaign_id)
        .await?;
    Ok(DONE)
}

/// Campaigns of which something is still to come, the newest first.
pub(super) async fn get_campaigns(
    caller: ActiveUser,
    app: App,
    input: Option<CampaignsInput>,
) -> Result<Vec<ListedCampaign>, Error> {
    list(&caller, &app, input, Listed::Open).await
}

/// Campaigns that are over, the last one first.
pub(super) async fn get_completed_campaigns(
    caller: ActiveUser,
    app: App,
    input: Option<CampaignsInput>,
) -> Result<Vec<ListedCampaign>, Error> {
    list(&caller, &app, input, Listed::Over).await
}

async fn list(
    caller: &ActiveUser,
    app: &App,
    input: Option<CampaignsInput>,
    listed: Listed,
) -> Result<Vec<ListedCampaign>, Error> {
    let user_id = &caller.0.id;
    let campaigns = app.campaigns.list(user_id, listed).await?;
    let mut messages: std::collections::HashMap<String, Vec<ListedMessage>> =
        std::collections::HashMap::new();
    if input.is_none_or(|input| input.messages) {
        for message in app
            .store
            .message_list(user_id, listed, MESSAGES_AT_MOST)
            .await?
        {
            messages
                .entry(message.campaign_id.clone())
                .or_default()
                .push(message.into());
        }
    }
    let listed = campaigns.into_iter().map(|seen| ListedCampaign {
        messages: messages.remove(&seen.campaign.id).unwrap_or_default(),
        campaign: seen.into(),
    });
    Ok(listed.collect())
}

/// A campaign with its books.
pub(super) async fn get_campaign(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<CampaignItem, Error> {
    Ok(app
        .campaigns
        .seen(&caller.0.id, &input.campaign_id)
        .await?
        .into())
}

/// Whom a campaign goes to, in the order given.
pub(super) async fn get_campaign_recipients(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<Vec<CampaignRecipient>, Error> {
    let campaign = app
        .campaigns
        .by_id(&caller.0.id, &input.campaign_id)
        .await?;
    let recipients = app
        .store
        .campaign_recipients(&caller.0.id, &campaign.id)
        .await?;
    let recipients = recipients.into_iter().map(|recipient| CampaignRecipient {
        chat_id: recipient.chat_id,
        name: recipient.name,
    });
    Ok(recipients.collect())
}

/// What became of each message of a campaign, by time.
pub(super) async fn get_campaign_messages(
    caller: ActiveUser,
    app: App,
    input: CampaignMessagesInput,
) -> Result<CampaignMessages, Error> {
    let campaign = app
        .campaigns
        .by_id(&caller.0.id, &input.campaign_id)
        .await?;
    let limit = input.limit.min(PAGE_AT_MOST);
    // One more than asked for tells whether there is a next page.
    let mut found = app
        .store
        .message_page(
            &caller.0.id,
            &campaign.id,
            input.status,
            limit + 1,
            input.cursor,
        )
        .await?;
    let kept = usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = (found.len() > kept).then(|| input.cursor.saturating_add(limit));
    found.truncate(kept);
    Ok(CampaignMessages {
        items: found.into_iter().map(CampaignMessage::from).collect(),
        next_cursor,
    })
}

/// Sends nothing more of a campaign until it is resumed.
pub(super) async fn pause_campaign(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<Success, Error> {
    app.campaigns
        .pause(&caller.0.id, &input.campaign_id)
        .await?;
    Ok(DONE)
}

/// Lets a campaign go on that was paused, by its owner or by itself.
pub(super) async fn resume_campaign(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<Success, Error> {
    app.campaigns
        .resume(&caller.0.id, &input.campaign_id)
        .await?;
    Ok(DONE)
}

/// Ends a campaign; what was sent stays listed.
pub(super) async fn cancel_campaign(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<Success, Error> {
    app.campaigns
        .cancel(&caller.0.id, &input.campaign_id)
        .await?;
    Ok(DONE)
}

/// Sends the next occurrence of a campaign now, under the account's limits.
pub(super) async fn send_campaign_now(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<Success, Error> {
    app.campaigns
        .send_now(&caller.0.id, &input.campaign_id)
        .await?;
    Ok(DONE)
}

/// Settles a message of which nobody knows whether it went out.
pub(super) async fn resolve_unknown(
    caller: ActiveUser,
    app: App,
    input: ResolveInput,
) -> Result<Success, Error> {
    app.campaigns
        .resolve(&caller.0.id, &input.message_id, input.r#as)
        .await?;
    Ok(DONE)
}

/// Sends a text to the account's own number, to see how it looks.
pub(super) async fn send_test(
    caller: ActiveUser,
    app: App,
    input: SendTestInput,
) -> Result<Success, Error> {
    let user = &caller.0;
    app.campaigns
        .send_test(
            &user.id,
            &user.name,
            &input.session_id,
            &input.message_template,
        )
        .await?;
    Ok(DONE)
}

/// What became of each message of a campaign, for a spreadsheet.
pub(super) async fn export_campaign(
    caller: ActiveUser,
    app: App,
    input: CampaignInput,
) -> Result<CampaignExport, Error> {
    let campaign = app
        .campaigns
        .by_id(&caller.0.id, &input.campaign_id)
        .await?;
    let messages = app
        .store
        .message_page(&caller.0.id, &campaign.id, None, ALL, 0)
        .await?;
    let instant = |ms: Option<i64>| {
        let instant = ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        instant.map_or_else(String::new, |instant| instant.to_string())
    };
    let rows = messages.into_iter().map(|message| {
        [
            message.name.unwrap_or_default(),
            message.chat_id,
            message.status,
            message.reason.unwrap_or_default(),
            instant(Some(message.scheduled_at)),
            instant(message.sent_at),
            instant(message.delivered_at),
            instant(message.read_at),
            message.attempts.to_string(),
            message.content,
        ]
    });
    let headings = [
        "name",
        "id",
        "status",
        "reason",
        "scheduled",
        "sent",
        "delivered",
        "read",
        "attempts",
        "text",
    ];
    Ok(CampaignExport {
        csv: table(headings, rows),
    })
}

impl From<CampaignError> for Error {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::NoSession => Self::new(
                Code::NotFound,
                "You have no such WhatsApp session. getWhatsAppSession tells yours.",
            ),
            // The contract's text.
            CampaignError::NotFound => {
                Self::new(Code::NotFound, "Campaign not found or access denied")
            }
            CampaignError::NoMessage => Self::new(Code::NotFound, "You have no such message."),
            CampaignError::Fields(errors) => {
                Self::bad_fields(errors.iter().map(|error| (error.field, error.to_string())))
            }
            // The contract's text.
            CampaignError::AlreadySent => Self::new(
                Code::PreconditionFailed,
                "Cannot edit campaign with messages that have already been sent",
            ),
            CampaignError::WrongState { status, what } => {
                let way = match what {
                    "resumed" => "Only a paused campaign can be.",
                    "sent now" => {
                        "Only a campaign that is scheduled or in progress can be, while it has messages left."
                    }
                    _ => "It is over. Make a new one.",
                };
                Self::new(
                    Code::Conflict,
                    format!("A campaign that is {status} cannot be {what}. {way}"),
                )
            }
            CampaignError::NotUnknown => Self::new(
                Code::Conflict,
                "It is known what became of this message, or its campaign is cancelled: there is nothing to settle.",
            ),
            CampaignError::CannotSend(words) => Self::new(
                Code::PreconditionFailed,
                format!("This cannot be sent now: it waits for {words}."),
            ),
            CampaignError::NoOwnNumber => Self::new(
                Code::PreconditionFailed,
                "Your account's own number is not known yet. Set it with updateSessionPhone.",
            ),
            CampaignError::NotSent(reason) => Self::new(Code::BadGateway, reason),
            CampaignError::Store(error) => error.into(),
            CampaignError::Broken(error) => {
                tracing::error!(%error, "the planner broke");
                Code::InternalServerError.into()
            }
        }
    }
}
