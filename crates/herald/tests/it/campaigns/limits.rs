//! What keeps accounts from harm, at the moment of sending: pauses, caps, quiet hours, opt-outs, the
//! repeat guard, switches.

use herald::store::{Role, Store};
use rstest::rstest;
use serde_json::{Value, json};
use whatsapp_gateway::{ChatId, Gateway};

use super::{
    DAY, HOUR, MINUTE, NOON, books, create, draft, engine_name, go_to, groups, messages, people,
    see, with,
};
use crate::support::{
    database::Kind,
    world::{Person, World},
};

/// A campaign to these, or to the first groups.
async fn to_many(
    person: &Person<'_>,
    session: &Value,
    recipients: &[Value],
    change: Value,
) -> Value {
    let mut asked = draft(&session["id"], &json!({}));
    asked
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !key.starts_with("group"));
    create(
        person,
        with(with(asked, json!({ "recipients": recipients })), change),
    )
    .await
}

/// Ticks every second until then, and says at which seconds after `from` something left.
async fn seconds_of_departures(world: &World, from: i64, until: i64) -> Vec<i64> {
    let mut seconds = Vec::new();
    while world.clock.now_ms() < until {
        let now = world.clock.now_ms();
        for _ in 0..world.app.scheduler.tick().await.unwrap() {
            seconds.push((now - from) / 1000);
        }
        // The engine's looks move the clock as well.
        go_to(world, (now + 1000).max(world.clock.now_ms()));
    }
    seconds
}

#[rstest]
#[tokio::test]
async fn groups_are_half_a_minute_apart(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, session) = world.linked("ann").await;
    let targets: Vec<Value> = groups(&ann, &session, 4)
        .await
        .iter()
        .map(|group| json!({ "chatId": group["groupId"], "name": group["groupName"] }))
        .collect();
    to_many(&ann, &session, &targets, json!({})).await;
    go_to(&world, NOON);
    let seconds = seconds_of_departures(&world, NOON, NOON + 5 * MINUTE).await;
    assert_eq!(seconds.len(), 4);
    assert_eq!(seconds[0], 0);
    for pair in seconds.windows(2) {
        assert!((30..=47).contains(&(pair[1] - pair[0])), "{seconds:?}");
    }
}

#[tokio::test]
async fn one_accounts_queue_delays_nobody_elses_reminder() {
    let world = World::on(Kind::Sqlite).await;
    let (ann, of_ann) = world.linked("ann").await;
    let (bob, of_bob) = world.linked("bob").await;
    let everybody = people(&ann, &of_ann, 900).await;
    to_many(&ann, &of_ann, &everybody, json!({})).await;
    let group = groups(&bob, &of_bob, 1).await[0].clone();
    let id = create(
        &bob,
        with(
            draft(&of_bob["id"], &group),
            json!({ "messageTime": "12:01" }),
        ),
    )
    .await;
    go_to(&world, NOON);
    world.app.scheduler.tick().await.unwrap();
    go_to(&world, NOON + MINUTE);
    world.app.scheduler.tick().await.unwrap();
    assert_eq!(see(&bob, &id).await["status"], "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn a_new_account_writes_to_few_strangers_and_says_why(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, session) = world.linked("ann").await;
    let strangers = people(&ann, &session, 5).await;
    let preview = {
        let mut asked = draft(&session["id"], &json!({}));
        asked
            .as_object_mut()
            .unwrap()
            .retain(|key, _| !key.starts_with("group"));
        ann.query(
            "messageCampaign.previewCampaign",
            with(asked, json!({ "recipients": strangers })),
        )
        .await
        .data()
    };
    assert!(
        preview["warnings"]
            .to_string()
            .contains("has never written to 5 of the people"),
        "{preview}"
    );
    assert!(
        preview["finishesAt"].as_str().unwrap() > "2026-01-03T12",
        "{preview}"
    );
    let id = to_many(&ann, &session, &strangers, json!({})).await;
    go_to(&world, NOON);
    // A quarter of fifteen a day.
    assert_eq!(
        seconds_of_departures(&world, NOON, NOON + 5 * MINUTE)
            .await
            .len(),
        3
    );
    let campaign = see(&ann, &id).await;
    assert_eq!(
        books(&campaign),
        json!({ "planned": 5, "sent": 3, "scheduled": 2 })
    );
    assert_eq!(
        campaign["waitingFor"],
        "this account's limit of 3 people a day whom it has never written to"
    );
    // Groups and people it knows do not wait for them.
    let group = groups(&ann, &session, 1).await[0].clone();
    let other = create(
        &ann,
        with(
            draft(&session["id"], &group),
            json!({ "messageTime": "12:10" }),
        ),
    )
    .await;
    go_to(&world, NOON + 10 * MINUTE);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(see(&ann, &other).await["status"], "COMPLETED");
    go_to(&world, NOON + DAY + 6 * MINUTE);
    assert_eq!(
        seconds_of_departures(&world, NOON + DAY, NOON + DAY + 10 * MINUTE)
            .await
            .len(),
        2
    );
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 5, "sent": 5 }),
        "a cap makes nobody late"
    );
}

