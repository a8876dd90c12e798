//! Tables for the calendar, properties over every zone's changes of the clock.

use std::collections::BTreeSet;

use jiff::{civil::date, tz};
use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn words(recurrence: Recurrence, start: Date, end: Date) -> Vec<String> {
    recurrence
        .dates(start, end)
        .map(|date| date.to_string())
        .collect()
}

#[rstest]
#[case::daily(
    Recurrence::Daily,
    date(2027, 2, 27),
    date(2027, 3, 1),
    "2027-02-27 2027-02-28 2027-03-01"
)]
#[case::one_day(
    Recurrence::Annually,
    date(2027, 2, 27),
    date(2027, 2, 27),
    "2027-02-27"
)]
#[case::end_first(Recurrence::Daily, date(2027, 2, 27), date(2027, 2, 26), "")]
#[case::end_counts(
    Recurrence::Weekly,
    date(2027, 1, 1),
    date(2027, 1, 15),
    "2027-01-01 2027-01-08 2027-01-15"
)]
#[case::end_between(
    Recurrence::Weekly,
    date(2027, 1, 1),
    date(2027, 1, 14),
    "2027-01-01 2027-01-08"
)]
#[case::month_end(
    Recurrence::Monthly,
    date(2027, 10, 31),
    date(2028, 3, 31),
    "2027-10-31 2027-11-30 2027-12-31 2028-01-31 2028-02-29 2028-03-31"
)]
#[case::half_first(
    Recurrence::SemiMonthly,
    date(2027, 1, 1),
    date(2027, 2, 28),
    "2027-01-01 2027-01-16 2027-02-01 2027-02-16"
)]
#[case::half_15(
    Recurrence::SemiMonthly,
    date(2027, 1, 15),
    date(2027, 3, 15),
    "2027-01-15 2027-01-30 2027-02-15 2027-02-28 2027-03-15"
)]
#[case::half_16(
    Recurrence::SemiMonthly,
    date(2027, 1, 16),
    date(2027, 2, 28),
    "2027-01-16 2027-02-01 2027-02-16"
)]
#[case::half_late(
    Recurrence::SemiMonthly,
    date(2027, 1, 20),
    date(2027, 2, 28),
    "2027-01-20 2027-02-05 2027-02-20"
)]
#[case::half_31(
    Recurrence::SemiMonthly,
    date(2027, 12, 31),
    date(2028, 4, 30),
    "2027-12-31 2028-01-16 2028-01-31 2028-02-16 2028-02-29 2028-03-16 2028-03-31 2028-04-16 2028-04-30"
)]
#[case::half_year(
    Recurrence::SemiAnnually,
    date(2027, 8, 31),
    date(2028, 9, 1),
    "2027-08-31 2028-02-29 2028-08-31"
)]
#[case::leap_day(
    Recurrence::Annually,
    date(2028, 2, 29),
    date(2032, 2, 29),
    "2028-02-29 2029-02-28 2030-02-28 2031-02-28 2032-02-29"
)]
#[case::calendars_end(
    Recurrence::Monthly,
    date(9999, 11, 30),
    date(9999, 12, 31),
    "9999-11-30 9999-12-30"
)]
fn the_calendar(
    #[case] recurrence: Recurrence,
    #[case] start: Date,
    #[case] end: Date,
    #[case] expected: &str,
) {
    assert_eq!(words(recurrence, start, end).join(" "), expected);
}

