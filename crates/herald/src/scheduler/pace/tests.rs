//! The rule's cases, then what no queue may ever show: a gap, a cap or a quiet hour broken.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

const SECOND: i64 = 1000;
const OLD: i64 = -365 * DAY_MS;

fn at(instant: &str) -> i64 {
    instant.parse::<Timestamp>().unwrap().as_millisecond()
}

fn noon() -> i64 {
    at("2026-11-25T12:00:00Z")
}

fn message(to: To, due_ms: i64, chat: &str) -> Outgoing {
    Outgoing {
        due_ms,
        to,
        chat: chat.into(),
        zone: TimeZone::UTC,
    }
}

fn gone(at_ms: i64, to: To, chat: &str) -> Departed {
    Departed {
        at_ms,
        to,
        chat: chat.into(),
    }
}

fn next(account: &Account, message: &Outgoing, now_ms: i64) -> (i64, Option<Wait>) {
    match next_send_at(account, &Settings::default(), message, now_ms, 0.0) {
        Departure::At { at_ms, waits_for } => (at_ms, waits_for),
        Departure::Never(wait) => panic!("never: {wait}"),
    }
}

#[test]
fn nothing_holds_the_first_message() {
    let account = Account::new(OLD, []);
    assert_eq!(
        next(&account, &message(To::Known, 0, "a"), noon()),
        (noon(), None)
    );
    let due = noon() + 5 * SECOND;
    assert_eq!(
        next(&account, &message(To::Known, due, "a"), noon()),
        (due, Some(Wait::Due))
    );
}

#[rstest]
#[case(To::Known, 0.0, 10_000)]
#[case(To::Known, 0.5, 17_500)]
#[case(To::New, 1.0, 25_000)]
#[case(To::Group, 0.0, 30_000)]
#[case(To::Group, 1.0, 45_000)]
#[case(To::Known, 7.0, 25_000)]
#[case(To::Known, -7.0, 10_000)]
#[case(To::Known, f64::NAN, 25_000)]
fn a_pause_after_the_last(#[case] to: To, #[case] jitter: f64, #[case] pause_ms: i64) {
    let account = Account::new(OLD, [gone(noon(), To::Known, "a")]);
    let departure = next_send_at(
        &account,
        &Settings::default(),
        &message(to, noon(), "b"),
        noon(),
        jitter,
    );
    let expected = Departure::At {
        at_ms: noon() + pause_ms,
        waits_for: Some(Wait::Gap),
    };
    assert_eq!(departure, expected);
}

#[test]
fn a_full_hour_waits_for_its_oldest_message() {
    let sent = (0..60).map(|n| gone(noon() - 59 * 60 * SECOND + n * 20 * SECOND, To::Known, "a"));
    let account = Account::new(OLD, sent);
    let expected = (noon() + 60 * SECOND, Some(Wait::Hour(60)));
    assert_eq!(
        next(&account, &message(To::Known, 0, "b"), noon()),
        expected
    );
    let young = Account::new(noon() - DAY_MS, account.departed);
    let (_, wait) = next(&young, &message(To::Known, 0, "b"), noon());
    assert_eq!(
        wait,
        Some(Wait::Hour(15)),
        "a quarter in the first fortnight"
    );
}

#[test]
fn new_people_have_their_own_cap_and_known_ones_pass() {
    let sent = (0..15).map(|n| {
        gone(
            noon() - HOUR_MS + n * 60 * SECOND,
            To::New,
            &format!("n{n}"),
        )
    });
    let account = Account::new(OLD, sent);
    let tomorrow = noon() - HOUR_MS + DAY_MS;
    let new = message(To::New, 0, "b");
    assert_eq!(
        next(&account, &new, noon()),
        (tomorrow, Some(Wait::NewPeopleDay(15)))
    );
    assert_eq!(
        next(&account, &message(To::Known, 0, "b"), noon()),
        (noon(), None)
    );
    let again = message(To::New, 0, "n3");
    assert_eq!(
        next(&account, &again, noon()),
        (noon(), None),
        "no longer new"
    );
}

