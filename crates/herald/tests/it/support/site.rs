//! `/api/auth` alone, and a browser that keeps its cookies.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use herald::{
    auth::{Auth, AuthSettings, Secret},
    changes::Changes,
    clock::Clock,
    http,
    random::Random,
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use super::database::{Database, Kind};

/// The address that the site has, and that its own pages send as Origin.
pub(crate) const ORIGIN: &str = "http://front.example:3000";
pub(crate) const LISTED_ORIGIN: &str = "https://listed.example";
pub(crate) const START: i64 = 1_767_225_600_000;

/// What a test may want otherwise.
pub(crate) struct Options {
    pub(crate) kind: Kind,
    pub(crate) public_url: &'static str,
    pub(crate) limits_on: bool,
    pub(crate) body_deadline: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Sqlite,
            public_url: ORIGIN,
            limits_on: false,
            body_deadline: Duration::from_secs(30),
        }
    }
}

pub(crate) struct Site {
    pub(crate) auth: Auth,
    pub(crate) clock: Clock,
    pub(crate) database: Database,
    router: Router,
}

impl Site {
    pub(crate) async fn new(options: Options) -> Self {
        let database = Database::fresh(options.kind).await;
        let clock = Clock::manual(START);
        let settings = AuthSettings {
            public_url: options.public_url.parse().unwrap(),
            trusted_origins: vec![LISTED_ORIGIN.parse().unwrap()],
            listen: "127.0.0.1:3210".parse().unwrap(),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
            secret: Secret::from_text("f3a9c1d27b604e85f3a9c1d27b604e85").unwrap(),
            limits_on: options.limits_on,
        };
        let auth = Auth::new(
            settings,
            database.store.clone(),
            clock.clone(),
            Random::seeded(7),
            Changes::default(),
        );
        let router = Router::new()
            .nest(
                "/api/auth",
                http::auth::router(auth.clone(), options.body_deadline),
            )
            .layer(auth.origins().cors());
        Self {
            auth,
            clock,
            database,
            router,
        }
    }

    /// A request to a path under `/api/auth`, sent from the given peer.
    pub(crate) async fn send_from(&self, peer: &str, mut request: Request<Body>) -> Reply {
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Reply {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        self.send_from("192.0.2.1:50000", request).await
    }

    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser {
            site: self,
            cookies: BTreeMap::new(),
        }
    }

    /// A browser in which Ann has just signed up.
    pub(crate) async fn ann(&self) -> Browser<'_> {
        let mut browser = self.browser();
        let reply = browser.post("/sign-up/email", ANN).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        browser
    }
}

pub(crate) const ANN: &str =
    r#"{"name":"Ann","email":"ann@example.com","password":"Correct-horse-1"}"#;

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {:?}", self.body))
    }

    pub(crate) fn set_cookies(&self) -> Vec<&str> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().unwrap())
            .collect()
    }

    /// Status and code of an error.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, String) {
        let body = self.json();
        assert!(body["message"].is_string(), "{body}");
        (
            self.status.as_u16(),
            body["code"].as_str().expect("a code").to_owned(),
        )
    }
}

/// Sends what the npm client in a page of the site sends.
#[derive(Clone)]
pub(crate) struct Browser<'s> {
    site: &'s Site,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.call(Method::GET, path, Body::empty()).await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Reply {
        self.call(Method::POST, path, body.to_owned().into()).await
    }

    /// Who the site says is signed in.
    pub(crate) async fn session(&mut self) -> Value {
        let reply = self.get("/get-session").await;
        assert_eq!(reply.status, StatusCode::OK);
        reply.json()
    }

    /// The request's headers alone.
    pub(crate) fn headers(&self) -> HeaderMap {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut headers = HeaderMap::new();
        headers.insert(header::ORIGIN, ORIGIN.parse().unwrap());
        headers.insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        headers.insert(header::USER_AGENT, "a browser".parse().unwrap());
        if !cookies.is_empty() {
            headers.insert(header::COOKIE, cookies.join("; ").parse().unwrap());
        }
        headers
    }

    async fn call(&mut self, method: Method, path: &str, body: Body) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/auth{path}"))
            .body(body)
            .unwrap();
        *request.headers_mut() = self.headers();
        let reply = self.site.send(request).await;
        for cookie in reply.set_cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }
}
