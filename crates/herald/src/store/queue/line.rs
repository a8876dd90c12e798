//! What decides about a session's next message, read in one transaction, and the rules that do.

use sqlx::FromRow;

use super::holds::KillSwitch;
use crate::store::{Store, StoreError, Transaction, sql};

/// A session that has something to send, or had when it was looked at last.
#[derive(Clone, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the tables, which say what they are"
)]
pub struct Sender {
    pub id: String,
    pub user_id: String,
    pub engine_name: Option<String>,
    pub unlinking: bool,
    pub status: String,
    pub cause: Option<String>,
    pub linked_at: Option<i64>,
    pub send_jitter: f64,
    pub new_chats_held_until: Option<i64>,
    pub role: String,
}

/// A message that was handed over of late.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the table, which says what they are"
)]
pub struct DepartedRow {
    pub left_at: i64,
    pub audience: String,
    pub chat_id: String,
}

/// The first of its line: of a campaign's messages to groups, to people it knows, to new ones.
#[derive(Clone, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the tables, which say what they are"
)]
pub struct Waiting {
    pub id: String,
    pub campaign_id: String,
    pub chat_id: String,
    pub audience: String,
    pub scheduled_at: i64,
    pub leaves_at: Option<i64>,
    pub due_at: i64,
    pub attempts: i64,
    pub time_zone: String,
    pub late_minutes: i64,
}

/// All that decides what a session sends next.
#[derive(Clone)]
pub struct Line {
    /// The session with its owner's role.
    pub sender: Sender,
    /// What is switched off.
    pub switched_off: Option<KillSwitch>,
    /// How many of its messages are being sent.
    pub in_flight: i64,
    /// What it has sent in the last 24 hours.
    pub departed: Vec<DepartedRow>,
    /// The first of each line.
    pub waiting: Vec<Waiting>,
}

/// A time in which nothing could leave; `None` for an end while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the table, which says what they are"
)]
pub struct HoldRow {
    pub from_at: i64,
    pub to_at: Option<i64>,
}

/// What is known of a message's chat at the moment of sending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatFacts {
    /// The word by which the person asked for no more messages.
    pub opted_out: Option<String>,
    /// The title of another campaign from which the chat has had a message today; empty without.
    pub had_today: Option<String>,
    /// The account is in the group; `None` if nobody knows.
    pub is_member: Option<bool>,
    /// The group's admins alone may send.
    pub admins_only: Option<bool>,
    /// The account is one of them.
    pub is_admin: Option<bool>,
    /// The account has blocked the person.
    pub is_blocked: Option<bool>,
    /// The person has WhatsApp.
    pub is_whatsapp: Option<bool>,
}

/// What a session does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Sends this one of [`Line::waiting`], unless the facts speak against it.
    Send(usize),
    /// Nothing before that instant; `None` if nothing is left.
    Wait(Option<i64>),
}

/// The rules by which messages are claimed.
pub trait Rules: Sync {
    /// Why a message is not sent any more after all that held it up, `None` if it may be.
    fn too_late(&self, waiting: &Waiting, holds: &[HoldRow]) -> Option<String>;
    /// What a session does next.
    fn next(&self, line: &Line) -> Next;
    /// The civil day in which the repeat guard looks, as instants; `None` where it is off.
    fn guarded_day(&self, waiting: &Waiting) -> Option<(i64, i64)>;
    /// Why the message is not sent at all, `None` if nothing speaks against it.
    fn refusal(&self, waiting: &Waiting, facts: &ChatFacts) -> Option<String>;
    /// The random part of the pause after the message that is being claimed, 0 to 1.
    fn jitter(&self) -> f64;
}

impl Store {
    /// All that decides what the user's session sends next; `None` if there is no such session.
    pub async fn queue_line(
        &self,
        user_id: &str,
        session_id: &str,
        departed_at_most: i64,
        now: i64,
    ) -> Result<Option<Line>, StoreError> {
        let mut transaction = self.begin_reading().await?;
        let found = sender(&mut transaction, session_id).await?;
        let Some(sender) = found.filter(|sender| sender.user_id == user_id) else {
            return Ok(None);
        };
        Ok(Some(
            line(&mut transaction, sender, departed_at_most, now).await?,
        ))
    }
}

pub(super) async fn sender(
    mut transaction: &mut Transaction,
    session_id: &str,
) -> Result<Option<Sender>, sqlx::Error> {
    sql!(in transaction, fetch_optional<Sender>,
        "SELECT whatsapp_sessions.*, users.role
         FROM whatsapp_sessions JOIN users ON users.id = whatsapp_sessions.user_id WHERE whatsapp_sessions.id = $1",
        session_id,
    )
}

