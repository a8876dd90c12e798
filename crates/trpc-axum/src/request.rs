//! Which procedures an HTTP request calls, and with what.
//! See `docs/wire/trpc-protocol.md`, sections 2 and 3.

use std::{
    borrow::Cow,
    sync::{Mutex, PoisonError},
};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;
use superjson::{Limits, Value};

use crate::{Code, Error};

/// What a request asks for, as far as its head says.
#[derive(Debug)]
pub(crate) struct Calls {
    /// The procedures' paths; one unless it is a batch.
    pub(crate) paths: Vec<String>,
    pub(crate) is_batch: bool,
    /// Whether JSON lines are wanted.
    pub(crate) is_streamed: bool,
    /// Whether the body is JSON, rather than a form or bytes.
    pub(crate) is_json: bool,
    /// `?input=`
    input: Option<String>,
    connection_params: Option<String>,
}

impl Calls {
    /// `path` is undecoded and without the slash after the endpoint.
    pub(crate) fn read(path: &str, request: &Parts) -> Result<Self, Error> {
        let path = decode(path)?;
        let is_json = is_json(&request.method, &request.headers)?;
        let (mut batch, mut input, mut connection_params) = (None, None, None);
        for (name, value) in
            url::form_urlencoded::parse(request.uri.query().unwrap_or("").as_bytes())
        {
            match &*name {
                "batch" => batch = batch.or(Some(value)),
                "input" => input = input.or(Some(value)),
                "connectionParams" => connection_params = connection_params.or(Some(value)),
                _ => {}
            }
        }
        let is_batch = is_json && batch.as_deref() == Some("1");
        Ok(Self {
            paths: if is_batch {
                path.split(',').map(str::to_owned).collect()
            } else {
                vec![path.into_owned()]
            },
            is_batch,
            is_streamed: accepts_lines(&request.headers),
            is_json,
            input: input.map(Cow::into_owned),
            connection_params: connection_params.map(Cow::into_owned),
        })
    }

    /// `connectionParams`, if there are any, must be an object of texts.
    pub(crate) fn check_connection_params(&self) -> Result<(), Error> {
        let Some(text) = &self.connection_params else {
            return Ok(());
        };
        match serde_json::from_str(text) {
            Ok(Json::Null) => Ok(()),
            Ok(Json::Object(members)) if members.values().all(Json::is_string) => Ok(()),
            Ok(_) => Err(Error::new(
                Code::ParseError,
                "Invalid connection params shape",
            )),
            Err(_) => Err(Error::new(
                Code::ParseError,
                "Not JSON-parsable query params",
            )),
        }
    }

    /// The inputs, unread. A fault of the body is kept for the call that wants an input.
    pub(crate) async fn inputs(
        &mut self,
        method: &Method,
        body: Body,
        max_body: usize,
        limits: Limits,
    ) -> Inputs {
        let source = if method == Method::GET {
            Ok(self.input.take().map_or_else(Bytes::new, Bytes::from))
        } else if self.is_json {
            read_body(body, max_body).await
        } else {
            Err(Error::new(
                Code::UnsupportedMediaType,
                "This server reads input as JSON only",
            ))
        };
        let batch = self.is_batch.then_some(self.paths.len());
        Inputs(Mutex::new(State::Unread {
            source,
            batch,
            limits,
        }))
    }
}

/// Percent-decoded once, as a whole.
fn decode(path: &str) -> Result<Cow<'_, str>, Error> {
    let invalid = || {
        Error::new(
            Code::BadRequest,
            format!("Invalid URL-encoding in path \"{path}\""),
        )
    };
    let whole = path.split('%').skip(1).all(|rest| {
        rest.as_bytes()
            .get(..2)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !whole {
        return Err(invalid());
    }
    percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| invalid())
}

