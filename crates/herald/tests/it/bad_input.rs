//! Whatever arrives: no 5xx of ours, no panic, and under `/api/trpc` always tRPC's shape.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use herald::store::Role;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use crate::support::world::{Answer, Person, World};

/// Texts that have broken parsers before.
const NASTY: &[&str] = &[
    "",
    "{",
    "[",
    "null",
    "{}",
    "{\"json\":",
    "{\"json\":null}",
    "{\"0\":null}",
    "{\"json\":{\"sessionName\":{}}}",
    "{\"json\":{\"__proto__\":1}}",
    "{\"json\":1,\"meta\":{\"values\":[\"map\"]}}",
    "{\"json\":1,\"meta\":{\"values\":{\"__proto__.x\":[\"Date\"]}}}",
    "{\"json\":1,\"meta\":5}",
    "{\"json\":\"\\ud800\"}",
    "1e400",
    "\u{feff}{}",
    "\0",
];

fn path() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "user.getSessionStatus",
        "user.getWhatsAppGroups",
        "user.initiateWhatsAppSession",
        "user.updateSessionPhone",
        "admin.approveUser",
        "system.ping",
        "system",
        "",
    ]);
    let odd = "[a-zA-Z0-9._~!$&'()*+;=:@%/-]{0,40}";
    prop_oneof![
        3 => prop::collection::vec(known.prop_map(str::to_owned), 1..5).prop_map(|paths| paths.join(",")),
        1 => odd.prop_map(|path| path.replace('%', "%2")),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(NASTY.to_vec()).prop_map(str::to_owned),
        any::<String>(),
        prop::collection::vec(prop::sample::select(NASTY.to_vec()), 1..4)
            .prop_map(|parts| parts.join(",")),
    ]
}

fn shaped(path: &str, answer: &Answer) {
    assert!(
        !answer.status.is_server_error(),
        "{path}: {} {}",
        answer.status,
        answer.body
    );
    let one = |answer: &Value| {
        answer.get("result").is_some() || answer["error"]["json"]["code"].is_number()
    };
    let right = match &answer.body {
        Value::Array(answers) => answers.iter().all(one),
        Value::String(lines) => {
            let is_line = |line: &str| serde_json::from_str::<Value>(line).is_ok();
            lines.ends_with('\n') && lines.lines().all(is_line)
        }
        other => one(other) || other.get("json").is_some(),
    };
    assert!(right, "{path}: {} {}", answer.status, answer.body);
}

#[tokio::test]
async fn random_requests_are_answered_in_shape() {
    let world = World::new().await;
    let people = [world.nobody(), world.person("ann", Role::Admin).await];
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (path(), text(), any::<(bool, bool, bool)>());
    for round in 0..400 {
        let (path, text, (post, batch, stream)) = strategy.new_tree(&mut runner).unwrap().current();
        let encoded: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let mut uri = format!("/api/trpc/{path}?x=1");
        if batch {
            uri.push_str("&batch=1");
        }
        if !post {
            uri = format!("{uri}&input={encoded}");
        }
        let mut request = Request::builder()
            .method(if post { Method::POST } else { Method::GET })
            .uri(&uri)
            .header(header::CONTENT_TYPE, "application/json");
        if stream {
            request = request.header("trpc-accept", "application/jsonl");
        }
        let person = &people[round % people.len()];
        if let Some(cookie) = &person.cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let body = if post {
            Body::from(text)
        } else {
            Body::empty()
        };
        let Ok(request) = request.body(body) else {
            continue;
        };
        shaped(&uri, &world.send(request).await);
    }
}

#[tokio::test]
async fn random_bytes_are_answered_in_shape() {
    let world = World::new().await;
    let ann = world.person("ann", Role::User).await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[8; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = prop::collection::vec(any::<u8>(), 0..300);
    for _ in 0..200 {
        let bytes = strategy.new_tree(&mut runner).unwrap().current();
        let answer = post(&ann, "user.updateSessionPhone", Body::from(bytes)).await;
        assert_eq!(answer.code(), "BAD_REQUEST");
    }
}

async fn post(person: &Person<'_>, path: &str, body: Body) -> Answer {
    person
        .call(Method::POST, &format!("/api/trpc/{path}"), body)
        .await
}

#[tokio::test]
async fn depth_and_size_are_bounded() {
    let world = World::new().await;
    let ann = world.person("ann", Role::User).await;
    let deep = format!(
        "{{\"json\":{}{}}}",
        "[".repeat(200_000),
        "]".repeat(200_000)
    );
    let (code, message) = post(&ann, "user.updateSessionPhone", Body::from(deep))
        .await
        .error();
    assert_eq!(code, "BAD_REQUEST");
    assert!(message.contains("nested"), "{message}");

    let annotations: serde_json::Map<_, _> = (0..20_000)
        .map(|at| (format!("a.{at}"), json!(["Date"])))
        .collect();
    let annotated = json!({ "json": {}, "meta": { "values": annotations } }).to_string();
    let (code, message) = post(&ann, "user.updateSessionPhone", Body::from(annotated))
        .await
        .error();
    assert_eq!(code, "BAD_REQUEST");
    assert!(message.contains("annotations"), "{message}");

    // A body without an end: nobody reads on for longer than the limit.
    let endless =
        futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]));
    let answer = post(&ann, "user.updateSessionPhone", Body::from_stream(endless)).await;
    assert_eq!(
        (answer.status, answer.code()),
        (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE".into())
    );

    for (calls, code) in [(101, "BAD_REQUEST"), (5_000, "PAYLOAD_TOO_LARGE")] {
        let batch = vec!["system.ping"; calls].join(",");
        let uri = format!("/api/trpc/{batch}?batch=1");
        let answer = ann.call(Method::GET, &uri, Body::empty()).await;
        assert_eq!(answer.code(), code, "one error for the whole batch");
    }
}

#[tokio::test]
async fn wrong_types_name_every_field() {
    let world = World::new().await;
    let ann = world.person("ann", Role::User).await;
    for wrong in [json!(null), json!(5), json!([]), json!({}), json!(true)] {
        let input =
            json!({ "sessionName": wrong, "limit": wrong, "cursor": wrong, "search": wrong });
        let answer = ann.query("user.getWhatsAppContacts", input).await;
        assert_eq!(answer.code(), "BAD_REQUEST");
        let fields = answer.body["error"]["json"]["data"]["zodError"]["fieldErrors"].clone();
        let named: Vec<_> = fields.as_object().unwrap().keys().collect();
        let numbers_fit = wrong == json!(5);
        let expected: &[&str] = if numbers_fit {
            &["sessionName", "search"]
        } else {
            &["sessionName", "limit", "cursor", "search"]
        };
        assert_eq!(named, expected, "{wrong}");
    }
}
