//! What is told of groups, and who of the contacts is whom.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use waha_stand_in::{Behaviour, Engine};
use whatsapp_gateway::{ChatId, Contact, Gateway, Group, waha::Timeouts};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{path, query_param, query_param_is_missing},
};

use crate::{PATIENCE, client, client_with, linked, name, pair};

#[rstest]
#[tokio::test]
async fn the_facts_of_groups(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;

    let groups = waha.groups(&session).await.unwrap();
    assert_eq!(groups.len(), 40);
    for (i, group) in (0_u32..).zip(&groups) {
        let is_left = engine == Engine::Webjs && i % 10 == 9;
        // Members are listed by LID, and the account's own is not told.
        let is_unknown =
            i % 4 == 1 && engine == Engine::Webjs && behaviour == Behaviour::Core202602;
        let known = |fact: bool| (!is_unknown).then_some(fact);
        let facts = (
            group.members,
            group.admins_only,
            group.is_admin,
            group.is_member,
        );
        let expected = (
            Some(i % 6 + 1 + u32::from(!is_left)),
            Some(i % 5 == 4),
            known(i % 3 == 0 && !is_left),
            known(!is_left),
        );
        assert_eq!(facts, expected, "group {i}");
    }
}

#[rstest]
#[tokio::test]
async fn the_table_of_lids_is_joined(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    let contacts = waha.contacts(&session).await.unwrap();
    let find = |id: &str| contacts.iter().find(|contact| contact.id.as_str() == id);
    let has_table = behaviour > Behaviour::Core202410;

    let john = find("12025550100@c.us").unwrap();
    let lid = has_table.then_some("210000000000000@lid");
    assert_eq!(john.lid.as_ref().map(ChatId::as_str), lid);
    // Its twin stays: whoever asks joins the two by the LID.
    assert_eq!(
        find("210000000000000@lid").is_some(),
        engine == Engine::Webjs
    );

    // Listed by LID alone, and the table knows the number.
    let hidden = "220000000000008@lid";
    let shown = find("15055550108@c.us");
    assert_eq!(find(hidden).is_some(), !has_table);
    assert_eq!(shown.is_some(), has_table);
    if let Some(shown) = shown {
        assert_eq!(shown.number.as_deref(), Some("15055550108"));
        assert_eq!(shown.lid.as_ref().map(ChatId::as_str), Some(hidden));
        assert_eq!(shown.push_name.as_deref(), Some("~ Lars"));
    }
    // And here it does not.
    assert!(find("220000000000003@lid").is_some());
}

