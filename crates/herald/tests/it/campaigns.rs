//! `messageCampaign.*` as people use it: scheduled, sent, read of, changed.

mod changes;
mod faults;
mod late;
mod limits;
mod recipients;

use herald::store::Role;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    database::Kind,
    world::{Person, START, World},
};

pub(crate) const MINUTE: i64 = 60 * 1000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// A campaign of one message to one group, on 2026-01-02 at 12:00 UTC.
pub(crate) fn draft(session_id: &Value, group: &Value) -> Value {
    json!({
        "groupId": group["groupId"],
        "groupName": group["groupName"],
        "sessionId": session_id,
        "startDate": "2026-01-02",
        "endDate": "2026-01-02",
        "messageTime": "12:00",
        "timeZone": "UTC",
        "messageTemplate": "See you tonight",
        "isFreeForm": true,
        "isRecurring": false,
    })
}

/// The draft with members of its own.
pub(crate) fn with(mut draft: Value, members: Value) -> Value {
    let (Value::Object(draft_members), Value::Object(members)) = (&mut draft, members) else {
        panic!("objects");
    };
    for (key, value) in members {
        draft_members.insert(key, value);
    }
    draft
}

pub(crate) async fn groups(person: &Person<'_>, session: &Value, limit: i64) -> Vec<Value> {
    let input = json!({ "sessionName": session["sessionName"], "limit": limit });
    let page = person.query("user.getWhatsAppGroups", input).await.data();
    page["items"].as_array().unwrap().clone()
}

pub(crate) async fn people(person: &Person<'_>, session: &Value, limit: i64) -> Vec<Value> {
    let input = json!({ "sessionName": session["sessionName"], "limit": limit });
    let page = person.query("user.getWhatsAppContacts", input).await.data();
    let recipients = page["items"].as_array().unwrap().iter();
    recipients
        .map(|one| json!({ "chatId": one["groupId"], "name": one["groupName"] }))
        .collect()
}

pub(crate) async fn create(person: &Person<'_>, draft: Value) -> Value {
    let created = person
        .mutate("messageCampaign.createCampaign", draft)
        .await
        .data();
    assert_eq!(created["success"], true);
    created["campaignId"].clone()
}

pub(crate) async fn see(person: &Person<'_>, id: &Value) -> Value {
    person
        .query("messageCampaign.getCampaign", json!({ "campaignId": id }))
        .await
        .data()
}

pub(crate) async fn messages(person: &Person<'_>, id: &Value) -> Vec<Value> {
    let input = json!({ "campaignId": id, "limit": 1000 });
    let page = person
        .query("messageCampaign.getCampaignMessages", input)
        .await
        .data();
    page["items"].as_array().unwrap().clone()
}

/// Moves the clock to an instant; it never goes back.
pub(crate) fn go_to(world: &World, instant: i64) {
    let now = world.clock.now_ms();
    assert!(now <= instant, "{now} is after {instant}");
    world.clock.advance(instant - now);
}

/// Herald runs until then, and looks at the queue every half a minute; how many messages left.
pub(crate) async fn run_until(world: &World, instant: i64) -> usize {
    let mut handed_over = 0;
    while world.clock.now_ms() + MINUTE < instant {
        handed_over += world.app.scheduler.tick().await.unwrap();
        go_to(world, world.clock.now_ms() + 30_000);
    }
    go_to(world, instant);
    handed_over + world.app.scheduler.tick().await.unwrap()
}

/// The books without their zeros; they have to balance.
#[track_caller]
pub(crate) fn books(campaign: &Value) -> Value {
    let books = campaign["books"].as_object().unwrap();
    let sum: i64 = books
        .iter()
        .filter(|(name, _)| *name != "planned")
        .map(|(_, n)| n.as_i64().unwrap())
        .sum();
    assert_eq!(books["planned"], sum, "the books balance: {campaign}");
    books
        .iter()
        .filter(|(_, n)| **n != 0)
        .map(|(name, n)| (name.clone(), n.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

pub(crate) const NOON: i64 = START + DAY + 12 * HOUR;

#[rstest]
#[tokio::test]
async fn a_message_goes_out_at_its_time_and_not_before(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let id = create(&ann, draft(&session["id"], &group)).await;

    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "SCHEDULED");
    assert_eq!(books(&campaign), json!({ "planned": 1, "scheduled": 1 }));
    assert_eq!(campaign["nextAt"], "2026-01-02T12:00:00.000Z");
    assert_eq!(campaign["waitingFor"], Value::Null);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);

    go_to(&world, NOON - 1);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);

    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "COMPLETED");
    assert_eq!(books(&campaign), json!({ "planned": 1, "sent": 1 }));
    let [message] = &messages(&ann, &id).await[..] else {
        panic!("one message")
    };
    assert_eq!(message["status"], "sent");
    assert_eq!(message["chatId"], group["groupId"]);
    assert_eq!(message["content"], "See you tonight");
    assert_eq!(message["attempts"], 1);
    let name = engine_name(&world, &ann).await;
    let sent = world.phone.sent(&name);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].text, "See you tonight");
}

pub(crate) async fn engine_name(
    world: &World,
    person: &Person<'_>,
) -> whatsapp_gateway::SessionName {
    let session = world
        .app
        .store
        .whatsapp_session_of(&person.id)
        .await
        .unwrap()
        .unwrap();
    whatsapp_gateway::SessionName::new(session.engine_name.unwrap()).unwrap()
}

