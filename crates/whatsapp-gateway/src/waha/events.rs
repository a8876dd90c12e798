//! What WAHA says unasked (section 9.2), by webhook and by web socket alike.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::list::{Field, message_id, person_id};
use crate::{Ack, Changed, Event, SessionName};

/// What is asked for, the fullest list first: WAHA refuses a list that holds a name it does not
/// know. Receipts in groups came to have a name of their own in 2025.12.2, and `group.v2.…` came in
/// 2025.2; before, there is less to hear of groups. Of contacts there is nothing to hear.
pub(super) const WANTED: [&[&str]; 4] = [
    &[
        STATUS,
        "group.v2.join",
        "group.v2.leave",
        "group.v2.update",
        "group.v2.participants",
        MESSAGE,
        RECEIPT,
        GROUP_RECEIPT,
    ],
    &[
        STATUS,
        "group.v2.join",
        "group.v2.leave",
        "group.v2.update",
        "group.v2.participants",
        MESSAGE,
        RECEIPT,
    ],
    &[STATUS, "group.join", "group.leave", MESSAGE, RECEIPT],
    &[STATUS],
];

const STATUS: &str = "session.status";
/// One that came in.
const MESSAGE: &str = "message";
/// Every WAHA has it.
pub(super) const RECEIPT: &str = "message.ack";
const GROUP_RECEIPT: &str = "message.ack.group";

/// The part of the envelope that counts. Hints have no use for the payload: they come out of order
/// (section 9.1).
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    session: Cow<'a, str>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// Of a message, or of a receipt for one.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Payload {
    id: Field,
    from: Field,
    from_me: Field,
    body: Field,
    ack: Value,
}

/// Reads a message of WAHA; an error if it is none. `None` tells nothing that counts here.
pub(super) fn read(message: &[u8]) -> serde_json::Result<Option<Event>> {
    let envelope: Envelope = serde_json::from_slice(message)?;
    let changed = match &*envelope.event {
        STATUS => Some(Changed::Status),
        event if event.starts_with("group.") => Some(Changed::Groups),
        MESSAGE => envelope.payload().message(),
        RECEIPT | GROUP_RECEIPT => envelope.payload().receipt(),
        _ => None,
    };
    let session = SessionName::new(envelope.session).ok();
    Ok(session
        .zip(changed)
        .map(|(session, changed)| Event { session, changed }))
}

impl Envelope<'_> {
    /// One of another shape tells nothing.
    fn payload(&self) -> Payload {
        let text = self.payload.map_or("", RawValue::get);
        serde_json::from_str(text).unwrap_or_default()
    }
}

impl Payload {
    /// What a person wrote to the account itself: groups, channels and the like are no persons.
    fn message(&self) -> Option<Changed> {
        if self.from_me.flag() == Some(true) {
            return None;
        }
        let from = person_id(self.from.id()?)?;
        let text = self.body.text().unwrap_or_default();
        Some(Changed::message(from, &text))
    }

