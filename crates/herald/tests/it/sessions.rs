//! A session's life as a client sees it: `docs/wire/user-api.md`, told as stories.

mod one_session;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use herald::store::Role;
use rstest::rstest;
use serde_json::{Value, json};
use whatsapp_gateway::{
    Gateway, SessionName, State,
    simulated::{Fault, Operation},
};

use crate::support::{
    database::Kind,
    qr,
    world::{Person, World},
};

const NOTHING: Value = Value::Null;

fn named(session: &Value) -> Value {
    json!({ "sessionName": session["sessionName"] })
}

async fn initiate(person: &Person<'_>) -> Value {
    person
        .mutate("user.initiateWhatsAppSession", NOTHING)
        .await
        .data()
}

async fn own(person: &Person<'_>) -> Value {
    person
        .query("user.getWhatsAppSession", NOTHING)
        .await
        .data()
}

#[rstest]
#[tokio::test]
async fn from_nothing_to_linked_and_back(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let person = world.person("ann", Role::User).await;
    assert_eq!(own(&person).await, NOTHING);

    let session = initiate(&person).await;
    let before = own(&person).await;
    assert_eq!(
        (&before["id"], &before["sessionName"]),
        (&session["id"], &session["sessionName"])
    );
    assert_eq!(
        (&before["phoneNumber"], &before["WhatsAppGroups"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(before["userId"], person.id);

    let linked = person.wait_for("WORKING", &session["sessionName"]).await;
    assert_eq!(linked.get("cause"), None);
    assert!(linked["since"].is_string());
    let number = own(&person).await["phoneNumber"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        number.starts_with('+') && number.len() > 7,
        "the engine's own number fills an empty one"
    );

    assert_eq!(
        person
            .mutate("user.restartSession", named(&session))
            .await
            .data(),
        json!({ "success": true })
    );
    person.wait_for("WORKING", &session["sessionName"]).await;

    for _ in 0..2 {
        assert_eq!(
            person
                .mutate("user.logoutSession", named(&session))
                .await
                .data(),
            json!({ "success": true })
        );
        assert_eq!(own(&person).await, NOTHING);
    }
    let after = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_eq!(after["status"], "STOPPED");

    assert_eq!(initiate(&person).await, session, "the row and its id stay");
    let scan = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_ne!(scan["status"], "WORKING", "the phone was really unlinked");
}

#[rstest]
#[tokio::test]
async fn initiate_twice_at_once_makes_one_session(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let world = World::on(kind).await;
    let person = world.person("ann", Role::User).await;
    let (one, other) = tokio::join!(initiate(&person), initiate(&person));
    assert_eq!(one, other);
    assert_eq!(initiate(&person).await, one);
}

#[tokio::test]
async fn names_cannot_be_guessed() {
    let world = World::new().await;
    let mut names = Vec::new();
    for person in ["ann", "ben", "cem"] {
        let person = world.person(person, Role::User).await;
        names.push(
            initiate(&person).await["sessionName"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    for (at, name) in names.iter().enumerate() {
        let random = name.strip_prefix("session_").unwrap();
        assert_eq!(random.len(), 24, "144 bits");
        assert!(names.iter().skip(at + 1).all(|other| other != name));
    }
}

#[tokio::test]
async fn the_qr_is_the_engines_code() {
    let world = World::new().await;
    world.phone.set_self_scan(None);
    let person = world.person("ann", Role::User).await;
    let session = initiate(&person).await;
    let name = SessionName::new(session["sessionName"].as_str().unwrap()).unwrap();
    let mut codes = Vec::new();
    for _ in 0..2 {
        let answer = person
            .query("user.getSessionQR", named(&session))
            .await
            .data();
        let shown = qr::decode(answer["qr"].as_str().unwrap());
        assert_eq!(shown, world.phone.qr(&name).await.unwrap().0);
        codes.push(shown);
        world.clock.advance(60_000);
    }
    assert_ne!(codes[0], codes[1], "the current code, not the first");

    world.phone.scan(&name);
    person.wait_for("WORKING", &session["sessionName"]).await;
    let (code, message) = person
        .query("user.getSessionQR", named(&session))
        .await
        .error();
    assert_eq!(code, "PRECONDITION_FAILED");
    assert!(message.contains("WORKING"), "{message}");
}

#[tokio::test]
async fn an_unscanned_session_fails_with_a_cause_and_is_revived() {
    let world = World::new().await;
    world.phone.set_self_scan(None);
    let person = world.person("ann", Role::User).await;
    let session = initiate(&person).await;
    world.clock.advance(10 * 60_000);
    let failed = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_eq!(failed["status"], "FAILED");
    assert!(!failed["cause"].as_str().unwrap().is_empty());
    let code = person
        .query("user.getSessionQR", named(&session))
        .await
        .code();
    assert_eq!(code, "PRECONDITION_FAILED");

    assert_eq!(initiate(&person).await, session);
    let scan = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_eq!(
        (&scan["status"], scan.get("cause")),
        (&json!("SCAN_QR_CODE"), None)
    );
}

#[tokio::test]
async fn the_number_that_the_user_gives_wins_until_logout() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    let engine_number = own(&person).await["phoneNumber"].clone();
    let set = async |number: &str| {
        person
            .mutate(
                "user.updateSessionPhone",
                json!({ "id": session["id"], "phoneNumber": number }),
            )
            .await
    };
    for (given, kept) in [
        ("+1234567890", "+1234567890"),
        ("1234567890", "+1234567890"),
        ("+49 (151) 234-56.78", "+491512345678"),
    ] {
        assert_eq!(set(given).await.data(), json!({ "success": true }));
        person.wait_for("WORKING", &session["sessionName"]).await;
        assert_eq!(own(&person).await["phoneNumber"], kept, "{given}");
    }
    for wrong in [
        "",
        "abc",
        "+0123456789",
        "123456",
        "+1234567890123456",
        "++1234567",
        "+49 151/2345678",
    ] {
        let answer = set(wrong).await;
        assert_eq!(answer.code(), "BAD_REQUEST", "{wrong}");
        let fields = &answer.body["error"]["json"]["data"]["zodError"]["fieldErrors"];
        assert!(
            fields["phoneNumber"][0]
                .as_str()
                .unwrap()
                .contains("digits"),
            "{fields}"
        );
    }
    assert_eq!(own(&person).await["phoneNumber"], "+491512345678");

    person
        .mutate("user.logoutSession", named(&session))
        .await
        .data();
    initiate(&person).await;
    assert_eq!(own(&person).await["phoneNumber"], "");
    person.wait_for("WORKING", &session["sessionName"]).await;
    assert_eq!(own(&person).await["phoneNumber"], engine_number);
}

#[tokio::test]
async fn lists_are_refused_until_a_phone_is_linked_and_after_logout() {
    let world = World::new().await;
    world.phone.set_self_scan(None);
    let person = world.person("ann", Role::User).await;
    let session = initiate(&person).await;
    let refused = async || {
        for list in ["user.getWhatsAppGroups", "user.getWhatsAppContacts"] {
            let (code, message) = person.query(list, named(&session)).await.error();
            assert_eq!(code, "PRECONDITION_FAILED");
            assert!(message.contains("scan"), "says what to do: {message}");
        }
    };
    refused().await;
    world
        .phone
        .scan(&SessionName::new(session["sessionName"].as_str().unwrap()).unwrap());
    person.wait_for("WORKING", &session["sessionName"]).await;
    assert!(
        !person
            .query("user.getWhatsAppGroups", named(&session))
            .await
            .data()["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    person
        .mutate("user.logoutSession", named(&session))
        .await
        .data();
    refused().await;
}

#[tokio::test]
async fn lists_page_and_search_as_published() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    let name = &session["sessionName"];
    let list = async |path: &str, input: Value| {
        let answer = person.query(path, input).await;
        let meta = answer.body["result"]["data"]["meta"]["values"].clone();
        (answer.data(), meta)
    };
    let (page, meta) = list("user.getWhatsAppGroups", json!({ "sessionName": name })).await;
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["nextCursor"]),
        (10, &json!(10)),
        "ten by default"
    );
    assert_eq!(meta["total"], json!(["undefined"]));
    let (page, _) = list("user.getWhatsAppContacts", json!({ "sessionName": name })).await;
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["nextCursor"]),
        (50, &json!(50)),
        "fifty by default"
    );
    for item in page["items"].as_array().unwrap() {
        assert!(
            item["groupId"].as_str().unwrap().ends_with("@c.us") && item["isContact"] == true,
            "{item}"
        );
        assert!(
            item["number"]
                .as_str()
                .unwrap()
                .bytes()
                .all(|digit| digit.is_ascii_digit()),
            "{item}"
        );
    }

    let (page, _) = list(
        "user.getWhatsAppGroups",
        json!({ "sessionName": name, "search": "community", "limit": 10, "cursor": 0 }),
    )
    .await;
    assert_eq!(
        page["nextCursor"], 10,
        "more than ten groups match Community"
    );
    let (page, _) = list(
        "user.getWhatsAppContacts",
        json!({ "sessionName": name, "search": "John" }),
    )
    .await;
    assert_eq!(page["nextCursor"], 50, "more than fifty people match John");

    let (page, meta) = list(
        "user.getWhatsAppContacts",
        json!({ "sessionName": name, "limit": 9_007_199_254_740_991_i64 }),
    )
    .await;
    assert_eq!(
        (page["items"].as_array().unwrap().len(), &page["nextCursor"]),
        (1000, &json!(1000)),
        "a page holds 1000"
    );
    assert_eq!(meta["nextCursor"], Value::Null);
    let (page, meta) = list(
        "user.getWhatsAppGroups",
        json!({ "sessionName": name, "cursor": 1_000_000 }),
    )
    .await;
    assert_eq!(
        (&page["items"], &meta["nextCursor"]),
        (&json!([]), &json!(["undefined"]))
    );

    for (field, value) in [
        ("limit", json!(0)),
        ("limit", json!(1.5)),
        ("cursor", json!(-1)),
        ("search", json!(5)),
    ] {
        let mut input = json!({ "sessionName": name });
        input[field] = value;
        let answer = person.query("user.getWhatsAppGroups", input).await;
        assert_eq!(answer.code(), "BAD_REQUEST");
        assert!(
            answer.body["error"]["json"]["data"]["zodError"]["fieldErrors"][field].is_array(),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn an_engine_in_trouble_is_told_in_words_and_recovered_from() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    for (fault, code) in [
        (Fault::Unreachable, "SERVICE_UNAVAILABLE"),
        (Fault::Timeout, "TIMEOUT"),
        (Fault::Refused(401), "SERVICE_UNAVAILABLE"),
        (Fault::EngineError, "BAD_GATEWAY"),
    ] {
        world.phone.set_fault(Some(fault));
        let status = person
            .query("user.getSessionStatus", named(&session))
            .await
            .data();
        assert_eq!(status["status"], "FAILED");
        assert!(
            status["cause"]
                .as_str()
                .unwrap()
                .contains("WhatsApp engine"),
            "{status}"
        );
        assert_eq!(
            person
                .mutate("user.restartSession", named(&session))
                .await
                .code(),
            code
        );
        assert_eq!(
            person
                .query("user.getWhatsAppGroups", named(&session))
                .await
                .status,
            StatusCode::OK,
            "what is known is shown all the same"
        );
        let (code, message) = person
            .mutate("user.initiateWhatsAppSession", NOTHING)
            .await
            .error();
        assert_eq!(
            (code.as_str(), message.as_str()),
            ("INTERNAL_SERVER_ERROR", "Failed to create WhatsApp session")
        );

        world.phone.set_fault(None);
        assert_eq!(initiate(&person).await, session);
        let status = person
            .query("user.getSessionStatus", named(&session))
            .await
            .data();
        assert_eq!(
            (&status["status"], status.get("cause")),
            (&json!("WORKING"), None)
        );
    }
}

#[tokio::test]
async fn a_failed_first_initiate_leaves_nothing_in_the_way() {
    let world = World::new().await;
    let person = world.person("ann", Role::User).await;
    world.phone.set_fault(Some(Fault::Unreachable));
    person
        .mutate("user.initiateWhatsAppSession", NOTHING)
        .await
        .code();
    assert_eq!(own(&person).await, NOTHING);
    world.phone.set_fault(None);
    let session = initiate(&person).await;
    assert_eq!(own(&person).await["id"], session["id"]);
}

#[tokio::test]
async fn a_half_failed_logout_can_be_repeated() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    world
        .phone
        .set_fault_on(Operation::Logout, Fault::Timeout, Some(1));
    assert_eq!(
        person
            .mutate("user.logoutSession", named(&session))
            .await
            .code(),
        "TIMEOUT"
    );
    assert_eq!(
        own(&person).await["id"],
        session["id"],
        "not gone before it is done"
    );
    assert_eq!(
        person
            .mutate("user.logoutSession", named(&session))
            .await
            .data(),
        json!({ "success": true })
    );
    assert_eq!(own(&person).await, NOTHING);
}

#[tokio::test]
async fn unlinked_on_the_phone_is_shown_with_its_cause() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    world
        .phone
        .logout_by_phone(&SessionName::new(session["sessionName"].as_str().unwrap()).unwrap());
    let status = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_eq!(status["status"], "FAILED");
    assert!(!status["cause"].as_str().unwrap().is_empty());
    assert_eq!(
        own(&person).await["id"],
        session["id"],
        "whatever its status"
    );
}

/// A process that died half-way through a logout must not link the phone again.
#[tokio::test]
async fn a_half_failed_logout_is_finished_by_the_next_look() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    world
        .phone
        .set_fault_on(Operation::Logout, Fault::Unreachable, Some(1));
    person
        .mutate("user.logoutSession", named(&session))
        .await
        .code();
    assert_eq!(world.app.sessions.tick().await.unwrap(), 0);
    assert_eq!(own(&person).await, NOTHING);
    let name = SessionName::new(session["sessionName"].as_str().unwrap()).unwrap();
    let status = world.phone.status(&name).await.unwrap();
    assert_eq!(status.state, State::Stopped, "the phone is unlinked");
}

#[tokio::test]
async fn whoever_links_again_is_not_unlinked_by_an_older_logout() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    world
        .phone
        .set_fault_on(Operation::Logout, Fault::Unreachable, Some(1));
    person
        .mutate("user.logoutSession", named(&session))
        .await
        .code();
    assert_eq!(initiate(&person).await, session);
    world.app.sessions.tick().await.unwrap();
    assert_eq!(own(&person).await["id"], session["id"]);
    person.wait_for("WORKING", &session["sessionName"]).await;
}

