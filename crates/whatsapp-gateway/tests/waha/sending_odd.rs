//! Single answers to a message and to the search for one, connections that break, and what is
//! sent to which WAHA.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rstest::rstest;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use whatsapp_gateway::{
    Ack, Changed, Found, Gateway, GatewayError, SendError, Sent,
    waha::{Timeouts, Waha, WahaConfig, Webhook},
};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_json, method, path, query_param},
};

use crate::{
    PATIENCE, client, name,
    sending::{PERSON, message},
};

/// A WAHA whose session `s` works, of this version and engine.
async fn working(version: &str, engine: &str) -> MockServer {
    let server = MockServer::start().await;
    let on = |at: &str, body: Value| {
        Mock::given(method("GET"))
            .and(path(at))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
    };
    on("/api/sessions/s", json!({"name": "s", "status": "WORKING"}))
        .mount(&server)
        .await;
    on(
        "/api/server/version",
        json!({"version": version, "engine": engine}),
    )
    .mount(&server)
    .await;
    server
}

/// What comes of a message to which this is the answer; it is asked for once.
async fn sent(answer: ResponseTemplate) -> Result<Sent, SendError> {
    let server = working("2026.8.2", "GOWS").await;
    Mock::given(method("POST"))
        .and(path("/api/sendText"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    let waha = client(&server.uri(), None);
    waha.send(&name("s"), &message(PERSON)).await
}

#[rstest]
#[case::takes_ids("2026.4.3", "NOWEB", true)]
#[case::takes_ids("2026.8.2", "GOWS", true)]
#[case::browser("2026.8.2", "WEBJS", false)]
#[case::older("2026.2.1", "NOWEB", false)]
#[tokio::test]
async fn what_is_sent(#[case] version: &str, #[case] engine: &str, #[case] has_id: bool) {
    let server = working(version, engine).await;
    let message = message(PERSON);
    let mut body = json!({
        "session": "s",
        "chatId": PERSON,
        "text": message.text,
        "linkPreview": true,
        "linkPreviewHighQuality": false,
    });
    if has_id {
        body["id"] = json!(message.id);
    }
    Mock::given(method("POST"))
        .and(path("/api/sendText"))
        .and(body_json(&body))
        .respond_with(ResponseTemplate::new(201))
        .expect(1)
        .mount(&server)
        .await;
    let waha = client(&server.uri(), None);
    let sent = waha.send(&name("s"), &message).await.unwrap();
    assert_eq!(sent, Sent { id: None });
}

/// A version that cannot be read is no reason not to send.
#[tokio::test]
async fn a_waha_that_does_not_tell_its_version() {
    let server = MockServer::start().await;
    let working = json!({"name": "s", "status": "WORKING"});
    Mock::given(path("/api/sessions/s"))
        .respond_with(ResponseTemplate::new(200).set_body_json(working))
        .mount(&server)
        .await;
    Mock::given(path("/api/sendText"))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({"id": "true_1@c.us_3EB0"})))
        .expect(1)
        .mount(&server)
        .await;
    let unknown = ResponseTemplate::new(404).set_body_json(json!({"message": "Cannot GET"}));
    for at in ["/api/server/version", "/api/version"] {
        Mock::given(path(at))
            .respond_with(unknown.clone())
            .mount(&server)
            .await;
    }
    let waha = client(&server.uri(), None);
    let sent = waha.send(&name("s"), &message(PERSON)).await.unwrap();
    assert_eq!(sent.id.as_deref(), Some("3EB0"));
    let found = waha.find(&name("s"), &message(PERSON)).await.unwrap();
    assert_eq!(found, Found::CannotTell);
}

const PAGE: &str = "<!doctype html>";

