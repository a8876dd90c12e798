//! The directory as a client sees it: lists that call no engine, and how they are kept.

mod memory;

use std::sync::{Arc, Mutex};

use axum::{body::Body, http::Method};
use herald::{clock::Clock, store::Role};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};
use whatsapp_gateway::{
    ChatId, Contact, Event, Found, Gateway, GatewayError, Group, Outgoing, Qr, Result, SendError,
    Sent, SessionName, Status,
    simulated::{Fault, Operation, Simulated, SimulatedConfig},
};

use crate::support::{
    database::Kind,
    world::{Person, World},
};

const HOUR: i64 = 3_600_000;

fn named(session: &Value) -> Value {
    json!({ "sessionName": session["sessionName"] })
}

async fn status(person: &Person<'_>, session: &Value) -> Value {
    let answer = person.query("user.getDirectoryStatus", named(session));
    answer.await.data()
}

async fn sync(person: &Person<'_>, session: &Value) -> Value {
    let answer = person.mutate("user.syncDirectory", named(session));
    answer.await.data()["started"].clone()
}

/// The names on the first page of a list.
async fn names(person: &Person<'_>, session: &Value, list: &str) -> Vec<String> {
    let page = person.query(list, named(session)).await.data();
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["groupName"].as_str().unwrap().to_owned())
        .collect()
}

#[rstest]
#[tokio::test]
async fn a_list_calls_no_engine(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let world = World::on(kind).await;
    let (person, session) = world.linked("ann").await;
    let before = world.phone.calls();
    assert_eq!(
        (before[&Operation::Groups], before[&Operation::Contacts]),
        (1, 1),
        "read once, at the linking"
    );
    for search in ["", "community", "jo an", "+49"] {
        for list in ["user.getWhatsAppGroups", "user.getWhatsAppContacts"] {
            let input = json!({ "sessionName": session["sessionName"], "search": search });
            let page = person.query(list, input).await.data();
            assert!(page["items"].is_array());
        }
    }
    let kept = status(&person, &session).await;
    assert_eq!(
        (&kept["groups"], &kept["syncing"]),
        (&json!(340), &json!(false))
    );
    assert!(kept["contacts"].as_u64().unwrap() > 3_000);
    assert!(kept["withoutNumber"].as_u64().unwrap() > 100);
    assert!(kept["syncedAt"].is_string() && kept.get("error").is_none());
    assert_eq!(world.phone.calls(), before);
}

#[tokio::test]
async fn old_lists_are_served_while_the_engine_is_away() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    let groups = names(&person, &session, "user.getWhatsAppGroups").await;
    let name = SessionName::new(session["sessionName"].as_str().unwrap()).unwrap();
    world.phone.lose_connection(&name);
    person.wait_for("STARTING", &session["sessionName"]).await;
    assert_eq!(
        names(&person, &session, "user.getWhatsAppGroups").await,
        groups
    );
    world.phone.set_fault(Some(Fault::Unreachable));
    person.wait_for("FAILED", &session["sessionName"]).await;
    assert_eq!(
        names(&person, &session, "user.getWhatsAppGroups").await,
        groups
    );

    world.clock.advance(HOUR);
    assert_eq!(sync(&person, &session).await, true);
    world.settled().await;
    let kept = status(&person, &session).await;
    let error = kept["error"].as_str().unwrap();
    assert!(error.contains("cannot be reached"), "{error}");
    assert_eq!(kept["groups"], 340);

    world.phone.set_fault(None);
    world.phone.restore(&name);
    world.clock.advance(HOUR);
    person.wait_for("WORKING", &session["sessionName"]).await;
    world.settled().await;
    let later = status(&person, &session).await;
    assert!(later.get("error").is_none() && later["syncedAt"] != kept["syncedAt"]);
}

