//! Tables, one a field.

use jiff::civil::date as day;
use rstest::rstest;

use super::*;

#[rstest]
#[case("9:05", Ok((9, 5)))]
#[case("09:05", Ok((9, 5)))]
#[case("0:00", Ok((0, 0)))]
#[case("23:59", Ok((23, 59)))]
#[case("24:00", Err("Invalid time values"))]
#[case("9:60", Err("Invalid time values"))]
#[case("99:99", Err("Invalid time values"))]
#[case("9:5", Err("Invalid time format"))]
#[case("123:05", Err("Invalid time format"))]
#[case(":05", Err("Invalid time format"))]
#[case("9:05:00", Err("Invalid time format"))]
#[case("+9:05", Err("Invalid time format"))]
#[case("٩:٠٥", Err("Invalid time format"))]
#[case("", Err("Invalid time format"))]
fn times(#[case] text: &str, #[case] expected: Result<(i8, i8), &str>) {
    let read = time(text).map(|time| (time.hour(), time.minute()));
    assert_eq!(
        read.map_err(|problem| problem.to_string()),
        expected.map_err(str::to_owned)
    );
}

#[rstest]
#[case("2027-03-08", Some(day(2027, 3, 8)))]
#[case("2028-02-29", Some(day(2028, 2, 29)))]
#[case("2027-02-29", None)]
#[case("2027-03-08T04:00:00.000Z", Some(day(2027, 3, 7)))]
#[case("2027-03-08T09:00:00", Some(day(2027, 3, 8)))]
#[case("8 March", None)]
#[case("", None)]
fn dates(#[case] text: &str, #[case] expected: Option<Date>) {
    let chicago = time_zone("America/Chicago").unwrap();
    assert_eq!(date(text, &chicago).ok(), expected);
}

#[rstest]
#[case("America/Chicago", true)]
#[case("UTC", true)]
#[case("Mars/Olympus", false)]
#[case("Etc/Unknown", false)]
#[case("../../etc/passwd", false)]
#[case("", false)]
fn zones(#[case] name: &str, #[case] is_one: bool) {
    assert_eq!(time_zone(name).is_ok(), is_one);
}

#[rstest]
#[case("120363123456789012@g.us", true)]
#[case("4915112345678-1400000000@g.us", true)]
#[case("4915112345678@c.us", true)]
#[case("123456@lid", true)]
#[case("4915112345678@s.whatsapp.net", false)]
#[case("status@broadcast", false)]
#[case("49151-1@c.us", false)]
#[case("@c.us", false)]
#[case("1@c.us@c.us", false)]
#[case("4915112345678", false)]
fn chat_ids(#[case] id: &str, #[case] is_one: bool) {
    assert_eq!(is_chat_id(id), is_one);
}

#[test]
fn a_wrong_recipient_is_told_by_its_place() {
    let one = |id: &str| Recipient {
        chat_id: id.to_owned(),
        name: None,
    };
    let error = recipients(&Target::Many(vec![one("1@c.us"), one("x")])).unwrap_err();
    assert_eq!(error.field, "recipients");
    assert!(
        error
            .to_string()
            .starts_with("recipients, entry 2 is no WhatsApp chat id.")
    );
    let error = recipients(&Target::One(one("x"))).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("groupId is no WhatsApp chat id.")
    );
    let (kept, repeated) = recipients(&Target::Many(vec![
        one("2@c.us"),
        one("1@g.us"),
        one("2@c.us"),
    ]))
    .unwrap();
    assert_eq!((kept, repeated), (vec![one("2@c.us"), one("1@g.us")], 1));
}

#[test]
fn a_range_is_bounded() {
    let today = day(2026, 11, 25);
    assert_eq!(range(today, day(2036, 11, 25), today), Ok(()));
    let error = range(today, day(2036, 11, 26), today).unwrap_err();
    assert_eq!(
        error.to_string(),
        "endDate is too far ahead: a campaign reaches at most 10 years. Choose 2036-11-25 or an earlier day."
    );
    assert_eq!(
        range(today, day(2026, 11, 24), today),
        Err(Problem::EndBeforeStart)
    );
    // An edited campaign has its start behind it: no start makes the range longer.
    let limit = day(2011, 1, 1);
    let long_ago = day(2001, 1, 1);
    assert_eq!(range(long_ago, limit, today), Ok(()));
    assert_eq!(
        range(long_ago, today, today),
        Err(Problem::TooFar { limit })
    );
}
