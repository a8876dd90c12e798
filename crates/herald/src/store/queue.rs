//! The messages as a queue: claimed, settled, and what stands in their way.
//!
//! Whoever changes what a session has to send holds the session's row, for the transaction: that is
//! mutual exclusion between claims, outcomes and edits, for one process or ten. Several sessions
//! are held in the order of their ids.

mod holds;
mod line;
mod people;
mod settle;

use sqlx::FromRow;

use super::{Store, StoreError, Transaction, sql};

pub use holds::KillSwitch;
pub(super) use holds::{begin_hold, end_hold};
pub use line::{ChatFacts, DepartedRow, HoldRow, Line, Next, Rules, Sender, Waiting};
use line::{chat_facts, line, sender, waiting};
pub(super) use settle::finish;
pub use settle::{Orphan, Outcome, Receipt, Settled};

/// So many messages are claimed or skipped for a session in one transaction, so that none is held
/// for long.
const STEPS_AT_ONCE: usize = 100;

/// A message that is to be sent now, by this process alone.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns of the tables, which say what they are"
)]
pub struct Claimed {
    pub id: String,
    pub campaign_id: String,
    pub user_id: String,
    pub session_id: String,
    pub engine_name: String,
    pub claim: String,
    pub chat_id: String,
    pub content: String,
    pub whatsapp_id: String,
    pub attempts: i64,
}

/// The message that [`Store::message_claim_test`] makes.
pub struct TestMessage<'a> {
    /// Its id, and its hidden campaign's.
    pub id: &'a str,
    /// The id of the chat's row, if it has none yet.
    pub group_row: &'a str,
    /// The id on WhatsApp.
    pub whatsapp_id: &'a str,
    /// The own chat.
    pub chat_id: &'a str,
    /// Its text.
    pub content: &'a str,
}

/// Who claims, and for how long they are believed.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    /// The claim's name: nobody else has it.
    pub claim: &'a str,
    /// Until when, in milliseconds since 1970.
    pub until: i64,
}

#[derive(FromRow)]
struct ClaimedRow {
    content: String,
    whatsapp_id: String,
    attempts: i64,
}

impl Store {
    /// Claims what is due under the rules, of up to `sessions` sessions; what may not be sent any
    /// more is skipped. Each session is then looked at again when the rules say.
    pub async fn queue_claim(
        &self,
        rules: &dyn Rules,
        lease: Lease<'_>,
        sessions: i64,
        departed_at_most: i64,
        now: i64,
    ) -> Result<Step, StoreError> {
        let mut due = sql!(
            self,
            fetch_all<(String,)>,
            "SELECT id FROM whatsapp_sessions WHERE next_send_at <= $1 ORDER BY next_send_at, id LIMIT $2",
            now,
            sessions
        )?;
        let mut step = Step {
            is_full: due.len() as u64 >= sessions.unsigned_abs(),
            ..Step::default()
        };
        if due.is_empty() {
            return Ok(step);
        }
        due.sort_unstable();
        let mut transaction = self.begin().await?;
        for (session_id,) in &due {
            claim_for(
                &mut transaction,
                session_id,
                rules,
                lease,
                departed_at_most,
                now,
                &mut step,
            )
            .await?;
        }
        transaction.commit().await?;
        Ok(step)
    }