#[tokio::test]
async fn a_session_without_a_link_has_no_directory() {
    let world = World::new().await;
    world.phone.set_self_scan(None);
    let person = world.person("ann", Role::User).await;
    let session = person
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    let nothing = json!({
        "groups": 0, "contacts": 0, "withoutNumber": 0, "syncedAt": null, "syncing": false,
    });
    assert_eq!(status(&person, &session).await, nothing);
    let refused = person.mutate("user.syncDirectory", named(&session)).await;
    assert_eq!(refused.code(), "PRECONDITION_FAILED");

    let name = SessionName::new(session["sessionName"].as_str().unwrap()).unwrap();
    world.phone.scan(&name);
    person.wait_for("WORKING", &session["sessionName"]).await;
    world.settled().await;
    assert_eq!(status(&person, &session).await["groups"], 340);
    person
        .mutate("user.logoutSession", named(&session))
        .await
        .data();
    assert_eq!(status(&person, &session).await, nothing);
}

#[tokio::test]
async fn an_old_directory_is_read_again_by_the_next_look() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    let readings = async |after: i64| {
        world.clock.advance(after);
        world.app.sessions.tick().await.unwrap();
        world.settled().await;
        world.phone.calls()[&Operation::Contacts]
    };
    assert_eq!(readings(0).await, 1);
    assert_eq!(
        readings(3 * 60_000).await,
        2,
        "the phone was still handing over"
    );
    assert_eq!(readings(8 * 60_000).await, 3);
    assert_eq!(readings(5 * HOUR).await, 3);
    assert_eq!(readings(2 * HOUR).await, 4);
    assert_eq!(
        sync(&person, &session).await,
        false,
        "it has just been read"
    );
    world.clock.advance(60_000);
    assert_eq!(sync(&person, &session).await, true);
    world.settled().await;
    assert_eq!(readings(0).await, 5);
}

/// A phone whose lists the test sets and holds back.
struct Phone {
    inner: Simulated,
    people: Mutex<Vec<u32>>,
    may_tell: Semaphore,
}

impl Phone {
    fn new() -> Arc<Self> {
        let time = Clock::manual(0);
        let now = move || {
            time.advance(500);
            time.now_ms()
        };
        Arc::new(Self {
            inner: Simulated::new(SimulatedConfig::new(7, Arc::new(now))),
            people: Mutex::new((100..160).collect()),
            may_tell: Semaphore::new(0),
        })
    }
}

#[async_trait::async_trait]
impl Gateway for Phone {
    fn engine(&self) -> &'static str {
        "phone"
    }
    async fn check(&self) -> Result<()> {
        self.inner.check().await
    }
    async fn name_for(&self, wanted: &SessionName) -> Result<SessionName> {
        self.inner.name_for(wanted).await
    }
    async fn start(&self, session: &SessionName) -> Result<()> {
        self.inner.start(session).await
    }
    async fn restart(&self, session: &SessionName) -> Result<()> {
        self.inner.restart(session).await
    }
    async fn logout(&self, session: &SessionName) -> Result<()> {
        self.inner.logout(session).await
    }
    async fn status(&self, session: &SessionName) -> Result<Status> {
        self.inner.status(session).await
    }
    async fn qr(&self, session: &SessionName) -> Result<Qr> {
        self.inner.qr(session).await
    }
    async fn groups(&self, _: &SessionName) -> Result<Vec<Group>> {
        let ids = self.people.lock().unwrap().clone();
        let group = |id| Group {
            id: ChatId(format!("{id}@g.us")),
            name: Some(format!("Group {id}")),
            members: None,
            admins_only: None,
            is_admin: None,
            is_member: None,
        };
        Ok(ids.into_iter().map(group).collect())
    }
    async fn contacts(&self, _: &SessionName) -> Result<Vec<Contact>> {
        self.may_tell.acquire().await.unwrap().forget();
        let ids = self.people.lock().unwrap().clone();
        if ids.is_empty() {
            return Err(GatewayError::Engine("no contacts".into()));
        }
        let contact = |id| Contact {
            id: ChatId(format!("49151{id}@c.us")),
            name: Some(format!("Person {id}")),
            push_name: None,
            number: Some(format!("49151{id}")),
            lid: None,
            is_me: None,
            is_blocked: None,
            is_whatsapp: None,
            is_saved: None,
        };
        Ok(ids.into_iter().map(contact).collect())
    }
    fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events()
    }
    async fn send(&self, session: &SessionName, message: &Outgoing) -> Result<Sent, SendError> {
        self.inner.send(session, message).await
    }
    async fn find(&self, session: &SessionName, message: &Outgoing) -> Result<Found> {
        self.inner.find(session, message).await
    }
    fn send_limit(&self) -> std::time::Duration {
        self.inner.send_limit()
    }
}

