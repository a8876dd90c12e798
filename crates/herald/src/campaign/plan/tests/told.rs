//! What the user is told of a plan before it is made.

use super::*;

#[test]
fn a_change_of_the_clock_is_told() {
    let draft = Draft {
        start_date: "2027-03-13".into(),
        end_date: "2027-03-15".into(),
        message_time: "2:30".into(),
        ..draft()
    };
    let preview = planned(&draft).unwrap().preview();
    let shown: Vec<_> = preview
        .occurrences
        .iter()
        .map(|one| (&*one.local, &*one.offset, one.shift))
        .collect();
    assert_eq!(
        shown,
        [
            ("2027-03-13 02:30", "-06:00", None),
            ("2027-03-14 03:30", "-05:00", Some(Shift::Gap)),
            ("2027-03-15 02:30", "-05:00", None),
        ]
    );
    assert_eq!(
        preview.warnings,
        [
            "On 2027-03-14 the clock in America/Chicago skips 02:30: the message goes out at 03:30.",
            "02:30 is in quiet hours (21:00 to 08:00). To a group it goes out as you set it; what would leave more than a minute later waits until they end.",
        ]
    );
}

#[test]
fn many_people_take_their_time_and_the_user_is_told() {
    let people = (0..300).map(|n| somebody(&format!("49{n}@c.us"), Some("Ada")));
    let draft = Draft {
        end_date: "2026-12-01".into(),
        target: Target::Many(people.collect()),
        ..draft()
    };
    let plan = planned(&draft).unwrap();
    // 15 new people a day: twenty days.
    let finish = Timestamp::from_millisecond(plan.finishes_at_ms().unwrap()).unwrap();
    assert!(finish.to_string().starts_with("2026-12-20T15:"), "{finish}");
    let told = |words: &str| plan.warnings.iter().any(|warning| warning.contains(words));
    assert!(told("300 people each get a message of their own"));
    assert!(
        told("after their time, the last on 2026-12-20 at 09:"),
        "{:?}",
        plan.warnings
    );
}

#[test]
fn a_warning_names_no_person() {
    let draft = Draft {
        message_template: "{name} {first name}".into(),
        target: Target::Many(vec![
            somebody("4915100000077@c.us", None),
            somebody("4915100000078@c.us", Some("Secret")),
        ]),
        ..draft()
    };
    let plan = planned(&draft);
    let words = match plan {
        Ok(plan) => plan.warnings.join(" "),
        Err(errors) => format!("{errors:?}"),
    };
    assert!(
        !words.contains("4915") && !words.contains("Secret"),
        "{words}"
    );
}

#[test]
fn where_no_limit_holds_none_is_told() {
    let draft = Draft {
        target: Target::Many(vec![somebody("4915100000077@c.us", None)]),
        ..draft()
    };
    let context = PlanContext {
        now_ms: ms(NOW),
        account: &old_account(),
        settings: &Settings::default().test_mode(),
        known: &HashSet::new(),
        edit: None,
    };
    assert_eq!(plan(&draft, &context).unwrap().warnings, [""; 0]);
}
