//! What the stand-in answers on the wire, where clients are known to trip; and its hooks over
//! HTTP, as the program serves them.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use reqwest::{Client, RequestBuilder, Response};
use rstest::rstest;
use serde_json::{Value, json};
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, Status, WaitScale};

fn http() -> Client {
    // Installed already by another test of this process: just as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

/// Status and body; an empty body is `None`.
async fn sent(request: RequestBuilder) -> (u16, Option<Value>) {
    read(request.send().await.unwrap()).await
}

async fn read(response: Response) -> (u16, Option<Value>) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (
        status,
        (!body.is_empty()).then(|| serde_json::from_slice(&body).unwrap()),
    )
}

async fn with(engine: Engine, behaviour: Behaviour) -> (StandIn, Client, String) {
    let stand_in = StandIn::start(Profile::new(engine, behaviour))
        .await
        .unwrap();
    let api = format!("{}/api", stand_in.url());
    (stand_in, http(), api)
}

/// A session `default` that is connected.
async fn working(stand_in: &StandIn, http: &Client, api: &str, config: Value) {
    stand_in.create("default", Some(config));
    let (status, _) = sent(http.post(format!("{api}/sessions/default/start"))).await;
    assert_eq!(status, 201);
    stand_in.until("default", Status::ScanQrCode).await;
    assert!(stand_in.scan("default"));
    stand_in.until("default", Status::Working).await;
}

#[rstest]
#[tokio::test]
async fn create_without_start(
    #[values(Behaviour::Core202410, Behaviour::Core202602)] behaviour: Behaviour,
) {
    let (stand_in, http, api) = with(Engine::Noweb, behaviour).await;
    let create = |body: Value| sent(http.post(format!("{api}/sessions")).json(&body));
    let (status, body) = create(json!({"name": "default", "start": true})).await;
    assert_eq!(
        (status, &body.unwrap()["error"]),
        (422, &json!("Unprocessable Entity"))
    );

    let deleted = sent(http.delete(format!("{api}/sessions/default"))).await;
    assert_eq!(deleted, (200, None));
    assert_eq!(create(json!({"name": "default"})).await, (201, None));
    assert_eq!(stand_in.status("default"), None);
    assert_eq!(
        sent(http.get(format!("{api}/sessions/default"))).await.0,
        404
    );
    assert_eq!(
        create(json!({"name": "default", "start": true})).await.0,
        201
    );
}

#[tokio::test]
async fn create_of_today() {
    let (stand_in, http, api) = with(Engine::Gows, Behaviour::Current).await;
    let create = |body: Value| sent(http.post(format!("{api}/sessions")).json(&body));
    let (status, body) = create(json!({"name": "x"})).await;
    let body = body.unwrap();
    assert_eq!(
        (status, &body["status"], &body["config"]),
        (201, &json!("STOPPED"), &json!({}))
    );
    // The key is not there before the first connection.
    assert_eq!(body.get("me"), None);
    assert_eq!(stand_in.status("x"), Some(Status::Stopped));

    for refused in [json!({"name": "a b"}), json!({"name": "y", "start": "yes"})] {
        let (status, body) = create(refused).await;
        assert_eq!((status, body.unwrap()["message"].is_array()), (400, true));
    }
    let (status, body) = sent(http.post(format!("{api}/sessions")).body("{")).await;
    assert_eq!((status, body.unwrap()["message"].is_string()), (400, true));
    assert_eq!(
        sent(http.get(format!("{api}/sessions?all=banana"))).await.0,
        400
    );
    assert_eq!(
        sent(http.get(format!("{api}/sessions"))).await,
        (200, Some(json!([])))
    );
    let (_, all) = sent(http.get(format!("{api}/sessions?all=true"))).await;
    assert_eq!(all.unwrap()[0]["name"], "x");
}

#[rstest]
#[case(Behaviour::Core202410, 422)]
#[case(Behaviour::Core202602, 422)]
#[case(Behaviour::Current, 201)]
#[tokio::test]
async fn start_of_what_runs(#[case] behaviour: Behaviour, #[case] expected: u16) {
    let (stand_in, http, api) = with(Engine::Noweb, behaviour).await;
    working(&stand_in, &http, &api, json!({})).await;
    stand_in.fail("default");
    let (status, _) = sent(http.post(format!("{api}/sessions/default/start"))).await;
    assert_eq!(
        (status, stand_in.status("default")),
        (expected, Some(Status::Failed))
    );
}

