//! Campaigns: what users asked for, and the messages that it comes to.

mod change;

use std::collections::HashMap;

use sqlx::FromRow;

use super::{Store, StoreError, Transaction, sql};

pub(super) use change::pause;
pub use change::{Changed, Edit, NewCampaign, NewMessage};

/// A campaign with the group that old clients see it under. Texts are not for logs.
#[derive(Clone, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the table, which says what they are"
)]
pub struct Campaign {
    pub id: String,
    pub user_id: String,
    pub session_id: String,
    pub group_row: String,
    pub group_id: String,
    pub group_name: String,
    #[sqlx(flatten)]
    pub asked: Asked,
    pub status: String,
    pub pause_reason: Option<String>,
    pub resumed_at: i64,
    pub planned: i64,
    pub recipients: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// What its owner asked for.
#[derive(Clone, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the table, which says what they are"
)]
pub struct Asked {
    pub title: Option<String>,
    pub target_amount: Option<String>,
    pub start_day: String,
    pub end_day: String,
    pub starts_at: i64,
    pub ends_at: i64,
    pub message_time: String,
    pub time_zone: String,
    pub message_template: String,
    pub is_free_form: bool,
    pub is_recurring: bool,
    pub recurrence: String,
    pub sequence: Option<bool>,
    pub audience_type: String,
    pub has_recipients: bool,
    pub late_minutes: i64,
}

/// The user, session and id of a campaign that is made or changed.
#[derive(Clone, Copy)]
pub struct CampaignKey<'a> {
    /// Whose.
    pub user_id: &'a str,
    /// Through which session.
    pub session_id: &'a str,
    /// Its id.
    pub id: &'a str,
}

/// A chat that a campaign goes to.
#[derive(Clone, PartialEq, Eq, FromRow)]
pub struct CampaignRecipient {
    /// WhatsApp's id.
    pub chat_id: String,
    /// The name that stands in texts.
    pub name: Option<String>,
}

/// A campaign's messages by what became of them; all but `planned` are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a status of messages")]
pub struct Books {
    pub planned: i64,
    pub scheduled: i64,
    pub sending: i64,
    pub sent: i64,
    pub failed: i64,
    pub unknown: i64,
    pub skipped: i64,
    pub cancelled: i64,
}

impl Books {
    fn add(&mut self, status: &str, count: i64) {
        match status {
            "scheduled" => self.scheduled += count,
            "sending" => self.sending += count,
            "sent" => self.sent += count,
            "failed" => self.failed += count,
            "unknown" => self.unknown += count,
            "skipped" => self.skipped += count,
            "cancelled" => self.cancelled += count,
            _ => {}
        }
    }

    /// Whether every planned message is somewhere: always.
    pub const fn balance(&self) -> bool {
        self.planned
            == self.scheduled
                + self.sending
                + self.sent
                + self.failed
                + self.unknown
                + self.skipped
                + self.cancelled
    }
}

/// A message as its owner sees it.
#[derive(Clone, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the table, which says what they are"
)]
pub struct Message {
    pub id: String,
    pub campaign_id: String,
    pub chat_id: String,
    pub name: Option<String>,
    pub content: String,
    pub day: String,
    pub scheduled_at: i64,
    pub sent_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub read_at: Option<i64>,
    pub status: String,
    pub reason: Option<String>,
    pub attempts: i64,
}

/// A chat that campaigns of a session go to, with one that is under way; without, `campaign` is
/// `None`.
#[derive(Clone, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the tables, which say what they are"
)]
pub struct GroupWithCampaign {
    pub id: String,
    pub group_id: String,
    pub group_name: String,
    pub session_id: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub campaign: Option<String>,
    pub status: Option<String>,
    pub starts_at: Option<i64>,
}

/// Which campaigns a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Those with something still to come.
    Open,
    /// Those that are over.
    Over,
}

/// A campaign that is being edited, with its session's row and its own held.
pub struct Edited {
    /// As it stands.
    pub campaign: Campaign,
    /// Where it goes.
    pub recipients: Vec<CampaignRecipient>,
    /// The day, chat and status of every message that is not cancelled.
    pub messages: Vec<(String, String, String)>,
}

