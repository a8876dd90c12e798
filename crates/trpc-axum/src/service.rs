//! From an HTTP request to its answer. See `docs/wire/trpc-protocol.md`, section 2, for the
//! order of decisions.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
    routing::any,
};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{BoxFuture, ready},
    stream::once,
};
use http::{HeaderValue, Method, Request, StatusCode, header, request::Parts};
use superjson::Limits;
use tokio_util::task::TaskTracker;

use crate::{
    Code, Context, Error, Kind, Router,
    procedure::{Answer, Procedure, Run},
    request::Calls,
    respond::{json, jsonl, sse},
};

/// A check of a request as a whole.
pub type Admit = Arc<dyn Fn(&Parts) -> Result<(), Error> + Send + Sync>;

/// What a mounted router accepts.
#[derive(Clone)]
pub struct Options {
    /// Calls in a batch; 100 unless set.
    pub max_batch: usize,
    /// Bytes of a body; 1 MiB unless set. More is `PAYLOAD_TOO_LARGE` to each call that reads its
    /// input.
    pub max_body: usize,
    /// How long a body may take to arrive, from when its first reader asks for it; 30 s unless
    /// set. Then it is `TIMEOUT` to each call that reads its input.
    pub body_timeout: Duration,
    /// Bytes of path and query; 32 KiB unless set. More is `PAYLOAD_TOO_LARGE`.
    pub max_url: usize,
    /// How deep and how annotated an input may be.
    pub limits: Limits,
    /// Whether queries and subscriptions may be sent as POST, which clients do when set up with
    /// `methodOverride: "POST"`; they may not unless set.
    pub method_override: bool,
    /// A check that runs once for a request, before any guard: of its origin, say. Its error is
    /// the answer to every call of the request.
    pub admit: Option<Admit>,
    /// Mutations run here, to their end even if their client goes away: what to wait for before
    /// the process ends.
    pub mutations: TaskTracker,
    /// How long a subscription may be silent before a ping is sent; 15 s unless set. It tells
    /// clients and proxies that the connection stands, and the server that it does not.
    pub sse_ping: Duration,
    /// How long a subscription's client waits for an event or ping before it connects again; for
    /// ever unless set.
    pub sse_reconnect_after_inactivity: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_batch: 100,
            max_body: 1 << 20,
            body_timeout: Duration::from_secs(30),
            max_url: 32 << 10,
            limits: Limits::default(),
            method_override: false,
            admit: None,
            mutations: TaskTracker::new(),
            sse_ping: Duration::from_secs(15),
            sse_reconnect_after_inactivity: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("max_batch", &self.max_batch)
            .field("max_body", &self.max_body)
            .field("body_timeout", &self.body_timeout)
            .field("max_url", &self.max_url)
            .field("limits", &self.limits)
            .field("method_override", &self.method_override)
            .field("admit", &self.admit.is_some())
            .field("mutations", &self.mutations.len())
            .field("sse_ping", &self.sse_ping)
            .field(
                "sse_reconnect_after_inactivity",
                &self.sse_reconnect_after_inactivity,
            )
            .finish()
    }
}

/// Serves `router` at `endpoint` (`/api/trpc`) and everything below it: every method, every path.
///
/// # Panics
/// If two procedures have one path, if axum refuses `endpoint` as a route, or if clients of
/// subscriptions would give up between two pings.
pub fn mount<S>(endpoint: &str, router: Router<S>, state: S, options: Options) -> axum::Router
where
    S: Clone + Send + Sync + 'static,
{
    let patience = options.sse_reconnect_after_inactivity;
    assert!(
        !options.sse_ping.is_zero() && patience.is_none_or(|patience| options.sse_ping < patience),
        "sse_ping must be above zero and below sse_reconnect_after_inactivity"
    );
    let endpoint = endpoint.trim_end_matches('/');
    let service = Arc::new(Service {
        endpoint: endpoint.len(),
        procedures: router.into_table(),
        state,
        options,
    });
    let handler = any(move |request: Request<Body>| {
        let service = Arc::clone(&service);
        async move { service.respond(request).await }
    });
    let mut mounted = axum::Router::new()
        .route(&format!("{endpoint}/"), handler.clone())
        .route(&format!("{endpoint}/{{*path}}"), handler.clone());
    if !endpoint.is_empty() {
        mounted = mounted.route(endpoint, handler);
    }
    mounted
}

struct Service<S> {
    /// Its length: what is cut off a request's path.
    endpoint: usize,
    procedures: HashMap<String, Procedure<S>>,
    state: S,
    options: Options,
}

