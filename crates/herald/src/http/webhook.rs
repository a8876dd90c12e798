//! `/api/webhook/{secret}`: where the engine posts what it has to tell (`docs/wire/waha.md`, section
//! 9.1). Who does not know the secret finds nothing here.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use sha2::{Digest, Sha256};

use crate::app::App;

/// Messages with media come by the same way in other set-ups; what concerns Herald is small.
const MOST_BYTES: usize = 1024 * 1024;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/{secret}", post(deliver))
        .fallback(async || StatusCode::NOT_FOUND)
        .method_not_allowed_fallback(async || StatusCode::NOT_FOUND)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
}

async fn deliver(
    State(app): State<App>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    // Hashes of what was guessed tell nothing by the time that comparing them takes.
    if Sha256::digest(secret) != Sha256::digest(&app.webhook_secret) {
        return StatusCode::NOT_FOUND;
    }
    let signature = headers
        .get("x-webhook-hmac")
        .map(|signature| signature.to_str().unwrap_or_default());
    if app.sessions.gateway().deliver(signature, &body) {
        StatusCode::NO_CONTENT
    } else {
        tracing::warn!("a webhook was refused: it is not the engine's, or its signature is wrong");
        StatusCode::NOT_FOUND
    }
}
