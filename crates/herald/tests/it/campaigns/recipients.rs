//! Who a campaign goes to, with which words, and what is refused.

use rstest::rstest;
use serde_json::{Value, json};

use super::{NOON, books, create, draft, engine_name, go_to, groups, messages, people, see, with};
use crate::support::{
    database::Kind,
    world::{Answer, World},
};

fn to(recipients: &[Value]) -> Value {
    json!({ "recipients": recipients, "groupId": null, "groupName": null })
}

/// The input's fields that are wrong, with what is said of each.
#[track_caller]
fn fields(answer: &Answer) -> Value {
    assert_eq!(answer.code(), "BAD_REQUEST");
    answer.body["error"]["json"]["data"]["zodError"]["fieldErrors"].clone()
}

fn without_group(mut draft: Value) -> Value {
    let members = draft.as_object_mut().unwrap();
    members.remove("groupId");
    members.remove("groupName");
    draft
}

#[rstest]
#[tokio::test]
async fn everybody_gets_a_message_with_their_own_name(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::without_limits(kind).await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let mut recipients = people(&ann, &session, 20).await;
    recipients[0]["name"] = json!("Maria José Pérez");
    recipients.push(json!({ "chatId": group["groupId"], "name": group["groupName"] }));
    let asked = with(
        without_group(draft(&session["id"], &group)),
        json!({
            "recipients": recipients,
            "messageTemplate": "Hello {first_name|everybody}, {date}: {days_left} to go",
        }),
    );
    let preview = ann
        .query("messageCampaign.previewCampaign", asked.clone())
        .await
        .data();
    assert_eq!(preview["messages"], 21);
    assert_eq!(
        preview["occurrences"][0]["content"],
        "Hello Maria, 2026-01-02: 0 to go"
    );
    assert_eq!(preview["occurrences"][0]["local"], "2026-01-02 12:00");

    let id = create(&ann, asked).await;
    go_to(&world, NOON);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 21);
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 21, "sent": 21 })
    );
    let sent = world.phone.sent(&engine_name(&world, &ann).await);
    let text_to = |chat: &Value| {
        &sent
            .iter()
            .find(|one| *chat == one.chat.as_str())
            .unwrap()
            .text
    };
    assert_eq!(
        text_to(&recipients[0]["chatId"]),
        "Hello Maria, 2026-01-02: 0 to go"
    );
    assert_eq!(
        text_to(&group["groupId"]),
        "Hello everybody, 2026-01-02: 0 to go"
    );
    let ids: std::collections::HashSet<_> = sent.iter().map(|one| &one.id).collect();
    assert_eq!(ids.len(), 21);
    for id in ids {
        assert!(id.starts_with("3EB0") && id.len() == 22, "{id}");
    }

    // Pages of them, in order, and of one status.
    let page = |input: Value| {
        ann.query(
            "messageCampaign.getCampaignMessages",
            with(json!({ "campaignId": id }), input),
        )
    };
    let first = page(json!({ "limit": 8 })).await.data();
    assert_eq!(first["nextCursor"], 8);
    assert_eq!(first["items"][0]["chatId"], recipients[0]["chatId"]);
    let last = page(json!({ "limit": 8, "cursor": 16, "status": "sent" }))
        .await
        .data();
    assert_eq!(
        (last["items"].as_array().unwrap().len(), &last["nextCursor"]),
        (5, &Value::Null)
    );
    assert_eq!(
        page(json!({ "status": "failed" })).await.data()["items"],
        json!([])
    );
    let listed = ann
        .query(
            "messageCampaign.getCampaignRecipients",
            json!({ "campaignId": id }),
        )
        .await
        .data();
    assert_eq!(listed.as_array().unwrap().len(), 21);
    assert_eq!(listed[0], recipients[0]);

    let csv = ann
        .query(
            "messageCampaign.exportCampaign",
            json!({ "campaignId": id }),
        )
        .await
        .data();
    let csv = csv["csv"].as_str().unwrap();
    assert_eq!(csv.lines().count(), 22);
    assert!(
        csv.starts_with("name,id,status,reason,scheduled,sent,"),
        "{csv}"
    );
    assert!(csv.contains("Maria José Pérez"));
}

/// Changes of a good draft, with the field that each spoils and words of what is said of it.
fn wrong_fields() -> [(Value, &'static str, &'static str); 15] {
    [
        (
            json!({ "messageTime": "9" }),
            "messageTime",
            "Invalid time format",
        ),
        (
            json!({ "messageTime": "25:00" }),
            "messageTime",
            "Invalid time values",
        ),
        (
            json!({ "startDate": "soon" }),
            "startDate",
            "Invalid date format",
        ),
        (
            json!({ "timeZone": "Mars/Olympus" }),
            "timeZone",
            "Invalid date format",
        ),
        (
            json!({ "endDate": "2026-01-01" }),
            "endDate",
            "End date must be after start date",
        ),
        (
            json!({ "startDate": "2025-12-31" }),
            "startDate",
            "startDate 2025-12-31 has passed: in UTC it is 2026-01-01.",
        ),
        (
            json!({ "endDate": "2226-01-01" }),
            "endDate",
            "at most 10 years",
        ),
        (
            json!({ "lateMinutes": -1 }),
            "lateMinutes",
            "lateMinutes is 0 to 10080",
        ),
        (
            json!({ "messageTemplate": " " }),
            "messageTemplate",
            "would be empty",
        ),
        (
            json!({ "messageTemplate": "x".repeat(65_537) }),
            "messageTemplate",
            "65536 characters",
        ),
        (
            json!({ "isRecurring": true, "messageTemplate": "a*b" }),
            "messageTemplate",
            "Write exactly 1 parts",
        ),
        (
            json!({ "groupId": "nobody" }),
            "groupId",
            "groupId is no WhatsApp chat id",
        ),
        (
            json!({ "recipients": [] }),
            "recipients",
            "Choose at least one",
        ),
        (
            json!({ "recipients": [{ "chatId": "491510000001@c.us", "name": "Bo" }], "messageTemplate": "Hi {nick}" }),
            "messageTemplate",
            "there is no variable {nick}",
        ),
        (json!({ "title": "a\0b" }), "title", "NUL"),
    ]
}

