//! Texts are handed over in every engine's shapes and three releases' behaviour, at most once,
//! whatever goes wrong; and are found again.

use std::time::Duration;

use rstest::rstest;
use waha_stand_in::{Behaviour, Engine, Fault, SendFault, SentText, StandIn, Status};
use whatsapp_gateway::{
    ChatId, Found, Gateway, GatewayError, Outgoing, SendError, Sent,
    waha::{Timeouts, Waha},
};

use crate::{PATIENCE, client_with, linked, name, pair, reach};

pub(crate) const PERSON: &str = "12025550100@c.us";
pub(crate) const GROUP: &str = "120363025000000000@g.us";

pub(crate) fn message(chat: &str) -> Outgoing {
    Outgoing {
        id: "3EB0A1B2C3D4E5F60718AB".to_owned(),
        chat: ChatId(chat.to_owned()),
        text: "Rehearsal at eight. Grüße 🎶".to_owned(),
    }
}

/// Whether the id is of our choice.
fn takes_ids(engine: Engine, behaviour: Behaviour) -> bool {
    behaviour == Behaviour::Current && engine != Engine::Webjs
}

fn posts(stand_in: &StandIn) -> usize {
    let calls = stand_in.calls();
    calls
        .iter()
        .filter(|call| *call == "POST /api/sendText")
        .count()
}

#[rstest]
#[tokio::test]
async fn a_text_is_taken(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(PERSON, GROUP, "220000000000003@lid")] chat: &str,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    let message = message(chat);
    let sent = waha.send(&session, &message).await.unwrap();

    let taken = stand_in.sent();
    let [SentText { id, at, .. }] = &taken[..] else {
        panic!("not once: {taken:?}")
    };
    let expected = SentText {
        session: session.as_str().to_owned(),
        chat: chat.to_owned(),
        text: message.text.clone(),
        id: id.clone(),
        at: *at,
    };
    assert_eq!(taken[0], expected);
    assert_eq!(
        sent,
        Sent {
            id: Some(id.clone())
        }
    );
    assert_eq!(*id == message.id, takes_ids(engine, behaviour));
    assert_eq!(posts(&stand_in), 1);
}

#[rstest]
#[case(Engine::Webjs, Behaviour::Core202602, "refused")]
#[case(Engine::Gows, Behaviour::Current, "refused")]
#[case(Engine::Noweb, Behaviour::Current, "sent")]
#[case(Engine::Webjs, Behaviour::Core202410, "sent")]
#[tokio::test]
async fn a_number_without_whatsapp(
    #[case] engine: Engine,
    #[case] behaviour: Behaviour,
    #[case] outcome: &str,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    let contacts = {
        // WEBJS alone tells who is not there, and all engines know the same people.
        let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
        let session = linked(&stand_in, &waha).await;
        waha.contacts(&session).await.unwrap()
    };
    let nobody = contacts
        .iter()
        .find(|contact| contact.is_whatsapp == Some(false))
        .unwrap();
    match waha.send(&session, &message(nobody.id.as_str())).await {
        Ok(_) => assert_eq!(outcome, "sent"),
        Err(SendError::Refused { reason }) => {
            assert_eq!(
                (reason.as_str(), outcome),
                ("WhatsApp does not know this number.", "refused")
            );
        }
        Err(other) => panic!("{other:?}"),
    }
    assert_eq!(stand_in.sent().len(), usize::from(outcome == "sent"));
}

/// Nothing goes out, and the wait of WAHA is not waited for.
#[rstest]
#[tokio::test]
async fn a_session_that_does_not_work_sends_nothing(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    let reason = async || match waha.send(&session, &message(PERSON)).await {
        Err(SendError::Unavailable { reason }) => reason,
        other => panic!("{other:?}"),
    };
    assert!(reason().await.contains("not running"));
    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    assert!(reason().await.contains("scan the code"));
    stand_in.fail(session.as_str());
    assert!(reason().await.contains("failed"));
    assert_eq!((stand_in.sent(), posts(&stand_in)), (vec![], 0));
}

#[rstest]
#[case::new_chats(SendFault::NewChatsHeld, "NewChatsHeld", 0)]
#[case::rate(SendFault::Fails("rate-overlimit".into()), "Unavailable", 0)]
#[case::lock(SendFault::Fails("async-lock timed out in queue".into()), "Unavailable", 0)]
#[case::nack(SendFault::Fails("2 UNKNOWN: server returned error 479".into()), "Unavailable", 0)]
#[case::no_lid(SendFault::Fails("No LID for user".into()), "Refused", 0)]
#[case::not_sent_but_who_knows(SendFault::Fails("Evaluation failed: t".into()), "Unknown", 0)]
#[case::sent_but_who_knows(SendFault::Unclear, "Unknown", 1)]
#[case::cut_off(SendFault::CutOff, "Unknown", 1)]
#[case::empty(SendFault::EmptyAnswer, "Sent", 1)]
#[case::never_receipted(SendFault::NeverReceipted, "Sent", 1)]
#[tokio::test]
async fn whatever_goes_wrong_it_is_asked_for_once(
    #[case] fault: SendFault,
    #[case] outcome: &str,
    #[case] taken: usize,
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.send_fault(fault.clone());
    let sent = waha.send(&session, &message(PERSON)).await;
    match &sent {
        Ok(sent) => {
            assert_eq!(outcome, "Sent");
            assert_eq!(sent.id.is_none(), fault == SendFault::EmptyAnswer);
        }
        Err(error) => {
            let shown = format!("{error:?} {error}");
            assert!(shown.starts_with(outcome), "{shown}");
            // The 500 sends back what was sent, with stacks and numbers.
            for secret in ["Rehearsal", "12025550100", "/app", "UNKNOWN"] {
                assert!(!shown.contains(secret), "{shown}");
            }
        }
    }
    assert_eq!((stand_in.sent().len(), posts(&stand_in)), (taken, 1));
}

