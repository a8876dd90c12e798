//! Who may call what, asked of the running router for every procedure that it has.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use herald::{api, store::Role};
use serde_json::{Value, json};
use trpc_axum::Kind;

use crate::{
    campaigns,
    support::world::{Person, World},
};

/// The guard that each procedure is to have. A procedure that is missing here fails the test.
const EXPECTED: &[(&str, &str)] = &[
    ("admin.approveUser", "Admin"),
    ("admin.getKillSwitches", "Admin"),
    ("admin.getLimits", "Admin"),
    ("admin.getPendingUsers", "Admin"),
    ("admin.setKillSwitch", "Admin"),
    ("admin.setLimits", "Admin"),
    ("messageCampaign.cancelCampaign", "ActiveUser"),
    ("messageCampaign.createCampaign", "ActiveUser"),
    ("messageCampaign.deleteCampaign", "ActiveUser"),
    ("messageCampaign.exportCampaign", "ActiveUser"),
    ("messageCampaign.getCampaign", "ActiveUser"),
    ("messageCampaign.getCampaignMessages", "ActiveUser"),
    ("messageCampaign.getCampaignRecipients", "ActiveUser"),
    ("messageCampaign.getCampaigns", "ActiveUser"),
    ("messageCampaign.getCompletedCampaigns", "ActiveUser"),
    ("messageCampaign.pauseCampaign", "ActiveUser"),
    ("messageCampaign.previewCampaign", "ActiveUser"),
    ("messageCampaign.resolveUnknown", "ActiveUser"),
    ("messageCampaign.resumeCampaign", "ActiveUser"),
    ("messageCampaign.sendCampaignNow", "ActiveUser"),
    ("messageCampaign.sendTest", "ActiveUser"),
    ("messageCampaign.updateCampaign", "ActiveUser"),
    ("simulated.act", "ActiveUser"),
    ("system.getServer", "Anyone"),
    ("system.ping", "Anyone"),
    ("user.exportDirectory", "ActiveUser"),
    ("user.getDirectoryStatus", "ActiveUser"),
    ("user.getSessionQR", "ActiveUser"),
    ("user.getSessionStatus", "ActiveUser"),
    ("user.getWhatsAppContacts", "ActiveUser"),
    ("user.getWhatsAppGroups", "ActiveUser"),
    ("user.getWhatsAppSession", "ActiveUser"),
    ("user.initiateWhatsAppSession", "ActiveUser"),
    ("user.logoutSession", "ActiveUser"),
    ("user.onEvents", "SignedIn"),
    ("user.restartSession", "ActiveUser"),
    ("user.setKillSwitch", "ActiveUser"),
    ("user.syncDirectory", "ActiveUser"),
    ("user.updateSessionPhone", "ActiveUser"),
];

/// What each guard answers to nobody, a guest, a user and an admin: `None` lets them in.
fn refusals(authority: &str) -> [Option<&'static str>; 4] {
    match authority {
        "Anyone" => [None; 4],
        "SignedIn" => [Some("UNAUTHORIZED"), None, None, None],
        "ActiveUser" => [Some("UNAUTHORIZED"), Some("FORBIDDEN"), None, None],
        "Admin" => [
            Some("UNAUTHORIZED"),
            Some("FORBIDDEN"),
            Some("FORBIDDEN"),
            None,
        ],
        other => panic!("no expectation for the guard {other}"),
    }
}

/// Code and message with which the call is refused, if it is.
async fn call(
    person: &Person<'_>,
    path: &str,
    kind: Kind,
    input: &Value,
) -> Option<(String, String)> {
    let answer = match kind {
        Kind::Query => person.query(path, input.clone()).await,
        Kind::Mutation => person.mutate(path, input.clone()).await,
        Kind::Subscription => {
            let mut events = person.subscribe(path).await;
            return loop {
                match events.next_named().await.expect("an event") {
                    (name, _) if name == "connected" => {}
                    (name, data) if name == "serialized-error" => {
                        let error = &data["json"];
                        let text = |value: &Value| value.as_str().unwrap().to_owned();
                        break Some((text(&error["data"]["code"]), text(&error["message"])));
                    }
                    _ => break None,
                }
            };
        }
    };
    (!answer.status.is_success()).then(|| answer.error())
}

