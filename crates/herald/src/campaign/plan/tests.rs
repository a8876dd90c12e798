//! Stories of plans and every field's error.

mod properties;
mod told;

use rstest::rstest;

use super::*;
use crate::campaign::Recurrence;

const NOW: &str = "2026-11-25T16:00:00Z";

fn ms(instant: &str) -> i64 {
    instant.parse::<Timestamp>().unwrap().as_millisecond()
}

fn draft() -> Draft {
    Draft {
        title: None,
        target_amount: None,
        start_date: "2026-12-01".into(),
        end_date: "2026-12-03".into(),
        message_time: "9:00".into(),
        time_zone: "America/Chicago".into(),
        message_template: "Pay today".into(),
        is_free_form: true,
        is_recurring: false,
        recurrence: Recurrence::Daily,
        sequence: None,
        late_minutes: None,
        target: Target::One(somebody("120363000000000001@g.us", Some("Parents"))),
    }
}

fn somebody(chat_id: &str, name: Option<&str>) -> Recipient {
    Recipient {
        chat_id: chat_id.into(),
        name: name.map(str::to_owned),
    }
}

fn old_account() -> Account {
    Account::new(0, [])
}

fn planned_with(draft: &Draft, edit: Option<&Edit>) -> Result<Plan, Vec<FieldError>> {
    plan(
        draft,
        &PlanContext {
            now_ms: ms(NOW),
            account: &old_account(),
            settings: &Settings::default(),
            known: &HashSet::from(["4915100000001@c.us".to_owned()]),
            edit,
        },
    )
}

fn planned(draft: &Draft) -> Result<Plan, Vec<FieldError>> {
    planned_with(draft, None)
}

fn texts(draft: &Draft) -> Vec<String> {
    let plan = planned(draft).unwrap();
    plan.messages
        .iter()
        .map(|one| one.text.to_string())
        .collect()
}

/// `field: text` of each error.
fn refused(draft: &Draft) -> Vec<String> {
    let errors = planned(draft).unwrap_err();
    let told = |error: &FieldError| format!("{}: {error}", error.field);
    errors.iter().map(told).collect()
}

#[test]
fn not_recurring_is_a_message_a_day_with_the_originals_header() {
    let draft = Draft {
        title: Some("Roof".into()),
        is_free_form: false,
        message_template: "{days_left} to go, {name}".into(),
        ..draft()
    };
    let plan = planned(&draft).unwrap();
    assert_eq!(plan.starts_at_ms, ms("2026-12-01T15:00:00Z"));
    assert_eq!(plan.ends_at_ms, ms("2026-12-03T15:00:00Z"));
    assert_eq!(plan.late_minutes, 60);
    let due: Vec<i64> = plan
        .messages
        .iter()
        .map(|one| one.scheduled_at_ms)
        .collect();
    let days = [
        "2026-12-01T15:00:00Z",
        "2026-12-02T15:00:00Z",
        "2026-12-03T15:00:00Z",
    ];
    assert_eq!(due, days.map(ms));
    assert_eq!(plan.finishes_at_ms(), Some(due[2]));
    assert_eq!(
        &*plan.messages[2].text,
        "Campaign Title: Roof\nCampaign Start Date: 2026-12-01\nCampaign End Date: 2026-12-03\nDays Remaining: 0\n\n0 to go, {name}"
    );
    assert_eq!(plan.warnings, Vec::<String>::new());
}

#[test]
fn a_sequence_gives_each_occurrence_its_part() {
    let draft = Draft {
        is_recurring: true,
        message_template: "one * two * three".into(),
        ..draft()
    };
    assert_eq!(texts(&draft), ["one", "two", "three"]);
    let warnings = planned(&draft).unwrap().warnings;
    assert!(
        warnings[0].starts_with("The text is cut at its asterisks into 3 parts"),
        "{warnings:?}"
    );
}

#[rstest]
#[case::original_rule(
    true,
    None,
    "messageTemplate: messageTemplate: asterisks part this text into 1, and the campaign sends 3 times (every day)."
)]
#[case::asked_for(
    false,
    Some(true),
    "messageTemplate: messageTemplate: asterisks part this text into 1, and the campaign sends 3 times (every day)."
)]
fn a_sequence_needs_a_part_for_each_occurrence(
    #[case] is_recurring: bool,
    #[case] sequence: Option<bool>,
    #[case] told: &str,
) {
    let draft = Draft {
        is_recurring,
        sequence,
        message_template: "*only bold*".into(),
        ..draft()
    };
    let errors = refused(&draft);
    assert!(
        errors.len() == 1 && errors[0].starts_with(told),
        "{errors:?}"
    );
}

