//! Each user's WhatsApp session: one a user, seen by that user alone.

use herald::store::{Claim, PhoneSource, Role, Store, WhatsAppSession};
use rstest::rstest;

use super::{NOW, add};
use crate::support::database::{Database, Kind};

/// A user with a session that the engine knows.
pub(crate) async fn linked(store: &Store, user_id: &str) -> WhatsAppSession {
    add(store, user_id, Role::User).await;
    let (id, name) = (format!("s-{user_id}"), format!("name-{user_id}"));
    let session = store
        .whatsapp_session_ensure(user_id, &id, &name, NOW)
        .await
        .unwrap();
    let claim = store
        .whatsapp_session_claim(user_id, &id, &name, NOW)
        .await
        .unwrap();
    assert_eq!(claim, Claim::Claimed);
    session
}

#[rstest]
#[tokio::test]
async fn a_user_has_one_whatsapp_session_also_when_asked_at_once(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    add(store, "ann", Role::User).await;
    assert_eq!(store.whatsapp_session_of("ann").await.unwrap(), None);
    let names: Vec<String> = (0..8).map(|n| format!("n{n}")).collect();
    let asks = names.iter().map(|name| async move {
        store
            .whatsapp_session_ensure("ann", name, name, NOW)
            .await
            .unwrap()
    });
    let sessions = futures_util::future::join_all(asks).await;
    assert!(sessions.iter().all(|session| *session == sessions[0]));

    let session = &sessions[0];
    assert_eq!(
        (&*session.user_id, &*session.id),
        ("ann", &*session.session_name)
    );
    assert_eq!(
        (&session.engine_name, &*session.phone_number, &session.cause),
        (&None, "", &None)
    );
    assert_eq!(
        (&*session.status, session.phone_source),
        ("STOPPED", PhoneSource::Nobody)
    );
    assert_eq!(
        (session.status_since, session.created_at, session.updated_at),
        (NOW, NOW, NOW)
    );
}

#[rstest]
#[tokio::test]
async fn a_session_is_its_users_alone(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let Database { store, .. } = &Database::fresh(kind).await;
    let anns = linked(store, "ann").await;
    linked(store, "bob").await;
    assert!(
        store
            .whatsapp_session_by_id("ann", &anns.id)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .whatsapp_session_named("ann", &anns.session_name)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        store.whatsapp_session_by_id("bob", &anns.id).await.unwrap(),
        None
    );
    assert_eq!(
        store
            .whatsapp_session_named("bob", &anns.session_name)
            .await
            .unwrap(),
        None
    );

    let before = store.whatsapp_session_of("ann").await.unwrap();
    assert!(
        !store
            .whatsapp_session_set_phone("bob", &anns.id, "+4915112345678", NOW + 1)
            .await
            .unwrap()
    );
    store
        .whatsapp_session_release("bob", &anns.id, NOW + 1)
        .await
        .unwrap();
    assert!(
        store
            .whatsapp_session_claim("bob", &anns.id, "mine", NOW + 1)
            .await
            .is_err()
    );
    assert!(
        store
            .whatsapp_session_observe("bob", &anns.id, "WORKING", None, None, NOW + 1)
            .await
            .is_err()
    );
    assert_eq!(store.whatsapp_session_of("ann").await.unwrap(), before);
}