/// A batch is one request: its lists take turns, and the other calls do not wait for them.
#[tokio::test]
async fn a_batch_of_lists_is_answered_whole() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    let paths = vec!["user.getWhatsAppContacts"; 40].join(",");
    let inputs: serde_json::Map<_, _> = (0..40)
        .map(|at| {
            (
                at.to_string(),
                json!({ "json": { "sessionName": session["sessionName"], "limit": 1 } }),
            )
        })
        .collect();
    let inputs = Value::from(inputs).to_string();
    let inputs: String = url::form_urlencoded::byte_serialize(inputs.as_bytes()).collect();
    let uri = format!("/api/trpc/{paths}?batch=1&input={inputs}");
    let answer = person.call(Method::GET, &uri, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.body.as_array().unwrap().len(), 40);
}

/// What the engine has forgotten is started again, what was logged out is not.
#[tokio::test]
async fn wanted_sessions_are_brought_back() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    let (other, gone) = world.linked("ben").await;
    other
        .mutate("user.logoutSession", named(&gone))
        .await
        .data();
    assert_eq!(world.app.sessions.tick().await.unwrap(), 0);

    world
        .phone
        .logout(&SessionName::new(session["sessionName"].as_str().unwrap()).unwrap())
        .await
        .unwrap();
    assert_eq!(world.app.sessions.tick().await.unwrap(), 1);
    let status = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_ne!(status["status"], "STOPPED");

    world.phone.set_fault(Some(Fault::Unreachable));
    assert_eq!(
        world.app.sessions.tick().await.unwrap(),
        0,
        "an engine that is down is no error of the loop"
    );
}
