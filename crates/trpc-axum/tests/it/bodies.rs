//! Bodies that never end: nobody waits for one but the call that wants its input.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use trpc_axum::{Code, Context, Error, FromContext, Options, Router, mount};

use crate::{reference, wire};

/// Two bytes, and then nothing.
fn endless() -> Body {
    let begin = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{ "))]);
    Body::from_stream(begin.chain(stream::pending()))
}

#[tokio::test]
async fn what_needs_no_input_does_not_wait_for_one() {
    let service = reference::service();
    for (target, status) in [
        ("user.nope", StatusCode::NOT_FOUND),
        ("user.ping", StatusCode::METHOD_NOT_ALLOWED),
        ("user.touch", StatusCode::OK),
    ] {
        let answer = wire::send(&service, wire::post(target, endless())).await;
        assert_eq!(answer.status, status, "{target}: {}", answer.body);
    }
}

/// Lets nobody in.
struct Nobody;

impl FromContext<()> for Nobody {
    const AUTHORITY: &'static str = "nobody";

    async fn from_context(_: &Context<()>) -> Result<Self, Error> {
        Err(Error::from(Code::Unauthorized))
    }
}

trpc_axum::input! {
    pub(crate) struct NameInput {
        pub name: String = string(),
    }
}

async fn rename(_: Nobody, (): (), input: NameInput) -> Result<String, Error> {
    Ok(input.name)
}

#[tokio::test]
async fn who_is_refused_is_refused_at_once() {
    let service = mount(
        "/api/trpc",
        Router::new().mutation("rename", rename),
        (),
        Options::default(),
    );
    let answer = wire::send(&service, wire::post("rename", endless())).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_head_and_the_other_calls_of_a_stream_do_not_wait() {
    let mut request = wire::post("user.create,user.touch?batch=1", endless());
    request
        .headers_mut()
        .insert("trpc-accept", "application/jsonl".parse().unwrap());
    let response = reference::service().oneshot(request).await.unwrap();
    let mut body = response.into_body();
    let mut text = String::new();
    while !text.contains(r#"{"success":true}"#) {
        let frame = body.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert!(
        text.starts_with(r#"{"json":{"0":[[0],[null,0,0]],"1":"#),
        "{text}"
    );
    assert!(!text.contains("error"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn who_wants_the_input_waits_for_so_long() {
    let options = Options {
        body_timeout: Duration::from_secs(5),
        ..Options::default()
    };
    let service = mount("/api/trpc", reference::router(), reference::App, options);
    let answer = wire::send(&service, wire::post("user.create", endless())).await;
    assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
    assert_eq!(answer.json()["error"]["json"]["data"]["code"], "TIMEOUT");
}
