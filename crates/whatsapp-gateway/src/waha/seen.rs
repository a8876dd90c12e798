//! What WAHA tells of itself and of a session (sections 4.1 and 10).

use serde_json::{Map, Value, json};

use super::list::{person_id, person_number};
use crate::{ChatId, GatewayError, Phone, Result, State, Status};

/// The first version whose free edition has more than one session (section 2).
const FREE_SESSIONS: [u32; 3] = [2026, 6, 1];

/// The first version that takes the id of a message from its sender (section 2).
const CHOSEN_IDS: [u32; 3] = [2026, 4, 3];

/// A session as `GET /api/sessions/{name}` shows it.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) state: State,
    pub(super) config: Value,
    /// The account's own ids, by number and by LID, as far as told.
    pub(super) me: Vec<ChatId>,
    /// Whether WAHA's engine is a browser.
    pub(super) is_webjs: bool,
    /// In milliseconds since 1970, while WhatsApp lets the account begin no new chats and WAHA
    /// tells until when.
    pub(super) new_chats_held_until: Option<i64>,
}

impl Seen {
    pub(super) fn read(session: &Value) -> Result<Self> {
        let Some(word) = session["status"].as_str() else {
            return Err(GatewayError::Engine("a session without a status".into()));
        };
        let me = &session["me"];
        let lock = &me["reachoutTimelock"];
        let lock_ends = lock["timeEnforcementEnds"].as_i64();
        Ok(Self {
            state: State::from_word(word),
            config: session["config"].clone(),
            me: [&me["id"], &me["lid"]]
                .into_iter()
                .filter_map(|id| person_id(id.as_str()?))
                .collect(),
            is_webjs: session["engine"]["engine"] == "WEBJS"
                || session["engine"].get("WWebVersion").is_some(),
            new_chats_held_until: lock_ends
                .filter(|_| lock["isActive"] == true)
                .and_then(|seconds| seconds.checked_mul(1000)),
        })
    }

    /// Whether NOWEB keeps the contacts.
    pub(super) fn has_store(&self) -> bool {
        self.config["noweb"]["store"]["enabled"] == true
    }

    /// WAHA tells no cause; what is known is whether a phone had been linked (section 4.4).
    pub(super) fn into_status(self) -> Status {
        let number = self
            .me
            .iter()
            .find_map(person_number)
            .and_then(|digits| Phone::parse(digits).ok());
        let cause = (self.state == State::Failed).then(|| {
            let cause = if self.me.is_empty() {
                "No phone scanned the code in time, or the engine has no way to WhatsApp. Start again for a new code."
            } else {
                "The phone has unlinked the session, or its connection to WhatsApp broke for good. Restart it; if \
                 that does not help, log out and link the phone again."
            };
            cause.to_owned()
        });
        Status {
            state: self.state,
            number,
            cause,
        }
    }
}