#[tokio::test]
async fn the_first_reading_is_waited_for_and_the_next_takes_its_place_at_once() {
    let phone = Phone::new();
    let world = World::with_engine(phone.clone()).await;
    let person = world.person("ann", Role::User).await;
    let session = person
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    person.wait_for("WORKING", &session["sessionName"]).await;
    let kept = status(&person, &session).await;
    assert_eq!(
        (&kept["syncing"], &kept["syncedAt"]),
        (&json!(true), &Value::Null)
    );
    let (first, ()) = tokio::join!(
        names(&person, &session, "user.getWhatsAppContacts"),
        async { phone.may_tell.add_permits(1) }
    );
    assert_eq!(first.len(), 50);

    // A page is a slice of the list as it is at that moment: while a reading runs, of the old one.
    *phone.people.lock().unwrap() = (101..160).collect();
    world.clock.advance(HOUR);
    assert_eq!(sync(&person, &session).await, true);
    assert_eq!(sync(&person, &session).await, false, "one at a time");
    let page = async |cursor: usize| {
        let input = json!({ "sessionName": session["sessionName"], "limit": 30, "cursor": cursor });
        let page = person.query("user.getWhatsAppContacts", input).await.data();
        page["items"].as_array().unwrap().clone()
    };
    let mut walked = page(0).await;
    walked.extend(page(30).await);
    let mut ids: Vec<_> = walked
        .iter()
        .map(|item| item["groupId"].as_str().unwrap())
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 60, "nobody is missing, nobody there twice");
    phone.may_tell.add_permits(1);
    world.settled().await;
    assert_eq!(
        page(0).await[0]["groupName"],
        "Person 101",
        "the deleted one is gone"
    );
    assert_eq!(page(30).await.len(), 29);
    assert_eq!(
        names(&person, &session, "user.getWhatsAppGroups").await[0],
        "Group 101"
    );

    // The groups could be read, the people could not: nothing changes.
    phone.people.lock().unwrap().clear();
    phone.may_tell.add_permits(1);
    world.clock.advance(HOUR);
    assert_eq!(sync(&person, &session).await, true);
    world.settled().await;
    assert_eq!(page(30).await.len(), 29);
    assert_eq!(
        names(&person, &session, "user.getWhatsAppGroups").await[0],
        "Group 101"
    );
    let kept = status(&person, &session).await;
    assert!(
        kept["error"]
            .as_str()
            .unwrap()
            .contains("reported an error")
    );
}