/// Whether the body is JSON; an error if it is of a kind that tRPC does not know.
fn is_json(method: &Method, headers: &HeaderMap) -> Result<bool, Error> {
    let value = headers
        .get(header::CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let kind = value.as_deref().map(|value| {
        value
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
    });
    match (kind.as_deref(), value) {
        (Some("application/json"), _) => Ok(true),
        (Some(kind @ ("multipart/form-data" | "application/octet-stream")), _) => {
            if method == Method::POST {
                return Ok(false);
            }
            let message = format!("Only POST requests are supported for {kind} requests");
            Err(Error::new(Code::MethodNotSupported, message))
        }
        _ if method == Method::GET => Ok(true),
        // The closing quote is missing in the original, too.
        (_, Some(value)) => Err(Error::new(
            Code::UnsupportedMediaType,
            format!("Unsupported content-type \"{value}"),
        )),
        (_, None) => Err(Error::new(
            Code::UnsupportedMediaType,
            "Missing content-type header",
        )),
    }
}

/// `trpc-accept: application/jsonl`, or that among the members of `accept`.
fn accepts_lines(headers: &HeaderMap) -> bool {
    const LINES: &str = "application/jsonl";
    match headers.get("trpc-accept") {
        Some(value) => value == LINES,
        None => headers.get_all(header::ACCEPT).iter().any(|value| {
            value
                .to_str()
                .is_ok_and(|value| value.split(',').any(|member| member.trim() == LINES))
        }),
    }
}

async fn read_body(body: Body, max_body: usize) -> Result<Bytes, Error> {
    let read = Limited::new(body, max_body).collect().await;
    read.map(http_body_util::Collected::to_bytes)
        .map_err(|error| {
            if is_over_limit(error.as_ref()) {
                Error::from(Code::PayloadTooLarge)
            } else {
                Error::new(Code::BadRequest, "The body ended too early")
            }
        })
}

/// The limit may be ours or that of a layer in front.
fn is_over_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<LengthLimitError>)
}

/// The inputs of a request's calls, read when the first of them is asked for: a procedure
/// without an input does not mind garbage.
pub(crate) struct Inputs(Mutex<State>);

enum State {
    Unread {
        source: Result<Bytes, Error>,
        batch: Option<usize>,
        limits: Limits,
    },
    Read(Result<Vec<Value>, Error>),
}

impl Inputs {
    /// Takes the input of the call at `index`. A fault in one input is every reader's fault, as
    /// in the reference.
    pub(crate) fn take(&self, index: usize) -> Result<Value, Error> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Unread {
            source,
            batch,
            limits,
        } = &*state
        {
            let values = source
                .clone()
                .and_then(|bytes| read_inputs(&bytes, *batch, limits));
            *state = State::Read(values);
        }
        match &mut *state {
            State::Read(Ok(values)) => {
                let value = values.get_mut(index);
                Ok(value.map_or(Value::Undefined, |value| {
                    std::mem::replace(value, Value::Undefined)
                }))
            }
            State::Read(Err(error)) => Err(error.clone()),
            State::Unread { .. } => Ok(Value::Undefined),
        }
    }
}

fn read_inputs(bytes: &[u8], batch: Option<usize>, limits: &Limits) -> Result<Vec<Value>, Error> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let refused =
        |error: superjson::DeserializeError| Error::new(Code::BadRequest, error.to_string());
    let json = superjson::parse_json(bytes, limits).map_err(refused)?;
    let Some(calls) = batch else {
        return Ok(vec![superjson::from_json(json, limits).map_err(refused)?]);
    };
    let Json::Object(mut envelopes) = json else {
        return Err(Error::new(
            Code::BadRequest,
            "\"input\" needs to be an object when doing a batch call",
        ));
    };
    (0..calls)
        .map(|index| match envelopes.remove(&index.to_string()) {
            Some(envelope) => superjson::from_json(envelope, limits).map_err(refused),
            None => Ok(Value::Undefined),
        })
        .collect()
}