#[rstest]
#[case::told(Behaviour::Current, Some(1_795_375_690), Some(1_795_375_690_000))]
#[case::not_locked(Behaviour::Current, None, None)]
#[case::older(Behaviour::Core202602, Some(1_795_375_690), None)]
#[tokio::test]
async fn until_when_new_chats_are_held(
    #[case] behaviour: Behaviour,
    #[case] ends: Option<i64>,
    #[case] until_ms: Option<i64>,
) {
    let (stand_in, waha) = pair(Engine::Gows, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.set_timelock(ends);
    // The chats that are there go on.
    waha.send(&session, &message(PERSON)).await.unwrap();
    stand_in.send_fault(SendFault::NewChatsHeld);
    let error = waha.send(&session, &message(PERSON)).await.unwrap_err();
    assert_eq!(error, SendError::NewChatsHeld { until_ms });
}

fn impatient(url: &str, send: Duration) -> Waha {
    let timeouts = Timeouts {
        send,
        quick: PATIENCE,
        ..Timeouts::default()
    };
    client_with(url, None, timeouts)
}

/// It was taken, and the answer is still on its way when the time is over.
#[tokio::test]
async fn a_late_answer_leaves_a_message_unknown_and_it_is_taken_once() {
    let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.send_fault(SendFault::LateAnswer(PATIENCE));
    let limit = Duration::from_secs(1);
    let waha = impatient(&stand_in.url(), limit);
    assert_eq!(waha.send_limit(), limit);
    let error = waha.send(&session, &message(PERSON)).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");
    assert_eq!((stand_in.sent().len(), posts(&stand_in)), (1, 1));

    stand_in.send_fault(SendFault::None);
    waha.send(&session, &message(GROUP)).await.unwrap();
    assert_eq!((stand_in.sent().len(), posts(&stand_in)), (2, 2));
}

/// The look before it takes all the time there is: it was not handed over.
#[tokio::test]
async fn a_look_that_hangs_sends_nothing() {
    let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.fault(Fault::Hang);
    let waha = impatient(&stand_in.url(), Duration::from_millis(50));
    let error = waha.send(&session, &message(PERSON)).await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error:?}");
    assert_eq!(posts(&stand_in), 0);
}

#[rstest]
#[case::key(Fault::Unauthorized, "refuses our key")]
#[case::error(Fault::Error, "whoever runs this server")]
#[case::garbage(Fault::Garbage, "whoever runs this server")]
#[tokio::test]
async fn a_waha_that_does_not_work_gets_no_message(#[case] fault: Fault, #[case] text: &str) {
    let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.fault(fault);
    let error = waha.send(&session, &message(PERSON)).await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains(text), "{error}");
    assert_eq!(posts(&stand_in), 0);
}

#[tokio::test]
async fn waha_goes_away_and_comes_back() {
    let (stand_in, waha) = pair(Engine::Gows, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.down().await;
    let error = waha.send(&session, &message(PERSON)).await.unwrap_err();
    assert!(matches!(error, SendError::Unavailable { .. }), "{error:?}");
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    stand_in.up().await.unwrap();
    waha.send(&session, &message(PERSON)).await.unwrap();
    assert_eq!(stand_in.sent().len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_message_of_our_id_is_found(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(PERSON, GROUP)] chat: &str,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    let message = message(chat);
    let before = waha.find(&session, &message).await.unwrap();
    assert_eq!(before, Found::CannotTell);

    stand_in.send_fault(SendFault::CutOff);
    waha.send(&session, &message).await.unwrap_err();
    let after = waha.find(&session, &message).await.unwrap();
    let expected = if takes_ids(engine, behaviour) {
        Found::Sent
    } else {
        Found::CannotTell
    };
    assert_eq!(after, expected);
    // To another chat it did not go.
    let elsewhere = Outgoing {
        chat: ChatId("12025550199@c.us".to_owned()),
        ..message
    };
    let found = waha.find(&session, &elsewhere).await.unwrap();
    assert_eq!(found, Found::CannotTell);
}

/// Whom to ask again later.
#[tokio::test]
async fn a_search_that_fails() {
    let (stand_in, waha) = pair(Engine::Noweb, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    let find = async || {
        let found = waha.find(&session, &message(PERSON)).await;
        found.unwrap_err()
    };
    stand_in.fault(Fault::Unauthorized);
    let error = find().await;
    assert!(
        matches!(error, GatewayError::Unauthorized { .. }),
        "{error}"
    );
    stand_in.fault(Fault::None);
    stand_in.stop(session.as_str());
    let error = find().await;
    assert!(matches!(error, GatewayError::NotReady { .. }), "{error}");
    stand_in.down().await;
    let error = find().await;
    assert!(matches!(error, GatewayError::Unreachable(_)), "{error}");
}
