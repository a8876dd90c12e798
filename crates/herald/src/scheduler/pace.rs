//! When a message may leave: the pauses between messages, the caps, and quiet hours.
//!
//! [`next_send_at`] is the one rule. The scheduler asks it before each claim, the preview asks it
//! for every message of a plan ([`departures()`]): both say the same because it is the same.

mod departures;

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    sync::Arc,
};

use jiff::{
    Timestamp, ToSpan,
    civil::{DateTime, Time},
    tz::TimeZone,
};

use super::limits::{DAY_MS, HOUR_MS, Settings, warmed_up};

pub use departures::departures;

/// Who a message goes to, as far as limits tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum To {
    /// A person whom the account has written to, or heard from.
    Known,
    /// A person whom it has not.
    New,
    /// A group.
    Group,
}

/// A message that waits to leave.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// The time that its owner typed, in milliseconds since 1970.
    pub due_ms: i64,
    /// Who it goes to.
    pub to: To,
    /// The chat's id.
    pub chat: Arc<str>,
    /// Where quiet hours are reckoned: the recipient's zone if known, else the campaign's.
    pub zone: TimeZone,
}

/// A message that has left, or may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departed {
    /// When it was handed over, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who it went to; a person who was new then stays new here.
    pub to: To,
    /// The chat's id.
    pub chat: Arc<str>,
}

/// What WhatsApp said is left of its own allowance for new conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColdQuota {
    /// How many it said are left. Herald uses half of them.
    pub remaining: u32,
    /// How many Herald has begun since it was told.
    pub used: u32,
    /// When WhatsApp begins to count anew, in milliseconds since 1970.
    pub renewed_at_ms: i64,
}

/// What limits need to know of a linked account. Each part is kept in the database: a restart
/// forgets nothing.
#[derive(Debug, Clone, Default)]
pub struct Account {
    linked_at_ms: i64,
    /// Rising by time, the last 24 hours.
    departed: VecDeque<Departed>,
    cold_hold_until_ms: Option<i64>,
    cold_quota: Option<ColdQuota>,
}

impl Account {
    /// An account that was linked then and has sent this in the last 24 hours, in any order; what
    /// is unknown or failed after it was handed over counts as sent.
    pub fn new(linked_at_ms: i64, departed: impl IntoIterator<Item = Departed>) -> Self {
        let mut departed: Vec<Departed> = departed.into_iter().collect();
        departed.sort_by_key(|departed| departed.at_ms);
        Self {
            linked_at_ms,
            departed: departed.into(),
            ..Self::default()
        }
    }

    /// Holds messages to new people until then: a reach-out lock, or error 463.
    #[must_use]
    pub fn hold_cold(mut self, until_ms: Option<i64>) -> Self {
        self.cold_hold_until_ms = until_ms;
        self
    }

    /// Heeds WhatsApp's own allowance for new conversations.
    #[must_use]
    pub fn cold_quota(mut self, quota: Option<ColdQuota>) -> Self {
        self.cold_quota = quota;
        self
    }

    /// Takes down that a message has left.
    pub fn record(&mut self, departed: Departed) {
        if departed.to == To::New
            && let Some(quota) = &mut self.cold_quota
        {
            quota.used = quota.used.saturating_add(1);
        }
        // A clock that was set back gives an earlier time than the last.
        let place = self
            .departed
            .partition_point(|earlier| earlier.at_ms <= departed.at_ms);
        let forgotten = departed.at_ms.saturating_sub(DAY_MS);
        self.departed.insert(place, departed);
        while self
            .departed
            .front()
            .is_some_and(|first| first.at_ms <= forgotten)
        {
            self.departed.pop_front();
        }
    }
}

/// What a message waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Its own time.
    Due,
    /// The pause after the last message.
    Gap,
    /// Messages an hour.
    Hour(u32),
    /// Messages a day.
    Day(u32),
    /// Messages to groups an hour.
    GroupHour(u32),
    /// Different chats a day.
    ChatsDay(u32),
    /// New people a day.
    NewPeopleDay(u32),
    /// WhatsApp's allowance for new conversations.
    Quota,
    /// WhatsApp's lock on new conversations.
    ColdHold,
    /// Quiet hours, which end at this time on the clock.
    Quiet(Time),
}

