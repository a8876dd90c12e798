//! The numbers that keep an account from harm: their defaults, how far an admin may move them, and
//! how they grow with the account.
//!
//! Defaults are those of `background/market.md`, section 5c, where each has its reason. An admin
//! makes a limit stricter freely and laxer up to its ceiling, which stands here and nowhere else.

use jiff::civil::Time;

/// The limits in force on this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The shortest pause between two messages of an account, in seconds.
    pub gap_min_s: u32,
    /// The longest pause that is drawn, in seconds.
    pub gap_max_s: u32,
    /// The shortest pause before a message to a group, in seconds.
    pub group_gap_s: u32,
    /// Messages of an account in any 60 minutes.
    pub hour: u32,
    /// Messages of an account in any 24 hours.
    pub day: u32,
    /// Messages to groups in any 60 minutes.
    pub group_hour: u32,
    /// Different chats in any 24 hours.
    pub chats_day: u32,
    /// People never written to before, in any 24 hours.
    pub new_people_day: u32,
    /// The hour (0 to 23) at which quiet hours begin.
    pub quiet_from_h: u32,
    /// The hour (0 to 23) at which they end. Equal to the other: there are none.
    pub quiet_to_h: u32,
    /// So many failures in a row pause a campaign.
    pub failures_in_a_row: u32,
    /// So many failures among the last 50 messages, in per cent, pause a campaign.
    pub failure_percent: u32,
    /// More opt-outs than this, in per cent of its people, pause a campaign.
    pub opt_out_percent: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gap_min_s: 10,
            gap_max_s: 25,
            group_gap_s: 30,
            hour: 60,
            day: 250,
            group_hour: 30,
            chats_day: 250,
            new_people_day: 15,
            quiet_from_h: 21,
            quiet_to_h: 8,
            failures_in_a_row: 5,
            failure_percent: 10,
            opt_out_percent: 2,
        }
    }
}

impl Settings {
    /// For `HERALD_TEST_MODE`: no gaps, caps or quiet hours; the breakers stay.
    #[must_use]
    pub fn test_mode(self) -> Self {
        Self {
            gap_min_s: 0,
            gap_max_s: 0,
            group_gap_s: 0,
            hour: UNBOUNDED,
            day: UNBOUNDED,
            group_hour: UNBOUNDED,
            chats_day: UNBOUNDED,
            new_people_day: UNBOUNDED,
            quiet_from_h: 0,
            quiet_to_h: 0,
            ..self
        }
    }

    /// When quiet hours begin and end on the clock; `None` where there are none.
    pub fn quiet(&self) -> Option<(Time, Time)> {
        let hour = |h: u32| {
            i8::try_from(h)
                .ok()
                .and_then(|h| Time::new(h, 0, 0, 0).ok())
        };
        let (from, to) = (hour(self.quiet_from_h)?, hour(self.quiet_to_h)?);
        (from != to).then_some((from, to))
    }

    /// The settings with some limits changed, by their names in [`LIMITS`]: all of them, or none
    /// and every error.
    pub fn with<'a>(
        &self,
        changes: impl IntoIterator<Item = (&'a str, i64)>,
    ) -> Result<Self, Vec<LimitError>> {
        let mut settings = *self;
        let mut errors = Vec::new();
        for (name, value) in changes {
            match Limit::named(name).and_then(|limit| Ok((limit, limit.check(value)?))) {
                Ok((limit, value)) => *(limit.of)(&mut settings) = value,
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() && settings.gap_max_s < settings.gap_min_s {
            errors.push(LimitError::GapOrder);
        }
        if errors.is_empty() {
            Ok(settings)
        } else {
            Err(errors)
        }
    }
}

/// A cap that never binds.
pub(crate) const UNBOUNDED: u32 = u32::MAX;

/// One limit as an admin sees it.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// Its name on the wire.
    pub name: &'static str,
    /// The laxest value that is taken: the lowest for pauses and the end of quiet hours, the
    /// highest for all others.
    pub ceiling: u32,
    /// The strictest value that is taken.
    pub strictest: u32,
    /// `messages`, `people`, `chats`, `seconds`, `hour of the day`, `failures`, `%`.
    pub unit: &'static str,
    of: fn(&mut Settings) -> &mut u32,
}

impl Limit {
    /// The value in force.
    pub fn value(&self, settings: &Settings) -> u32 {
        let mut settings = *settings;
        *(self.of)(&mut settings)
    }

