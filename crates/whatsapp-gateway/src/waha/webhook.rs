//! The webhook that a session carries for us, and the proof that a delivery is WAHA's
//! (section 9.1).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha512;
use url::Url;

use super::events::RECEIPT;

/// Where WAHA is to post what happens, and what it signs that with.
#[derive(Clone)]
pub struct Webhook {
    /// An address of ours that WAHA reaches, `http` or `https`. The last segment of its path is a
    /// long secret, since the old free WAHA does not sign. An entry at the same path with a last
    /// segment of the same length, on whatever host, is taken for an earlier one of ours and
    /// replaced.
    pub url: Url,
    /// The key of the signature.
    pub key: SecretString,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(…)")
    }
}

impl Webhook {
    /// WAHA takes no other scheme, and without a secret anybody could post.
    pub(super) fn can_be(&self) -> bool {
        matches!(self.url.scheme(), "http" | "https") && !parts(&self.url).1.is_empty()
    }

    /// `config` with this webhook in it, and nothing else changed but for earlier ones of ours.
    pub(super) fn added_to(&self, config: &Value, events: &[&str]) -> Value {
        let mut webhooks = hooks(config).to_vec();
        webhooks.retain(|hook| !self.is_ours(hook));
        webhooks.push(json!({
            "url": self.url.as_str(),
            "events": events,
            "hmac": {"key": self.key.expose_secret()},
            // Half a minute: enough for a restart of ours. What takes longer is found by looking.
            "retries": {"policy": "constant", "delaySeconds": 2, "attempts": 15},
        }));
        let mut config = config.as_object().cloned().unwrap_or_default();
        config.insert("webhooks".into(), webhooks.into());
        config.into()
    }

    /// Whether `config` holds this webhook and no earlier one of ours. With which events counts
    /// little, since an older WAHA has been given fewer; but one without receipts is of a Herald
    /// that did not send yet.
    pub(super) fn is_in(&self, config: &Value) -> bool {
        let mut ours = hooks(config).iter().filter(|hook| self.is_ours(hook));
        let has_receipts = |hook: &Value| {
            let mut events = hook["events"].as_array().into_iter().flatten();
            events.any(|event| event == RECEIPT)
        };
        let is_this = |hook: &Value| {
            hook["url"] == self.url.as_str()
                && hook["hmac"]["key"] == self.key.expose_secret()
                && has_receipts(hook)
        };
        ours.next().is_some_and(is_this) && ours.next().is_none()
    }

    /// Another secret, or another host, is what Herald had before it was configured anew.
    fn is_ours(&self, hook: &Value) -> bool {
        let Some(url) = hook["url"].as_str().and_then(|url| Url::parse(url).ok()) else {
            return false;
        };
        let (path, secret) = parts(&url);
        let (own_path, own_secret) = parts(&self.url);
        path == own_path && secret.len() == own_secret.len()
    }

    /// Whether a delivery came from whom has our key. What comes without a signature has only the
    /// secret path to show, which the caller has checked; the free WAHA before 2024.11 signs
    /// nothing.
    pub(super) fn is_signed(&self, signature: Option<&str>, body: &[u8]) -> bool {
        let Some(signature) = signature else {
            return true;
        };
        let (Ok(signature), Ok(mut mac)) = (
            hex::decode(signature),
            Hmac::<Sha512>::new_from_slice(self.key.expose_secret().as_bytes()),
        ) else {
            return false;
        };
        mac.update(body);
        mac.verify_slice(&signature).is_ok()
    }
}

/// The path up to its last segment, and that.
fn parts(url: &Url) -> (&str, &str) {
    url.path().rsplit_once('/').unwrap_or_default()
}

fn hooks(config: &Value) -> &[Value] {
    config["webhooks"].as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn webhook(url: &str) -> Webhook {
        Webhook {
            url: url.parse().unwrap(),
            key: "my-secret-key".into(),
        }
    }

    const BODY: &[u8] = br#"{"event":"message","session":"default","engine":"WEBJS"}"#;
    const SIGNATURE: &str = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";

    #[test]
    fn the_published_signature() {
        let webhook = webhook("http://h/waha/s");
        assert!(webhook.is_signed(Some(SIGNATURE), BODY));
        assert!(webhook.is_signed(None, BODY));
        let other = SIGNATURE.replace("208f", "308f");
        for signature in ["", "20", &SIGNATURE[2..], &other, "not hex at all"] {
            assert!(!webhook.is_signed(Some(signature), BODY), "{signature}");
        }
        assert!(!webhook.is_signed(Some(SIGNATURE), &BODY[1..]));
    }

    #[rstest]
    #[case::this("http://herald:3210/webhook/waha/s1", true)]
    #[case::earlier_secret("http://herald:3210/webhook/waha/s0", true)]
    #[case::earlier_host("https://herald.example.org/webhook/waha/s1", true)]
    #[case::another_program("http://herald:3210/webhook/other/s1", false)]
    #[case::no_secret("http://herald:3210/webhook/waha/incoming", false)]
    #[case::deeper("http://herald:3210/webhook/waha/s1/more", false)]
    #[case::elsewhere("http://n8n:5678/webhook/1", false)]
    #[case::no_address("webhook/waha/s1", false)]
    fn ours_is_known_by_its_path(#[case] url: &str, #[case] is_ours: bool) {
        let webhook = webhook("http://herald:3210/webhook/waha/s1");
        assert_eq!(webhook.is_ours(&json!({ "url": url })), is_ours);
    }

    #[test]
    fn it_is_added_once_and_the_rest_kept() {
        const EVENTS: &[&str] = &["session.status", "message.ack"];
        let old = webhook("http://old/webhook/waha/s0");
        let new = webhook("http://new/webhook/waha/s1");
        let other = json!({"url": "http://other/", "events": ["*"]});
        let config = json!({"debug": true, "webhooks": [other]});

        let before = old.added_to(&config, EVENTS);
        assert!(old.is_in(&before) && !new.is_in(&before));
        let after = new.added_to(&before, EVENTS);
        assert!(new.is_in(&after));
        assert_eq!(after, new.added_to(&config, EVENTS));
        assert_eq!(
            (&after["debug"], &after["webhooks"][0]),
            (&json!(true), &other)
        );
        assert_eq!(new.added_to(&after, EVENTS), after);

        let mut twice = after.clone();
        let stale = before["webhooks"][1].clone();
        twice["webhooks"].as_array_mut().unwrap().push(stale);
        assert!(!new.is_in(&twice));
        assert!(!new.is_in(&new.added_to(&config, &["session.status"])));
        let mut other_key = after;
        other_key["webhooks"][1]["hmac"]["key"] = json!("x");
        assert!(!new.is_in(&other_key));
        assert!(!new.is_in(&Value::Null));
    }

    #[test]
    fn it_is_not_shown() {
        let shown = format!("{:?}", webhook("http://h/waha/secret-path"));
        assert!(!shown.contains("secret"), "{shown}");
    }
}
