//! Answers as JSON lines: a head at once, then each call when it is done.
//! See `docs/wire/trpc-protocol.md`, section 5.

use std::{convert::Infallible, io::Write as _};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{
    FutureExt as _, Stream, StreamExt as _,
    future::BoxFuture,
    stream::{FuturesUnordered, iter, unfold},
};
use http::{HeaderValue, header};

use crate::{Error, procedure::Answer};

/// Always 200: what fails, fails in its line.
pub(crate) fn lines(paths: Vec<String>, calls: Vec<BoxFuture<'static, Answer>>) -> Response {
    let lines = stream(paths, calls).map(|lines| Ok::<_, Infallible>(Bytes::from(lines)));
    let mut response = Response::new(Body::from_stream(lines));
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

/// Ends together with its last line: a client that has all its answers aborts what has not
/// ended, and with it the connection.
fn stream(
    paths: Vec<String>,
    calls: Vec<BoxFuture<'static, Answer>>,
) -> impl Stream<Item = Vec<u8>> + Send {
    let head = iter([head(calls.len())]);
    let writer = Writer {
        paths,
        next_chunk: calls.len(),
    };
    let running: FuturesUnordered<_> = calls
        .into_iter()
        .enumerate()
        .map(|(index, call)| call.map(move |answer| (index, answer)))
        .collect();
    head.chain(unfold(
        (writer, running),
        |(mut writer, mut running)| async move {
            let (index, answer) = running.next().await?;
            let mut lines = Vec::with_capacity(512);
            writer.write(&mut lines, index, answer);
            // Whatever is done as well goes out in the same write.
            while let Some(Some((index, answer))) = running.next().now_or_never() {
                writer.write(&mut lines, index, answer);
            }
            Some((lines, (writer, running)))
        },
    ))
}

/// Says that call i comes as chunk i: `{"json":{"0":[[0],[null,0,0]],…}}`.
fn head(calls: usize) -> Vec<u8> {
    let mut line = Vec::with_capacity(16 + 24 * calls);
    line.extend_from_slice(b"{\"json\":{");
    for call in 0..calls {
        let comma = if call == 0 { "" } else { "," };
        append(
            &mut line,
            format_args!("{comma}\"{call}\":[[0],[null,0,{call}]]"),
        );
    }
    line.extend_from_slice(b"}}\n");
    line
}

struct Writer {
    paths: Vec<String>,
    /// Chunks are numbered in the order in which they are announced.
    next_chunk: usize,
}

impl Writer {
    /// Three chunks for a good call, as the reference has it: the answer, which announces its
    /// result, which announces its data. One for a failed call.
    fn write(&mut self, lines: &mut Vec<u8>, index: usize, answer: Answer) {
        let start = lines.len();
        let (result, data) = (self.next_chunk, self.next_chunk + 1);
        let written = answer.and_then(|output| {
            append(
                lines,
                format_args!(
                    "{{\"json\":[{index},0,[[{{\"result\":0}}],[\"result\",0,{result}]]]}}\n"
                ),
            );
            append(
                lines,
                format_args!("{{\"json\":[{result},0,[[{{\"data\":0}}],[\"data\",0,{data}]]]}}\n"),
            );
            output.write_chunk(data, lines)
        });
        match written {
            Ok(()) => {
                replace_undefined(lines);
                self.next_chunk += 2;
            }
            Err(error) => {
                lines.truncate(start);
                write_error(lines, index, &self.paths[index], &error);
            }
        }
        lines.push(b'\n');
    }
}

/// A value that is itself undefined is an empty array, without an annotation.
fn replace_undefined(lines: &mut Vec<u8>) {
    const ANNOTATED: &[u8] = br#"[[null]]],"meta":{"values":{"2.0.0":["undefined"]},"v":1}}"#;
    if lines.ends_with(ANNOTATED) {
        lines.truncate(lines.len() - ANNOTATED.len());
        lines.extend_from_slice(b"[[]]]}");
    }
}

fn write_error(lines: &mut Vec<u8>, index: usize, path: &str, error: &Error) {
    append(lines, format_args!("{{\"json\":[{index},0,[[{{\"error\":"));
    // Texts and numbers only: writing them to memory cannot fail.
    let _ = serde_json::to_writer(&mut *lines, &error.shape(Some(path)));
    lines.extend_from_slice(b"}]]]}");
}

/// Writing to memory cannot fail.
fn append(lines: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = lines.write_fmt(text);
}