/// In words that complete "waiting for …".
impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Due => f.write_str("its time"),
            Self::Gap => f.write_str("the pause between two messages"),
            Self::Hour(cap) => write!(f, "this account's limit of {cap} messages an hour"),
            Self::Day(cap) => write!(f, "this account's limit of {cap} messages a day"),
            Self::GroupHour(cap) => {
                write!(
                    f,
                    "this account's limit of {cap} messages to groups an hour"
                )
            }
            Self::ChatsDay(cap) => write!(f, "this account's limit of {cap} chats a day"),
            Self::NewPeopleDay(cap) => write!(
                f,
                "this account's limit of {cap} people a day whom it has never written to"
            ),
            Self::Quota => f.write_str("WhatsApp's allowance for new conversations"),
            Self::ColdHold => {
                f.write_str("WhatsApp, which lets this account begin no new conversations for now")
            }
            Self::Quiet(end) => write!(f, "the end of quiet hours at {}", end.strftime("%H:%M")),
        }
    }
}

/// When a message may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// Not before this instant.
    At {
        /// Milliseconds since 1970; never before `now` nor before the message is due.
        at_ms: i64,
        /// What keeps it until then; `None` if nothing does.
        waits_for: Option<Wait>,
    },
    /// Not at all under these limits: a cap is 0.
    Never(Wait),
}

impl Departure {
    /// The instant, if there is one.
    pub const fn at_ms(self) -> Option<i64> {
        match self {
            Self::At { at_ms, .. } => Some(at_ms),
            Self::Never(_) => None,
        }
    }
}

/// The earliest time from `now_ms` on at which a message may leave, and what it waits for until
/// then.
///
/// `jitter` (0 to 1) is the share of the random part of the pause after the last message; it is
/// drawn when that one is claimed and kept with the session, so that asking again, or after a
/// restart, gives the same pause.
pub fn next_send_at(
    account: &Account,
    settings: &Settings,
    message: &Outgoing,
    now_ms: i64,
    jitter: f64,
) -> Departure {
    let rules = Rules {
        account,
        settings,
        message,
        gap_ms: gap_ms(settings, message.to, jitter),
    };
    let mut at_ms = now_ms.max(message.due_ms);
    let mut waits_for = (at_ms > now_ms).then_some(Wait::Due);
    // Each rule only moves the time forward, and a rule that is satisfied stays so as time goes on,
    // quiet hours excepted, which end within a day: this comes to rest.
    while let Some((wait, until_ms)) = rules.obstacle(at_ms) {
        let Some(until_ms) = until_ms.filter(|until_ms| *until_ms > at_ms) else {
            return Departure::Never(wait);
        };
        at_ms = until_ms;
        waits_for = Some(wait);
    }
    Departure::At { at_ms, waits_for }
}

/// The pause before a message: at random within the bounds, before a group at least the groups'.
fn gap_ms(settings: &Settings, to: To, jitter: f64) -> i64 {
    let spread_s = settings.gap_max_s.saturating_sub(settings.gap_min_s);
    let least_s = match to {
        To::Group => settings.gap_min_s.max(settings.group_gap_s),
        To::Known | To::New => settings.gap_min_s,
    };
    // NaN counts as the longest pause.
    let share = if jitter.is_nan() {
        1.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 2^32 seconds in milliseconds"
    )]
    let random_ms = (f64::from(spread_s) * 1000.0 * share) as i64;
    i64::from(least_s) * 1000 + random_ms
}

/// A group's message that leaves within the minute that its owner typed leaves as typed.
const TYPED_MS: i64 = 60 * 1000;

struct Rules<'a> {
    account: &'a Account,
    settings: &'a Settings,
    message: &'a Outgoing,
    gap_ms: i64,
}

/// What is in the way, and until when; `None` for ever.
type Obstacle = (Wait, Option<i64>);

