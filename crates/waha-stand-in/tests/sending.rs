//! What the stand-in answers to a text, and how it lets its sender down.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]

#[path = "sending/told.rs"]
mod told;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::timeout;
use waha_stand_in::{Behaviour, Engine, Profile, SendFault, StandIn, Status, WaitScale};

use told::{deliveries, with_webhook};

const PATIENCE: Duration = Duration::from_secs(8);
const PERSON: &str = "12025550100@c.us";
const GROUP: &str = "120363025000000000@g.us";
const OWN_ID: &str = "3EB0A1B2C3D4E5F60718AB";

/// A stand-in and a client of it.
struct Bench {
    stand_in: StandIn,
    http: Client,
}

impl Bench {
    async fn new(engine: Engine, behaviour: Behaviour) -> Self {
        Self::with(Profile::new(engine, behaviour)).await
    }

    async fn with(profile: Profile) -> Self {
        // Installed already by another test of this process: just as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .tls_certs_only([])
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .unwrap();
        let stand_in = StandIn::start(profile).await.unwrap();
        Self { stand_in, http }
    }

    /// With a session `default` that is connected.
    async fn working(engine: Engine, behaviour: Behaviour, config: Value) -> Self {
        let bench = Self::new(engine, behaviour).await;
        bench.link(config).await;
        bench
    }

    async fn link(&self, config: Value) {
        self.stand_in.create("default", Some(config));
        self.start().await;
        self.stand_in.until("default", Status::ScanQrCode).await;
        assert!(self.stand_in.scan("default"));
        self.stand_in.until("default", Status::Working).await;
    }

    async fn start(&self) {
        let start = self.post("/api/sessions/default/start");
        assert_eq!(start.send().await.unwrap().status(), 201);
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.stand_in.url()))
    }

    async fn get(&self, path: &str) -> (u16, Option<Value>) {
        let url = format!("{}{path}", self.stand_in.url());
        read(self.http.get(url).send().await.unwrap()).await
    }

    async fn send(&self, body: Value) -> (u16, Option<Value>) {
        let request = self.post("/api/sendText").json(&body);
        read(request.send().await.unwrap()).await
    }

    async fn send_to(&self, chat: &str) -> (u16, Option<Value>) {
        self.send(text(chat)).await
    }
}

fn text(chat: &str) -> Value {
    json!({"session": "default", "chatId": chat, "text": "Hello", "id": OWN_ID})
}

/// Status and body; an empty body is `None`.
async fn read(response: Response) -> (u16, Option<Value>) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    let body = (!body.is_empty()).then(|| serde_json::from_slice(&body).unwrap());
    (status, body)
}

#[rstest]
#[tokio::test]
async fn each_engine_answers_in_its_shape(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(PERSON, GROUP)] chat: &str,
) {
    let bench = Bench::working(engine, behaviour, json!({})).await;
    let (status, body) = bench.send_to(chat).await;
    let (body, taken) = (body.unwrap(), bench.stand_in.sent());
    assert_eq!((status, taken.len()), (201, 1));
    let id = &taken[0].id;
    match engine {
        Engine::Webjs => {
            assert_eq!(body["id"]["_serialized"], format!("true_{chat}_{id}"));
            assert_eq!(body["body"], "Hello");
        }
        Engine::Noweb => {
            assert_eq!(body["key"]["id"], *id);
            let raw = chat.replace("@c.us", "@s.whatsapp.net");
            assert_eq!(body["key"]["remoteJid"], raw);
            assert!(body["messageTimestamp"].is_string());
            assert_eq!(body.get("participant").is_some(), chat == GROUP);
        }
        Engine::Gows => {
            let full = body["id"].as_str().unwrap();
            assert!(full.starts_with(&format!("true_{chat}_{id}")), "{full}");
            assert_eq!(full.matches('_').count(), 2 + usize::from(chat == GROUP));
        }
    }
    let takes_ids = behaviour == Behaviour::Current && engine != Engine::Webjs;
    assert_eq!(id == OWN_ID, takes_ids);
    assert!(id.starts_with("3EB0") && id.len() == 22, "{id}");
}

#[tokio::test]
async fn every_spelling_of_a_chat_is_taken() {
    let bench = Bench::working(Engine::Noweb, Behaviour::Core202602, json!({})).await;
    for chat in ["12025550100", "12025550100@s.whatsapp.net", PERSON, "7@lid"] {
        let (status, _) = bench.send_to(chat).await;
        assert_eq!(status, 201);
    }
    let empty = json!({"session": "default", "chatId": PERSON, "text": ""});
    assert_eq!(bench.send(empty).await.0, 201);
    let chats: Vec<_> = bench
        .stand_in
        .sent()
        .into_iter()
        .map(|sent| sent.chat)
        .collect();
    assert_eq!(chats, [PERSON, PERSON, PERSON, "7@lid", PERSON]);
}

