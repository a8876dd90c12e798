//! `/health/live`: the process runs. `/health/ready`: it can do its work, each part named.

use axum::{Json, Router, extract::State, http::StatusCode, routing::get};
use serde::Serialize;

use crate::app::App;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    database: &'static str,
    engine: EngineHealth,
}

#[derive(Serialize)]
struct EngineHealth {
    name: &'static str,
    status: &'static str,
}

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/live", get(live))
        .route("/ready", get(ready))
}

async fn live() -> Json<serde_json::Value> {
    Json(serde_json::json!({ "status": "ok" }))
}

/// 200 when database and engine answer, else 503. Why one does not is in the log, not here:
/// this page is open to everybody.
async fn ready(State(app): State<App>) -> (StatusCode, Json<Health>) {
    let gateway = app.sessions.gateway();
    let (database, engine) = tokio::join!(app.store.check(), gateway.check());
    if let Err(error) = &database {
        tracing::warn!(%error, "not ready: the database does not answer");
    }
    if let Err(error) = &engine {
        tracing::warn!(engine = gateway.engine(), %error, "not ready: the engine does not answer");
    }
    let word = |good: bool| if good { "ok" } else { "unavailable" };
    let ready = database.is_ok() && engine.is_ok();
    let health = Health {
        status: word(ready),
        database: word(database.is_ok()),
        engine: EngineHealth {
            name: gateway.engine(),
            status: word(engine.is_ok()),
        },
    };
    (
        if ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        },
        Json(health),
    )
}
