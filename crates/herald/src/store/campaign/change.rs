//! Campaigns made, edited, paused, resumed, cancelled: each change with the session's row held.

use sqlx::QueryBuilder;

use super::{Asked, Campaign, CampaignKey, CampaignRecipient, Edited, edited};
use crate::store::{Store, StoreError, Transaction, queue, sql};

/// Rows of one INSERT: twenty values each stay below what either database lets one statement bind.
const ROWS_AT_ONCE: usize = 1000;
const OVER: &str = "COMPLETED,CANCELLED,FAILED";

/// A row of the queue to be.
pub struct NewMessage {
    /// Its id.
    pub id: String,
    /// The id on WhatsApp.
    pub whatsapp_id: String,
    /// Where it goes.
    pub chat_id: String,
    /// To whom.
    pub name: Option<String>,
    /// `group`, `known` or `new`.
    pub audience: &'static str,
    /// The occurrence's civil date.
    pub day: String,
    /// When it is due, in milliseconds since 1970.
    pub scheduled_at: i64,
    /// When the plan lets it leave.
    pub leaves_at: Option<i64>,
    /// Its text.
    pub content: std::sync::Arc<str>,
}

/// A campaign that is to be made.
#[derive(Clone, Copy)]
pub struct NewCampaign<'a> {
    /// Whose, through which session, and its id.
    pub key: CampaignKey<'a>,
    /// What its owner asked for.
    pub asked: &'a Asked,
    /// Its groups, with ids for those that no campaign of the session has gone to before; it is
    /// listed under the first.
    pub groups: &'a [(String, CampaignRecipient)],
    /// Where it goes.
    pub recipients: &'a [CampaignRecipient],
    /// Its messages, in the plan's order.
    pub messages: &'a [NewMessage],
    /// The client's own name for the call.
    pub request_id: Option<&'a str>,
}

/// What became of a change of a campaign's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is done.
    Done,
    /// The user has no such campaign.
    NotFound,
    /// In this state that cannot be done.
    WrongState,
}

/// What an edit makes of it.
pub struct Edit {
    /// What its owner asks for now.
    pub asked: Asked,
    /// Where it goes now.
    pub recipients: Vec<CampaignRecipient>,
    /// In place of all that is still scheduled.
    pub messages: Vec<NewMessage>,
}

/// Runs one INSERT of many rows on whichever database is open.
macro_rules! insert_rows {
    ($transaction:ident, $head:literal, $rows:expr, $bind:expr) => {
        match $transaction {
            Transaction::Sqlite(on) => {
                let mut insert = QueryBuilder::new($head);
                insert.push_values($rows, $bind);
                insert.build().execute(&mut **on).await.map(drop)
            }
            Transaction::Postgres(on) => {
                let mut insert = QueryBuilder::new($head);
                insert.push_values($rows, $bind);
                insert.build().execute(&mut **on).await.map(drop)
            }
        }
    };
}

