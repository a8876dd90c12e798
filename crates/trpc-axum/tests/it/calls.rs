//! Guards, limits, and what the calls of a request must not do to each other.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde::{Serialize, Serializer};
use serde_json::{Value as Json, json};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use trpc_axum::{
    Code, Context, Error, FromContext, Kind, Options, ProcedureInfo, Router, input, mount,
};
use ts_rs::TS;

use crate::{
    reference::{self, Anyone},
    wire::{encoded, get, get_lines, post, send},
};

/// Counts how often the caller is looked up, and lets calls say and await things.
#[derive(Clone)]
struct App {
    lookups: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    said: mpsc::UnboundedSender<&'static str>,
}

/// Whoever the header `caller` names.
#[derive(Clone)]
struct SignedIn(String);

impl FromContext<App> for SignedIn {
    const AUTHORITY: &'static str = "signed in";

    async fn from_context(cx: &Context<App>) -> Result<Self, Error> {
        let caller = cx.once::<Option<Self>, _, _>(async || {
            cx.state().lookups.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            let caller = cx.request().headers.get("caller")?;
            Some(Self(caller.to_str().ok()?.to_owned()))
        });
        caller.await.ok_or_else(|| Error::from(Code::Unauthorized))
    }
}

input! {
    struct NameInput {
        name: String = string(),
    }
}

/// Cannot be written.
#[derive(TS)]
struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a fault in writing");
    }
}

fn router() -> Router<App> {
    Router::new()
        .query("whoami", async |SignedIn(name): SignedIn, _: App| Ok(name))
        .query("greet", async |_: SignedIn, _: App, input: NameInput| {
            Ok(input.name)
        })
        .query("panic", panic)
        .query("broken", async |_: Anyone, _: App| Ok(Broken))
        .query("hidden", async |_: Anyone, _: App| {
            Ok(Hidden { constructor: 1 })
        })
        .mutation("slow", async |_: Anyone, app: App| {
            Ok(wait_at_gate(app).await)
        })
        .query("slowly", async |_: Anyone, app: App| {
            Ok(wait_at_gate(app).await)
        })
}

async fn panic(_: Anyone, _: App) -> Result<u32, Error> {
    panic!("a fault in a procedure");
}

/// Has a key that superjson refuses to write.
#[derive(Serialize, TS)]
struct Hidden {
    constructor: u32,
}

async fn wait_at_gate(app: App) -> u32 {
    /// Says that the future is gone, whether it was done or not.
    struct Gone(App);
    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = self.0.said.send("gone");
        }
    }
    let app = Gone(app);
    let _ = app.0.said.send("begun");
    app.0
        .gate
        .acquire()
        .await
        .expect("the gate is never closed")
        .forget();
    let _ = app.0.said.send("done");
    1
}

fn service() -> (axum::Router, App, mpsc::UnboundedReceiver<&'static str>) {
    service_with(Options::default())
}

fn service_with(options: Options) -> (axum::Router, App, mpsc::UnboundedReceiver<&'static str>) {
    let (said, heard) = mpsc::unbounded_channel();
    let app = App {
        lookups: Arc::default(),
        gate: Arc::new(Semaphore::new(0)),
        said,
    };
    (
        mount("/api/trpc", router(), app.clone(), options),
        app,
        heard,
    )
}

fn by(caller: &str, mut request: Request<Body>) -> Request<Body> {
    request
        .headers_mut()
        .insert("caller", caller.parse().unwrap());
    request
}

fn codes(answers: &Json) -> Vec<&str> {
    let code = |answer: &'_ Json| answer.pointer("/error/json/data/code").cloned();
    let answers = answers.as_array().unwrap().iter();
    answers
        .map(|answer| match code(answer) {
            Some(code) => Code::ALL
                .iter()
                .find(|known| code == known.name())
                .unwrap()
                .name(),
            None => "ok",
        })
        .collect()
}

