//! Tables for variables, sequences and the header; properties for any text.

use jiff::civil::date;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

const ADA: Values<'static> = Values {
    name: Some("Ada Lovelace"),
    first_name: Some("Ada"),
    group: None,
    date: "2027-03-08",
    days_left: "3",
};

fn filled(text: &str, variables: Variables, values: &Values<'_>) -> String {
    Template::parse(text, variables)
        .unwrap()
        .fill("", values)
        .unwrap()
}

#[rstest]
#[case(
    "Hi {first_name}, {days_left} left on {date}",
    "Hi Ada, 3 left on 2027-03-08"
)]
#[case("{name}{name}", "Ada LovelaceAda Lovelace")]
#[case("{group|all of you}", "all of you")]
#[case("{group}!", "!")]
#[case("{group|}!", "!")]
#[case("{group|a|b}", "a|b")]
#[case("{first_name|friend}", "Ada")]
#[case("{{first_name}}", "{Ada}")]
#[case("{ name } {} {1} {\"a\": 1} {", "{ name } {} {1} {\"a\": 1} {")]
#[case("{name", "{name")]
#[case("a } b { c {days_left}", "a } b { c 3")]
#[case("😀{first_name}é", "😀Adaé")]
fn with_recipients(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(filled(text, Variables::All, &ADA), expected);
}

#[rstest]
#[case("{days_left} and {days_left}", "3 and 3")]
#[case(
    "{name} {unknown} {days_left|x} {{days_left}}",
    "{name} {unknown} {days_left|x} {3}"
)]
fn without_recipients_braces_stay(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(filled(text, Variables::DaysLeft, &ADA), expected);
}

#[rstest]
#[case("{nmae} {name} {Name|x} {nmae}", &["nmae", "Name"])]
#[case("{имя}", &["имя"])]
#[case("a {b} {_c}", &["b", "_c"])]
fn an_unknown_variable_is_named(#[case] text: &str, #[case] unknown: &[&str]) {
    let error = Template::parse(text, Variables::All).unwrap_err();
    assert_eq!(error.0, unknown);
}

#[test]
fn what_is_filled_in_is_not_read_again() {
    let values = Values {
        name: Some("{days_left} {first_name} {nobody}"),
        ..ADA
    };
    assert_eq!(
        filled("{name}", Variables::All, &values),
        "{days_left} {first_name} {nobody}"
    );
}

#[test]
fn the_length_is_counted_in_utf_16_and_bounded() {
    let full = "😀".repeat(MAX_TEXT / 2);
    assert_eq!(filled(&full, Variables::All, &ADA), full);
    let over = format!("{full}a");
    let template = Template::parse(&over, Variables::All).unwrap();
    assert_eq!(template.fill("", &ADA), Err(TooLong));
    let template = Template::parse(&full, Variables::All).unwrap();
    assert_eq!(template.fill("h", &ADA), Err(TooLong), "the header counts");
}

#[rstest]
#[case("one * two*three", &["one", "two", "three"])]
#[case("*only bold*", &["only bold"])]
#[case("**", &[])]
#[case("a\n*\nb", &["a", "b"])]
fn sequences(#[case] text: &str, #[case] parts: &[&str]) {
    assert_eq!(split_sequence(text), parts);
}

#[test]
fn the_header_is_the_originals() {
    let header = Header {
        title: Some("Roof {name}"),
        target_amount: Some("$5,000"),
        start: date(2027, 3, 1),
        end: date(2027, 3, 5),
        days_left: 4,
    };
    assert_eq!(
        header.to_string(),
        "Campaign Title: Roof {name}\nCampaign Start Date: 2027-03-01\nCampaign End Date: 2027-03-05\n\
         Contribution Target Amount: $5,000\nDays Remaining: 4\n\n"
    );
    let bare = Header {
        title: Some(" "),
        target_amount: None,
        ..header
    };
    assert_eq!(
        bare.to_string(),
        "Campaign Start Date: 2027-03-01\nCampaign End Date: 2027-03-05\nDays Remaining: 4\n\n"
    );
}

#[test]
fn days_left_are_calendar_days() {
    // Over the end of summer time in Chicago, where the original said 5 4 2 1 0.
    let end = date(2026, 11, 3);
    let left: Vec<i32> = (30..=31)
        .map(|day| date(2026, 10, day))
        .chain((1..=3).map(|day| date(2026, 11, day)))
        .map(|day| days_left(day, end))
        .collect();
    assert_eq!(left, [4, 3, 2, 1, 0]);
}

#[rstest]
#[case("Ada Lovelace", Some("Ada"))]
#[case("  Ada ", Some("Ada"))]
#[case("+49 151 234", None)]
#[case("", None)]
#[case("李小龍", Some("李小龍"))]
fn first_names(#[case] name: &str, #[case] first: Option<&str>) {
    assert_eq!(first_name(name), first);
}

#[test]
fn braces_that_look_like_variables_are_found() {
    assert_eq!(
        stray_braces("{first name} {name} {1} { name } {first name} {}"),
        ["first name", " name "]
    );
}

proptest! {
    #[test]
    fn a_text_without_braces_stays_as_it_is(text in "[^{}]{0,200}", header in "\\PC{0,20}") {
        for variables in [Variables::DaysLeft, Variables::All] {
            let template = Template::parse(&text, variables).unwrap();
            prop_assert_eq!(template.fill(&header, &ADA).unwrap(), format!("{header}{text}"));
            prop_assert!(!template.is_personal());
        }
    }

    #[test]
    fn no_text_and_no_name_panics(
        text in "([{}|*]|name|days_left|first_name|group|x|é|😀| ){0,40}", name in "\\PC{0,20}"
    ) {
        let values = Values { name: Some(&name), first_name: first_name(&name), ..ADA };
        for variables in [Variables::DaysLeft, Variables::All] {
            if let Ok(template) = Template::parse(&text, variables) {
                template.fill("", &values).unwrap();
            }
        }
        let plain = Template::parse(&text, Variables::DaysLeft).unwrap();
        prop_assert_eq!(plain.fill("", &ADA).unwrap(), text.replace("{days_left}", "3"));
        for part in split_sequence(&text) {
            prop_assert!(!part.contains('*') && part.trim() == part && !part.is_empty());
        }
        stray_braces(&text);
    }
}
