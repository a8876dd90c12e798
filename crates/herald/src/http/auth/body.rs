//! Reads a body as the better-auth server does, with zod's words for what is wrong with it.

use std::error::Error;

use axum::{
    body::Bytes,
    extract::rejection::BytesRejection,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde_json::{Map, Value};
use tower_http::timeout::TimeoutError;

use super::Refusal;
use crate::auth::email_address;

/// Names and picture addresses are shown in lists: longer ones are refused.
const MOST_CHARACTERS: usize = 1024;

/// The body's JSON; `None` if it is empty.
pub(super) fn json_body(
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Option<Value>, Refusal> {
    let body = body.map_err(|rejection| {
        if is_too_slow(&rejection) {
            Refusal::TOO_SLOW
        } else if rejection.into_response().status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refusal::TOO_LARGE
        } else {
            Refusal::INVALID_JSON
        }
    })?;
    if body.is_empty() {
        return Ok(None);
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .map(|value| value.to_str().unwrap_or_default());
    let media_type = content_type.map(|value| {
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    });
    if media_type.as_deref() != Some("application/json") {
        return Err(Refusal::media_type(media_type.as_deref()));
    }
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|_| Refusal::INVALID_JSON)
}

fn is_too_slow(error: &(dyn Error + 'static)) -> bool {
    error.is::<TimeoutError>() || error.source().is_some_and(is_too_slow)
}

/// Takes fields out of an object and gathers what is wrong with them; what is returned is only
/// worth something once [`Fields::finish`] has found nothing.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    issues: Vec<String>,
}

impl<'a> Fields<'a> {
    /// The fields of the body, which must be an object.
    pub(super) fn of(body: Option<&'a Value>) -> Result<Self, Refusal> {
        match body {
            Some(Value::Object(object)) => Ok(Self {
                object,
                issues: Vec::new(),
            }),
            other => Err(Refusal::validation(format!(
                "[body] Invalid input: expected object, received {}",
                kind(other)
            ))),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> &'a str {
        match self.object.get(name) {
            Some(Value::String(text)) => text,
            other => self.mismatch(name, "string", other),
        }
    }

    pub(super) fn email(&mut self, name: &str) -> &'a str {
        match self.object.get(name) {
            Some(Value::String(text)) => {
                if email_address(text).is_none() {
                    self.issues
                        .push(format!("[body.{name}] Invalid email address"));
                }
                text
            }
            other => self.mismatch(name, "string", other),
        }
    }

    pub(super) fn optional_text(&mut self, name: &str) -> Option<&'a str> {
        self.object.contains_key(name).then(|| self.text(name))
    }

    pub(super) fn optional_bool(&mut self, name: &str) -> Option<bool> {
        match self.object.get(name) {
            None => None,
            Some(Value::Bool(flag)) => Some(*flag),
            other => {
                self.mismatch(name, "boolean", other);
                None
            }
        }
    }

    /// Refuses if anything was wrong, and says all of it.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.issues.is_empty() {
            Ok(())
        } else {
            Err(Refusal::validation(self.issues.join("; ")))
        }
    }

    fn mismatch(&mut self, name: &str, expected: &str, found: Option<&Value>) -> &'a str {
        self.issues.push(format!(
            "[body.{name}] Invalid input: expected {expected}, received {}",
            kind(found)
        ));
        ""
    }

    /// Objects to text that cannot be kept: `PostgreSQL` takes any but that with a zero byte.
    pub(super) fn check_storable(&mut self, name: &str, text: &str) {
        if text.contains('\0') {
            self.issues.push(format!(
                "[body.{name}] Invalid input: expected string without zero bytes"
            ));
        }
        if text.chars().nth(MOST_CHARACTERS).is_some() {
            self.issues.push(format!(
                "[body.{name}] Too big: expected string to have <={MOST_CHARACTERS} characters"
            ));
        }
    }
}

/// JavaScript's word for a value's type, as zod says it.
fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}
