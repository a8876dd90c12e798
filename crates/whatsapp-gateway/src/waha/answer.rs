//! What WAHA answered: its body, or why not. There are five shapes of error (section 11), in
//! which `error` is a phrase, the message or an object: they are decoded untyped.

use reqwest::StatusCode;
use serde::{
    Deserialize,
    de::{DeserializeOwned, DeserializeSeed},
};
use serde_json::Value;

use super::list::Each;
use crate::{GatewayError, Result, State};

/// Characters of WAHA's own words that are kept for the log.
const WORDS: usize = 200;

/// An answer that was read to its end, or up to its limit.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Empty where it would have been longer than the limit.
    pub(super) body: Vec<u8>,
    /// The limit that was reached.
    pub(super) cut_at: Option<usize>,
}

impl Answer {
    /// 404 in WAHA's own words.
    pub(super) fn is_unknown(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && self.is_wahas()
    }

    /// Whether a refusal is in WAHA's own words, JSON; a web server that is no WAHA says it in
    /// others.
    pub(super) fn is_wahas(&self) -> bool {
        self.error_body().is_object()
    }

    /// What a refusal says, fit for a log.
    pub(super) fn words(&self) -> String {
        words(&self.error_body(), self.status)
    }

    /// 422: the session's state, or its name, does not allow it.
    pub(super) fn is_unprocessable(&self) -> bool {
        self.status == StatusCode::UNPROCESSABLE_ENTITY
    }

    pub(super) fn is_bad_request(&self) -> bool {
        self.status == StatusCode::BAD_REQUEST
    }

    /// 501: the engine inside WAHA has no such thing.
    pub(super) fn is_unsupported(&self) -> bool {
        self.status == StatusCode::NOT_IMPLEMENTED
    }

    /// There was more than the limit; nothing of it is kept.
    pub(super) fn is_too_long(&self) -> bool {
        self.cut_at.is_some()
    }

    /// Success, whatever the body.
    pub(super) fn accepted(&self) -> Result<()> {
        if self.status.is_success() {
            Ok(())
        } else {
            Err(self.refusal())
        }
    }

    /// The body; an empty one is how WAHA says `null` (section 1).
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.whole()?
            .map(|body| serde_json::from_slice(body).map_err(nonsense))
            .transpose()
    }

    /// The body of a call that needs a running session; 404 is how 2024.10 says that it is not.
    pub(super) fn session_json<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.needs_session()?;
        self.json()
    }

    /// The same where the body is a list, which is handed on item by item.
    pub(super) fn session_list<'a, T: Deserialize<'a>>(
        &'a self,
        each: impl FnMut(T),
    ) -> Result<()> {
        self.needs_session()?;
        let Some(body) = self.whole()? else {
            return Ok(());
        };
        let mut text = serde_json::Deserializer::from_slice(body);
        Each::new(each)
            .deserialize(&mut text)
            .and_then(|()| text.end())
            .map_err(nonsense)
    }

    fn needs_session(&self) -> Result<()> {
        if self.is_unknown() {
            return Err(GatewayError::NotReady {
                state: State::Stopped,
            });
        }
        Ok(())
    }

    /// The body of a success, if there is one.
    fn whole(&self) -> Result<Option<&[u8]>> {
        self.accepted()?;
        match self.cut_at {
            Some(limit) => Err(GatewayError::Engine(format!(
                "an answer of more than {} MiB",
                limit / (1024 * 1024)
            ))),
            None => Ok(Some(&*self.body).filter(|body| !body.is_empty())),
        }
    }

    fn refusal(&self) -> GatewayError {
        let body = self.error_body();
        match self.status.as_u16() {
            status @ (401 | 403) => GatewayError::Unauthorized { status },
            422 if body["expected"].is_array() => GatewayError::NotReady {
                state: State::from_word(body["status"].as_str().unwrap_or("STOPPED")),
            },
            // The same envelope without a state: the session does not exist.
            422 if body["error"].is_string() && body["session"].is_string() => {
                GatewayError::NotReady {
                    state: State::Stopped,
                }
            }
            501 => GatewayError::Unsupported(words(&body, self.status)),
            // Never WAHA's own: a proxy in front of it finds nobody there.
            status @ (502..=504) => {
                GatewayError::Unreachable(format!("a proxy answers {status} in its place"))
            }
            status => GatewayError::Engine(format!("{status}: {}", words(&body, self.status))),
        }
    }

    fn error_body(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What the error itself says could hold parts of the body.
fn nonsense(_: serde_json::Error) -> GatewayError {
    GatewayError::Engine("an answer that makes no sense".into())
}

/// The text of an error, whichever its shape, fit for a log: one line, not long, and without
/// anything that could be a phone number. The rest of a body (what we sent, stacks) is dropped.
fn words(body: &Value, status: StatusCode) -> String {
    let text = match &body["message"] {
        Value::String(text) => text.clone(),
        Value::Array(texts) => texts
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("; "),
        _ => [&body["error"], &body["exception"]["message"]]
            .into_iter()
            .find_map(Value::as_str)
            .or(status.canonical_reason())
            .unwrap_or("no reason given")
            .to_owned(),
    };
    let line: String = text
        .chars()
        .take(WORDS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    line.split_inclusive(|c: char| !c.is_ascii_digit())
        .map(without_number)
        .collect()
}

/// Hides the digits at the beginning when there are more than a status or an error code has.
fn without_number(piece: &str) -> String {
    let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit());
    if piece.len() - rest.len() > 3 {
        format!("…{rest}")
    } else {
        piece.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(status: u16, body: &Value) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        Answer {
            status,
            body: body.to_string().into_bytes(),
            cut_at: None,
        }
        .refusal()
        .to_string()
    }

    #[test]
    fn every_error_shape_is_read() {
        let common =
            json!({"message": "Session not found", "error": "Not Found", "statusCode": 404});
        assert_eq!(
            refusal(404, &common),
            "engine error: 404: Session not found"
        );
        let validation =
            json!({"message": ["a is bad", "b is bad"], "error": "Bad Request", "statusCode": 400});
        assert_eq!(
            refusal(400, &validation),
            "engine error: 400: a is bad; b is bad"
        );
        let state =
            json!({"error": "x", "session": "s", "status": "STARTING", "expected": ["WORKING"]});
        assert_eq!(refusal(422, &state), "the session is STARTING");
        let unknown = json!({"error": "does not exist", "session": "s"});
        assert_eq!(refusal(422, &unknown), "the session is STOPPED");
        let engine = json!({"statusCode": 500, "exception": {"message": "rate-overlimit", "stack": "at /srv"}});
        assert_eq!(refusal(500, &engine), "engine error: 500: rate-overlimit");
        let file = json!({"error": {"code": 1, "message": "gone"}});
        assert_eq!(refusal(404, &file), "engine error: 404: Not Found");
        let key = json!({"message": "Unauthorized", "statusCode": 401});
        assert_eq!(refusal(401, &key), "the engine refuses the key (401)");
        assert_eq!(
            refusal(501, &json!({"message": "no"})),
            "not supported by the engine: no"
        );
        assert_eq!(
            refusal(502, &Value::Null),
            "cannot be reached: a proxy answers 502 in its place"
        );
    }

    #[test]
    fn numbers_and_lines_do_not_reach_the_log() {
        let body = json!({"message": "error 463: no LID found for\n491512345678@c.us"});
        assert_eq!(
            refusal(500, &body),
            "engine error: 500: error 463: no LID found for …@c.us"
        );
    }
}