impl Store {
    /// A campaign as an edit would find it now.
    pub async fn campaign_as_edited(
        &self,
        user_id: &str,
        id: &str,
    ) -> Result<Option<Edited>, StoreError> {
        let Some(campaign) = self.campaign_by_id(user_id, id).await? else {
            return Ok(None);
        };
        let mut transaction = self.begin_reading().await?;
        Ok(Some(edited(&mut transaction, campaign).await?))
    }

    /// The user's campaign of this id.
    pub async fn campaign_by_id(
        &self,
        user_id: &str,
        id: &str,
    ) -> Result<Option<Campaign>, StoreError> {
        Ok(sql!(
            self,
            fetch_optional<Campaign>,
            "SELECT campaigns.*, whatsapp_groups.group_id, whatsapp_groups.group_name,
                    (SELECT COUNT(*) FROM campaign_recipients WHERE campaign_id = campaigns.id) AS recipients
             FROM campaigns JOIN whatsapp_groups ON whatsapp_groups.id = campaigns.group_row
             WHERE campaigns.user_id = $1 AND campaigns.id = $2 AND campaigns.deleted_at IS NULL",
            user_id,
            id,
        )?)
    }

    /// The user's campaigns: open ones by creation, the newest first, and those that are over by
    /// their end, the last first.
    pub async fn campaign_list(
        &self,
        user_id: &str,
        listed: Listed,
    ) -> Result<Vec<Campaign>, StoreError> {
        Ok(match listed {
            Listed::Open => sql!(
                self,
                fetch_all<Campaign>,
                "SELECT campaigns.*, whatsapp_groups.group_id, whatsapp_groups.group_name,
                    (SELECT COUNT(*) FROM campaign_recipients WHERE campaign_id = campaigns.id) AS recipients
                 FROM campaigns JOIN whatsapp_groups ON whatsapp_groups.id = campaigns.group_row
                 WHERE campaigns.user_id = $1 AND campaigns.deleted_at IS NULL
                   AND campaigns.status NOT IN ('COMPLETED', 'CANCELLED', 'FAILED')
                 ORDER BY campaigns.created_at DESC, campaigns.id DESC",
                user_id,
            )?,
            Listed::Over => sql!(
                self,
                fetch_all<Campaign>,
                "SELECT campaigns.*, whatsapp_groups.group_id, whatsapp_groups.group_name,
                    (SELECT COUNT(*) FROM campaign_recipients WHERE campaign_id = campaigns.id) AS recipients
                 FROM campaigns JOIN whatsapp_groups ON whatsapp_groups.id = campaigns.group_row
                 WHERE campaigns.user_id = $1 AND campaigns.deleted_at IS NULL
                   AND campaigns.status IN ('COMPLETED', 'CANCELLED', 'FAILED')
                 ORDER BY campaigns.ends_at DESC, campaigns.id DESC",
                user_id,
            )?,
        })
    }

    /// Where a campaign goes, in the order given.
    pub async fn campaign_recipients(
        &self,
        user_id: &str,
        id: &str,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        Ok(sql!(self, fetch_all<CampaignRecipient>,
            "SELECT campaign_recipients.chat_id, campaign_recipients.name
             FROM campaign_recipients JOIN campaigns ON campaigns.id = campaign_recipients.campaign_id
             WHERE campaigns.user_id = $1 AND campaigns.id = $2 AND campaigns.deleted_at IS NULL
             ORDER BY campaign_recipients.position",
            user_id, id,
        )?)
    }

    /// The books of the user's campaigns that are listed so.
    pub async fn campaign_books(
        &self,
        user_id: &str,
        listed: Listed,
    ) -> Result<HashMap<String, Books>, StoreError> {
        let over = listed == Listed::Over;
        let counted = sql!(
            self,
            fetch_all<(String, i64, String, i64)>,
            "SELECT campaigns.id, campaigns.planned, messages.status, COUNT(*)
             FROM campaigns JOIN messages ON messages.campaign_id = campaigns.id
             WHERE campaigns.user_id = $1 AND campaigns.deleted_at IS NULL
               AND (campaigns.status IN ('COMPLETED', 'CANCELLED', 'FAILED')) = $2
             GROUP BY campaigns.id, campaigns.planned, messages.status",
            user_id,
            over,
        )?;
        let mut books: HashMap<String, Books> = HashMap::new();
        for (id, planned, status, count) in counted {
            let one = books.entry(id).or_default();
            one.planned = planned;
            one.add(&status, count);
        }
        Ok(books)
    }

