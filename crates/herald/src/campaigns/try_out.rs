//! A text that its writer sends to themselves, to see how it looks.

use std::sync::Arc;

use jiff::{Timestamp, tz::TimeZone};
use whatsapp_gateway::Phone;

use super::{CampaignError, Campaigns, Result};
use crate::{
    campaign::{
        Problem,
        template::{self, Template, Values, Variables},
    },
    scheduler::{
        Scheduler,
        limits::Settings,
        pace::{self, Departure, To, Wait},
        rules,
    },
    store::{Lease, Line, Outcome, TestMessage},
};

impl Campaigns {
    /// Sends a text to the account's own number, at once, and returns when that is done.
    pub async fn send_test(
        &self,
        user_id: &str,
        user_name: &str,
        session_id: &str,
        text: &str,
    ) -> Result<()> {
        let session = self.session(user_id, session_id).await?;
        let now = self.clock.now_ms();
        let text = filled_for_oneself(text, user_name, now)?;
        let phone = Phone::parse(&session.phone_number).map_err(|_| CampaignError::NoOwnNumber)?;
        let settings = self.scheduler.settings().await?;
        let chat_id = format!("{}@c.us", phone.digits());
        let (id, group_row, claim) = (
            self.random.id(now),
            self.random.id(now),
            self.random.id(now),
        );
        let message = TestMessage {
            id: &id,
            group_row: &group_row,
            whatsapp_id: &self.whatsapp_id(),
            chat_id: &chat_id,
            content: &text,
        };
        let lease = Lease {
            claim: &claim,
            until: self.scheduler.lease_until(now),
        };
        let may_leave = |line: &Line| may_leave_now(line, &settings, &chat_id, now);
        let departed = Scheduler::departed_at_most(&settings);
        let claimed = self
            .store
            .message_claim_test(
                user_id,
                session_id,
                &message,
                lease,
                self.scheduler.jitter(),
                departed,
                now,
                may_leave,
            )
            .await?
            .ok_or(CampaignError::NoSession)?
            .map_err(CampaignError::CannotSend)?;
        match self.scheduler.send_claimed(claimed).await {
            Outcome::Sent { .. } => Ok(()),
            Outcome::Failed { reason }
            | Outcome::Unknown { reason }
            | Outcome::NewChatsHeld { reason, .. }
            | Outcome::Retry { reason, .. } => Err(CampaignError::NotSent(reason)),
        }
    }
}

/// The text as it would reach its writer today.
fn filled_for_oneself(text: &str, user_name: &str, now_ms: i64) -> Result<String> {
    let refused = |problem: Problem| CampaignError::Fields(vec![problem.of("messageTemplate")]);
    if text.contains('\0') {
        return Err(refused(Problem::Nul {
            field: "messageTemplate",
        }));
    }
    let parsed = Template::parse(text, Variables::All)
        .map_err(|unknown| refused(Problem::UnknownVariables(unknown)))?;
    let today = Timestamp::from_millisecond(now_ms)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::UTC)
        .date();
    let date = today.to_string();
    let values = Values {
        name: Some(user_name),
        first_name: template::first_name(user_name),
        group: None,
        date: &date,
        days_left: "0",
    };
    let filled = parsed
        .fill("", &values)
        .map_err(|_| refused(Problem::TooLong { date: today }))?;
    if filled.trim().is_empty() {
        return Err(refused(Problem::Empty { date: today }));
    }
    Ok(filled)
}

/// Whether a message to oneself may leave now: quiet hours are nobody else's matter, all other
/// limits hold. If not, what it would wait for.
fn may_leave_now(line: &Line, settings: &Settings, chat_id: &str, now: i64) -> Result<(), String> {
    if let Some(words) = rules::sender_obstacle(line) {
        return Err(words);
    }
    let settings = Settings {
        quiet_from_h: 0,
        quiet_to_h: 0,
        ..*settings
    };
    let message = pace::Outgoing {
        due_ms: now,
        to: To::Known,
        chat: Arc::from(chat_id),
        zone: TimeZone::UTC,
    };
    let account = rules::account(line, now);
    match pace::next_send_at(&account, &settings, &message, now, line.sender.send_jitter) {
        Departure::Never(wait) => Err(wait.to_string()),
        Departure::At { at_ms, .. } if at_ms <= now => Ok(()),
        Departure::At { at_ms, waits_for } => {
            let seconds = (at_ms - now + 999) / 1000;
            let words = waits_for.unwrap_or(Wait::Gap).to_string();
            Err(format!("{words}; it ends in {seconds} s"))
        }
    }
}