impl Rules<'_> {
    /// The first rule that a message leaving at `at_ms` would break.
    fn obstacle(&self, at_ms: i64) -> Option<Obstacle> {
        self.gap(at_ms)
            .or_else(|| self.caps(at_ms))
            .or_else(|| self.cold(at_ms))
            .or_else(|| self.quiet(at_ms))
    }

    fn gap(&self, at_ms: i64) -> Option<Obstacle> {
        // What lies ahead was sent before the clock was set back: it says nothing about now.
        let mut backwards = self.account.departed.iter().rev();
        let last = backwards.find(|departed| departed.at_ms <= at_ms)?;
        let until_ms = last.at_ms.saturating_add(self.gap_ms);
        (until_ms > at_ms).then_some((Wait::Gap, Some(until_ms)))
    }

    fn caps(&self, at_ms: i64) -> Option<Obstacle> {
        let Settings {
            hour,
            day,
            group_hour,
            chats_day,
            ..
        } = *self.settings;
        let anybody = |_: &Departed| true;
        let groups = |departed: &Departed| departed.to == To::Group;
        self.cap(hour, HOUR_MS, at_ms, Wait::Hour, anybody)
            .or_else(|| self.cap(day, DAY_MS, at_ms, Wait::Day, anybody))
            .or_else(|| match self.message.to {
                To::Group => self.cap(group_hour, HOUR_MS, at_ms, Wait::GroupHour, groups),
                To::Known | To::New => None,
            })
            .or_else(|| self.chats(chats_day, at_ms))
    }

    /// A cap on what counts in a window that ends now. The cap is in the way until the oldest of
    /// the last `cap` messages has left the window.
    fn cap(
        &self,
        cap: u32,
        window_ms: i64,
        at_ms: i64,
        wait: fn(u32) -> Wait,
        counts: impl Fn(&Departed) -> bool,
    ) -> Option<Obstacle> {
        let cap = warmed_up(cap, self.account.linked_at_ms, at_ms);
        let Some(last) = (cap as usize).checked_sub(1) else {
            return Some((wait(cap), None));
        };
        if last >= self.account.departed.len() {
            return None;
        }
        let mut counted = self.account.departed.iter().rev().filter(|one| counts(one));
        let until_ms = counted.nth(last)?.at_ms.saturating_add(window_ms);
        (until_ms > at_ms).then_some((wait(cap), Some(until_ms)))
    }

    /// The cap on different chats: who was written to within the day may be written to again.
    fn chats(&self, cap: u32, at_ms: i64) -> Option<Obstacle> {
        let cap = warmed_up(cap, self.account.linked_at_ms, at_ms);
        if cap == 0 {
            return Some((Wait::ChatsDay(cap), None));
        }
        let leaves_window = |one: &Departed| one.at_ms.saturating_add(DAY_MS);
        let departed = &self.account.departed;
        let first = departed.partition_point(|one| leaves_window(one) <= at_ms);
        let mut within = departed.range(first..).rev();
        if within.len() < cap as usize || within.clone().any(|one| one.chat == self.message.chat) {
            return None;
        }
        // Newest first: the chat that fills the cap leaves the window before all others do.
        let mut chats = HashSet::new();
        let fills = within.find(|one| chats.insert(&one.chat) && chats.len() == cap as usize)?;
        Some((Wait::ChatsDay(cap), Some(leaves_window(fills))))
    }

    /// What holds for people never written to. They are that no longer once a first message left.
    fn cold(&self, at_ms: i64) -> Option<Obstacle> {
        if self.message.to != To::New {
            return None;
        }
        let obstacle = self.cold_obstacle(at_ms)?;
        let mut departed = self.account.departed.iter();
        let was_written_to = departed.any(|one| one.chat == self.message.chat);
        (!was_written_to).then_some(obstacle)
    }

    fn cold_obstacle(&self, at_ms: i64) -> Option<Obstacle> {
        if let Some(until_ms) = self.account.cold_hold_until_ms
            && until_ms > at_ms
        {
            return Some((Wait::ColdHold, Some(until_ms)));
        }
        if let Some(quota) = self.account.cold_quota
            && quota.renewed_at_ms > at_ms
            && quota.used >= quota.remaining / 2
        {
            return Some((Wait::Quota, Some(quota.renewed_at_ms)));
        }
        let cap = self.settings.new_people_day;
        let new_people = |departed: &Departed| departed.to == To::New;
        self.cap(cap, DAY_MS, at_ms, Wait::NewPeopleDay, new_people)
    }

    /// Quiet hours bind messages to people, and whatever does not leave when its owner said.
    fn quiet(&self, at_ms: i64) -> Option<Obstacle> {
        let as_typed = at_ms.saturating_sub(self.message.due_ms) < TYPED_MS;
        if self.message.to == To::Group && as_typed {
            return None;
        }
        let (end, until_ms) = quiet_end(self.settings, &self.message.zone, at_ms)?;
        Some((Wait::Quiet(end), Some(until_ms)))
    }
}

/// The end of the quiet hours in which an instant lies; `None` if it lies in none.
pub fn quiet_end(settings: &Settings, zone: &TimeZone, at_ms: i64) -> Option<(Time, i64)> {
    let (from, to) = settings.quiet()?;
    let now = Timestamp::from_millisecond(at_ms)
        .ok()?
        .to_zoned(zone.clone());
    let time = now.time();
    let within_a_day = from < to;
    let is_quiet = if within_a_day {
        from <= time && time < to
    } else {
        from <= time || time < to
    };
    if !is_quiet {
        return None;
    }
    let date = if !within_a_day && from <= time {
        now.date().saturating_add(1.day())
    } else {
        now.date()
    };
    // A clock set back may show the end a second time: then the first has gone by.
    let end: DateTime = date.to_datetime(to);
    let ends = zone.to_ambiguous_timestamp(end);
    let candidates = [ends.compatible(), ends.later()];
    let later_than_now = |end: &Timestamp| end.as_millisecond() > at_ms;
    let until = candidates.into_iter().flatten().find(later_than_now)?;
    Some((to, until.as_millisecond()))
}

#[cfg(test)]
mod tests;
