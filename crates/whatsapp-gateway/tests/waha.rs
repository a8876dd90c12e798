//! The WAHA engine against a stand-in for WAHA, in every engine's shapes and three releases'
//! behaviour, and against single odd answers.

#![expect(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]

#[path = "waha/facts.rs"]
mod facts;
#[path = "waha/faults.rs"]
mod faults;
#[path = "waha/odd_answers.rs"]
mod odd_answers;
#[path = "waha/receipts.rs"]
mod receipts;
#[path = "waha/scenario.rs"]
mod scenario;
#[path = "waha/sending.rs"]
mod sending;
#[path = "waha/sending_odd.rs"]
mod sending_odd;
#[path = "waha/sockets.rs"]
mod sockets;
#[path = "waha/states.rs"]
mod states;
#[path = "waha/webhooks.rs"]
mod webhooks;

use std::time::Duration;

use tokio::{
    sync::broadcast,
    time::{sleep, timeout},
};
use waha_stand_in::{Behaviour, Engine, Profile, StandIn};
use whatsapp_gateway::{
    Changed, Event, Gateway, SessionName, State, Status,
    waha::{Timeouts, Waha, WahaConfig},
};

/// Far above what anything here takes, far below what a hung test would.
const PATIENCE: Duration = Duration::from_secs(8);

fn client(url: &str, api_key: Option<&str>) -> Waha {
    client_with(
        url,
        api_key,
        Timeouts {
            lifecycle: PATIENCE,
            data: PATIENCE,
            send: PATIENCE,
            quick: PATIENCE,
            silence: PATIENCE,
        },
    )
}

fn client_with(url: &str, api_key: Option<&str>, timeouts: Timeouts) -> Waha {
    let base_url = url.parse().unwrap();
    Waha::new(WahaConfig {
        base_url,
        api_key: api_key.map(Into::into),
        webhook: None,
        timeouts,
    })
    .unwrap()
}

async fn pair(engine: Engine, behaviour: Behaviour) -> (StandIn, Waha) {
    let stand_in = StandIn::start(Profile::new(engine, behaviour))
        .await
        .unwrap();
    let waha = client(&stand_in.url(), None);
    (stand_in, waha)
}

fn name(name: &str) -> SessionName {
    SessionName::new(name).unwrap()
}

/// Waits until the stand-in's session is in this state.
async fn reach(stand_in: &StandIn, session: &SessionName, status: waha_stand_in::Status) {
    let reached = timeout(PATIENCE, stand_in.until(session.as_str(), status)).await;
    reached.unwrap_or_else(|_| {
        panic!(
            "{:?} instead of {status:?}",
            stand_in.status(session.as_str())
        )
    });
}

/// A session that was started, scanned and is connected.
async fn linked(stand_in: &StandIn, waha: &Waha) -> SessionName {
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    waha.start(&session).await.unwrap();
    reach(stand_in, &session, waha_stand_in::Status::ScanQrCode).await;
    assert!(stand_in.scan(session.as_str()));
    reach(stand_in, &session, waha_stand_in::Status::Working).await;
    session
}

async fn state(waha: &Waha, session: &SessionName) -> State {
    waha.status(session).await.unwrap().state
}

/// Asks until the status is as wanted.
async fn status_until(
    waha: &Waha,
    session: &SessionName,
    wanted: impl Fn(&Status) -> bool,
) -> Status {
    let asking = async {
        loop {
            let status = waha.status(session).await.unwrap();
            if wanted(&status) {
                return status;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, asking).await.unwrap()
}

/// What has been asked of WAHA beyond looking.
fn acts(stand_in: &StandIn) -> Vec<String> {
    stand_in
        .calls()
        .into_iter()
        .filter(|call| !call.starts_with("GET "))
        .collect()
}

/// Waits for a hint about this session.
async fn hear(events: &mut broadcast::Receiver<Event>, session: &SessionName, changed: Changed) {
    let hearing = async {
        loop {
            let event = events.recv().await.unwrap();
            assert_eq!(event.session, *session);
            if event.changed == changed {
                return;
            }
        }
    };
    let heard = timeout(PATIENCE, hearing).await;
    heard.unwrap_or_else(|_| panic!("{changed:?} was not heard"));
}