    /// When one of the user's campaigns changed last, in milliseconds since 1970.
    pub async fn campaign_changed_at(&self, user_id: &str) -> Result<Option<i64>, StoreError> {
        let (changed_at,) = sql!(
            self,
            fetch_one<(Option<i64>,)>,
            "SELECT MAX(updated_at) FROM campaigns WHERE user_id = $1",
            user_id
        )?;
        Ok(changed_at)
    }

    /// The books of one campaign.
    pub async fn campaign_books_of(&self, campaign: &Campaign) -> Result<Books, StoreError> {
        let counted = sql!(
            self,
            fetch_all<(String, i64)>,
            "SELECT status, COUNT(*) FROM messages WHERE user_id = $1 AND campaign_id = $2 GROUP BY status",
            &campaign.user_id,
            &campaign.id,
        )?;
        let mut books = Books {
            planned: campaign.planned,
            ..Books::default()
        };
        for (status, count) in counted {
            books.add(&status, count);
        }
        Ok(books)
    }

    /// The chats that campaigns of the user's session go to, each with every campaign of it that is
    /// scheduled or in progress.
    pub async fn campaign_groups(
        &self,
        user_id: &str,
        session_id: &str,
    ) -> Result<Vec<GroupWithCampaign>, StoreError> {
        Ok(sql!(self, fetch_all<GroupWithCampaign>,
            "SELECT whatsapp_groups.id, whatsapp_groups.group_id, whatsapp_groups.group_name, whatsapp_groups.session_id,
                    whatsapp_groups.created_at, whatsapp_groups.updated_at, open.id AS campaign, open.status, open.starts_at
             FROM whatsapp_groups
             LEFT JOIN (SELECT campaigns.id, campaigns.status, campaigns.starts_at, campaigns.created_at, campaign_recipients.chat_id
                        FROM campaigns JOIN campaign_recipients ON campaign_recipients.campaign_id = campaigns.id
                        WHERE campaigns.session_id = $2 AND campaigns.deleted_at IS NULL
                          AND campaigns.status IN ('SCHEDULED', 'IN_PROGRESS')) AS open
               ON open.chat_id = whatsapp_groups.group_id
             WHERE whatsapp_groups.user_id = $1 AND whatsapp_groups.session_id = $2
             ORDER BY whatsapp_groups.created_at, whatsapp_groups.id, open.created_at, open.id",
            user_id, session_id,
        )?)
    }

    /// A page of a campaign's messages by time; all, or those of a status.
    pub async fn message_page(
        &self,
        user_id: &str,
        campaign_id: &str,
        status: Option<&str>,
        limit: i64,
        cursor: i64,
    ) -> Result<Vec<Message>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<Message>,
            "SELECT messages.* FROM messages
             WHERE user_id = $1 AND campaign_id = $2 AND ($3 = '' OR status = $3)
             ORDER BY scheduled_at, position LIMIT $4 OFFSET $5",
            user_id,
            campaign_id,
            status.unwrap_or_default(),
            limit,
            cursor,
        )?)
    }

    /// The messages of the user's campaigns that are listed so, by campaign and time, up to a
    /// number in all.
    pub async fn message_list(
        &self,
        user_id: &str,
        listed: Listed,
        limit: i64,
    ) -> Result<Vec<Message>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<Message>,
            "SELECT messages.* FROM messages JOIN campaigns ON campaigns.id = messages.campaign_id
             WHERE campaigns.user_id = $1 AND campaigns.deleted_at IS NULL
               AND (campaigns.status IN ('COMPLETED', 'CANCELLED', 'FAILED')) = $2
             ORDER BY messages.campaign_id DESC, messages.scheduled_at, messages.position LIMIT $3",
            user_id,
            listed == Listed::Over,
            limit,
        )?)
    }
}

async fn edited(
    mut transaction: &mut Transaction,
    campaign: Campaign,
) -> Result<Edited, StoreError> {
    let recipients = sql!(
        in transaction,
        fetch_all<CampaignRecipient>,
        "SELECT chat_id, name FROM campaign_recipients WHERE campaign_id = $1 ORDER BY position",
        &campaign.id
    )?;
    let messages = sql!(
        in transaction,
        fetch_all<(String, String, String)>,
        "SELECT day, chat_id, status FROM messages WHERE campaign_id = $1 AND status <> 'cancelled'",
        &campaign.id
    )?;
    Ok(Edited {
        campaign,
        recipients,
        messages,
    })
}
