//! A session's states over time, as pure functions. Instants are milliseconds since 1970.

use std::time::Duration;

use crate::State;

/// How long STARTING lasts, before a code is shown and after it was scanned.
pub(super) const MOMENT: i64 = 300;

/// WhatsApp's codes: the first lives 60 s, each further one 20 s, six in all
/// (`docs/wire/waha.md`, section 5).
const FIRST_CODE: i64 = 60_000;
const FURTHER_CODE: i64 = 20_000;
const CODES: i64 = 6;
const ALL_CODES: i64 = FIRST_CODE + (CODES - 1) * FURTHER_CODE;

const NEVER_SCANNED: &str = "Nobody scanned the QR code in time. Start the session again and scan the new code \
                             with the phone: WhatsApp, Linked devices, Link a device.";

/// What a session has been through last. Its state follows from this and the time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Phase {
    /// Not running, no credentials.
    #[default]
    Stopped,
    /// Started without credentials: a moment later it shows codes, until it is scanned or they
    /// run out.
    Pairing {
        /// When the first code is shown.
        shown_at: i64,
        /// When the phone scans, or scanned; counts only while codes are shown.
        scan_at: Option<i64>,
    },
    /// Started with credentials.
    Linked {
        /// When the connection stands.
        works_at: i64,
    },
    /// Linked, but without a way to WhatsApp.
    Lost,
    /// Gave up.
    Failed {
        /// Why, and what helps.
        cause: String,
        /// What is left of the link.
        link: Link,
    },
}

/// What a session has of a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing: it shows a code when it is started.
    None,
    /// The number of a phone that has removed it.
    Broken,
    /// Credentials.
    Kept,
}

impl Phase {
    pub(super) fn pairing(now: i64, scan_after: Option<Duration>) -> Self {
        let mut phase = Self::Pairing {
            shown_at: now + MOMENT,
            scan_at: None,
        };
        phase.scan_after(scan_after, now);
        phase
    }

    pub(super) fn linked(now: i64) -> Self {
        Self::Linked {
            works_at: now + MOMENT,
        }
    }

    pub(super) fn state(&self, now: i64) -> State {
        match *self {
            Self::Stopped => State::Stopped,
            Self::Pairing { shown_at, .. } => match self.scanned_at(now) {
                Some(scanned_at) if now < scanned_at + MOMENT => State::Starting,
                Some(_) => State::Working,
                None if now < shown_at => State::Starting,
                None if rotation(now - shown_at).is_some() => State::ScanQrCode,
                None => State::Failed,
            },
            Self::Linked { works_at } if now < works_at => State::Starting,
            Self::Linked { .. } => State::Working,
            Self::Lost => State::Starting,
            Self::Failed { .. } => State::Failed,
        }
    }

    /// Which of the six codes is shown, from 0.
    pub(super) fn code(&self, now: i64) -> Option<i64> {
        match self {
            Self::Pairing { shown_at, .. } if self.scanned_at(now).is_none() => {
                rotation(now - shown_at)
            }
            _ => None,
        }
    }

    pub(super) fn cause(&self, now: i64) -> Option<String> {
        match self {
            Self::Failed { cause, .. } => Some(cause.clone()),
            _ if self.state(now) == State::Failed => Some(NEVER_SCANNED.to_owned()),
            _ => None,
        }
    }

    pub(super) fn link(&self, now: i64) -> Link {
        match self {
            Self::Pairing { .. } if self.scanned_at(now).is_some() => Link::Kept,
            Self::Stopped | Self::Pairing { .. } => Link::None,
            Self::Linked { .. } | Self::Lost => Link::Kept,
            Self::Failed { link, .. } => *link,
        }
    }

    /// The own number is known from the first connection on, and still after the phone has
    /// removed the session.
    pub(super) fn tells_number(&self, now: i64) -> bool {
        match self {
            Self::Pairing { .. } => self.state(now) == State::Working,
            _ => self.link(now) != Link::None,
        }
    }