/// Unknown, then in the wrong state: both are told late, in different envelopes.
#[tokio::test]
async fn a_call_that_cannot_be_waits_before_it_says_so() {
    let waits = WaitScale::new(0.02);
    let stand_in = StandIn::start(Profile {
        waits,
        ..Profile::new(Engine::Webjs, Behaviour::Current)
    });
    let stand_in = stand_in.await.unwrap();
    let (http, api) = (http(), format!("{}/api", stand_in.url()));

    let before = tokio::time::Instant::now();
    let (status, body) = sent(http.get(format!("{api}/x/groups"))).await;
    assert!(before.elapsed() >= Duration::from_millis(100));
    let body = body.unwrap();
    assert_eq!(
        (status, &body["session"], body.get("expected")),
        (422, &json!("x"), None)
    );

    stand_in.hold_starting(true);
    sent(
        http.post(format!("{api}/sessions"))
            .json(&json!({"name": "x", "start": true})),
    )
    .await;
    let before = tokio::time::Instant::now();
    let (status, body) = sent(http.get(format!("{api}/x/groups"))).await;
    assert!(before.elapsed() >= Duration::from_millis(200));
    let body = body.unwrap();
    assert_eq!(
        (status, &body["status"], &body["expected"]),
        (422, &json!("STARTING"), &json!(["WORKING"]))
    );
    assert_eq!(body.get("statusCode"), None);
}

