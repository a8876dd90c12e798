//! What better-auth 1.7.25 was recorded to answer, asked of ours.

use std::collections::{BTreeMap, BTreeSet};

use axum::{body::Body, http::Request};
use rstest::rstest;
use serde::Deserialize;
use serde_json::Value;

use crate::support::{
    database::Kind,
    site::{Options, Reply, Site},
};

const RECORDING: &str = include_str!("../data/auth-exchanges/1.7.25.jsonl");

/// The endpoints that there are.
const ENDPOINTS: [&str; 5] = [
    "/sign-up/email",
    "/sign-in/email",
    "/sign-out",
    "/get-session",
    "/nope",
];

/// What follows on calls to endpoints that there are not.
const LEFT_OUT: [&str; 4] = [
    "get-session after change",
    "get-session old cookie after revoke",
    "get-session new cookie after revoke",
    "get-session after reset",
];

/// Where Herald chooses otherwise (`docs/wire/auth.md`, bold text).
const OTHERWISE: [(&str, &str); 6] = [
    (
        "sign-up no body",
        "one message, not one for each half of the reference's schema",
    ),
    (
        "sign-up text/plain",
        "forms are not among the allowed types",
    ),
    ("sign-up urlencoded", "forms are not taken"),
    (
        "get-session tampered signature",
        "a forged cookie is deleted",
    ),
    ("get-session tampered token", "a forged cookie is deleted"),
    ("get-session unsigned token", "a forged cookie is deleted"),
];

#[derive(Deserialize)]
struct Exchange {
    label: String,
    req: Option<Recorded>,
    res: Option<Answer>,
}

#[derive(Deserialize)]
struct Recorded {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<Value>,
}

#[derive(Deserialize)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    #[serde(rename = "setCookie")]
    set_cookie: Vec<String>,
    body: String,
}

/// An answer without what differs from run to run.
#[derive(Debug, PartialEq)]
struct Shape {
    status: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: Value,
}

#[rstest]
#[tokio::test]
async fn the_recording_replays(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let site = Site::new(Options {
        kind,
        ..Options::default()
    })
    .await;
    // The recorded session cookies, and what ours are instead.
    let mut ours: BTreeMap<String, String> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for line in RECORDING.lines() {
        // Renamed through an endpoint that there is not.
        let exchange: Exchange = serde_json::from_str(&line.replace("Ann B", "Ann")).unwrap();
        let (Some(request), Some(answer)) = (exchange.req, exchange.res) else {
            continue;
        };
        let path = request.path.split('?').next().unwrap();
        if !ENDPOINTS.contains(&path) || LEFT_OUT.contains(&&*exchange.label) {
            continue;
        }
        match &*exchange.label {
            "get-session aged 1.5d (refresh)" => site.clock.advance(36 * 3_600_000),
            "get-session expired" => site.clock.advance(8 * 24 * 3_600_000),
            _ => {}
        }
        let reply = site.send(build(&request, &ours)).await;
        if let (Some(theirs), Some(own)) =
            (session(&answer.set_cookie), session(&reply.set_cookies()))
        {
            // Ours ends the sign-in that a browser brings along; it goes on with the new cookie.
            if let Some(brought) = request
                .headers
                .get("cookie")
                .and_then(|cookie| session(&[cookie]))
            {
                ours.insert(brought, own.clone());
            }
            ours.insert(theirs, own);
        }
        let (expected, found) = (expected(&answer), found(&reply, &answer));
        if OTHERWISE.iter().any(|(label, _)| *label == exchange.label) {
            assert_ne!(found, expected, "{} is the same after all", exchange.label);
        } else {
            assert_eq!(found, expected, "{}", exchange.label);
        }
        seen.insert(exchange.label);
    }
    assert_eq!(seen.len(), 62);
    assert!(OTHERWISE.iter().all(|(label, _)| seen.contains(*label)));
}

/// The request as Node's `fetch` sent it: it puts its own word in place of every `Sec-Fetch-…`.
fn build(recorded: &Recorded, ours: &BTreeMap<String, String>) -> Request<Body> {
    let mut request = Request::builder()
        .method(&*recorded.method)
        .uri(format!("/api/auth{}", recorded.path))
        .header("sec-fetch-mode", "cors")
        .header("user-agent", "node");
    for (name, value) in recorded
        .headers
        .iter()
        .filter(|(name, _)| !name.starts_with("sec-fetch-"))
    {
        let value = match session(&[value]) {
            Some(theirs) if name == "cookie" => {
                value.replace(&theirs, ours.get(&theirs).unwrap_or(&theirs))
            }
            _ => value.clone(),
        };
        request = request.header(name, value);
    }
    let body = match &recorded.body {
        None => Body::empty(),
        Some(Value::String(raw)) => Body::from(raw.clone()),
        Some(object) => Body::from(object.to_string().replace("<129 x>", &"x".repeat(129))),
    };
    request.body(body).unwrap()
}

/// The session cookie's value among cookies, unless it is a deletion.
fn session(cookies: &[impl AsRef<str>]) -> Option<String> {
    let value = cookies
        .iter()
        .find_map(|cookie| cookie.as_ref().strip_prefix("better-auth.session_token="))?;
    let value = value.split(';').next().unwrap();
    (!value.is_empty()).then(|| value.to_owned())
}

fn expected(answer: &Answer) -> Shape {
    Shape {
        status: answer.status,
        headers: answer.headers.clone(),
        cookies: answer
            .set_cookie
            .iter()
            .map(|cookie| cookie_shape(cookie))
            .collect(),
        body: body_shape(&answer.body),
    }
}

fn found(reply: &Reply, answer: &Answer) -> Shape {
    let header = |name: &String| {
        Some((
            name.clone(),
            reply.headers.get(name)?.to_str().unwrap().to_owned(),
        ))
    };
    Shape {
        status: reply.status.as_u16(),
        headers: answer.headers.keys().filter_map(header).collect(),
        cookies: reply.set_cookies().into_iter().map(cookie_shape).collect(),
        body: body_shape(&reply.body),
    }
}

/// `name=<signed>; attributes`, where the value is one and carries a signature of the right form.
fn cookie_shape(cookie: &str) -> String {
    let (pair, attributes) = cookie.split_once(';').unwrap();
    let (name, value) = pair.split_once('=').unwrap();
    let value = match value.split_once('.') {
        // 44 characters of base64, `=`, `+` and `/` escaped.
        Some(("true", signature)) if unescaped(signature) == 44 => "true.<signature>",
        Some((_, signature)) if unescaped(signature) == 44 => "<token>.<signature>",
        _ => value,
    };
    format!("{name}={value};{attributes}")
}

fn unescaped(text: &str) -> usize {
    percent_encoding::percent_decode_str(text).count()
}

/// The JSON with a placeholder for each id and date. Ours always has an image, `null` if none.
fn body_shape(body: &str) -> Value {
    let mut value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(body).unwrap()
    };
    normalize(&mut value);
    value
}

fn normalize(value: &mut Value) {
    let Value::Object(fields) = value else { return };
    fields.retain(|name, field| name != "image" || !field.is_null());
    for (name, field) in fields {
        match (&**name, &*field) {
            ("id" | "token" | "userId" | "ipAddress", Value::String(_)) => {
                *field = format!("<{name}>").into();
            }
            ("createdAt" | "updatedAt" | "expiresAt", Value::String(date)) => {
                assert!(date.len() == 24 && date.ends_with('Z'), "{date}");
                assert!(date.parse::<jiff::Timestamp>().is_ok(), "{date}");
                *field = "<date>".into();
            }
            _ => normalize(field),
        }
    }
}
