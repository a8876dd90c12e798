//! Sending a text, at most once, and finding it again (section 8).

use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

use super::{
    SMALL, Waha,
    answer::Answer,
    http::Lost,
    list::{Field, message_id},
    seen, within,
};
use crate::{Found, GatewayError, Outgoing, Result, SendError, Sent, SessionName, State};

/// WhatsApp's code for an account that may begin no new chats (section 4.4).
const NEW_CHATS_HELD: u32 = 463;

impl Waha {
    /// What fails before the message is on its way leaves it for later; what fails after that
    /// leaves it open, but where WAHA's answer says otherwise.
    pub(super) async fn hand_over(
        &self,
        session: &SessionName,
        message: &Outgoing,
    ) -> Result<Sent, SendError> {
        let deadline = Instant::now() + self.timeouts.send;
        let takes_ids = self.prepare(session).await?;
        let mut body = json!({
            "session": session.as_str(),
            "chatId": message.chat.as_str(),
            "text": message.text,
            "linkPreview": true,
            "linkPreviewHighQuality": false,
        });
        if takes_ids {
            body["id"] = json!(message.id);
        }

        let answer = self.http.post_once(&["api", "sendText"], &body);
        let answer = match timeout_at(deadline, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(Lost::BeforeItWasSent)) => return Err(SendError::unreachable()),
            Ok(Err(Lost::AfterItWasSent)) => return Err(SendError::cut_off()),
            Err(_) => return Err(SendError::unanswered()),
        };
        if answer.status.is_success() {
            return Ok(Sent {
                id: id(&answer.body),
            });
        }

        let error = refusal(&answer);
        tracing::warn!(
            status = answer.status.as_u16(),
            "WAHA did not send a message"
        );
        match error {
            SendError::NewChatsHeld { .. } => {
                let until_ms = timeout_at(deadline, self.held_until(session)).await;
                Err(SendError::NewChatsHeld {
                    until_ms: until_ms.unwrap_or(None),
                })
            }
            error => Err(error),
        }
    }

    /// Looks whether the session works, since WAHA would let the message wait, and whether this
    /// WAHA takes an id of ours. A version that cannot be read does not.
    async fn prepare(&self, session: &SessionName) -> Result<bool, SendError> {
        let looks = async {
            let (seen, version) =
                tokio::join!(self.look_for(session, &State::Working), self.version());
            seen?;
            Ok(seen::takes_ids(&version.ok().flatten().unwrap_or_default()))
        };
        // The message itself is left half of the time at least.
        let limit = self.timeouts.quick.min(self.timeouts.send / 2);
        within(limit, looks).await.map_err(|error| match error {
            GatewayError::NotReady { state } => SendError::not_ready(&state),
            GatewayError::Unauthorized { .. } => SendError::unauthorized(),
            GatewayError::Unreachable(_) | GatewayError::Timeout { .. } => SendError::unreachable(),
            GatewayError::Unsupported(_) | GatewayError::Engine(_) => misconfigured(),
        })
    }

    async fn held_until(&self, session: &SessionName) -> Option<i64> {
        let seen = self.look(session).await.ok()??;
        seen.new_chats_held_until
    }

    /// Only a message with our id can be looked for. That WAHA has none of this id proves nothing:
    /// it may keep no messages at all, or be about to send it.
    pub(super) async fn look_up(&self, session: &SessionName, message: &Outgoing) -> Result<Found> {
        let version = self.version().await?.unwrap_or_default();
        if !seen::takes_ids(&version) {
            return Ok(Found::CannotTell);
        }
        self.look_for(session, &State::Working).await?;
        let chat = message.chat.as_str();
        let full_id = format!("true_{chat}_{}", message.id);
        let path = ["api", session.as_str(), "chats", chat, "messages", &full_id];
        let query = [("downloadMedia", "false")];
        let answer = self.http.get(&path, &query, SMALL).await?;
        match answer.accepted() {
            Ok(()) => {}
            Err(
                error @ (GatewayError::NotReady { .. }
                | GatewayError::Unauthorized { .. }
                | GatewayError::Unreachable(_)),
            ) => return Err(error),
            Err(_) => return Ok(Found::CannotTell),
        }
        let found: RawMessage = serde_json::from_slice(&answer.body).unwrap_or_default();
        let is_it = found.bare_id() == Some(&message.id) && !found.has_failed();
        Ok(if is_it {
            Found::Sent
        } else {
            Found::CannotTell
        })
    }
}

/// A message of any engine.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawMessage {
    id: Field,
    /// NOWEB.
    key: Option<Key>,
    /// −1 where WhatsApp has refused it.
    ack: serde_json::Value,
}

#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    id: Field,
}

impl RawMessage {
    fn bare_id(&self) -> Option<&str> {
        let key = self.key.as_ref().and_then(|key| key.id.id());
        self.id.id().or(key).and_then(message_id)
    }

    fn has_failed(&self) -> bool {
        self.ack.as_i64() == Some(-1)
    }
}

/// The id of a message that was taken; an answer may have any shape, or none.
fn id(body: &[u8]) -> Option<String> {
    let message: RawMessage = serde_json::from_slice(body).ok()?;
    message.bare_id().map(str::to_owned)
}