/// Who turns pages while the lists are read anew sees nobody twice and misses nobody.
#[tokio::test]
async fn a_walk_stays_in_the_reading_that_it_began_in() {
    let phone = Phone::new();
    let world = World::with_engine(phone.clone()).await;
    let person = world.person("ann", Role::User).await;
    let session = person
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    phone.may_tell.add_permits(1);
    person.wait_for("WORKING", &session["sessionName"]).await;
    world.settled().await;
    let first = status(&person, &session).await["syncedAt"].clone();
    // Each reading finds other people: some gone, some new, at the beginning and at the end.
    let read_anew = async |people: std::ops::Range<u32>| {
        *phone.people.lock().unwrap() = people.collect();
        phone.may_tell.add_permits(1);
        world.clock.advance(HOUR / 60);
        assert_eq!(sync(&person, &session).await, true);
        world.settled().await;
    };
    let page = async |input: Value| {
        let mut asked = named(&session);
        for (field, value) in input.as_object().unwrap() {
            asked[field] = value.clone();
        }
        person.query("user.getWhatsAppContacts", asked).await.data()
    };
    let ids = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|item| item["number"].as_str().unwrap().to_owned())
            .collect()
    };

    let (mut walked, mut cursor, mut from) = (Vec::new(), json!(0), 110);
    while cursor != Value::Null {
        let page = page(json!({ "limit": 13, "cursor": cursor, "search": "person" })).await;
        walked.extend(ids(&page));
        cursor = page["nextCursor"].clone();
        read_anew(from..from + 45).await;
        from += 7;
    }
    let of_first: Vec<_> = (100..160).map(|id| format!("49151{id}")).collect();
    assert_eq!(walked, of_first);

    // A new walk is through the newest reading, also where the old one went on.
    let newest = page(json!({ "limit": 13, "search": "person" })).await;
    assert_eq!(newest["matches"], 45);
    assert_eq!(ids(&newest)[0], format!("49151{}", from - 7));
    let next = page(json!({ "limit": 13, "cursor": 13, "search": "person" })).await;
    assert_eq!(ids(&next)[0], format!("49151{}", from - 7 + 13));

    // A reading can be asked for, at any place, for as long as it is held.
    let input = |cursor: u64| json!({ "limit": 5, "cursor": cursor, "asOf": first });
    assert_eq!(
        ids(&as_of(&person, &session, &input(30)).await)[0],
        "49151130"
    );
    let unknown = json!({ "limit": 5, "asOf": "2020-01-01T00:00:00.000Z" });
    let answer = as_of(&person, &session, &unknown).await;
    assert_eq!(answer["matches"], 45, "else it is the newest");
}

/// Pages of the account that was linked before are nobody's any more.
#[tokio::test]
async fn a_walk_ends_with_its_link() {
    let phone = Phone::new();
    let world = World::with_engine(phone.clone()).await;
    let person = world.person("ann", Role::User).await;
    let link = async |people: std::ops::Range<u32>| {
        *phone.people.lock().unwrap() = people.collect();
        phone.may_tell.add_permits(1);
        world.clock.advance(HOUR / 60);
        let session = person
            .mutate("user.initiateWhatsAppSession", Value::Null)
            .await
            .data();
        person.wait_for("WORKING", &session["sessionName"]).await;
        world.settled().await;
        session
    };
    let session = link(100..160).await;
    let first = status(&person, &session).await["syncedAt"].clone();
    let page = async |cursor: u64| {
        let mut input = named(&session);
        (input["limit"], input["cursor"]) = (json!(10), json!(cursor));
        let page = person.query("user.getWhatsAppContacts", input).await.data();
        page["items"][0]["number"].clone()
    };
    assert_eq!(page(0).await, "49151100");
    // The first reading is an earlier one, and held.
    phone.may_tell.add_permits(1);
    world.clock.advance(HOUR / 60);
    assert_eq!(sync(&person, &session).await, true);
    world.settled().await;
    let input = json!({ "asOf": first });
    assert_eq!(as_of(&person, &session, &input).await["matches"], 60);

    let logout = person.mutate("user.logoutSession", named(&session)).await;
    logout.data();
    assert_eq!(link(300..340).await["sessionName"], session["sessionName"]);
    assert_eq!(page(10).await, "49151310");
    assert_eq!(as_of(&person, &session, &input).await["matches"], 40);
}

/// A page of contacts as of an instant, which superjson has to be told to be one.
async fn as_of(person: &Person<'_>, session: &Value, input: &Value) -> Value {
    let mut input = input.clone();
    input["sessionName"] = session["sessionName"].clone();
    let input = json!({ "json": input, "meta": { "values": { "asOf": ["Date"] } } });
    let input = utf8_percent_encode(&input.to_string(), NON_ALPHANUMERIC).to_string();
    let path = format!("/api/trpc/user.getWhatsAppContacts?input={input}");
    person.call(Method::GET, &path, Body::empty()).await.data()
}

