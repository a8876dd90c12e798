//! Replays what the reference answered.

use std::collections::{HashMap, HashSet};

use http::HeaderMap;
use serde_json::Value as Json;
use trpc_axum::Code;

use crate::{reference, wire};

/// Exchanges that this crate answers otherwise, each with the reason.
const EXCEPTIONS: &[(&str, Same, &str)] = &[
    ("batch malformed JSON", Same::ButMessage, SYNTAX),
    ("jsonl malformed input JSON", Same::ButMessage, SYNTAX),
    ("malformed JSON GET input", Same::ButMessage, SYNTAX),
    ("malformed JSON POST", Same::ButMessage, SYNTAX),
    ("malformed percent in query", Same::ButMessage, SYNTAX),
    ("exotic values", Same::Nothing, TYPES),
    ("jsonl exotic", Same::Nothing, TYPES),
    ("jsonl deferred promises", Same::Nothing, PARTS),
    ("jsonl async generator", Same::Nothing, PARTS),
    ("jsonl async generator failing", Same::Nothing, PARTS),
    ("form data", Same::Nothing, "only JSON is read"),
    (
        "batch with subscription",
        Same::Nothing,
        "there are no subscriptions",
    ),
    (
        "empty body to mutation with input",
        Same::Nothing,
        "recorded with the words of zod 4 alone",
    ),
    (
        "other root",
        Same::Nothing,
        "axum routes what is outside the endpoint",
    ),
];

const SYNTAX: &str = "the words of JSON syntax errors are V8's";
const TYPES: &str = "maps, sets, URLs and the like have no counterpart in serde";
const PARTS: &str = "an output is sent whole";

#[derive(Clone, Copy, PartialEq)]
enum Same {
    ButMessage,
    Nothing,
}

#[tokio::test]
async fn every_recorded_exchange_is_answered_alike_or_listed() {
    let service = reference::service();
    let mut wrong = Vec::new();
    let mut exceptions: HashMap<_, _> = EXCEPTIONS
        .iter()
        .map(|(name, same, _)| (*name, *same))
        .collect();
    for exchange in exchanges() {
        let name = exchange["name"].as_str().unwrap();
        let expected = Expected::of(&exchange);
        let answer = wire::send(&service, wire::recorded(&exchange["request"])).await;
        let answer = Expected::new(answer.status.as_u16(), &answer.headers, &answer.body);
        let as_wanted = match exceptions.remove(name) {
            None => answer == expected,
            Some(same) => {
                answer != expected
                    && (same == Same::Nothing
                        || answer.without_messages() == expected.without_messages())
            }
        };
        if !as_wanted {
            wrong.push(format!(
                "{name}\n  wanted {expected:?}\n  got    {answer:?}"
            ));
        }
    }
    assert!(
        exceptions.is_empty(),
        "exceptions without an exchange: {:?}",
        exceptions.keys()
    );
    assert!(
        wrong.is_empty(),
        "{} exchanges:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_code_is_among_the_exchanges() {
    let names: HashSet<_> = exchanges()
        .iter()
        .map(|exchange| exchange["name"].as_str().unwrap().to_owned())
        .collect();
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !names.contains(&format!("error {}", code.name())))
        .collect();
    assert_eq!((Code::ALL.len(), missing), (21, vec![]));
}

/// All but those of subscriptions.
fn exchanges() -> Vec<Json> {
    let recorded: Json = serde_json::from_str(include_str!("../data/trpc-exchanges.json")).unwrap();
    let all = recorded["exchanges"].as_array().unwrap();
    let is_sse = |exchange: &Json| exchange["name"].as_str().unwrap().starts_with("sse ");
    all.iter()
        .filter(|exchange| !is_sse(exchange))
        .cloned()
        .collect()
}

/// What counts of an answer.
#[derive(Debug, PartialEq)]
struct Expected {
    status: u16,
    headers: Vec<Option<String>>,
    body: String,
}

impl Expected {
    /// Words of refused inputs are those of zod 3, which the older recording has.
    fn of(exchange: &Json) -> Self {
        let response = &exchange["response"];
        let mut body = response["body"].as_str().unwrap();
        if body.contains(r#""zodError":{"#) {
            let older = exchange["response_11_4_2"]["body"].as_str().unwrap();
            if older.contains(r#""zodError":{"#) {
                body = older;
            }
        }
        let status = u16::try_from(response["status"].as_u64().unwrap()).unwrap();
        let headers = response["headers"].as_object().unwrap();
        let header = |name| {
            headers
                .get(name)
                .map(|value: &Json| value.as_str().unwrap())
        };
        Self::with(status, header, body)
    }

    fn new(status: u16, headers: &HeaderMap, body: &str) -> Self {
        Self::with(
            status,
            |name| headers.get(name).map(|value| value.to_str().unwrap()),
            body,
        )
    }

    fn with<'h>(status: u16, header: impl Fn(&'static str) -> Option<&'h str>, body: &str) -> Self {
        let headers = ["content-type", "vary", "allow"];
        Self {
            status,
            headers: headers
                .into_iter()
                .map(|name| header(name).map(str::to_owned))
                .collect(),
            body: if body.contains('\n') {
                wire::by_call(body)
            } else {
                body.to_owned()
            },
        }
    }

    /// Everything but the texts of errors.
    fn without_messages(&self) -> (u16, &[Option<String>], String) {
        let mut parts = self.body.split(r#""message":"#);
        let first = parts.next().unwrap().to_owned();
        let rest = parts.map(|part| part.split_once(r#","code":"#).unwrap().1);
        (
            self.status,
            &self.headers,
            rest.fold(first, |text, part| text + part),
        )
    }
}