#[rstest]
#[case(true, Some(false))]
#[case(false, None)]
fn asterisks_stay_where_they_are_no_sequence(
    #[case] is_recurring: bool,
    #[case] sequence: Option<bool>,
) {
    let draft = Draft {
        is_recurring,
        sequence,
        message_template: "*bold*".into(),
        ..draft()
    };
    assert_eq!(texts(&draft), ["*bold*"; 3]);
}

#[test]
fn recipients_get_their_own_texts_in_order() {
    let draft = Draft {
        end_date: "2026-12-02".into(),
        message_template: "{first_name|friend} {group|-} {name} {date} {days_left}".into(),
        target: Target::Many(vec![
            somebody("4915100000001@c.us", Some("Ada {date}")),
            somebody("120363000000000001@g.us", Some("Parents")),
            somebody("4915100000002@c.us", Some(" ")),
            somebody("4915100000001@c.us", Some("Ada again")),
        ]),
        ..draft()
    };
    assert_eq!(
        texts(&draft),
        [
            "Ada - Ada {date} 2026-12-01 1",
            "friend Parents Parents 2026-12-01 1",
            "friend -  2026-12-01 1",
            "Ada - Ada {date} 2026-12-02 0",
            "friend Parents Parents 2026-12-02 0",
            "friend -  2026-12-02 0",
        ]
    );
    let plan = planned(&draft).unwrap();
    assert_eq!(
        plan.warnings,
        [
            "{name} is left empty for 1 recipient. A fallback fills it: {name|…}.",
            "1 repetition of recipients listed before: each gets one message.",
            "This account has never written to 1 of the people. At most 15 such people a day are written to, fewer while the account is newly linked.",
        ]
    );
}

#[test]
fn every_wrong_field_is_told_at_once() {
    let draft = Draft {
        start_date: "soon".into(),
        end_date: "later".into(),
        message_time: "25:00".into(),
        time_zone: "Mars/Olympus".into(),
        message_template: "{nmae} {x}".into(),
        late_minutes: Some(-1),
        target: Target::Many(vec![]),
        ..draft()
    };
    assert_eq!(
        refused(&draft),
        [
            "timeZone: Invalid date format",
            "messageTime: Invalid time values",
            "startDate: Invalid date format",
            "endDate: Invalid date format",
            "lateMinutes: lateMinutes is 0 to 10080 minutes; left out, it is 60.",
            "recipients: recipients is empty. Choose at least one group or person.",
            "messageTemplate: messageTemplate: there is no variable {nmae} {x}. There are {name} {first_name} {group} {date} {days_left}; with a fallback, {first_name|friend}.",
        ]
    );
}

#[rstest]
#[case::passed(
    "2026-11-24",
    "2026-12-01",
    "9:00",
    "startDate: startDate 2026-11-24 has passed: in America/Chicago it is 2026-11-25. Choose today or a later day."
)]
#[case::this_morning(
    "2026-11-25",
    "2026-12-01",
    "9:00",
    "messageTime: messageTime 2026-11-25 09:00 has passed: in America/Chicago it is 10:00. Choose a later time, or a later startDate."
)]
#[case::backwards(
    "2026-12-02",
    "2026-12-01",
    "9:00",
    "endDate: End date must be after start date"
)]
#[case::too_far(
    "2026-12-02",
    "2126-12-01",
    "9:00",
    "endDate: endDate is too far ahead: a campaign reaches at most 10 years. Choose 2036-11-25 or an earlier day."
)]
fn dates_that_make_no_sense(
    #[case] start: &str,
    #[case] end: &str,
    #[case] time: &str,
    #[case] told: &str,
) {
    let draft = Draft {
        start_date: start.into(),
        end_date: end.into(),
        message_time: time.into(),
        ..draft()
    };
    assert_eq!(refused(&draft), [told]);
}

#[rstest]
#[case::no_day_has_passed_there("2026-11-24", "2026-12-01", &["timeZone: Invalid date format"])]
#[case::another_fault_is_told("2026-11-24", "2026-11-23", &["timeZone: Invalid date format", "endDate: End date must be after start date"])]
fn an_unknown_zone(#[case] start: &str, #[case] end: &str, #[case] told: &[&str]) {
    let draft = Draft {
        start_date: start.into(),
        end_date: end.into(),
        time_zone: "Mars/Olympus".into(),
        ..draft()
    };
    assert_eq!(refused(&draft), told);
}