#[tokio::test]
async fn the_caller_is_looked_up_once_for_a_batch() {
    let (service, app, _) = service();
    let input = encoded(&json!({ "3": { "json": { "name": "Ann" } } }));
    let target = format!("whoami,whoami,nope,greet?batch=1&input={input}");
    let answer = send(&service, by("Ann", get(&target))).await;
    assert_eq!(codes(&answer.json()), ["ok", "ok", "NOT_FOUND", "ok"]);
    assert_eq!(app.lookups.load(Ordering::Relaxed), 1);
    send(&service, by("Ann", get_lines(&target))).await;
    assert_eq!(app.lookups.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn sign_in_wins_over_a_bad_input() {
    let (service, ..) = service();
    for input in ["%7Bbad", "", "5"] {
        let target = format!("greet?input={input}");
        assert_eq!(
            send(&service, get(&target)).await.status,
            StatusCode::UNAUTHORIZED
        );
        assert_eq!(
            send(&service, by("Ann", get(&target))).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}

#[tokio::test]
async fn a_panic_is_its_own_calls_failure() {
    let (service, ..) = service();
    let target = "panic,whoami,broken,hidden,whoami?batch=1";
    let internal = "INTERNAL_SERVER_ERROR";
    let answer = send(&service, by("Ann", get(target))).await;
    assert_eq!(
        codes(&answer.json()),
        [internal, "ok", internal, internal, "ok"]
    );
    assert!(!answer.body.contains("fault"), "{}", answer.body);

    let answer = send(&service, by("Ann", get_lines(target))).await;
    assert_eq!(answer.body.matches(internal).count(), 3);
    assert_eq!(answer.body.matches("[[\"Ann\"]]").count(), 2);
    assert!(
        answer.body.ends_with("}\n") && !answer.body.contains("fault"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_mutation_that_outlives_its_request_can_be_waited_for() {
    let mutations = TaskTracker::new();
    let options = Options {
        mutations: mutations.clone(),
        ..Options::default()
    };
    let (service, app, mut heard) = service_with(options);
    let request = tokio::spawn(service.oneshot(post("slow", "{}")));
    assert_eq!(heard.recv().await, Some("begun"));
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    mutations.close();
    assert_eq!(mutations.len(), 1);
    app.gate.add_permits(1);
    mutations.wait().await;
    assert_eq!(heard.recv().await, Some("done"));
}

#[tokio::test]
async fn a_mutation_outlives_its_request_and_a_query_does_not() {
    let (service, app, mut heard) = service();
    let request = tokio::spawn(service.clone().oneshot(post("slow", "{}")));
    assert_eq!(heard.recv().await, Some("begun"));
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    app.gate.add_permits(1);
    assert_eq!(
        (heard.recv().await, heard.recv().await),
        (Some("done"), Some("gone"))
    );

    for request in [get("slowly"), get("slowly,nope?batch=1")] {
        let request = tokio::spawn(service.clone().oneshot(request));
        assert_eq!(heard.recv().await, Some("begun"));
        request.abort();
        assert_eq!(heard.recv().await, Some("gone"));
    }
    let body = service
        .oneshot(get_lines("slowly?batch=1"))
        .await
        .unwrap()
        .into_body();
    let reader = tokio::spawn(axum::body::to_bytes(body, usize::MAX));
    assert_eq!(heard.recv().await, Some("begun"));
    reader.abort();
    assert_eq!(heard.recv().await, Some("gone"));
}

#[tokio::test]
async fn a_body_over_the_limit_is_the_fault_of_whoever_reads_it() {
    let service = mount(
        "/api/trpc",
        reference::router(),
        reference::App,
        Options {
            max_body: 100,
            ..Options::default()
        },
    );
    let large = json!({ "0": { "json": { "name": "x".repeat(200) } } }).to_string();
    let answer = send(
        &service,
        post("user.create,user.touch?batch=1", large.clone()),
    )
    .await;
    assert_eq!(codes(&answer.json()), ["PAYLOAD_TOO_LARGE", "ok"]);
    assert_eq!(
        answer.json().pointer("/0/error/json/data/path"),
        Some(&json!("user.create"))
    );
    let answer = send(&service, post("user.create", large)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let fits = json!({ "json": { "name": "Bob" } }).to_string();
    assert_eq!(
        send(&service, post("user.create", fits)).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_address_the_batch_and_the_input_have_limits() {
    let options = Options {
        max_batch: 2,
        max_url: 200,
        ..Options::default()
    };
    let service = mount("/api/trpc", reference::router(), reference::App, options);
    let answer = send(&service, get("user.ping,user.ping?batch=1")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = send(&service, get("user.ping,user.ping,user.ping?batch=1")).await;
    assert_eq!(
        answer.json()["error"]["json"],
        json!({
            "message": "Batch call exceeds maximum size", "code": -32600,
            "data": { "code": "BAD_REQUEST", "httpStatus": 400, "zodError": null },
        })
    );
    let answer = send(&service, get(&format!("user.ping?x={}", "x".repeat(200)))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let deep = format!("{{\"json\":{}{}}}", "[".repeat(110), "]".repeat(110));
    let answer = send(&service, post("user.echoMut", deep)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_request_that_is_not_admitted_fails_in_each_of_its_calls() {
    let admit = |request: &http::request::Parts| match request.headers.get("origin") {
        Some(origin) if origin != "http://localhost" => {
            Err(Error::new(Code::Forbidden, "not from here"))
        }
        _ => Ok(()),
    };
    let (service, app, _) = service_with(Options {
        admit: Some(Arc::new(admit)),
        ..Options::default()
    });
    let from = |origin: &str, mut request: Request<Body>| {
        request
            .headers_mut()
            .insert("origin", origin.parse().unwrap());
        by("Ann", request)
    };
    let own = send(&service, from("http://localhost", get("whoami"))).await;
    assert_eq!(own.status, StatusCode::OK);
    let single = send(&service, from("http://evil", get("whoami"))).await;
    assert_eq!(single.status, StatusCode::FORBIDDEN);
    let batch = send(&service, from("http://evil", get("whoami,nope?batch=1"))).await;
    assert_eq!(codes(&batch.json()), ["FORBIDDEN", "NOT_FOUND"]);
    let lines = send(
        &service,
        from("http://evil", get_lines("whoami,nope?batch=1")),
    )
    .await;
    assert_eq!(lines.status, StatusCode::OK);
    assert!(lines.body.contains("not from here") && lines.body.contains("No procedure found"));
    assert_eq!(app.lookups.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn queries_may_be_posted_where_the_server_allows_it() {
    let options = Options {
        method_override: true,
        ..Options::default()
    };
    let service = mount("/api/trpc", reference::router(), reference::App, options);
    let body = json!({ "json": { "sessionName": "s" } }).to_string();
    let answer = send(&service, post("user.list", body)).await;
    assert_eq!(
        answer.json().pointer("/result/data/json/seen/sessionName"),
        Some(&json!("s"))
    );
    let mut put = post("user.list", "{}");
    *put.method_mut() = Method::PUT;
    assert_eq!(send(&service, put).await.headers["allow"], "GET, POST");
    assert_eq!(
        send(&service, get("user.touch")).await.headers["allow"],
        "POST"
    );
}

#[tokio::test]
async fn connection_params_must_be_texts() {
    let service = reference::service();
    for (params, message) in [
        ("%7Bbad", Some("Not JSON-parsable query params")),
        ("", Some("Not JSON-parsable query params")),
        ("5", Some("Invalid connection params shape")),
        ("[]", Some("Invalid connection params shape")),
        ("%7B%22a%22:1%7D", Some("Invalid connection params shape")),
        ("%7B%22a%22:%22b%22%7D", None),
        ("null", None),
    ] {
        let answer = send(
            &service,
            get(&format!("user.ping?connectionParams={params}")),
        )
        .await;
        let error = answer.json();
        assert_eq!(
            error.pointer("/error/json/message").and_then(Json::as_str),
            message,
            "{params}"
        );
        if message.is_some() {
            assert_eq!(error.pointer("/error/json/code"), Some(&json!(-32700)));
            assert_eq!(answer.headers["content-type"], "text/plain;charset=UTF-8");
        }
    }
}

#[test]
fn procedures_are_listed_with_their_authority() {
    let router = Router::new().nest("a", Router::new().nest("b", router()));
    let listed: Vec<_> = router.procedures().cloned().collect();
    let info = |path: &str, kind, authority| ProcedureInfo {
        path: path.to_owned(),
        kind,
        authority,
    };
    assert_eq!(listed[0], info("a.b.whoami", Kind::Query, "signed in"));
    assert_eq!(listed[5], info("a.b.slow", Kind::Mutation, "anyone"));
    assert_eq!(listed.len(), 7);
}

#[test]
#[should_panic(expected = "two procedures have the path \"user.ping\"")]
fn a_path_can_be_given_once() {
    let twice = Router::new().nest(
        "user",
        Router::new().query("ping", async |_: Anyone, ()| Ok(1)),
    );
    let twice = twice.query("user.ping", async |_: Anyone, ()| Ok(2));
    let _ = mount("/api/trpc", twice, (), Options::default());
}
