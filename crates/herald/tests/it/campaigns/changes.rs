//! Paused, resumed, edited, sent now, cancelled, deleted: what was sent stays, the rest follows.

use rstest::rstest;
use serde_json::{Value, json};

use super::{
    DAY, HOUR, MINUTE, NOON, books, create, draft, go_to, groups, messages, people, see, with,
};
use crate::support::{
    database::Kind,
    world::{Person, World},
};

async fn act(person: &Person<'_>, what: &str, id: &Value) {
    let path = format!("messageCampaign.{what}");
    assert_eq!(
        person
            .mutate(&path, json!({ "campaignId": id }))
            .await
            .data(),
        json!({ "success": true })
    );
}

async fn refused(person: &Person<'_>, what: &str, id: &Value) -> String {
    let path = format!("messageCampaign.{what}");
    let (code, message) = person
        .mutate(&path, json!({ "campaignId": id }))
        .await
        .error();
    assert_eq!(code, "CONFLICT", "{message}");
    message
}

/// Three days from NOON on.
async fn three_days<'w>(world: &'w World, name: &str) -> (Person<'w>, Value, Value) {
    let (person, session) = world.linked(name).await;
    let group = groups(&person, &session, 1).await[0].clone();
    let asked = with(
        draft(&session["id"], &group),
        json!({ "endDate": "2026-01-04" }),
    );
    let id = create(&person, asked.clone()).await;
    (person, asked, id)
}

#[rstest]
#[tokio::test]
async fn a_paused_campaign_waits_for_its_owner(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, _, id) = three_days(&world, "ann").await;
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(see(&ann, &id).await["status"], "IN_PROGRESS");

    act(&ann, "pauseCampaign", &id).await;
    act(&ann, "pauseCampaign", &id).await;
    let campaign = see(&ann, &id).await;
    assert_eq!(
        (&campaign["status"], &campaign["nextAt"]),
        (&json!("PAUSED"), &Value::Null)
    );
    assert_eq!(campaign["waitingFor"], "you to resume it");
    assert_eq!(
        ann.query("messageCampaign.getCampaigns", json!({}))
            .await
            .data()[0]["status"],
        "PAUSED"
    );
    go_to(&world, NOON + DAY);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    refused(&ann, "sendCampaignNow", &id).await;

    // Within the hour that it allows, yesterday's plan goes on; what was held longer is skipped.
    go_to(&world, NOON + DAY + 30 * MINUTE);
    act(&ann, "resumeCampaign", &id).await;
    act(&ann, "resumeCampaign", &id).await;
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    act(&ann, "pauseCampaign", &id).await;
    go_to(&world, NOON + 2 * DAY + 2 * HOUR);
    act(&ann, "resumeCampaign", &id).await;
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "COMPLETED");
    assert_eq!(
        books(&campaign),
        json!({ "planned": 3, "sent": 2, "skipped": 1 })
    );
    let last = &messages(&ann, &id).await[2];
    let reason = last["reason"].as_str().unwrap();
    assert!(reason.starts_with("Held up for 2 h"), "{reason}");
    refused(&ann, "resumeCampaign", &id).await;
    refused(&ann, "pauseCampaign", &id).await;
    refused(&ann, "cancelCampaign", &id).await;
}

#[rstest]
#[tokio::test]
async fn cancelled_and_deleted(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, _, id) = three_days(&world, "ann").await;
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    act(&ann, "cancelCampaign", &id).await;
    act(&ann, "cancelCampaign", &id).await;
    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "CANCELLED");
    assert_eq!(
        books(&campaign),
        json!({ "planned": 3, "sent": 1, "cancelled": 2 })
    );
    assert_eq!(
        messages(&ann, &id).await[1]["reason"],
        "The campaign was cancelled."
    );
    go_to(&world, NOON + DAY);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    assert_eq!(
        ann.query("messageCampaign.getCompletedCampaigns", json!({}))
            .await
            .data()[0]["id"],
        id
    );

    act(&ann, "deleteCampaign", &id).await;
    assert_eq!(
        ann.query("messageCampaign.getCompletedCampaigns", json!({}))
            .await
            .data(),
        json!([])
    );
    let answer = ann
        .mutate(
            "messageCampaign.deleteCampaign",
            json!({ "campaignId": id }),
        )
        .await;
    assert_eq!(
        answer.error(),
        (
            "NOT_FOUND".to_owned(),
            "Campaign not found or access denied".to_owned()
        )
    );
}

