//! Webhooks (section 9.1): what may be configured, and the deliveries.

use std::{io, sync::Arc};

use axum::response::Response;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use sha2::Sha512;
use tokio::time::sleep;

use crate::{
    Behaviour,
    errors::{invalid, version},
    events::Emitted,
    machine::World,
};

/// Names that 2024.10 knows; everything else is later.
const OLD_EVENTS: [&str; 10] = [
    "session.status",
    "message",
    "message.any",
    "message.ack",
    "message.reaction",
    "message.waiting",
    "state.change",
    "group.join",
    "group.leave",
    "presence.update",
];
const NEW_EVENTS: [&str; 6] = [
    "*",
    "message.ack.group",
    "group.v2.join",
    "group.v2.leave",
    "group.v2.update",
    "group.v2.participants",
];

/// WAHA keeps no time limit and looks at no certificate.
pub(crate) fn client() -> io::Result<Client> {
    // Fails where the process has chosen one already; that one is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .build()
        .map_err(io::Error::other)
}

/// 400 for an event that this release does not know, or an address that is none.
pub(crate) fn check(behaviour: Behaviour, config: &Value) -> Result<(), Response> {
    for hook in config["webhooks"].as_array().into_iter().flatten() {
        let is_http = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        if !hook["url"].as_str().is_some_and(is_http) {
            return Err(invalid("webhooks.0.url must be a URL address"));
        }
        let is_known = |event: &Value| {
            event.as_str().is_some_and(|event| {
                OLD_EVENTS.contains(&event)
                    || behaviour > Behaviour::Core202410 && NEW_EVENTS.contains(&event)
            })
        };
        if !hook["events"]
            .as_array()
            .into_iter()
            .flatten()
            .all(is_known)
        {
            return Err(invalid(
                "webhooks.0.each value in events must be one of the following values: …",
            ));
        }
    }
    Ok(())
}

/// To every webhook of the session that wants it; each goes its own way, so their order is open.
pub(crate) fn post(world: &World, config: &Value, emitted: &Arc<Emitted>) {
    for hook in config["webhooks"].as_array().into_iter().flatten() {
        let wants = |event: &Value| event == "*" || *event == emitted.event;
        if hook["events"].as_array().into_iter().flatten().any(wants) {
            let delivery = Delivery {
                http: world.http.clone(),
                hook: hook.clone(),
                emitted: Arc::clone(emitted),
                behaviour: world.profile.behaviour,
            };
            let scale = world.profile.waits;
            world.tasks.spawn(async move {
                let mut pauses = delivery.pauses().into_iter();
                while !delivery.is_taken().await {
                    let Some(seconds) = pauses.next() else { return };
                    sleep(scale.of(seconds)).await;
                }
            });
        }
    }
}

struct Delivery {
    http: Client,
    hook: Value,
    emitted: Arc<Emitted>,
    behaviour: Behaviour,
}

impl Delivery {
    /// Anything but a 2xx is worth another try, with the same body and the same request id.
    async fn is_taken(&self) -> bool {
        let sent = self.request().send().await;
        sent.is_ok_and(|response| response.status().is_success())
    }

    fn request(&self) -> RequestBuilder {
        let body = &self.emitted.text;
        let request = self
            .http
            .post(self.hook["url"].as_str().unwrap_or_default())
            .header("content-type", "application/json")
            .body(body.clone());
        if self.behaviour == Behaviour::Core202410 {
            return request;
        }
        let mut request = request
            .header("user-agent", format!("WAHA/{}", version(self.behaviour)))
            .header("X-Webhook-Request-Id", &self.emitted.id)
            .header("X-Webhook-Timestamp", self.emitted.timestamp.to_string());
        for header in self.hook["customHeaders"].as_array().into_iter().flatten() {
            let of = |key: &str| header[key].as_str().unwrap_or_default().to_owned();
            request = request.header(of("name"), of("value"));
        }
        match self.hook["hmac"]["key"].as_str() {
            Some(key) => request
                .header("X-Webhook-Hmac", signature(key, body))
                .header("X-Webhook-Hmac-Algorithm", "sha512"),
            None => request,
        }
    }

    /// Seconds before each further try; the old free release makes none.
    fn pauses(&self) -> Vec<f64> {
        if self.behaviour == Behaviour::Core202410 {
            return Vec::new();
        }
        let retries = &self.hook["retries"];
        let attempts = retries["attempts"].as_u64().unwrap_or(15);
        let delay = retries["delaySeconds"].as_f64().unwrap_or(2.0);
        let mut factor = 1.0;
        (0..attempts)
            .map(|_| {
                let pause = delay * factor;
                match retries["policy"].as_str() {
                    Some("linear") => factor += 1.0,
                    Some("exponential") => factor *= 2.0,
                    _ => {}
                }
                pause
            })
            .collect()
    }
}

/// Lower-case hex of HMAC-SHA512 over the body as it is sent.
fn signature(key: &str, body: &str) -> String {
    Hmac::<Sha512>::new_from_slice(key.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(body.as_bytes());
            hex::encode(mac.finalize().into_bytes())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_signature() {
        let body = r#"{"event":"message","session":"default","engine":"WEBJS"}"#;
        let expected = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";
        assert_eq!(signature("my-secret-key", body), expected);
    }
}
