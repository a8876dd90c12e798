//! What the procedures of campaigns answer.

use serde::Serialize;
use superjson::Date;
use ts_rs::TS;

use crate::{campaigns::Seen, store};

/// It is done.
#[derive(Serialize, TS)]
pub(in crate::api) struct Success {
    pub(super) success: bool,
}

pub(super) const DONE: Success = Success { success: true };

/// The campaign that was made or changed.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct CampaignDone {
    pub(super) success: bool,
    pub(super) campaign_id: String,
}

/// A campaign.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct CampaignItem {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) target_amount: Option<String>,
    /// The first day at the message's time.
    pub(super) start_date: Date,
    /// The last day at the message's time.
    pub(super) end_date: Date,
    /// The same as startDate.
    pub(super) send_time_utc: Date,
    pub(super) time_zone: String,
    pub(super) template: String,
    #[ts(
        type = "\"DRAFT\" | \"SCHEDULED\" | \"IN_PROGRESS\" | \"PAUSED\" | \"COMPLETED\" | \"CANCELLED\" | \"FAILED\""
    )]
    pub(super) status: String,
    pub(super) created_at: Date,
    pub(super) is_recurring: bool,
    #[ts(
        type = "\"DAILY\" | \"WEEKLY\" | \"SEMI_MONTHLY\" | \"MONTHLY\" | \"SEMI_ANNUALLY\" | \"ANNUALLY\""
    )]
    pub(super) recurrence: String,
    pub(super) group: CampaignGroup,
    /// The first day, as a civil date in the time zone.
    pub(super) start_day: String,
    /// The last day, as a civil date in the time zone.
    pub(super) end_day: String,
    /// The time of the day in the time zone.
    pub(super) message_time: String,
    pub(super) is_free_form: bool,
    /// Whether asterisks part the text; null is the original's rule.
    pub(super) sequence: Option<bool>,
    #[ts(type = "\"groups\" | \"individuals\"")]
    pub(super) audience_type: String,
    /// Whether it was made with recipients: its text may have every variable.
    pub(super) has_recipients: bool,
    pub(super) late_minutes: i64,
    pub(super) session_id: String,
    /// How many groups and people it goes to.
    pub(super) recipients: i64,
    /// When it, or one of its messages, changed last.
    pub(super) updated_at: Date,
    /// Why it pauses; null where its owner paused it.
    pub(super) pause_reason: Option<String>,
    pub(super) books: CampaignBooks,
    /// When its next message leaves.
    pub(super) next_at: Option<Date>,
    /// What that one waits for besides its time: completes "waiting for …".
    pub(super) waiting_for: Option<String>,
}

/// The chat that a campaign is listed under.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct CampaignGroup {
    pub(super) id: String,
    pub(super) group_name: String,
    pub(super) group_id: String,
}

/// A campaign's messages by what became of them. Planned is the sum of all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub(in crate::api) struct CampaignBooks {
    pub(super) planned: i64,
    pub(super) scheduled: i64,
    pub(super) sending: i64,
    pub(super) sent: i64,
    pub(super) failed: i64,
    pub(super) unknown: i64,
    pub(super) skipped: i64,
    pub(super) cancelled: i64,
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
pub(in crate::api) struct ListedCampaign {
    #[serde(flatten)]
    pub(super) campaign: CampaignItem,
    /// By time; empty where they were not asked for.
    pub(super) messages: Vec<ListedMessage>,
}

/// A message in a list.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct ListedMessage {
    pub(super) id: String,
    pub(super) content: String,
    pub(super) scheduled_at: Date,
    pub(super) sent_at: Option<Date>,
    pub(super) is_sent: bool,
    /// Failed, unknown or skipped.
    pub(super) is_failed: bool,
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
pub(in crate::api) struct CampaignMessage {
    pub(super) id: String,
    pub(super) chat_id: String,
    pub(super) name: Option<String>,
    pub(super) content: String,
    pub(super) scheduled_at: Date,
    pub(super) sent_at: Option<Date>,
    pub(super) delivered_at: Option<Date>,
    pub(super) read_at: Option<Date>,
    #[ts(
        type = "\"scheduled\" | \"sending\" | \"sent\" | \"failed\" | \"unknown\" | \"skipped\" | \"cancelled\""
    )]
    pub(super) status: String,
    /// Why it is what it is, for each that is not sent.
    pub(super) reason: Option<String>,
    pub(super) attempts: i64,
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
pub(in crate::api) struct CampaignMessages {
    pub(super) items: Vec<CampaignMessage>,
    /// Where the next page begins; null after the last.
    pub(super) next_cursor: Option<i64>,
}

/// Whom a campaign goes to.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct CampaignRecipient {
    pub(super) chat_id: String,
    pub(super) name: Option<String>,
}

/// What a campaign would come to.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct CampaignPreview {
    pub(super) occurrences: Vec<PreviewOccurrence>,
    /// How many messages it has.
    pub(super) messages: i64,
    /// When the last of them leaves; null if some never do.
    pub(super) finishes_at: Option<Date>,
    /// What its owner should know, in sentences.
    pub(super) warnings: Vec<String>,
}

/// One time at which a campaign sends.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(in crate::api) struct PreviewOccurrence {
    pub(super) scheduled_at: Date,
    /// What the clock shows there then.
    pub(super) local: String,
    /// How far that clock is from UTC.
    pub(super) offset: String,
    /// Whether a change of the clock met it.
    #[ts(type = "\"gap\" | \"overlap\" | null")]
    pub(super) shift: Option<&'static str>,
    /// The text that its first recipient gets.
    pub(super) content: String,
}

/// A table.
#[derive(Serialize, TS)]
pub(in crate::api) struct CampaignExport {
    /// RFC 4180, with a line of headings.
    pub(super) csv: String,
}