#[rstest]
#[tokio::test]
async fn who_is_saved(#[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine) {
    let (stand_in, waha) = pair(engine, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    let contacts = waha.contacts(&session).await.unwrap();
    let is_saved = |id: &str| {
        contacts
            .iter()
            .find(|c| c.id.as_str() == id)
            .unwrap()
            .is_saved
    };
    assert_eq!(is_saved("12025550100@c.us"), Some(true));
    // No name: WEBJS knows what that means, the others may only lack it.
    let unsaved = (engine == Engine::Webjs).then_some(false);
    assert_eq!(is_saved("12025550103@c.us"), unsaved);
}

#[rstest]
#[tokio::test]
async fn the_world_moves(#[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine) {
    let (stand_in, waha) = pair(engine, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    let id = "120363099900000001@g.us";
    let find = async || {
        let groups = waha.groups(&session).await.unwrap();
        groups.into_iter().find(|group| group.id.as_str() == id)
    };

    assert!(stand_in.join_group(session.as_str(), id, "Reading"));
    assert_eq!(find().await.unwrap().is_member, Some(true));
    assert!(stand_in.rename_group(session.as_str(), id, "Reading aloud"));
    assert_eq!(find().await.unwrap().name.as_deref(), Some("Reading aloud"));
    assert!(stand_in.leave_group(session.as_str(), id));
    // Nobody is left in it: WEBJS lists it with nobody, which tells nothing.
    let left = find().await.map(|group| group.is_member);
    assert_eq!(left, (engine == Engine::Webjs).then_some(None));

    let people = waha.contacts(&session).await.unwrap().len();
    assert!(stand_in.add_contact("15055550199", "Zadie Zoll"));
    assert_eq!(waha.contacts(&session).await.unwrap().len(), people + 1);
    assert!(stand_in.remove_contact("15055550199"));
    assert_eq!(waha.contacts(&session).await.unwrap().len(), people);
}

/// WEBJS may never tell whose account it is: the lists come all the same.
#[tokio::test]
async fn whose_account_it_is_is_not_waited_for_without_end() {
    let server = MockServer::start().await;
    let session = json!({"status": "WORKING", "me": null, "engine": {"engine": "WEBJS"}});
    serve(&server, "/api/sessions/s", &session).await;
    let group = json!({"id": "1-2@g.us", "groupMetadata": {"participants": [{"id": SOMEBODY}]}});
    serve(&server, "/api/s/groups", &json!([group])).await;
    let timeouts = Timeouts {
        quick: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let waha = client_with(&server.uri(), None, timeouts);
    let groups = tokio::time::timeout(PATIENCE, waha.groups(&name("s")))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((groups[0].members, groups[0].is_member), (Some(1), None));
}

/// A server whose session `s` works for the account 491512345678, LID 77.
async fn working() -> MockServer {
    let server = MockServer::start().await;
    let session =
        json!({"status": "WORKING", "me": {"id": "491512345678:2@c.us", "lid": "77:2@lid"}});
    serve(&server, "/api/sessions/s", &session).await;
    server
}

async fn serve(server: &MockServer, at: &str, body: &Value) {
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .mount(server)
        .await;
}

async fn group_of(mut group: Value) -> Group {
    group["id"] = json!("1-2@g.us");
    let server = working().await;
    serve(&server, "/api/s/groups", &json!([group])).await;
    let groups = client(&server.uri(), None).groups(&name("s")).await;
    groups.unwrap().pop().unwrap()
}

const SOMEBODY: &str = "491510000001@c.us";

#[rstest]
#[case::size(json!({"size": 3, "ParticipantCount": 4, "participants": [{"id": SOMEBODY}]}), Some(3))]
#[case::count(json!({"ParticipantCount": 4, "Participants": null}), Some(4))]
#[case::unset_in_go(json!({"ParticipantCount": 0, "Participants": [{"JID": SOMEBODY}]}), Some(1))]
#[case::listed(json!({"groupMetadata": {"participants": [{"id": SOMEBODY}, {}]}}), Some(2))]
#[case::nobody(json!({"participants": []}), None)]
#[case::no_list(json!({"participants": "many", "size": "3"}), None)]
#[case::odd_entries(json!({"participants": [7, null], "size": -1}), None)]
#[tokio::test]
async fn how_many_are_in_it(#[case] group: Value, #[case] members: Option<u32>) {
    assert_eq!(group_of(group).await.members, members);
}

#[rstest]
#[case::by_number(json!({"participants": [{"id": "491512345678:4@s.whatsapp.net", "admin": null}]}), Some(true), Some(false))]
#[case::by_lid(json!({"participants": [{"id": "77@lid", "admin": "admin"}]}), Some(true), Some(true))]
#[case::by_both(json!({"participants": [{"id": "5@lid", "phoneNumber": "491512345678@s.whatsapp.net", "admin": "superadmin"}]}), Some(true), Some(true))]
#[case::go(json!({"Participants": [{"JID": "5@lid", "PhoneNumber": "", "LID": "77@lid", "IsAdmin": false, "IsSuperAdmin": true}]}), Some(true), Some(true))]
#[case::webjs(json!({"groupMetadata": {"participants": [{"id": {"_serialized": "491512345678@c.us"}, "isAdmin": true}]}}), Some(true), Some(true))]
#[case::others(json!({"participants": [{"id": SOMEBODY, "admin": "admin"}, {"id": "5@lid"}]}), Some(false), Some(false))]
#[case::nobody(json!({"participants": []}), None, None)]
#[case::somebody_without_id(json!({"participants": [{"id": SOMEBODY}, {"admin": null}]}), None, None)]
#[case::after_somebody_without_id(json!({"participants": [{"admin": null}, {"id": "77@lid", "admin": "admin"}]}), Some(true), Some(true))]
#[case::an_empty_list_beside(json!({"participants": [], "groupMetadata": {"participants": [{"id": "77@lid"}]}}), Some(true), Some(false))]
#[tokio::test]
async fn whether_the_account_is_in_it(
    #[case] group: Value,
    #[case] is_member: Option<bool>,
    #[case] is_admin: Option<bool>,
) {
    let group = group_of(group).await;
    assert_eq!((group.is_member, group.is_admin), (is_member, is_admin));
}

#[rstest]
#[case(json!({"announce": true}), Some(true))]
#[case(json!({"IsAnnounce": false}), Some(false))]
#[case(json!({"groupMetadata": {"announce": true}}), Some(true))]
#[case(json!({"announce": "yes"}), None)]
#[case(json!({}), None)]
#[tokio::test]
async fn who_may_send(#[case] group: Value, #[case] admins_only: Option<bool>) {
    assert_eq!(group_of(group).await.admins_only, admins_only);
}

#[tokio::test]
async fn too_many_members_are_left_out() {
    let server = working().await;
    Mock::given(path("/api/s/groups"))
        .and(query_param_is_missing("exclude"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 64 * 1024 * 1024 + 1]))
        .expect(1)
        .mount(&server)
        .await;
    let bare = json!([{"JID": "1-2@g.us", "ParticipantCount": 5000, "IsAnnounce": true}]);
    Mock::given(path("/api/s/groups"))
        .and(query_param("exclude", "participants"))
        .respond_with(ResponseTemplate::new(200).set_body_json(bare))
        .expect(1)
        .mount(&server)
        .await;
    let groups = client(&server.uri(), None)
        .groups(&name("s"))
        .await
        .unwrap();
    assert_eq!(
        (groups[0].members, groups[0].admins_only),
        (Some(5000), Some(true))
    );
    assert_eq!((groups[0].is_member, groups[0].is_admin), (None, None));
}

/// A server with these contacts, and the table of LIDs left to the test.
async fn server_with(contacts: Value) -> MockServer {
    let server = working().await;
    serve(&server, "/api/contacts/all", &contacts).await;
    server
}

async fn lids_page(server: &MockServer, offset: &str, answer: ResponseTemplate) {
    Mock::given(path("/api/s/lids"))
        .and(query_param("offset", offset))
        .respond_with(answer)
        .mount(server)
        .await;
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

async fn people(server: &MockServer) -> Vec<Contact> {
    client(&server.uri(), None)
        .contacts(&name("s"))
        .await
        .unwrap()
}

fn known(contact: &Contact) -> (&str, Option<&str>, Option<&str>) {
    let lid = contact.lid.as_ref().map(ChatId::as_str);
    (contact.id.as_str(), contact.number.as_deref(), lid)
}

#[tokio::test]
async fn who_is_whom() {
    let contacts = json!([
        {"id": "491510000001@c.us"},
        {"id": "1@lid"},
        {"id": "2@lid", "name": "By LID alone"},
        {"id": "3@lid"},
        {"id": "491510000004@c.us", "lid": "40@lid"},
        {"id": "99@lid"},
    ]);
    let server = server_with(contacts).await;
    let table = json!([
        {"lid": "1@lid", "pn": "491510000001@s.whatsapp.net"},
        {"lid": "2@lid", "pn": "491510000002@c.us"},
        {"lid": "3@lid", "pn": null},
        {"lid": "4@lid", "pn": "491510000004@c.us"},
        {"lid": "99@lid", "pn": "491512345678@c.us"},
        {"lid": "5@c.us", "pn": "6@lid"},
        {},
    ]);
    lids_page(&server, "0", ok(&table)).await;
    lids_page(&server, "7", ok(&json!([]))).await;

    let people = people(&server).await;
    let found: Vec<_> = people.iter().map(known).collect();
    assert_eq!(
        found,
        [
            ("491510000001@c.us", Some("491510000001"), Some("1@lid")),
            ("1@lid", None, None),
            ("491510000002@c.us", Some("491510000002"), Some("2@lid")),
            ("3@lid", None, None),
            // What the entry itself says counts more.
            ("491510000004@c.us", Some("491510000004"), Some("40@lid")),
            ("491512345678@c.us", Some("491512345678"), Some("99@lid")),
        ]
    );
    assert_eq!(people[2].name.as_deref(), Some("By LID alone"));
    // The account, as its number tells.
    assert_eq!(people[5].is_me, Some(true));
    assert_eq!(people[2].is_me, Some(false));
}

#[tokio::test]
async fn two_lids_of_one_number_stay_two_entries() {
    let server = server_with(json!([{"id": "1@lid"}, {"id": "2@lid"}])).await;
    let number = "491510000001@c.us";
    let table = json!([{"lid": "1@lid", "pn": number}, {"lid": "2@lid", "pn": number}]);
    lids_page(&server, "0", ok(&table)).await;
    lids_page(&server, "2", ok(&json!([]))).await;
    let people = people(&server).await;
    let found: Vec<_> = people.iter().map(known).collect();
    let joined = (number, Some("491510000001"), Some("1@lid"));
    assert_eq!(found, [joined, ("2@lid", None, None)]);
}

/// Pages shorter than asked for, and a server that does not know the offset.
#[rstest]
#[case::short_pages(true)]
#[case::offset_ignored(false)]
#[tokio::test]
async fn the_table_is_read_to_its_end(#[case] pages: bool) {
    let server =
        server_with(json!([{"id": "491510000001@c.us"}, {"id": "491510000002@c.us"}])).await;
    let (one, two) = (
        json!({"lid": "1@lid", "pn": "491510000001@c.us"}),
        json!({"lid": "2@lid", "pn": "491510000002@c.us"}),
    );
    if pages {
        lids_page(&server, "0", ok(&json!([one]))).await;
        lids_page(&server, "1", ok(&json!([two]))).await;
        lids_page(&server, "2", ok(&json!([]))).await;
    } else {
        serve(&server, "/api/s/lids", &json!([one, two])).await;
    }
    let people = people(&server).await;
    assert!(
        people.iter().all(|contact| contact.lid.is_some()),
        "{people:?}"
    );
    let asked = server.received_requests().await.unwrap();
    let asked = asked
        .iter()
        .filter(|request| request.url.path() == "/api/s/lids");
    assert_eq!(asked.count(), if pages { 3 } else { 2 });
}

/// A page of people whose numbers are hidden is not the last one.
#[tokio::test]
async fn a_page_without_numbers_does_not_end_the_table() {
    let server = server_with(json!([{"id": "491510000001@c.us"}])).await;
    lids_page(
        &server,
        "0",
        ok(&json!([{"lid": "8@lid", "pn": null}, {"lid": "9@lid"}])),
    )
    .await;
    let table = json!([{"lid": "1@lid", "pn": "491510000001@c.us"}]);
    lids_page(&server, "2", ok(&table)).await;
    lids_page(&server, "3", ok(&json!([]))).await;
    let people = people(&server).await;
    assert_eq!(known(&people[0]).2, Some("1@lid"));
}

#[rstest]
#[case(400, json!({"message": "Enable store", "error": "Bad Request", "statusCode": 400}))]
#[case(404, json!({"message": "Cannot GET", "error": "Not Found", "statusCode": 404}))]
#[case(422, json!({"error": "wait", "session": "s", "status": "STARTING", "expected": ["WORKING"]}))]
#[case(500, json!({"exception": {"message": "no"}}))]
#[case(501, json!({"message": "no", "error": "Not Implemented", "statusCode": 501}))]
#[case(200, json!("no list"))]
#[tokio::test]
async fn without_a_table_there_are_contacts_all_the_same(#[case] status: u16, #[case] body: Value) {
    let server = server_with(json!([{"id": "491510000001@c.us"}])).await;
    lids_page(
        &server,
        "0",
        ResponseTemplate::new(status).set_body_json(body),
    )
    .await;
    assert_eq!(
        known(&people(&server).await[0]),
        ("491510000001@c.us", Some("491510000001"), None)
    );
}

/// What was read of the table by then is taken.
#[tokio::test]
async fn a_table_that_takes_too_long_does_not_hold_the_contacts() {
    let server = server_with(json!([{"id": "491510000001@c.us"}])).await;
    let table = json!([{"lid": "1@lid", "pn": "491510000001@c.us"}]);
    lids_page(&server, "0", ok(&table)).await;
    lids_page(&server, "1", ok(&json!([])).set_delay(PATIENCE * 2)).await;
    let timeouts = Timeouts {
        data: Duration::from_secs(1),
        ..Timeouts::default()
    };
    let waha = client_with(&server.uri(), None, timeouts);
    let contacts = tokio::time::timeout(PATIENCE, waha.contacts(&name("s")))
        .await
        .unwrap();
    assert_eq!(known(&contacts.unwrap()[0]).2, Some("1@lid"));
}
