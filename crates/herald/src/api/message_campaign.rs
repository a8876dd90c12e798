//! `messageCampaign.*`: the original's five procedures (`docs/wire/original-system.md`, section 5)
//! and what came to them.

mod input;
mod output;

use superjson::Date;
use trpc_axum::Error;

use super::guard::ActiveUser;
use crate::{app::App, campaign, store::Listed, table::table};

use input::{
    CampaignInput, CampaignMessagesInput, CampaignsInput, CreateCampaignInput,
    PreviewCampaignInput, ResolveInput, SendTestInput, UpdateCampaignInput,
};
pub(super) use output::CampaignBooks;
use output::{
    CampaignDone, CampaignExport, CampaignItem, CampaignMessage, CampaignMessages, CampaignPreview,
    CampaignRecipient, DONE, ListedCampaign, ListedMessage, PreviewOccurrence, Success,
};

/// Messages of one answer of the original's two lists; a client that wants more pages through
/// `getCampaignMessages`.
const MESSAGES_AT_MOST: i64 = 20_000;
/// Rows of one page.
const PAGE_AT_MOST: i64 = 1000;
/// A campaign has fewer messages than this.
const ALL: i64 = 1_000_000;

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
