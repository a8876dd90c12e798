//! Messages that WAHA had in hand when something broke: they go out once at most, and what is said
//! of them is true.

use std::{sync::Arc, time::Duration};

use herald::{random::Random, scheduler::Scheduler};
use rstest::rstest;
use serde_json::{Value, json};
use waha_stand_in::{Behaviour, Engine, Fault, SendFault};
use whatsapp_gateway::{Ack, Changed};

use super::setup::{
    GROUP, JOHN, SEND_LIMIT, SLOW, Setting, Way, booked, chooses_ids, draft_to, is_left_alone,
    message_to, until_given,
};
use crate::{
    campaigns::{HOUR, MINUTE, NOON, create, go_to, run_until, see},
    support::world::Person,
};

/// So much later than anybody waits.
const NEVER: Duration = Duration::from_hours(1);

async fn resolve(person: &Person<'_>, message: &Value, choice: &str) {
    let input = json!({ "messageId": message["id"], "as": choice });
    let done = person.mutate("messageCampaign.resolveUnknown", input).await;
    assert_eq!(done.data(), json!({ "success": true }));
}

#[rstest]
#[case::answers_too_late(SendFault::LateAnswer(NEVER), "did not answer in time")]
#[case::hangs_up(SendFault::CutOff, "The connection to the WhatsApp service broke")]
#[case::says_nothing(SendFault::Unclear, "did not say whether the message went out")]
#[tokio::test]
async fn taken_and_not_said_so(
    #[case] fault: SendFault,
    #[case] reason: &str,
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    let id = create(&ann, draft_to(&session, &[JOHN])).await;
    go_to(world, NOON);
    waha.send_fault(fault);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let message = message_to(&ann, &id, JOHN).await;
    assert_eq!(message["status"], "unknown");
    let said = message["reason"].as_str().unwrap();
    assert!(said.contains(reason), "{said}");
    assert_eq!(
        booked(&ann, &id).await,
        json!({ "planned": 1, "unknown": 1 })
    );
    assert_eq!((setting.posts(), setting.taken().len()), (1, 1));

    waha.send_fault(SendFault::None);
    let is_read = |changed: &Changed| matches!(changed, Changed::Receipt { ack: Ack::Read, .. });
    if chooses_ids(engine, behaviour) {
        // Its receipts say so.
        ears.until(async || message_to(&ann, &id, JOHN).await["readAt"].is_string())
            .await;
        let message = message_to(&ann, &id, JOHN).await;
        assert_eq!(
            (&message["status"], &message["reason"]),
            (&json!("sent"), &Value::Null)
        );
        assert_eq!(message["sentAt"], "2026-01-02T12:00:00.000Z");
        is_left_alone(world).await;
    } else {
        // Receipts come, and nobody can tell whose they are: its owner decides.
        ears.hear(is_read).await;
        is_left_alone(world).await;
        let message = message_to(&ann, &id, JOHN).await;
        assert_eq!(message["status"], "unknown");
        let (choice, becomes) = match engine {
            Engine::Webjs => ("sent", "sent"),
            Engine::Noweb => ("failed", "failed"),
            Engine::Gows => ("resend", "sent"),
        };
        resolve(&ann, &message, choice).await;
        let again = usize::from(choice == "resend");
        assert_eq!(run_until(world, NOON + 5 * HOUR).await, again);
        assert_eq!(message_to(&ann, &id, JOHN).await["status"], becomes);
        assert_eq!(setting.posts(), 1 + again);
        return;
    }
    assert_eq!(setting.posts(), 1, "never a second time");
}

