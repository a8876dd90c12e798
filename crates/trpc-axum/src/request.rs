//! Which procedures an HTTP request calls, and with what.
//! See `docs/wire/trpc-protocol.md`, sections 2 and 3.

use std::{borrow::Cow, collections::BTreeMap, mem, time::Duration};

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Method, header, request::Parts};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use serde_json::Value as Json;
use superjson::{Limits, Object, Value};
use tokio::{sync::Mutex, time::timeout};

use crate::{Code, Error, Options};

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
    /// The last event that the client of a subscription got.
    pub(crate) last_event_id: Option<String>,
}

impl Calls {
    /// `path` is undecoded and without the slash after the endpoint.
    pub(crate) fn read(path: &str, request: &Parts) -> Result<Self, Error> {
        let path = decode(path)?;
        let is_json = is_json(&request.method, &request.headers)?;
        let (mut batch, mut input, mut connection_params) = (None, None, None);
        let (mut last_event_id, mut header_like) = (None, None);
        for (name, value) in
            url::form_urlencoded::parse(request.uri.query().unwrap_or("").as_bytes())
        {
            match &*name {
                "batch" => batch = batch.or(Some(value)),
                "input" => input = input.or(Some(value)),
                "connectionParams" => connection_params = connection_params.or(Some(value)),
                "lastEventId" => last_event_id = last_event_id.or(Some(value)),
                "Last-Event-Id" => header_like = header_like.or(Some(value)),
                _ => {}
            }
        }
        let header = request.headers.get("last-event-id");
        let last_event_id = header
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .or(last_event_id)
            .or(header_like)
            .filter(|id| !id.is_empty());
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
            last_event_id: last_event_id.map(Cow::into_owned),
        })
    }

    /// `connectionParams`, which must be an object of texts if there are any.
    pub(crate) fn connection_params(&self) -> Result<BTreeMap<String, String>, Error> {
        let refused = |message| Error::new(Code::ParseError, message);
        let text = self.connection_params.as_deref().unwrap_or("null");
        let params: Json =
            serde_json::from_str(text).map_err(|_| refused("Not JSON-parsable query params"))?;
        let params: Option<_> = serde_json::from_value(params)
            .map_err(|_| refused("Invalid connection params shape"))?;
        Ok(params.unwrap_or_default())
    }

    /// The inputs, unread: a body that is slow or faulty is the matter of the calls that want an
    /// input.
    pub(crate) fn inputs(&mut self, method: &Method, body: Body, options: &Options) -> Inputs {
        let source = if method == Method::GET {
            Source::Query(self.input.take().unwrap_or_default())
        } else if self.is_json {
            Source::Body {
                body,
                max: options.max_body,
                patience: options.body_timeout,
            }
        } else {
            Source::NotJson
        };
        Inputs {
            batch: self.is_batch.then_some(self.paths.len()),
            limits: options.limits,
            last_event_id: self.last_event_id.clone(),
            state: Mutex::new(State::Unread(source)),
        }
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

async fn read_body(body: Body, max_body: usize, patience: Duration) -> Result<Bytes, Error> {
    match timeout(patience, Limited::new(body, max_body).collect()).await {
        Ok(Ok(read)) => Ok(read.to_bytes()),
        Ok(Err(error)) if is_over_limit(error.as_ref()) => Err(Error::from(Code::PayloadTooLarge)),
        Ok(Err(_)) => Err(Error::new(Code::BadRequest, "The body ended too early")),
        Err(_) => Err(Error::new(
            Code::Timeout,
            "The body took too long to arrive",
        )),
    }
}

/// The limit may be ours or that of a layer in front.
fn is_over_limit(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<LengthLimitError>)
}

/// The inputs of a request's calls, read when the first of them is asked for: a procedure
/// without an input does not mind garbage, nor a body that never ends.
pub(crate) struct Inputs {
    /// How many calls the batch has, if it is one.
    batch: Option<usize>,
    limits: Limits,
    /// Written over `lastEventId` in each input.
    last_event_id: Option<String>,
    state: Mutex<State>,
}

enum State {
    Unread(Source),
    Read(Result<Vec<Value>, Error>),
}

enum Source {
    Query(String),
    Body {
        body: Body,
        /// Bytes.
        max: usize,
        patience: Duration,
    },
    NotJson,
}

impl Inputs {
    /// Takes the input of the call at `index`. A fault in one input is every reader's fault, as
    /// in the reference.
    pub(crate) async fn take(&self, index: usize) -> Result<Value, Error> {
        let mut state = self.state.lock().await;
        if let State::Unread(source) = &mut *state {
            let source = mem::replace(source, Source::NotJson);
            let bytes = source.bytes().await;
            let values = bytes.and_then(|bytes| read_inputs(&bytes, self.batch, &self.limits));
            *state = State::Read(values);
        }
        match &mut *state {
            State::Read(Ok(values)) => {
                let value = values.get_mut(index);
                let value = value.map_or(Value::Undefined, |value| {
                    mem::replace(value, Value::Undefined)
                });
                Ok(match self.last_event_id.clone() {
                    Some(id) => with_last_event_id(value, id),
                    None => value,
                })
            }
            State::Read(Err(error)) => Err(error.clone()),
            State::Unread(_) => Ok(Value::Undefined),
        }
    }
}

/// A subscription without an input gets one that has this alone.
fn with_last_event_id(input: Value, id: String) -> Value {
    let mut members = match input {
        Value::Object(members) => members,
        Value::Undefined | Value::Null => Object::default(),
        other => return other,
    };
    members.insert("lastEventId".to_owned(), Value::String(id));
    Value::Object(members)
}

impl Source {
    async fn bytes(self) -> Result<Bytes, Error> {
        match self {
            Self::Query(input) => Ok(Bytes::from(input)),
            Self::Body {
                body,
                max,
                patience,
            } => read_body(body, max, patience).await,
            Self::NotJson => Err(Error::new(
                Code::UnsupportedMediaType,
                "This server reads input as JSON only",
            )),
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