    /// Has every session that has something to send looked at by the next step.
    pub async fn queue_wake_all(&self, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        wake_all(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Makes a message that is claimed already, of a campaign that nobody sees: to try a text. It is
    /// asked first whether it may leave, with nothing else able to; `None` if there is no such
    /// session.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another thing, and nothing else takes them"
    )]
    pub async fn message_claim_test<E>(
        &self,
        user_id: &str,
        session_id: &str,
        test: &TestMessage<'_>,
        lease: Lease<'_>,
        jitter: f64,
        departed_at_most: i64,
        now: i64,
        may_leave: impl FnOnce(&Line) -> Result<(), E>,
    ) -> Result<Option<Result<Claimed, E>>, StoreError> {
        let mut transaction = self.begin().await?;
        hold(&mut transaction, session_id).await?;
        let found = sender(&mut transaction, session_id).await?;
        let Some(sender) = found.filter(|sender| sender.user_id == user_id) else {
            return Ok(None);
        };
        let line = line(&mut transaction, sender, departed_at_most, now).await?;
        if let Err(refusal) = may_leave(&line) {
            return Ok(Some(Err(refusal)));
        }
        let sender = line.sender;
        sql!(in transaction, execute,
            "INSERT INTO whatsapp_groups (id, user_id, session_id, group_id, group_name, created_at, updated_at)
             VALUES ($1, $2, $3, $4, 'You', $5, $5) ON CONFLICT (session_id, group_id) DO NOTHING",
            test.group_row, &sender.user_id, &sender.id, test.chat_id, now,
        )?;
        sql!(in transaction, execute,
            "INSERT INTO campaigns (id, user_id, session_id, group_row, start_day, end_day, starts_at, ends_at, message_time, time_zone,
                                    message_template, is_free_form, is_recurring, recurrence, audience_type, has_recipients,
                                    late_minutes, status, resumed_at, planned, deleted_at, created_at, updated_at)
             SELECT $1, $2, $3, id, '', '', $5, $5, '', 'UTC', '', TRUE, FALSE, 'DAILY', 'individuals', FALSE, 0, 'CANCELLED', $5, 1, $5,
                    $5, $5
             FROM whatsapp_groups WHERE session_id = $3 AND group_id = $4",
            test.id, &sender.user_id, &sender.id, test.chat_id, now,
        )?;
        sql!(in transaction, execute,
            "INSERT INTO messages (id, campaign_id, user_id, session_id, chat_id, audience, day, position, scheduled_at, leaves_at,
                                   due_at, content, status, attempts, whatsapp_id, engine_id, claim, claimed_until, left_at,
                                   created_at, updated_at)
             VALUES ($1, $1, $2, $3, $4, 'known', '', 0, $5, $5, $5, $6, 'sending', 1, $7, $7, $8, $9, $5, $5, $5)",
            test.id, &sender.user_id, &sender.id, test.chat_id, now, test.content, test.whatsapp_id, lease.claim, lease.until,
        )?;
        sql!(in transaction, execute, "UPDATE whatsapp_sessions SET send_jitter = $2 WHERE id = $1", &sender.id, jitter)?;
        wake_if_waiting(&mut transaction, &sender.id, now).await?;
        transaction.commit().await?;
        Ok(Some(Ok(Claimed {
            id: test.id.to_owned(),
            campaign_id: test.id.to_owned(),
            user_id: sender.user_id,
            session_id: sender.id,
            engine_name: sender.engine_name.unwrap_or_default(),
            claim: lease.claim.to_owned(),
            chat_id: test.chat_id.to_owned(),
            content: test.content.to_owned(),
            whatsapp_id: test.whatsapp_id.to_owned(),
            attempts: 1,
        })))
    }
}

/// What a step of the scheduler found to do.
#[derive(Default)]
pub struct Step {
    /// To be sent now.
    pub claimed: Vec<Claimed>,
    /// Owners of messages that were skipped.
    pub skipped_of: Vec<String>,
    /// Whether more sessions may be due than were looked at.
    pub is_full: bool,
}

async fn claim_for(
    transaction: &mut Transaction,
    session_id: &str,
    rules: &dyn Rules,
    lease: Lease<'_>,
    departed_at_most: i64,
    now: i64,
    step: &mut Step,
) -> Result<(), StoreError> {
    // Somebody else may have been here since the list was read.
    if !hold_if_due(transaction, session_id, now).await? {
        return Ok(());
    }
    let Some(sender) = sender(transaction, session_id).await? else {
        return Ok(());
    };
    let mut line = line(transaction, sender, departed_at_most, now).await?;
    let mut next_send_at = Some(now);
    for _ in 0..STEPS_AT_ONCE {
        let late = late(transaction, &line, rules, now).await?;
        if !late.is_empty() {
            for (index, reason) in late {
                skip(transaction, &line, &line.waiting[index], &reason, now).await?;
            }
            step.skipped_of.push(line.sender.user_id.clone());
            line.waiting = waiting(transaction, session_id).await?;
            continue;
        }
        match rules.next(&line) {
            Next::Wait(until) => {
                next_send_at = until;
                break;
            }
            Next::Send(index) => {
                let chosen = line.waiting[index].clone();
                let facts = chat_facts(transaction, &line.sender, &chosen, rules).await?;
                if let Some(reason) = rules.refusal(&chosen, &facts) {
                    skip(transaction, &line, &chosen, &reason, now).await?;
                    step.skipped_of.push(line.sender.user_id.clone());
                } else {
                    step.claimed.push(
                        claim(transaction, &mut line, &chosen, rules.jitter(), lease, now).await?,
                    );
                }
                line.waiting = waiting(transaction, session_id).await?;
            }
        }
    }
    let mut transaction = transaction;
    sql!(in transaction, execute,
        "UPDATE whatsapp_sessions SET next_send_at = $2, send_jitter = $3 WHERE id = $1",
        session_id, next_send_at, line.sender.send_jitter,
    )?;
    Ok(())
}

