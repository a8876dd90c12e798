//! The table of limits holds together.

use rstest::rstest;

use super::*;

#[test]
fn every_default_is_between_the_strictest_value_and_the_ceiling() {
    for limit in &LIMITS {
        let value = limit.default_value();
        assert_eq!(limit.check(i64::from(value)), Ok(value), "{}", limit.name);
        let changed = Settings::default().with([(limit.name, i64::from(limit.strictest))]);
        if limit.name != "gapMinSeconds" {
            assert_eq!(limit.value(&changed.unwrap()), limit.strictest);
        }
    }
}

#[test]
fn changes_are_made_together_or_not_at_all() {
    let settings = Settings::default();
    let changed = settings
        .with([("gapMinSeconds", 60), ("gapMaxSeconds", 90)])
        .unwrap();
    assert_eq!((changed.gap_min_s, changed.gap_max_s), (60, 90));
    let errors = settings
        .with([
            ("messagesPerDay", 501),
            ("messagesPerWeek", 1),
            ("messagesPerHour", -1),
        ])
        .unwrap_err();
    let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "messagesPerDay is 0 to 500 (messages) on every Herald.",
            "messagesPerWeek is no limit. admin.getLimits lists them.",
            "messagesPerHour is 0 to 120 (messages) on every Herald.",
        ]
    );
    assert_eq!(
        settings.with([("gapMinSeconds", 60)]),
        Err(vec![LimitError::GapOrder])
    );
}

#[rstest]
#[case(60, 0, 15)]
#[case(60, 13, 15)]
#[case(60, 14, 30)]
#[case(60, 27, 30)]
#[case(60, 28, 60)]
#[case(3, 0, 1)]
#[case(0, 0, 0)]
#[case(u32::MAX, 0, u32::MAX)]
#[case(60, -1, 15)]
fn caps_grow_with_the_account(#[case] cap: u32, #[case] days: i64, #[case] expected: u32) {
    assert_eq!(warmed_up(cap, 0, days * DAY_MS), expected);
}

#[test]
fn test_mode_lifts_pacing_and_keeps_the_breakers() {
    let settings = Settings::default().test_mode();
    assert_eq!(settings.quiet(), None);
    assert_eq!(settings.failures_in_a_row, 5);
}
