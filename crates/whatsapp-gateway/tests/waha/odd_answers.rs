//! Single answers that engines or versions have given, or might.

use rstest::rstest;
use serde_json::{Value, json};
use whatsapp_gateway::{ChatId, Contact, Gateway, GatewayError, Group, Phone, SessionName, State};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

use crate::{client, name};

async fn answer(server: &MockServer, verb: &str, at: &str, response: ResponseTemplate) {
    Mock::given(method(verb))
        .and(path(at))
        .respond_with(response)
        .mount(server)
        .await;
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// A server whose session `s` is as given.
async fn server_with(session: Value) -> MockServer {
    let server = MockServer::start().await;
    answer(&server, "GET", "/api/sessions/s", ok(&session)).await;
    server
}

async fn working() -> MockServer {
    server_with(json!({"name": "s", "status": "WORKING", "me": {"id": "491512345678@c.us", "lid": "77@lid"}})).await
}

async fn groups_of(list: &Value) -> Result<Vec<Group>, GatewayError> {
    let server = working().await;
    answer(&server, "GET", "/api/s/groups", ok(list)).await;
    client(&server.uri(), None).groups(&name("s")).await
}

async fn contacts_of(list: &Value) -> Result<Vec<Contact>, GatewayError> {
    let server = working().await;
    answer(&server, "GET", "/api/contacts/all", ok(list)).await;
    client(&server.uri(), None).contacts(&name("s")).await
}

#[rstest]
#[case::webjs(json!([{"id": {"server": "g.us", "user": "1-2", "_serialized": "1-2@g.us"}, "name": "Choir"}]))]
#[case::webjs_metadata(json!([{"id": {"_serialized": "1-2@g.us"}, "groupMetadata": {"subject": "Choir"}}]))]
#[case::noweb(json!({"1-2@g.us": {"id": "1-2@g.us", "subject": "Choir"}}))]
#[case::gows(json!([{"JID": "1-2@g.us", "Name": "Choir", "Participants": null}]))]
#[case::spaces_around(json!([{"JID": "1-2@g.us", "Name": "  Choir "}]))]
#[case::empty_before_full(json!([{"id": "1-2@g.us", "subject": "", "name": "Choir"}]))]
#[case::twice(json!([{"JID": "1-2@g.us", "Name": "Choir"}, {"JID": "1-2@g.us", "Name": "Choir again"}]))]
#[case::not_only_groups(json!([{"id": "491@c.us", "name": "A person"}, {"id": "1-2@g.us", "name": "Choir"}, {}]))]
#[tokio::test]
async fn one_group_in_many_shapes(#[case] list: Value) {
    let groups = groups_of(&list).await.unwrap();
    let found: Vec<_> = groups
        .iter()
        .map(|group| (group.id.as_str(), group.name.as_deref()))
        .collect();
    assert_eq!(found, [("1-2@g.us", Some("Choir"))]);
}

#[rstest]
#[case(json!([]))]
#[case(json!({}))]
#[case(json!(null))]
#[tokio::test]
async fn no_groups_in_many_shapes(#[case] list: Value) {
    assert_eq!(groups_of(&list).await.unwrap(), []);
    assert_eq!(contacts_of(&list).await.unwrap(), []);
}

#[tokio::test]
async fn an_empty_body_is_an_empty_list() {
    let server = working().await;
    answer(&server, "GET", "/api/s/groups", ResponseTemplate::new(200)).await;
    assert_eq!(
        client(&server.uri(), None)
            .groups(&name("s"))
            .await
            .unwrap(),
        []
    );
}

#[rstest]
#[case(json!("a text"))]
#[case(json!(7))]
#[case(json!([1, 2]))]
#[case(json!({"message": "hello"}))]
#[tokio::test]
async fn what_is_no_list_is_an_error(#[case] list: Value) {
    assert!(matches!(
        groups_of(&list).await,
        Err(GatewayError::Engine(_))
    ));
    assert!(matches!(
        contacts_of(&list).await,
        Err(GatewayError::Engine(_))
    ));
}

#[tokio::test]
async fn noweb_groups_keep_their_order() {
    let list =
        json!({"9@g.us": {"id": "9@g.us"}, "1@g.us": {"id": "1@g.us"}, "5@g.us": {"id": "5@g.us"}});
    let groups = groups_of(&list);
    let ids: Vec<_> = groups
        .await
        .unwrap()
        .into_iter()
        .map(|group| group.id.0)
        .collect();
    assert_eq!(ids, ["9@g.us", "1@g.us", "5@g.us"]);
}

#[tokio::test]
async fn only_people_are_contacts() {
    let list = json!([
        {"id": "0@c.us", "name": "WhatsApp"},
        {"id": "1-2@g.us", "isGroup": true},
        {"id": "3@newsletter"},
        {"id": "status@broadcast"},
        {"id": ""},
        {"id": null},
        {"name": "no id"},
        {"id": {"_serialized": "491512345678:3@s.whatsapp.net"}, "name": "", "notify": "Me"},
        {"id": "491512345678@c.us", "name": "The same once more"},
        {"id": "77@lid", "number": "77", "pushname": "Me, hidden", "isBlocked": false},
    ]);
    let contacts = contacts_of(&list).await.unwrap();
    let found: Vec<_> = contacts
        .iter()
        .map(|c| (c.id.as_str(), c.number.as_deref(), c.push_name.as_deref()))
        .collect();
    assert_eq!(
        found,
        [
            ("491512345678@c.us", Some("491512345678"), Some("Me")),
            ("77@lid", None, Some("Me, hidden"))
        ]
    );
    assert_eq!(contacts[0].name, None);
    assert_eq!(
        (contacts[0].is_me, contacts[1].is_me),
        (Some(true), Some(true))
    );
    assert_eq!(
        (contacts[0].is_blocked, contacts[1].is_blocked),
        (None, Some(false))
    );
}

#[tokio::test]
async fn whose_account_it_is_may_be_unknown() {
    let server = server_with(json!({"status": "WORKING"})).await;
    answer(
        &server,
        "GET",
        "/api/contacts/all",
        ok(&json!([{"id": "491512345678@c.us"}])),
    )
    .await;
    let contacts = client(&server.uri(), None)
        .contacts(&name("s"))
        .await
        .unwrap();
    assert_eq!(contacts[0].is_me, None);
}

#[tokio::test]
async fn a_lid_is_told_of_who_is_known_by_number() {
    let list = json!([
        {"id": "491510000001@c.us", "lid": "77:3@lid"},
        {"id": "491510000002@s.whatsapp.net", "lid": "491510000002@c.us"},
        {"id": "491510000003@c.us", "lid": null},
        {"id": "78@lid", "lid": "78@lid"},
    ]);
    let contacts = contacts_of(&list).await.unwrap();
    let lids: Vec<_> = contacts
        .iter()
        .map(|contact| contact.lid.as_ref().map(ChatId::as_str))
        .collect();
    assert_eq!(lids, [Some("77@lid"), None, None, None]);
}

#[tokio::test]
async fn a_noweb_without_a_store_has_no_contacts() {
    let server = working().await;
    let refusal = json!({"message": "Enable store", "error": "Bad Request", "statusCode": 400});
    let response = ResponseTemplate::new(400).set_body_json(refusal);
    answer(&server, "GET", "/api/contacts/all", response).await;
    let error = client(&server.uri(), None)
        .contacts(&name("s"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, GatewayError::Unsupported(what) if what.contains("noweb.store")),
        "{error}"
    );
}

#[tokio::test]
async fn a_state_that_changes_before_the_data_is_read() {
    let server = working().await;
    let refusal =
        json!({"error": "wait", "session": "s", "status": "STARTING", "expected": ["WORKING"]});
    answer(
        &server,
        "GET",
        "/api/s/groups",
        ResponseTemplate::new(422).set_body_json(refusal),
    )
    .await;
    let error = client(&server.uri(), None)
        .groups(&name("s"))
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            GatewayError::NotReady {
                state: State::Starting
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_state_that_came_later_is_passed_on() {
    let server = server_with(json!({"status": "DREAMING", "me": null})).await;
    let waha = client(&server.uri(), None);
    assert_eq!(
        waha.status(&name("s")).await.unwrap().state,
        State::Other("DREAMING".into())
    );
    // Whatever it is, it runs.
    waha.start(&name("s")).await.unwrap();
}

#[rstest]
#[case(json!({"version": "2026.6.1", "tier": "CORE"}), "herald-1")]
#[case(json!({"version": "2026.5.9", "tier": "PLUS"}), "herald-1")]
#[case(json!({"version": "2026.5.9", "tier": "CORE"}), "default")]
#[case(json!({"version": "next", "tier": "CORE"}), "herald-1")]
#[tokio::test]
async fn the_name_depends_on_version_and_edition(#[case] version: Value, #[case] expected: &str) {
    let server = MockServer::start().await;
    // Older releases know the second path alone.
    answer(
        &server,
        "GET",
        "/api/server/version",
        ResponseTemplate::new(404).set_body_json(json!({})),
    )
    .await;
    answer(&server, "GET", "/api/version", ok(&version)).await;
    let given = client(&server.uri(), None)
        .name_for(&name("herald-1"))
        .await
        .unwrap();
    assert_eq!(given.as_str(), expected);
}

#[tokio::test]
async fn another_web_server_is_not_taken_for_waha() {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(404).set_body_string("<h1>Not Found</h1>");
    Mock::given(method("GET"))
        .respond_with(page)
        .mount(&server)
        .await;
    let waha = client(&server.uri(), None);
    assert!(matches!(waha.check().await, Err(GatewayError::Engine(_))));
    assert!(matches!(
        waha.status(&name("s")).await,
        Err(GatewayError::Engine(_))
    ));
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_away() {
    let (server, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let away = ResponseTemplate::new(302).insert_header("location", elsewhere.uri());
    Mock::given(method("GET"))
        .respond_with(away)
        .mount(&server)
        .await;
    assert!(client(&server.uri(), Some("key")).check().await.is_err());
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let server = MockServer::start().await;
    let long = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 1024 * 1024 + 1]);
    answer(&server, "GET", "/api/server/version", long).await;
    let error = client(&server.uri(), None).check().await.unwrap_err();
    assert!(
        matches!(&error, GatewayError::Engine(what) if what.contains("1 MiB")),
        "{error}"
    );
}

/// The key as a header, the session in the query, a path in front of WAHA's own kept.
#[tokio::test]
async fn what_is_sent() {
    let server = MockServer::start().await;
    let session = json!({"status": "WORKING", "me": {"id": "491512345678@c.us"}});
    Mock::given(path("/behind/a/proxy/api/sessions/s"))
        .respond_with(ok(&session))
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/behind/a/proxy/api/contacts/all"))
        .and(query_param("session", "s"))
        .and(header("x-api-key", "the key"))
        .respond_with(ok(&json!([])))
        .expect(1)
        .mount(&server)
        .await;
    let waha = client(
        &format!("{}/behind/a/proxy/?q=1#f", server.uri()),
        Some("the key"),
    );
    assert_eq!(waha.contacts(&name("s")).await.unwrap(), []);
}

#[tokio::test]
async fn create_says_start_and_asks_for_the_store() {
    let server = MockServer::start().await;
    let unknown = json!({"message": "Session not found", "error": "Not Found", "statusCode": 404});
    answer(
        &server,
        "GET",
        "/api/sessions/s",
        ResponseTemplate::new(404).set_body_json(unknown),
    )
    .await;
    answer(&server, "POST", "/api/sessions", ResponseTemplate::new(201)).await;
    client(&server.uri(), None).start(&name("s")).await.unwrap();

    let requests = server.received_requests().await.unwrap();
    let body: Value = requests.last().unwrap().body_json().unwrap();
    let config = json!({"noweb": {"store": {"enabled": true, "fullSync": false}}});
    assert_eq!(body, json!({"name": "s", "start": true, "config": config}));
}

#[tokio::test]
async fn a_logout_that_failed_half_way_can_be_repeated() {
    let server = working().await;
    answer(
        &server,
        "POST",
        "/api/sessions/s/logout",
        ResponseTemplate::new(201),
    )
    .await;
    Mock::given(method("DELETE"))
        .respond_with(
            ResponseTemplate::new(500).set_body_json(json!({"exception": {"message": "lock"}})),
        )
        .up_to_n_times(1)
        .mount(&server)
        .await;
    answer(
        &server,
        "DELETE",
        "/api/sessions/s",
        ResponseTemplate::new(200),
    )
    .await;
    let waha = client(&server.uri(), None);
    assert!(matches!(
        waha.logout(&name("s")).await,
        Err(GatewayError::Engine(_))
    ));
    waha.logout(&name("s")).await.unwrap();
}

/// WEBJS fails to log out what never paired; the session goes all the same.
#[tokio::test]
async fn a_logout_that_fails_does_not_keep_the_session() {
    let server = server_with(json!({"status": "SCAN_QR_CODE", "me": null})).await;
    answer(
        &server,
        "POST",
        "/api/sessions/s/logout",
        ResponseTemplate::new(500),
    )
    .await;
    let gone = ResponseTemplate::new(200);
    Mock::given(method("DELETE"))
        .and(path("/api/sessions/s"))
        .respond_with(gone)
        .expect(1)
        .mount(&server)
        .await;
    client(&server.uri(), None)
        .logout(&name("s"))
        .await
        .unwrap();
}

#[rstest]
#[case(json!({"value": ""}))]
#[case(json!({"mimetype": "image/png", "data": "iVBOR"}))]
#[case(json!(null))]
#[tokio::test]
async fn an_answer_without_a_code_is_no_code(#[case] body: Value) {
    let server = server_with(json!({"status": "SCAN_QR_CODE"})).await;
    answer(&server, "GET", "/api/s/auth/qr", ok(&body)).await;
    let error = client(&server.uri(), None)
        .qr(&name("s"))
        .await
        .unwrap_err();
    assert!(matches!(error, GatewayError::Engine(_)), "{error}");
}

#[tokio::test]
async fn the_own_number_comes_without_its_device() {
    let server =
        server_with(json!({"status": "WORKING", "me": {"id": "491512345678:9@s.whatsapp.net"}}))
            .await;
    let status = client(&server.uri(), None)
        .status(&name("s"))
        .await
        .unwrap();
    assert_eq!(
        status.number.as_ref().map(Phone::as_str),
        Some("+491512345678")
    );
}

#[rstest]
#[case("..")]
#[case("../server/stop")]
#[case("a/b")]
#[case("a%2fb")]
#[case("a?b")]
#[case("a#b")]
#[case("")]
#[test]
fn a_name_cannot_leave_its_place_in_a_path(#[case] text: &str) {
    assert!(SessionName::new(text).is_err());
}
