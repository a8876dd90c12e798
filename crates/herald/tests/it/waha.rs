//! The User API over a WAHA, for each of its engines and generations, and over a WAHA in trouble.

mod campaigns;
mod in_hand;
mod served;
mod setup;
mod waiting;

use std::{sync::Arc, time::Duration};

use clap::Parser;
use herald::{
    auth::add_user, cli::Cli, config::Config, random::Random, server::Server, store::Role,
};
use rstest::rstest;
use serde_json::{Value, json};
use waha_stand_in::{Behaviour, Engine, Fault, Profile, StandIn, Status};
use whatsapp_gateway::waha::{Timeouts, Waha, WahaConfig};

use crate::support::{
    qr,
    world::{Person, World},
};

const NOTHING: Value = Value::Null;
/// How long these tests let a call to WAHA take.
const SHORT: Duration = Duration::from_millis(1500);

async fn world(profile: Profile, limit: Duration) -> (World, StandIn) {
    let key = profile.api_key.clone();
    let waha = StandIn::start(profile).await.unwrap();
    let engine = Waha::new(WahaConfig {
        base_url: waha.url().parse().unwrap(),
        api_key: key.map(Into::into),
        webhook: None,
        timeouts: Timeouts {
            lifecycle: limit,
            data: limit,
            quick: limit,
            ..Timeouts::default()
        },
    });
    (World::with_engine(Arc::new(engine.unwrap())).await, waha)
}

fn named(session: &Value) -> Value {
    json!({ "sessionName": session["sessionName"] })
}

async fn initiate(person: &Person<'_>) -> Value {
    person
        .mutate("user.initiateWhatsAppSession", NOTHING)
        .await
        .data()
}

#[rstest]
#[tokio::test]
async fn the_whole_story_on_every_waha(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let mut profile = Profile::new(engine, behaviour);
    profile.api_key = Some("the key".into());
    let (world, waha) = world(profile, Duration::from_secs(20)).await;
    let person = world.person("ann", Role::User).await;
    let session = initiate(&person).await;
    let name = session["sessionName"].as_str().unwrap();
    let engine_name = if behaviour == Behaviour::Current {
        name
    } else {
        "default"
    };

    let status = person.query("user.getSessionStatus", named(&session)).await;
    assert_eq!(status.data()["status"], "SCAN_QR_CODE", "the QR is ready");
    let shown = person.query("user.getSessionQR", named(&session)).await;
    let shown = qr::decode(shown.data()["qr"].as_str().unwrap());
    assert_eq!(Some(shown), waha.qr(engine_name), "the engine's code");

    assert!(waha.scan(engine_name));
    waha.until(engine_name, Status::Working).await;
    person.wait_for("WORKING", &session["sessionName"]).await;
    // WEBJS works a moment before it tells whose account it is.
    while person
        .query("user.getWhatsAppSession", NOTHING)
        .await
        .data()["phoneNumber"]
        == ""
    {
        person.wait_for("WORKING", &session["sessionName"]).await;
    }

    let list = async |path: &str, search: &str| {
        let input = json!({ "sessionName": name, "limit": 50, "search": search });
        let page = person.query(path, input).await.data();
        page["items"].as_array().unwrap().clone()
    };
    let groups = list("user.getWhatsAppGroups", "community").await;
    assert!(groups.len() > 10);
    for group in &groups {
        assert!(
            group["groupId"].as_str().unwrap().ends_with("@g.us"),
            "{group}"
        );
    }
    let people = list("user.getWhatsAppContacts", "John").await;
    assert_eq!(people.len(), 50, "a full page");
    for person in &people {
        let (id, number) = (person["groupId"].as_str(), person["number"].as_str());
        assert_eq!(id.unwrap(), format!("{}@c.us", number.unwrap()));
    }

    let done = json!({ "success": true });
    let restarted = person.mutate("user.restartSession", named(&session)).await;
    assert_eq!(restarted.data(), done);
    waha.until(engine_name, Status::Working).await;
    assert!(waha.is_paired(engine_name), "the phone stays linked");
    for _ in 0..2 {
        let out = person.mutate("user.logoutSession", named(&session)).await;
        assert_eq!(out.data(), done);
    }
    // 2024.10.8 cannot: from the next release on, logging out removes the device from the phone.
    let unlinked = usize::from(behaviour != Behaviour::Core202410);
    assert_eq!(waha.unpaired(), unlinked, "the phone was really unlinked");
    assert_eq!(initiate(&person).await, session);
    let status = person.query("user.getSessionStatus", named(&session)).await;
    assert_eq!(status.data()["status"], "SCAN_QR_CODE");
}

