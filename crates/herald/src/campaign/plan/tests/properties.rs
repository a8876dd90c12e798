//! What holds for any plan.

use proptest::prelude::*;

use super::*;

fn any_draft() -> impl Strategy<Value = Draft> {
    let zones = [
        "America/Chicago",
        "Europe/Berlin",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Africa/Casablanca",
        "UTC",
    ];
    let texts = [
        "Hi {first_name|friend}",
        "{days_left} {date}",
        "x*y",
        "{name|you} *b* {group|}.",
        "plain",
    ];
    (
        (0_i32..200, 0_i32..60, 0_i8..24, 0_i8..60),
        prop::sample::select(zones.to_vec()),
        prop::sample::select(texts.to_vec()),
        prop::sample::select(Recurrence::ALL.to_vec()),
        (any::<bool>(), any::<bool>()),
        prop::collection::vec((0_u32..30, any::<bool>()), 1..20),
    )
        .prop_map(
            |(
                (from, days, hour, minute),
                zone,
                text,
                recurrence,
                (is_recurring, is_free_form),
                who,
            )| {
                let start =
                    jiff::civil::date(2026, 11, 26).saturating_add(jiff::Span::new().days(from));
                let recipient = |(n, is_group): (u32, bool)| {
                    let server = if is_group { "g.us" } else { "c.us" };
                    somebody(
                        &format!("49{n}@{server}"),
                        (n % 3 > 0).then_some("Ada Lovelace"),
                    )
                };
                Draft {
                    start_date: start.to_string(),
                    end_date: start
                        .saturating_add(jiff::Span::new().days(days))
                        .to_string(),
                    message_time: format!("{hour}:{minute:02}"),
                    time_zone: zone.into(),
                    message_template: text.into(),
                    is_free_form,
                    is_recurring,
                    recurrence,
                    sequence: Some(false),
                    target: Target::Many(who.into_iter().map(recipient).collect()),
                    ..draft()
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn the_books_balance_and_the_preview_is_the_plan(draft in any_draft()) {
        let plan = planned(&draft).unwrap();
        let recipients = plan.recipients.len();
        prop_assert_eq!(plan.messages.len(), plan.occurrences.len() * recipients);
        for (n, message) in plan.messages.iter().enumerate() {
            prop_assert_eq!((message.occurrence, message.recipient), (n / recipients, n % recipients));
            let occurrence = &plan.occurrences[message.occurrence];
            prop_assert_eq!(message.scheduled_at_ms, occurrence.scheduled_at_ms);
            prop_assert!(message.leaves_at_ms.unwrap() >= message.scheduled_at_ms);
        }
        prop_assert!(plan.occurrences.is_sorted_by(|a, b| a.scheduled_at_ms < b.scheduled_at_ms));

        let preview = plan.preview();
        prop_assert_eq!(preview.messages, plan.messages.len());
        prop_assert_eq!(preview.occurrences.len(), plan.occurrences.len());
        for (n, shown) in preview.occurrences.iter().enumerate() {
            prop_assert_eq!(&shown.content, &plan.messages[n * recipients].text);
            prop_assert_eq!(shown.scheduled_at_ms, plan.occurrences[n].scheduled_at_ms);
        }
        let last = plan.messages.iter().filter_map(|message| message.leaves_at_ms).max();
        prop_assert_eq!(preview.finishes_at_ms, last);
        prop_assert_eq!(planned(&draft).unwrap(), plan, "the same each time");
    }
}