/// `config` with NOWEB's store switched on; WAHA replaces a configuration whole, so the rest of
/// it is kept. A year of history (`fullSync`) is more than contacts need.
pub(super) fn with_store(config: &Value) -> Value {
    let mut config = object(config);
    let mut noweb = object(config.get("noweb").unwrap_or(&Value::Null));
    let mut store = object(noweb.get("store").unwrap_or(&Value::Null));
    store.insert("enabled".into(), json!(true));
    store.entry("fullSync").or_insert(json!(false));
    noweb.insert("store".into(), store.into());
    config.insert("noweb".into(), noweb.into());
    config.into()
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Whether this WAHA knows the session `default` alone. One that does not tell is taken for new.
pub(super) fn has_one_session(version: &Value) -> bool {
    let free = version["tier"].as_str() == Some("CORE");
    let number = version["version"].as_str().and_then(numbers);
    free && number.is_some_and(|number| number < FREE_SESSIONS)
}

/// Whether this WAHA gives a message the id that its sender has chosen: an engine that is a
/// browser does not. One that does not tell is taken for old.
pub(super) fn takes_ids(version: &Value) -> bool {
    let is_able = matches!(version["engine"].as_str(), Some("NOWEB" | "GOWS"));
    let number = version["version"].as_str().and_then(numbers);
    is_able && number.is_some_and(|number| number >= CHOSEN_IDS)
}

/// `2026.2.1` and `2026.2.1-beta.1` as numbers.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.split(['.', '-', '+']).map(|part| part.parse().ok());
    Some([
        parts.next()??,
        parts.next()??,
        parts.next().flatten().unwrap_or(0),
    ])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2024.10.8", "CORE", true)]
    #[case("2026.2.1", "CORE", true)]
    #[case("2026.6.0-beta", "CORE", true)]
    #[case("2026.6.1", "CORE", false)]
    #[case("2026.10.1", "CORE", false)]
    #[case("2024.10.8", "PLUS", false)]
    #[case("latest", "CORE", false)]
    #[case("", "CORE", false)]
    fn free_waha_had_one_session(#[case] version: &str, #[case] tier: &str, #[case] one: bool) {
        assert_eq!(
            has_one_session(&json!({"version": version, "tier": tier})),
            one
        );
    }

    #[test]
    fn what_is_no_version_is_taken_for_new() {
        assert!(!has_one_session(&Value::Null));
        assert!(!has_one_session(&json!({"version": 2024, "tier": "CORE"})));
    }

    #[rstest]
    #[case("2026.4.3", "NOWEB", true)]
    #[case("2026.8.2", "GOWS", true)]
    #[case("2026.8.2", "WEBJS", false)]
    #[case("2026.8.2", "WPP", false)]
    #[case("2026.4.2", "GOWS", false)]
    #[case("2024.10.8", "NOWEB", false)]
    #[case("latest", "NOWEB", false)]
    fn who_takes_an_id(#[case] version: &str, #[case] engine: &str, #[case] takes: bool) {
        assert_eq!(
            takes_ids(&json!({"version": version, "engine": engine})),
            takes
        );
        assert!(!takes_ids(&json!({"version": version})));
    }

    #[rstest]
    #[case(json!({"isActive": true, "timeEnforcementEnds": 1_795_375_690}), Some(1_795_375_690_000))]
    #[case(json!({"isActive": false, "timeEnforcementEnds": 1_795_375_690}), None)]
    #[case(json!({"isActive": true, "timeEnforcementEnds": null}), None)]
    #[case(json!({"isActive": true, "timeEnforcementEnds": i64::MAX}), None)]
    #[case(Value::Null, None)]
    fn until_when_new_chats_are_held(#[case] lock: Value, #[case] until: Option<i64>) {
        let session = json!({"status": "WORKING", "me": {"reachoutTimelock": lock}});
        assert_eq!(Seen::read(&session).unwrap().new_chats_held_until, until);
    }

    #[test]
    fn the_store_is_added_and_the_rest_kept() {
        let config = json!({"debug": true, "noweb": {"markOnline": false, "store": {"enabled": false, "fullSync": true}}});
        assert_eq!(
            with_store(&config),
            json!({"debug": true, "noweb": {"markOnline": false, "store": {"enabled": true, "fullSync": true}}})
        );
        let fresh = json!({"noweb": {"store": {"enabled": true, "fullSync": false}}});
        assert_eq!(with_store(&Value::Null), fresh);
    }

    #[rstest]
    #[case(json!({"status": "WORKING", "me": {"id": "491512345678@c.us"}}), Some("+491512345678"))]
    #[case(json!({"status": "WORKING", "me": {"id": "491512345678:7@s.whatsapp.net"}}), Some("+491512345678"))]
    #[case(json!({"status": "WORKING", "me": {"id": "99@lid"}}), None)]
    #[case(json!({"status": "WORKING", "me": null}), None)]
    #[case(json!({"status": "WORKING"}), None)]
    fn the_own_number(#[case] session: Value, #[case] number: Option<&str>) {
        let status = Seen::read(&session).unwrap().into_status();
        assert_eq!(status.number.as_ref().map(Phone::as_str), number);
        assert_eq!(status.cause, None);
    }

    #[test]
    fn a_failure_has_a_cause() {
        let cause = |me: Value| {
            Seen::read(&json!({"status": "FAILED", "me": me}))
                .unwrap()
                .into_status()
                .cause
                .unwrap()
        };
        assert!(cause(Value::Null).contains("scanned"));
        assert!(cause(json!({"id": "491512345678@c.us"})).contains("unlinked"));
    }

    #[test]
    fn no_status_makes_no_sense() {
        assert!(Seen::read(&json!({"name": "x"})).is_err());
        assert!(Seen::read(&json!([])).is_err());
    }
}