#[test]
fn whatsapps_own_lock_and_allowance_are_heeded() {
    let new = message(To::New, 0, "b");
    let until = noon() + 2 * HOUR_MS;
    let locked = Account::new(OLD, []).hold_cold(Some(until));
    assert_eq!(next(&locked, &new, noon()), (until, Some(Wait::ColdHold)));
    assert_eq!(
        next(&locked, &message(To::Group, noon(), "g"), noon()),
        (noon(), None)
    );
    let quota = ColdQuota {
        remaining: 3,
        used: 0,
        renewed_at_ms: until,
    };
    let mut account = Account::new(OLD, []).cold_quota(Some(quota));
    assert_eq!(next(&account, &new, noon()), (noon(), None));
    account.record(gone(noon(), To::New, "c"));
    assert_eq!(
        next(&account, &new, noon()),
        (until, Some(Wait::Quota)),
        "half of three is one"
    );
}

#[rstest]
#[case::person(
    To::Known,
    "2026-11-25T22:00:00Z",
    "2026-11-25T22:00:00Z",
    "2026-11-26T08:00:00Z"
)]
#[case::early(
    To::Known,
    "2026-11-25T03:00:00Z",
    "2026-11-25T03:00:00Z",
    "2026-11-25T08:00:00Z"
)]
#[case::at_the_end(
    To::Known,
    "2026-11-25T08:00:00Z",
    "2026-11-25T08:00:00Z",
    "2026-11-25T08:00:00Z"
)]
#[case::group_typed(
    To::Group,
    "2026-11-25T22:00:00Z",
    "2026-11-25T22:00:02Z",
    "2026-11-25T22:00:02Z"
)]
#[case::group_late(
    To::Group,
    "2026-11-25T20:59:00Z",
    "2026-11-25T21:00:30Z",
    "2026-11-26T08:00:00Z"
)]
fn quiet_hours(#[case] to: To, #[case] due: &str, #[case] now: &str, #[case] leaves: &str) {
    let account = Account::new(OLD, []);
    assert_eq!(
        next(&account, &message(to, at(due), "a"), at(now)).0,
        at(leaves)
    );
}

#[test]
fn quiet_hours_end_on_the_clock_of_the_zone() {
    let account = Account::new(OLD, []);
    let mut message = message(To::Known, 0, "a");
    message.zone = TimeZone::get("America/Chicago").unwrap();
    // The night in which summer time begins: eight o'clock comes an hour sooner.
    let (leaves, wait) = next(&account, &message, at("2027-03-14T04:00:00Z"));
    assert_eq!(leaves, at("2027-03-14T13:00:00Z"));
    assert_eq!(wait.unwrap().to_string(), "the end of quiet hours at 08:00");
}

#[test]
fn a_clock_set_back_holds_nothing_up() {
    let mut account = Account::new(OLD, [gone(noon() + HOUR_MS, To::Known, "a")]);
    assert_eq!(
        next(&account, &message(To::Known, 0, "b"), noon()).0,
        noon()
    );
    account.record(gone(noon(), To::Known, "b"));
    let expected = (noon() + 10 * SECOND, Some(Wait::Gap));
    assert_eq!(
        next(&account, &message(To::Known, 0, "c"), noon()),
        expected
    );
}

#[test]
fn a_cap_of_nothing_lets_nothing_out() {
    let settings = Settings {
        new_people_day: 0,
        ..Settings::default()
    };
    let account = Account::new(OLD, []);
    let new = message(To::New, 0, "a");
    let departure = next_send_at(&account, &settings, &new, noon(), 0.5);
    assert_eq!(departure, Departure::Never(Wait::NewPeopleDay(0)));
    let queue = [new, message(To::Known, 0, "b")];
    assert_eq!(
        departures(&account, &settings, &queue, noon(), 0.5),
        [None, Some(noon())]
    );
}