/// The waiting messages that were held up for too long, by their places in the line, and why.
async fn late(
    mut transaction: &mut Transaction,
    line: &Line,
    rules: &dyn Rules,
    now: i64,
) -> Result<Vec<(usize, String)>, StoreError> {
    let mut late = Vec::new();
    for (index, waiting) in line.waiting.iter().enumerate() {
        let planned = waiting.leaves_at.unwrap_or(waiting.scheduled_at);
        if now - planned <= waiting.late_minutes * 60 * 1000 {
            continue;
        }
        let holds = sql!(in transaction, fetch_all<HoldRow>,
            "SELECT from_at, to_at FROM holds
             WHERE ((scope = 'server') OR (scope = 'user' AND scope_id = $1) OR (scope = 'session' AND scope_id = $2)
                    OR (scope = 'campaign' AND scope_id = $3))
               AND from_at < $4 AND (to_at IS NULL OR to_at > $5)
             ORDER BY from_at",
            &line.sender.user_id, &line.sender.id, &waiting.campaign_id, now, planned,
        )?;
        if let Some(reason) = rules.too_late(waiting, &holds) {
            late.push((index, reason));
        }
    }
    Ok(late)
}

async fn skip(
    mut transaction: &mut Transaction,
    line: &Line,
    waiting: &Waiting,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    sql!(in transaction, execute,
        "UPDATE messages SET status = 'skipped', reason = $3, settled_at = $4, updated_at = $4
         WHERE user_id = $1 AND id = $2 AND status = 'scheduled'",
        &line.sender.user_id, &waiting.id, reason, now,
    )?;
    finish(transaction, &waiting.campaign_id, now).await
}

async fn claim(
    mut transaction: &mut Transaction,
    line: &mut Line,
    chosen: &Waiting,
    jitter: f64,
    lease: Lease<'_>,
    now: i64,
) -> Result<Claimed, StoreError> {
    let row = sql!(in transaction, fetch_one<ClaimedRow>,
        "UPDATE messages
         SET status = 'sending', claim = $2, claimed_until = $3, left_at = $4, attempts = attempts + 1, engine_id = whatsapp_id,
             reason = NULL, updated_at = $4
         WHERE id = $1 AND status = 'scheduled' RETURNING content, whatsapp_id, attempts",
        &chosen.id, lease.claim, lease.until, now,
    )?;
    sql!(in transaction, execute,
        "UPDATE campaigns SET status = 'IN_PROGRESS', updated_at = $2 WHERE id = $1 AND status = 'SCHEDULED'",
        &chosen.campaign_id, now,
    )?;
    line.in_flight += 1;
    line.sender.send_jitter = jitter;
    line.departed.insert(
        0,
        DepartedRow {
            left_at: now,
            audience: chosen.audience.clone(),
            chat_id: chosen.chat_id.clone(),
        },
    );
    Ok(Claimed {
        id: chosen.id.clone(),
        campaign_id: chosen.campaign_id.clone(),
        user_id: line.sender.user_id.clone(),
        session_id: line.sender.id.clone(),
        engine_name: line.sender.engine_name.clone().unwrap_or_default(),
        claim: lease.claim.to_owned(),
        chat_id: chosen.chat_id.clone(),
        content: row.content,
        whatsapp_id: row.whatsapp_id,
        attempts: row.attempts,
    })
}

/// Holds the session's row to the end of the transaction.
pub(super) async fn hold(
    mut transaction: &mut Transaction,
    session_id: &str,
) -> Result<(), sqlx::Error> {
    sql!(in transaction, execute, "UPDATE whatsapp_sessions SET send_jitter = send_jitter WHERE id = $1", session_id)?;
    Ok(())
}

async fn hold_if_due(
    mut transaction: &mut Transaction,
    session_id: &str,
    now: i64,
) -> Result<bool, sqlx::Error> {
    let held = sql!(in transaction, execute,
        "UPDATE whatsapp_sessions SET send_jitter = send_jitter WHERE id = $1 AND next_send_at <= $2", session_id, now)?;
    Ok(held == 1)
}

/// Has the session looked at by the next step.
pub(super) async fn wake(
    mut transaction: &mut Transaction,
    session_id: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sql!(in transaction, execute, "UPDATE whatsapp_sessions SET next_send_at = $2 WHERE id = $1", session_id, now)?;
    Ok(())
}

/// The same, unless it has nothing to send.
pub(super) async fn wake_if_waiting(
    mut transaction: &mut Transaction,
    session_id: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    sql!(in transaction, execute,
        "UPDATE whatsapp_sessions SET next_send_at = CASE WHEN next_send_at IS NULL THEN NULL ELSE $2 END WHERE id = $1",
        session_id, now,
    )?;
    Ok(())
}

/// Has every session that has something to send looked at by the next step. One after another: a
/// single UPDATE would hold their rows in an order of its own.
async fn wake_all(mut transaction: &mut Transaction, now: i64) -> Result<(), sqlx::Error> {
    let waiting = sql!(in transaction, fetch_all<(String,)>,
        "SELECT id FROM whatsapp_sessions WHERE next_send_at IS NOT NULL ORDER BY id")?;
    for (session_id,) in waiting {
        wake_if_waiting(transaction, &session_id, now).await?;
    }
    Ok(())
}
