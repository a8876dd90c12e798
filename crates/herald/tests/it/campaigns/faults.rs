//! What becomes of a message when the engine lets it down: one table, and what follows from it.

use rstest::rstest;
use serde_json::{Value, json};
use whatsapp_gateway::{
    Ack,
    simulated::{Fault, Operation},
};

use super::{
    HOUR, MINUTE, NOON, books, create, draft, engine_name, go_to, groups, messages, people,
    run_until, see, with,
};
use crate::support::{
    database::Kind,
    world::{Person, World},
};

/// One message to a group, or to a new person, due at NOON; the clock stands there.
async fn due(world: &World, to_group: bool) -> (Person<'_>, Value) {
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let mut asked = draft(&session["id"], &group);
    if !to_group {
        let person = people(&ann, &session, 1).await[0].clone();
        asked = with(
            asked,
            json!({ "groupId": person["chatId"], "groupName": person["name"] }),
        );
    }
    let id = create(&ann, asked).await;
    go_to(world, NOON);
    (ann, id)
}

#[rstest]
#[case::refused(
    Fault::MessageRefused("This number is not on WhatsApp."),
    "failed",
    0,
    "This number is not on WhatsApp."
)]
#[case::timed_out_before(Fault::Timeout, "unknown", 0, "did not")]
#[case::timed_out_after_hand_over(Fault::AfterHandOver, "unknown", 1, "did not")]
#[case::engine_error(Fault::EngineError, "unknown", 0, "did not")]
#[case::unreachable(Fault::Unreachable, "scheduled", 0, "")]
#[case::not_ready(Fault::NotReady, "scheduled", 0, "")]
#[case::key_refused(Fault::Refused(401), "scheduled", 0, "")]
#[tokio::test]
async fn the_table(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[case] fault: Fault,
    #[case] status: &str,
    #[case] given: u64,
    #[case] reason: &str,
) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, true).await;
    world.phone.set_fault_on(Operation::Send, fault, Some(1));
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let message = messages(&ann, &id).await[0].clone();
    assert_eq!(message["status"], status, "{message}");
    assert!(
        message["reason"].as_str().unwrap().contains(reason),
        "{message}"
    );
    assert_eq!(world.phone.sent_total(), given);
    books(&see(&ann, &id).await);

    if status == "scheduled" {
        // Tried again by itself, later, and then it goes out.
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
        go_to(&world, world.clock.now_ms() + MINUTE);
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
        let message = messages(&ann, &id).await[0].clone();
        assert_eq!(
            (&message["status"], &message["attempts"]),
            (&json!("sent"), &json!(2))
        );
        assert_eq!(message["reason"], Value::Null);
    } else {
        // Never by itself.
        for hours in 1..5 {
            go_to(&world, NOON + hours * HOUR);
            assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
        }
        let over = if status == "failed" {
            "FAILED"
        } else {
            "COMPLETED"
        };
        assert_eq!(see(&ann, &id).await["status"], over);
    }
    assert!(world.phone.sent_total() <= 1, "never twice");
}

#[rstest]
#[case::it_arrived("sent", "COMPLETED", 1)]
#[case::it_did_not("failed", "FAILED", 1)]
#[case::again("resend", "COMPLETED", 2)]
#[tokio::test]
async fn its_owner_settles_what_nobody_knows(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[case] choice: &str,
    #[case] over: &str,
    #[case] given: u64,
) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, true).await;
    world
        .phone
        .set_fault_on(Operation::Send, Fault::AfterHandOver, Some(1));
    world.app.scheduler.tick().await.unwrap();
    let message = messages(&ann, &id).await[0]["id"].clone();
    let resolve = json!({ "messageId": message, "as": choice });
    go_to(&world, NOON + 3 * HOUR);
    ann.mutate("messageCampaign.resolveUnknown", resolve.clone())
        .await
        .data();
    assert_eq!(
        ann.mutate("messageCampaign.resolveUnknown", resolve)
            .await
            .code(),
        "CONFLICT"
    );
    world.app.scheduler.tick().await.unwrap();
    assert_eq!(see(&ann, &id).await["status"], over);
    assert_eq!(world.phone.sent_total(), given);
    let sent = world.phone.sent(&engine_name(&world, &ann).await);
    assert!(
        sent.iter().all(|one| one.id == sent[0].id),
        "a repetition has the same id"
    );
}

#[rstest]
#[tokio::test]
async fn receipts_tell_what_nobody_knew(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::simulated(kind, false, |config| {
        whatsapp_gateway::simulated::SimulatedConfig {
            receipts: false,
            ..config
        }
    })
    .await;
    let mut events = whatsapp_gateway::Gateway::events(&*world.phone);
    let (ann, id) = due(&world, true).await;
    let name = engine_name(&world, &ann).await;
    world
        .phone
        .set_fault_on(Operation::Send, Fault::AfterHandOver, Some(1));
    world.app.scheduler.tick().await.unwrap();
    assert_eq!(messages(&ann, &id).await[0]["status"], "unknown");
    let sent = world.phone.sent(&name)[0].clone();
    while events.try_recv().is_ok() {}
    for (ack, status, delivered, read) in [
        (Ack::Server, "sent", false, false),
        (Ack::Delivered, "sent", true, false),
        (Ack::Read, "sent", true, true),
        (Ack::Failed, "sent", true, true),
    ] {
        world.phone.acknowledge(&name, &sent.id, ack);
        world
            .app
            .scheduler
            .heard(&events.try_recv().unwrap())
            .await
            .unwrap();
        let message = messages(&ann, &id).await[0].clone();
        assert_eq!(message["status"], status, "{ack:?}");
        assert_eq!(
            (
                message["deliveredAt"].is_string(),
                message["readAt"].is_string()
            ),
            (delivered, read),
            "{ack:?}"
        );
    }
    assert_eq!(messages(&ann, &id).await[0]["reason"], Value::Null);
}

