//! WAHA's ways to say no (section 11).

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{Behaviour, Status};

/// An answer, or the refusal that stands in its place.
pub(crate) type Answer = Result<Response, Response>;

/// A body as JSON.
pub(crate) fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (
        status,
        [(CONTENT_TYPE, "application/json; charset=utf-8")],
        body.to_string(),
    )
        .into_response()
}

/// `null`, which is an empty body without a type.
pub(crate) fn empty(status: u16) -> Response {
    StatusCode::from_u16(status)
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
        .into_response()
}

pub(crate) fn unauthorized() -> Response {
    answer(401, &json!({"message": "Unauthorized", "statusCode": 401}))
}

/// The common envelope.
pub(crate) fn refused(status: u16, message: impl Into<Value>) -> Response {
    let phrase = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    answer(
        status,
        &json!({"message": message.into(), "error": phrase, "statusCode": status}),
    )
}

/// The common envelope with a list of faults.
pub(crate) fn invalid(fault: &str) -> Response {
    refused(400, json!([fault]))
}

pub(crate) fn session_not_found() -> Response {
    refused(404, "Session not found")
}

/// The session exists, in another state.
pub(crate) fn not_ready(session: &str, status: Status, expected: Status) -> Response {
    answer(
        422,
        &json!({
            "error": "The session is in another state than this call needs",
            "session": session,
            "status": status.as_str(),
            "expected": [expected.as_str()],
        }),
    )
}

/// The session does not exist; 2026 and later.
pub(crate) fn no_session(session: &str) -> Response {
    answer(
        422,
        &json!({"error": "The session does not exist", "session": session}),
    )
}

/// Whatever was not caught.
pub(crate) fn internal(behaviour: Behaviour, method: &str, path: &str, message: &str) -> Response {
    internal_about(behaviour, method, path, message, &json!({}))
}

/// The same of a request with a body, which is sent back.
pub(crate) fn internal_about(
    behaviour: Behaviour,
    method: &str,
    path: &str,
    message: &str,
    body: &Value,
) -> Response {
    answer(
        500,
        &json!({
            "statusCode": 500,
            "timestamp": "2026-11-22T10:00:00.000Z",
            "exception": {"message": message, "name": "Error", "stack": format!("Error: {message}\n    at /app/dist/main.js:1:1")},
            "request": {"path": path, "method": method, "body": body, "query": {}},
            "version": {"version": version(behaviour), "tier": "CORE"},
        }),
    )
}

pub(crate) fn version(behaviour: Behaviour) -> &'static str {
    match behaviour {
        Behaviour::Core202410 => "2024.10.8",
        Behaviour::Core202602 => "2026.2.1",
        Behaviour::Current => "2026.8.2",
    }
}
