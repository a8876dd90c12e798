//! Time that goes wrong: outages, drops, clocks that jump. What was held up for too long is skipped
//! and says so; what waits because others went first is not late.

use herald::store::Store;
use rstest::rstest;
use serde_json::{Value, json};

use super::{
    DAY, HOUR, MINUTE, NOON, books, create, draft, engine_name, go_to, groups, messages, people,
    run_until, see, with,
};
use crate::support::{
    database::Kind,
    world::{Person, START, World},
};

async fn due(world: &World, change: Value) -> (Person<'_>, Value) {
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let id = create(&ann, with(draft(&session["id"], &group), change)).await;
    (ann, id)
}

#[rstest]
#[case::within_the_hour(NOON + 50 * MINUTE, json!({}), "sent")]
#[case::longer_than_an_hour(NOON + 70 * MINUTE, json!({}), "skipped")]
#[case::longer_is_allowed(NOON + 70 * MINUTE, json!({ "lateMinutes": 120 }), "sent")]
#[case::nothing_late(NOON + 5 * MINUTE, json!({ "lateMinutes": 0 }), "skipped")]
#[tokio::test]
async fn an_outage(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[case] back_at: i64,
    #[case] change: Value,
    #[case] status: &str,
) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, change).await;
    go_to(&world, NOON - MINUTE);
    assert_eq!(run_until(&world, NOON - 2_000).await, 0);
    // Nothing runs until then.
    go_to(&world, back_at);
    world.app.scheduler.tick().await.unwrap();
    let message = messages(&ann, &id).await[0].clone();
    assert_eq!(message["status"], status, "{message}");
    if status == "skipped" {
        assert!(
            message["reason"]
                .as_str()
                .unwrap()
                .starts_with("Held up for"),
            "{message}"
        );
        assert_eq!(
            see(&ann, &id).await["status"],
            "FAILED",
            "nothing of it was sent"
        );
    }
}

#[rstest]
#[tokio::test]
async fn a_drop_that_lasts_too_long(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, json!({ "endDate": "2026-01-03" })).await;
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
    go_to(&world, NOON - MINUTE);
    world.app.scheduler.tick().await.unwrap();
    let name = engine_name(&world, &ann).await;
    world.phone.lose_connection(&name);
    look().await.data();
    assert_eq!(run_until(&world, NOON + 59 * MINUTE).await, 0);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 2, "scheduled": 2 })
    );
    // It is said while the session is still down.
    assert_eq!(run_until(&world, NOON + 62 * MINUTE).await, 0);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 2, "scheduled": 1, "skipped": 1 })
    );
    world.phone.restore(&name);
    look().await.data();
    assert_eq!(run_until(&world, NOON + DAY).await, 1);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 2, "sent": 1, "skipped": 1 })
    );
    assert_eq!(see(&ann, &id).await["status"], "COMPLETED");
}

/// Twenty people at ten to twenty-five seconds each take longer than the minutes that one may be late: their wait is
/// the plan's own.
#[tokio::test]
async fn waiting_for_ones_turn_is_not_late() {
    let world = World::on(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let everybody = people(&ann, &session, 20).await;
    let ids: Vec<&str> = everybody
        .iter()
        .map(|one| one["chatId"].as_str().unwrap())
        .collect();
    world
        .app
        .store
        .known_chats_add(session["id"].as_str().unwrap(), &ids, START)
        .await
        .unwrap();
    // An account that was linked long ago: no cap binds twenty.
    let Store::Sqlite(database) = &world.app.store else {
        panic!("SQLite")
    };
    let long_ago =
        sqlx::query("UPDATE whatsapp_sessions SET linked_at = $1").bind(START - 60 * DAY);
    long_ago.execute(database).await.unwrap();
    let mut asked = draft(&session["id"], &json!({}));
    asked
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !key.starts_with("group"));
    let id = create(
        &ann,
        with(asked, json!({ "recipients": everybody, "lateMinutes": 1 })),
    )
    .await;
    go_to(&world, NOON);
    assert_eq!(run_until(&world, NOON + 20 * MINUTE).await, 20);
    let campaign = see(&ann, &id).await;
    assert_eq!(books(&campaign), json!({ "planned": 20, "sent": 20 }));
    let all = messages(&ann, &id).await;
    assert!(
        all[19]["sentAt"].as_str().unwrap() > "2026-01-02T12:03",
        "{}",
        all[19]
    );
}

#[rstest]
#[tokio::test]
async fn a_clock_that_goes_forward_an_hour_loses_and_doubles_nothing(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, id) = due(
        &world,
        json!({ "endDate": "2026-01-03", "lateMinutes": 90 }),
    )
    .await;
    go_to(&world, NOON - 30 * MINUTE);
    world.app.scheduler.tick().await.unwrap();
    world.clock.advance(HOUR);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(run_until(&world, NOON + DAY).await, 1);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 2, "sent": 2 })
    );
    assert_eq!(world.phone.sent_total(), 2);
}

#[rstest]
#[tokio::test]
async fn a_clock_that_is_set_back_an_hour_delays_nothing_and_doubles_nothing(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, id) = due(&world, json!({ "endDate": "2026-01-03" })).await;
    let session = ann
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .data();
    let other = groups(&ann, &session, 2).await[1].clone();
    let second = with(
        draft(&session["id"], &other),
        json!({ "messageTime": "11:30" }),
    );
    let second = create(&ann, second).await;
    go_to(&world, NOON);
    // The half past eleven is long due as well: it was held by nobody, and goes first.
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    world.clock.advance(-HOUR);
    // Eleven o'clock again: the second of the two has its pause, and its time comes again.
    assert_eq!(run_until(&world, NOON + 2 * MINUTE).await, 1);
    assert_eq!(world.phone.sent_total(), 2);
    assert_eq!(run_until(&world, NOON + DAY).await, 1);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 2, "sent": 2 })
    );
    assert_eq!(
        books(&see(&ann, &second).await),
        json!({ "planned": 1, "sent": 1 })
    );
}
