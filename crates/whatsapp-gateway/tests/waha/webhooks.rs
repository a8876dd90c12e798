//! Sessions carry our webhook, and what comes by it is heard if it is WAHA's.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, Status};
use whatsapp_gateway::{
    Changed, Gateway,
    waha::{InvalidConfig, Timeouts, Waha, WahaConfig, Webhook},
};

use crate::{PATIENCE, acts, hear, linked, name, reach};

const KEY: &str = "my-secret-key";
const BODY: &[u8] =
    br#"{"event":"session.status","session":"herald-1","payload":{"status":"WORKING"}}"#;

fn config(url: &str, hook: &str, key: &str) -> WahaConfig {
    WahaConfig {
        base_url: url.parse().unwrap(),
        api_key: None,
        webhook: Some(Webhook {
            url: hook.parse().unwrap(),
            key: key.into(),
        }),
        timeouts: Timeouts {
            lifecycle: PATIENCE,
            data: PATIENCE,
            send: PATIENCE,
            quick: PATIENCE,
            silence: PATIENCE,
        },
    }
}

/// The address that a session of the stand-in has of us, and one of an earlier start.
const HOOK: &str = "http://127.0.0.1:9/api/webhook/s3cret-1";
const STALE: &str = "https://herald.example.org/api/webhook/s3cret-0";

async fn pair(engine: Engine, behaviour: Behaviour) -> (StandIn, Waha) {
    let stand_in = StandIn::start(Profile::new(engine, behaviour))
        .await
        .unwrap();
    let waha = Waha::new(config(&stand_in.url(), HOOK, KEY)).unwrap();
    (stand_in, waha)
}

/// What was posted, and whether it was taken.
pub(crate) type Posted = (HeaderMap, Bytes, bool);