#[rstest]
#[case(json!({"session": "default", "text": "Hello"}))]
#[case(json!({"session": "default", "chatId": PERSON}))]
#[case(json!({"session": "default", "chatId": 5, "text": "Hello"}))]
#[tokio::test]
async fn what_lacks_something_is_an_error_of_the_program(#[case] body: Value) {
    let bench = Bench::working(Engine::Noweb, Behaviour::Core202602, json!({})).await;
    let (status, answer) = bench.send(body.clone()).await;
    let answer = answer.unwrap();
    assert_eq!((status, &answer["statusCode"]), (500, &json!(500)));
    assert!(answer["exception"]["message"].is_string());
    // It sends back what it was given.
    assert_eq!(answer["request"]["body"], body);
    assert_eq!(bench.stand_in.sent(), []);
}

#[rstest]
#[case(Behaviour::Core202410, 422)]
#[case(Behaviour::Core202602, 400)]
#[case(Behaviour::Current, 400)]
#[tokio::test]
async fn without_a_session(#[case] behaviour: Behaviour, #[case] status: u16) {
    let bench = Bench::new(Engine::Gows, behaviour).await;
    let body = json!({"chatId": PERSON, "text": "Hello"});
    assert_eq!(bench.send(body).await.0, status);
    let broken = bench.post("/api/sendText").body("{").send().await.unwrap();
    assert_eq!(broken.status(), 400);
}

#[rstest]
#[case(Behaviour::Core202602)]
#[case(Behaviour::Current)]
#[tokio::test]
async fn a_session_that_is_not_ready_is_waited_for(#[case] behaviour: Behaviour) {
    let bench = Bench::working(Engine::Gows, behaviour, json!({})).await;
    bench.stand_in.stop("default");
    bench.stand_in.hold_starting(true);
    bench.start().await;

    let (status, body) = bench.send_to(PERSON).await;
    let body = body.unwrap();
    assert_eq!((status, &body["expected"]), (422, &json!(["WORKING"])));
    assert_eq!(body["status"], "STARTING");
    assert_eq!(bench.stand_in.sent(), []);

    let (sent, ()) = tokio::join!(bench.send_to(PERSON), async {
        bench.stand_in.hold_starting(false);
    });
    assert_eq!((sent.0, bench.stand_in.sent().len()), (201, 1));
}