#[rstest]
#[case::accepted(200, json!({"id": "true_1@c.us_3EB0"}), "Sent { id: Some(\"3EB0\") }")]
#[case::nothing_known(202, Value::Null, "Sent { id: None }")]
#[case::odd_body(201, json!([{"key": {"id": "3EB0"}}]), "Sent { id: None }")]
#[case::a_page(201, json!(PAGE), "Sent { id: None }")]
#[case::connecting(422, json!({"error": "x", "session": "s", "status": "STARTING", "expected": ["WORKING"]}), "Unavailable { reason: \"The connection to WhatsApp is being made")]
#[case::gone(422, json!({"error": "x", "session": "s"}), "Unavailable { reason: \"WhatsApp is not running")]
#[case::no_plus(422, json!({"message": "Plus only", "error": "Unprocessable Entity", "statusCode": 422}), "Unavailable { reason: \"The WhatsApp service takes no messages as it is")]
#[case::key(401, json!({"message": "Unauthorized", "statusCode": 401}), "Unavailable { reason: \"The WhatsApp service refuses our key")]
#[case::scope(403, json!({"message": "Forbidden resource", "statusCode": 403}), "Unavailable { reason: \"The WhatsApp service refuses our key")]
#[case::invalid(400, json!({"message": ["text is too long"], "error": "Bad Request", "statusCode": 400}), "Refused {")]
#[case::not_from_waha(400, json!(PAGE), "Unavailable {")]
#[case::unknown_session(404, json!({"message": "Session not found", "statusCode": 404}), "Unavailable { reason: \"WhatsApp is not running")]
#[case::elsewhere(404, json!(PAGE), "Unavailable {")]
#[case::moved(307, Value::Null, "Unavailable {")]
#[case::too_many(429, json!(PAGE), "Unavailable {")]
#[case::cannot(501, json!({"message": "no", "statusCode": 501}), "Unavailable {")]
#[case::nobody_there(503, json!(PAGE), "Unavailable { reason: \"The WhatsApp service cannot be reached")]
#[case::proxy(502, json!(PAGE), "Unknown {")]
#[case::proxy_gave_up(504, json!(PAGE), "Unknown {")]
#[case::cloud(524, json!(PAGE), "Unknown {")]
#[case::unclear(500, json!({"statusCode": 500, "exception": {"message": "Timed Out"}}), "Unknown {")]
#[case::empty(500, Value::Null, "Unknown {")]
#[case::rate(500, json!({"statusCode": 500, "exception": {"message": "rate-overlimit", "data": 429}}), "Unavailable { reason: \"WhatsApp takes no more")]
#[case::held(500, json!({"statusCode": 500, "exception": {"message": "2 UNKNOWN: server returned error 463"}}), "NewChatsHeld { until_ms: None }")]
#[tokio::test]
async fn single_answers(#[case] status: u16, #[case] body: Value, #[case] outcome: &str) {
    let answer = ResponseTemplate::new(status);
    let answer = match &body {
        Value::Null => answer,
        Value::String(page) => answer.set_body_raw(page.clone(), "text/html"),
        body => answer.set_body_json(body),
    };
    let shown = match sent(answer).await {
        Ok(sent) => format!("{sent:?}"),
        Err(error) => format!("{error:?}"),
    };
    assert!(shown.starts_with(outcome), "{shown}");
}

#[rstest]
#[case::found(200, json!({"id": format!("true_{PERSON}_3EB0A1B2C3D4E5F60718AB"), "fromMe": true, "ack": 0}), "Sent")]
#[case::no_ack(200, json!({"id": {"_serialized": format!("true_{PERSON}_3EB0A1B2C3D4E5F60718AB")}}), "Sent")]
#[case::refused(200, json!({"id": format!("true_{PERSON}_3EB0A1B2C3D4E5F60718AB"), "ack": -1}), "CannotTell")]
#[case::another(200, json!({"id": format!("true_{PERSON}_3EB0A1B2C3D4E5F60718AC"), "ack": 3}), "CannotTell")]
#[case::none(200, Value::Null, "CannotTell")]
#[case::nonsense(200, json!([1]), "CannotTell")]
#[case::no_store(400, json!({"message": "Enable NOWEB store", "statusCode": 400}), "CannotTell")]
#[case::unknown(404, json!({"message": "Not Found", "statusCode": 404}), "CannotTell")]
#[case::failed(500, json!({"statusCode": 500, "exception": {"message": "no rows"}}), "CannotTell")]
#[case::cannot(501, json!({"message": "no", "statusCode": 501}), "CannotTell")]
#[case::not_now(422, json!({"error": "x", "session": "s", "status": "STARTING", "expected": ["WORKING"]}), "NotReady")]
#[case::key(403, json!({"message": "Forbidden", "statusCode": 403}), "Unauthorized")]
#[case::proxy(502, Value::Null, "Unreachable")]
#[tokio::test]
async fn single_answers_to_the_search(
    #[case] status: u16,
    #[case] body: Value,
    #[case] outcome: &str,
) {
    let server = working("2026.8.2", "NOWEB").await;
    let message = message(PERSON);
    let full = format!("true_{PERSON}_{}", message.id);
    let answer = ResponseTemplate::new(status);
    let answer = match body {
        Value::Null => answer,
        body => answer.set_body_json(body),
    };
    Mock::given(method("GET"))
        .and(path(format!("/api/s/chats/{PERSON}/messages/{full}")))
        .and(query_param("downloadMedia", "false"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    let waha = client(&server.uri(), None);
    let shown = match waha.find(&name("s"), &message).await {
        Ok(found) => format!("{found:?}"),
        Err(error) => format!("{error:?}"),
    };
    assert!(shown.starts_with(outcome), "{shown}");
}

/// A server that says with `answer` what it makes of a message, byte by byte, and counts them.
/// Its connections last, but for those on which a message comes after something else: these are
/// closed, as WAHA closes an idle one.
async fn server(answer: &'static str) -> (Waha, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let posts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&posts);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(serve(connection, answer, Arc::clone(&counted)));
        }
    });
    (client(&url, None), posts)
}

async fn serve(mut connection: TcpStream, answer: &str, posts: Arc<AtomicUsize>) {
    let mut is_first = true;
    while let Some(request) = request(&mut connection).await {
        if request.starts_with("POST /api/sendText ") {
            posts.fetch_add(1, Ordering::SeqCst);
            if is_first {
                connection.write_all(answer.as_bytes()).await.unwrap();
            }
            return;
        }
        is_first = false;
        connection.write_all(GOOD.as_bytes()).await.unwrap();
    }
}