#[rstest]
#[tokio::test]
async fn at_night_groups_get_what_was_typed_and_people_sleep(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let person = people(&ann, &session, 1).await[0].clone();
    let late = json!({ "messageTime": "22:30" });
    let to_group = create(&ann, with(draft(&session["id"], &group), late.clone())).await;
    let to_person = to_many(&ann, &session, &[person], late).await;
    go_to(&world, NOON + 10 * HOUR + 30 * MINUTE);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(see(&ann, &to_group).await["status"], "COMPLETED");
    let campaign = see(&ann, &to_person).await;
    assert_eq!(campaign["waitingFor"], "the end of quiet hours at 08:00");
    assert_eq!(campaign["nextAt"], "2026-01-03T08:00:00.000Z");
    go_to(&world, NOON + 20 * HOUR);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(
        books(&see(&ann, &to_person).await),
        json!({ "planned": 1, "sent": 1 })
    );
}

#[rstest]
#[tokio::test]
async fn who_asks_for_no_more_gets_no_more(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    // Without limits too: a word is a word.
    let world = World::without_limits(kind).await;
    let (ann, session) = world.linked("ann").await;
    let (bob, of_bob) = world.linked("bob").await;
    let everybody = people(&ann, &session, 3).await;
    let name = engine_name(&world, &ann).await;
    let mut events = world.phone.events();
    let says = |person: usize, text: &'static str| {
        let chat = everybody[person]["chatId"].as_str().unwrap().to_owned();
        assert!(world.phone.say(&name, &ChatId(chat), text));
    };
    let first = to_many(&ann, &session, &everybody, json!({})).await;
    let second = to_many(
        &ann,
        &session,
        &everybody,
        json!({ "startDate": "2026-01-03", "endDate": "2026-01-03" }),
    )
    .await;
    let of_another = to_many(&bob, &of_bob, &everybody, json!({})).await;
    says(0, "Please don't stop");
    says(1, "Stop!");
    while let Ok(event) = events.try_recv() {
        world.app.scheduler.heard(&event).await.unwrap();
    }
    go_to(&world, NOON);
    world.app.scheduler.tick().await.unwrap();
    go_to(&world, NOON + DAY);
    world.app.scheduler.tick().await.unwrap();
    for id in [&first, &second] {
        assert_eq!(
            books(&see(&ann, id).await),
            json!({ "planned": 3, "sent": 2, "skipped": 1 })
        );
        let skipped = messages(&ann, id).await[1].clone();
        assert_eq!(
            skipped["reason"],
            "This person has asked you for no more messages (“stop”)."
        );
    }
    assert_eq!(
        books(&see(&bob, &of_another).await),
        json!({ "planned": 3, "sent": 3 }),
        "they asked ann"
    );
}

