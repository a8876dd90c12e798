//! The paths, in WAHA's order: first the key, then the path, then the session.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    Behaviour, Engine, Fault, data,
    errors::{answer, internal, refused, unauthorized, version},
    lifecycle,
    machine::{World, lock},
    sending, socket,
};

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route(
            "/ping",
            get(|| async { answer(200, &json!({"message": "pong"})) }),
        )
        .route("/api/server/version", get(show_version))
        .route("/api/version", get(show_version))
        .route(
            "/api/sessions",
            get(lifecycle::list).post(lifecycle::create),
        )
        .route(
            "/api/sessions/{name}",
            get(lifecycle::show)
                .put(lifecycle::update)
                .delete(lifecycle::delete),
        )
        .route("/api/sessions/{name}/me", get(lifecycle::me))
        .route("/api/sessions/{name}/start", post(lifecycle::start))
        .route("/api/sessions/{name}/stop", post(lifecycle::stop))
        .route("/api/sessions/{name}/restart", post(lifecycle::restart))
        .route("/api/sessions/{name}/logout", post(lifecycle::logout))
        .route("/api/{session}/auth/qr", get(data::qr))
        .route("/api/{session}/groups", get(data::groups))
        .route("/api/{session}/lids", get(data::lids))
        .route("/api/contacts/all", get(data::contacts))
        .route("/api/sendText", post(sending::send_text))
        .route(
            "/api/{session}/chats/{chat}/messages/{id}",
            get(sending::find),
        )
        .route("/ws", get(socket::connect))
        .fallback(unknown_path)
        .layer(middleware::from_fn_with_state(Arc::clone(world), gate))
        .with_state(Arc::clone(world))
}

/// Records the call, lets it go wrong if it shall, and checks the key.
async fn gate(State(world): State<Arc<World>>, request: Request, next: Next) -> Response {
    let (method, path) = (
        request.method().to_string(),
        request.uri().path().to_owned(),
    );
    if !path.starts_with("/api") {
        return next.run(request).await;
    }
    lock(&world.calls).push(format!("{method} {path}"));

    let fault = *world.fault.borrow();
    match fault {
        Fault::None => {}
        Fault::Hang => std::future::pending().await,
        Fault::Late(delay) => sleep(delay).await,
        Fault::Error => return internal(world.profile.behaviour, &method, &path, "rate-overlimit"),
        Fault::Garbage => return Html("<!doctype html><title>Welcome</title>").into_response(),
        Fault::Unauthorized => return unauthorized(),
    }

    let given = request
        .headers()
        .get("x-api-key")
        .and_then(|key| key.to_str().ok());
    // Free WAHA before 2025.6.5 does not look at it.
    let enforced = world.profile.behaviour > Behaviour::Core202410;
    match &world.profile.api_key {
        Some(key) if enforced && given != Some(key) => unauthorized(),
        _ => next.run(request).await,
    }
}

async fn unknown_path(request: Request) -> Response {
    refused(
        404,
        format!("Cannot {} {}", request.method(), request.uri().path()),
    )
}

async fn show_version(State(world): State<Arc<World>>) -> Response {
    let behaviour = world.profile.behaviour;
    let is_webjs = world.profile.engine == Engine::Webjs;
    let mut body = json!({
        "version": version(behaviour),
        "engine": engine(world.profile.engine),
        "tier": "CORE",
        "browser": if is_webjs { json!("/usr/bin/chromium") } else { Value::Null },
    });
    if behaviour > Behaviour::Core202410 {
        body["platform"] = json!("linux/x64");
        body["worker"] = json!({"id": ""});
    }
    answer(200, &body)
}

pub(crate) fn engine(engine: Engine) -> &'static str {
    match engine {
        Engine::Webjs => "WEBJS",
        Engine::Noweb => "NOWEB",
        Engine::Gows => "GOWS",
    }
}
