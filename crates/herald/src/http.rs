//! The server's outside: every path, and what lies around all of them.

pub mod auth;
mod health;
mod webhook;

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header},
    routing::any,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use tokio_util::task::TaskTracker;
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
    trace::TraceLayer,
};
use trpc_axum::{Code, Error, Options};

use crate::{api, app::App};

/// How long the body of a sign-in may take; `trpc_axum` has its own limit.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// All paths of the server. Mutations run in `mutations`, and on when their client has gone.
pub fn router(app: &App, mutations: &TaskTracker) -> Router {
    let paths = Router::new()
        .nest("/health", health::router())
        .nest("/api/webhook", webhook::router())
        .with_state(app.clone())
        .nest("/api/auth", auth::router(app.auth.clone(), BODY_DEADLINE))
        .merge(trpc_axum::mount(
            "/api/trpc",
            api::router(),
            app.clone(),
            options(app, mutations),
        ))
        .layer(app.auth.origins().cors())
        // What is not there under these is not there; every other path is the page's to show.
        .route("/api", any(not_found))
        .route("/api/{*path}", any(not_found))
        .route("/health", any(not_found))
        .route("/health/{*path}", any(not_found))
        .fallback_service(herald_dashboard::router({
            let random = app.random.clone();
            move || BASE64_STANDARD.encode(random.bytes::<16>())
        }));

    let request_id = HeaderName::from_static("x-request-id");
    paths.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
            // What went wrong is logged where it is handled.
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(span)
                    .on_failure(()),
            )
            .layer(PropagateRequestIdLayer::new(request_id))
            .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .layer(header(header::X_FRAME_OPTIONS, "DENY"))
            .layer(header(header::REFERRER_POLICY, "same-origin"))
            .layer(CatchPanicLayer::custom(panicked)),
    )
}

/// A POST that a foreign page made in the user's browser is refused, in tRPC's shape; programs,
/// which send neither Origin nor Referer, pass (`docs/wire/auth.md`, section 4).
fn options(app: &App, mutations: &TaskTracker) -> Options {
    let origins = app.auth.origins().clone();
    let admit = move |request: &http::request::Parts| {
        if request.method == Method::GET || origins.check_program_or_trusted(&request.headers) {
            Ok(())
        } else {
            Err(Error::new(
                Code::Forbidden,
                "This page's origin is not trusted. Add it to HERALD_TRUSTED_ORIGINS, or call from Herald's own address.",
            ))
        }
    };
    Options {
        admit: Some(Arc::new(admit)),
        mutations: mutations.clone(),
        // A campaign for as many people as one may have.
        max_body: 8 << 20,
        // Its preview does not fit a URL.
        method_override: true,
        // A page notices a dead connection after three missed pings.
        sse_reconnect_after_inactivity: Some(Duration::from_secs(45)),
        ..Options::default()
    }
}

/// Method and path alone: query strings hold inputs, which are nobody's business.
fn span(request: &Request<Body>) -> tracing::Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or("-");
    tracing::info_span!("request", %id, method = %request.method(), path = request.uri().path())
}

async fn not_found() -> StatusCode {
    StatusCode::NOT_FOUND
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    tracing::error!("a request panicked");
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
