//! `user.onEvents`: everything first, then what changes; over when the sign-in is.

use axum::{body::Body, http::Method};
use herald::store::Role;
use serde_json::{Value, json};
use whatsapp_gateway::{ChatId, Gateway, SessionName};

use crate::{
    campaigns,
    support::{
        events::Events,
        world::{Person, World},
    },
};

async fn watch(person: &Person<'_>) -> (Events, Value) {
    let mut events = person.subscribe("user.onEvents").await;
    let (name, _) = events.next_named().await.unwrap();
    assert_eq!(name, "connected");
    let snapshot = events.value().await;
    assert_eq!(snapshot["type"], "snapshot");
    (events, snapshot)
}

#[tokio::test]
async fn a_page_sees_its_account_linked_dropped_and_unlinked() {
    let world = World::new().await;
    world.phone.set_self_scan(None);
    let ann = world.person("ann", Role::User).await;
    let bob = world.person("bob", Role::User).await;
    let (mut anns, first) = watch(&ann).await;
    let (mut bobs, _) = watch(&bob).await;
    assert_eq!(first["account"]["role"], "USER");
    assert_eq!(first["account"]["email"], "ann@herald.test");
    for nothing in ["session", "directory", "pending"] {
        assert_eq!(first[nothing], Value::Null, "{nothing}");
    }

    let session = ann
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    let shown = anns
        .until("session", |session| session["status"] == "SCAN_QR_CODE")
        .await;
    assert_eq!(shown["id"], session["id"]);
    let code = shown["qr"].as_str().expect("a code").to_owned();
    // The first code lasts a minute.
    world.clock.advance(61_000);
    let next = anns.until("session", |session| session["qr"] != code).await;
    assert_eq!(next["status"], "SCAN_QR_CODE");
    assert!(next["qr"].is_string());

    let name = SessionName::new(session["sessionName"].as_str().unwrap()).unwrap();
    assert!(world.phone.scan(&name));
    ann.wait_for("WORKING", &session["sessionName"]).await;
    let works = anns
        .until("session", |session| session["status"] == "WORKING")
        .await;
    assert_eq!(works["qr"], Value::Null);
    assert!(works["phoneNumber"].as_str().unwrap().starts_with('+'));
    assert!(works["linkedAt"].is_string());
    let filled = anns
        .until("directory", |directory| directory["syncedAt"].is_string())
        .await;
    assert_eq!(
        (&filled["groups"], &filled["error"]),
        (&json!(340), &Value::Null)
    );

    world.phone.lose_connection(&name);
    ann.wait_for("STARTING", &session["sessionName"]).await;
    anns.until("session", |session| session["status"] == "STARTING")
        .await;
    world.phone.restore(&name);
    ann.wait_for("WORKING", &session["sessionName"]).await;
    anns.until("session", |session| session["status"] == "WORKING")
        .await;

    world.phone.logout_by_phone(&name);
    ann.wait_for("FAILED", &session["sessionName"]).await;
    let failed = anns
        .until("session", |session| session["status"] == "FAILED")
        .await;
    assert!(failed["cause"].as_str().unwrap().contains("removed"));

    let input = json!({ "sessionName": session["sessionName"] });
    ann.mutate("user.logoutSession", input).await.data();
    anns.until("session", Value::is_null).await;

    // All that while nothing of it was Bob's: the first that he hears is his own number.
    bob.mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    let own = bobs.value().await;
    assert_ne!(own["session"]["id"], session["id"]);
}

#[tokio::test]
async fn who_connects_again_is_told_everything() {
    let world = World::new().await;
    let (ann, session) = world.linked("ann").await;
    for _ in 0..2 {
        let (_, snapshot) = watch(&ann).await;
        assert_eq!(snapshot["session"]["id"], session["id"]);
        assert_eq!(snapshot["session"]["status"], "WORKING");
        assert_eq!(snapshot["directory"]["groups"], 340);
        assert_eq!(snapshot["directory"]["syncing"], false);
    }
}

#[tokio::test]
async fn a_guest_is_let_in_while_the_page_is_open() {
    let world = World::new().await;
    let admin = world.person("admin", Role::Admin).await;
    let guest = world.person("guest", Role::Guest).await;
    let (mut admins, of_admin) = watch(&admin).await;
    let (mut guests, of_guest) = watch(&guest).await;
    assert_eq!(of_admin["pending"], 1);
    assert_eq!(
        (&of_guest["account"]["role"], &of_guest["pending"]),
        (&json!("GUEST"), &Value::Null)
    );
    let input = json!({ "userId": guest.id });
    admin.mutate("admin.approveUser", input).await.data();
    guests
        .until("account", |account| account["role"] == "USER")
        .await;
    admins.until("pending", |pending| pending == 0).await;

    let signed_up =
        json!({ "name": "New", "email": "new@herald.test", "password": "correct horse" });
    let nobody = world.nobody();
    let body = Body::from(signed_up.to_string());
    let answer = nobody
        .call(Method::POST, "/api/auth/sign-up/email", body)
        .await;
    assert!(answer.status.is_success(), "{}", answer.body);
    admins.until("pending", |pending| pending == 1).await;
}

