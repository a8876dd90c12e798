//! Whatever is asked, the answer is in tRPC's shape and the fault is the client's.

use axum::body::Body;
use http::{Request, Uri};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::{reference, wire};

const NAMES: &str =
    "user\\.(ping|me|list|optional|at|echo|echoMut|create|touch|refined|nested|slow|ticks)";

fn path() -> impl Strategy<Value = String> {
    let name = prop_oneof![4 => NAMES, 1 => "[a-z.%/]{0,12}", 1 => "(__proto__|constructor|user.toString|then)"];
    prop_oneof![
        prop::collection::vec(name, 0..5).prop_map(|names| names.join(",")),
        "[ -~]{0,20}".prop_map(|text| text.replace(['?', '#', ' '], "%")),
    ]
}

/// Texts that come near to an input.
fn input() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just(r#"{"sessionName":"s","limit":1e400,"when":"2024-01-01","a":1,"b":-0.0,"who":{"age":1e18},"ms":3}"#.to_owned()),
        Just(r#""\ud800""#.to_owned()),
        "-?[0-9]{1,20}",
        "\"[a-z\u{1F600}]{0,5}\"",
    ];
    let annotation = prop_oneof![
        Just(r#"["undefined"]"#.to_owned()),
        Just(r#"{"sessionName":["undefined"],"when":["Date"],"a":["bigint"]}"#.to_owned()),
        Just(r#"{"__proto__.x":["Date"]}"#.to_owned()),
        Just(r#"{"a\\":[["typed-array","Uint8Array"]],"":["map",{"0.1":["Date"]}]}"#.to_owned()),
        Just(r#"[["class","X"],{"a":["set"]}]"#.to_owned()),
        "[\\[\\]{}\",:a-z]{0,12}",
    ];
    let envelope = prop_oneof![
        value
            .clone()
            .prop_map(|value| format!(r#"{{"json":{value}}}"#)),
        (value.clone(), annotation).prop_map(|(value, values)| format!(
            r#"{{"json":{value},"meta":{{"values":{values},"v":1}}}}"#
        )),
        value,
    ];
    prop_oneof![
        2 => envelope.clone(),
        4 => prop::collection::vec(envelope, 0..4).prop_map(|envelopes| {
            let members = envelopes.iter().enumerate().map(|(index, envelope)| format!("\"{index}\":{envelope}"));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }),
        1 => "[\\[\\]{}\",:a-z0-9]{0,30}",
    ]
}

fn request() -> impl Strategy<Value = Request<Body>> {
    let method = prop::sample::select(vec!["GET", "GET", "POST", "POST", "PUT", "OPTIONS", "HEAD"]);
    let kind = prop_oneof![6 => Just("application/json".to_owned()), 1 => "[ -~]{0,20}", 1 => Just("multipart/form-data".to_owned())];
    let batch = prop_oneof![3 => Just("batch=1&"), 1 => Just(""), 1 => Just("batch=%31&batch=2&")];
    (method, path(), batch, input(), any::<bool>(), kind).prop_filter_map(
        "an address that axum takes",
        |(method, path, batch, input, lines, kind)| {
            let encoded: String = url::form_urlencoded::byte_serialize(input.as_bytes()).collect();
            let uri: Uri = format!("/api/trpc/{path}?{batch}input={encoded}")
                .parse()
                .ok()?;
            let accept = if lines {
                "text/html, application/jsonl"
            } else {
                "*/*"
            };
            let builder = Request::builder().method(method).uri(uri);
            builder
                .header("accept", accept)
                .header("content-type", kind)
                .body(Body::from(input))
                .ok()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_request_gets_a_server_error(request in request()) {
        let asked = format!("{request:?}");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time()
        .build().unwrap();
        let answer = runtime.block_on(wire::send(&reference::service(), request));
        prop_assert!(!answer.status.is_server_error(), "{asked}: {}", answer.body);
        prop_assert!(!answer.body.contains("\"httpStatus\":5"), "{asked}: {}", answer.body);
        let is_stream = answer.headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let lines: Vec<_> = if is_stream {
            prop_assert!(answer.body.starts_with("event: connected\ndata: {}\n\n\n"), "{asked}");
            let data = answer.body.lines().filter_map(|line| line.strip_prefix("data: "));
            data.filter(|data| !data.is_empty()).collect()
        } else {
            answer.body.lines().collect()
        };
        for line in lines {
            let json: Result<Json, _> = serde_json::from_str(line);
            prop_assert!(json.is_ok(), "{asked}: {line}");
        }
        prop_assert!(answer.status == 204 || !answer.body.is_empty(), "{asked}");
    }
}