/// What makes a time-out unclear: WAHA does not stop when its caller goes.
#[tokio::test]
async fn a_message_that_waits_goes_out_when_its_caller_has_gone() {
    // It waits for two seconds.
    let profile = Profile {
        waits: WaitScale::new(0.2),
        ..Profile::new(Engine::Gows, Behaviour::Current)
    };
    let bench = Bench::with(profile).await;
    bench.link(json!({})).await;
    bench.stand_in.stop("default");
    bench.stand_in.hold_starting(true);
    bench.start().await;
    let impatient = bench.post("/api/sendText").json(&text(PERSON));
    let error = impatient.timeout(Duration::from_millis(250)).send().await;
    assert!(error.unwrap_err().is_timeout());
    assert_eq!(bench.stand_in.sent(), []);

    bench.stand_in.hold_starting(false);
    timeout(PATIENCE, bench.stand_in.until_sent(1))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_connection_is_cut_after_the_message_was_taken() {
    let bench = Bench::working(Engine::Webjs, Behaviour::Current, json!({})).await;
    bench.stand_in.send_fault(SendFault::CutOff);
    let error = bench.post("/api/sendText").json(&text(PERSON)).send().await;
    let error = error.unwrap_err();
    assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    assert_eq!(bench.stand_in.sent().len(), 1);
}

#[rstest]
#[case(Engine::Webjs, Behaviour::Core202602, 500)]
#[case(Engine::Gows, Behaviour::Current, 500)]
#[case(Engine::Noweb, Behaviour::Current, 201)]
#[case(Engine::Gows, Behaviour::Core202410, 201)]
#[tokio::test]
async fn who_has_no_whatsapp(
    #[case] engine: Engine,
    #[case] behaviour: Behaviour,
    #[case] status: u16,
) {
    // WEBJS alone tells who that is.
    let all = Bench::working(Engine::Webjs, Behaviour::Current, json!({})).await;
    let (_, people) = all.get("/api/contacts/all?session=default").await;
    let people = people.unwrap();
    let is_nobody = |person: &&Value| person["isWAContact"] == false && person["isGroup"] == false;
    let nobody = people.as_array().unwrap().iter().find(is_nobody).unwrap();

    let bench = Bench::working(engine, behaviour, json!({})).await;
    let (answered, body) = bench.send_to(nobody["id"].as_str().unwrap()).await;
    assert_eq!(answered, status);
    let said = body.unwrap().to_string();
    assert_eq!(said.contains("LID"), status == 500, "{said}");
    assert_eq!(bench.stand_in.sent().len(), usize::from(status == 201));
}

#[rstest]
#[case(Engine::Noweb, Behaviour::Current, true, 200)]
#[case(Engine::Noweb, Behaviour::Core202602, true, 200)]
#[case(Engine::Noweb, Behaviour::Current, false, 400)]
#[case(Engine::Noweb, Behaviour::Core202410, true, 404)]
#[case(Engine::Gows, Behaviour::Current, false, 500)]
#[case(Engine::Webjs, Behaviour::Current, false, 200)]
#[tokio::test]
async fn a_message_by_its_id(
    #[case] engine: Engine,
    #[case] behaviour: Behaviour,
    #[case] has_store: bool,
    #[case] when_unknown: u16,
) {
    let config = json!({"noweb": {"store": {"enabled": has_store}}});
    let bench = Bench::working(engine, behaviour, config).await;
    let path = |chat: &str, id: &str| format!("/api/default/chats/{chat}/messages/{id}");
    let (status, body) = bench.get(&path(PERSON, "true_1@c.us_3EB0")).await;
    assert_eq!(status, when_unknown);
    assert_eq!(body.is_none(), status == 200);

    bench.send_to(PERSON).await;
    let id = bench.stand_in.sent()[0].id.clone();
    let knows = !matches!(when_unknown, 400 | 404);
    for form in [format!("true_{PERSON}_{id}"), id.clone()] {
        let (status, body) = bench.get(&path(PERSON, &form)).await;
        assert_eq!(status, if knows { 200 } else { when_unknown });
        let body = body.unwrap();
        let found = body["id"] == format!("true_{PERSON}_{id}") && body["fromMe"] == true;
        assert_eq!(found, knows, "{body}");
    }
    let (_, elsewhere) = bench.get(&path(GROUP, &id)).await;
    assert!(elsewhere.is_none_or(|body| body["body"].is_null()));
}

#[rstest]
#[case(Behaviour::Core202602, false)]
#[case(Behaviour::Current, true)]
#[tokio::test]
async fn the_lock_of_new_chats(#[case] behaviour: Behaviour, #[case] tells: bool) {
    let bench = Bench::working(Engine::Gows, behaviour, json!({})).await;
    let me = async || bench.get("/api/sessions/default").await.1.unwrap()["me"].clone();
    assert_eq!(me().await.get("reachoutTimelock").is_some(), tells);
    bench.stand_in.set_timelock(Some(1_795_375_690));
    let lock = me().await["reachoutTimelock"].clone();
    let expected = json!({"enforcementType": "DEFAULT", "isActive": true, "timeEnforcementEnds": 1_795_375_690});
    assert_eq!(lock == expected, tells);
    bench.stand_in.set_timelock(None);
    assert!(me().await["reachoutTimelock"].is_null());
}

#[tokio::test]
async fn the_hooks_over_http() {
    let (bench, mut posted) = with_webhook(Engine::Gows, Behaviour::Current).await;
    let hook = async |path: &str| {
        let response = bench.post(&format!("/stand-in/{path}")).send().await;
        read(response.unwrap()).await.1.unwrap()["done"] == true
    };
    assert!(hook("send-fault/fails?words=rate-overlimit").await);
    let (status, body) = bench.send_to(PERSON).await;
    assert_eq!(status, 500);
    assert_eq!(body.unwrap()["exception"]["message"], "rate-overlimit");
    for (fault, status) in [
        ("new-chats-held", 500),
        ("unclear", 500),
        ("empty-answer", 201),
        ("never-receipted", 201),
        ("refused-by-receipt", 201),
        ("late-answer?ms=1", 201),
        ("none", 201),
    ] {
        assert!(hook(&format!("send-fault/{fault}")).await);
        assert_eq!(bench.send_to(PERSON).await.0, status, "{fault}");
    }
    assert!(!hook("send-fault/other").await);
    let (_, sent) = bench.get("/stand-in/sent").await;
    let sent = sent.unwrap();
    assert_eq!(sent.as_array().unwrap().len(), 6);
    assert_eq!(
        (&sent[0]["chat"], &sent[0]["text"]),
        (&json!(PERSON), &json!("Hello"))
    );
    // Six messages, of which four were receipted three times and one refused.
    deliveries(&mut posted, 6 + 4 * 3 + 1).await;

    assert!(hook(&format!("sessions/default/say?from={PERSON}&text=STOP")).await);
    let told = deliveries(&mut posted, 2).await;
    assert_eq!(told[0].1["payload"]["body"], "STOP");
    assert!(hook("timelock/1795375690").await && !hook("timelock/soon").await);
    let (_, session) = bench.get("/api/sessions/default").await;
    assert_eq!(session.unwrap()["me"]["reachoutTimelock"]["isActive"], true);
    assert!(hook("timelock/lifted").await);
}
