//! What the stand-in says unasked: webhooks and the web socket, as the real WAHA does.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]

use std::time::Duration;

use axum::{Router, body::Bytes, http::HeaderMap, http::StatusCode, routing::post};
use futures_util::StreamExt;
use reqwest::{Client, StatusCode as Code};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::client::generate_key, protocol::Role},
};
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, Status};

const PATIENCE: Duration = Duration::from_secs(8);

fn http() -> Client {
    // Installed already by another test of this process: just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .unwrap()
}

/// An address that refuses the first delivery of all, and what is posted there.
async fn receiver() -> (String, UnboundedReceiver<(HeaderMap, Bytes)>) {
    let (sender, posted) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let refused = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let take = async move |headers: HeaderMap, body: Bytes| {
        // The test may have seen enough.
        let _ = sender.send((headers, body));
        let is_first = !refused.swap(true, std::sync::atomic::Ordering::Relaxed);
        if is_first {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::OK
        }
    };
    let router = Router::new().route("/hook", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, posted)
}

async fn start(stand_in: &StandIn, http: &Client, config: &Value) -> Code {
    let sessions = format!("{}/api/sessions/default", stand_in.url());
    if stand_in.status("default").is_none() {
        stand_in.create("default", None);
    }
    let body = json!({"name": "default", "config": config});
    let answer = http.put(&sessions).json(&body).send().await.unwrap();
    if answer.status().is_success() {
        http.post(format!("{sessions}/start")).send().await.unwrap();
    }
    answer.status()
}

#[rstest]
#[tokio::test]
async fn a_delivery(
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let is_old = behaviour == Behaviour::Core202410;
    let stand_in = StandIn::start(Profile::new(Engine::Noweb, behaviour))
        .await
        .unwrap();
    let (url, mut posted) = receiver().await;
    let hook = json!({
        "url": url,
        "events": ["session.status"],
        "hmac": {"key": "k"},
        "customHeaders": [{"name": "x-own", "value": "v"}],
    });
    start(
        &stand_in,
        &http(),
        &json!({"metadata": {"a": "b"}, "webhooks": [hook]}),
    )
    .await;
    let mut deliveries = Vec::new();
    // Two events; of the first delivery there is a second try, where the release makes one.
    for _ in 0..(if is_old { 2 } else { 3 }) {
        deliveries.push(timeout(PATIENCE, posted.recv()).await.unwrap().unwrap());
    }

    let (headers, body) = &deliveries[0];
    let sent: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(sent["event"], "session.status");
    assert_eq!(
        (&sent["session"], &sent["metadata"]["a"]),
        (&json!("default"), &json!("b"))
    );
    assert_eq!(sent["payload"]["name"], "default");
    assert_eq!(sent.get("id").is_some(), !is_old);
    assert_eq!(sent["payload"].get("statuses").is_some(), !is_old);
    for header in ["x-webhook-request-id", "x-webhook-hmac", "x-own"] {
        assert_eq!(headers.contains_key(header), !is_old, "{header}");
    }
    let same = deliveries.iter().filter(|delivery| {
        delivery.1 == body
            && delivery.0.get("x-webhook-request-id") == headers.get("x-webhook-request-id")
    });
    assert_eq!(same.count(), if is_old { 1 } else { 2 });
}

#[rstest]
#[case(Behaviour::Core202410, "*", 400)]
#[case(Behaviour::Core202410, "group.v2.join", 400)]
#[case(Behaviour::Core202410, "group.join", 200)]
#[case(Behaviour::Current, "*", 200)]
#[case(Behaviour::Current, "group.v2.join", 200)]
#[case(Behaviour::Current, "group.v3", 400)]
#[tokio::test]
async fn which_events_there_are(
    #[case] behaviour: Behaviour,
    #[case] event: &str,
    #[case] code: u16,
) {
    let stand_in = StandIn::start(Profile::new(Engine::Webjs, behaviour))
        .await
        .unwrap();
    let hook = json!({"url": "http://127.0.0.1:9/", "events": [event]});
    let answered = start(&stand_in, &http(), &json!({"webhooks": [hook]})).await;
    assert_eq!(answered, code);
}

