//! How often somebody may try, and who has to wait.

use axum::http::StatusCode;

use super::{SIGN_IN, hostile::post};
use crate::support::site::{Options, Site};

#[tokio::test]
async fn an_address_may_try_three_times_in_ten_seconds() {
    let site = Site::new(Options {
        limits_on: true,
        ..Options::default()
    })
    .await;
    site.ann().await;
    let from = |peer: &'static str, forwarded: &'static str| {
        site.send_from(
            peer,
            post("/sign-in/email", &[("x-forwarded-for", forwarded)], SIGN_IN),
        )
    };
    for _ in 0..3 {
        assert_eq!(from("192.0.2.7:1", "").await.status, StatusCode::OK);
    }
    let refused = from("192.0.2.7:2", "198.51.100.1").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        refused.json()["message"],
        "Too many requests. Please try again later."
    );
    assert_eq!(refused.headers["x-retry-after"], "4");
    assert!(refused.set_cookies().is_empty());

    assert_eq!(
        from("10.0.0.1:1", "192.0.2.7").await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "behind the proxy"
    );
    assert_eq!(
        from("10.0.0.1:1", "192.0.2.8").await.status,
        StatusCode::OK,
        "somebody else behind it"
    );
    site.clock.advance(4_000);
    assert_eq!(from("192.0.2.7:3", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stranger_who_guesses_has_to_wait_and_the_owner_has_not() {
    let site = Site::new(Options {
        limits_on: true,
        ..Options::default()
    })
    .await;
    site.ann().await;
    let (stranger, owner) = ("198.51.100.1:1", "192.0.2.9:1");
    let wrong = SIGN_IN.replace("horse", "house");
    for _ in 0..10 {
        let request = post("/sign-in/email", &[], wrong.clone());
        let reply = site.send_from(stranger, request).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        site.clock.advance(4_000);
    }
    let reply = site
        .send_from(stranger, post("/sign-in/email", &[], SIGN_IN))
        .await;
    assert_eq!(reply.error(), (429, "TOO_MANY_REQUESTS".into()));
    assert_eq!(reply.headers["x-retry-after"], "1");
    let reply = site
        .send_from(owner, post("/sign-in/email", &[], SIGN_IN))
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    site.clock.advance(4_000);
    let reply = site
        .send_from(stranger, post("/sign-in/email", &[], wrong))
        .await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "a wait has an end");
}

#[tokio::test]
async fn an_account_takes_a_hundred_wrong_passwords_from_everywhere_together() {
    let site = Site::new(Options {
        limits_on: true,
        ..Options::default()
    })
    .await;
    site.ann().await;
    let wrong = SIGN_IN.replace("horse", "house");
    for n in 0..100 {
        let request = post("/sign-in/email", &[], wrong.clone());
        let reply = site.send_from(&format!("198.51.100.{n}:1"), request).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{n}");
    }
    let reply = site
        .send_from("192.0.2.9:1", post("/sign-in/email", &[], SIGN_IN))
        .await;
    assert_eq!(reply.error(), (429, "TOO_MANY_REQUESTS".into()));
    assert_eq!(reply.headers["x-retry-after"], "5");
    site.clock.advance(5_000);
    let reply = site
        .send_from("192.0.2.9:1", post("/sign-in/email", &[], SIGN_IN))
        .await;
    assert_eq!(reply.status, StatusCode::OK, "its owner is not locked out");
}

#[tokio::test]
async fn right_passwords_do_not_count() {
    let site = Site::new(Options {
        limits_on: true,
        ..Options::default()
    })
    .await;
    site.ann().await;
    for n in 0..15 {
        let request = post("/sign-in/email", &[], SIGN_IN);
        let reply = site.send_from(&format!("198.51.100.{n}:1"), request).await;
        assert_eq!(reply.status, StatusCode::OK, "{n}");
    }
}