#[test]
fn the_running_minute_has_not_passed() {
    let draft = Draft {
        start_date: "2026-11-25".into(),
        message_time: "10:00".into(),
        ..draft()
    };
    assert_eq!(planned(&draft).unwrap().messages.len(), 9);
}

#[rstest]
#[case::blank(
    " ",
    Target::One(somebody("1@g.us", None)),
    "messageTemplate: messageTemplate: the message of 2026-12-01 would be empty."
)]
#[case::blank_for_some("{name}", Target::Many(vec![somebody("1@g.us", Some("x")), somebody("2@g.us", None)]), "messageTemplate: messageTemplate: the message of 2026-12-01 would be empty.")]
#[case::bad_id(
    "x",
    Target::One(somebody("x", None)),
    "groupId: groupId is no WhatsApp chat id."
)]
fn texts_and_targets_that_cannot_be_sent(
    #[case] text: &str,
    #[case] target: Target,
    #[case] told: &str,
) {
    let draft = Draft {
        message_template: text.into(),
        target,
        ..draft()
    };
    let errors = refused(&draft);
    assert!(
        errors.len() == 1 && errors[0].starts_with(told),
        "{errors:?}"
    );
}

#[test]
fn a_text_with_nul_is_refused_by_field() {
    let nul = || Some("a\0".to_owned());
    let draft = Draft {
        title: nul(),
        target_amount: nul(),
        message_template: "x\0".into(),
        target: Target::One(somebody("1@g.us", Some("a\0"))),
        ..draft()
    };
    let fields: Vec<_> = planned(&draft).unwrap_err();
    let fields: Vec<_> = fields.iter().map(|error| error.field).collect();
    assert_eq!(
        fields,
        ["title", "targetAmount", "messageTemplate", "groupName"]
    );
}

#[test]
fn sizes_are_bounded() {
    let people = |count: usize| {
        let one = |n| somebody(&format!("49{n}@c.us"), Some("Ada"));
        Target::Many((0..count).map(one).collect())
    };
    let long = "é".repeat(template::MAX_TEXT);
    let too_long = Draft {
        message_template: format!("{long}."),
        ..draft()
    };
    assert!(refused(&too_long)[0].contains("longer than the 65536 characters"));
    let too_many = Draft {
        target: people(20_000),
        ..draft()
    };
    assert_eq!(
        refused(&too_many),
        [
            "recipients: recipients: 3 occurrences for 20000 recipients are 60000 messages, and a campaign has at most 50000. Choose fewer \
          recipients or a shorter range."
        ]
    );
    let too_much = Draft {
        message_template: long,
        target: people(1000),
        ..draft()
    };
    assert!(refused(&too_much)[0].contains("more than 64 MiB"));
}

#[test]
fn an_edit_plans_what_has_not_gone_out() {
    let draft = Draft {
        start_date: "2026-11-24".into(),
        end_date: "2026-11-26".into(),
        is_recurring: true,
        message_template: "a*b*c".into(),
        target: Target::Many(vec![somebody("1@g.us", None), somebody("2@g.us", None)]),
        ..draft()
    };
    let day = |text: &str| text.parse::<Date>().unwrap();
    let one = |id: &str| HashSet::from([id.to_owned()]);
    let edit = Edit {
        settled: HashMap::from([
            (day("2026-11-25"), one("1@g.us")),
            (day("2026-11-26"), one("1@g.us")),
        ]),
        waiting: HashMap::from([(day("2026-11-25"), one("2@g.us"))]),
    };
    let plan = planned_with(&draft, Some(&edit)).unwrap();
    let left: Vec<_> = plan
        .messages
        .iter()
        .map(|one| {
            (
                plan.occurrences[one.occurrence].date.to_string(),
                one.recipient,
                &*one.text,
            )
        })
        .collect();
    assert_eq!(
        left,
        [("2026-11-25".into(), 1, "b"), ("2026-11-26".into(), 1, "c")]
    );
    let nothing = planned_with(
        &Draft {
            end_date: "2026-11-24".into(),
            message_template: "a".into(),
            ..draft
        },
        Some(&edit),
    );
    assert_eq!(nothing.unwrap_err(), [Problem::NothingToSend.of("endDate")]);
}