#[tokio::test]
async fn every_wrong_field_is_named_with_what_to_do() {
    let world = World::new().await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let good = draft(&session["id"], &group);
    for (change, field, words) in wrong_fields() {
        let answer = ann
            .mutate(
                "messageCampaign.createCampaign",
                with(good.clone(), change.clone()),
            )
            .await;
        let said = fields(&answer)[field].to_string();
        assert!(said.contains(words), "{change}: {}", answer.body);
        let preview = ann
            .mutate(
                "messageCampaign.previewCampaign",
                with(good.clone(), change),
            )
            .await;
        assert_eq!(fields(&preview), fields(&answer));
    }
    // The short texts of the contract stand alone, for pages that show the message.
    let answer = ann
        .mutate(
            "messageCampaign.createCampaign",
            with(good.clone(), json!({ "endDate": "2026-01-01" })),
        )
        .await;
    assert_eq!(answer.error().1, "End date must be after start date");
    let both = json!({ "messageTime": "9", "lateMinutes": 99_999 });
    let answer = ann
        .mutate("messageCampaign.createCampaign", with(good.clone(), both))
        .await;
    assert_eq!(fields(&answer).as_object().unwrap().len(), 2);
    let answer = ann
        .mutate(
            "messageCampaign.createCampaign",
            without_group(good.clone()),
        )
        .await;
    assert_eq!(
        fields(&answer)
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["groupId", "groupName"]
    );
    assert_eq!(
        ann.query("messageCampaign.getCampaigns", json!({}))
            .await
            .data(),
        json!([])
    );
}

#[tokio::test]
async fn a_call_made_again_makes_no_second_campaign() {
    let world = World::new().await;
    let (ann, session) = world.linked("ann").await;
    let (bob, of_bob) = world.linked("bob").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let named = json!({ "requestId": "0123456789abcdef" });
    let asked = with(draft(&session["id"], &group), named.clone());
    let id = create(&ann, asked.clone()).await;
    assert_eq!(create(&ann, asked.clone()).await, id);
    let (one, other) = tokio::join!(create(&ann, asked.clone()), create(&ann, asked));
    assert_eq!((&one, &other), (&id, &id));
    assert_ne!(
        create(&bob, with(draft(&of_bob["id"], &group), named)).await,
        id
    );
    assert_eq!(
        ann.query("messageCampaign.getCampaigns", json!({}))
            .await
            .data()
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_person_known_by_two_ids_is_one() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let stored = world
        .app
        .store
        .whatsapp_session_of(&ann.id)
        .await
        .unwrap()
        .unwrap();
    let known = world
        .app
        .store
        .directory_load(&ann.id, &stored.id)
        .await
        .unwrap();
    let both = known
        .contacts
        .iter()
        .find(|one| one.lid.is_some() && one.is_offered())
        .unwrap();
    let recipients = [
        json!({ "chatId": both.lid, "name": "Bo" }),
        json!({ "chatId": both.id, "name": "Bo" }),
    ];
    let group = groups(&ann, &session, 1).await[0].clone();
    let asked = with(
        without_group(draft(&session["id"], &group)),
        json!({ "recipients": recipients }),
    );
    let id = create(&ann, asked).await;
    let planned = messages(&ann, &id).await;
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0]["chatId"], *both.id);
}

#[tokio::test]
async fn as_many_as_a_campaign_may_have_fit_one_call() {
    let world = World::without_limits(Kind::Sqlite).await;
    let (ann, session) = world.linked("ann").await;
    let group = groups(&ann, &session, 1).await[0].clone();
    let recipients: Vec<Value> = (0..50_000)
        .map(|n| json!({ "chatId": format!("4915{n:08}@c.us"), "name": format!("Somebody with a name {n}") }))
        .collect();
    let asked = with(
        without_group(draft(&session["id"], &group)),
        to(&recipients),
    );
    let asked = without_group(asked);
    let id = create(&ann, asked.clone()).await;
    assert_eq!(
        books(&see(&ann, &id).await),
        json!({ "planned": 50_000, "scheduled": 50_000 })
    );
    let one_more = with(asked, json!({ "endDate": "2026-01-03" }));
    let answer = ann.mutate("messageCampaign.createCampaign", one_more).await;
    assert!(
        fields(&answer)["recipients"]
            .to_string()
            .contains("100000 messages"),
        "{}",
        answer.body
    );
}