/// An engine whose webhook leads to it.
pub(crate) async fn receiver(
    stand_in: &StandIn,
    key: &str,
) -> (Arc<Waha>, UnboundedReceiver<Posted>) {
    async fn take(
        State((waha, posted)): State<(Arc<Waha>, UnboundedSender<Posted>)>,
        headers: HeaderMap,
        body: Bytes,
    ) -> StatusCode {
        let signature = headers
            .get("x-webhook-hmac")
            .map(|hmac| hmac.to_str().unwrap());
        let taken = waha.deliver(signature, &body);
        // The test may have seen enough.
        let _ = posted.send((headers, body, taken));
        if taken {
            StatusCode::NO_CONTENT
        } else {
            StatusCode::UNAUTHORIZED
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook = format!(
        "http://{}/api/webhook/s3cret-1",
        listener.local_addr().unwrap()
    );
    let waha = Arc::new(Waha::new(config(&stand_in.url(), &hook, key)).unwrap());
    let (sender, posted) = unbounded_channel();
    let router = Router::new()
        .route("/api/webhook/s3cret-1", post(take))
        .with_state((Arc::clone(&waha), sender));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (waha, posted)
}

#[rstest]
#[tokio::test]
async fn what_happens_is_posted_and_heard(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let stand_in = StandIn::start(Profile::new(engine, behaviour))
        .await
        .unwrap();
    let (waha, mut posted) = receiver(&stand_in, KEY).await;
    let mut events = waha.events();
    let listening = tokio::spawn({
        let waha = Arc::clone(&waha);
        async move { waha.listen().await }
    });
    let session = linked(&stand_in, &waha).await;
    hear(&mut events, &session, Changed::Status).await;

    assert!(stand_in.join_group(session.as_str(), "1-2@g.us", "Reading"));
    hear(&mut events, &session, Changed::Groups).await;
    assert!(stand_in.leave_group(session.as_str(), "1-2@g.us"));
    hear(&mut events, &session, Changed::Groups).await;

    // With a webhook there is no need of a web socket.
    assert!(!stand_in.calls().contains(&"GET /ws".to_owned()));
    listening.abort();

    while let Ok((headers, body, taken)) = posted.try_recv() {
        assert!(taken);
        // Before 2024.11 the free WAHA signs nothing.
        let is_signed = headers.contains_key("x-webhook-hmac");
        assert_eq!(is_signed, behaviour > Behaviour::Core202410);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["session"], session.as_str());
    }
}

#[rstest]
#[case(Behaviour::Core202410, &["session.status", "group.join", "group.leave", "message", "message.ack"])]
#[case(Behaviour::Core202602, &["session.status", "group.v2.join", "group.v2.leave", "group.v2.update", "group.v2.participants", "message", "message.ack", "message.ack.group"])]
#[case(Behaviour::Current, &["session.status", "group.v2.join", "group.v2.leave", "group.v2.update", "group.v2.participants", "message", "message.ack", "message.ack.group"])]
#[tokio::test]
async fn what_is_asked_for_depends_on_the_release(
    #[case] behaviour: Behaviour,
    #[case] events: &[&str],
    #[values(true, false)] is_new: bool,
) {
    let (stand_in, waha) = pair(Engine::Noweb, behaviour).await;
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    if is_new {
        waha.logout(&session).await.unwrap();
    } else {
        stand_in.create(session.as_str(), None);
    }
    waha.start(&session).await.unwrap();
    let config = stand_in.config(session.as_str()).unwrap();
    assert_eq!(config["noweb"]["store"]["enabled"], true);
    let expected = json!([{
        "url": HOOK,
        "events": events,
        "hmac": {"key": KEY},
        "retries": {"policy": "constant", "delaySeconds": 2, "attempts": 15},
    }]);
    assert_eq!(config["webhooks"], expected);
}

/// Also with one of ours from before Herald was configured anew.
#[rstest]
#[tokio::test]
async fn what_others_have_configured_is_kept(
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(Engine::Webjs, behaviour).await;
    let other = json!({"url": "http://n8n:5678/webhook/1", "events": ["message"], "hmac": null});
    let stale = json!({"url": STALE, "events": ["session.status"], "hmac": {"key": "old"}});
    let webhooks = json!([stale, other]);
    stand_in.create(
        "default",
        Some(json!({"debug": true, "webhooks": webhooks})),
    );
    let session = name("default");

    waha.start(&session).await.unwrap();
    let config = stand_in.config("default").unwrap();
    assert_eq!(
        (&config["debug"], &config["webhooks"][0]),
        (&json!(true), &other)
    );
    assert_eq!(config["webhooks"][1]["url"], HOOK);
    assert_eq!(config["webhooks"].as_array().unwrap().len(), 2);

    // Once it is as it should be, it is let be.
    reach(&stand_in, &session, Status::ScanQrCode).await;
    stand_in.stop("default");
    let before = acts(&stand_in).len();
    waha.start(&session).await.unwrap();
    assert_eq!(
        acts(&stand_in)[before..],
        ["POST /api/sessions/default/start"]
    );
}

/// A change of the configuration restarts a session: one that works is not cut off for it.
#[rstest]
#[case::restarted(false)]
#[case::failed(true)]
#[tokio::test]
async fn a_running_session_is_given_it_when_it_restarts(#[case] fails: bool) {
    let stand_in = StandIn::start(Profile::new(Engine::Gows, Behaviour::Current))
        .await
        .unwrap();
    let session = linked(&stand_in, &crate::client(&stand_in.url(), None)).await;
    let waha = Waha::new(config(&stand_in.url(), HOOK, KEY)).unwrap();
    let hooks = || stand_in.config(session.as_str()).unwrap()["webhooks"].clone();

    let before = acts(&stand_in);
    waha.start(&session).await.unwrap();
    assert_eq!((acts(&stand_in), hooks()), (before, Value::Null));

    if fails {
        stand_in.fail(session.as_str());
        waha.start(&session).await.unwrap();
    } else {
        waha.restart(&session).await.unwrap();
    }
    assert_eq!(hooks()[0]["url"], HOOK);
    reach(&stand_in, &session, Status::Working).await;
    assert!(stand_in.is_paired(session.as_str()));

    // A second restart has nothing to change.
    let before = acts(&stand_in).len();
    waha.restart(&session).await.unwrap();
    assert_eq!(
        acts(&stand_in)[before..],
        [format!("POST /api/sessions/{session}/restart")]
    );
}

#[rstest]
#[case::unknown(None)]
#[case::stopped(Some(json!({})))]
#[tokio::test]
async fn a_restart_starts_what_does_not_run(#[case] session: Option<Value>) {
    let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
    if session.is_some() {
        stand_in.create("herald-1", session);
    }
    let session = name("herald-1");
    waha.restart(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    assert_eq!(
        stand_in.config("herald-1").unwrap()["webhooks"][0]["url"],
        HOOK
    );
}

/// Better no hints than no session.
#[rstest]
#[tokio::test]
async fn a_waha_that_takes_no_webhook_runs_the_session_without(
    #[values(true, false)] is_new: bool,
) {
    let server = wiremock::MockServer::start().await;
    let on = |method: &str, path: &str| {
        wiremock::Mock::given(wiremock::matchers::method(method))
            .and(wiremock::matchers::path(path))
    };
    let answer =
        |status: u16, body: Value| wiremock::ResponseTemplate::new(status).set_body_json(body);
    let found = if is_new {
        answer(
            404,
            json!({"message": "Session not found", "statusCode": 404}),
        )
    } else {
        answer(200, json!({"status": "STOPPED", "config": null}))
    };
    on("GET", "/api/sessions/s")
        .respond_with(found)
        .mount(&server)
        .await;
    let (method, path) = if is_new {
        ("POST", "/api/sessions")
    } else {
        ("PUT", "/api/sessions/s")
    };
    let refusal = answer(
        400,
        json!({"message": ["url must be a URL"], "statusCode": 400}),
    );
    on(method, path)
        .respond_with(refusal)
        .up_to_n_times(4)
        .expect(4)
        .mount(&server)
        .await;
    on(method, path)
        .respond_with(answer(201, json!({})))
        .expect(1)
        .mount(&server)
        .await;
    let started = u64::from(!is_new);
    on("POST", "/api/sessions/s/start")
        .respond_with(answer(201, json!({})))
        .expect(started)
        .mount(&server)
        .await;
    let waha = Waha::new(config(&server.uri(), HOOK, KEY)).unwrap();
    waha.start(&name("s")).await.unwrap();
}

#[tokio::test]
async fn what_is_signed_with_another_key_is_refused_and_comes_again() {
    let stand_in = StandIn::start(Profile::new(Engine::Noweb, Behaviour::Current))
        .await
        .unwrap();
    let (waha, mut posted) = receiver(&stand_in, KEY).await;
    let mut events = waha.events();
    let session = name("herald-1");
    let hook = waha_hook(&stand_in, &waha, &session).await;
    // Somebody else has changed the key.
    stand_in.create(
        "other",
        Some(json!({"webhooks": [hook_with_key(hook, "not the key")]})),
    );
    let other = name("other");
    crate::client(&stand_in.url(), None)
        .start(&other)
        .await
        .unwrap();

    let mut first = None;
    let coming_again = async {
        loop {
            let (headers, body, taken) = posted.recv().await.unwrap();
            let is_others = serde_json::from_slice::<Value>(&body).unwrap()["session"] == "other";
            assert_eq!(taken, !is_others);
            if is_others {
                let id = headers["x-webhook-request-id"].clone();
                let delivery = (id, headers["x-webhook-hmac"].clone(), body);
                match &first {
                    Some(first) if *first == delivery => return,
                    Some(_) => {}
                    None => first = Some(delivery),
                }
            }
        }
    };
    timeout(PATIENCE, coming_again).await.unwrap();
    while let Ok(event) = events.try_recv() {
        assert_eq!(event.session, session);
    }
}

/// Starts the session and takes the webhook that it was given.
async fn waha_hook(
    stand_in: &StandIn,
    waha: &Waha,
    session: &whatsapp_gateway::SessionName,
) -> Value {
    waha.start(session).await.unwrap();
    stand_in.config(session.as_str()).unwrap()["webhooks"][0].clone()
}

fn hook_with_key(mut hook: Value, key: &str) -> Value {
    hook["hmac"]["key"] = json!(key);
    hook
}

/// Of the body above, by the key above.
const SIGNATURE: &str = "2f5681d4ad7f247eeb58028727e94f76b59d125b182e65f3859d834b4dc84e9e8bce227a99f139a944963a194798b3fdad31fd6317cb4cfe499a71889cddd32e";

#[rstest]
#[case::right(Some(SIGNATURE), BODY, true)]
#[case::none(None, BODY, true)]
#[case::none_of_ours(None, br#"{"event":"message","session":"herald-1"}"#, false)]
#[tokio::test]
async fn what_is_delivered_is_heard(
    #[case] signature: Option<&str>,
    #[case] body: &[u8],
    #[case] is_heard: bool,
) {
    let waha = Waha::new(config("http://127.0.0.1:9", HOOK, KEY)).unwrap();
    let mut events = waha.events();
    // Twice is no harm.
    for _ in 0..2 {
        assert!(waha.deliver(signature, body));
        let heard = events
            .try_recv()
            .ok()
            .map(|event| (event.session, event.changed));
        assert_eq!(heard, is_heard.then(|| (name("herald-1"), Changed::Status)));
    }
}

#[tokio::test]
async fn what_is_not_wahas_is_refused() {
    let waha = Waha::new(config("http://127.0.0.1:9", HOOK, KEY)).unwrap();
    let mut events = waha.events();
    let mut long = BODY.to_vec();
    long.resize(1024 * 1024 + 1, b' ');
    let wrong = SIGNATURE.replace('0', "1");
    let refused: [(Option<&str>, &[u8]); 8] = [
        (Some(&wrong), BODY),
        (Some(""), BODY),
        (Some("sha512"), BODY),
        (Some(SIGNATURE), &BODY[..BODY.len() - 1]),
        (None, &BODY[..BODY.len() - 1]),
        (None, b""),
        (None, b"\xff\xfe"),
        (None, &long),
    ];
    for (signature, body) in refused {
        assert!(!waha.deliver(signature, body), "{signature:?}");
    }
    assert!(events.try_recv().is_err());

    let without = crate::client("http://127.0.0.1:9", None);
    assert!(!without.deliver(Some(SIGNATURE), BODY));
}

#[rstest]
#[case("ftp://127.0.0.1/api/webhook/s3cret")]
#[case("http://127.0.0.1/api/webhook/")]
#[case("http://127.0.0.1")]
#[test]
fn an_address_that_cannot_be(#[case] hook: &str) {
    let error = Waha::new(config("http://127.0.0.1:9", hook, KEY)).unwrap_err();
    assert!(matches!(error, InvalidConfig::Webhook), "{error}");
}

#[test]
fn neither_address_nor_key_is_shown() {
    let config = config("http://127.0.0.1:9", HOOK, KEY);
    let shown = format!("{config:?} {:?}", Waha::new(config.clone()).unwrap());
    assert!(!shown.contains("s3cret") && !shown.contains(KEY), "{shown}");
}
