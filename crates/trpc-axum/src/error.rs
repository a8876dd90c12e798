//! What a call answers when it fails: tRPC's codes and the shape that they travel in.
//! See `docs/wire/trpc-protocol.md`, section 4.

use std::{borrow::Cow, sync::Arc};

use http::StatusCode;
use serde::Serialize;

use crate::schema::Flattened;

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal, $number:literal, $status:literal;)+) => {
        /// tRPC's error codes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $code,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// As it stands in `data.code`: `NOT_FOUND`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$code => $name),+ }
            }

            /// The JSON-RPC number. Several codes share -32603.
            pub const fn number(self) -> i32 {
                match self { $(Self::$code => $number),+ }
            }

            /// The HTTP status, also in `data.httpStatus`.
            pub const fn status(self) -> u16 {
                match self { $(Self::$code => $status),+ }
            }
        }
    };
}

codes! {
    /// The request itself cannot be read.
    ParseError = "PARSE_ERROR", -32700, 400;
    /// The input or the request is wrong.
    BadRequest = "BAD_REQUEST", -32600, 400;
    /// Something failed that is not the caller's matter.
    InternalServerError = "INTERNAL_SERVER_ERROR", -32603, 500;
    /// Not built.
    NotImplemented = "NOT_IMPLEMENTED", -32603, 501;
    /// A server behind this one answered nonsense.
    BadGateway = "BAD_GATEWAY", -32603, 502;
    /// Not now.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", -32603, 503;
    /// A server behind this one did not answer in time.
    GatewayTimeout = "GATEWAY_TIMEOUT", -32603, 504;
    /// Nobody is signed in.
    Unauthorized = "UNAUTHORIZED", -32001, 401;
    /// To be paid for first.
    PaymentRequired = "PAYMENT_REQUIRED", -32002, 402;
    /// Whoever is signed in may not do this.
    Forbidden = "FORBIDDEN", -32003, 403;
    /// No such procedure or thing.
    NotFound = "NOT_FOUND", -32004, 404;
    /// The HTTP method does not fit the kind of procedure.
    MethodNotSupported = "METHOD_NOT_SUPPORTED", -32005, 405;
    /// It took too long.
    Timeout = "TIMEOUT", -32008, 408;
    /// It contradicts what is there.
    Conflict = "CONFLICT", -32009, 409;
    /// Something has to be done first.
    PreconditionFailed = "PRECONDITION_FAILED", -32012, 412;
    /// The body is larger than this server takes.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", -32013, 413;
    /// The body is of a kind that this server does not take.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", -32015, 415;
    /// Readable, but it makes no sense.
    UnprocessableContent = "UNPROCESSABLE_CONTENT", -32022, 422;
    /// The request has to name its condition.
    PreconditionRequired = "PRECONDITION_REQUIRED", -32028, 428;
    /// Too many requests in a time.
    TooManyRequests = "TOO_MANY_REQUESTS", -32029, 429;
    /// The client went away.
    ClientClosedRequest = "CLIENT_CLOSED_REQUEST", -32099, 499;
}

/// A call's failure: a code and a text for whoever called. It holds no source: what an internal
/// failure says is chosen where it is turned into this.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    code: Code,
    message: Cow<'static, str>,
    flattened: Option<Arc<Flattened>>,
}

impl Error {
    /// A failure with a text that the caller sees.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            flattened: None,
        }
    }

    /// The answer to an input that its schema refuses: `BAD_REQUEST` with the issues as text and,
    /// flattened, as `data.zodError`.
    pub(crate) fn refused_input(message: String, flattened: Flattened) -> Self {
        Self {
            code: Code::BadRequest,
            message: message.into(),
            flattened: Some(Arc::new(flattened)),
        }
    }

    /// The answer to an input that reads well and is wrong all the same: `BAD_REQUEST` with the
    /// texts for a message and, by their fields, as `data.zodError`.
    pub fn bad_fields(errors: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let mut flattened = Flattened::default();
        for (field, text) in errors {
            flattened
                .field_errors
                .entry(field.to_owned())
                .or_default()
                .push(text);
        }
        let texts: Vec<&str> = flattened
            .field_errors
            .values()
            .flatten()
            .map(String::as_str)
            .collect();
        Self::refused_input(texts.join(" "), flattened)
    }

    /// What a procedure answers that failed in a way not meant for callers.
    pub(crate) fn internal() -> Self {
        Self::new(Code::InternalServerError, "Internal server error")
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The text that the caller sees.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The error as clients get it; `path` is left out where the failure is the whole request's.
    pub(crate) fn shape<'a>(&'a self, path: Option<&'a str>) -> Shape<'a> {
        Shape {
            message: &self.message,
            code: self.code.number(),
            data: ShapeData {
                code: self.code.name(),
                http_status: self.code.status(),
                path,
                zod_error: self.flattened.as_deref(),
            },
        }
    }
}

impl From<Code> for Error {
    /// A failure whose text is the code's name.
    fn from(code: Code) -> Self {
        Self::new(code, code.name())
    }
}

/// Members in the order of the reference. Nothing in it needs a superjson annotation.
#[derive(Serialize)]
pub(crate) struct Shape<'a> {
    message: &'a str,
    code: i32,
    data: ShapeData<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShapeData<'a> {
    code: &'static str,
    http_status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    zod_error: Option<&'a Flattened>,
}
