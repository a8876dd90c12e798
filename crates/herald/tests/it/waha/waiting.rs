//! Messages that wait for WAHA: nothing is lost, and then they go out, once.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use waha_stand_in::{Behaviour, Engine, Fault, SendFault, Status};
use whatsapp_gateway::Changed;

use super::setup::{
    AHMED, GROUP, JOHN, MARY, SLOW, Setting, Way, booked, draft_to, is_left_alone, look,
    message_to, until_given,
};
use crate::campaigns::{HOUR, MINUTE, NOON, create, go_to, run_until, see, with};

/// As long as Herald knows it, WAHA is not given anything.
#[rstest]
#[tokio::test]
async fn a_session_that_restarts_is_waited_for(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    let id = create(&ann, draft_to(&session, &[GROUP])).await;
    go_to(world, NOON);
    waha.hold_starting(true);
    let named = json!({ "sessionName": session["sessionName"] });
    let restarted = ann.mutate("user.restartSession", named).await;
    assert_eq!(restarted.data(), json!({ "success": true }));
    for minutes in 0..10 {
        go_to(world, NOON + minutes * MINUTE);
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    }
    let campaign = see(&ann, &id).await;
    let waits_for = "your WhatsApp account, which is STARTING";
    assert_eq!(campaign["waitingFor"], waits_for);
    assert_eq!(setting.posts(), 0);

    waha.hold_starting(false);
    waha.until(name, Status::Working).await;
    assert_eq!(look(&ann, &session).await["status"], "WORKING");
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(booked(&ann, &id).await, json!({ "planned": 1, "sent": 1 }));
    assert_eq!((setting.posts(), setting.taken().len()), (1, 1));
}

/// The session stops after Herald has looked and before WAHA sends: WAHA lets the message wait, and
/// then refuses it.
#[rstest]
#[tokio::test]
async fn a_session_that_stops_with_the_message_in_hand(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    let id = create(&ann, draft_to(&session, &[GROUP])).await;
    go_to(world, NOON);
    waha.fault(Fault::Late(SLOW));
    let stop = async {
        until_given(&setting).await;
        waha.stop(name);
    };
    let (handed_over, ()) = tokio::join!(world.app.scheduler.tick(), stop);
    assert_eq!(handed_over.unwrap(), 1);
    waha.fault(Fault::None);
    let message = message_to(&ann, &id, GROUP).await;
    assert_eq!(
        (&message["status"], &message["attempts"]),
        (&json!("scheduled"), &json!(1))
    );
    assert_eq!(
        message["reason"],
        "WhatsApp is not running for this account: start it."
    );
    assert_eq!((setting.posts(), setting.taken().len()), (1, 0));

    // It is seen to be stopped, started, and then the message goes out.
    assert_eq!(world.app.sessions.tick().await.unwrap(), 1);
    waha.until(name, Status::Working).await;
    assert_eq!(look(&ann, &session).await["status"], "WORKING");
    assert_eq!(run_until(world, NOON + MINUTE).await, 1);
    let message = message_to(&ann, &id, GROUP).await;
    assert_eq!(
        (&message["status"], &message["attempts"], &message["reason"]),
        (&json!("sent"), &json!(2), &Value::Null)
    );
    assert_eq!((setting.posts(), setting.taken().len()), (2, 1));
}

