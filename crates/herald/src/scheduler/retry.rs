//! What becomes of a message that did not get through, of a campaign in which many do not, and of
//! a message that was held up too long.

use super::limits::Settings;

/// Why a send did not succeed, by what may be done about it (the three kinds of the gateway's
/// `SendError`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Failure {
    /// WhatsApp or the engine will not send this message. It will not later either.
    Refused,
    /// Nothing went out, and later it may.
    Unavailable,
    /// It was handed over and no answer came. It may have gone out.
    Unknown,
}

/// What becomes of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is `failed`.
    Fail,
    /// It is `scheduled` again, not to be claimed before then (milliseconds since 1970).
    Retry {
        /// The earliest time of the next attempt.
        at_ms: i64,
    },
    /// It is `unknown`: settled by a receipt or by its owner, never by sending it again unasked.
    Unknown,
}

/// After so many attempts a message has failed: with the backoff between them, 23 to 46 minutes
/// after the first. A session that is not working makes no attempts; its messages wait.
pub const MAX_ATTEMPTS: u32 = 8;

const BACKOFF_FIRST_MS: i64 = 30 * 1000;
const BACKOFF_LONGEST_MS: i64 = 15 * 60 * 1000;

/// What becomes of a message after its attempt number `attempts` (from 1) has failed.
///
/// Only where nothing can have gone out is it tried again: at most once is worth more than at
/// least once. `not_before_ms` is the time that the engine asked for, if it did; `jitter` is 0 to 1.
pub fn after(
    failure: Failure,
    attempts: u32,
    now_ms: i64,
    not_before_ms: Option<i64>,
    jitter: f64,
) -> Verdict {
    match failure {
        Failure::Refused => Verdict::Fail,
        Failure::Unknown => Verdict::Unknown,
        Failure::Unavailable if attempts >= MAX_ATTEMPTS => Verdict::Fail,
        Failure::Unavailable => {
            let at_ms = now_ms.saturating_add(backoff_ms(attempts, jitter));
            Verdict::Retry {
                at_ms: at_ms.max(not_before_ms.unwrap_or(at_ms)),
            }
        }
    }
}

/// How long to wait after attempt number `attempts` (from 1): 30 s, doubled each time up to a
/// quarter of an hour, of which the second half is random.
pub fn backoff_ms(attempts: u32, jitter: f64) -> i64 {
    let doublings = attempts.saturating_sub(1).min(16);
    let full_ms = (BACKOFF_FIRST_MS << doublings).min(BACKOFF_LONGEST_MS);
    // NaN counts as the longest wait.
    let share = if jitter.is_nan() {
        1.0
    } else {
        jitter.clamp(0.0, 1.0)
    };
    let half_ms = full_ms / 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "at most half of a quarter of an hour"
    )]
    let random_ms = (half_ms as f64 * share) as i64;
    half_ms + random_ms
}

/// How a message that was claimed ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It went out.
    Sent,
    /// It failed or is unknown. A message that is to be tried again has not ended.
    Failed,
}

/// Why a campaign pauses by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trip {
    /// Too many failures one after another.
    #[error(
        "{0} messages in a row did not get through. Look at their reasons, then resume or cancel the campaign."
    )]
    InARow(u32),
    /// Too many failures among the last messages.
    #[error(
        "{failures} of the last {BREAKER_WINDOW} messages did not get through. Look at their reasons, then resume or cancel the campaign."
    )]
    Share {
        /// How many.
        failures: usize,
    },
    /// Too many people asked for no more messages.
    #[error(
        "{opt_outs} of {people} people have asked for no more messages. Ask yourself whether the others expect this campaign, then resume or cancel it."
    )]
    OptOuts {
        /// How many did.
        opt_outs: usize,
        /// Of how many.
        people: usize,
    },
}

/// Of how many messages the breaker reckons the share of failures.
pub const BREAKER_WINDOW: usize = 50;

/// Whether a campaign's outcomes pause it: given from the newest backwards, to the start or to the
/// last time that its owner resumed it.
///
/// The share is always one of [`BREAKER_WINDOW`], also when fewer have ended: one failure of two is
/// no pattern, five of eight are.
pub fn breaker(settings: &Settings, outcomes: impl IntoIterator<Item = Outcome>) -> Option<Trip> {
    let last: Vec<Outcome> = outcomes.into_iter().take(BREAKER_WINDOW).collect();
    let failed = |outcome: &&Outcome| **outcome == Outcome::Failed;
    let in_a_row = last.iter().take_while(failed).count();
    let failures = last.iter().filter(failed).count();
    if reached(in_a_row, 1, settings.failures_in_a_row) {
        return Some(Trip::InARow(settings.failures_in_a_row));
    }
    let percent = 100 / BREAKER_WINDOW;
    reached(failures, percent, settings.failure_percent).then_some(Trip::Share { failures })
}

/// Whether so many opt-outs among a campaign's people pause it: more than the settings' share, and
/// more than one, since a single person's word is honoured and is no pattern.
pub fn opt_out_breaker(settings: &Settings, opt_outs: usize, people: usize) -> Option<Trip> {
    let share = settings.opt_out_percent as usize;
    let passed = opt_outs.saturating_mul(100) > people.saturating_mul(share);
    (passed && opt_outs > 1).then_some(Trip::OptOuts { opt_outs, people })
}

fn reached(count: usize, worth: usize, threshold: u32) -> bool {
    count > 0 && count.saturating_mul(worth) >= threshold as usize
}

/// A time in which nothing could leave although plan and limits would have let it: Herald was not
/// running, the session was not working, a breaker had tripped. In milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// From this instant,
    pub from_ms: i64,
    /// up to this one.
    pub to_ms: i64,
}

/// Whether a message may still go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// It may.
    InTime,
    /// It was held up for longer than its campaign allows: it is `skipped`.
    TooLate {
        /// How long it was held up.
        held_ms: i64,
    },
}

/// Whether a message whose turn is now was held up for longer than `late_minutes`.
///
/// Counted is the time since `planned_at_ms`, when the plan with its pauses and caps lets it leave
/// ([`leaves_at_ms`](crate::campaign::PlannedMessage::leaves_at_ms)), that falls into a hold: what
/// waits because others were sent first, or because a cap was reached, is not late.
pub fn lateness(
    planned_at_ms: i64,
    now_ms: i64,
    late_minutes: i64,
    holds: impl IntoIterator<Item = Hold>,
) -> Lateness {
    let held_ms = held_ms(planned_at_ms, now_ms, holds);
    if held_ms > late_minutes.saturating_mul(60 * 1000) {
        Lateness::TooLate { held_ms }
    } else {
        Lateness::InTime
    }
}

/// How much of the time between two instants falls into holds; where they overlap it counts once.
pub fn held_ms(from_ms: i64, to_ms: i64, holds: impl IntoIterator<Item = Hold>) -> i64 {
    let mut holds: Vec<Hold> = holds.into_iter().collect();
    holds.sort_by_key(|hold| hold.from_ms);
    let mut counted_to_ms = from_ms;
    let mut held_ms: i64 = 0;
    for hold in holds {
        let begin_ms = hold.from_ms.max(counted_to_ms);
        let end_ms = hold.to_ms.min(to_ms);
        if end_ms > begin_ms {
            held_ms = held_ms.saturating_add(end_ms.saturating_sub(begin_ms));
            counted_to_ms = end_ms;
        }
    }
    held_ms
}

/// For people: `2 h 5 min`, for the reason of a skipped message.
pub fn duration_words(ms: i64) -> String {
    let minutes = ms.max(0) / (60 * 1000);
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests;