#[tokio::test]
async fn several_who_ask_pause_the_campaign() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let everybody = people(&ann, &session, 20).await;
    let id = to_many(&ann, &session, &everybody, json!({})).await;
    let name = engine_name(&world, &ann).await;
    let mut events = world.phone.events();
    for (person, status) in [(0, "SCHEDULED"), (1, "PAUSED")] {
        let chat = everybody[person]["chatId"].as_str().unwrap().to_owned();
        world.phone.say(&name, &ChatId(chat), "STOP");
        while let Ok(event) = events.try_recv() {
            world.app.scheduler.heard(&event).await.unwrap();
        }
        assert_eq!(see(&ann, &id).await["status"], status);
    }
    let reason = see(&ann, &id).await["pauseReason"].clone();
    assert!(
        reason
            .as_str()
            .unwrap()
            .starts_with("2 of 20 people have asked for no more"),
        "{reason}"
    );
}

#[rstest]
#[tokio::test]
async fn one_campaign_a_day_for_each_person(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, session) = world.linked("ann").await;
    let person = people(&ann, &session, 1).await;
    let title = json!({ "title": "Fees" });
    let first = to_many(&ann, &session, &person, title).await;
    let second = to_many(
        &ann,
        &session,
        &person,
        json!({ "messageTime": "15:00", "endDate": "2026-01-03" }),
    )
    .await;
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    go_to(&world, NOON + 3 * HOUR);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    go_to(&world, NOON + DAY + 3 * HOUR);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1, "another day");
    assert_eq!(see(&ann, &first).await["status"], "COMPLETED");
    assert_eq!(
        books(&see(&ann, &second).await),
        json!({ "planned": 2, "sent": 1, "skipped": 1 })
    );
    assert_eq!(
        messages(&ann, &second).await[0]["reason"],
        "This person has had a message of another campaign today: Fees."
    );
}

#[tokio::test]
async fn what_the_directory_knows_is_asked_before_each_send() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let id = create(&ann, draft(&session["id"], &group)).await;
    let name = engine_name(&world, &ann).await;
    let mut events = world.phone.events();
    let chat = group["groupId"].as_str().unwrap().to_owned();
    assert!(world.phone.forget(&name, &ChatId(chat)));
    while let Ok(event) = events.try_recv() {
        world.app.sessions.heard(&event).await.unwrap();
    }
    world.settled().await;
    go_to(&world, NOON);
    world.app.scheduler.tick().await.unwrap();
    let message = messages(&ann, &id).await[0].clone();
    assert!(
        message["reason"]
            .as_str()
            .unwrap()
            .contains("not in this group any more")
            || message["reason"]
                .as_str()
                .unwrap()
                .contains("not in the group"),
        "{message}"
    );
    assert_eq!(world.phone.sent_total(), 0);
}

#[rstest]
#[case::of_the_server("server")]
#[case::of_the_user("user")]
#[case::of_the_session("session")]
#[tokio::test]
async fn a_switch_stops_all_sending(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[case] scope: &str,
) {
    let world = World::without_limits(kind).await;
    let (ann, session) = world.linked("ann").await;
    let admin = world.person("admin", Role::Admin).await;
    let everybody = people(&ann, &session, 3).await;
    let id = to_many(&ann, &session, &everybody, json!({})).await;
    let mut switch = json!({ "scope": scope, "on": true, "reason": "Too many complaints" });
    match scope {
        "user" => switch["id"] = json!(ann.id),
        "session" => switch["id"] = session["id"].clone(),
        _ => {}
    }
    admin
        .mutate("admin.setKillSwitch", switch.clone())
        .await
        .data();
    let listed = admin
        .query("admin.getKillSwitches", Value::Null)
        .await
        .data();
    assert_eq!(
        (&listed[0]["scope"], &listed[0]["reason"]),
        (&json!(scope), &json!("Too many complaints"))
    );
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    let waiting = see(&ann, &id).await["waitingFor"].clone();
    assert!(
        waiting.as_str().unwrap().contains("switched on again"),
        "{waiting}"
    );
    assert!(
        waiting.as_str().unwrap().contains("Too many complaints"),
        "{waiting}"
    );
    if scope == "session" {
        let answer = ann
            .mutate("user.setKillSwitch", json!({ "on": false }))
            .await;
        assert_eq!(
            answer.code(),
            "FORBIDDEN",
            "what an admin has switched off, an admin switches on"
        );
    }
    switch["on"] = json!(false);
    go_to(&world, NOON + 5 * MINUTE);
    admin.mutate("admin.setKillSwitch", switch).await.data();
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 3);
}