/// The text frames up to the close, and its code.
async fn heard(stand_in: &StandIn, query: &str, until: usize) -> (Vec<Value>, Option<u16>) {
    let request = http()
        .get(format!("{}/ws?{query}", stand_in.url()))
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", generate_key());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 101);
    let connection = answer.upgrade().await.unwrap();
    let mut socket = WebSocketStream::from_raw_socket(connection, Role::Client, None).await;
    stand_in.fail("default");
    stand_in.stop("default");
    let mut frames = Vec::new();
    while frames.len() < until {
        match timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Text(text))) => frames.push(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Close(frame))) => {
                return (frames, frame.map(|frame| frame.code.into()));
            }
            Some(Ok(_)) => {}
            end => panic!("{end:?}"),
        }
    }
    (frames, None)
}

#[rstest]
#[case::all(Behaviour::Current, "x-api-key=k", None)]
#[case::commas(
    Behaviour::Current,
    "x-api-key=k&session=default&events=message,session.status",
    None
)]
#[case::wrong_key(Behaviour::Current, "x-api-key=x", Some(1008))]
#[case::no_key(Behaviour::Core202602, "session=*", Some(1008))]
#[case::old_takes_any_key(Behaviour::Core202410, "session=*&events=session.status", None)]
#[case::old_has_no_more(
    Behaviour::Core202410,
    "session=*&events=session.status&events=message",
    Some(4001)
)]
#[case::old_has_not_all(Behaviour::Core202410, "session=*", Some(4001))]
#[tokio::test]
async fn a_web_socket(
    #[case] behaviour: Behaviour,
    #[case] query: &str,
    #[case] code: Option<u16>,
) {
    let profile = Profile {
        api_key: Some("k".into()),
        ..Profile::new(Engine::Gows, behaviour)
    };
    let stand_in = StandIn::start(profile).await.unwrap();
    stand_in.create("default", None);
    let (frames, closed) = heard(&stand_in, query, 2).await;
    assert_eq!(closed, code);
    let states: Vec<_> = frames
        .iter()
        .map(|frame| frame["payload"]["status"].as_str())
        .collect();
    let all = [Some("FAILED"), Some("STOPPED")];
    assert_eq!(states, if code.is_none() { &all[..] } else { &[] });
}

#[tokio::test]
async fn the_world_is_changed_over_http() {
    let stand_in = StandIn::start(Profile::new(Engine::Gows, Behaviour::Current))
        .await
        .unwrap();
    let http = http();
    start(&stand_in, &http, &json!({})).await;
    let hook = async |path: &str| {
        let url = format!("{}/stand-in/{path}", stand_in.url());
        let answer = http.post(url).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["done"] == true
    };
    let join = "sessions/default/join-group?id=1@g.us&subject=Reading";
    assert!(!hook(join).await, "not connected yet");
    timeout(PATIENCE, stand_in.until("default", Status::ScanQrCode))
        .await
        .unwrap();
    stand_in.scan("default");
    timeout(PATIENCE, stand_in.until("default", Status::Working))
        .await
        .unwrap();

    assert!(hook(join).await && !hook(join).await);
    let rename = "sessions/default/rename-group?id=1@g.us&subject=Aloud";
    assert!(hook(rename).await && !hook(rename).await);
    let leave = "sessions/default/leave-group?id=1@g.us";
    assert!(hook(leave).await && !hook(leave).await);
    let add = "contacts/add?number=15055550199&name=Zadie";
    assert!(hook(add).await && !hook(add).await);
    let remove = "contacts/remove?number=15055550199";
    assert!(hook(remove).await && !hook(remove).await);
}
