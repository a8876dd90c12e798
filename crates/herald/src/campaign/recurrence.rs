//! When a campaign's messages are due: civil dates by the calendar, then instants in a time zone.
//!
//! What the original counted (`docs/wire/original-system.md`, section 5 "Making messages") and what
//! is kept of it:
//!
//! * The first occurrence is always the start date, the last is the end date if the recurrence
//!   falls on it: both ends count.
//! * A campaign that does not recur has one message **a day**; one message in all is a campaign
//!   that starts and ends on the same day.
//!
//! Where the original counted in days of 24 hours and drifted (its faults L10 to L12), the calendar
//! holds: every date is reckoned from the start date, never from the one before it.

use jiff::{
    Span, Timestamp,
    civil::{Date, Time},
    tz::{AmbiguousOffset, TimeZone},
};

/// How often a recurring campaign sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Recurrence {
    /// Every day.
    #[default]
    Daily,
    /// Every seven days.
    Weekly,
    /// Twice a month: on the start date's day of the month and on the day fifteen days from it in
    /// the same month, which is fifteen later for the 1st to the 15th and fifteen earlier for the
    /// 16th to the 31st. Each clamped to the month's last day.
    SemiMonthly,
    /// On the start date's day of each month, clamped to the month's last day.
    Monthly,
    /// Every six months, otherwise as [`Recurrence::Monthly`].
    SemiAnnually,
    /// Every year on the start date; the 29th of February is the 28th in common years.
    Annually,
}

impl Recurrence {
    /// All six, the most frequent first.
    pub const ALL: [Self; 6] = [
        Self::Daily,
        Self::Weekly,
        Self::SemiMonthly,
        Self::Monthly,
        Self::SemiAnnually,
        Self::Annually,
    ];

    /// The word on the wire: `DAILY`, `WEEKLY`, `SEMI_MONTHLY`, `MONTHLY`, `SEMI_ANNUALLY`,
    /// `ANNUALLY`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "DAILY",
            Self::Weekly => "WEEKLY",
            Self::SemiMonthly => "SEMI_MONTHLY",
            Self::Monthly => "MONTHLY",
            Self::SemiAnnually => "SEMI_ANNUALLY",
            Self::Annually => "ANNUALLY",
        }
    }

    /// Reads the word on the wire; `None` for any other.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// For people: `every month`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Daily => "every day",
            Self::Weekly => "every week",
            Self::SemiMonthly => "twice a month",
            Self::Monthly => "every month",
            Self::SemiAnnually => "every six months",
            Self::Annually => "every year",
        }
    }

    /// The dates from `start` to `end`, both included: rising, each once, none for an `end` before
    /// the `start`. As many as the range holds: the caller bounds the range.
    pub fn dates(self, start: Date, end: Date) -> impl Iterator<Item = Date> {
        (0..)
            .map_while(move |n| self.nth(start, n))
            .take_while(move |date| *date <= end)
    }

    /// The date of occurrence `n`, counted from 0; `None` past the calendar's end.
    fn nth(self, start: Date, n: i32) -> Option<Date> {
        let span = Span::new();
        let since_start = match self {
            Self::Daily => span.try_days(n),
            Self::Weekly => span.try_weeks(n),
            Self::SemiMonthly => return nth_half_month(start, n),
            Self::Monthly => span.try_months(n),
            Self::SemiAnnually => span.try_months(n.checked_mul(6)?),
            Self::Annually => span.try_years(n),
        };
        start.checked_add(since_start.ok()?).ok()
    }
}

/// Half month `n` of [`Recurrence::SemiMonthly`].
fn nth_half_month(start: Date, n: i32) -> Option<Date> {
    let starts_late = start.day() > 15;
    let early = if starts_late {
        start.day() - 15
    } else {
        start.day()
    };
    let half = n.checked_add(i32::from(starts_late))?;
    let months = Span::new().try_months(half / 2).ok()?;
    let month = start.first_of_month().checked_add(months).ok()?;
    let day = if half % 2 == 0 { early } else { early + 15 };
    month
        .with()
        .day(day.min(month.days_in_month()))
        .build()
        .ok()
}

/// What a change of the clock did to an occurrence's wall time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// The clock skips that time: it goes out as much later as the clock skips (02:30 as 03:30).
    Gap,
    /// The clock shows that time twice: it goes out at the first.
    Overlap,
}

impl Shift {
    /// The word on the wire: `gap` or `overlap`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Overlap => "overlap",
        }
    }
}

/// One time at which a campaign sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The date by the calendar, from which days left are counted.
    pub date: Date,
    /// When it is due: milliseconds since 1970, UTC.
    pub scheduled_at_ms: i64,
    /// What the clock on the wall shows then: `2026-03-08 03:30`.
    pub local: String,
    /// How far that clock is from UTC then: `-05:00`.
    pub offset: String,
    /// Whether a change of the clock met it.
    pub shift: Option<Shift>,
}

/// The occurrences of `dates` at a wall time in a zone, in their order.
///
/// A day that the zone left out altogether (Samoa had no 30 December 2011) has none: moved by a
/// day, its message would meet the next day's. The same for a date past the calendar's end.
pub fn occurrences(
    dates: impl IntoIterator<Item = Date>,
    time: Time,
    zone: &TimeZone,
) -> Vec<Occurrence> {
    dates
        .into_iter()
        .filter_map(|date| occurrence(date, time, zone))
        .collect()
}

fn occurrence(date: Date, time: Time, zone: &TimeZone) -> Option<Occurrence> {
    let (instant, change) = resolve(date, time, zone)?;
    let shift = match change {
        Change::None => None,
        Change::Skips { seconds } if seconds >= SECONDS_A_DAY => return None,
        Change::Skips { .. } => Some(Shift::Gap),
        Change::Repeats => Some(Shift::Overlap),
    };
    let local = instant.to_zoned(zone.clone());
    Some(Occurrence {
        date,
        scheduled_at_ms: instant.as_millisecond(),
        local: local.strftime("%Y-%m-%d %H:%M").to_string(),
        offset: local.strftime("%:z").to_string(),
        shift,
    })
}

/// A date at a wall time in a zone, in milliseconds since 1970, by the same rules; a day that the
/// zone left out counts as the next. `None` past the calendar's end.
pub fn instant(date: Date, time: Time, zone: &TimeZone) -> Option<i64> {
    let (instant, _) = resolve(date, time, zone)?;
    Some(instant.as_millisecond())
}

/// What a zone's clock does at a wall time.
enum Change {
    None,
    Skips { seconds: i32 },
    Repeats,
}

fn resolve(date: Date, time: Time, zone: &TimeZone) -> Option<(Timestamp, Change)> {
    let wanted = date.to_datetime(time);
    let found = zone.to_ambiguous_timestamp(wanted);
    let first = found.compatible().ok()?;
    Some(match found.offset() {
        AmbiguousOffset::Unambiguous { .. } => (first, Change::None),
        AmbiguousOffset::Gap { before, after } => {
            let seconds = after.seconds().saturating_sub(before.seconds());
            (first, Change::Skips { seconds })
        }
        AmbiguousOffset::Fold { .. } if zone.to_datetime(first) == wanted => {
            (first, Change::Repeats)
        }
        // jiff 0.2.46 sees an overlap where a zone's recorded changes end and its rule begins,
        // although the clock is not set back there (America/Nuuk, 28 October 2023, 23:00).
        AmbiguousOffset::Fold { .. } => (found.later().ok()?, Change::None),
    })
}

const SECONDS_A_DAY: i32 = 24 * 60 * 60;

#[cfg(test)]
mod tests;