#[tokio::test]
async fn whatsapp_can_still_refuse_what_it_took() {
    let world = World::on(Kind::Sqlite).await;
    let mut events = whatsapp_gateway::Gateway::events(&*world.phone);
    let (ann, id) = due(&world, true).await;
    let name = engine_name(&world, &ann).await;
    world
        .phone
        .set_fault_on(Operation::Send, Fault::AfterHandOver, Some(1));
    world.app.scheduler.tick().await.unwrap();
    while events.try_recv().is_ok() {}
    let sent = world.phone.sent(&name)[0].clone();
    world.phone.acknowledge(&name, &sent.id, Ack::Failed);
    world
        .app
        .scheduler
        .heard(&events.try_recv().unwrap())
        .await
        .unwrap();
    assert_eq!(messages(&ann, &id).await[0]["status"], "failed");
    assert_eq!(see(&ann, &id).await["status"], "FAILED");
}

#[rstest]
#[tokio::test]
async fn a_lock_on_new_chats_holds_those_alone(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, false).await;
    let until = NOON + 5 * HOUR;
    world
        .phone
        .set_fault_on(Operation::Send, Fault::NewChatsHeld(Some(until)), None);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let campaign = see(&ann, &id).await;
    assert_eq!(books(&campaign), json!({ "planned": 1, "scheduled": 1 }));
    assert_eq!(campaign["nextAt"], "2026-01-02T17:00:00.000Z");
    assert!(
        campaign["waitingFor"]
            .as_str()
            .unwrap()
            .contains("begin no new conversations"),
        "{campaign}"
    );
    world.phone.set_fault(None);
    assert_eq!(
        run_until(&world, until - 1_000).await,
        0,
        "no loop of retries"
    );
    assert_eq!(run_until(&world, until).await, 1);
    assert_eq!(see(&ann, &id).await["status"], "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn failures_in_a_row_pause_the_campaign_and_say_so(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::without_limits(kind).await;
    let (ann, session) = world.linked("ann").await;
    let recipients = people(&ann, &session, 30).await;
    let mut asked = draft(&session["id"], &json!({}));
    asked
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !key.starts_with("group"));
    let id = create(&ann, with(asked, json!({ "recipients": recipients }))).await;
    go_to(&world, NOON);
    world
        .phone
        .set_fault_on(Operation::Send, Fault::MessageRefused("No."), None);
    let handed_over = world.app.scheduler.tick().await.unwrap();
    assert!(
        (5..=8).contains(&handed_over),
        "five in a row, and those that were under way: {handed_over}"
    );
    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "PAUSED");
    let reason = campaign["pauseReason"].as_str().unwrap();
    assert!(
        reason.starts_with("5 messages in a row did not get through"),
        "{reason}"
    );
    books(&campaign);

    // Resumed, it has a clean slate.
    world.phone.set_fault(None);
    ann.mutate(
        "messageCampaign.resumeCampaign",
        json!({ "campaignId": id }),
    )
    .await
    .data();
    let rest = 30 - handed_over;
    assert_eq!(world.app.scheduler.tick().await.unwrap(), rest);
    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "COMPLETED");
    assert_eq!(
        books(&campaign),
        json!({ "planned": 30, "sent": rest, "failed": handed_over })
    );
}

#[rstest]
#[tokio::test]
async fn a_session_that_does_not_work_means_waiting(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, true).await;
    let name = engine_name(&world, &ann).await;
    let session = ann
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .data();
    let look = || {
        ann.query(
            "user.getSessionStatus",
            json!({ "sessionName": session["sessionName"] }),
        )
    };
    world.phone.lose_connection(&name);
    look().await.data();
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    let campaign = see(&ann, &id).await;
    assert_eq!(books(&campaign), json!({ "planned": 1, "scheduled": 1 }));
    assert_eq!(
        campaign["waitingFor"],
        "your WhatsApp account, which is STARTING"
    );

    go_to(&world, NOON + 10 * MINUTE);
    world.phone.restore(&name);
    look().await.data();
    assert_eq!(
        world.app.scheduler.tick().await.unwrap(),
        1,
        "looked at as soon as it works"
    );
    assert_eq!(see(&ann, &id).await["status"], "COMPLETED");
}

#[tokio::test]
async fn after_eight_attempts_it_has_failed() {
    let world = World::on(Kind::Sqlite).await;
    let (ann, id) = due(&world, true).await;
    world
        .phone
        .set_fault_on(Operation::Send, Fault::Unreachable, None);
    let mut attempts = 0;
    for minutes in 0..120 {
        go_to(&world, NOON + minutes * MINUTE);
        attempts += world.app.scheduler.tick().await.unwrap();
    }
    assert_eq!(attempts, 8);
    assert_eq!(see(&ann, &id).await["status"], "FAILED");
    assert_eq!(world.phone.sent_total(), 0);
}