#[tokio::test]
async fn a_waha_in_trouble_gives_the_published_error_and_then_the_same_session() {
    let (world, waha) = world(Profile::new(Engine::Noweb, Behaviour::Current), SHORT).await;
    let person = world.person("ann", Role::User).await;
    let mut id = None;
    for trouble in [
        Fault::Hang,
        Fault::Late(SHORT * 2),
        Fault::Error,
        Fault::Garbage,
        Fault::Unauthorized,
    ] {
        waha.fault(trouble);
        fails(&person).await;
        waha.fault(Fault::None);
        recovers(&person, &mut id).await;
    }
    waha.down().await;
    fails(&person).await;
    waha.up().await.unwrap();
    recovers(&person, &mut id).await;
}

async fn fails(person: &Person<'_>) {
    let answer = person.mutate("user.initiateWhatsAppSession", NOTHING).await;
    let (code, message) = answer.error();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("INTERNAL_SERVER_ERROR", "Failed to create WhatsApp session")
    );
    let own = person
        .query("user.getWhatsAppSession", NOTHING)
        .await
        .data();
    if own != NOTHING {
        let status = person
            .query("user.getSessionStatus", named(&own))
            .await
            .data();
        assert_eq!(status["status"], "FAILED");
        assert!(status["cause"].is_string(), "{status}");
    }
}

async fn recovers(person: &Person<'_>, id: &mut Option<Value>) {
    let session = initiate(person).await;
    assert_eq!(
        id.get_or_insert_with(|| session["id"].clone()),
        &session["id"]
    );
    let status = person
        .query("user.getSessionStatus", named(&session))
        .await
        .data();
    assert_eq!(status["status"], "SCAN_QR_CODE");
}

/// What a restarted old Core has forgotten comes back with the next look.
#[tokio::test]
async fn a_session_that_waha_lost_is_started_again() {
    let (world, waha) = world(Profile::new(Engine::Gows, Behaviour::Current), SHORT * 10).await;
    let person = world.person("ann", Role::User).await;
    let session = initiate(&person).await;
    let name = session["sessionName"].as_str().unwrap();
    waha.stop(name);
    waha.until(name, Status::Stopped).await;
    assert_eq!(world.app.sessions.tick().await.unwrap(), 1);
    waha.until(name, Status::ScanQrCode).await;
    let status = person.query("user.getSessionStatus", named(&session)).await;
    assert_eq!(status.data()["status"], "SCAN_QR_CODE");
}

/// The wait for a code holds nobody up: a session can be logged out meanwhile.
#[tokio::test]
async fn a_session_that_hangs_in_starting_can_be_logged_out() {
    let profile = Profile::new(Engine::Noweb, Behaviour::Current);
    let (world, waha) = world(profile, SHORT * 10).await;
    let person = world.person("ann", Role::User).await;
    waha.hold_starting(true);
    let out = async {
        let own = loop {
            let answer = person.query("user.getWhatsAppSession", NOTHING).await;
            let own = answer.data();
            if own != NOTHING {
                break own;
            }
        };
        let name = own["sessionName"].as_str().unwrap();
        waha.until(name, Status::Starting).await;
        person
            .mutate("user.logoutSession", named(&own))
            .await
            .data()
    };
    let (_, out) = tokio::join!(initiate(&person), out);
    assert_eq!(out, json!({ "success": true }));
    let own = person
        .query("user.getWhatsAppSession", NOTHING)
        .await
        .data();
    assert_eq!(own, NOTHING);
}

/// What WAHA tells is seen long before Herald would look by itself, which is every 30 s.
#[rstest]
#[case::webhook(true)]
#[case::web_socket(false)]
#[tokio::test]
async fn what_waha_tells_is_looked_at_at_once(#[case] has_webhook: bool) {
    let profile = Profile::new(Engine::Gows, Behaviour::Current);
    let waha = StandIn::start(profile).await.unwrap();
    // WAHA has to be told the port before Herald has it.
    let address = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut arguments = vec![
        "herald".to_owned(),
        format!("--listen={address}"),
        format!("--waha-api-url={}", waha.url()),
        format!("--data-dir={}", folder.path().display()),
    ];
    if has_webhook {
        arguments.push(format!("--waha-webhook-url=http://{address}"));
    }
    let settings = Cli::try_parse_from(arguments).unwrap().settings;
    let server = Server::start(&Config::new(&settings).unwrap())
        .await
        .unwrap();
    let (app, random) = (&server.app, Random::system());
    let (email, role) = ("ann@herald.test", Role::User);
    let ann = add_user(
        &app.store,
        &app.clock,
        &random,
        "Ann",
        email,
        "correct horse",
        role,
    );
    let ann = ann.await.unwrap().id;
    let session = app.sessions.initiate(&ann).await.unwrap();
    let mut changes = app.changes.watch(&ann).unwrap();
    assert!(waha.scan(&session.session_name));
    let seen = async {
        while app.sessions.of(&ann).await.unwrap().unwrap().status != "WORKING" {
            changes.hint().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), seen)
        .await
        .expect("a hint");
    server.lifecycle.stop();
    assert!(server.run().await.unwrap());
}
