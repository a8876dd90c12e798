//! What a session sends next, out of the first of each of its lines, and what speaks against it.
//! Values in, values out: the claim asks in its transaction, the page to say what is waited for.

use std::sync::Arc;

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::{
    limits::{DAY_MS, Settings},
    pace::{Account, Departed, Departure, Outgoing, To, Wait, next_send_at},
    retry::{Hold, Lateness, duration_words, lateness},
};
use crate::store::{ChatFacts, HoldRow, Line, Next, Rules, Waiting};

/// So many messages of one session are under way at a time at most: one that hangs does not keep
/// the next from its time, and none takes all of the room.
pub const IN_FLIGHT: i64 = 4;

/// How often a session that cannot send is looked at, for what is too late by now. It is looked at
/// at once when that changes.
const LOOK_AGAIN_MS: i64 = 60 * 1000;

/// The rules at an instant.
#[derive(Debug, Clone, Copy)]
pub struct Ruling<'a> {
    /// The limits in force.
    pub settings: &'a Settings,
    /// Whether the same person may have messages of several campaigns on one day.
    pub repeats: bool,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// The random part of the pause after what is claimed, 0 to 1.
    pub jitter: f64,
}

/// What a line waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// Nothing in it is left.
    Nothing,
    /// The account cannot send, in words that complete "waiting for …".
    Sender(String),
    /// Others of the account are under way.
    Room,
    /// The one that leaves next, by its place, when, and what it waits for.
    Message(usize, i64, Option<Wait>),
    /// A limit is 0.
    Never(Wait),
}

impl Ruling<'_> {
    /// What a line waits for now.
    pub fn waits(&self, line: &Line) -> Waits {
        if line.waiting.is_empty() {
            return Waits::Nothing;
        }
        if let Some(words) = sender_obstacle(line) {
            return Waits::Sender(words);
        }
        if line.in_flight >= IN_FLIGHT {
            return Waits::Room;
        }
        let account = account(line, self.now_ms);
        let departures = line.waiting.iter().map(|waiting| {
            let earliest_ms = self.now_ms.max(waiting.due_at);
            next_send_at(
                &account,
                self.settings,
                &outgoing(waiting),
                earliest_ms,
                line.sender.send_jitter,
            )
        });
        let mut first: Option<(usize, i64, Option<Wait>)> = None;
        let mut never = None;
        for (index, departure) in departures.enumerate() {
            match departure {
                Departure::Never(wait) => never = Some(wait),
                Departure::At { at_ms, waits_for } => {
                    if first.is_none_or(|(_, first_ms, _)| at_ms < first_ms) {
                        let due = (at_ms > self.now_ms).then_some(Wait::Due);
                        first = Some((index, at_ms, waits_for.or(due)));
                    }
                }
            }
        }
        match (first, never) {
            (Some((index, at_ms, wait)), _) => Waits::Message(index, at_ms, wait),
            (None, Some(wait)) => Waits::Never(wait),
            (None, None) => Waits::Nothing,
        }
    }
}