    /// That a message which came in was read is of no interest; that one waits in WAHA neither.
    fn receipt(&self) -> Option<Changed> {
        let id = self.id.id()?;
        let is_own = self.from_me.flag().unwrap_or(id.starts_with("true_"));
        let ack = match self.ack.as_i64()? {
            -1 => Ack::Failed,
            1 => Ack::Server,
            2 => Ack::Delivered,
            3 | 4 => Ack::Read,
            _ => return None,
        };
        let id = message_id(id).filter(|_| is_own)?.to_owned();
        Some(Changed::Receipt { id, ack })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::ChatId;

    fn heard(event: &str, payload: &Value) -> Option<Changed> {
        let message = json!({"event": event, "session": "s", "payload": payload, "me": null});
        let event = read(message.to_string().as_bytes()).unwrap()?;
        assert_eq!(event.session.as_str(), "s");
        Some(event.changed)
    }

    #[rstest]
    #[case("session.status", Some(Changed::Status))]
    #[case("group.v2.join", Some(Changed::Groups))]
    #[case("group.v2.participants", Some(Changed::Groups))]
    #[case("group.leave", Some(Changed::Groups))]
    #[case("message", None)]
    #[case("message.ack", None)]
    #[case("state.change", None)]
    fn what_an_event_is_about(#[case] event: &str, #[case] changed: Option<Changed>) {
        for payload in [
            json!([1]),
            json!({}),
            Value::Null,
            json!({"id": 1, "from": []}),
        ] {
            assert_eq!(heard(event, &payload), changed);
        }
        let without = format!(r#"{{"event":"{event}","session":"s"}}"#);
        let heard = read(without.as_bytes()).unwrap();
        assert_eq!(heard.map(|event| event.changed), changed);
    }

    #[rstest]
    #[case(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": 1}), Some(Ack::Server))]
    #[case(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": 2}), Some(Ack::Delivered))]
    #[case(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": 3}), Some(Ack::Read))]
    #[case(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": 4}), Some(Ack::Read))]
    #[case(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": -1}), Some(Ack::Failed))]
    #[case::member(json!({"id": "true_1-2@g.us_3EB0A1_3@lid", "fromMe": true, "ack": 2}), Some(Ack::Delivered))]
    #[case::object(json!({"id": {"_serialized": "true_1@c.us_3EB0A1"}, "fromMe": true, "ack": 1}), Some(Ack::Server))]
    #[case::bare(json!({"id": "3EB0A1", "fromMe": true, "ack": 1}), Some(Ack::Server))]
    #[case::untold(json!({"id": "true_1@c.us_3EB0A1", "ack": 1}), Some(Ack::Server))]
    #[case::waits(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": 0}), None)]
    #[case::of_another(json!({"id": "false_1@c.us_3EB0A1", "fromMe": false, "ack": 3}), None)]
    #[case::of_another_untold(json!({"id": "false_1@c.us_3EB0A1", "ack": 3}), None)]
    #[case::bare_untold(json!({"id": "3EB0A1", "ack": 3}), None)]
    #[case::no_ack(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true}), None)]
    #[case::later_ack(json!({"id": "true_1@c.us_3EB0A1", "fromMe": true, "ack": 5}), None)]
    #[case::no_id(json!({"fromMe": true, "ack": 1}), None)]
    fn receipts(
        #[case] payload: Value,
        #[case] ack: Option<Ack>,
        #[values("message.ack", "message.ack.group")] event: &str,
    ) {
        let id = "3EB0A1".to_owned();
        let expected = ack.map(|ack| Changed::Receipt { id, ack });
        assert_eq!(heard(event, &payload), expected);
    }

    #[rstest]
    #[case::number("12025550100@c.us", Some("12025550100@c.us"))]
    #[case::other_spelling("12025550100@s.whatsapp.net", Some("12025550100@c.us"))]
    #[case::device("12025550100:3@s.whatsapp.net", Some("12025550100@c.us"))]
    #[case::hidden("220000000000003@lid", Some("220000000000003@lid"))]
    #[case::group("1-2@g.us", None)]
    #[case::status("status@broadcast", None)]
    #[case::channel("1@newsletter", None)]
    #[case::whatsapp("0@c.us", None)]
    fn who_writes(#[case] from: &str, #[case] expected: Option<&str>) {
        let said = |text: &str| {
            let from = ChatId(expected?.to_owned());
            let text = text.to_owned();
            Some(Changed::Message { from, text })
        };
        let id = format!("false_{from}_3A01");
        let payload = json!({"id": id, "from": from, "fromMe": false, "body": " Stop\n"});
        assert_eq!(heard("message", &payload), said("Stop"));
        let wordless = json!({"id": id, "from": from, "fromMe": false, "body": null});
        assert_eq!(heard("message", &wordless), said(""));
        let long = json!({"id": id, "from": from, "body": "é".repeat(500)});
        assert_eq!(heard("message", &long), said(&"é".repeat(200)));
        let own = json!({"id": id, "from": from, "fromMe": true, "body": "Stop"});
        assert_eq!(heard("message", &own), None);
        // That is for messages of one's own as well: there is no need of it.
        assert_eq!(heard("message.any", &payload), None);
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
