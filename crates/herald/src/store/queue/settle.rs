//! What became of messages that were claimed: outcomes, receipts, and claims that nobody settles.

use sqlx::FromRow;

use super::{hold, people::know, wake, wake_if_waiting};
use crate::store::{Store, StoreError, Transaction, campaign, queue::holds::end_hold, sql};

/// What became of a message that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It went out.
    Sent {
        /// The id by which its receipts speak, where it is another than the chosen one.
        engine_id: Option<String>,
    },
    /// It did not and will not.
    Failed {
        /// In plain words.
        reason: String,
    },
    /// It may have.
    Unknown {
        /// In plain words.
        reason: String,
    },
    /// It did not, and is tried again.
    Retry {
        /// Not before then.
        due_at: i64,
        /// In plain words.
        reason: String,
    },
    /// It did not: WhatsApp lets the account begin no new chats.
    NewChatsHeld {
        /// Until then.
        until: i64,
        /// Not before then, where it goes to nobody new and is not held.
        due_at: i64,
        /// In plain words.
        reason: String,
    },
}

/// The outcome of a claim.
#[derive(Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the columns of the table, which says what they are"
)]
pub struct Settled {
    pub id: String,
    pub campaign_id: String,
    pub user_id: String,
    pub session_id: String,
    pub claim: String,
    pub chat_id: String,
    pub outcome: Outcome,
}

/// How far a receipt says that a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receipt {
    /// WhatsApp did not take it.
    Failed,
    /// WhatsApp has it.
    Server,
    /// It is on a phone.
    Delivered,
    /// It was read.
    Read,
}

/// A claim whose sender is not believed to be alive.
#[derive(Clone, FromRow)]
#[expect(
    missing_docs,
    reason = "the columns of the tables, which say what they are"
)]
pub struct Orphan {
    pub id: String,
    pub campaign_id: String,
    pub user_id: String,
    pub session_id: String,
    pub engine_name: Option<String>,
    pub claim: String,
    pub chat_id: String,
    pub whatsapp_id: String,
}