#[rstest]
#[tokio::test]
async fn an_edit_changes_what_has_not_gone_out(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, asked, id) = three_days(&world, "ann").await;
    // Before anything was sent, old clients may.
    let change = json!({ "campaignId": id, "messageTemplate": "Bring a cake", "title": "Party" });
    let edited = ann
        .mutate(
            "messageCampaign.updateCampaign",
            with(asked.clone(), change),
        )
        .await
        .data();
    assert_eq!(edited, json!({ "success": true, "campaignId": id }));
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 3, "scheduled": 3 })
    );

    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    let later = json!({ "campaignId": id, "messageTime": "18:00", "endDate": "2026-01-05", "messageTemplate": "At six" });
    let later = with(asked.clone(), later);
    let answer = ann
        .mutate("messageCampaign.updateCampaign", later.clone())
        .await;
    let said = "Cannot edit campaign with messages that have already been sent";
    assert_eq!(
        answer.error(),
        ("PRECONDITION_FAILED".to_owned(), said.to_owned())
    );

    let later = with(later, json!({ "onlyUnsent": true }));
    let preview = ann
        .query("messageCampaign.previewCampaign", later.clone())
        .await
        .data();
    assert_eq!(preview["occurrences"].as_array().unwrap().len(), 3);
    assert_eq!(preview["occurrences"][0]["local"], "2026-01-03 18:00");
    ann.mutate("messageCampaign.updateCampaign", later.clone())
        .await
        .data();
    let campaign = see(&ann, &id).await;
    assert_eq!(
        books(&campaign),
        json!({ "planned": 4, "sent": 1, "scheduled": 3 })
    );
    assert_eq!(
        (&campaign["title"], &campaign["isFreeForm"]),
        (&Value::Null, &json!(true))
    );
    let all = messages(&ann, &id).await;
    assert_eq!(
        (&all[0]["content"], &all[0]["status"]),
        (&json!("Bring a cake"), &json!("sent"))
    );
    assert_eq!(all[1]["scheduledAt"], "2026-01-03T18:00:00.000Z");
    assert_eq!(all[3]["content"], "At six");

    // What is refused changes nothing.
    let wrong = with(later.clone(), json!({ "endDate": "2025-01-01" }));
    assert_eq!(
        ann.mutate("messageCampaign.updateCampaign", wrong)
            .await
            .code(),
        "BAD_REQUEST"
    );
    assert_eq!(messages(&ann, &id).await, all);

    for noon in 1..=3 {
        go_to(&world, NOON + noon * DAY + 6 * HOUR);
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    }
    assert_eq!(see(&ann, &id).await["status"], "COMPLETED");
    assert_eq!(
        ann.mutate("messageCampaign.updateCampaign", later)
            .await
            .code(),
        "CONFLICT"
    );
}

#[tokio::test]
async fn an_edit_can_change_who_it_goes_to() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let everybody = people(&ann, &session, 4).await;
    let mut asked = draft(&session["id"], &json!({}));
    asked
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !key.starts_with("group"));
    let asked = with(
        asked,
        json!({ "recipients": everybody[..3], "endDate": "2026-01-03" }),
    );
    let id = create(&ann, asked.clone()).await;
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 3);
    go_to(&world, NOON + 2 * MINUTE);

    let change = json!({ "campaignId": id, "onlyUnsent": true, "recipients": everybody[1..] });
    ann.mutate("messageCampaign.updateCampaign", with(asked, change))
        .await
        .data();
    // The new one is not written to for the day that has passed.
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 6, "sent": 3, "scheduled": 3 })
    );
    let left: Vec<Value> = messages(&ann, &id).await[3..]
        .iter()
        .map(|one| one["chatId"].clone())
        .collect();
    assert_eq!(
        left,
        everybody[1..]
            .iter()
            .map(|one| one["chatId"].clone())
            .collect::<Vec<_>>()
    );
}

#[rstest]
#[tokio::test]
async fn the_next_occurrence_can_go_out_now(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (ann, _, id) = three_days(&world, "ann").await;
    act(&ann, "sendCampaignNow", &id).await;
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 3, "sent": 1, "scheduled": 2 })
    );
    assert_eq!(see(&ann, &id).await["nextAt"], "2026-01-03T12:00:00.000Z");
    go_to(&world, NOON);
    assert_eq!(
        world.app.scheduler.tick().await.unwrap(),
        0,
        "it went out before"
    );
}

#[tokio::test]
async fn a_test_goes_to_oneself_and_is_listed_nowhere() {
    let world = World::on(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let try_out = |text: &str| {
        let input = json!({ "sessionId": session["id"], "messageTemplate": text });
        ann.mutate("messageCampaign.sendTest", input)
    };
    assert_eq!(
        try_out("Hello {first_name|you}").await.data(),
        json!({ "success": true })
    );
    let sent = world.phone.sent(&super::engine_name(&world, &ann).await);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].text, "Hello ann");
    let own = ann
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .data();
    assert_eq!(
        own["phoneNumber"].as_str().unwrap().trim_start_matches('+'),
        sent[0].chat.as_str().trim_end_matches("@c.us")
    );
    for list in ["getCampaigns", "getCompletedCampaigns"] {
        assert_eq!(
            ann.query(&format!("messageCampaign.{list}"), json!({}))
                .await
                .data(),
            json!([])
        );
    }
    // The account pauses after it as after any other.
    let (code, message) = try_out("Again").await.error();
    assert_eq!(code, "PRECONDITION_FAILED");
    assert!(
        message.contains("the pause between two messages"),
        "{message}"
    );
    assert_eq!(try_out("{nick}").await.code(), "BAD_REQUEST");
    assert_eq!(try_out(" ").await.code(), "BAD_REQUEST");
    go_to(&world, world.clock.now_ms() + MINUTE);
    world
        .phone
        .lose_connection(&super::engine_name(&world, &ann).await);
    ann.query(
        "user.getSessionStatus",
        json!({ "sessionName": session["sessionName"] }),
    )
    .await
    .data();
    let (code, message) = try_out("Hello").await.error();
    assert_eq!(code, "PRECONDITION_FAILED");
    assert!(message.contains("STARTING"), "{message}");
}