#[rstest]
#[case::skipped(
    "America/Chicago",
    date(2027, 3, 14),
    2,
    30,
    "2027-03-14 03:30",
    "-05:00",
    Some(Shift::Gap)
)]
#[case::doubled(
    "America/Chicago",
    date(2026, 11, 1),
    1,
    30,
    "2026-11-01 01:30",
    "-05:00",
    Some(Shift::Overlap)
)]
#[case::half_an_hour(
    "Australia/Lord_Howe",
    date(2026, 10, 4),
    2,
    15,
    "2026-10-04 02:45",
    "+11:00",
    Some(Shift::Gap)
)]
#[case::at_midnight(
    "Africa/Cairo",
    date(2026, 4, 24),
    0,
    0,
    "2026-04-24 01:00",
    "+03:00",
    Some(Shift::Gap)
)]
#[case::no_overlap(
    "America/Nuuk",
    date(2023, 10, 28),
    23,
    0,
    "2023-10-28 23:00",
    "-02:00",
    None
)]
#[case::usual(
    "Asia/Kathmandu",
    date(2026, 4, 24),
    9,
    0,
    "2026-04-24 09:00",
    "+05:45",
    None
)]
fn the_clock(
    #[case] zone: &str,
    #[case] day: Date,
    #[case] hour: i8,
    #[case] minute: i8,
    #[case] local: &str,
    #[case] offset: &str,
    #[case] shift: Option<Shift>,
) {
    let zone = TimeZone::get(zone).unwrap();
    let [occurrence] = &occurrences([day], Time::new(hour, minute, 0, 0).unwrap(), &zone)[..]
    else {
        panic!("one day is one occurrence");
    };
    assert_eq!(
        (&*occurrence.local, &*occurrence.offset, occurrence.shift),
        (local, offset, shift)
    );
    assert_eq!(
        Some(occurrence.scheduled_at_ms),
        instant(day, Time::new(hour, minute, 0, 0).unwrap(), &zone)
    );
}

#[test]
fn a_day_that_the_zone_left_out_has_no_occurrence() {
    let zone = TimeZone::get("Pacific/Apia").unwrap();
    let dates = Recurrence::Daily.dates(date(2011, 12, 29), date(2011, 12, 31));
    let locals: Vec<String> = occurrences(dates, Time::new(9, 0, 0, 0).unwrap(), &zone)
        .into_iter()
        .map(|occurrence| occurrence.local)
        .collect();
    assert_eq!(locals, ["2011-12-29 09:00", "2011-12-31 09:00"]);
}

#[test]
fn words_are_read_as_they_are_written() {
    for recurrence in Recurrence::ALL {
        assert_eq!(Recurrence::from_word(recurrence.as_str()), Some(recurrence));
    }
    assert_eq!(Recurrence::from_word("daily"), None);
}

fn any_date() -> impl Strategy<Value = Date> {
    (2020_i16..2060, 1_i8..=12, 1_i8..=31).prop_map(|(year, month, day)| {
        let first = date(year, month, 1);
        date(year, month, day.min(first.days_in_month()))
    })
}

fn any_recurrence() -> impl Strategy<Value = Recurrence> {
    prop::sample::select(Recurrence::ALL.to_vec())
}

proptest! {
    #[test]
    fn dates_rise_within_the_range_and_never_drift(
        start in any_date(), days in 0_i32..4000, recurrence in any_recurrence()
    ) {
        let end = start.saturating_add(Span::new().days(days));
        let dates: Vec<Date> = recurrence.dates(start, end).collect();
        prop_assert_eq!(dates[0], start);
        prop_assert!(dates.is_sorted_by(|a, b| a < b));
        prop_assert!(dates.iter().all(|date| (start..=end).contains(date)));
        let partner = if start.day() > 15 { start.day() - 15 } else { start.day() + 15 };
        for date in &dates {
            let clamped = |day: i8| day.min(date.days_in_month());
            let months = (i32::from(date.year()) - i32::from(start.year())) * 12
                + i32::from(date.month()) - i32::from(start.month());
            let since = (*date - start).get_days();
            let in_step = match recurrence {
                Recurrence::Daily => true,
                Recurrence::Weekly => since % 7 == 0,
                Recurrence::SemiMonthly =>
                    date.day() == clamped(start.day()) || date.day() == clamped(partner),
                Recurrence::Monthly => date.day() == clamped(start.day()),
                Recurrence::SemiAnnually => months % 6 == 0 && date.day() == clamped(start.day()),
                Recurrence::Annually => months % 12 == 0 && date.day() == clamped(start.day()),
            };
            prop_assert!(in_step, "{}", date);
        }
        // None is missing: each month, week or year in the range has its own.
        let last = dates[dates.len() - 1];
        let months = (i32::from(last.year()) - i32::from(start.year())) * 12
            + i32::from(last.month()) - i32::from(start.month());
        let count = i32::try_from(dates.len()).unwrap();
        let complete = match recurrence {
            Recurrence::Daily => count == days + 1,
            Recurrence::Weekly => count == days / 7 + 1,
            Recurrence::SemiMonthly => (2 * months..=2 * months + 2).contains(&count),
            Recurrence::Monthly => count == months + 1,
            Recurrence::SemiAnnually => count == months / 6 + 1,
            Recurrence::Annually => count == months / 12 + 1,
        };
        prop_assert!(complete);
        let longer: Vec<Date> = recurrence.dates(start, end.saturating_add(Span::new().days(400))).collect();
        prop_assert!(longer.starts_with(&dates));
    }
}