impl<S: Clone + Send + Sync + 'static> Service<S> {
    async fn respond(&self, request: Request<Body>) -> Response {
        if request.method() == Method::HEAD {
            return StatusCode::NO_CONTENT.into_response();
        }
        let mut response = match self.answer(request).await {
            Ok(response) => response,
            Err(fault) => json::fault(&fault),
        };
        response.headers_mut().insert(
            header::VARY,
            HeaderValue::from_static("trpc-accept, accept"),
        );
        response
    }

    /// An error is the answer to the request as a whole.
    async fn answer(&self, request: Request<Body>) -> Result<Response, Error> {
        let (request, body) = request.into_parts();
        let mut calls = self.read(&request)?;
        let kind = self.common_kind(&calls.paths)?;
        let connection_params = calls.connection_params()?;
        if calls.is_streamed && !calls.is_batch {
            let message = "Streaming requests must be batched (you can do a batch of 1)";
            return Err(Error::new(Code::BadRequest, message));
        }

        let method = request.method.clone();
        let allow = kind.and_then(|kind| self.disallowed(kind, &method));
        let refusal = self
            .options
            .admit
            .as_ref()
            .and_then(|admit| admit(&request).err());
        let is_subscription = kind == Some(Kind::Subscription);
        if !is_subscription {
            calls.last_event_id = None;
        }
        let inputs = calls.inputs(&method, body, &self.options);
        let cx = Context::new(
            self.state.clone(),
            request,
            connection_params,
            inputs,
            self.options.mutations.clone(),
        );
        let Calls {
            paths,
            is_batch,
            is_streamed,
            last_event_id,
            ..
        } = calls;
        let admitted = |path: &str| match (self.procedures.get(path), &refusal) {
            (None, _) => Err(no_procedure(path)),
            (Some(procedure), _) if allow.is_some() => {
                Err(unsupported(&method, procedure.info.kind, path))
            }
            (Some(_), Some(error)) => Err(error.clone()),
            (Some(procedure), None) => Ok(&procedure.run),
        };
        let call = |index: usize, path: &str| -> BoxFuture<'static, Answer> {
            let refused = |error| ready(Err(error)).boxed();
            match admitted(path) {
                Ok(Run::Answer(run)) => run(cx.clone(), index),
                Ok(Run::Events(_)) => refused(batched_subscription()),
                Err(error) => refused(error),
            }
        };
        let subscribe = |path: &str| match admitted(path) {
            Ok(Run::Events(run)) => Some(run(cx.clone())),
            Err(error) if is_subscription => Some(once(ready(Err(error))).boxed()),
            _ => None,
        };

        let mut response = match &*paths {
            [path] if !is_batch => match subscribe(path) {
                Some(events) => sse::stream(path.clone(), events, last_event_id, &self.options),
                None => json::single(path, call(0, path)).await,
            },
            _ => {
                let running = paths
                    .iter()
                    .enumerate()
                    .map(|(index, path)| call(index, path))
                    .collect();
                if is_streamed {
                    jsonl::lines(paths, running)
                } else {
                    json::batch(&paths, running).await
                }
            }
        };
        if let Some(allow) = allow {
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        Ok(response)
    }

    fn read(&self, request: &Parts) -> Result<Calls, Error> {
        let (path, query) = (request.uri.path(), request.uri.query().unwrap_or(""));
        if path.len() + query.len() > self.options.max_url {
            return Err(Error::from(Code::PayloadTooLarge));
        }
        let path = path.get(self.endpoint..).unwrap_or("");
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let calls = Calls::read(path, request)?;
        if calls.is_batch && calls.paths.len() > self.options.max_batch {
            return Err(Error::new(
                Code::BadRequest,
                "Batch call exceeds maximum size",
            ));
        }
        Ok(calls)
    }

    /// The kind of all procedures that exist.
    fn common_kind(&self, paths: &[String]) -> Result<Option<Kind>, Error> {
        let mut kinds: Vec<Kind> = Vec::with_capacity(1);
        for procedure in paths.iter().filter_map(|path| self.procedures.get(path)) {
            if !kinds.contains(&procedure.info.kind) {
                kinds.push(procedure.info.kind);
            }
        }
        match *kinds {
            [one, other, ..] => {
                let message = format!(
                    "Cannot mix procedure types in call: {}, {}",
                    one.name(),
                    other.name()
                );
                Err(Error::new(Code::BadRequest, message))
            }
            _ => Ok(kinds.first().copied()),
        }
    }

    /// The methods for this kind, if `method` is none of them.
    fn disallowed(&self, kind: Kind, method: &Method) -> Option<&'static str> {
        let (allow, is_allowed) = match kind {
            Kind::Query | Kind::Subscription if self.options.method_override => {
                ("GET, POST", method == Method::GET || method == Method::POST)
            }
            Kind::Query | Kind::Subscription => ("GET", method == Method::GET),
            Kind::Mutation => ("POST", method == Method::POST),
        };
        (!is_allowed).then_some(allow)
    }
}

fn no_procedure(path: &str) -> Error {
    Error::new(
        Code::NotFound,
        format!("No procedure found on path \"{path}\""),
    )
}

fn batched_subscription() -> Error {
    Error::new(Code::BadRequest, "Cannot batch subscription calls")
}

fn unsupported(method: &Method, kind: Kind, path: &str) -> Error {
    let kind = kind.name();
    let message = format!("Unsupported {method}-request to {kind} procedure at path \"{path}\"");
    Error::new(Code::MethodNotSupported, message)
}