#[test]
fn a_chat_cap_counts_chats_not_messages() {
    let settings = Settings {
        chats_day: 2,
        ..Settings::default()
    };
    let sent = ["a", "b", "b"].into_iter().zip(1..);
    let sent = sent.map(|(chat, n)| gone(noon() - HOUR_MS + n * 60 * SECOND, To::Known, chat));
    let account = Account::new(OLD, sent);
    let ask = |chat| {
        next_send_at(
            &account,
            &settings,
            &message(To::Known, 0, chat),
            noon(),
            0.0,
        )
    };
    assert_eq!(ask("a").at_ms(), Some(noon()));
    assert_eq!(ask("b").at_ms(), Some(noon()));
    let freed = noon() - HOUR_MS + 60 * SECOND + DAY_MS;
    let expected = Departure::At {
        at_ms: freed,
        waits_for: Some(Wait::ChatsDay(2)),
    };
    assert_eq!(ask("c"), expected);
}

#[test]
fn a_group_at_night_does_not_wait_behind_a_person() {
    let night = at("2026-11-25T22:00:00Z");
    let queue = [
        message(To::Known, night, "a"),
        message(To::Group, night, "g"),
    ];
    let leaves = departures(
        &Account::new(OLD, []),
        &Settings::default(),
        &queue,
        noon(),
        0.5,
    );
    assert_eq!(leaves, [Some(at("2026-11-26T08:00:00Z")), Some(night)]);
}

#[test]
fn who_was_new_waits_for_no_other_new_person() {
    let settings = Settings {
        new_people_day: 1,
        ..Settings::default()
    };
    let later = noon() + HOUR_MS;
    let queue = [
        message(To::New, noon(), "a"),
        message(To::New, noon(), "b"),
        message(To::New, later, "a"),
    ];
    let leaves = departures(&Account::new(OLD, []), &settings, &queue, noon(), 0.5);
    assert_eq!(leaves, [noon(), noon() + DAY_MS, later].map(Some));
}

#[test]
fn test_mode_lets_everything_out_at_once() {
    let queue: Vec<Outgoing> = (0..2000)
        .map(|n| message(To::New, 0, &n.to_string()))
        .collect();
    let settings = Settings::default().test_mode();
    let leaves = departures(&Account::new(noon(), []), &settings, &queue, noon(), 0.5);
    assert!(leaves.iter().all(|at| *at == Some(noon())));
}

fn any_queue() -> impl Strategy<Value = Vec<Outgoing>> {
    let kind = prop::sample::select(vec![To::Known, To::New, To::Group]);
    let zone = prop::sample::select(vec!["UTC", "America/Chicago", "Australia/Lord_Howe"]);
    let one = (kind, 0_i64..72 * 60, 0_u32..60);
    (prop::collection::vec(one, 1..150), zone).prop_map(|(queue, zone)| {
        let zone = TimeZone::get(zone).unwrap();
        let one = |(to, minutes, chat): (To, i64, u32)| {
            let chat = format!("{to:?}{chat}").into();
            Outgoing {
                due_ms: noon() + minutes * 60_000,
                to,
                chat,
                zone: zone.clone(),
            }
        };
        queue.into_iter().map(one).collect()
    })
}

