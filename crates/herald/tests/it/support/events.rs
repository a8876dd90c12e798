//! A subscription as a client meets it: server-sent events, one after another.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::timeout;

/// An open stream of events.
pub(crate) struct Events {
    body: BodyDataStream,
    text: String,
}

impl Events {
    pub(crate) fn new(body: Body) -> Self {
        Self {
            body: body.into_data_stream(),
            text: String::new(),
        }
    }

    /// The next event's name and data; `None` once the stream has ended. Pings are passed over.
    pub(crate) async fn next_named(&mut self) -> Option<(String, Value)> {
        loop {
            while let Some(end) = self.text.find("\n\n\n") {
                let event: String = self.text.drain(..end + 3).collect();
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines.find_map(|line| line.strip_prefix(name)).unwrap_or("")
                };
                let name = field("event: ").to_owned();
                if name != "ping" {
                    let data = serde_json::from_str(field("data: ")).unwrap_or_default();
                    return Some((name, data));
                }
            }
            let chunk = timeout(Duration::from_secs(30), self.body.next())
                .await
                .expect("an event within 30 s")?;
            self.text
                .push_str(std::str::from_utf8(&chunk.unwrap()).unwrap());
        }
    }

    /// The next value.
    pub(crate) async fn value(&mut self) -> Value {
        match self.next_named().await {
            Some((name, data)) if name.is_empty() => data["json"].clone(),
            other => panic!("no value: {other:?}"),
        }
    }

    /// The first value of this type that fits.
    pub(crate) async fn until(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let value = self.value().await;
            if value["type"] == kind && fits(&value[kind]) {
                return value[kind].clone();
            }
        }
    }

    /// The code of the error with which the stream ends.
    pub(crate) async fn error(&mut self) -> String {
        loop {
            let (name, data) = self.next_named().await.expect("an error before the end");
            if name == "serialized-error" {
                assert!(self.next_named().await.is_none(), "an error is the last");
                return data["json"]["data"]["code"].as_str().unwrap().to_owned();
            }
        }
    }
}