impl Store {
    /// Makes a campaign with all its messages, unless the same call has made one: its id.
    pub async fn campaign_create(
        &self,
        new: NewCampaign<'_>,
        now: i64,
    ) -> Result<String, StoreError> {
        let NewCampaign {
            key,
            asked,
            groups,
            recipients,
            messages,
            request_id,
        } = new;
        let mut transaction = self.begin().await?;
        // One after another, so that the second of two equal calls finds what the first has made.
        queue::hold(&mut transaction, key.session_id).await?;
        let made = sql!(
            in transaction,
            fetch_optional<(String,)>,
            "SELECT id FROM campaigns WHERE user_id = $1 AND request_id = $2",
            key.user_id,
            request_id,
        )?;
        if let Some((id,)) = made {
            return Ok(id);
        }
        let group_row = ensure_groups(&mut transaction, key, groups, now).await?;
        let planned = i64::try_from(messages.len()).unwrap_or(i64::MAX);
        sql!(in transaction, execute,
            "INSERT INTO campaigns (id, user_id, session_id, group_row, title, target_amount, start_day, end_day, starts_at, ends_at,
                                    message_time, time_zone, message_template, is_free_form, is_recurring, recurrence, sequence,
                                    audience_type, has_recipients, late_minutes, status, resumed_at, planned, request_id, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, 'SCHEDULED', $22, $21, $23,
                     $22, $22)",
            key.id, key.user_id, key.session_id, &group_row, &asked.title, &asked.target_amount, &asked.start_day, &asked.end_day,
            asked.starts_at, asked.ends_at, &asked.message_time, &asked.time_zone, &asked.message_template, asked.is_free_form,
            asked.is_recurring, &asked.recurrence, asked.sequence, &asked.audience_type, asked.has_recipients, asked.late_minutes,
            planned, now, request_id,
        )?;
        add_recipients(&mut transaction, key.id, recipients).await?;
        add_messages(&mut transaction, key, messages, 0, now).await?;
        queue::wake(&mut transaction, key.session_id, now).await?;
        transaction.commit().await?;
        Ok(key.id.to_owned())
    }

    /// Edits a campaign: `edit` is given it as it stands, with nothing able to leave meanwhile, and
    /// what it refuses changes nothing.
    pub async fn campaign_edit<E>(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
        edit: impl FnOnce(Edited) -> Result<Edit, E>,
    ) -> Result<Option<Result<(), E>>, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(campaign) = held(&mut transaction, user_id, id).await? else {
            return Ok(None);
        };
        let session_id = campaign.session_id.clone();
        let found = edited(&mut transaction, campaign).await?;
        let edited = match edit(found) {
            Ok(edited) => edited,
            Err(error) => return Ok(Some(Err(error))),
        };
        sql!(in transaction, execute, "DELETE FROM messages WHERE campaign_id = $1 AND status = 'scheduled'", id)?;
        sql!(in transaction, execute, "DELETE FROM campaign_recipients WHERE campaign_id = $1", id)?;
        add_recipients(&mut transaction, id, &edited.recipients).await?;
        let key = CampaignKey {
            user_id,
            session_id: &session_id,
            id,
        };
        let (first,) = sql!(in transaction, fetch_one<(i64,)>,
            "SELECT COALESCE(MAX(position), -1) + 1 FROM messages WHERE campaign_id = $1", id)?;
        add_messages(&mut transaction, key, &edited.messages, first, now).await?;
        let asked = &edited.asked;
        sql!(in transaction, execute,
            "UPDATE campaigns
             SET title = $2, target_amount = $3, start_day = $4, end_day = $5, starts_at = $6, ends_at = $7, message_time = $8,
                 time_zone = $9, message_template = $10, is_free_form = $11, is_recurring = $12, recurrence = $13, sequence = $14,
                 audience_type = $15, has_recipients = $16, late_minutes = $17, updated_at = $18,
                 planned = (SELECT COUNT(*) FROM messages WHERE campaign_id = $1)
             WHERE id = $1",
            id, &asked.title, &asked.target_amount, &asked.start_day, &asked.end_day, asked.starts_at, asked.ends_at,
            &asked.message_time, &asked.time_zone, &asked.message_template, asked.is_free_form, asked.is_recurring,
            &asked.recurrence, asked.sequence, &asked.audience_type, asked.has_recipients, asked.late_minutes, now,
        )?;
        queue::wake(&mut transaction, &session_id, now).await?;
        transaction.commit().await?;
        Ok(Some(Ok(())))
    }

    /// Pauses a campaign that is under way; `None` for a reason is the owner's wish.
    pub async fn campaign_pause(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(campaign) = held(&mut transaction, user_id, id).await? else {
            return Ok(Changed::NotFound);
        };
        match campaign.status.as_str() {
            "PAUSED" => return Ok(Changed::Done),
            "SCHEDULED" | "IN_PROGRESS" => {}
            _ => return Ok(Changed::WrongState),
        }
        pause(&mut transaction, id, None, now).await?;
        transaction.commit().await?;
        Ok(Changed::Done)
    }

    /// Lets a campaign that pauses go on; failures up to now do not count any more.
    pub async fn campaign_resume(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(campaign) = held(&mut transaction, user_id, id).await? else {
            return Ok(Changed::NotFound);
        };
        match campaign.status.as_str() {
            "SCHEDULED" | "IN_PROGRESS" => return Ok(Changed::Done),
            "PAUSED" => {}
            _ => return Ok(Changed::WrongState),
        }
        sql!(in transaction, execute,
            "UPDATE campaigns SET pause_reason = NULL, resumed_at = $2, updated_at = $2,
                    status = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE campaign_id = $1 AND left_at IS NOT NULL)
                             THEN 'IN_PROGRESS' ELSE 'SCHEDULED' END
             WHERE id = $1",
            id, now,
        )?;
        queue::end_hold(&mut transaction, "campaign", id, now).await?;
        queue::finish(&mut transaction, id, now).await?;
        queue::wake(&mut transaction, &campaign.session_id, now).await?;
        transaction.commit().await?;
        Ok(Changed::Done)
    }

    /// Cancels what a campaign has not sent yet.
    pub async fn campaign_cancel(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(campaign) = held(&mut transaction, user_id, id).await? else {
            return Ok(Changed::NotFound);
        };
        match campaign.status.as_str() {
            "CANCELLED" => return Ok(Changed::Done),
            "COMPLETED" | "FAILED" => return Ok(Changed::WrongState),
            _ => {}
        }
        cancel(&mut transaction, id, now).await?;
        transaction.commit().await?;
        Ok(Changed::Done)
    }

    /// Cancels what a campaign has not sent yet, and shows it no more.
    pub async fn campaign_delete(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(campaign) = held(&mut transaction, user_id, id).await? else {
            return Ok(Changed::NotFound);
        };
        if !OVER.split(',').any(|over| over == campaign.status) {
            cancel(&mut transaction, id, now).await?;
        }
        sql!(in transaction, execute, "UPDATE campaigns SET deleted_at = $2, updated_at = $2 WHERE id = $1", id, now)?;
        transaction.commit().await?;
        Ok(Changed::Done)
    }

    /// Makes the next occurrence of a campaign due now. `WrongState` if it is not under way or has
    /// none left.
    pub async fn campaign_send_now(
        &self,
        user_id: &str,
        id: &str,
        now: i64,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let Some(campaign) = held(&mut transaction, user_id, id).await? else {
            return Ok(Changed::NotFound);
        };
        if !matches!(campaign.status.as_str(), "SCHEDULED" | "IN_PROGRESS") {
            return Ok(Changed::WrongState);
        }
        let moved = sql!(in transaction, execute,
            "UPDATE messages SET scheduled_at = $2, leaves_at = NULL, due_at = $2, updated_at = $2
             WHERE campaign_id = $1 AND status = 'scheduled'
               AND day = (SELECT MIN(day) FROM messages WHERE campaign_id = $1 AND status = 'scheduled')",
            id, now,
        )?;
        if moved == 0 {
            return Ok(Changed::WrongState);
        }
        queue::wake(&mut transaction, &campaign.session_id, now).await?;
        transaction.commit().await?;
        Ok(Changed::Done)
    }

    /// Settles a message of which nobody knew whether it went out, as its owner says: `sent`,
    /// `failed`, or `scheduled` to send it again.
    pub async fn message_resolve(
        &self,
        user_id: &str,
        id: &str,
        status: &'static str,
        now: i64,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let found = sql!(in transaction, fetch_optional<(String,)>,
            "SELECT campaign_id FROM messages WHERE user_id = $1 AND id = $2", user_id, id)?;
        let Some((campaign_id,)) = found else {
            return Ok(Changed::NotFound);
        };
        let Some(campaign) = held(&mut transaction, user_id, &campaign_id).await? else {
            return Ok(Changed::NotFound);
        };
        if status == "scheduled" && campaign.status == "CANCELLED" {
            return Ok(Changed::WrongState);
        }
        // Sent again, it is late by its owner's wish: it counts as due now.
        let resolved = sql!(in transaction, execute,
            "UPDATE messages
             SET status = $2, settled_at = CASE WHEN $2 = 'scheduled' THEN NULL ELSE $3 END,
                 sent_at = CASE WHEN $2 = 'sent' THEN COALESCE(sent_at, left_at) ELSE sent_at END,
                 scheduled_at = CASE WHEN $2 = 'scheduled' THEN $3 ELSE scheduled_at END,
                 leaves_at = CASE WHEN $2 = 'scheduled' THEN $3 ELSE leaves_at END,
                 due_at = CASE WHEN $2 = 'scheduled' THEN $3 ELSE due_at END,
                 reason = CASE $2 WHEN 'scheduled' THEN NULL ELSE 'You said so.' END, updated_at = $3
             WHERE id = $1 AND status = 'unknown'",
            id, status, now,
        )?;
        if resolved == 0 {
            return Ok(Changed::WrongState);
        }
        if status == "scheduled" {
            sql!(in transaction, execute,
                "UPDATE campaigns SET status = 'IN_PROGRESS', updated_at = $2
                 WHERE id = $1 AND status IN ('COMPLETED', 'FAILED')",
                &campaign_id, now,
            )?;
            queue::wake(&mut transaction, &campaign.session_id, now).await?;
        } else {
            queue::finish(&mut transaction, &campaign_id, now).await?;
        }
        transaction.commit().await?;
        Ok(Changed::Done)
    }
}

