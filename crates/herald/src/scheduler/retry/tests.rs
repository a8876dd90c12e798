//! The state table of what did not get through.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

#[rstest]
#[case(Failure::Refused, 1, Verdict::Fail)]
#[case(Failure::Unknown, 1, Verdict::Unknown)]
#[case(Failure::Unknown, MAX_ATTEMPTS, Verdict::Unknown)]
#[case(Failure::Unavailable, 1, Verdict::Retry { at_ms: 1_000 + 15_000 })]
#[case(Failure::Unavailable, 2, Verdict::Retry { at_ms: 1_000 + 30_000 })]
#[case(Failure::Unavailable, 7, Verdict::Retry { at_ms: 1_000 + 450_000 })]
#[case(Failure::Unavailable, MAX_ATTEMPTS, Verdict::Fail)]
fn what_becomes_of_a_message(
    #[case] failure: Failure,
    #[case] attempts: u32,
    #[case] verdict: Verdict,
) {
    assert_eq!(after(failure, attempts, 1_000, None, 0.0), verdict);
}

#[test]
fn the_engines_own_time_counts_if_it_is_later() {
    let later = after(Failure::Unavailable, 1, 0, Some(90_000), 0.0);
    assert_eq!(later, Verdict::Retry { at_ms: 90_000 });
    let earlier = after(Failure::Unavailable, 1, 0, Some(1), 0.0);
    assert_eq!(earlier, Verdict::Retry { at_ms: 15_000 });
}

fn outcomes(newest_first: &str) -> Vec<Outcome> {
    let outcome = |c| {
        if c == 'x' {
            Outcome::Failed
        } else {
            Outcome::Sent
        }
    };
    newest_first.chars().map(outcome).collect()
}

#[rstest]
#[case("", None)]
#[case("x", None)]
#[case("xxxx.", None)]
#[case("xxxxx", Some(Trip::InARow(5)))]
#[case(".x.x.x.x.x", Some(Trip::Share { failures: 5 }))]
#[case(".x.x.x.x.", None)]
fn the_breaker(#[case] newest_first: &str, #[case] trip: Option<Trip>) {
    assert_eq!(breaker(&Settings::default(), outcomes(newest_first)), trip);
}

#[test]
fn the_breaker_forgets_what_is_older_than_its_window() {
    let long_ago = format!("{}xxxxx", ".".repeat(50));
    assert_eq!(breaker(&Settings::default(), outcomes(&long_ago)), None);
}

#[rstest]
#[case(1, 5, false)]
#[case(2, 100, false)]
#[case(3, 100, true)]
#[case(2, 10, true)]
#[case(0, 0, false)]
fn enough_opt_outs(#[case] opt_outs: usize, #[case] people: usize, #[case] trips: bool) {
    assert_eq!(
        opt_out_breaker(&Settings::default(), opt_outs, people).is_some(),
        trips
    );
}

const fn hold(from_ms: i64, to_ms: i64) -> Hold {
    Hold { from_ms, to_ms }
}

#[rstest]
#[case::nothing(vec![], 0)]
#[case::before(vec![hold(0, 100)], 0)]
#[case::within(vec![hold(120, 150)], 30)]
#[case::across(vec![hold(50, 120), hold(180, 300)], 40)]
#[case::overlapping(vec![hold(110, 150), hold(120, 130), hold(140, 160)], 50)]
#[case::backwards(vec![hold(150, 110)], 0)]
#[case::still(vec![hold(100, i64::MAX)], 100)]
fn held(#[case] holds: Vec<Hold>, #[case] expected: i64) {
    assert_eq!(held_ms(100, 200, holds), expected);
}

#[test]
fn only_holds_make_late() {
    const MINUTE: i64 = 60_000;
    let planned = 0;
    let now = 600 * MINUTE;
    assert_eq!(
        lateness(planned, now, 60, []),
        Lateness::InTime,
        "others went first"
    );
    let hour = [hold(0, 60 * MINUTE)];
    assert_eq!(lateness(planned, now, 60, hour), Lateness::InTime);
    let longer = [hold(0, 60 * MINUTE), hold(100 * MINUTE, 101 * MINUTE)];
    assert_eq!(
        lateness(planned, now, 60, longer),
        Lateness::TooLate {
            held_ms: 61 * MINUTE
        }
    );
    assert_eq!(duration_words(61 * MINUTE), "1 h 1 min");
    assert_eq!(duration_words(2 * 60 * MINUTE), "2 h");
    assert_eq!(duration_words(59 * MINUTE), "59 min");
}

proptest! {
    #[test]
    fn the_backoff_grows_and_is_bounded(attempts in 0_u32..=u32::MAX, jitter in prop::num::f64::ANY) {
        let wait = backoff_ms(attempts, jitter);
        prop_assert!((15_000..=900_000).contains(&wait));
        prop_assert!(backoff_ms(attempts.saturating_add(1), 0.0) >= backoff_ms(attempts, 0.0));
    }

    #[test]
    fn what_may_have_gone_out_is_never_retried(attempts in 0_u32..=u32::MAX, jitter in 0.0..1.0) {
        for failure in [Failure::Refused, Failure::Unknown] {
            let verdict = after(failure, attempts, 0, None, jitter);
            let is_retried = matches!(verdict, Verdict::Retry { .. });
            prop_assert!(!is_retried);
        }
    }

    #[test]
    fn held_is_what_a_count_by_the_minute_says(
        from in 0_i64..50, length in 0_i64..50,
        holds in prop::collection::vec((0_i64..100, 0_i64..100), 0..6)
    ) {
        let to = from + length;
        let counted = (from..to).filter(|at| holds.iter().any(|(a, b)| (a..b).contains(&at))).count();
        let holds = holds.iter().map(|&(from_ms, to_ms)| Hold { from_ms, to_ms });
        prop_assert_eq!(held_ms(from, to, holds), i64::try_from(counted).unwrap());
    }
}
