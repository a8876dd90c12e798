//! Answers that are one JSON text. See `docs/wire/trpc-protocol.md`, section 3.

use axum::{body::Body, response::Response};
use futures_util::future::{BoxFuture, join_all};
use http::{HeaderValue, StatusCode, header};

use crate::{Error, procedure::Answer};

/// One call.
pub(crate) async fn single(path: &str, call: BoxFuture<'static, Answer>) -> Response {
    let mut body = Vec::with_capacity(256);
    let status = write(&mut body, path, call.await);
    response(status, body)
}

/// A batch, in the order of its calls. The calls' common status, or 207.
pub(crate) async fn batch(paths: &[String], calls: Vec<BoxFuture<'static, Answer>>) -> Response {
    let mut body = Vec::with_capacity(256 * calls.len());
    let mut common = None;
    for (path, answer) in paths.iter().zip(join_all(calls).await) {
        body.push(if body.is_empty() { b'[' } else { b',' });
        let status = write(&mut body, path, answer);
        let same = *common.get_or_insert(status) == status;
        common = Some(if same {
            status
        } else {
            StatusCode::MULTI_STATUS
        });
    }
    body.push(b']');
    response(common.unwrap_or(StatusCode::OK), body)
}

/// A failure of the request as a whole. Also a batch gets one object.
pub(crate) fn fault(error: &Error) -> Response {
    let mut body = Vec::new();
    write_error(&mut body, None, error);
    let mut response = response(error.status(), body);
    // The reference sets no type before its router takes over; this is what fetch then adds.
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain;charset=UTF-8"),
    );
    response
}

fn write(body: &mut Vec<u8>, path: &str, answer: Answer) -> StatusCode {
    let start = body.len();
    let error = match answer.and_then(|output| {
        body.extend_from_slice(b"{\"result\":{\"data\":");
        output.write(body)
    }) {
        Ok(()) => {
            body.extend_from_slice(b"}}");
            return StatusCode::OK;
        }
        Err(error) => error,
    };
    body.truncate(start);
    write_error(body, Some(path), &error);
    error.status()
}

fn write_error(body: &mut Vec<u8>, path: Option<&str>, error: &Error) {
    body.extend_from_slice(b"{\"error\":{\"json\":");
    // Texts and numbers only: writing them to memory cannot fail.
    let _ = serde_json::to_writer(&mut *body, &error.shape(path));
    body.extend_from_slice(b"}}");
}

fn response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}
