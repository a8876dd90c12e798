//! Lines as values: who leaves first, what is waited for, what speaks against a message.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::store::{DepartedRow, KillSwitch, Sender};

/// 2026-03-02 12:00 UTC, a Monday.
const NOON: i64 = 1_772_452_800_000;
const MINUTE: i64 = 60 * 1000;
const DAY: i64 = 24 * 60 * MINUTE;

fn ruling(settings: &Settings) -> Ruling<'_> {
    Ruling {
        settings,
        repeats: false,
        now_ms: NOON,
        jitter: 0.5,
    }
}

fn line(waiting: Vec<Waiting>) -> Line {
    Line {
        sender: Sender {
            id: "s".into(),
            user_id: "u".into(),
            engine_name: Some("s".into()),
            unlinking: false,
            status: "WORKING".into(),
            cause: None,
            linked_at: Some(NOON - 60 * DAY),
            send_jitter: 0.5,
            new_chats_held_until: None,
            role: "USER".into(),
        },
        switched_off: None,
        in_flight: 0,
        departed: Vec::new(),
        waiting,
    }
}

fn waiting(audience: &str, due_at: i64) -> Waiting {
    Waiting {
        id: format!("{audience}{due_at}"),
        campaign_id: "c".into(),
        chat_id: format!("{audience}@c.us"),
        audience: audience.into(),
        scheduled_at: due_at,
        leaves_at: Some(due_at),
        due_at,
        attempts: 0,
        time_zone: "UTC".into(),
        late_minutes: 60,
    }
}

#[test]
fn what_is_due_first_leaves_first_and_nothing_before_its_time() {
    let settings = Settings::default();
    let ruling = ruling(&settings);
    let at = |offsets: &[i64]| {
        line(
            offsets
                .iter()
                .map(|offset| waiting("known", NOON + offset))
                .collect(),
        )
    };
    assert_eq!(ruling.next(&at(&[])), Next::Wait(None));
    assert_eq!(
        ruling.next(&at(&[MINUTE, 2 * MINUTE])),
        Next::Wait(Some(NOON + MINUTE))
    );
    assert_eq!(ruling.next(&at(&[MINUTE, -MINUTE])), Next::Send(1));
    assert_eq!(
        ruling.waits(&at(&[MINUTE])),
        Waits::Message(0, NOON + MINUTE, Some(Wait::Due))
    );
}

#[test]
fn a_retry_waits_for_its_own_time_not_for_the_promised_one() {
    let settings = Settings::default();
    let again = Waiting {
        scheduled_at: NOON - MINUTE,
        due_at: NOON + MINUTE,
        ..waiting("group", NOON)
    };
    assert_eq!(
        ruling(&settings).next(&line(vec![again])),
        Next::Wait(Some(NOON + MINUTE))
    );
}

#[rstest]
#[case::switched_off(|line: &mut Line| line.switched_off = Some(KillSwitch {
    scope: "server".into(), scope_id: String::new(), reason: Some("a fire".into()), by_admin: true, since: NOON,
}), "sending to be switched on again on this server (a fire)")]
#[case::let_go(|line: &mut Line| line.sender.role = "GUEST".into(), "your account to be approved")]
#[case::logged_out(|line: &mut Line| line.sender.engine_name = None, "your WhatsApp account to be linked")]
#[case::on_its_way_out(|line: &mut Line| line.sender.unlinking = true, "your WhatsApp account to be linked")]
#[case::dropped(|line: &mut Line| { line.sender.status = "FAILED".into(); line.sender.cause = Some("No network.".into()) },
    "your WhatsApp account, which is FAILED: No network.")]
fn an_account_that_cannot_send_says_why(#[case] change: fn(&mut Line), #[case] words: &str) {
    let settings = Settings::default();
    let mut line = line(vec![waiting("group", NOON)]);
    assert_eq!(ruling(&settings).next(&line), Next::Send(0));
    change(&mut line);
    assert_eq!(
        ruling(&settings).waits(&line),
        Waits::Sender(words.to_owned())
    );
    // Looked at again, for what is too late by then.
    assert_eq!(
        ruling(&settings).next(&line),
        Next::Wait(Some(NOON + MINUTE))
    );
    line.waiting.clear();
    assert_eq!(ruling(&settings).next(&line), Next::Wait(None));
}

#[test]
fn so_many_at_a_time_and_no_more() {
    let settings = Settings::default().test_mode();
    let mut line = line(vec![waiting("known", NOON)]);
    line.in_flight = IN_FLIGHT - 1;
    assert_eq!(ruling(&settings).next(&line), Next::Send(0));
    line.in_flight = IN_FLIGHT;
    assert_eq!(ruling(&settings).waits(&line), Waits::Room);
}

#[test]
fn strangers_do_not_keep_groups_and_people_one_knows() {
    let settings = Settings::default();
    let mut line = line(vec![
        waiting("new", NOON - MINUTE),
        waiting("known", NOON),
        waiting("group", NOON),
    ]);
    line.sender.new_chats_held_until = Some(NOON + DAY);
    assert_eq!(ruling(&settings).next(&line), Next::Send(1));
    line.waiting.truncate(1);
    assert_eq!(
        ruling(&settings).waits(&line),
        Waits::Message(0, NOON + DAY, Some(Wait::ColdHold))
    );
}

