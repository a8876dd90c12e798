//! What must not work: forged cookies, other sites' pages, guessing, and bodies made to break it.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use futures_util::stream;
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestRunner},
};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{ANN, SESSION_COOKIE, SIGN_IN};
use crate::support::{
    database::Kind,
    site::{ORIGIN, Options, Site},
};

pub(super) fn post(path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Request<Body> {
    let request =
        Request::post(format!("/api/auth{path}")).header(header::CONTENT_TYPE, "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(body.into()).unwrap()
}

#[tokio::test]
async fn a_cookie_that_was_altered_signs_nobody_in_and_is_deleted() {
    let site = Site::new(Options::default()).await;
    let mut browser = site.ann().await;
    let good = browser.cookies[SESSION_COOKIE].clone();
    let (token, signature) = good.split_once('.').unwrap();
    let other = if good.starts_with('A') { "B" } else { "A" };
    for forged in [
        token.to_owned(),
        format!("{token}."),
        format!(".{signature}"),
        format!("{other}{}", &good[1..]),
        format!("{good}A"),
        format!("{token}.{}", "A".repeat(43)),
        "%00%ff.%".to_owned(),
    ] {
        browser
            .cookies
            .insert(SESSION_COOKIE.into(), forged.clone());
        assert!(
            site.auth
                .caller(&browser.headers())
                .await
                .unwrap()
                .is_none(),
            "{forged}"
        );
        let reply = browser.get("/get-session").await;
        let deleted = ["session_token", "session_data", "dont_remember"]
            .map(|name| format!("better-auth.{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"));
        assert_eq!(
            (&*reply.body, reply.set_cookies()),
            ("null", deleted.iter().map(|c| &**c).collect()),
            "{forged}"
        );
    }
    browser.cookies.insert(SESSION_COOKIE.into(), good);
    assert_ne!(browser.session().await, Value::Null);
}

/// Status and code for a sign-in, a sign-up and a sign-out that come with these headers.
#[rstest]
#[case::curl(&[], None)]
#[case::own_page(&[("origin", ORIGIN)], None)]
#[case::loopback(&[("origin", "http://localhost:3210")], None)]
#[case::listed(&[("origin", "https://listed.example")], None)]
#[case::own_page_by_referer(&[("referer", "http://front.example:3000/sign-in")], None)]
#[case::evil(&[("origin", "https://evil.example")], Some("INVALID_ORIGIN"))]
#[case::evil_by_referer(&[("referer", "https://evil.example/x")], Some("INVALID_ORIGIN"))]
#[case::other_port(&[("origin", "http://front.example:3001")], Some("INVALID_ORIGIN"))]
#[case::suffix(&[("origin", "http://front.example:3000.evil.example")], Some("INVALID_ORIGIN"))]
#[case::sandboxed(&[("origin", "null")], Some("MISSING_OR_NULL_ORIGIN"))]
#[case::fetch_without_origin(&[("sec-fetch-mode", "cors")], Some("MISSING_OR_NULL_ORIGIN"))]
#[case::form_elsewhere(
    &[("origin", ORIGIN), ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
    Some("CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")
)]
#[tokio::test]
async fn another_sites_page_signs_nobody_in(
    #[case] headers: &[(&str, &str)],
    #[case] refused: Option<&str>,
) {
    let site = Site::new(Options::default()).await;
    site.ann().await;
    let reply = site.send(post("/sign-in/email", headers, SIGN_IN)).await;
    match refused {
        None => assert_eq!(reply.status, StatusCode::OK, "{}", reply.body),
        Some(code) => {
            assert_eq!(reply.error(), (403, code.into()));
            assert!(reply.set_cookies().is_empty());
            let reply = site
                .send(post("/sign-up/email", headers, ANN.replace("ann@", "bob@")))
                .await;
            assert_eq!(reply.error(), (403, code.into()));
            assert_eq!(site.database.store.user_list_all().await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn another_sites_page_signs_nobody_out() {
    let site = Site::new(Options::default()).await;
    let mut browser = site.ann().await;
    let cookie = format!("{SESSION_COOKIE}={}", browser.cookies[SESSION_COOKIE]);
    for (headers, code) in [
        (&[("origin", "https://evil.example")][..], "INVALID_ORIGIN"),
        (&[("origin", "null")], "MISSING_OR_NULL_ORIGIN"),
        (&[], "MISSING_OR_NULL_ORIGIN"),
    ] {
        let with_cookie = [headers, &[("cookie", &*cookie)]].concat();
        for path in ["/sign-out", "/get-session"] {
            assert_eq!(
                site.send(post(path, &with_cookie, "{}")).await.error(),
                (403, code.into()),
                "{path}"
            );
        }
    }
    assert_ne!(browser.session().await, Value::Null);
}

#[tokio::test]
async fn who_signs_up_chooses_neither_role_nor_id() {
    let site = Site::new(Options::default()).await;
    let body = json!({
        "name": "Eve", "email": "eve@example.com", "password": "Correct-horse-1", "role": "ADMIN", "id": "mine",
        "emailVerified": true, "createdAt": 0, "__proto__": { "role": "ADMIN" },
    });
    let user = site
        .browser()
        .post("/sign-up/email", &body.to_string())
        .await
        .json()["user"]
        .clone();
    assert_eq!(
        (&user["role"], &user["emailVerified"]),
        (&json!("GUEST"), &json!(false))
    );
    assert_ne!(user["id"], "mine");
    let stored = site
        .database
        .store
        .user_by_email("eve@example.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.role.as_str(), "GUEST");
}

#[tokio::test]
async fn the_unknown_and_the_mistaken_get_the_same_answer() {
    let site = Site::new(Options::default()).await;
    site.ann().await;
    let mut answers = Vec::new();
    for (email, password) in [
        ("ann@example.com", "wrong-wrong"),
        ("ann@example.com", "x"),
        ("bob@example.com", "wrong-wrong"),
    ] {
        let body = json!({ "email": email, "password": password });
        let reply = site
            .browser()
            .post("/sign-in/email", &body.to_string())
            .await;
        assert_eq!(reply.error(), (401, "INVALID_EMAIL_OR_PASSWORD".into()));
        answers.push((reply.headers, reply.body));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

#[tokio::test]
async fn a_page_is_not_sent_on_to_another_site() {
    let site = Site::new(Options::default()).await;
    site.ann().await;
    for evil in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/.//evil.example",
        "javascript:alert(1)",
    ] {
        for (path, body) in [("/sign-in/email", SIGN_IN), ("/sign-up/email", ANN)] {
            let mut body: Value = serde_json::from_str(body).unwrap();
            body["callbackURL"] = evil.into();
            let reply = site.browser().post(path, &body.to_string()).await;
            assert_eq!(
                reply.error(),
                (403, "INVALID_CALLBACK_URL".into()),
                "{evil}"
            );
            assert!(!reply.headers.contains_key(header::LOCATION));
        }
    }
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let site = Site::new(Options::default()).await;
    for (path, body, message) in [
        (
            "/sign-up/email",
            r#"{"email":"nope","password":5,"image":null,"rememberMe":"no","callbackURL":[]}"#,
            "[body.name] Invalid input: expected string, received undefined; [body.email] Invalid email address; \
             [body.password] Invalid input: expected string, received number; \
             [body.image] Invalid input: expected string, received null; \
             [body.rememberMe] Invalid input: expected boolean, received string; \
             [body.callbackURL] Invalid input: expected string, received array",
        ),
        (
            "/sign-in/email",
            "[]",
            "[body] Invalid input: expected object, received array",
        ),
        (
            "/sign-in/email",
            "",
            "[body] Invalid input: expected object, received undefined",
        ),
        (
            "/sign-up/email",
            "null",
            "[body] Invalid input: expected object, received null",
        ),
    ] {
        let reply = site.browser().post(path, body).await;
        assert_eq!(reply.error(), (400, "VALIDATION_ERROR".into()));
        assert_eq!(reply.json()["message"], message);
    }
}

#[tokio::test]
async fn a_body_is_json_and_of_64_kib_at_most() {
    let site = Site::new(Options::default()).await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
    ] {
        let request =
            Request::post("/api/auth/sign-in/email").header(header::CONTENT_TYPE, content_type);
        let reply = site.send(request.body(Body::from(SIGN_IN)).unwrap()).await;
        assert_eq!(
            reply.error(),
            (415, "UNSUPPORTED_MEDIA_TYPE".into()),
            "{content_type}"
        );
    }
    let reply = site
        .send(
            Request::post("/api/auth/sign-in/email")
                .body(Body::from(SIGN_IN))
                .unwrap(),
        )
        .await;
    assert_eq!(reply.error(), (415, "UNSUPPORTED_MEDIA_TYPE".into()));
    let request = Request::post("/api/auth/sign-in/email")
        .header(header::CONTENT_TYPE, "Application/JSON; charset=utf-8");
    let reply = site.send(request.body(Body::from(SIGN_IN)).unwrap()).await;
    assert_eq!(reply.error(), (401, "INVALID_EMAIL_OR_PASSWORD".into()));

    let padded = |bytes: usize| format!("{}{SIGN_IN}", " ".repeat(bytes - SIGN_IN.len()));
    let reply = site
        .send(post("/sign-in/email", &[], padded(64 * 1024)))
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let reply = site
        .send(post("/sign-in/email", &[], padded(64 * 1024 + 1)))
        .await;
    assert_eq!(reply.error(), (413, "PAYLOAD_TOO_LARGE".into()));
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up() {
    let site = Site::new(Options {
        body_deadline: Duration::from_millis(100),
        ..Options::default()
    })
    .await;
    for path in ["/sign-in/email", "/sign-up/email", "/sign-out"] {
        let trickle = stream::unfold((), async |()| {
            sleep(Duration::from_millis(10)).await;
            Some((Ok::<_, Infallible>(" "), ()))
        });
        let request = post(path, &[("origin", ORIGIN)], Body::from_stream(trickle));
        let reply = timeout(Duration::from_secs(20), site.send(request)).await;
        assert_eq!(
            reply.expect("in time").error(),
            (408, "REQUEST_TIMEOUT".into()),
            "{path}"
        );
    }
}

/// `PostgreSQL` takes no text with a zero byte.
#[rstest]
#[tokio::test]
async fn a_zero_byte_is_kept_nowhere(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let site = Site::new(Options {
        kind,
        ..Options::default()
    })
    .await;
    for field in ["name", "image"] {
        for text in ["a\0b".to_owned(), "x".repeat(1025)] {
            let mut body: Value = serde_json::from_str(ANN).unwrap();
            body[field] = text.into();
            let reply = site
                .browser()
                .post("/sign-up/email", &body.to_string())
                .await;
            assert_eq!(reply.error(), (400, "VALIDATION_ERROR".into()), "{field}");
        }
    }
    let zero = ANN.replace("horse", "\\u0000");
    let reply = site.browser().post("/sign-up/email", &zero).await;
    assert_eq!(
        reply.status,
        StatusCode::OK,
        "a password may hold it: {}",
        reply.body
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("ann@example.com")),
        Just(json!("Correct-horse-1")),
        Just(json!("a\u{0}b")),
        Just(json!("/next\u{0}")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

/// Bodies that have the right fields, most of the time, with anything in them.
fn any_body() -> impl Strategy<Value = Vec<u8>> {
    let names = select(
        &[
            "name",
            "email",
            "password",
            "image",
            "rememberMe",
            "callbackURL",
            "role",
        ][..],
    );
    let object = vec((names, any_json()), 0..8);
    let object = object.prop_map(|fields| {
        let mut body: Value = serde_json::from_str(ANN).unwrap();
        for (name, value) in fields {
            body[name] = value;
        }
        body.to_string().into_bytes()
    });
    prop_oneof![4 => object, 1 => any_json().prop_map(|json| json.to_string().into_bytes()), 1 => any::<Vec<u8>>()]
}

/// On `PostgreSQL`, which does not take all text that JSON can hold.
#[test]
fn no_body_breaks_it() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let site = runtime.block_on(Site::new(Options {
        kind: Kind::Postgres,
        ..Options::default()
    }));
    let paths = select(
        &[
            "/sign-up/email",
            "/sign-in/email",
            "/sign-out",
            "/get-session",
        ][..],
    );
    let mut runner = TestRunner::new(Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&(paths, any_body()), |(path, body)| {
        let reply = runtime.block_on(site.send(post(path, &[("origin", ORIGIN)], body)));
        prop_assert!(!reply.status.is_server_error(), "{}: {}", path, reply.body);
        prop_assert!(reply.status.is_success() || reply.json()["code"].is_string());
        Ok(())
    });
    runtime.block_on(async { drop(site) });
    outcome.unwrap();
}
