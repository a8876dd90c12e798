//! Answers as server-sent events. See `docs/wire/trpc-protocol.md`, section 7.

use std::{convert::Infallible, time::Duration};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{
    StreamExt as _,
    stream::{iter, unfold},
};
use http::{HeaderValue, header};
use tokio::time::timeout;

use crate::{
    Error, Event, Options,
    procedure::{Events, Output},
};

const HEADERS: [(header::HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/event-stream"),
    (header::CACHE_CONTROL, "no-cache, no-transform"),
    (header::HeaderName::from_static("x-accel-buffering"), "no"),
    (header::CONNECTION, "keep-alive"),
];

/// Always 200: what fails, fails in its event. `last_id` is the last that the client got.
pub(crate) fn stream(
    path: String,
    events: Events,
    last_id: Option<String>,
    options: &Options,
) -> Response {
    let connected = connected(options.sse_reconnect_after_inactivity);
    let writer = Writer {
        path,
        events: Some(events),
        last_id: last_id.filter(|id| is_id(id)),
        ping: options.sse_ping,
    };
    let rest = unfold(writer, |mut writer| async move {
        Some((writer.next().await?, writer))
    });
    let body = iter([connected])
        .chain(rest)
        .map(|event| Ok::<_, Infallible>(Bytes::from(event)));
    let mut response = Response::new(Body::from_stream(body));
    for (name, value) in HEADERS {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What the client is to do, as JSON without superjson.
fn connected(reconnect_after_inactivity: Option<Duration>) -> Vec<u8> {
    let options = reconnect_after_inactivity.map_or_else(
        || "{}".to_owned(),
        |after| format!(r#"{{"reconnectAfterInactivityMs":{}}}"#, after.as_millis()),
    );
    format!("event: connected\ndata: {options}\n\n\n").into_bytes()
}

struct Writer {
    path: String,
    /// None after the last.
    events: Option<Events>,
    /// What the client holds.
    last_id: Option<String>,
    ping: Duration,
}

impl Writer {
    /// The next event as it is sent.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let events = self.events.as_mut()?;
        let written = match timeout(self.ping, events.next()).await {
            Err(_) => return Some(b"event: ping\ndata: \n\n\n".to_vec()),
            Ok(Some(event)) => event.and_then(|event| self.write(&event)),
            Ok(None) => {
                self.events = None;
                // Without data the event would not be delivered.
                Ok(b"event: return\ndata: \n\n\n".to_vec())
            }
        };
        Some(written.unwrap_or_else(|error| {
            self.events = None;
            self.write_error(&error)
        }))
    }

    fn write(&mut self, event: &Event<Box<dyn Output>>) -> Result<Vec<u8>, Error> {
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(b"data: ");
        event.value.write(&mut text)?;
        match (&event.id, &self.last_id) {
            (Some(id), _) if is_id(id) => {
                text.extend_from_slice(format!("\nid: {id}").as_bytes());
                self.last_id = Some(id.clone());
            }
            (Some(_), _) => {
                tracing::error!("an event has an id that cannot be sent");
                return Err(Error::internal());
            }
            // An event without an id gets the last one from `EventSource`, so that it is cleared
            // and, with an event that no client listens to, set again.
            (None, Some(last)) => text.extend_from_slice(
                format!("\nid: \n\n\nevent: restore-id\ndata: \nid: {last}").as_bytes(),
            ),
            (None, None) => {}
        }
        text.extend_from_slice(b"\n\n\n");
        Ok(text)
    }

    fn write_error(&self, error: &Error) -> Vec<u8> {
        let mut text = b"event: serialized-error\ndata: {\"json\":".to_vec();
        // Texts and numbers only: writing them to memory cannot fail.
        let _ = serde_json::to_writer(&mut text, &error.shape(Some(&self.path)));
        text.extend_from_slice(b"}\n\n\n");
        text
    }
}

/// Whether the format can carry it. An empty one stands for none.
fn is_id(id: &str) -> bool {
    !id.is_empty() && !id.contains(['\0', '\n', '\r'])
}