/// The user's campaign, its session's row held: nothing of it is claimed or settled meanwhile.
async fn held(
    mut transaction: &mut Transaction,
    user_id: &str,
    id: &str,
) -> Result<Option<Campaign>, StoreError> {
    let found = sql!(in transaction, fetch_optional<(String,)>,
        "SELECT session_id FROM campaigns WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL", user_id, id)?;
    let Some((session_id,)) = found else {
        return Ok(None);
    };
    queue::hold(transaction, &session_id).await?;
    Ok(sql!(in transaction, fetch_optional<Campaign>,
        "SELECT campaigns.*, whatsapp_groups.group_id, whatsapp_groups.group_name,
                    (SELECT COUNT(*) FROM campaign_recipients WHERE campaign_id = campaigns.id) AS recipients
         FROM campaigns JOIN whatsapp_groups ON whatsapp_groups.id = campaigns.group_row
         WHERE campaigns.user_id = $1 AND campaigns.id = $2 AND campaigns.deleted_at IS NULL",
        user_id, id,
    )?)
}

/// Pauses a campaign, whose session's row is held.
pub(in crate::store) async fn pause(
    mut transaction: &mut Transaction,
    id: &str,
    reason: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    sql!(in transaction, execute,
        "UPDATE campaigns SET status = 'PAUSED', pause_reason = $2, updated_at = $3 WHERE id = $1", id, reason, now)?;
    queue::begin_hold(transaction, "campaign", id, now).await
}