#[tokio::test]
async fn a_list_is_exported_whole_to_its_owner() {
    let world = World::new().await;
    let (person, session) = world.linked("ann").await;
    for (list, heading, count) in [
        (
            "groups",
            "name,id,members,admins only,you are admin",
            "groups",
        ),
        ("contacts", "name,id,number,saved", "contacts"),
    ] {
        let mut input = named(&session);
        input["list"] = list.into();
        let csv = person.query("user.exportDirectory", input).await.data()["csv"].clone();
        let csv = csv.as_str().unwrap();
        let lines: Vec<_> = csv.split_terminator("\r\n").collect();
        assert_eq!(lines[0], heading);
        let listed = status(&person, &session).await[count].clone();
        assert_eq!(json!(lines.len() - 1), listed);
    }
    let mut input = named(&session);
    input["list"] = "people".into();
    let refused = person.query("user.exportDirectory", input).await;
    assert_eq!(refused.code(), "BAD_REQUEST");
}

/// What was read for a link that has ended since is not kept.
#[tokio::test]
async fn a_logout_during_a_reading_leaves_nothing() {
    let phone = Phone::new();
    let world = World::with_engine(phone.clone()).await;
    let person = world.person("ann", Role::User).await;
    let session = person
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    person.wait_for("WORKING", &session["sessionName"]).await;
    person
        .mutate("user.logoutSession", named(&session))
        .await
        .data();
    phone.may_tell.add_permits(1);
    world.settled().await;
    let kept = status(&person, &session).await;
    assert_eq!(
        (&kept["contacts"], &kept["syncedAt"]),
        (&json!(0), &Value::Null)
    );
    let own = person.query("user.getWhatsAppSession", Value::Null).await;
    assert_eq!(own.data(), Value::Null);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_reading() {
    let phone = Phone::new();
    let world = World::with_engine(phone.clone()).await;
    let person = world.person("ann", Role::User).await;
    let session = person
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    person.wait_for("WORKING", &session["sessionName"]).await;
    assert_eq!(status(&person, &session).await["syncing"], true);
    world.stop();
    world.settled().await;
    assert_eq!(status(&person, &session).await["syncing"], false);
    world.clock.advance(HOUR);
    assert_eq!(sync(&person, &session).await, false, "nothing new is begun");
}

/// An empty list would say that the account knows nobody.
#[tokio::test]
async fn a_first_reading_that_failed_is_told_and_tried_again() {
    let world = World::new().await;
    world
        .phone
        .set_fault_on(Operation::Contacts, Fault::EngineError, Some(1));
    let (ann, session) = world.linked("ann").await;
    let (code, message) = ann
        .query("user.getWhatsAppGroups", named(&session))
        .await
        .error();
    assert_eq!(code, "SERVICE_UNAVAILABLE");
    assert!(message.contains("WhatsApp engine"), "{message}");

    world.clock.advance(61_000);
    let groups = ann.query("user.getWhatsAppGroups", named(&session)).await;
    assert_eq!(groups.data()["items"].as_array().unwrap().len(), 10);
}

/// Who asks for lists alone, and never for a status, gets them as soon as the phone has scanned.
#[tokio::test]
async fn a_list_sees_that_the_phone_has_scanned() {
    let world = World::new().await;
    world.phone.set_self_scan(None);
    let ann = world.person("ann", Role::User).await;
    let session = ann
        .mutate("user.initiateWhatsAppSession", Value::Null)
        .await
        .data();
    let list = async || ann.query("user.getWhatsAppGroups", named(&session)).await;
    assert_eq!(list().await.code(), "PRECONDITION_FAILED");

    world
        .phone
        .scan(&SessionName::new(session["sessionName"].as_str().unwrap()).unwrap());
    world.clock.advance(1_000);
    assert_eq!(list().await.data()["items"].as_array().unwrap().len(), 10);
}