impl Store {
    /// Writes down what became of claims. An outcome that comes after its claim was given up still
    /// counts, unless its owner has decided meanwhile. `breaker` is given a campaign's last outcomes,
    /// the newest first, `true` being sent, and says why it is to pause.
    pub async fn queue_settle(
        &self,
        outcomes: &mut [Settled],
        breaker: &(dyn Fn(&[bool]) -> Option<String> + Sync),
        now: i64,
    ) -> Result<(), StoreError> {
        outcomes.sort_unstable_by(|one, other| one.session_id.cmp(&other.session_id));
        let mut transaction = self.begin().await?;
        for of_session in outcomes.chunk_by(|one, other| one.session_id == other.session_id) {
            let Some(first) = of_session.first() else {
                continue;
            };
            // Room was made: it is looked at again, if it has anything left.
            wake_if_waiting(&mut transaction, &first.session_id, now).await?;
            for settled in of_session {
                settle(&mut transaction, settled, breaker, now).await?;
            }
            let mut campaigns: Vec<&str> = of_session
                .iter()
                .map(|settled| &*settled.campaign_id)
                .collect();
            campaigns.sort_unstable();
            campaigns.dedup();
            for id in campaigns {
                touch(&mut transaction, id, now).await?;
                finish(&mut transaction, id, now).await?;
            }
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Claims whose lease has run out.
    pub async fn queue_orphans_all(&self, now: i64) -> Result<Vec<Orphan>, StoreError> {
        Ok(sql!(self, fetch_all<Orphan>,
            "SELECT messages.*, whatsapp_sessions.engine_name
             FROM messages JOIN whatsapp_sessions ON whatsapp_sessions.id = messages.session_id
             WHERE messages.status = 'sending' AND messages.claimed_until < $1 ORDER BY messages.claimed_until LIMIT 500",
            now,
        )?)
    }

    /// Writes down what a receipt says. A message for which there is one went out, whatever becomes of
    /// the answer to it. False
    /// if the message is none of ours. `breaker` as in [`Store::queue_settle`].
    pub async fn message_receipt(
        &self,
        session_id: &str,
        engine_id: &str,
        receipt: Receipt,
        breaker: &(dyn Fn(&[bool]) -> Option<String> + Sync),
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let found = sql!(in transaction, fetch_optional<(String, String)>,
            "SELECT campaign_id, chat_id FROM messages WHERE session_id = $1 AND engine_id = $2", session_id, engine_id)?;
        let Some((campaign_id, chat_id)) = found else {
            return Ok(false);
        };
        hold(&mut transaction, session_id).await?;
        let settled = if receipt == Receipt::Failed {
            let failed = sql!(in transaction, execute,
                "UPDATE messages SET status = 'failed', reason = 'WhatsApp did not take this message.', settled_at = $3, updated_at = $3
                 WHERE session_id = $1 AND engine_id = $2 AND status IN ('sending', 'sent', 'unknown') AND delivered_at IS NULL",
                session_id, engine_id, now,
            )?;
            pause_if_broken(&mut transaction, &campaign_id, failed, breaker, now).await?;
            failed
        } else {
            let settled = sql!(in transaction, execute,
                "UPDATE messages SET status = 'sent', reason = NULL, sent_at = left_at, settled_at = COALESCE(settled_at, $3), updated_at = $3
                 WHERE session_id = $1 AND engine_id = $2 AND status IN ('sending', 'unknown')",
                session_id, engine_id, now,
            )?;
            if settled > 0 && !chat_id.ends_with("@g.us") {
                know(&mut transaction, session_id, &chat_id, now).await?;
            }
            sql!(in transaction, execute,
                "UPDATE messages
                 SET delivered_at = CASE WHEN $3 THEN COALESCE(delivered_at, $5) ELSE delivered_at END,
                     read_at = CASE WHEN $4 THEN COALESCE(read_at, $5) ELSE read_at END, updated_at = $5
                 WHERE session_id = $1 AND engine_id = $2 AND status = 'sent'",
                session_id, engine_id, receipt >= Receipt::Delivered, receipt == Receipt::Read, now,
            )?;
            settled
        };
        if settled > 0 {
            // Room was made, and whoever sent it may not live to say so.
            wake_if_waiting(&mut transaction, session_id, now).await?;
        }
        touch(&mut transaction, &campaign_id, now).await?;
        finish(&mut transaction, &campaign_id, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

async fn settle(
    mut transaction: &mut Transaction,
    settled: &Settled,
    breaker: &(dyn Fn(&[bool]) -> Option<String> + Sync),
    now: i64,
) -> Result<(), StoreError> {
    let Settled {
        id,
        campaign_id,
        session_id,
        claim,
        chat_id,
        outcome,
        ..
    } = settled;
    match outcome {
        Outcome::Sent { engine_id } => {
            sql!(in transaction, execute,
                "UPDATE messages
                 SET status = 'sent', reason = NULL, sent_at = $3, settled_at = $3, engine_id = COALESCE($4, engine_id), updated_at = $3
                 WHERE id = $1 AND claim = $2 AND status IN ('sending', 'unknown')",
                id, claim, now, engine_id,
            )?;
            if !chat_id.ends_with("@g.us") {
                know(transaction, session_id, chat_id, now).await?;
            }
        }
        Outcome::Failed { reason } => {
            let changed = sql!(in transaction, execute,
                "UPDATE messages SET status = 'failed', reason = $4, settled_at = $3, updated_at = $3
                 WHERE id = $1 AND claim = $2 AND status IN ('sending', 'unknown')",
                id, claim, now, reason,
            )?;
            pause_if_broken(transaction, campaign_id, changed, breaker, now).await?;
        }
        Outcome::Unknown { reason } => {
            let changed = sql!(in transaction, execute,
                "UPDATE messages SET status = 'unknown', reason = $4, settled_at = $3, updated_at = $3
                 WHERE id = $1 AND claim = $2 AND status = 'sending'",
                id, claim, now, reason,
            )?;
            pause_if_broken(transaction, campaign_id, changed, breaker, now).await?;
        }
        Outcome::Retry { due_at, reason } => {
            again(transaction, settled, *due_at, reason, now).await?;
        }
        Outcome::NewChatsHeld {
            until,
            due_at,
            reason,
        } => {
            sql!(in transaction, execute,
                "UPDATE whatsapp_sessions SET new_chats_held_until = $2 WHERE id = $1", session_id, until)?;
            again(transaction, settled, *due_at, reason, now).await?;
            // Nobody was written to: they stay new, and none of the day's new people is used up.
            sql!(
                in transaction,
                execute,
                "UPDATE messages SET left_at = NULL WHERE id = $1 AND status = 'scheduled' AND audience = 'new'",
                id
            )?;
        }
    }
    Ok(())
}

/// Back to the queue, or cancelled if its campaign was meanwhile.
async fn again(
    mut transaction: &mut Transaction,
    settled: &Settled,
    due_at: i64,
    reason: &str,
    now: i64,
) -> Result<(), StoreError> {
    sql!(in transaction, execute,
        "UPDATE messages
         SET status = CASE WHEN (SELECT status FROM campaigns WHERE id = $6) = 'CANCELLED' THEN 'cancelled' ELSE 'scheduled' END,
             reason = $4, due_at = $5, claim = NULL, claimed_until = NULL, updated_at = $3
         WHERE id = $1 AND claim = $2 AND status = 'sending'",
        &settled.id, &settled.claim, now, reason, due_at, &settled.campaign_id,
    )?;
    Ok(wake(transaction, &settled.session_id, now).await?)
}

async fn pause_if_broken(
    mut transaction: &mut Transaction,
    campaign_id: &str,
    changed: u64,
    breaker: &(dyn Fn(&[bool]) -> Option<String> + Sync),
    now: i64,
) -> Result<(), StoreError> {
    if changed == 0 {
        return Ok(());
    }
    let last = sql!(in transaction, fetch_all<(String,)>,
        "SELECT messages.status FROM messages JOIN campaigns ON campaigns.id = messages.campaign_id
         WHERE messages.campaign_id = $1 AND messages.settled_at >= campaigns.resumed_at
           AND messages.status IN ('sent', 'failed', 'unknown') AND campaigns.status IN ('SCHEDULED', 'IN_PROGRESS')
         ORDER BY messages.settled_at DESC, messages.left_at DESC LIMIT 50",
        campaign_id,
    )?;
    let outcomes: Vec<bool> = last.iter().map(|(status,)| status == "sent").collect();
    match breaker(&outcomes) {
        Some(reason) => campaign::pause(transaction, campaign_id, Some(&reason), now).await,
        None => Ok(()),
    }
}

/// Something of the campaign changed. A clock that was set back does not hide that.
async fn touch(mut transaction: &mut Transaction, id: &str, now: i64) -> Result<(), StoreError> {
    sql!(
        in transaction,
        execute,
        "UPDATE campaigns SET updated_at = CASE WHEN updated_at >= $2 THEN updated_at + 1 ELSE $2 END WHERE id = $1",
        id,
        now
    )?;
    Ok(())
}

/// A campaign of which nothing is left to send is over; its session's row is held.
pub(in crate::store) async fn finish(
    mut transaction: &mut Transaction,
    id: &str,
    now: i64,
) -> Result<(), StoreError> {
    let over = sql!(in transaction, execute,
        "UPDATE campaigns
         SET status = CASE WHEN EXISTS (SELECT 1 FROM messages WHERE campaign_id = $1 AND status IN ('sent', 'unknown'))
                      THEN 'COMPLETED' ELSE 'FAILED' END,
             pause_reason = NULL,
             updated_at = CASE WHEN updated_at >= $2 THEN updated_at + 1 ELSE $2 END
         WHERE id = $1 AND status IN ('SCHEDULED', 'IN_PROGRESS', 'PAUSED', 'COMPLETED', 'FAILED')
           AND NOT EXISTS (SELECT 1 FROM messages WHERE campaign_id = $1 AND status IN ('scheduled', 'sending'))",
        id, now,
    )?;
    if over > 0 {
        end_hold(transaction, "campaign", id, now).await?;
    }
    Ok(())
}