#[tokio::test]
async fn the_end_of_the_sign_in_is_the_end_of_the_stream() {
    let world = World::new().await;
    let ann = world.person("ann", Role::User).await;
    let (mut events, _) = watch(&ann).await;
    ann.call(Method::POST, "/api/auth/sign-out", Body::from("{}"))
        .await;
    assert_eq!(events.error().await, "UNAUTHORIZED");
    let mut refused = ann.subscribe("user.onEvents").await;
    assert_eq!(refused.error().await, "UNAUTHORIZED");
}

#[tokio::test]
async fn a_server_that_stops_sends_its_pages_to_the_next() {
    let world = World::new().await;
    let ann = world.person("ann", Role::User).await;
    let (mut events, _) = watch(&ann).await;
    world.stop();
    assert_eq!(events.error().await, "SERVICE_UNAVAILABLE");
}

#[tokio::test]
async fn too_many_open_pages_are_refused() {
    let world = World::new().await;
    let ann = world.person("ann", Role::User).await;
    let mut open = Vec::new();
    for _ in 0..32 {
        open.push(watch(&ann).await);
    }
    let mut refused = ann.subscribe("user.onEvents").await;
    assert_eq!(refused.error().await, "TOO_MANY_REQUESTS");
    open.pop();
    watch(&ann).await;
}

/// What the engine tells is looked at without being asked for.
#[tokio::test]
async fn a_group_that_is_left_and_a_person_who_is_deleted_disappear() {
    let world = World::new().await;
    let (ann, session) = world.linked("ann").await;
    let name = SessionName::new(session["sessionName"].as_str().unwrap()).unwrap();
    let mut hints = world.app.sessions.gateway().events();
    let (mut events, _) = watch(&ann).await;
    world.clock.advance(60_000);
    for (list, count) in [
        ("user.getWhatsAppGroups", "groups"),
        ("user.getWhatsAppContacts", "contacts"),
    ] {
        let input = json!({ "sessionName": session["sessionName"] });
        let page = ann.query(list, input.clone()).await.data();
        let (gone, before) = (page["items"][0]["groupId"].clone(), page["matches"].clone());
        let id = ChatId(gone.as_str().unwrap().to_owned());
        assert!(world.phone.forget(&name, &id));
        let hint = hints.recv().await.unwrap();
        world.app.sessions.heard(&hint).await.unwrap();
        let fewer = before.as_u64().unwrap() - 1;
        events
            .until("directory", |directory| directory[count] == fewer)
            .await;
        let page = ann.query(list, input).await.data();
        assert_eq!(page["matches"], fewer);
        assert_ne!(page["items"][0]["groupId"], gone);
        // One that comes at once after another is made up for by one of the next looks.
        world.clock.advance(11_000);
        world.app.sessions.tick().await.unwrap();
        world.settled().await;
    }
}

#[tokio::test]
async fn a_page_sees_its_campaigns_move() {
    let world = World::new().await;
    let (ann, session) = world.linked("ann").await;
    let (bob, _) = world.linked("bob").await;
    let group = campaigns::groups(&ann, &session, 1).await[0].clone();
    let (mut anns, first) = watch(&ann).await;
    let (mut bobs, _) = watch(&bob).await;
    assert_eq!(
        (&first["campaigns"], &first["sendingOff"]),
        (&json!([]), &Value::Null)
    );

    let id = campaigns::create(&ann, campaigns::draft(&session["id"], &group)).await;
    let shown = anns.until("campaigns", |list| list[0]["id"] == id).await;
    assert_eq!(
        (&shown[0]["status"], &shown[0]["books"]["scheduled"]),
        (&json!("SCHEDULED"), &json!(1))
    );
    ann.mutate("user.setKillSwitch", json!({ "on": true }))
        .await
        .data();
    let off = anns.until("sendingOff", |off| !off.is_null()).await;
    assert_eq!(
        (&off["scope"], &off["byAdmin"]),
        (&json!("session"), &json!(false))
    );
    ann.mutate("user.setKillSwitch", json!({ "on": false }))
        .await
        .data();
    anns.until("sendingOff", Value::is_null).await;

    ann.mutate("messageCampaign.pauseCampaign", json!({ "campaignId": id }))
        .await
        .data();
    anns.until("campaigns", |list| list[0]["status"] == "PAUSED")
        .await;
    ann.mutate(
        "messageCampaign.resumeCampaign",
        json!({ "campaignId": id }),
    )
    .await
    .data();
    anns.until("campaigns", |list| list[0]["status"] == "SCHEDULED")
        .await;
    campaigns::go_to(&world, campaigns::NOON);
    let mut told = world.phone.events();
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 1);
    anns.until("campaigns", |list| *list == json!([])).await;

    // It is over; what becomes of it still moves the page.
    while let Ok(event) = told.try_recv() {
        world.app.scheduler.heard(&event).await.unwrap();
    }
    anns.until("campaigns", |list| *list == json!([])).await;
    assert!(campaigns::messages(&ann, &id).await[0]["deliveredAt"].is_string());

    // Bob has heard of nothing: the first that he hears is his own.
    bob.mutate("user.setKillSwitch", json!({ "on": true }))
        .await
        .data();
    let own = bobs.value().await;
    assert_eq!(own["type"], "sendingOff");
}
