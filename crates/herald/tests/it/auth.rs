//! `/api/auth` over HTTP: signing up, in and out, and what must not work.

mod hostile;
mod limits;
mod links;
mod recorded;

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use herald::store::{NewUser, Role};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    database::Kind,
    site::{ANN, LISTED_ORIGIN, Options, START, Site},
};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const SIGN_IN: &str = r#"{"email":"Ann@Example.com","password":"Correct-horse-1"}"#;
const SESSION_COOKIE: &str = "better-auth.session_token";

#[rstest]
#[tokio::test]
async fn ann_signs_up_out_and_in_again(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let site = Site::new(Options {
        kind,
        ..Options::default()
    })
    .await;
    let mut browser = site.browser();
    assert_eq!(browser.session().await, Value::Null);

    let signed_up = browser.post("/sign-up/email", ANN).await.json();
    let user = &signed_up["user"];
    assert_eq!(
        *user,
        json!({
            "id": user["id"], "name": "Ann", "email": "ann@example.com", "emailVerified": false, "image": null,
            "createdAt": "2026-01-01T00:00:00.000Z", "updatedAt": "2026-01-01T00:00:00.000Z", "role": "GUEST",
        })
    );
    let session = browser.session().await;
    assert_eq!(session["user"], *user);
    assert_eq!(
        session["session"],
        json!({
            "id": signed_up["token"], "token": signed_up["token"], "userId": user["id"],
            "expiresAt": "2026-01-08T00:00:00.000Z", "createdAt": "2026-01-01T00:00:00.000Z",
            "updatedAt": "2026-01-01T00:00:00.000Z", "ipAddress": "192.0.2.1", "userAgent": "a browser",
        })
    );

    let cookies = browser.cookies.clone();
    assert_eq!(
        browser.post("/sign-out", "{}").await.json(),
        json!({ "success": true })
    );
    assert!(browser.cookies.is_empty());
    browser.cookies = cookies;
    assert_eq!(
        browser.session().await,
        Value::Null,
        "a copy of the cookie is worth nothing any more"
    );

    let signed_in = browser.post("/sign-in/email", SIGN_IN).await.json();
    assert_eq!(
        (&signed_in["redirect"], &signed_in["user"]),
        (&json!(false), user)
    );
    assert_eq!(browser.session().await["user"], *user);
}

#[tokio::test]
async fn a_sign_in_replaces_the_one_that_the_browser_holds() {
    let site = Site::new(Options::default()).await;
    let mut browser = site.ann().await;
    let (mut old, mut elsewhere) = (browser.clone(), site.browser());
    elsewhere.post("/sign-in/email", SIGN_IN).await;
    browser.post("/sign-in/email", SIGN_IN).await;
    assert_ne!(browser.cookies, old.cookies);
    assert_eq!(old.session().await, Value::Null);
    assert_ne!(browser.session().await, Value::Null);
    assert_ne!(
        elsewhere.session().await,
        Value::Null,
        "another browser stays signed in"
    );
}