#[tokio::test]
async fn ones_own_switch() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let (bob, of_bob) = world.linked("bob").await;
    for (person, session) in [(&ann, &session), (&bob, &of_bob)] {
        let group = groups(person, session, 1).await[0].clone();
        create(person, draft(&session["id"], &group)).await;
    }
    ann.mutate("user.setKillSwitch", json!({ "on": true }))
        .await
        .data();
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1, "bob's");
    ann.mutate("user.setKillSwitch", json!({ "on": false }))
        .await
        .data();
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let without = world.person("carl", Role::User).await;
    assert_eq!(
        without
            .mutate("user.setKillSwitch", json!({ "on": true }))
            .await
            .code(),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn an_admin_moves_limits_within_bounds() {
    let world = World::on(Kind::Sqlite).await;
    let admin = world.person("admin", Role::Admin).await;
    let limits = admin.query("admin.getLimits", Value::Null).await.data();
    let value = |limits: &Value, name: &str| {
        let limits = limits.as_array().unwrap();
        limits.iter().find(|limit| limit["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(
        limits[0],
        json!({ "name": "gapMinSeconds", "value": 10, "default": 10, "ceiling": 5, "unit": "seconds" })
    );
    let set = admin
        .mutate(
            "admin.setLimits",
            json!({ "messagesPerDay": 40, "quietToHour": 9 }),
        )
        .await
        .data();
    assert_eq!(
        (value(&set, "messagesPerDay"), value(&set, "quietToHour")),
        (json!(40), json!(9))
    );
    for (change, field, words) in [
        (
            json!({ "messagesPerDay": 501 }),
            "messagesPerDay",
            "messagesPerDay is 0 to 500",
        ),
        (json!({ "gapMinSeconds": 4 }), "gapMinSeconds", "5 to 3600"),
        (
            json!({ "messagesPerDay": 30, "gapMaxSeconds": 12, "gapMinSeconds": 13 }),
            "gapMaxSeconds",
            "shorter",
        ),
        (json!({ "anything": 5 }), "name", "anything is no limit"),
        (
            json!({ "messagesPerDay": "many" }),
            "messagesPerDay",
            "Expected integer, received string",
        ),
        (
            json!({ "messagesPerDay": 1.5 }),
            "messagesPerDay",
            "Expected integer",
        ),
    ] {
        let answer = admin.mutate("admin.setLimits", change.clone()).await;
        assert_eq!(answer.code(), "BAD_REQUEST");
        let said = &answer.body["error"]["json"]["data"]["zodError"]["fieldErrors"][field];
        assert!(
            said.to_string().contains(words),
            "{change}: {}",
            answer.body
        );
    }
    let limits = admin.query("admin.getLimits", Value::Null).await.data();
    assert_eq!(value(&limits, "messagesPerDay"), 40, "all of them or none");

    // What was lowered binds the next message.
    admin
        .mutate("admin.setLimits", json!({ "groupMessagesPerHour": 0 }))
        .await
        .data();
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let id = create(&ann, draft(&session["id"], &group)).await;
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    let campaign = see(&ann, &id).await;
    assert_eq!(
        campaign["waitingFor"],
        "this account's limit of 0 messages to groups an hour"
    );
    admin
        .mutate("admin.setLimits", json!({ "groupMessagesPerHour": 30 }))
        .await
        .data();
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
}

#[tokio::test]
async fn nothing_is_sent_for_who_was_let_go() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    create(&ann, draft(&session["id"], &group)).await;
    let Store::Sqlite(database) = &world.app.store else {
        panic!("SQLite")
    };
    let let_go = sqlx::query("UPDATE users SET role = 'GUEST' WHERE id = $1").bind(&ann.id);
    let_go.execute(database).await.unwrap();
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    let gone = sqlx::query("DELETE FROM users WHERE id = $1").bind(&ann.id);
    gone.execute(database).await.unwrap();
    go_to(&world, NOON + 2 * MINUTE);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
}