pub(super) async fn line(
    mut transaction: &mut Transaction,
    sender: Sender,
    departed_at_most: i64,
    now: i64,
) -> Result<Line, StoreError> {
    let switched_off = sql!(in transaction, fetch_optional<KillSwitch>,
        "SELECT * FROM kill_switches
         WHERE scope = 'server' OR (scope = 'user' AND scope_id = $1) OR (scope = 'session' AND scope_id = $2)
         ORDER BY scope LIMIT 1",
        &sender.user_id, &sender.id,
    )?;
    let (in_flight,) = sql!(in transaction, fetch_one<(i64,)>,
        "SELECT COUNT(*) FROM messages WHERE session_id = $1 AND status = 'sending'", &sender.id)?;
    let day_ago = now - 24 * 60 * 60 * 1000;
    let departed = sql!(in transaction, fetch_all<DepartedRow>,
        "SELECT left_at, audience, chat_id FROM messages
         WHERE session_id = $1 AND left_at IS NOT NULL AND left_at > $2 ORDER BY left_at DESC LIMIT $3",
        &sender.id, day_ago, departed_at_most,
    )?;
    let waiting = waiting(transaction, &sender.id).await?;
    Ok(Line {
        sender,
        switched_off,
        in_flight,
        departed,
        waiting,
    })
}

/// The first of each line, of every campaign that is under way.
pub(super) async fn waiting(
    mut transaction: &mut Transaction,
    session_id: &str,
) -> Result<Vec<Waiting>, sqlx::Error> {
    sql!(in transaction, fetch_all<Waiting>,
        "SELECT messages.id, messages.campaign_id, messages.chat_id, messages.audience, messages.scheduled_at, messages.leaves_at,
                messages.due_at, messages.attempts, campaigns.time_zone, campaigns.late_minutes
         FROM campaigns JOIN messages ON messages.id IN (
             (SELECT id FROM messages WHERE campaign_id = campaigns.id AND status = 'scheduled' AND audience = 'group'
              ORDER BY due_at, position LIMIT 1),
             (SELECT id FROM messages WHERE campaign_id = campaigns.id AND status = 'scheduled' AND audience = 'known'
              ORDER BY due_at, position LIMIT 1),
             (SELECT id FROM messages WHERE campaign_id = campaigns.id AND status = 'scheduled' AND audience = 'new'
              ORDER BY due_at, position LIMIT 1))
         WHERE campaigns.session_id = $1 AND campaigns.status IN ('SCHEDULED', 'IN_PROGRESS') AND campaigns.deleted_at IS NULL
         ORDER BY messages.due_at, messages.position, messages.id",
        session_id,
    )
}

pub(super) async fn chat_facts(
    mut transaction: &mut Transaction,
    sender: &Sender,
    waiting: &Waiting,
    rules: &dyn Rules,
) -> Result<ChatFacts, StoreError> {
    let mut facts = ChatFacts::default();
    if waiting.audience == "group" {
        let group = sql!(in transaction, fetch_optional<(Option<bool>, Option<bool>, Option<bool>)>,
            "SELECT is_member, admins_only, is_admin FROM directory_groups WHERE session_id = $1 AND id = $2",
            &sender.id, &waiting.chat_id,
        )?;
        if let Some((is_member, admins_only, is_admin)) = group {
            facts = ChatFacts {
                is_member,
                admins_only,
                is_admin,
                ..facts
            };
        }
        return Ok(facts);
    }
    let person = sql!(in transaction, fetch_optional<(Option<bool>, Option<bool>)>,
        "SELECT is_blocked, is_whatsapp FROM directory_contacts WHERE session_id = $1 AND id = $2",
        &sender.id, &waiting.chat_id,
    )?;
    if let Some((is_blocked, is_whatsapp)) = person {
        facts = ChatFacts {
            is_blocked,
            is_whatsapp,
            ..facts
        };
    }
    // Whoever is known by number and by LID may have asked by either.
    let opted_out = sql!(in transaction, fetch_optional<(String,)>,
        "SELECT word FROM opt_outs
         WHERE user_id = $1
           AND (chat_id = $2 OR chat_id IN (SELECT lid FROM directory_contacts WHERE session_id = $3 AND id = $2)
                OR chat_id IN (SELECT id FROM directory_contacts WHERE session_id = $3 AND lid = $2))
         LIMIT 1",
        &sender.user_id,
        &waiting.chat_id,
        &sender.id,
    )?;
    facts.opted_out = opted_out.map(|(word,)| word);
    if let Some((from, to)) = rules.guarded_day(waiting) {
        let had = sql!(in transaction, fetch_optional<(Option<String>,)>,
            "SELECT campaigns.title FROM messages JOIN campaigns ON campaigns.id = messages.campaign_id
             WHERE messages.session_id = $1 AND messages.chat_id = $2 AND messages.campaign_id <> $3
               AND messages.left_at >= $4 AND messages.left_at < $5 AND messages.status IN ('sending', 'sent', 'unknown')
             LIMIT 1",
            &sender.id, &waiting.chat_id, &waiting.campaign_id, from, to,
        )?;
        facts.had_today = had.map(|(title,)| title.unwrap_or_default());
    }
    Ok(facts)
}