#[tokio::test]
async fn every_procedure_lets_in_whom_it_should() {
    let expected: BTreeMap<_, _> = EXPECTED.iter().copied().collect();
    let world = World::new().await;
    let (owner, session) = world.linked("owner").await;
    let stranger = world.person("stranger", Role::User).await;
    let admin = world.person("admin", Role::Admin).await;
    let guest = world.person("guest", Role::Guest).await;
    let nobody = world.nobody();
    let input = json!({
        "sessionName": session["sessionName"], "id": session["id"], "phoneNumber": "+1234567890", "userId": guest.id,
        "list": "groups", "action": "scan", "scope": "session", "on": false, "as": "failed",
    });
    let (input, campaign) = with_campaign(&owner, &session, input).await;

    let router = api::router();
    let mut walked = 0;
    for procedure in router.procedures() {
        let path = procedure.path.as_str();
        let authority = *expected
            .get(path)
            .unwrap_or_else(|| panic!("{path} has no expectation: add it to the table"));
        assert_eq!(procedure.authority, authority, "{path}");
        for (person, refusal) in [&nobody, &guest, &stranger, &admin]
            .into_iter()
            .zip(refusals(authority))
        {
            let refused = call(person, path, procedure.kind, &input).await;
            let code = refused.as_ref().map(|(code, _)| &**code);
            match refusal {
                Some(_) => assert_eq!(code, refusal, "{path}"),
                None => assert!(
                    !matches!(code, Some("UNAUTHORIZED" | "FORBIDDEN")),
                    "{path}: {refused:?}"
                ),
            }
        }
        walked += 1;
    }
    assert_eq!(walked, EXPECTED.len());

    // None of that has reached the owner's session.
    let own = owner
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .data();
    assert_eq!(
        (&own["id"], &own["phoneNumber"]),
        (&session["id"], &own["phoneNumber"])
    );
    assert_ne!(own["phoneNumber"], "+1234567890");
    owner.wait_for("WORKING", &session["sessionName"]).await;
    assert_eq!(
        campaigns::see(&owner, &campaign).await["status"],
        "SCHEDULED"
    );
}

/// The input with a campaign of the owner's, with a message of it, and with all that a new one takes.
async fn with_campaign(owner: &Person<'_>, session: &Value, input: Value) -> (Value, Value) {
    let group = campaigns::groups(owner, session, 1).await[0].clone();
    let draft = campaigns::draft(&session["id"], &group);
    let id = campaigns::create(owner, draft.clone()).await;
    let message = campaigns::messages(owner, &id).await[0]["id"].clone();
    let input = campaigns::with(input, draft);
    (
        campaigns::with(input, json!({ "campaignId": id, "messageId": message })),
        id,
    )
}

/// Every procedure that takes a session's name or id, asked by others: the thing does not exist.
#[tokio::test]
async fn a_strangers_session_does_not_exist() {
    let world = World::new().await;
    let (owner, session) = world.linked("owner").await;
    let input = json!({
        "sessionName": session["sessionName"], "id": session["id"], "phoneNumber": "+1234567890", "userId": "none",
        "list": "contacts", "as": "sent",
    });
    let (input, _) = with_campaign(&owner, &session, input).await;
    let invented = json!({ "sessionName": "session_0", "id": "0", "sessionId": "0", "campaignId": "0", "messageId": "0" });
    let unknown = campaigns::with(input.clone(), invented);
    let takes_a_session = |path: &str| {
        (path.starts_with("user.") || path.starts_with("messageCampaign."))
            && !matches!(
                path,
                "user.getWhatsAppSession"
                    | "user.initiateWhatsAppSession"
                    | "user.setKillSwitch"
                    | "user.onEvents"
                    | "messageCampaign.getCampaigns"
                    | "messageCampaign.getCompletedCampaigns"
            )
    };
    let router = api::router();
    let before = world.phone.calls();
    for person in [
        world.person("stranger", Role::User).await,
        world.person("admin", Role::Admin).await,
    ] {
        for procedure in router
            .procedures()
            .filter(|procedure| takes_a_session(&procedure.path))
        {
            let foreign = call(&person, &procedure.path, procedure.kind, &input).await;
            let invented = call(&person, &procedure.path, procedure.kind, &unknown).await;
            let code = foreign.as_ref().map(|(code, _)| &**code);
            assert_eq!(code, Some("NOT_FOUND"), "{}", procedure.path);
            assert_eq!(
                foreign, invented,
                "{}: the two can be told apart",
                procedure.path
            );
        }
    }
    assert_eq!(world.phone.calls(), before, "the engine was asked");
    for procedure in router
        .procedures()
        .filter(|procedure| takes_a_session(&procedure.path))
    {
        let refused = call(&owner, &procedure.path, procedure.kind, &input).await;
        assert!(
            refused.as_ref().is_none_or(|(code, _)| code != "NOT_FOUND"),
            "{}: {refused:?}",
            procedure.path
        );
    }
}