    /// The phone scans what is shown; `false` when nothing is.
    pub(super) fn scan(&mut self, now: i64) -> bool {
        let shown = self.code(now).is_some();
        if let Self::Pairing { scan_at, .. } = self
            && shown
        {
            *scan_at = Some(now);
        }
        shown
    }

    /// Plans the scan of a session that waits for one: not in the past.
    pub(super) fn scan_after(&mut self, after: Option<Duration>, now: i64) {
        let scanned = self.scanned_at(now).is_some();
        if let Self::Pairing { shown_at, scan_at } = self
            && !scanned
        {
            let millis = |after: Duration| i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
            // A session whose codes have run out stays as it is: a scan now comes too late.
            *scan_at = after.map(|after| shown_at.saturating_add(millis(after)).max(now));
        }
    }

    /// Puts `next` in the place of a phase with this link; `false` when it has another one.
    pub(super) fn replace(&mut self, link: Link, now: i64, next: Self) -> bool {
        let right = self.link(now) == link;
        if right {
            *self = next;
        }
        right
    }

    fn scanned_at(&self, now: i64) -> Option<i64> {
        match *self {
            Self::Pairing { shown_at, scan_at } => {
                scan_at.filter(|at| (shown_at..shown_at + ALL_CODES).contains(at) && *at <= now)
            }
            _ => None,
        }
    }
}

/// Which code is shown so long after the first one appeared, from 0; `None` before and after.
pub(super) fn rotation(elapsed: i64) -> Option<i64> {
    match elapsed {
        0..FIRST_CODE => Some(0),
        FIRST_CODE..ALL_CODES => Some(1 + (elapsed - FIRST_CODE) / FURTHER_CODE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn six_codes_one_of_60_s_and_five_of_20_s() {
        let expected = [
            (-1, None),
            (0, Some(0)),
            (59_999, Some(0)),
            (60_000, Some(1)),
            (79_999, Some(1)),
            (80_000, Some(2)),
            (100_000, Some(3)),
            (120_000, Some(4)),
            (140_000, Some(5)),
            (159_999, Some(5)),
            (160_000, None),
            (i64::MAX, None),
        ];
        assert_eq!(
            expected.map(|(elapsed, _)| (elapsed, rotation(elapsed))),
            expected
        );
    }

    #[test]
    fn a_self_scan_set_after_the_codes_ran_out_revives_nothing() {
        let mut phase = Phase::pairing(0, None);
        let late = MOMENT + ALL_CODES;
        phase.scan_after(Some(Duration::from_secs(1)), late);
        assert_eq!(phase.state(late + 1_000), State::Failed);
    }

    fn rank(state: &State) -> u8 {
        match state {
            State::ScanQrCode => 1,
            State::Working | State::Failed => 3,
            _ => 0,
        }
    }

    proptest! {
        /// Started, shown, scanned, working; or started, shown, failed: never back, whatever the
        /// delay, and always one of the two ends.
        #[test]
        fn pairing_goes_forward_and_ends(start in 0..1_i64 << 45, after in proptest::option::of(0..400_u64), steps in prop::collection::vec(1..30_000_i64, 1..40)) {
            let after = after.map(Duration::from_secs);
            let phase = Phase::pairing(start, after);
            let mut now = start;
            let mut highest = 0;
            for step in steps {
                let state = phase.state(now);
                prop_assert_eq!(state == State::ScanQrCode, phase.code(now).is_some());
                prop_assert_eq!(state == State::Failed, phase.cause(now).is_some());
                let scanned = phase.link(now) == Link::Kept;
                prop_assert!(rank(&state) >= highest || (state == State::Starting && scanned));
                highest = highest.max(rank(&state));
                now += step;
            }
            let end = phase.state(start + MOMENT + ALL_CODES + MOMENT);
            let in_time = after.is_some_and(|after| after < Duration::from_secs(160));
            prop_assert_eq!(end, if in_time { State::Working } else { State::Failed });
        }
    }
}
