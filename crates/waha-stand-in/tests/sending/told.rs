//! What the stand-in says of messages, by webhook.

use std::time::Duration;

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use hmac::{Hmac, KeyInit, Mac};
use rstest::rstest;
use serde_json::{Value, json};
use sha2::Sha512;
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};
use waha_stand_in::{Behaviour, Engine, SendFault};

use crate::{Bench, GROUP, PATIENCE, PERSON};

/// An address, and what is posted there.
async fn receiver() -> (String, Posted) {
    let (sender, posted) = unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let take = async move |headers: HeaderMap, body: Bytes| {
        // The test may have seen enough.
        let _ = sender.send((headers, body));
    };
    let router = Router::new().route("/hook", post(take));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, posted)
}

pub(crate) type Posted = UnboundedReceiver<(HeaderMap, Bytes)>;

/// The next deliveries, whose signatures are right where there are any, by name and ack.
pub(crate) async fn deliveries(posted: &mut Posted, count: usize) -> Vec<(String, Value)> {
    let mut deliveries = Vec::new();
    for _ in 0..count {
        let (headers, body) = timeout(PATIENCE, posted.recv()).await.unwrap().unwrap();
        if let Some(signature) = headers.get("x-webhook-hmac") {
            let mut mac = Hmac::<Sha512>::new_from_slice(b"the key").unwrap();
            mac.update(&body);
            let expected = hex::encode(mac.finalize().into_bytes());
            assert_eq!(signature.to_str().unwrap(), expected);
        }
        let envelope: Value = serde_json::from_slice(&body).unwrap();
        let event = envelope["event"].as_str().unwrap().to_owned();
        deliveries.push((event, envelope));
    }
    deliveries
        .sort_by_key(|(event, envelope)| (event.clone(), envelope["payload"]["ack"].as_i64()));
    deliveries
}

pub(crate) async fn with_webhook(engine: Engine, behaviour: Behaviour) -> (Bench, Posted) {
    let (url, posted) = receiver().await;
    let mut events = vec!["message", "message.any", "message.ack"];
    if behaviour > Behaviour::Core202410 {
        events.push("message.ack.group");
    }
    let hook = json!({"url": url, "events": events, "hmac": {"key": "the key"}});
    let config = json!({"webhooks": [hook]});
    (Bench::working(engine, behaviour, config).await, posted)
}

#[rstest]
#[tokio::test]
async fn a_message_is_told_of_and_receipted(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(PERSON, GROUP)] chat: &str,
) {
    let (bench, mut posted) = with_webhook(engine, behaviour).await;
    bench.send_to(chat).await;
    let receipts: &[&str] = match (engine, behaviour) {
        _ if chat == PERSON => &["message.ack"],
        (Engine::Webjs, _) => &[],
        (_, Behaviour::Core202410) => &["message.ack"],
        (Engine::Noweb, _) => &["message.ack", "message.ack.group"],
        _ => &["message.ack.group"],
    };
    let mut expected = Vec::new();
    for event in receipts {
        expected.extend([1, 2, 3].map(|ack| ((*event).to_owned(), ack)));
    }
    expected.push(("message.any".to_owned(), 1));

    let told = deliveries(&mut posted, expected.len()).await;
    let id = bench.stand_in.sent()[0].id.clone();
    let mut heard = Vec::new();
    for (event, envelope) in told {
        let payload = &envelope["payload"];
        let full = payload["id"].as_str().unwrap();
        assert!(full.starts_with(&format!("true_{chat}_{id}")), "{full}");
        assert_eq!(
            (&payload["fromMe"], &payload["to"]),
            (&json!(true), &json!(chat))
        );
        heard.push((event, payload["ack"].as_i64().unwrap()));
    }
    assert_eq!(heard, expected);
}

#[rstest]
#[case(Behaviour::Core202410)]
#[case(Behaviour::Current)]
#[tokio::test]
async fn a_message_that_comes_in_is_told_of_twice(#[case] behaviour: Behaviour) {
    let (bench, mut posted) = with_webhook(Engine::Noweb, behaviour).await;
    for chat in [PERSON, GROUP] {
        assert!(bench.stand_in.say("default", chat, "STOP"));
        let told = deliveries(&mut posted, 2).await;
        let [(message, one), (any, other)] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((message.as_str(), any.as_str()), ("message", "message.any"));
        assert_eq!(one["payload"], other["payload"]);
        // De-duplicating by the id alone would lose one of them.
        assert_eq!(one["id"], other["id"]);
        assert_eq!(one["id"].is_string(), behaviour == Behaviour::Current);
        let payload = &one["payload"];
        assert_eq!(
            (&payload["from"], &payload["fromMe"]),
            (&json!(chat), &json!(false))
        );
        assert_eq!(payload["body"], "STOP");
        assert_eq!(payload.get("participant").is_some(), chat == GROUP);
    }
    bench.stand_in.stop("default");
    assert!(!bench.stand_in.say("default", PERSON, "STOP"));
    assert!(!bench.stand_in.say("other", PERSON, "STOP"));
}

#[rstest]
#[case::held(SendFault::NewChatsHeld, 500, 0, 0)]
#[case::fails(SendFault::Fails("rate-overlimit".into()), 500, 0, 0)]
#[case::unclear(SendFault::Unclear, 500, 1, 3)]
#[case::empty(SendFault::EmptyAnswer, 201, 1, 3)]
#[case::never(SendFault::NeverReceipted, 201, 1, 0)]
#[case::refused(SendFault::RefusedByReceipt, 201, 1, 1)]
#[case::late(SendFault::LateAnswer(Duration::from_millis(30)), 201, 1, 3)]
#[tokio::test]
async fn faults(
    #[case] fault: SendFault,
    #[case] status: u16,
    #[case] taken: usize,
    #[case] receipts: usize,
) {
    let (bench, mut posted) = with_webhook(Engine::Gows, Behaviour::Current).await;
    bench.stand_in.send_fault(fault.clone());
    let (answered, body) = bench.send_to(PERSON).await;
    assert_eq!((answered, bench.stand_in.sent().len()), (status, taken));
    assert_eq!(body.is_none(), fault == SendFault::EmptyAnswer);
    let told = deliveries(&mut posted, taken + receipts).await;
    if fault == SendFault::RefusedByReceipt {
        assert_eq!(told[0].1["payload"]["ack"], -1);
    }

    bench.stand_in.send_fault(SendFault::None);
    assert_eq!(bench.send_to(PERSON).await.0, 201);
    let told = deliveries(&mut posted, 4).await;
    // Nothing is left over of the one before.
    assert_eq!(told[3].1["payload"]["body"], "Hello");
}