#[tokio::test]
async fn old_clients_find_the_two_lists_as_they_know_them() {
    let world = World::new().await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let mut asked = with(
        draft(&session["id"], &group),
        json!({
            "title": "Summer trip", "targetAmount": "1,200 €", "isFreeForm": false, "endDate": "2026-01-04",
            "messageTemplate": "Only {days_left} days left {really}",
        }),
    );
    asked.as_object_mut().unwrap().remove("timeZone");
    let id = create(&ann, asked).await;

    let list = ann
        .query("messageCampaign.getCampaigns", json!({}))
        .await
        .data();
    let campaign = &list[0];
    assert_eq!(campaign["id"], id);
    assert_eq!(campaign["title"], "Summer trip");
    assert_eq!(campaign["targetAmount"], "1,200 €");
    assert_eq!(campaign["startDate"], "2026-01-02T18:00:00.000Z");
    assert_eq!(campaign["endDate"], "2026-01-04T18:00:00.000Z");
    assert_eq!(campaign["sendTimeUtc"], campaign["startDate"]);
    assert_eq!(campaign["timeZone"], "America/Chicago");
    assert_eq!(campaign["isRecurring"], false);
    assert_eq!(campaign["recurrence"], "DAILY");
    assert_eq!(campaign["group"]["groupId"], group["groupId"]);
    assert_eq!(campaign["group"]["groupName"], group["groupName"]);
    let messages = campaign["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 3);
    assert_eq!(
        messages[0]["content"],
        "Campaign Title: Summer trip\nCampaign Start Date: 2026-01-02\nCampaign End Date: 2026-01-04\n\
         Contribution Target Amount: 1,200 €\nDays Remaining: 2\n\nOnly 2 days left {really}",
    );
    assert_eq!(messages[2]["scheduledAt"], "2026-01-04T18:00:00.000Z");
    assert_eq!(
        (&messages[0]["isSent"], &messages[0]["isFailed"]),
        (&json!(false), &json!(false))
    );
    assert_eq!(
        ann.query("messageCampaign.getCompletedCampaigns", json!({}))
            .await
            .data(),
        json!([])
    );

    // The page of the session lists the group with it.
    let seen = ann
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .data();
    let [listed] = &seen["WhatsAppGroups"].as_array().unwrap()[..] else {
        panic!("one group")
    };
    assert_eq!(listed["id"], campaign["group"]["id"]);
    assert_eq!(
        listed["campaigns"],
        json!([{ "id": id, "status": "SCHEDULED", "startDate": campaign["startDate"] }])
    );

    for noon in [NOON, NOON + DAY, NOON + 2 * DAY] {
        go_to(&world, noon + 6 * HOUR);
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    }
    assert_eq!(
        ann.query("messageCampaign.getCampaigns", json!({}))
            .await
            .data(),
        json!([])
    );
    let list = ann
        .query("messageCampaign.getCompletedCampaigns", json!({}))
        .await
        .data();
    assert_eq!(list[0]["status"], "COMPLETED");
    assert!(
        list[0]["messages"]
            .as_array()
            .unwrap()
            .iter()
            .all(|message| message["isSent"] == true)
    );
    let seen = ann
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .data();
    assert_eq!(seen["WhatsAppGroups"][0]["campaigns"], json!([]));
    let light = ann
        .query(
            "messageCampaign.getCompletedCampaigns",
            json!({ "messages": false }),
        )
        .await
        .data();
    assert_eq!(light[0]["messages"], json!([]));
}

#[rstest]
#[tokio::test]
async fn somebody_elses_campaign_does_not_exist(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let (ann, session) = world.linked("ann").await;
    let (bob, _) = world.linked("bob").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let asked = draft(&session["id"], &group);
    let id = create(&ann, asked.clone()).await;
    let message = messages(&ann, &id).await[0]["id"].clone();

    for (person, code) in [(&bob, "NOT_FOUND"), (&world.nobody(), "UNAUTHORIZED")] {
        for path in ["createCampaign", "sendTest"] {
            let answer = person
                .mutate(&format!("messageCampaign.{path}"), asked.clone())
                .await;
            assert_eq!(answer.code(), code, "{path}");
        }
        assert_eq!(
            person
                .query("messageCampaign.previewCampaign", asked.clone())
                .await
                .code(),
            code
        );
        let update = with(asked.clone(), json!({ "campaignId": id }));
        assert_eq!(
            person
                .mutate("messageCampaign.updateCampaign", update)
                .await
                .code(),
            code
        );
        for path in [
            "deleteCampaign",
            "pauseCampaign",
            "resumeCampaign",
            "cancelCampaign",
            "sendCampaignNow",
        ] {
            let answer = person
                .mutate(
                    &format!("messageCampaign.{path}"),
                    json!({ "campaignId": id }),
                )
                .await;
            assert_eq!(answer.code(), code, "{path}");
        }
        for path in [
            "getCampaign",
            "getCampaignRecipients",
            "getCampaignMessages",
            "exportCampaign",
        ] {
            let answer = person
                .query(
                    &format!("messageCampaign.{path}"),
                    json!({ "campaignId": id }),
                )
                .await;
            assert_eq!(answer.code(), code, "{path}");
        }
        let resolve = json!({ "messageId": message, "as": "resend" });
        assert_eq!(
            person
                .mutate("messageCampaign.resolveUnknown", resolve)
                .await
                .code(),
            code
        );
    }
    let guest = world.person("guest", Role::Guest).await;
    assert_eq!(
        guest
            .mutate("messageCampaign.createCampaign", asked)
            .await
            .code(),
        "FORBIDDEN"
    );
    assert_eq!(
        bob.query("messageCampaign.getCampaigns", json!({}))
            .await
            .data(),
        json!([])
    );
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 1, "scheduled": 1 })
    );
}