/// The zones to walk: all with `HERALD_EVERY_ZONE=1`, else each of them that is the 20th.
fn zones() -> Vec<TimeZone> {
    let step = if std::env::var_os("HERALD_EVERY_ZONE").is_some() {
        1
    } else {
        20
    };
    let mut zones: Vec<TimeZone> = tz::db()
        .available()
        .step_by(step)
        .map(|name| TimeZone::get(name.as_str()).unwrap())
        .collect();
    for special in [
        "Pacific/Apia",
        "Africa/Casablanca",
        "Australia/Lord_Howe",
        "Antarctica/Troll",
        "America/Chicago",
    ] {
        zones.push(TimeZone::get(special).unwrap());
    }
    zones
}

#[test]
fn every_change_of_the_clock_keeps_the_wall_time() {
    let (from, to) = (date(1970, 1, 1), date(2040, 1, 1));
    for zone in zones() {
        let start: Timestamp = from.to_zoned(TimeZone::UTC).unwrap().timestamp();
        let changes: Vec<Timestamp> = zone
            .following(start)
            .map(|change| change.timestamp())
            .take_while(|at| at.to_zoned(TimeZone::UTC).date() < to)
            .collect();
        for change in changes {
            let around = change.to_zoned(zone.clone()).date();
            let start = around.saturating_sub(Span::new().days(3));
            let end = around.saturating_add(Span::new().days(3));
            for half_hour in 0..48 {
                let time = Time::new(half_hour / 2, half_hour % 2 * 30, 0, 0).unwrap();
                let name = zone.iana_name().unwrap_or_default();
                check_week(start, end, time, &zone, &format!("{name} {around} {time}"));
            }
        }
    }
}

fn check_week(start: Date, end: Date, time: Time, zone: &TimeZone, what: &str) {
    let dates: Vec<Date> = Recurrence::Daily.dates(start, end).collect();
    let occurrences = occurrences(dates.iter().copied(), time, zone);
    let instants: BTreeSet<i64> = occurrences.iter().map(|one| one.scheduled_at_ms).collect();
    assert_eq!(instants.len(), occurrences.len(), "{what}: each once");
    assert!(
        occurrences.is_sorted_by_key(|one| one.scheduled_at_ms),
        "{what}: in order"
    );
    assert!(
        dates.len() - occurrences.len() <= 1,
        "{what}: none lost but a missing day"
    );
    for one in &occurrences {
        let at = Timestamp::from_millisecond(one.scheduled_at_ms).unwrap();
        let shown = zone.to_datetime(at);
        let wanted = one.date.to_datetime(time);
        match one.shift {
            None => assert_eq!(shown, wanted, "{what}"),
            Some(Shift::Gap) => assert!(shown > wanted, "{what}"),
            Some(Shift::Overlap) => {
                assert_eq!(shown, wanted, "{what}");
                // It is the first: an instant one offset change earlier shows another time.
                let later = zone.to_ambiguous_timestamp(wanted).later().unwrap();
                assert!(at < later, "{what}");
            }
        }
    }
}