#[test]
fn an_account_that_was_never_linked_counts_as_new() {
    let settings = Settings::default();
    let departed = |n: i64| DepartedRow {
        left_at: NOON - 20 * MINUTE - n * MINUTE,
        audience: "known".into(),
        chat_id: format!("{n}@c.us"),
    };
    let mut line = line(vec![waiting("known", NOON)]);
    // A quarter of sixty an hour.
    line.departed = (0..15).map(departed).collect();
    assert_eq!(ruling(&settings).next(&line), Next::Send(0));
    line.sender.linked_at = None;
    assert!(matches!(ruling(&settings).next(&line), Next::Wait(Some(at)) if at > NOON));
}

#[test]
fn a_limit_of_nothing_is_said() {
    let settings = Settings::default().with([("messagesPerDay", 0)]).unwrap();
    let waits = ruling(&settings).waits(&line(vec![waiting("group", NOON)]));
    assert_eq!(waits, Waits::Never(Wait::Day(0)));
}

#[rstest]
#[case::berlin("Europe/Berlin", "2026-03-01T23:00:00Z", 24)]
#[case::the_day_that_has_23_hours("America/New_York", "2026-03-08T05:00:00Z", 23)]
#[case::an_unknown_zone_is_utc("Nowhere/Else", "2026-03-02T00:00:00Z", 24)]
fn the_repeat_guard_looks_at_the_civil_day(
    #[case] zone: &str,
    #[case] begins: &str,
    #[case] hours: i64,
) {
    let settings = Settings::default();
    let message = Waiting {
        time_zone: zone.into(),
        ..waiting("known", NOON)
    };
    let begins = begins.parse::<Timestamp>().unwrap().as_millisecond();
    let at = Ruling {
        now_ms: begins + 20 * 60 * MINUTE - 1,
        ..ruling(&settings)
    };
    assert_eq!(
        at.guarded_day(&message),
        Some((begins, begins + hours * 60 * MINUTE))
    );
    assert_eq!(
        Ruling {
            repeats: true,
            ..at
        }
        .guarded_day(&message),
        None
    );
}

#[test]
fn what_speaks_against_a_message_is_said_in_words() {
    let settings = Settings::default();
    let refusal = |facts: ChatFacts| ruling(&settings).refusal(&waiting("known", NOON), &facts);
    let nothing = ChatFacts::default();
    assert_eq!(refusal(nothing.clone()), None);
    for (facts, words) in [
        (
            ChatFacts {
                opted_out: Some("stop".into()),
                ..nothing.clone()
            },
            "no more messages (“stop”)",
        ),
        (
            ChatFacts {
                is_member: Some(false),
                ..nothing.clone()
            },
            "not in this group any more",
        ),
        (
            ChatFacts {
                admins_only: Some(true),
                is_admin: Some(false),
                ..nothing.clone()
            },
            "Only admins",
        ),
        (
            ChatFacts {
                is_blocked: Some(true),
                ..nothing.clone()
            },
            "blocked",
        ),
        (
            ChatFacts {
                is_whatsapp: Some(false),
                ..nothing.clone()
            },
            "not on WhatsApp",
        ),
        (
            ChatFacts {
                had_today: Some(String::new()),
                ..nothing.clone()
            },
            "another campaign today.",
        ),
        (
            ChatFacts {
                had_today: Some("Fees".into()),
                ..nothing.clone()
            },
            "today: Fees.",
        ),
    ] {
        assert!(
            refusal(facts.clone()).is_some_and(|said| said.contains(words)),
            "{facts:?}"
        );
    }
    // What the engine does not tell stands in nobody's way.
    assert_eq!(
        refusal(ChatFacts {
            admins_only: Some(true),
            ..nothing.clone()
        }),
        None
    );
    assert_eq!(
        refusal(ChatFacts {
            admins_only: Some(true),
            is_admin: Some(true),
            ..nothing
        }),
        None
    );
}

proptest! {
    /// Whatever waits: what is sent is due, and it is told when to look again.
    #[test]
    fn nothing_leaves_early_and_nothing_is_forgotten(
        offsets in prop::collection::vec((-DAY..DAY, prop::sample::select(vec!["group", "known", "new"])), 1..6),
        departed in prop::collection::vec((0..DAY, prop::sample::select(vec!["group", "known", "new"])), 0..80),
        jitter in 0.0..1.0_f64,
    ) {
        let settings = Settings::default();
        let mut line = line(offsets.iter().map(|(offset, audience)| waiting(audience, NOON + offset)).collect());
        line.sender.send_jitter = jitter;
        line.departed = departed
            .iter()
            .enumerate()
            .map(|(n, (ago, audience))| DepartedRow {
                left_at: NOON - ago,
                audience: (*audience).into(),
                chat_id: format!("{n}@c.us"),
            })
            .collect();
        match ruling(&settings).next(&line) {
            Next::Send(index) => {
                prop_assert!(line.waiting[index].due_at <= NOON);
                let last = departed.iter().map(|(ago, _)| *ago).min();
                prop_assert!(last.is_none_or(|ago| ago >= 10 * 1000), "the pause after the last");
            }
            Next::Wait(Some(at)) => prop_assert!(at > NOON),
            Next::Wait(None) => prop_assert!(false, "something waits"),
        }
    }
}