/// What an answer that is no success says of the message.
fn refusal(answer: &Answer) -> SendError {
    match (answer.status.as_u16(), answer.accepted()) {
        (500, _) => failure(&answer.words()),
        // A proxy that has given up waiting.
        (502 | 504..600, _) => SendError::unclear(),
        (400 | 413, _) if answer.is_wahas() => SendError::Refused {
            reason: "The WhatsApp service does not take this message.".to_owned(),
        },
        (404, _) if answer.is_wahas() => SendError::not_ready(&State::Stopped),
        (_, Err(GatewayError::NotReady { state })) => SendError::not_ready(&state),
        (_, Err(GatewayError::Unauthorized { .. })) => SendError::unauthorized(),
        (_, Err(GatewayError::Unreachable(_))) => SendError::unreachable(),
        _ => misconfigured(),
    }
}

/// A failure inside WAHA, by its words (section 8): there are some with which a message surely
/// never reached WhatsApp. Anything else leaves that open, as "Timed Out" does; a browser fails
/// at times on what it reads back of a message that is out.
fn failure(words: &str) -> SendError {
    let words = words.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| words.contains(sign));
    if codes(&words).any(|code| code == NEW_CHATS_HELD) {
        SendError::NewChatsHeld { until_ms: None }
    } else if has(&["no lid", "lid is missing"]) {
        SendError::Refused {
            reason: "WhatsApp does not know this number.".to_owned(),
        }
    } else if has(&["server returned error"]) {
        // WhatsApp's own answer to the message, in place of a receipt.
        SendError::Unavailable {
            reason: "WhatsApp did not take the message.".to_owned(),
        }
    } else if has(&["rate-overlimit"]) {
        SendError::Unavailable {
            reason: "WhatsApp takes no more from this account for the moment.".to_owned(),
        }
    } else if has(&["async-lock", "not ready", "websocket not connected"]) {
        SendError::not_ready(&State::Starting)
    } else {
        SendError::unclear()
    }
}

/// The numbers in `error 463` and the like.
fn codes(words: &str) -> impl Iterator<Item = u32> {
    words.split("error ").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit());
        rest[..end.unwrap_or(rest.len())].parse().ok()
    })
}

fn misconfigured() -> SendError {
    SendError::Unavailable {
        reason: "The WhatsApp service takes no messages as it is set up: whoever runs this server \
                 has to look at it."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::webjs(r#"{"_data":{},"id":{"fromMe":true,"remote":"1@c.us","id":"3EB0A1","_serialized":"true_1@c.us_3EB0A1"},"ack":0}"#, Some("3EB0A1"))]
    #[case::noweb(r#"{"key":{"remoteJid":"1@s.whatsapp.net","fromMe":true,"id":"3EB0A1"},"status":"PENDING"}"#, Some("3EB0A1"))]
    #[case::gows(r#"{"id":"true_1@c.us_3EB0A1","_data":null}"#, Some("3EB0A1"))]
    #[case::gows_in_a_group(r#"{"id":"true_1-2@g.us_3EB0A1_3@c.us","_data":null}"#, Some("3EB0A1"))]
    #[case::bare(r#"{"id":"3EB0A1"}"#, Some("3EB0A1"))]
    #[case::odd_id(r#"{"id":17,"key":{"id":"3EB0A1"}}"#, Some("3EB0A1"))]
    #[case::no_id(r#"{"id":null,"key":{}}"#, None)]
    #[case::only_a_chat(r#"{"id":"true_1@c.us"}"#, None)]
    #[case::a_chat_in_its_place(r#"{"id":"1@c.us"}"#, None)]
    #[case::empty("", None)]
    #[case::no_object("[1]", None)]
    #[case::no_json("<!doctype html>", None)]
    fn the_id_in_an_answer(#[case] body: &str, #[case] expected: Option<&str>) {
        assert_eq!(id(body.as_bytes()).as_deref(), expected);
    }

    #[rstest]
    #[case("2 UNKNOWN: server returned error 463", "held")]
    #[case("Error 463: NackCallerReachoutTimelocked", "held")]
    #[case("2 UNKNOWN: server returned error 479", "later")]
    #[case("2 UNKNOWN: server returned error 400", "later")]
    #[case("2 UNKNOWN: server returned error 4630", "later")]
    #[case("rate-overlimit", "later")]
    #[case("async-lock timed out in queue", "later")]
    #[case("2 UNKNOWN: websocket not connected", "later")]
    #[case("2 UNKNOWN: no LID found for …@s.whatsapp.net from server", "never")]
    #[case("No LID for user", "never")]
    #[case("Lid is missing in chat table", "never")]
    #[case("Timed Out", "unclear")]
    #[case(
        "Cannot read properties of undefined (reading '_serialized')",
        "unclear"
    )]
    #[case("463", "unclear")]
    #[case("error", "unclear")]
    #[case("", "unclear")]
    fn what_a_failure_says(#[case] words: &str, #[case] expected: &str) {
        let kind = match failure(words) {
            SendError::NewChatsHeld { .. } => "held",
            SendError::Unavailable { .. } => "later",
            SendError::Refused { .. } => "never",
            SendError::Unknown { .. } => "unclear",
        };
        assert_eq!(kind, expected);
    }
}
