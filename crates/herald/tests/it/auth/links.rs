//! Links that sign in: the one that makes the first administrator, and the demo's.

use axum::http::StatusCode;
use herald::{auth::add_user, random::Random, store::Role};
use rstest::rstest;
use serde_json::json;
use url::Url;

use crate::support::{
    database::Kind,
    site::{ORIGIN, Options, Site},
};

fn token(link: &Url, page: &str) -> String {
    assert_eq!(link.origin().ascii_serialization(), ORIGIN);
    assert_eq!((link.path(), link.query()), (page, None));
    link.fragment().unwrap().to_owned()
}

fn first(token: &str, password: &str) -> String {
    json!({ "token": token, "name": "Ann", "email": "Ann@Example.com", "password": password })
        .to_string()
}

#[rstest]
#[tokio::test]
async fn the_set_up_link_makes_one_administrator(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let site = Site::new(Options {
        kind,
        ..Options::default()
    })
    .await;
    let earlier = site.auth.set_up_link().await.unwrap().unwrap();
    let link = site.auth.set_up_link().await.unwrap().unwrap();
    let (earlier, token) = (token(&earlier, "/set-up"), token(&link, "/set-up"));
    let mut browser = site.browser();
    for (token, password, error) in [
        (&*earlier, "correct horse", "INVALID_TOKEN"),
        ("", "correct horse", "INVALID_TOKEN"),
        (&token, "short", "PASSWORD_TOO_SHORT"),
    ] {
        let reply = browser.post("/set-up", &first(token, password)).await;
        assert_eq!(reply.error(), (400, error.to_owned()));
    }
    let missing = browser.post("/set-up", r#"{"token":"x"}"#).await;
    assert_eq!(missing.error().1, "VALIDATION_ERROR");

    let (mut other, body) = (site.browser(), first(&token, "correct horse"));
    let (one, two) = tokio::join!(browser.post("/set-up", &body), other.post("/set-up", &body));
    let statuses = [one.status, two.status];
    assert!(
        statuses.contains(&StatusCode::OK),
        "{} {}",
        one.body,
        two.body
    );
    assert!(statuses.contains(&StatusCode::BAD_REQUEST));
    let mut winner = if one.status == StatusCode::OK {
        browser
    } else {
        other
    };
    let session = winner.session().await;
    assert_eq!(session["user"]["role"], "ADMIN");
    assert_eq!(session["user"]["email"], "ann@example.com");
    assert!(site.auth.set_up_link().await.unwrap().is_none());
}

#[tokio::test]
async fn a_set_up_link_ends_when_an_administrator_is_made_otherwise() {
    let site = Site::new(Options::default()).await;
    let link = site.auth.set_up_link().await.unwrap().unwrap();
    let (store, random) = (&site.database.store, Random::system());
    let role = Role::Admin;
    add_user(
        store,
        &site.clock,
        &random,
        "Bob",
        "bob@example.com",
        "correct horse",
        role,
    )
    .await
    .unwrap();
    let body = first(&token(&link, "/set-up"), "correct horse");
    let reply = site.browser().post("/set-up", &body).await;
    assert_eq!(reply.error(), (400, "INVALID_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_sign_in_link_signs_its_user_in() {
    let site = Site::new(Options::default()).await;
    let mut ann = site.ann().await;
    let id = ann.session().await["user"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let earlier = site.auth.sign_in_link(&id).await;
    let link = site.auth.sign_in_link(&id).await;
    for _ in 0..2 {
        let mut browser = site.browser();
        let body = json!({ "token": token(&link, "/sign-in") }).to_string();
        let reply = browser.post("/sign-in/link", &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        assert_eq!(browser.session().await["user"]["id"], id);
    }
    for wrong in [&token(&earlier, "/sign-in"), "", "x"] {
        let body = json!({ "token": wrong }).to_string();
        let reply = site.browser().post("/sign-in/link", &body).await;
        assert_eq!(reply.error(), (400, "INVALID_TOKEN".to_owned()));
    }
}

/// A set-up link signs nobody in, nor the other way round.
#[tokio::test]
async fn one_kind_of_link_is_not_the_other() {
    let site = Site::new(Options::default()).await;
    let set_up = site.auth.set_up_link().await.unwrap().unwrap();
    let sign_in = site.auth.sign_in_link("nobody").await;
    let body = json!({ "token": set_up.fragment().unwrap() }).to_string();
    let reply = site.browser().post("/sign-in/link", &body).await;
    assert_eq!(reply.error().1, "INVALID_TOKEN");
    let body = first(sign_in.fragment().unwrap(), "correct horse");
    let reply = site.browser().post("/set-up", &body).await;
    assert_eq!(reply.error().1, "INVALID_TOKEN");
}