/// WhatsApp lets the account begin no new chats: until when, WAHA tells from 2026.8 on.
#[rstest]
#[tokio::test]
async fn an_account_that_may_begin_no_new_chats(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    assert!(waha.say(name, MARY, "Hello"));
    let says_hello = |changed: &Changed| matches!(changed, Changed::Message { .. });
    ears.hear(says_hello).await;
    // The clock jumps, as if Herald had not run: that is to make nothing too late.
    let patient = json!({ "lateMinutes": 7 * 24 * 60 });
    let asked = with(draft_to(&session, &[JOHN]), patient.clone());
    let first = create(&ann, asked).await;
    let later = with(patient, json!({ "messageTime": "12:05" }));
    let asked = with(draft_to(&session, &[AHMED, MARY, GROUP]), later);
    let second = create(&ann, asked).await;

    let (until, until_text) = match behaviour {
        Behaviour::Current => (NOON + 5 * HOUR, "2026-01-02T17:00:00.000Z"),
        Behaviour::Core202410 | Behaviour::Core202602 => {
            (NOON + 24 * HOUR, "2026-01-03T12:00:00.000Z")
        }
    };
    waha.set_timelock(Some(until / 1000));
    waha.send_fault(SendFault::NewChatsHeld);
    go_to(world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let message = message_to(&ann, &first, JOHN).await;
    assert_eq!(message["status"], "scheduled");
    let campaign = see(&ann, &first).await;
    assert_eq!(campaign["nextAt"], until_text);
    let waits_for = "WhatsApp, which lets this account begin no new conversations for now";
    assert_eq!(campaign["waitingFor"], waits_for);

    // Whom the account knows, and groups, are not concerned.
    waha.send_fault(SendFault::None);
    assert_eq!(run_until(world, NOON + 10 * MINUTE).await, 2);
    let to_others = [MARY, GROUP].map(|chat| (chat.to_owned(), "See you tonight".to_owned()));
    assert_eq!(setting.taken(), to_others);
    go_to(world, until - 1);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    assert_eq!(setting.posts(), 3);

    go_to(world, until);
    assert_eq!(run_until(world, until + 2 * MINUTE).await, 2);
    for (id, sent) in [(&first, 1), (&second, 3)] {
        assert_eq!(
            booked(&ann, id).await,
            json!({ "planned": sent, "sent": sent })
        );
    }
    assert_eq!((setting.posts(), setting.taken().len()), (5, 4));
}

/// Nothing answers at WAHA's address, and then it is back.
#[rstest]
#[tokio::test]
async fn a_waha_that_is_down_is_waited_for(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    let id = create(&ann, draft_to(&session, &[JOHN])).await;
    go_to(world, NOON);
    waha.down().await;
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let message = message_to(&ann, &id, JOHN).await;
    assert_eq!(message["status"], "scheduled");
    assert_eq!(message["reason"], "The WhatsApp service cannot be reached.");
    let status = look(&ann, &session).await;
    assert_eq!(status["status"], "FAILED");
    let cause = status["cause"].as_str().unwrap();
    // As soon as that is seen, nothing is tried any more.
    for minutes in 1..20 {
        go_to(world, NOON + minutes * MINUTE);
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    }
    let campaign = see(&ann, &id).await;
    let waits_for = format!("your WhatsApp account, which is FAILED: {cause}");
    assert_eq!(campaign["waitingFor"], waits_for);
    assert_eq!(
        booked(&ann, &id).await,
        json!({ "planned": 1, "scheduled": 1 })
    );

    waha.up().await.unwrap();
    assert_eq!(world.app.sessions.tick().await.unwrap(), 0, "it runs");
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    waha.until_sent(1).await;
    let message = message_to(&ann, &id, JOHN).await;
    assert_eq!(
        (&message["status"], &message["attempts"]),
        (&json!("sent"), &json!(2))
    );
    is_left_alone(world).await;
    assert_eq!((setting.posts(), setting.taken().len()), (1, 1));
}

/// A refused key, or an answer that is none of WAHA's, is somebody's to correct: nothing is lost
/// meanwhile.
#[rstest]
#[case::key(Fault::Unauthorized, "The WhatsApp service refuses our key")]
#[case::garbage(
    Fault::Garbage,
    "The WhatsApp service takes no messages as it is set up"
)]
#[case::error(Fault::Error, "The WhatsApp service takes no messages as it is set up")]
#[tokio::test]
async fn a_waha_in_trouble_is_waited_for(#[case] fault: Fault, #[case] reason: &str) {
    let setting = Setting::new(Engine::Gows, Behaviour::Current, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    let id = create(&ann, draft_to(&session, &[JOHN])).await;
    go_to(world, NOON);
    waha.fault(fault);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let message = message_to(&ann, &id, JOHN).await;
    assert_eq!(message["status"], "scheduled");
    let said = message["reason"].as_str().unwrap();
    assert!(said.starts_with(reason), "{said}");
    assert_eq!(setting.posts(), 0, "found by the look before it");
    waha.fault(Fault::None);
    assert_eq!(run_until(world, NOON + MINUTE).await, 1);
    assert_eq!(booked(&ann, &id).await, json!({ "planned": 1, "sent": 1 }));
    assert_eq!((setting.posts(), setting.taken().len()), (1, 1));
}

/// WhatsApp can say the same of a group, or of somebody whom the account has written with: that is
/// no reason to ask again at once, and again.
#[rstest]
#[tokio::test]
async fn a_chat_that_is_not_new_is_not_tried_again_at_once(
    #[values(GROUP, MARY)] chat: &str,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(Engine::Gows, behaviour, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    assert!(waha.say(name, MARY, "Hello"));
    ears.hear(|changed| matches!(changed, Changed::Message { .. }))
        .await;
    let id = create(&ann, draft_to(&session, &[chat])).await;
    waha.send_fault(SendFault::NewChatsHeld);
    go_to(world, NOON);
    let sent = tokio::time::timeout(Duration::from_secs(30), world.app.scheduler.tick()).await;
    assert_eq!(sent.expect("an end").unwrap(), 1);
    assert_eq!(message_to(&ann, &id, chat).await["status"], "scheduled");
    assert_eq!(run_until(world, NOON + HOUR).await, 7);
    let message = message_to(&ann, &id, chat).await;
    assert_eq!(
        (&message["status"], &message["attempts"]),
        (&json!("failed"), &json!(8))
    );
    assert_eq!((setting.posts(), setting.taken().len()), (8, 0));
}
