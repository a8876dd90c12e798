//! Replays what the reference answered.

use std::collections::{HashMap, HashSet};

use http::HeaderMap;
use serde_json::Value as Json;
use trpc_axum::Code;

use crate::{reference, wire};

/// Where this crate answers otherwise, what it answers instead, and why.
const EXCEPTIONS: &[(&str, Instead, &str)] = &[
    ("batch malformed JSON", Instead::OtherWords, SYNTAX),
    ("jsonl malformed input JSON", Instead::OtherWords, SYNTAX),
    ("malformed JSON GET input", Instead::OtherWords, SYNTAX),
    ("malformed JSON POST", Instead::OtherWords, SYNTAX),
    ("malformed percent in query", Instead::OtherWords, SYNTAX),
    ("exotic values", Instead::Supported, TYPES),
    ("jsonl exotic", Instead::Supported, TYPES),
    (
        "jsonl deferred promises",
        Instead::Unknown("user.deferred"),
        PARTS,
    ),
    ("jsonl async generator", Instead::Unknown("user.gen"), PARTS),
    (
        "jsonl async generator failing",
        Instead::Unknown("user.genFail"),
        PARTS,
    ),
    (
        "form data",
        Instead::Exactly(
            415,
            r#"{"error":{"json":{"message":"This server reads input as JSON only","code":-32015,"data":{"code":"UNSUPPORTED_MEDIA_TYPE","httpStatus":415,"path":"user.echoMut","zodError":null}}}}"#,
        ),
        "only JSON is read",
    ),
    ("sse malformed input", Instead::OtherWords, SYNTAX),
    (
        "sse not iterable",
        Instead::Exactly(
            404,
            r#"{"error":{"json":{"message":"No procedure found on path \"user.notIter\"","code":-32004,"data":{"code":"NOT_FOUND","httpStatus":404,"path":"user.notIter","zodError":null}}}}"#,
        ),
        "the output of a subscription is a stream by its type",
    ),
    (
        "empty body to mutation with input",
        Instead::Words("zod: missing input", "user.list", "user.create"),
        "recorded with the words of zod 4 alone",
    ),
    (
        "other root",
        Instead::Exactly(404, ""),
        "axum routes what is outside the endpoint",
    ),
];

const SYNTAX: &str = "the words of JSON syntax errors are V8's";
const TYPES: &str = "maps, sets, URLs and the like have no counterpart in serde";
const PARTS: &str = "an output is sent whole";

#[derive(Clone, Copy)]
enum Instead {
    /// The same, but for the texts of errors.
    OtherWords,
    /// The same without the values that this crate refuses.
    Supported,
    /// The test's router has no such procedure.
    Unknown(&'static str),
    /// This status and body.
    Exactly(u16, &'static str),
    /// The body of another exchange, with another path.
    Words(&'static str, &'static str, &'static str),
}

impl Instead {
    fn is(self, answer: &Expected, recorded: &Expected, exchange: &Json) -> bool {
        match self {
            Self::OtherWords => answer.without_messages() == recorded.without_messages(),
            Self::Supported => {
                let body = exchange["response"]["body"].as_str().unwrap();
                let lines = body.lines().map(supported).collect::<Vec<_>>().join("\n");
                let end = if body.ends_with('\n') { "\n" } else { "" };
                *answer == recorded.with_body(&(lines + end))
            }
            Self::Unknown(path) => {
                let line = format!(
                    r#"{{"json":[0,0,[[{{"error":{{"message":"No procedure found on path \"{path}\"","code":-32004,"data":{{"code":"NOT_FOUND","httpStatus":404,"path":"{path}","zodError":null}}}}}}]]]}}"#
                );
                let head = r#"{"json":{"0":[[0],[null,0,0]]}}"#;
                *answer == recorded.with_body(&format!("{head}\n{line}\n"))
            }
            Self::Exactly(status, body) => (answer.status, &*answer.body) == (status, body),
            Self::Words(name, from, to) => {
                let all = exchanges();
                let other = all.iter().find(|exchange| exchange["name"] == name);
                let body = Expected::of(other.unwrap()).body.replace(from, to);
                *answer == recorded.with_body(&body)
            }
        }
    }
}

/// A line without the fields whose values this crate refuses, and without the equalities that a
/// server need not tell (section 6).
fn supported(line: &str) -> String {
    const REFUSED: [&str; 6] = ["map", "set", "re", "url", "err", "bytes"];
    let mut line: Json = serde_json::from_str(line).unwrap();
    let data = match line.pointer("/result/data") {
        Some(_) => &mut line["result"]["data"],
        None => &mut line,
    };
    let (json, prefix) = match data.pointer("/json/2/0/0") {
        Some(_) => (&mut data["json"][2][0][0], "2.0.0."),
        None => (&mut data["json"], ""),
    };
    if let Some(fields) = json.as_object_mut() {
        fields.retain(|name, _| !REFUSED.contains(&name.as_str()));
    }
    if let Some(meta) = data.get_mut("meta") {
        meta.as_object_mut()
            .unwrap()
            .shift_remove("referentialEqualities");
        let values = meta["values"].as_object_mut().unwrap();
        values.retain(|path, _| {
            !REFUSED
                .iter()
                .any(|name| *path == format!("{prefix}{name}"))
        });
    }
    line.to_string()
}

#[tokio::test]
async fn every_recorded_exchange_is_answered_alike_or_listed() {
    let service = reference::service();
    let mut wrong = Vec::new();
    let mut exceptions: HashMap<_, _> = EXCEPTIONS
        .iter()
        .map(|(name, instead, _)| (*name, *instead))
        .collect();
    for exchange in exchanges() {
        let name = exchange["name"].as_str().unwrap();
        let recorded = Expected::of(&exchange);
        let answer = wire::send(&service, wire::recorded(&exchange["request"])).await;
        let answer = Expected::new(answer.status.as_u16(), &answer.headers, &answer.body);
        let as_wanted = match exceptions.remove(name) {
            None => answer == recorded,
            Some(instead) => answer != recorded && instead.is(&answer, &recorded, &exchange),
        };
        if !as_wanted {
            wrong.push(format!(
                "{name}\n  recorded {recorded:?}\n  got      {answer:?}"
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

fn exchanges() -> Vec<Json> {
    let recorded: Json = serde_json::from_str(include_str!("../data/trpc-exchanges.json")).unwrap();
    recorded["exchanges"].as_array().unwrap().clone()
}

/// JSON lines in an order of their own; all else as it is.
fn comparable(body: &str) -> String {
    if body.starts_with('{') && body.contains('\n') {
        wire::by_call(body)
    } else {
        body.to_owned()
    }
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
        // One is recorded with the words of zod 4 alone; it is among the exceptions.
        if body.contains(r#""zodError":{"#)
            && exchange["name"] != "empty body to mutation with input"
        {
            body = exchange["response_11_4_2"]["body"].as_str().unwrap();
            assert!(body.contains(r#""zodError":{"#), "{}", exchange["name"]);
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
        let headers = [
            "content-type",
            "vary",
            "allow",
            "cache-control",
            "x-accel-buffering",
        ];
        Self {
            status,
            headers: headers
                .into_iter()
                .map(|name| header(name).map(str::to_owned))
                .collect(),
            body: comparable(body),
        }
    }

    /// The same status and headers with another body.
    fn with_body(&self, body: &str) -> Self {
        Self {
            status: self.status,
            headers: self.headers.clone(),
            body: comparable(body),
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
