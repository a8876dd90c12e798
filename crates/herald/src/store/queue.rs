//! The messages as a queue: claimed, settled, and what stands in their way.
//!
//! Whoever changes what a session has to send holds the session's row, for the transaction: that is
//! mutual exclusion between claims, outcomes and edits, for one process or ten. Several sessions
//! are held in the order of their ids.

use sqlx::FromRow;

use super::{Store, StoreError, Transaction, campaign, sql};

/// So many messages are claimed or skipped for a session in one transaction, so that none is held
/// for long.
const STEPS_AT_ONCE: usize = 100;

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

/// A switch that stops what it is over.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct KillSwitch {
    /// `server`, `user` or `session`.
    pub scope: String,
    /// Of which; empty for the server.
    pub scope_id: String,
    /// Why, as it was typed.
    pub reason: Option<String>,
    /// Thrown by an admin, else by who has the account.
    pub by_admin: bool,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
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

    /// Has every session that has something to send looked at by the next step.
    pub async fn queue_wake_all(&self, now: i64) -> Result<(), StoreError> {
        sql!(
            self,
            execute,
            "UPDATE whatsapp_sessions SET next_send_at = $1 WHERE next_send_at IS NOT NULL",
            now
        )?;
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

    /// Writes down what a receipt says. An unknown message for which there is one went out. False
    /// if the message is none of ours.
    pub async fn message_receipt(
        &self,
        session_id: &str,
        engine_id: &str,
        receipt: Receipt,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let found = sql!(in transaction, fetch_optional<(String,)>,
            "SELECT campaign_id FROM messages WHERE session_id = $1 AND engine_id = $2", session_id, engine_id)?;
        let Some((campaign_id,)) = found else {
            return Ok(false);
        };
        hold(&mut transaction, session_id).await?;
        if receipt == Receipt::Failed {
            sql!(in transaction, execute,
                "UPDATE messages SET status = 'failed', reason = 'WhatsApp did not take this message.', settled_at = $3, updated_at = $3
                 WHERE session_id = $1 AND engine_id = $2 AND status IN ('sent', 'unknown') AND delivered_at IS NULL",
                session_id, engine_id, now,
            )?;
        } else {
            sql!(in transaction, execute,
                "UPDATE messages
                 SET delivered_at = CASE WHEN $3 THEN COALESCE(delivered_at, $5) ELSE delivered_at END,
                     read_at = CASE WHEN $4 THEN COALESCE(read_at, $5) ELSE read_at END,
                     reason = CASE WHEN status = 'unknown' THEN NULL ELSE reason END,
                     sent_at = CASE WHEN status = 'unknown' THEN left_at ELSE sent_at END,
                     status = CASE WHEN status = 'unknown' THEN 'sent' ELSE status END, updated_at = $5
                 WHERE session_id = $1 AND engine_id = $2 AND status IN ('sending', 'sent', 'unknown')",
                session_id, engine_id, receipt >= Receipt::Delivered, receipt == Receipt::Read, now,
            )?;
        }
        touch(&mut transaction, &campaign_id, now).await?;
        finish(&mut transaction, &campaign_id, now).await?;
        transaction.commit().await?;
        Ok(true)
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

    /// The limits that differ from their defaults.
    pub async fn limit_list_all(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<(String, i64)>,
            "SELECT name, value FROM limits ORDER BY name"
        )?)
    }

    /// Changes limits; every session is looked at anew.
    pub async fn limit_set_all(&self, values: &[(&str, i64)], now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (name, value) in values {
            sql!(in transaction, execute,
                "INSERT INTO limits (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                *name, *value,
            )?;
        }
        sql!(in transaction, execute, "UPDATE whatsapp_sessions SET next_send_at = $1 WHERE next_send_at IS NOT NULL", now)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Every switch that is thrown.
    pub async fn kill_switch_list_all(&self) -> Result<Vec<KillSwitch>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<KillSwitch>,
            "SELECT * FROM kill_switches ORDER BY since, scope, scope_id"
        )?)
    }

    /// Throws a switch. False if there is no such user or session.
    pub async fn kill_switch_on_all(
        &self,
        scope: &str,
        scope_id: &str,
        reason: Option<&str>,
        by_admin: bool,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let (exists,) = sql!(in transaction, fetch_one<(bool,)>,
            "SELECT $1 = 'server' OR EXISTS (SELECT 1 FROM users WHERE $1 = 'user' AND id = $2)
                    OR EXISTS (SELECT 1 FROM whatsapp_sessions WHERE $1 = 'session' AND id = $2)",
            scope, scope_id,
        )?;
        if !exists {
            return Ok(false);
        }
        sql!(in transaction, execute,
            "INSERT INTO kill_switches (scope, scope_id, reason, by_admin, since) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (scope, scope_id) DO UPDATE SET reason = excluded.reason, by_admin = excluded.by_admin",
            scope, scope_id, reason, by_admin, now,
        )?;
        begin_hold(&mut transaction, scope, scope_id, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Takes a switch back; every session that has something to send is looked at anew.
    pub async fn kill_switch_off_all(
        &self,
        scope: &str,
        scope_id: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sql!(in transaction, execute, "DELETE FROM kill_switches WHERE scope = $1 AND scope_id = $2", scope, scope_id)?;
        end_hold(&mut transaction, scope, scope_id, now).await?;
        sql!(in transaction, execute, "UPDATE whatsapp_sessions SET next_send_at = $1 WHERE next_send_at IS NOT NULL", now)?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes down that a scheduler is at work. If none was for longer than `patience_ms`, that time
    /// is written down as one in which nothing could leave; true then.
    pub async fn scheduler_alive(&self, patience_ms: i64, now: i64) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let last = sql!(in transaction, fetch_optional<(i64,)>, "SELECT at FROM scheduler_alive")?;
        let outage = last.filter(|(at,)| now - at > patience_ms);
        if let Some((from,)) = outage {
            sql!(in transaction, execute,
                "INSERT INTO holds (scope, scope_id, from_at, to_at) VALUES ('server', '', $1, $2)
                 ON CONFLICT (scope, scope_id, from_at) DO NOTHING",
                from, now,
            )?;
        }
        sql!(in transaction, execute,
            "INSERT INTO scheduler_alive (one, at) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET at = excluded.at", now)?;
        transaction.commit().await?;
        Ok(outage.is_some())
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
        Outcome::NewChatsHeld { until, reason } => {
            sql!(in transaction, execute,
                "UPDATE whatsapp_sessions SET new_chats_held_until = $2 WHERE id = $1", session_id, until)?;
            again(transaction, settled, now, reason, now).await?;
            // Nobody was written to: they stay new, and none of the day's new people is used up.
            sql!(
                in transaction,
                execute,
                "UPDATE messages SET left_at = NULL WHERE id = $1 AND status = 'scheduled'",
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

/// Somebody is known to the account from now on; what waits for them goes to the line of those.
async fn know(
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
pub(super) async fn finish(
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

/// From now on nothing can leave there.
pub(super) async fn begin_hold(
    mut transaction: &mut Transaction,
    scope: &str,
    scope_id: &str,
    now: i64,
) -> Result<(), StoreError> {
    // A second one of the same instant would be the first begun again.
    sql!(in transaction, execute,
        "INSERT INTO holds (scope, scope_id, from_at)
         SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM holds WHERE scope = $1 AND scope_id = $2 AND to_at IS NULL)
         ON CONFLICT (scope, scope_id, from_at) DO UPDATE SET to_at = NULL",
        scope, scope_id, now,
    )?;
    Ok(())
}

/// From now on it can again.
pub(super) async fn end_hold(
    mut transaction: &mut Transaction,
    scope: &str,
    scope_id: &str,
    now: i64,
) -> Result<(), StoreError> {
    sql!(in transaction, execute,
        "UPDATE holds SET to_at = $3 WHERE scope = $1 AND scope_id = $2 AND to_at IS NULL", scope, scope_id, now)?;
    Ok(())
}

async fn sender(
    mut transaction: &mut Transaction,
    session_id: &str,
) -> Result<Option<Sender>, sqlx::Error> {
    sql!(in transaction, fetch_optional<Sender>,
        "SELECT whatsapp_sessions.*, users.role
         FROM whatsapp_sessions JOIN users ON users.id = whatsapp_sessions.user_id WHERE whatsapp_sessions.id = $1",
        session_id,
    )
}

async fn line(
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
async fn waiting(
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

async fn chat_facts(
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
    let opted_out = sql!(in transaction, fetch_optional<(String,)>,
        "SELECT word FROM opt_outs WHERE user_id = $1 AND chat_id = $2", &sender.user_id, &waiting.chat_id)?;
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
