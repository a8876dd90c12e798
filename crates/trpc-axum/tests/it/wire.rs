//! Requests and answers, in process.

use std::collections::HashMap;

use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

pub(crate) async fn send(service: &axum::Router, request: Request<Body>) -> Answer {
    let response = service.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// `target` is what comes after the endpoint: `user.list?input=…`, undecoded.
pub(crate) fn get(target: &str) -> Request<Body> {
    Request::get(format!("/api/trpc/{target}"))
        .body(Body::empty())
        .unwrap()
}

/// As [`get`], asking for JSON lines.
pub(crate) fn get_lines(target: &str) -> Request<Body> {
    let mut request = get(target);
    request
        .headers_mut()
        .insert("trpc-accept", "application/jsonl".parse().unwrap());
    request
}

pub(crate) fn post(target: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(format!("/api/trpc/{target}"))
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

/// `input` as a query parameter's value.
pub(crate) fn encoded(input: &Json) -> String {
    url::form_urlencoded::byte_serialize(input.to_string().as_bytes()).collect()
}

/// A request out of a recording.
pub(crate) fn recorded(request: &Json) -> Request<Body> {
    // The http crate takes a bare quote in the path alone.
    let path = request["path"].as_str().unwrap().replace('"', "%22");
    let mut builder = Request::builder()
        .method(request["method"].as_str().unwrap())
        .uri(path);
    for (name, value) in request["headers"].as_object().into_iter().flatten() {
        builder = builder.header(name, value.as_str().unwrap());
    }
    let body = request["body"].as_str().unwrap_or("").to_owned();
    builder.body(Body::from(body)).unwrap()
}

/// JSON lines told apart by call: ids of chunks come from one counter, so that they depend on
/// which call is done first.
pub(crate) fn by_call(lines: &str) -> String {
    assert!(lines.ends_with('\n'), "the last line has no end");
    let mut lines = lines.lines();
    let head: Json = serde_json::from_str(lines.next().unwrap()).unwrap();
    let calls = head["json"].as_object().unwrap();
    let mut owners: HashMap<u64, (String, usize)> = HashMap::new();
    for (call, value) in calls {
        owners.insert(value[1][2].as_u64().unwrap(), (call.clone(), 0));
    }
    let mut sorted: Vec<_> = lines
        .map(|line| {
            let mut line: Json = serde_json::from_str(line).unwrap();
            let (call, step) = owners[&line["json"][0].as_u64().unwrap()].clone();
            line["json"][0] = json!(step);
            let announced = line["json"][2].as_array_mut().into_iter().flatten().skip(1);
            for (chunk, step) in announced.map(|chunk| &mut chunk[2]).zip(step + 1..) {
                owners.insert(chunk.as_u64().unwrap(), (call.clone(), step));
                *chunk = json!(step);
            }
            (call, step, line.to_string())
        })
        .collect();
    sorted.sort();
    let lines = sorted
        .into_iter()
        .map(|(call, step, line)| format!("\n{call}.{step} {line}"));
    head.to_string() + &lines.collect::<String>()
}
