//! The web socket over which WAHA says what happens (section 9.3), for where it cannot reach us.

use std::{
    convert::Infallible,
    mem::{Discriminant, discriminant},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{LIST, Waha, events::WANTED, within};
use crate::{Changed, Event, GatewayError, SessionName};

/// A connection that has lasted so long was a good one: what ends it is a new failure.
const LASTING: Duration = Duration::from_mins(1);
/// Until a refused key is tried again: somebody has to correct it first.
const KEY_PAUSE: Duration = Duration::from_mins(1);
/// What 2024.10 closes with when it is asked for more than the status of sessions.
const TOO_MUCH: u16 = 4001;

/// Why a connection came to its end, or did not come about.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error(transparent)]
    NotConnected(#[from] GatewayError),
    #[error("WAHA refuses the key")]
    Key,
    #[error("WAHA has no such events")]
    TooMuch,
    #[error("nothing was heard for {} s", .0.as_secs())]
    Silent(Duration),
    #[error("closed by WAHA")]
    Closed,
    #[error("broken: {0}")]
    Broken(#[from] tokio_tungstenite::tungstenite::Error),
}

impl Waha {
    /// Connects, again and again.
    pub(super) async fn listen_to_socket(&self) {
        let mut pauses = pauses();
        let mut told: Option<Discriminant<End>> = None;
        let mut is_again = false;
        loop {
            let since = Instant::now();
            let end = self.hear_what_there_is(is_again).await;
            is_again = true;
            if since.elapsed() > LASTING {
                (pauses, told) = (self::pauses(), None);
            }
            // Once a failure, however often it is met.
            if told.replace(discriminant(&end)) == Some(discriminant(&end)) {
                tracing::debug!(error = %end, "still no events from WAHA");
            } else {
                tracing::warn!(error = %end, "no events from WAHA for now; connecting again");
            }
            let pause = match end {
                End::Key | End::NotConnected(GatewayError::Unauthorized { .. }) => KEY_PAUSE,
                _ => pauses.next().unwrap_or(KEY_PAUSE),
            };
            sleep(pause).await;
        }
    }

    /// Asks for all that we want, and where this WAHA has no such events, for what every one has.
    async fn hear_what_there_is(&self, is_again: bool) -> End {
        let [all, .., status_alone] = WANTED;
        match self.hear(all, is_again).await {
            Err(End::TooMuch) => {
                let Err(end) = self.hear(status_alone, is_again).await;
                end
            }
            Err(end) => end,
        }
    }

    async fn hear(&self, events: &[&str], is_again: bool) -> Result<Infallible, End> {
        let query = query(events);
        let socket = self.http.socket(&["ws"], &query);
        let mut socket = within(self.timeouts.quick, socket).await?;
        self.look_again(is_again).await;

        let step = self.timeouts.silence / 3;
        let mut silent_steps = 0;
        loop {
            let Ok(frame) = timeout(step, socket.next()).await else {
                silent_steps += 1;
                if silent_steps == 3 {
                    return Err(End::Silent(self.timeouts.silence));
                }
                // WAHA pings by itself, but a proxy between us may be less patient than it.
                let ping = socket.send(Message::Ping(Vec::new().into()));
                timeout(step, ping).await.unwrap_or(Ok(()))?;
                continue;
            };
            silent_steps = 0;
            match frame.ok_or(End::Closed)?? {
                // What is none of WAHA's messages is not worth more than to be passed over.
                Message::Text(text) => _ = self.tell(text.as_bytes()),
                Message::Close(frame) => return Err(closed(frame.as_ref())),
                _ => {}
            }
        }
    }

    /// What happened while nobody listened was not heard: every session is worth a look. Their
    /// groups are so only after a connection has been lost, since they are dear to read.
    async fn look_again(&self, is_again: bool) {
        let sessions = within(self.timeouts.quick, async {
            let path = ["api", "sessions"];
            let answer = self.http.get(&path, &[("all", "true")], LIST).await?;
            let mut names = Vec::new();
            answer.session_list(|session: Value| {
                let name = session["name"].as_str().map(SessionName::new);
                names.extend(name.and_then(Result::ok));
            })?;
            Ok(names)
        });
        let changed: &[Changed] = if is_again {
            &[Changed::Status, Changed::Groups]
        } else {
            &[Changed::Status]
        };
        match sessions.await {
            Ok(sessions) => {
                for session in sessions {
                    for changed in changed.iter().cloned() {
                        let session = session.clone();
                        // Nobody listening is no fault.
                        let _ = self.events.send(Event { session, changed });
                    }
                }
            }
            // The caller looks from time to time in any case.
            Err(error) => tracing::debug!(%error, "the sessions could not be listed"),
        }
    }
}

fn query<'a>(events: &[&'a str]) -> Vec<(&'static str, &'a str)> {
    let events = events.iter().map(|event| ("events", *event));
    [("session", "*")].into_iter().chain(events).collect()
}

fn closed(frame: Option<&CloseFrame>) -> End {
    match frame.map(|frame| frame.code) {
        Some(CloseCode::Policy) => End::Key,
        Some(code) if u16::from(code) == TOO_MUCH => End::TooMuch,
        _ => End::Closed,
    }
}

/// Half a second, doubled up to half a minute.
fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(500))
        .with_max_delay(Duration::from_secs(30))
        .without_max_times()
        .build()
}