/// The most that any window of this length holds, of sorted instants.
fn most_within(instants: &[i64], window_ms: i64) -> usize {
    let within =
        |(n, first): (usize, &i64)| instants[n..].partition_point(|at| *at < first + window_ms);
    instants.iter().enumerate().map(within).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_queue_breaks_a_rule_and_every_message_leaves(
        queue in any_queue(), linked_days in 0_i64..40, jitter in 0.0..=1.0,
        hour in 1_u32..30, day in 4_u32..60, chats_day in 1_u32..40, new_people_day in 1_u32..6
    ) {
        let settings = Settings { hour, day, chats_day, new_people_day, group_hour: 4, ..Settings::default() };
        let linked_at_ms = noon() - linked_days * DAY_MS;
        let account = Account::new(linked_at_ms, []);
        let leaves = departures(&account, &settings, &queue, noon(), jitter);
        prop_assert!(leaves.iter().all(Option::is_some));

        let mut sent: Vec<(i64, &Outgoing)> = leaves.iter().flatten().copied().zip(&queue).collect();
        sent.sort_by_key(|(at, _)| *at);
        for pair in sent.windows(2) {
            let gap = if pair[1].1.to == To::Group { 30 } else { 10 };
            prop_assert!(pair[1].0 - pair[0].0 >= gap * SECOND);
        }
        for young in [true, false] {
            let part: Vec<&(i64, &Outgoing)> =
                sent.iter().filter(|(at, _)| !young || *at < linked_at_ms + 14 * DAY_MS).collect();
            let cap = |cap: u32| if young { (cap / 4).max(1) as usize } else { cap as usize };
            let of = |wanted: &dyn Fn(&Outgoing) -> bool| -> Vec<i64> {
                part.iter().filter(|(_, one)| wanted(one)).map(|(at, _)| *at).collect()
            };
            prop_assert!(most_within(&of(&|_| true), HOUR_MS) <= cap(hour));
            prop_assert!(most_within(&of(&|_| true), DAY_MS) <= cap(day));
            prop_assert!(most_within(&of(&|one| one.to == To::Group), HOUR_MS) <= cap(4));
            let mut met = HashSet::new();
            let first: Vec<i64> = part
                .iter()
                .filter(|(_, one)| one.to == To::New && met.insert(&one.chat))
                .map(|(at, _)| *at)
                .collect();
            prop_assert!(most_within(&first, DAY_MS) <= cap(new_people_day));
            for (n, (at, _)) in part.iter().enumerate() {
                let day = part[n..].iter().take_while(|(later, _)| *later < at + DAY_MS);
                let chats: HashSet<&str> = day.map(|(_, one)| &*one.chat).collect();
                prop_assert!(chats.len() <= cap(chats_day));
            }
        }
        for (at, message) in sent {
            prop_assert!(at >= message.due_ms);
            let as_typed = message.to == To::Group && at - message.due_ms < 60 * SECOND;
            prop_assert!(as_typed || quiet_end(&settings, &message.zone, at).is_none());
        }
    }

    #[test]
    fn quiet_hours_end_and_are_over_then(
        minutes in 0_i64..3 * 365 * 24 * 60, from in 0_u32..24, to in 0_u32..24,
        zone in prop::sample::select(vec!["America/Chicago", "Australia/Lord_Howe", "Africa/Cairo", "Atlantic/Azores"])
    ) {
        let settings = Settings { quiet_from_h: from, quiet_to_h: to, ..Settings::default() };
        let zone = TimeZone::get(zone).unwrap();
        let now = noon() + minutes * 60_000;
        if let Some((_, until)) = quiet_end(&settings, &zone, now) {
            prop_assert!(from != to);
            prop_assert!(until > now && until - now <= 25 * HOUR_MS);
            // A clock set back over the very end of quiet hours may show them once more.
            let twice = quiet_end(&settings, &zone, until);
            prop_assert!(twice.is_none_or(|(_, until)| quiet_end(&settings, &zone, until).is_none()));
        }
    }

    #[test]
    fn asking_later_never_lets_out_sooner_than_said(
        ages in prop::collection::vec(0_i64..30 * 3600, 0..80), to in prop::sample::select(vec![To::Known, To::New, To::Group]),
        wait in 0_i64..7200, jitter in 0.0..=1.0
    ) {
        let sent = ages.iter().map(|age| gone(noon() - age * SECOND, To::Known, "a"));
        let account = Account::new(OLD, sent);
        let settings = Settings { hour: 5, day: 40, ..Settings::default() };
        let message = message(to, noon(), "b");
        let said = next_send_at(&account, &settings, &message, noon(), jitter).at_ms().unwrap();
        let then = next_send_at(&account, &settings, &message, said, jitter);
        prop_assert_eq!(then, Departure::At { at_ms: said, waits_for: None });
        let between = (noon() + wait * SECOND).min(said);
        prop_assert_eq!(next_send_at(&account, &settings, &message, between, jitter).at_ms(), Some(said));
    }
}
