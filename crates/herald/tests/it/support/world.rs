//! A whole Herald in this process: a fresh database, a scripted phone, a clock that moves
//! when it is told to, and people who call procedures over HTTP.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, Response, StatusCode, header},
};
use herald::{
    app::{App, Parts},
    auth::{Auth, AuthSettings, Secret, add_user},
    campaigns::Campaigns,
    changes::Changes,
    clock::Clock,
    http,
    lifecycle::Lifecycle,
    random::Random,
    scheduler::Scheduler,
    sessions::Sessions,
    store::Role,
};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tower::ServiceExt;
use whatsapp_gateway::{
    Gateway,
    simulated::{Simulated, SimulatedConfig},
};

use super::{
    database::{Database, Kind},
    events::Events,
};

pub(crate) const START: i64 = 1_767_225_600_000; // 2026-01-01
const PASSWORD: &str = "correct horse";
/// Every look at the engine's clock moves time on by this much, so that a session comes up
/// within a few looks and nobody has to wait.
const LOOK_MS: i64 = 100;

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Clock,
    pub(crate) phone: Arc<Simulated>,
    router: Router,
    lifecycle: Lifecycle,
    _database: Database,
}

impl World {
    /// With the simulated phone, on `SQLite`.
    pub(crate) async fn new() -> Self {
        Self::on(Kind::Sqlite).await
    }

    /// With the simulated phone, on either database.
    pub(crate) async fn on(kind: Kind) -> Self {
        Self::simulated(kind, false, |config| config).await
    }

    /// The same without limits, as in test mode.
    pub(crate) async fn without_limits(kind: Kind) -> Self {
        Self::simulated(kind, true, |config| config).await
    }

    /// With a simulated phone of one's own making.
    pub(crate) async fn simulated(
        kind: Kind,
        test_mode: bool,
        make: impl FnOnce(SimulatedConfig) -> SimulatedConfig,
    ) -> Self {
        let clock = Clock::manual(START);
        let engine_clock = clock.clone();
        let now = move || {
            engine_clock.advance(LOOK_MS);
            engine_clock.now_ms()
        };
        let phone = Arc::new(Simulated::new(make(SimulatedConfig::new(7, Arc::new(now)))));
        let engine = Arc::clone(&phone) as Arc<dyn Gateway>;
        Self::build(kind, engine, clock, phone, test_mode).await
    }

    /// With another engine; the simulated phone lies idle.
    pub(crate) async fn with_engine(engine: Arc<dyn Gateway>) -> Self {
        let clock = Clock::manual(START);
        let now = clock.clone();
        let phone = Arc::new(Simulated::new(SimulatedConfig::new(
            7,
            Arc::new(move || now.now_ms()),
        )));
        Self::build(Kind::Sqlite, engine, clock, phone, false).await
    }

    async fn build(
        kind: Kind,
        engine: Arc<dyn Gateway>,
        clock: Clock,
        phone: Arc<Simulated>,
        test_mode: bool,
    ) -> Self {
        let database = Database::fresh(kind).await;
        let store = database.store.clone();
        let random = Random::seeded(7);
        let settings = AuthSettings {
            public_url: "http://herald.test".parse().unwrap(),
            trusted_origins: vec!["https://app.example".parse().unwrap()],
            listen: "127.0.0.1:3210".parse().unwrap(),
            trusted_proxies: Vec::new(),
            secret: Secret::from_text("a secret for tests, long enough to sign").unwrap(),
            limits_on: false,
        };
        let (lifecycle, changes) = (Lifecycle::default(), Changes::default());
        let scheduler = Scheduler::new(
            store.clone(),
            Arc::clone(&engine),
            clock.clone(),
            random.clone(),
            changes.clone(),
            test_mode,
        );
        let app = App::new(Parts {
            auth: Auth::new(
                settings,
                store.clone(),
                clock.clone(),
                random.clone(),
                changes.clone(),
            ),
            sessions: Sessions::new(
                store.clone(),
                engine,
                clock.clone(),
                random.clone(),
                changes.clone(),
                &lifecycle,
            ),
            campaigns: Campaigns::new(
                store.clone(),
                clock.clone(),
                random.clone(),
                changes.clone(),
                scheduler.clone(),
            ),
            scheduler,
            store,
            clock: clock.clone(),
            random,
            changes,
            lifecycle: lifecycle.clone(),
            webhook_secret: "webhook-secret".to_owned(),
        });
        Self {
            router: http::router(&app, lifecycle.tasks()),
            lifecycle,
            app,
            clock,
            phone,
            _database: database,
        }
    }