#[rstest]
#[tokio::test]
async fn an_engines_name_belongs_to_one_session(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    for user in ["ann", "bob"] {
        add(store, user, Role::User).await;
        store
            .whatsapp_session_ensure(user, user, user, NOW)
            .await
            .unwrap();
    }
    assert_eq!(store.whatsapp_session_list_active_all().await.unwrap(), []);
    assert_eq!(
        store
            .whatsapp_session_claim("ann", "ann", "default", NOW)
            .await
            .unwrap(),
        Claim::Claimed
    );
    assert_eq!(
        store
            .whatsapp_session_claim("ann", "ann", "default", NOW)
            .await
            .unwrap(),
        Claim::Held
    );
    assert_eq!(
        store
            .whatsapp_session_claim("bob", "bob", "default", NOW)
            .await
            .unwrap(),
        Claim::Taken
    );
    let active = store.whatsapp_session_list_active_all().await.unwrap();
    assert_eq!(
        active
            .iter()
            .map(|session| &*session.user_id)
            .collect::<Vec<_>>(),
        ["ann"]
    );

    for (user, known) in [("ann", true), ("bob", false)] {
        let set = store.whatsapp_session_set_unlinking(user, user, true, NOW);
        assert_eq!(set.await.unwrap(), known, "{user}");
    }
    store
        .whatsapp_session_release("ann", "ann", NOW + 1)
        .await
        .unwrap();
    let released = store.whatsapp_session_of("ann").await.unwrap().unwrap();
    assert!(!released.unlinking);
    assert_eq!(
        store
            .whatsapp_session_claim("bob", "bob", "default", NOW)
            .await
            .unwrap(),
        Claim::Claimed
    );
}

#[rstest]
#[tokio::test]
async fn what_is_seen_is_written_when_it_is_news(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    let id = linked(store, "ann").await.id;
    let observe = async |status, cause, phone, now| {
        store
            .whatsapp_session_observe("ann", &id, status, cause, phone, now)
            .await
            .unwrap()
    };
    let seen = observe("SCAN_QR_CODE", None, None, NOW + 1).await;
    assert_eq!(
        (&*seen.status, seen.status_since, seen.updated_at),
        ("SCAN_QR_CODE", NOW + 1, NOW + 1)
    );
    assert_eq!(observe("SCAN_QR_CODE", None, None, NOW + 2).await, seen);

    let seen = observe("WORKING", None, Some("+4915112345678"), NOW + 3).await;
    assert_eq!(
        (&*seen.phone_number, seen.phone_source),
        ("+4915112345678", PhoneSource::Engine)
    );
    assert_eq!(
        observe("WORKING", None, None, NOW + 4).await,
        seen,
        "a number is not forgotten"
    );

    let seen = observe("FAILED", Some("logged out"), None, NOW + 5).await;
    assert_eq!(
        (seen.cause.as_deref(), seen.status_since),
        (Some("logged out"), NOW + 5)
    );
    let seen = observe("FAILED", Some("banned"), None, NOW + 6).await;
    assert_eq!(
        (seen.cause.as_deref(), seen.status_since, seen.updated_at),
        (Some("banned"), NOW + 5, NOW + 6)
    );
    let seen = observe("WORKING", None, Some("+4915187654321"), NOW + 7).await;
    assert_eq!((seen.cause, &*seen.phone_number), (None, "+4915187654321"));
}

#[rstest]
#[tokio::test]
async fn the_users_number_stands_until_the_session_is_released(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    let id = linked(store, "ann").await.id;
    assert!(
        store
            .whatsapp_session_set_phone("ann", &id, "+441632960961", NOW + 1)
            .await
            .unwrap()
    );
    let engines = Some("+4915112345678");
    let seen = store
        .whatsapp_session_observe("ann", &id, "WORKING", None, engines, NOW + 2)
        .await
        .unwrap();
    assert_eq!(
        (&*seen.phone_number, seen.phone_source),
        ("+441632960961", PhoneSource::User)
    );
    let again = store
        .whatsapp_session_observe("ann", &id, "WORKING", None, engines, NOW + 3)
        .await
        .unwrap();
    assert_eq!(again, seen, "the engine's number is no news");

    store
        .whatsapp_session_release("ann", &id, NOW + 3)
        .await
        .unwrap();
    let released = store.whatsapp_session_of("ann").await.unwrap().unwrap();
    assert_eq!(
        (&released.engine_name, &*released.phone_number),
        (&None, "")
    );
    assert_eq!(
        (&*released.status, released.phone_source),
        ("STOPPED", PhoneSource::Nobody)
    );
    assert_eq!(
        (released.status_since, released.updated_at),
        (NOW + 3, NOW + 3)
    );
    let late = store
        .whatsapp_session_observe("ann", &id, "WORKING", None, engines, NOW + 4)
        .await
        .unwrap();
    assert_eq!(late, released, "seen before the release, told after it");
}