    /// The value that a new server has.
    pub fn default_value(&self) -> u32 {
        self.value(&Settings::default())
    }

    fn named(name: &str) -> Result<&'static Self, LimitError> {
        LIMITS
            .iter()
            .find(|limit| limit.name == name)
            .ok_or_else(|| LimitError::Unknown(name.chars().take(40).collect()))
    }

    fn check(&self, value: i64) -> Result<u32, LimitError> {
        let (from, to) = if self.ceiling < self.strictest {
            (self.ceiling, self.strictest)
        } else {
            (self.strictest, self.ceiling)
        };
        u32::try_from(value)
            .ok()
            .filter(|value| (from..=to).contains(value))
            .ok_or(LimitError::OutOfBounds {
                name: self.name,
                from,
                to,
                unit: self.unit,
            })
    }
}

/// Why a limit was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// There is no limit of that name.
    #[error("{0} is no limit. admin.getLimits lists them.")]
    Unknown(String),
    /// The value is beyond the ceiling, or makes no sense.
    #[error("{name} is {from} to {to} ({unit}) on every Herald.")]
    OutOfBounds {
        /// The limit.
        name: &'static str,
        /// The lowest value taken.
        from: u32,
        /// The highest value taken.
        to: u32,
        /// What it counts.
        unit: &'static str,
    },
    /// The longest gap is shorter than the shortest.
    #[error("gapMaxSeconds would be shorter than gapMinSeconds. Set both together.")]
    GapOrder,
}

const fn limit(
    name: &'static str,
    ceiling: u32,
    strictest: u32,
    unit: &'static str,
    of: fn(&mut Settings) -> &mut u32,
) -> Limit {
    Limit {
        name,
        ceiling,
        strictest,
        unit,
        of,
    }
}

/// Every limit that an admin can move. A cap of 0 lets nothing out.
pub const LIMITS: [Limit; 13] = [
    limit("gapMinSeconds", 5, 3600, "seconds", |s| &mut s.gap_min_s),
    limit("gapMaxSeconds", 10, 7200, "seconds", |s| &mut s.gap_max_s),
    limit("groupGapSeconds", 20, 7200, "seconds", |s| {
        &mut s.group_gap_s
    }),
    limit("messagesPerHour", 120, 0, "messages", |s| &mut s.hour),
    limit("messagesPerDay", 500, 0, "messages", |s| &mut s.day),
    limit("groupMessagesPerHour", 60, 0, "messages", |s| {
        &mut s.group_hour
    }),
    limit("chatsPerDay", 500, 0, "chats", |s| &mut s.chats_day),
    limit("newPeoplePerDay", 30, 0, "people", |s| {
        &mut s.new_people_day
    }),
    limit("quietFromHour", 23, 18, "hour of the day", |s| {
        &mut s.quiet_from_h
    }),
    limit("quietToHour", 6, 12, "hour of the day", |s| {
        &mut s.quiet_to_h
    }),
    limit("failuresInARow", 10, 1, "failures", |s| {
        &mut s.failures_in_a_row
    }),
    limit("failurePercent", 20, 1, "%", |s| &mut s.failure_percent),
    limit("optOutPercent", 5, 0, "%", |s| &mut s.opt_out_percent),
];

/// A cap for an account that was linked so long ago: a quarter of it in the first 14 days, half of
/// it up to the 28th, then all of it. A cap that is not 0 stays at least 1.
pub fn warmed_up(cap: u32, linked_at_ms: i64, at_ms: i64) -> u32 {
    if cap == UNBOUNDED {
        return cap;
    }
    let share = match at_ms.saturating_sub(linked_at_ms) / DAY_MS {
        ..14 => cap / 4,
        14..28 => cap / 2,
        _ => cap,
    };
    share.max(cap.min(1))
}

/// An hour in milliseconds.
pub const HOUR_MS: i64 = 60 * 60 * 1000;

/// Twenty-four hours in milliseconds.
pub const DAY_MS: i64 = 24 * HOUR_MS;

#[cfg(test)]
mod tests;