#[tokio::test]
async fn a_remembered_sign_in_slides_once_a_day() {
    let site = Site::new(Options::default()).await;
    let mut browser = site.ann().await;
    let cookie = browser.cookies[SESSION_COOKIE].clone();

    site.clock.advance(DAY);
    let reply = browser.get("/get-session").await;
    assert_eq!(reply.set_cookies(), [""; 0], "a day has passed, not more");

    site.clock.advance(1);
    let reply = browser.get("/get-session?disableRefresh=true").await;
    assert_eq!(
        (
            reply.set_cookies().len(),
            &reply.json()["session"]["expiresAt"]
        ),
        (0, &json!("2026-01-08T00:00:00.000Z"))
    );
    let reply = browser.get("/get-session?disableCookieCache=true").await;
    let renewed =
        format!("{SESSION_COOKIE}={cookie}; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(reply.set_cookies(), [renewed]);
    assert_eq!(
        reply.json()["session"]["expiresAt"],
        "2026-01-09T00:00:00.001Z"
    );
    assert_eq!(
        reply.json()["session"]["updatedAt"],
        "2026-01-02T00:00:00.001Z"
    );
    assert_eq!(browser.get("/get-session").await.set_cookies().len(), 0);

    site.clock.advance(7 * DAY - 1);
    let lapsing = browser.clone();
    assert_ne!(browser.session().await, Value::Null, "its last millisecond");
    site.clock.advance(7 * DAY);
    let reply = { lapsing }.get("/get-session").await;
    assert_eq!((reply.json(), reply.set_cookies().len()), (Value::Null, 3));
}

#[tokio::test]
async fn a_sign_in_that_is_not_to_be_remembered_lasts_a_day() {
    let site = Site::new(Options::default()).await;
    site.ann().await;
    let mut browser = site.browser();
    let body = r#"{"email":"ann@example.com","password":"Correct-horse-1","rememberMe":false}"#;
    let reply = browser.post("/sign-in/email", body).await;
    assert_eq!(reply.set_cookies().len(), 2);
    for (cookie, name) in reply
        .set_cookies()
        .iter()
        .zip([SESSION_COOKIE, "better-auth.dont_remember=true"])
    {
        assert!(
            cookie.starts_with(name) && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
            "{cookie}"
        );
        assert!(!cookie.contains("Max-Age"), "{cookie}");
    }
    site.clock.advance(DAY - 1);
    let reply = browser.get("/get-session").await;
    assert_eq!(
        (
            reply.set_cookies().len(),
            &reply.json()["session"]["expiresAt"]
        ),
        (0, &json!("2026-01-02T00:00:00.000Z"))
    );
    site.clock.advance(1);
    assert_eq!(browser.session().await, Value::Null);
}

#[tokio::test]
async fn what_has_ended_is_swept() {
    let site = Site::new(Options::default()).await;
    site.ann().await;
    site.clock.advance(7 * DAY);
    site.auth.sweep().await.unwrap();
    let left = site
        .database
        .store
        .sign_in_delete_expired_all(i64::MAX)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn the_role_is_read_anew_each_time() {
    let site = Site::new(Options::default()).await;
    let browser = site.ann().await;
    let caller = site.auth.caller(&browser.headers()).await.unwrap().unwrap();
    assert_eq!(caller.user.role, Role::Guest);
    site.database
        .store
        .user_approve(&caller.user.id, START)
        .await
        .unwrap();
    let again = site.auth.caller(&browser.headers()).await.unwrap().unwrap();
    assert_eq!(
        (again.user.role, again.sign_in_id),
        (Role::User, caller.sign_in_id)
    );
    assert!(
        site.auth
            .caller(&site.browser().headers())
            .await
            .unwrap()
            .is_none()
    );
}

#[rstest]
#[tokio::test]
async fn of_many_who_want_an_address_at_once_one_gets_it(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let site = Site::new(Options {
        kind,
        ..Options::default()
    })
    .await;
    let asks = (0..6).map(|_| async { site.browser().post("/sign-up/email", ANN).await });
    let replies = futures_util::future::join_all(asks).await;
    let (made, refused): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.status == StatusCode::OK);
    assert_eq!(made.len(), 1);
    for reply in refused {
        assert_eq!(
            reply.error(),
            (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL".into())
        );
        assert!(reply.set_cookies().is_empty());
    }
}

#[tokio::test]
async fn neither_token_nor_password_lies_in_the_database() {
    let site = Site::new(Options::default()).await;
    let browser = site.ann().await;
    let cookie = &browser.cookies[SESSION_COOKIE];
    let token = cookie.split_once('.').unwrap().0;
    assert_eq!(token.len(), 43, "256 bits in base64url");
    let path = site
        .database
        .url
        .strip_prefix("sqlite:")
        .unwrap()
        .to_owned();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(std::fs::read(format!("{path}-wal")).unwrap());
    let holds = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(
        holds("ann@example.com") && holds("$argon2id$v=19$m=19456,t=2,p=1$"),
        "the database is read"
    );
    assert!(!holds(token));
    assert!(!holds("Correct-horse-1"));
}

#[tokio::test]
async fn a_hash_of_old_parameters_is_replaced_when_its_user_signs_in() {
    let site = Site::new(Options::default()).await;
    let store = &site.database.store;
    let weak = Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(64, 1, 1, None).unwrap(),
    );
    let weak = weak
        .hash_password_with_salt("Correct-horse-1".as_bytes(), &[7; 16])
        .unwrap()
        .to_string();
    let new = NewUser {
        id: "u",
        name: "Ann",
        email: "ann@example.com",
        image: None,
        role: Role::User,
        password_hash: &weak,
    };
    store.user_create(&new, START).await.unwrap();
    assert_eq!(
        site.browser().post("/sign-in/email", SIGN_IN).await.status,
        StatusCode::OK
    );
    let (_, hash) = store
        .user_with_password_by_email("ann@example.com")
        .await
        .unwrap()
        .unwrap();
    assert!(
        hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{hash}"
    );
    assert_eq!(
        site.browser().post("/sign-in/email", SIGN_IN).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_password_has_8_to_128_utf16_units() {
    let site = Site::new(Options::default()).await;
    for (n, (password, expected)) in [
        ("1234567".to_owned(), 400),
        ("12345678".to_owned(), 200),
        ("\u{1f33b}".repeat(4), 200),
        ("\u{1f33b}".repeat(64), 200),
        ("\u{1f33b}".repeat(65), 400),
        ("x".repeat(129), 400),
        ("x".repeat(5_000), 400),
    ]
    .into_iter()
    .enumerate()
    {
        let body =
            json!({ "name": "A", "email": format!("a{n}@example.com"), "password": password });
        let reply = site
            .browser()
            .post("/sign-up/email", &body.to_string())
            .await;
        assert_eq!(reply.status.as_u16(), expected, "{}", reply.body);
    }
}

#[tokio::test]
async fn on_https_the_cookies_are_secure() {
    let site = Site::new(Options {
        public_url: "https://herald.example",
        ..Options::default()
    })
    .await;
    let request =
        Request::post("/api/auth/sign-up/email").header(header::CONTENT_TYPE, "application/json");
    let reply = site.send(request.body(Body::from(ANN)).unwrap()).await;
    let cookie = reply.set_cookies()[0];
    assert!(
        cookie.starts_with("__Secure-better-auth.session_token="),
        "{cookie}"
    );
    assert!(
        cookie.ends_with("; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"),
        "{cookie}"
    );
    let pair = cookie.split_once(';').unwrap().0;
    let request = Request::get("/api/auth/get-session").header(header::COOKIE, pair);
    assert_ne!(
        site.send(request.body(Body::empty()).unwrap()).await.json(),
        Value::Null
    );
}

#[tokio::test]
async fn listed_origins_alone_are_answered_with_cors() {
    let site = Site::new(Options::default()).await;
    let preflight = |origin: &str| {
        Request::builder()
            .method(Method::OPTIONS)
            .uri("/api/auth/sign-in/email")
            .header(header::ORIGIN, origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
            .body(Body::empty())
            .unwrap()
    };
    let reply = site.send(preflight(LISTED_ORIGIN)).await;
    assert_eq!(reply.status, StatusCode::OK);
    for (name, value) in [
        ("access-control-allow-origin", LISTED_ORIGIN),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-methods", "GET,POST"),
        ("access-control-allow-headers", "content-type"),
    ] {
        assert_eq!(reply.headers[name], value);
    }
    for origin in ["https://evil.example", "http://127.0.0.1:3210", "null"] {
        let reply = site.send(preflight(origin)).await;
        assert_eq!(
            (reply.status, &*reply.body),
            (StatusCode::NOT_FOUND, ""),
            "{origin}"
        );
        assert!(
            !reply.headers.contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
    let get = |origin: &str| {
        Request::get("/api/auth/get-session")
            .header("origin", origin)
            .body(Body::empty())
            .unwrap()
    };
    let reply = site.send(get(LISTED_ORIGIN)).await;
    assert_eq!(reply.headers["access-control-allow-origin"], LISTED_ORIGIN);
    assert_eq!(reply.headers["access-control-allow-credentials"], "true");
    let reply = site.send(get("https://evil.example")).await;
    assert!(!reply.headers.contains_key("access-control-allow-origin"));
    assert!(
        reply
            .headers
            .get_all("vary")
            .iter()
            .any(|vary| vary == "origin")
    );
}

#[tokio::test]
async fn no_answer_is_kept_by_a_cache() {
    let site = Site::new(Options::default()).await;
    let mut browser = site.ann().await;
    for (path, status) in [
        ("/get-session", 200),
        ("/nope", 404),
        ("", 404),
        ("/get-session/", 404),
        ("/sign-out", 404),
    ] {
        let reply = browser.get(path).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.headers[header::CACHE_CONTROL]),
            (status, &"no-store".parse().unwrap()),
            "{path}"
        );
        assert!(status == 200 || reply.body.is_empty(), "{path}");
    }
    for (path, body) in [
        ("/sign-in/email", "{bad"),
        ("/sign-in/email", SIGN_IN),
        ("/sign-up/email", ANN),
        ("/sign-out", "{}"),
    ] {
        let reply = browser.post(path, body).await;
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store", "{path}");
    }
}