#[tokio::test]
async fn the_published_words_of_a_refusal() {
    let world = World::new().await;
    let guest = world.person("guest", Role::Guest).await;
    let (code, message) = guest
        .query("user.getWhatsAppSession", Value::Null)
        .await
        .error();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("FORBIDDEN", "Your account is not yet approved")
    );
}

#[tokio::test]
async fn a_changed_role_acts_at_once() {
    let world = World::new().await;
    let admin = world.person("admin", Role::Admin).await;
    let guest = world.person("guest", Role::Guest).await;
    let pending = admin
        .query("admin.getPendingUsers", Value::Null)
        .await
        .data();
    assert_eq!(pending[0]["email"], "guest@herald.test");
    let approved = admin
        .mutate("admin.approveUser", json!({ "userId": guest.id }))
        .await
        .data();
    assert_eq!(approved["role"], "USER");
    assert_eq!(
        guest
            .query("user.getWhatsAppSession", Value::Null)
            .await
            .data(),
        Value::Null
    );
    assert_eq!(
        admin
            .query("admin.getPendingUsers", Value::Null)
            .await
            .data(),
        json!([])
    );

    // Approving an admin demotes nobody.
    let same = admin
        .mutate("admin.approveUser", json!({ "userId": admin.id }))
        .await
        .data();
    assert_eq!(same["role"], "ADMIN");
    assert_eq!(
        admin
            .mutate("admin.approveUser", json!({ "userId": "nobody" }))
            .await
            .code(),
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn a_foreign_page_cannot_post_and_programs_can() {
    use axum::http::{Request, header};
    let world = World::new().await;
    let user = world.person("user", Role::User).await;
    for (origin, status) in [
        (None, StatusCode::OK),
        (Some("http://herald.test"), StatusCode::OK),
        (Some("http://localhost:3210"), StatusCode::OK),
        (Some("https://app.example"), StatusCode::OK),
        (Some("https://evil.example"), StatusCode::FORBIDDEN),
        (Some("null"), StatusCode::FORBIDDEN),
    ] {
        let mut request = Request::post("/api/trpc/user.initiateWhatsAppSession")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, user.cookie.as_deref().unwrap());
        if let Some(origin) = origin {
            request = request.header(header::ORIGIN, origin);
        }
        let answer = world.send(request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(answer.status, status, "{origin:?}: {}", answer.body);
        if status == StatusCode::FORBIDDEN {
            assert_eq!(answer.code(), "FORBIDDEN");
        }
        let allowed = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(
            allowed.is_some(),
            origin == Some("https://app.example"),
            "{origin:?}"
        );
    }
}

/// A name is data: nothing in it reaches a path, a query or an engine.
#[tokio::test]
async fn tricks_in_names_find_nothing() {
    let world = World::new().await;
    let (owner, _) = world.linked("owner").await;
    let before = world.phone.calls();
    for name in [
        "",
        "..",
        "../../sessions",
        "a/b",
        "%2e%2e",
        "default",
        "' OR 1=1 --",
        "*",
        "😀",
        &"x".repeat(10_000),
    ] {
        let answer = owner
            .query("user.getSessionStatus", json!({ "sessionName": name }))
            .await;
        assert_eq!(answer.code(), "NOT_FOUND", "{name:?}");
    }
    assert_eq!(world.phone.calls(), before);
    let nul = json!({ "sessionName": "x\0y" });
    let answer = owner.query("user.getSessionStatus", nul).await;
    assert_eq!(
        answer.code(),
        "BAD_REQUEST",
        "PostgreSQL has no place for it"
    );
    let unknown = owner
        .call(
            Method::GET,
            "/api/trpc/..%2F..%2Fuser.getWhatsAppSession",
            Body::empty(),
        )
        .await;
    assert_eq!(unknown.code(), "NOT_FOUND");
}

/// The types by which the pages are checked are those of the code.
#[test]
fn the_pages_have_the_types_of_the_code() {
    let declared = include_str!("../../../../web/src/api/router.ts");
    assert!(
        api::typescript().unwrap() == declared,
        "run: cargo run -- typescript > web/src/api/router.ts"
    );
}