#[tokio::test]
async fn the_code_in_three_forms() {
    let (stand_in, http, api) = with(Engine::Noweb, Behaviour::Core202602).await;
    sent(http.post(format!("{api}/sessions/default/start"))).await;
    stand_in.until("default", Status::ScanQrCode).await;
    let qr = |accept: &str, query: &str| {
        http.get(format!("{api}/default/auth/qr{query}"))
            .header("accept", accept)
            .send()
    };
    let kind = |response: &Response| {
        response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned()
    };

    let (_, raw) = read(qr("*/*", "?format=raw").await.unwrap()).await;
    assert!(raw.unwrap()["value"].as_str().unwrap().starts_with("2@"));
    let (_, exact) = read(qr("application/json", "").await.unwrap()).await;
    assert_eq!(exact.unwrap()["mimetype"], "image/png");
    let image = qr("application/json, text/plain, */*", "").await.unwrap();
    assert_eq!(kind(&image), "image/png");
    assert!(image.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test]
async fn noweb_without_a_store_has_groups_but_no_contacts() {
    let (stand_in, http, api) = with(Engine::Noweb, Behaviour::Current).await;
    working(&stand_in, &http, &api, json!({})).await;
    assert_eq!(
        sent(http.get(format!("{api}/contacts/all?session=default")))
            .await
            .0,
        400
    );
    let (_, groups) = sent(http.get(format!("{api}/default/groups"))).await;
    assert_eq!(groups.unwrap().as_object().unwrap().len(), 40);
    assert_eq!(sent(http.get(format!("{api}/contacts/all"))).await.0, 400);
    assert_eq!(
        sent(http.get(format!("{api}/default/groups?limit=abc")))
            .await
            .0,
        400
    );
}

/// Groups left after `?…`: SQL takes each as said, memory wants a limit for an offset.
#[rstest]
#[case("limit=10", 10, 10)]
#[case("limit=10&offset=35", 5, 5)]
#[case("offset=35", 5, 40)]
#[case("limit=0", 0, 40)]
#[case("limit=-1", 40, 0)]
#[case("limit=10&offset=40", 0, 0)]
#[tokio::test]
async fn paging(#[case] query: &str, #[case] in_sql: usize, #[case] in_memory: usize) {
    for (engine, expected) in [
        (Engine::Noweb, in_sql),
        (Engine::Webjs, in_memory),
        (Engine::Gows, in_memory),
    ] {
        let (stand_in, http, api) = with(engine, Behaviour::Current).await;
        working(
            &stand_in,
            &http,
            &api,
            json!({"noweb": {"store": {"enabled": true}}}),
        )
        .await;
        let (_, groups) = sent(http.get(format!("{api}/default/groups?{query}"))).await;
        let groups = groups.unwrap();
        let count = groups
            .as_object()
            .map(serde_json::Map::len)
            .or(groups.as_array().map(Vec::len));
        assert_eq!(count, Some(expected), "{engine:?}");
    }
}

#[tokio::test]
async fn the_key_comes_before_the_path() {
    let profile = Profile {
        api_key: Some("k".into()),
        ..Profile::new(Engine::Webjs, Behaviour::Current)
    };
    let stand_in = StandIn::start(profile).await.unwrap();
    let (http, url) = (http(), stand_in.url());
    let nowhere = || http.get(format!("{url}/api/nowhere"));
    assert_eq!(
        sent(nowhere()).await,
        (
            401,
            Some(json!({"message": "Unauthorized", "statusCode": 401}))
        )
    );
    assert_eq!(sent(nowhere().header("X-Api-Key", "k")).await.0, 404);
    assert_eq!(
        sent(http.get(format!("{url}/ping"))).await,
        (200, Some(json!({"message": "pong"})))
    );
}

/// The program, ended with the test.
struct Program(Child, String);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_waha-stand-in"))
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(program.stdout.take().unwrap())
            .read_line(&mut url)
            .unwrap();
        Self(program, url.trim().to_owned())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_program_is_driven_over_http() {
    let program = Program::start(&[
        "--engine",
        "gows",
        "--behaviour",
        "current",
        "--api-key",
        "k",
    ]);
    let (http, url) = (http(), &program.1);
    let api = |request: RequestBuilder| sent(request.header("x-api-key", "k"));
    let hook = |path: &str| sent(http.post(format!("{url}/stand-in/{path}")));
    let until = async |status: &str| {
        let asking = async {
            while sent(http.get(format!("{url}/stand-in/sessions/x")))
                .await
                .1
                .unwrap()["status"]
                != status
            {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(8), asking)
            .await
            .unwrap();
    };
    let done = |done: bool| (200, Some(json!({"done": done})));

    assert_eq!(hook("sessions/x/scan").await, done(false));
    assert_eq!(hook("hold/true").await, done(true));
    let create = json!({"name": "x", "start": true});
    assert_eq!(
        api(http.post(format!("{url}/api/sessions")).json(&create))
            .await
            .0,
        201
    );
    until("STARTING").await;
    hook("hold/false").await;
    until("SCAN_QR_CODE").await;
    assert_eq!(hook("sessions/x/scan").await, done(true));
    until("WORKING").await;
    hook("sessions/x/lose-connection").await;
    until("STARTING").await;
    until("WORKING").await;
    hook("sessions/x/logout-by-phone").await;
    until("FAILED").await;

    hook("fault/error").await;
    assert_eq!(api(http.get(format!("{url}/api/sessions"))).await.0, 500);
    hook("fault/unauthorized").await;
    assert_eq!(api(http.get(format!("{url}/api/sessions"))).await.0, 401);
    hook("fault/none").await;
    assert_eq!(api(http.get(format!("{url}/api/sessions"))).await.0, 200);
    assert_eq!(
        sent(http.get(format!("{url}/stand-in/calls")))
            .await
            .1
            .unwrap()[0],
        "POST /api/sessions"
    );

    assert_eq!(hook("down?ms=50").await, done(true));
    let ping = || http.get(format!("{url}/ping")).send();
    let away_and_back = async {
        while ping().await.is_ok() {}
        while ping().await.is_err() {}
    };
    tokio::time::timeout(Duration::from_secs(8), away_and_back)
        .await
        .unwrap();
}

#[tokio::test]
async fn the_program_can_scan_by_itself() {
    let program = Program::start(&["--engine", "noweb", "--scan-after-ms", "10"]);
    let (http, url) = (http(), &program.1);
    sent(
        http.post(format!("{url}/api/sessions"))
            .json(&json!({"name": "x", "start": true})),
    )
    .await;
    let asking = async {
        while sent(http.get(format!("{url}/api/sessions/x")))
            .await
            .1
            .unwrap()["status"]
            != "WORKING"
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(8), asking)
        .await
        .unwrap();
}