async fn cancel(mut transaction: &mut Transaction, id: &str, now: i64) -> Result<(), StoreError> {
    sql!(in transaction, execute,
        "UPDATE messages SET status = 'cancelled', reason = 'The campaign was cancelled.', settled_at = $2, updated_at = $2
         WHERE campaign_id = $1 AND status = 'scheduled'",
        id, now,
    )?;
    sql!(in transaction, execute,
        "UPDATE campaigns SET status = 'CANCELLED', pause_reason = NULL, updated_at = $2 WHERE id = $1", id, now)?;
    queue::end_hold(transaction, "campaign", id, now).await
}

/// The row of the first of the groups; all of them are there afterwards, under their newest names.
async fn ensure_groups(
    mut transaction: &mut Transaction,
    key: CampaignKey<'_>,
    groups: &[(String, CampaignRecipient)],
    now: i64,
) -> Result<String, StoreError> {
    let mut first = None;
    for (new_id, group) in groups {
        let name = group.name.as_deref().unwrap_or(&group.chat_id);
        let (id,) = sql!(in transaction, fetch_one<(String,)>,
            "INSERT INTO whatsapp_groups (id, user_id, session_id, group_id, group_name, created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $6)
             ON CONFLICT (session_id, group_id) DO UPDATE SET group_name = excluded.group_name, updated_at = excluded.updated_at
             RETURNING id",
            new_id, key.user_id, key.session_id, &group.chat_id, name, now,
        )?;
        first.get_or_insert(id);
    }
    Ok(first.ok_or(sqlx::Error::RowNotFound)?)
}

async fn add_recipients(
    transaction: &mut Transaction,
    campaign_id: &str,
    recipients: &[CampaignRecipient],
) -> Result<(), StoreError> {
    let numbered: Vec<_> = (0_i64..).zip(recipients).collect();
    for rows in numbered.chunks(ROWS_AT_ONCE) {
        insert_rows!(
            transaction,
            "INSERT INTO campaign_recipients (campaign_id, position, chat_id, name) ",
            rows,
            |mut row, (position, recipient)| {
                row.push_bind(campaign_id)
                    .push_bind(*position)
                    .push_bind(&recipient.chat_id)
                    .push_bind(&recipient.name);
            }
        )?;
    }
    Ok(())
}

async fn add_messages(
    transaction: &mut Transaction,
    key: CampaignKey<'_>,
    messages: &[NewMessage],
    first: i64,
    now: i64,
) -> Result<(), StoreError> {
    let numbered: Vec<_> = (first..).zip(messages).collect();
    for rows in numbered.chunks(ROWS_AT_ONCE) {
        insert_rows!(
            transaction,
            "INSERT INTO messages (id, campaign_id, user_id, session_id, chat_id, name, audience, day, position, scheduled_at,
                                   leaves_at, due_at, content, status, whatsapp_id, created_at, updated_at) ",
            rows,
            |mut row, (position, message)| {
                row.push_bind(&message.id)
                    .push_bind(key.id)
                    .push_bind(key.user_id)
                    .push_bind(key.session_id)
                    .push_bind(&message.chat_id)
                    .push_bind(&message.name)
                    .push_bind(message.audience)
                    .push_bind(&message.day)
                    .push_bind(*position)
                    .push_bind(message.scheduled_at)
                    .push_bind(message.leaves_at)
                    .push_bind(message.scheduled_at)
                    .push_bind(&*message.content)
                    .push_bind("scheduled")
                    .push_bind(&message.whatsapp_id)
                    .push_bind(now)
                    .push_bind(now);
            }
        )?;
    }
    Ok(())
}