#[rstest]
#[tokio::test]
async fn taken_with_an_empty_answer(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let id = create(&ann, draft_to(&session, &[JOHN])).await;
    go_to(&setting.world, NOON);
    setting.waha.send_fault(SendFault::EmptyAnswer);
    assert_eq!(setting.world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(message_to(&ann, &id, JOHN).await["status"], "sent");
    is_left_alone(&setting.world).await;
    assert_eq!(setting.posts(), 1);
}

/// WhatsApp's last word comes by receipt, also against an answer that said it was taken.
#[rstest]
#[tokio::test]
async fn taken_and_refused_by_its_receipt(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let id = create(&ann, draft_to(&session, &[JOHN])).await;
    go_to(&setting.world, NOON);
    setting.waha.send_fault(SendFault::RefusedByReceipt);
    assert_eq!(setting.world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(message_to(&ann, &id, JOHN).await["status"], "sent");
    ears.until(async || message_to(&ann, &id, JOHN).await["status"] == "failed")
        .await;
    assert_eq!(see(&ann, &id).await["status"], "FAILED");
    setting.waha.send_fault(SendFault::None);
    is_left_alone(&setting.world).await;
    assert_eq!(setting.posts(), 1);
}

/// NOWEB tells by receipts alone of what WhatsApp refuses: as many of those in a row as of other
/// failures pause the campaign.
#[rstest]
#[tokio::test]
async fn refusals_by_receipt_pause_the_campaign(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    // People whom the account knows: of others, a new account writes to few a day.
    let people: Vec<_> = (1..=8).map(|n| format!("1202555011{n}@c.us")).collect();
    for person in &people {
        assert!(waha.say(setting.name(&session), person, "Hello"));
        ears.hear(|changed| matches!(changed, Changed::Message { .. }))
            .await;
    }
    let recipients: Vec<_> = people.iter().map(String::as_str).collect();
    let id = create(&ann, draft_to(&session, &recipients)).await;
    go_to(world, NOON);
    waha.send_fault(SendFault::RefusedByReceipt);
    for failed in 1..=5 {
        assert_eq!(see(&ann, &id).await["pauseReason"], Value::Null);
        assert_eq!(run_until(world, NOON + failed * MINUTE).await, 1);
        ears.until(async || booked(&ann, &id).await["failed"] == failed)
            .await;
    }
    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "PAUSED");
    let reason = campaign["pauseReason"].as_str().unwrap();
    assert!(reason.starts_with("5 messages in a row"), "{reason}");
    assert_eq!(setting.posts(), 5);
}

/// It goes down after it was given the message and before it did anything: nobody can know that.
#[rstest]
#[case(Engine::Webjs, Behaviour::Core202410)]
#[case(Engine::Noweb, Behaviour::Core202602)]
#[case(Engine::Gows, Behaviour::Current)]
#[tokio::test]
async fn a_waha_that_dies_with_the_message_in_hand(
    #[case] engine: Engine,
    #[case] behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    let id = create(&ann, draft_to(&session, &[JOHN])).await;
    go_to(world, NOON);
    waha.fault(Fault::Late(SLOW));
    let die = async {
        until_given(&setting).await;
        waha.down().await;
    };
    let (handed_over, ()) = tokio::join!(world.app.scheduler.tick(), die);
    assert_eq!(handed_over.unwrap(), 1);
    let message = message_to(&ann, &id, JOHN).await;
    assert_eq!(message["status"], "unknown");
    assert_eq!(setting.taken(), []);

    waha.fault(Fault::None);
    waha.up().await.unwrap();
    assert_eq!(world.app.sessions.tick().await.unwrap(), 0);
    is_left_alone(world).await;
    assert_eq!(setting.posts(), 1);
    resolve(&ann, &message, "resend").await;
    assert_eq!(run_until(world, NOON + 5 * HOUR).await, 1);
    assert_eq!(booked(&ann, &id).await, json!({ "planned": 1, "sent": 1 }));
    assert_eq!((setting.posts(), setting.taken().len()), (2, 1));
}

/// Herald dies while WAHA has the message: the next one asks WAHA, where that can tell.
#[rstest]
#[tokio::test]
async fn a_herald_that_is_killed_with_the_message_out(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(GROUP, JOHN)] chat: &str,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    let id = create(&ann, draft_to(&session, &[chat])).await;
    go_to(world, NOON);
    waha.send_fault(SendFault::LateAnswer(NEVER));
    tokio::select! {
        _ = world.app.scheduler.tick() => panic!("nothing answers it"),
        () = waha.until_sent(1) => {}
    }
    assert_eq!(
        booked(&ann, &id).await,
        json!({ "planned": 1, "sending": 1 })
    );

    let app = &world.app;
    let next = Scheduler::new(
        app.store.clone(),
        Arc::clone(&setting.gateway),
        app.clock.clone(),
        Random::seeded(8),
        app.changes.clone(),
        false,
    );
    assert_eq!(next.tick().await.unwrap(), 0, "it may be alive yet");
    assert_eq!(
        booked(&ann, &id).await,
        json!({ "planned": 1, "sending": 1 })
    );
    let limit = i64::try_from(SEND_LIMIT.as_millis()).unwrap();
    go_to(world, NOON + limit + 30_000);
    assert_eq!(next.tick().await.unwrap(), 0);
    let message = message_to(&ann, &id, chat).await;
    if chooses_ids(engine, behaviour) {
        assert_eq!(
            (&message["status"], &message["reason"]),
            (&json!("sent"), &Value::Null)
        );
    } else {
        assert_eq!(message["status"], "unknown");
        let reason = message["reason"].as_str().unwrap();
        assert!(reason.starts_with("Herald was stopped while"), "{reason}");
    }
    for hours in 1..5 {
        go_to(world, NOON + hours * HOUR);
        assert_eq!(next.tick().await.unwrap(), 0);
    }
    assert_eq!((setting.posts(), setting.taken().len()), (1, 1));
}
