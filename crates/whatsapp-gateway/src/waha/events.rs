//! What WAHA says unasked (section 9.2), by webhook and by web socket alike.

use serde::Deserialize;

use crate::{Changed, Event, SessionName};

/// What is asked for, the fullest list first: WAHA refuses a list that holds a name it does not
/// know. `group.v2.…` came in 2025.2; before, there is less to hear of groups. Of contacts there
/// is nothing to hear.
pub(super) const WANTED: [&[&str]; 3] = [
    &[
        STATUS,
        "group.v2.join",
        "group.v2.leave",
        "group.v2.update",
        "group.v2.participants",
    ],
    &[STATUS, "group.join", "group.leave"],
    &[STATUS],
];

const STATUS: &str = "session.status";

/// The part of the envelope that counts. The payload does not: events are hints, and come out of
/// order (section 9.1).
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    session: std::borrow::Cow<'a, str>,
}

/// Reads a message of WAHA; an error if it is none. `None` tells nothing that counts here.
pub(super) fn read(message: &[u8]) -> serde_json::Result<Option<Event>> {
    let Envelope { event, session } = serde_json::from_slice(message)?;
    let changed = match &*event {
        STATUS => Changed::Status,
        event if event.starts_with("group.") => Changed::Groups,
        _ => return Ok(None),
    };
    let session = SessionName::new(session).ok();
    Ok(session.map(|session| Event { session, changed }))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("session.status", Some(Changed::Status))]
    #[case("group.v2.join", Some(Changed::Groups))]
    #[case("group.v2.participants", Some(Changed::Groups))]
    #[case("group.leave", Some(Changed::Groups))]
    #[case("message", None)]
    #[case("state.change", None)]
    fn what_an_event_is_about(#[case] event: &str, #[case] changed: Option<Changed>) {
        let message = format!(r#"{{"event":"{event}","session":"s","payload":[1],"me":null}}"#);
        let session = SessionName::new("s").unwrap();
        let expected = changed.map(|changed| Event { session, changed });
        assert_eq!(read(message.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_event() {
        for text in [
            "",
            "{",
            "null",
            "[]",
            r#"{"event":"session.status"}"#,
            r#"{"event":1,"session":"s"}"#,
            r#"{"event":"session.status","session":"s"} and more"#,
        ] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
        let odd_name = br#"{"event":"session.status","session":"../s"}"#;
        assert_eq!(read(odd_name).unwrap(), None);
    }
}