    /// Nobody: calls without a cookie.
    pub(crate) fn nobody(&self) -> Person<'_> {
        Person {
            world: self,
            id: String::new(),
            cookie: None,
        }
    }

    /// Adds an account and signs it in.
    pub(crate) async fn person(&self, name: &str, role: Role) -> Person<'_> {
        let email = format!("{name}@herald.test");
        let random = Random::system();
        let user = add_user(
            &self.app.store,
            &self.clock,
            &random,
            name,
            &email,
            PASSWORD,
            role,
        )
        .await
        .unwrap();
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        let request = Request::post("/api/auth/sign-in/email")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = self.send(request).await;
        assert_eq!(response.status, StatusCode::OK, "{}", response.body);
        let cookie = response
            .cookie
            .expect("a cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        Person {
            world: self,
            id: user.id,
            cookie: Some(cookie),
        }
    }

    /// Waits until nothing is done in the background.
    pub(crate) async fn settled(&self) {
        self.lifecycle.tasks().close();
        self.lifecycle.tasks().wait().await;
        self.lifecycle.tasks().reopen();
    }

    /// Begins to stop, as a signal does.
    pub(crate) fn stop(&self) {
        self.lifecycle.stop();
    }

    /// An approved account whose session works and whose directory is filled, with the session's
    /// name and id.
    pub(crate) async fn linked(&self, name: &str) -> (Person<'_>, Value) {
        let person = self.person(name, Role::User).await;
        let session = person
            .mutate("user.initiateWhatsAppSession", Value::Null)
            .await
            .data();
        person.wait_for("WORKING", &session["sessionName"]).await;
        self.settled().await;
        (person, session)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.respond(request).await;
        let status = response.status();
        let cookie = response
            .headers()
            .get(header::SET_COOKIE)
            .map(|cookie| cookie.to_str().unwrap().to_owned());
        let headers = response.headers().clone();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
        Answer {
            status,
            headers,
            cookie,
            body,
        }
    }
}

impl World {
    async fn respond(&self, mut request: Request<Body>) -> Response<Body> {
        request
            .extensions_mut()
            .insert(ConnectInfo(std::net::SocketAddr::from((
                [127, 0, 0, 1],
                50_000,
            ))));
        self.router.clone().oneshot(request).await.unwrap()
    }
}

/// Somebody who calls procedures.
pub(crate) struct Person<'w> {
    world: &'w World,
    pub(crate) id: String,
    pub(crate) cookie: Option<String>,
}

impl Person<'_> {
    pub(crate) async fn query(&self, path: &str, input: Value) -> Answer {
        let input = utf8_percent_encode(&json!({ "json": input }).to_string(), NON_ALPHANUMERIC)
            .to_string();
        self.call(
            Method::GET,
            &format!("/api/trpc/{path}?input={input}"),
            Body::empty(),
        )
        .await
    }

    pub(crate) async fn mutate(&self, path: &str, input: Value) -> Answer {
        let body = json!({ "json": input }).to_string();
        self.call(Method::POST, &format!("/api/trpc/{path}"), Body::from(body))
            .await
    }

    /// The events of a subscription, which is open until they are dropped.
    pub(crate) async fn subscribe(&self, path: &str) -> Events {
        let request = self.request(Method::GET, &format!("/api/trpc/{path}"), Body::empty());
        let response = self.world.respond(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        Events::new(response.into_body())
    }

    pub(crate) async fn call(&self, method: Method, uri: &str, body: Body) -> Answer {
        self.world.send(self.request(method, uri, body)).await
    }

    fn request(&self, method: Method, uri: &str, body: Body) -> Request<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(cookie) = &self.cookie {
            // The page's own address, as browsers say it with their cookie.
            request = request
                .header(header::COOKIE, cookie)
                .header(header::ORIGIN, "http://herald.test");
        }
        request.body(body).unwrap()
    }

    /// Looks at the session until its status is `status`; the engine's clock moves with each look.
    pub(crate) async fn wait_for(&self, status: &str, name: &Value) -> Value {
        let mut seen = Value::Null;
        for _ in 0..2_000 {
            seen = self
                .query("user.getSessionStatus", json!({ "sessionName": name }))
                .await
                .data();
            if seen["status"] == status {
                return seen;
            }
        }
        panic!("never {status}: {seen}");
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) cookie: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    /// The output of a call that went well.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self.body["result"]["data"]["json"].clone()
    }

    /// Code and message of a call that failed; the HTTP status has to agree.
    #[track_caller]
    pub(crate) fn error(&self) -> (String, String) {
        let error = &self.body["error"]["json"];
        assert_eq!(
            error["data"]["httpStatus"],
            self.status.as_u16(),
            "{}",
            self.body
        );
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        (text(&error["data"]["code"]), text(&error["message"]))
    }

    #[track_caller]
    pub(crate) fn code(&self) -> String {
        self.error().0
    }
}