const GOOD: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 31\r\n\r\n{\"name\":\"s\",\"status\":\"WORKING\"}";

/// The head and whatever has come with it; `None` when the other side is gone.
async fn request(connection: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    while !text.windows(4).any(|end| end == b"\r\n\r\n") {
        if connection.read_buf(&mut text).await.ok()? == 0 {
            return None;
        }
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[rstest]
#[case::nothing("", "Unknown")]
#[case::half_a_status("HTTP/1.1 2", "Unknown")]
#[case::no_http("what?\r\n\r\n", "Unknown")]
#[case::half_a_failure(
    "HTTP/1.1 500 x\r\ncontent-length: 90\r\n\r\n{\"exception\":{\"mess",
    "Unknown"
)]
#[case::half_a_success("HTTP/1.1 201 x\r\ncontent-length: 90\r\n\r\n{\"id\":\"true", "Sent")]
#[case::success("HTTP/1.1 201 x\r\ncontent-length: 2\r\n\r\n{}", "Sent")]
#[tokio::test]
async fn a_connection_that_breaks_is_not_tried_again(
    #[case] answer: &'static str,
    #[case] outcome: &str,
) {
    let (waha, posts) = server(answer).await;
    for round in 1..=3 {
        let sent = waha.send(&name("s"), &message(PERSON)).await;
        let shown = match sent {
            Ok(sent) => format!("{sent:?}"),
            Err(error) => format!("{error:?}"),
        };
        assert!(shown.starts_with(outcome), "{shown}");
        assert_eq!(posts.load(Ordering::SeqCst), round);
    }
}

/// Between the look and the message WAHA goes away: nothing was sent.
#[tokio::test]
async fn a_message_that_meets_nobody_can_be_sent_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        let (mut one, _) = listener.accept().await.unwrap();
        let (mut two, _) = listener.accept().await.unwrap();
        for connection in [&mut one, &mut two] {
            request(connection).await.unwrap();
        }
        drop(listener);
        for connection in [&mut one, &mut two] {
            connection.write_all(GOOD.as_bytes()).await.unwrap();
        }
        (one, two)
    });
    let waha = client(&url, None);
    let error = waha.send(&name("s"), &message(PERSON)).await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error:?}");
    drop(serving.await.unwrap());
}

/// Receipts in groups have had a name of their own only since 2025.12.2, and a WAHA that does not
/// know it refuses the whole list.
#[tokio::test]
async fn a_waha_of_2025_is_asked_for_what_it_has() {
    let server = MockServer::start().await;
    let status = ResponseTemplate::new(404).set_body_json(json!({"message": "Session not found"}));
    Mock::given(path("/api/sessions/s"))
        .respond_with(status)
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/api/sessions"))
        .respond_with(|request: &wiremock::Request| {
            let body: Value = request.body_json().unwrap();
            let events = &body["config"]["webhooks"][0]["events"];
            if events.to_string().contains("message.ack.group") {
                let refusal = json!({"message": ["each value in events"], "statusCode": 400});
                return ResponseTemplate::new(400).set_body_json(refusal);
            }
            let expected = json!([
                "session.status",
                "group.v2.join",
                "group.v2.leave",
                "group.v2.update",
                "group.v2.participants",
                "message",
                "message.ack"
            ]);
            let status = if *events == expected { 201 } else { 500 };
            ResponseTemplate::new(status).set_body_json(json!({}))
        })
        .expect(2)
        .mount(&server)
        .await;
    let webhook = Webhook {
        url: "http://127.0.0.1:9/api/webhook/s3cret-1".parse().unwrap(),
        key: "k".into(),
    };
    let config = WahaConfig {
        base_url: server.uri().parse().unwrap(),
        api_key: None,
        webhook: Some(webhook),
        timeouts: Timeouts {
            lifecycle: PATIENCE,
            ..Timeouts::default()
        },
    };
    let waha = Waha::new(config).unwrap();
    waha.start(&name("s")).await.unwrap();

    // And what it posts is heard.
    let mut events = waha.events();
    let payload = json!({"id": "true_1-2@g.us_3EB0A1_3@c.us", "fromMe": true, "ack": 2});
    let posted = json!({"event": "message.ack", "session": "s", "payload": payload});
    assert!(waha.deliver(None, posted.to_string().as_bytes()));
    let id = "3EB0A1".to_owned();
    let ack = Ack::Delivered;
    let heard = events.try_recv().unwrap();
    assert_eq!(heard.changed, Changed::Receipt { id, ack });
}

/// The error of an answer that is not even looked at for a message.
#[tokio::test]
async fn a_search_with_another_version_fails_as_a_look_does() {
    let server = MockServer::start().await;
    Mock::given(path("/api/server/version"))
        .respond_with(ResponseTemplate::new(401).set_body_json(json!({"message": "Unauthorized"})))
        .mount(&server)
        .await;
    let waha = client(&server.uri(), None);
    let error = waha.find(&name("s"), &message(PERSON)).await.unwrap_err();
    assert!(
        matches!(error, GatewayError::Unauthorized { .. }),
        "{error}"
    );
}
