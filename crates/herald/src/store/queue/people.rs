//! People as the queue knows them: who is no stranger, and who asked for no more.

use super::hold;
use crate::store::{Store, StoreError, Transaction, campaign, sql};

impl Store {
    /// Which of the user's session's chats are known to it.
    pub async fn known_chats(&self, session_id: &str) -> Result<Vec<String>, StoreError> {
        let rows = sql!(
            self,
            fetch_all<(String,)>,
            "SELECT chat_id FROM known_chats WHERE session_id = $1",
            session_id
        )?;
        Ok(rows.into_iter().map(|(chat_id,)| chat_id).collect())
    }

    /// Takes down that people are known to a session's account.
    pub async fn known_chats_add(
        &self,
        session_id: &str,
        chat_ids: &[&str],
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for chat_id in chat_ids {
            know(&mut transaction, session_id, chat_id, now).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The id by number of who is known by this LID, if the directory has it.
    pub async fn chat_by_lid(
        &self,
        session_id: &str,
        lid: &str,
    ) -> Result<Option<String>, StoreError> {
        let found = sql!(
            self,
            fetch_optional<(String,)>,
            "SELECT id FROM directory_contacts WHERE session_id = $1 AND lid = $2",
            session_id,
            lid
        )?;
        Ok(found.map(|(id,)| id))
    }

    /// Takes down that somebody asked a user for no more messages, and pauses the campaigns of
    /// which `breaker`, given how many have asked since it began and how many it goes to, says so.
    pub async fn opt_out_add(
        &self,
        user_id: &str,
        session_id: &str,
        chat_id: &str,
        word: &str,
        breaker: &(dyn Fn(usize, usize) -> Option<String> + Sync),
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        hold(&mut transaction, session_id).await?;
        let added = sql!(in transaction, execute,
            "INSERT INTO opt_outs (user_id, chat_id, word, asked_at) VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, chat_id) DO NOTHING",
            user_id, chat_id, word, now,
        )?;
        if added == 0 {
            return Ok(false);
        }
        let campaigns = sql!(in transaction, fetch_all<(String, i64, i64)>,
            "SELECT campaigns.id, SUM(CASE WHEN opt_outs.asked_at >= campaigns.resumed_at THEN 1 ELSE 0 END), COUNT(*)
             FROM campaigns
             JOIN campaign_recipients ON campaign_recipients.campaign_id = campaigns.id
             LEFT JOIN opt_outs ON opt_outs.user_id = campaigns.user_id AND opt_outs.chat_id = campaign_recipients.chat_id
             WHERE campaigns.session_id = $1 AND campaigns.status IN ('SCHEDULED', 'IN_PROGRESS') AND campaigns.deleted_at IS NULL
               AND campaign_recipients.chat_id NOT LIKE '%@g.us'
             GROUP BY campaigns.id",
            session_id,
        )?;
        for (id, asked, people) in campaigns {
            let count = |number: i64| usize::try_from(number).unwrap_or(0);
            if let Some(reason) = breaker(count(asked), count(people)) {
                campaign::pause(&mut transaction, &id, Some(&reason), now).await?;
            }
        }
        transaction.commit().await?;
        Ok(true)
    }
}

/// Somebody is known to the account from now on; what waits for them goes to the line of those.
pub(super) async fn know(
    mut transaction: &mut Transaction,
    session_id: &str,
    chat_id: &str,
    now: i64,
) -> Result<(), sqlx::Error> {
    let is_new = sql!(in transaction, execute,
        "INSERT INTO known_chats (session_id, chat_id, since) VALUES ($1, $2, $3) ON CONFLICT (session_id, chat_id) DO NOTHING",
        session_id, chat_id, now,
    )?;
    if is_new > 0 {
        sql!(in transaction, execute,
            "UPDATE messages SET audience = 'known'
             WHERE session_id = $1 AND chat_id = $2 AND audience = 'new' AND status = 'scheduled'",
            session_id, chat_id,
        )?;
    }
    Ok(())
}