impl Rules for Ruling<'_> {
    fn too_late(&self, waiting: &Waiting, holds: &[HoldRow]) -> Option<String> {
        let holds = holds.iter().map(|hold| Hold {
            from_ms: hold.from_at,
            to_ms: hold.to_at.unwrap_or(self.now_ms),
        });
        let planned_ms = waiting.leaves_at.unwrap_or(waiting.scheduled_at);
        match lateness(planned_ms, self.now_ms, waiting.late_minutes, holds) {
            Lateness::InTime => None,
            Lateness::TooLate { held_ms } => Some(format!(
                "Held up for {}, and this campaign sends nothing that was held up for more than {}.",
                duration_words(held_ms),
                duration_words(waiting.late_minutes * 60 * 1000),
            )),
        }
    }

    fn next(&self, line: &Line) -> Next {
        match self.waits(line) {
            Waits::Nothing => Next::Wait(None),
            // Looked at again at once when an outcome, a status or a limit changes that.
            Waits::Sender(_) | Waits::Room | Waits::Never(_) => {
                Next::Wait(Some(self.now_ms + LOOK_AGAIN_MS))
            }
            Waits::Message(index, at_ms, _) if at_ms <= self.now_ms => Next::Send(index),
            Waits::Message(_, at_ms, _) => Next::Wait(Some(at_ms)),
        }
    }

    fn guarded_day(&self, waiting: &Waiting) -> Option<(i64, i64)> {
        if self.repeats {
            return None;
        }
        let now = Timestamp::from_millisecond(self.now_ms)
            .ok()?
            .to_zoned(zone(&waiting.time_zone));
        let day = now.start_of_day().ok()?;
        let next = day.checked_add(1.day()).ok()?;
        Some((
            day.timestamp().as_millisecond(),
            next.timestamp().as_millisecond(),
        ))
    }

    fn refusal(&self, _: &Waiting, facts: &ChatFacts) -> Option<String> {
        if let Some(word) = &facts.opted_out {
            return Some(format!(
                "This person has asked you for no more messages (“{word}”)."
            ));
        }
        if facts.is_member == Some(false) {
            return Some("Your account is not in this group any more.".to_owned());
        }
        if facts.admins_only == Some(true) && facts.is_admin == Some(false) {
            return Some(
                "Only admins may write in this group, and your account is none of them.".to_owned(),
            );
        }
        if facts.is_blocked == Some(true) {
            return Some("You have blocked this person.".to_owned());
        }
        if facts.is_whatsapp == Some(false) {
            return Some("This number is not on WhatsApp.".to_owned());
        }
        match facts.had_today.as_deref() {
            None => None,
            Some("") => Some("This person has had a message of another campaign today.".to_owned()),
            Some(title) => Some(format!(
                "This person has had a message of another campaign today: {title}."
            )),
        }
    }

    fn jitter(&self) -> f64 {
        self.jitter
    }
}

/// Why the account can send nothing, in words that complete "waiting for …".
pub fn sender_obstacle(line: &Line) -> Option<String> {
    let sender = &line.sender;
    if let Some(switch) = &line.switched_off {
        let what = match switch.scope.as_str() {
            "server" => "on this server",
            "user" => "for your account",
            _ => "for this WhatsApp account",
        };
        let reason = switch
            .reason
            .as_ref()
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        return Some(format!("sending to be switched on again {what}{reason}"));
    }
    if sender.role == "GUEST" {
        return Some("your account to be approved".to_owned());
    }
    if sender.engine_name.is_none() || sender.unlinking {
        return Some("your WhatsApp account to be linked".to_owned());
    }
    if sender.status != "WORKING" {
        let cause = sender
            .cause
            .as_ref()
            .map(|cause| format!(": {cause}"))
            .unwrap_or_default();
        return Some(format!(
            "your WhatsApp account, which is {}{cause}",
            sender.status
        ));
    }
    None
}

/// What limits need to know of the account.
pub fn account(line: &Line, now_ms: i64) -> Account {
    let departed = line
        .departed
        .iter()
        .filter(|departed| departed.left_at > now_ms - DAY_MS)
        .map(|departed| Departed {
            at_ms: departed.left_at,
            to: to(&departed.audience),
            chat: Arc::from(departed.chat_id.as_str()),
        });
    // An account that was never linked is as new as can be.
    let linked_at = line.sender.linked_at.unwrap_or(now_ms);
    Account::new(linked_at, departed).hold_cold(line.sender.new_chats_held_until)
}

fn outgoing(waiting: &Waiting) -> Outgoing {
    Outgoing {
        due_ms: waiting.scheduled_at,
        to: to(&waiting.audience),
        chat: Arc::from(waiting.chat_id.as_str()),
        zone: zone(&waiting.time_zone),
    }
}

/// The word for an audience in the database.
pub const fn audience_word(to: To) -> &'static str {
    match to {
        To::Group => "group",
        To::Known => "known",
        To::New => "new",
    }
}

fn to(audience: &str) -> To {
    match audience {
        "group" => To::Group,
        "known" => To::Known,
        _ => To::New,
    }
}

/// The planner has seen to it that the zone is one; a zone that a newer list has lost is UTC.
fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests;
