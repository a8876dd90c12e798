//! What a session's account knows: replaced whole, gone with the link.

use std::sync::atomic::{AtomicUsize, Ordering};

use herald::store::{Known, KnownContact, KnownGroup, NewReading, Part, Store, StoreError};
use rstest::rstest;

use super::{NOW, whatsapp_session::linked};
use crate::support::database::{Database, Kind};

fn known(groups: &[&str], people: &[&str]) -> Known {
    let groups = groups.iter().map(|id| KnownGroup {
        id: (*id).to_owned(),
        name: Some(format!("Group {id}")),
        members: Some(7),
        admins_only: Some(true),
        is_admin: Some(false),
        ..KnownGroup::default()
    });
    let contacts = people.iter().map(|id| KnownContact {
        id: (*id).to_owned(),
        name: Some("Zoë 🎸".into()),
        number: Some("49".into()),
        lid: Some("7@lid".into()),
        is_blocked: Some(false),
        is_me: Some(true),
        is_saved: Some(true),
        ..KnownContact::default()
    });
    Known {
        groups: groups.collect(),
        contacts: contacts.collect(),
    }
}

/// Replaces `part` of what the session of `user` knows.
async fn replace(
    store: &Store,
    user: &str,
    linked_at: i64,
    part: Part,
    known: &Known,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let new = NewReading {
        user_id: user,
        session_id: &format!("s-{user}"),
        linked_at,
        part,
        known,
    };
    store.directory_replace(new, now, &|_| ()).await
}

async fn loaded(store: &Store, user: &str) -> Known {
    let mut known = store
        .directory_load(user, &format!("s-{user}"))
        .await
        .unwrap();
    known.groups.sort_by(|a, b| a.id.cmp(&b.id));
    known.contacts.sort_by(|a, b| a.id.cmp(&b.id));
    known
}

async fn works(store: &Store, user: &str, now: i64) {
    let id = format!("s-{user}");
    let seen = store.whatsapp_session_observe(user, &id, "WORKING", None, None, now);
    assert!(seen.await.unwrap().linked_at.is_some());
}

#[rstest]
#[tokio::test]
async fn a_reading_takes_the_place_of_the_last(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let Database { store, .. } = &Database::fresh(kind).await;
    for user in ["ann", "bob"] {
        linked(store, user).await;
        works(store, user, NOW).await;
    }
    let replace_whole = async |user: &str, known: &Known, linked_at| {
        replace(store, user, linked_at, Part::Whole, known, NOW + 5)
            .await
            .unwrap()
    };
    let (first, second) = (known(&["1", "2"], &["a", "b"]), known(&["2", "3"], &["b"]));
    assert_eq!(replace_whole("ann", &first, NOW).await, Some(NOW + 5));
    assert_eq!(replace_whole("bob", &first, NOW).await, Some(NOW + 5));
    assert_eq!(loaded(store, "ann").await, first);
    assert_eq!(
        replace_whole("ann", &second, NOW).await,
        Some(NOW + 6),
        "each reading has its own instant"
    );
    assert_eq!(loaded(store, "ann").await, second);
    assert_eq!(
        loaded(store, "bob").await,
        first,
        "another's directory stays"
    );
    let anns = store.directory_load("bob", "s-ann").await.unwrap();
    assert_eq!(anns, Known::default(), "and is nobody else's");

    assert_eq!(
        replace_whole("ann", &first, NOW + 1).await,
        None,
        "read under another link"
    );
    let twice = known(&["1"], &["a", "a"]);
    replace(store, "ann", NOW, Part::Whole, &twice, NOW + 9)
        .await
        .unwrap_err();
    assert_eq!(
        loaded(store, "ann").await,
        second,
        "what fails half-way changes nothing"
    );
    let session = store.whatsapp_session_of("ann").await.unwrap().unwrap();
    assert_eq!(session.directory_synced_at, Some(NOW + 6));

    store
        .directory_failed("ann", "s-ann", NOW, "no way")
        .await
        .unwrap();
    let session = store.whatsapp_session_of("ann").await.unwrap().unwrap();
    assert_eq!(session.directory_error.as_deref(), Some("no way"));
    assert_eq!(loaded(store, "ann").await, second);
}

#[rstest]
#[tokio::test]
async fn a_directory_lasts_as_long_as_the_link(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let Database { store, .. } = &Database::fresh(kind).await;
    linked(store, "ann").await;
    works(store, "ann", NOW).await;
    let all = known(&["1"], &["a"]);
    let fill = async |linked_at| {
        let replaced = replace(store, "ann", linked_at, Part::Whole, &all, NOW + 5);
        replaced.await.unwrap()
    };
    let observe = async |status, now| {
        let seen = store.whatsapp_session_observe("ann", "s-ann", status, None, None, now);
        seen.await.unwrap()
    };
    fill(NOW).await;
    let dropped = observe("STARTING", NOW + 6).await;
    assert_eq!(
        (dropped.linked_at, dropped.directory_synced_at),
        (Some(NOW), Some(NOW + 5))
    );
    let again = observe("WORKING", NOW + 7).await;
    assert_eq!(again.linked_at, Some(NOW), "the link is the old one");

    let code = observe("SCAN_QR_CODE", NOW + 8).await;
    assert_eq!((code.linked_at, code.directory_synced_at), (None, None));
    assert_eq!(
        fill(NOW).await,
        None,
        "what was read before is another account's"
    );
    assert_eq!(observe("WORKING", NOW + 9).await.linked_at, Some(NOW + 9));

    assert!(fill(NOW + 9).await.is_some());
    let released = store.whatsapp_session_release("ann", "s-ann", NOW + 10);
    released.await.unwrap();
    assert_eq!(loaded(store, "ann").await, Known::default());
    let session = store.whatsapp_session_of("ann").await.unwrap().unwrap();
    assert_eq!(
        (session.linked_at, session.directory_synced_at),
        (None, None)
    );
    assert_eq!(fill(NOW + 9).await, None);
}

/// More rows than fit into one statement.
#[rstest]
#[tokio::test]
async fn a_large_directory_is_written_whole(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let Database { store, .. } = &Database::fresh(kind).await;
    linked(store, "ann").await;
    works(store, "ann", NOW).await;
    let ids: Vec<String> = (0..4_321).map(|n| format!("{n:05}")).collect();
    let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
    let all = known(&ids[..1_000], &ids);
    let written = AtomicUsize::new(0);
    let count = |more| {
        written.fetch_add(more, Ordering::Relaxed);
    };
    let new = NewReading {
        user_id: "ann",
        session_id: "s-ann",
        linked_at: NOW,
        part: Part::Whole,
        known: &all,
    };
    let replaced = store.directory_replace(new, NOW, &count).await.unwrap();
    assert!(replaced.is_some());
    assert_eq!(written.into_inner(), 5_321);
    assert_eq!(loaded(store, "ann").await, all);
}

#[rstest]
#[tokio::test]
async fn one_list_is_replaced_without_the_other(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    linked(store, "ann").await;
    works(store, "ann", NOW).await;
    let part = async |part, known: &Known, now| {
        replace(store, "ann", NOW, part, known, now).await.unwrap()
    };
    let groups = known(&["1"], &[]);
    assert_eq!(
        part(Part::Groups, &groups, NOW + 5).await,
        None,
        "the first reading is a whole one"
    );
    let mut all = known(&["1", "2"], &["4@c.us", "5@c.us", "6@lid"]);
    for contact in &mut all.contacts {
        contact.is_me = None;
    }
    all.contacts[1].is_blocked = Some(true);
    all.contacts[2].number = None;
    assert_eq!(part(Part::Whole, &all, NOW + 5).await, Some(NOW + 5));
    let counts = async || {
        let session = store.whatsapp_session_of("ann").await.unwrap().unwrap();
        (
            session.group_count,
            session.contact_count,
            session.without_number_count,
        )
    };
    assert_eq!(counts().await, (2, 1, 1), "what lists offer is counted");

    assert_eq!(
        part(Part::Groups, &groups, NOW + 900).await,
        Some(NOW + 6),
        "the contacts are as old as they were"
    );
    assert_eq!(counts().await, (1, 1, 1));
    let now = loaded(store, "ann").await;
    assert_eq!(
        (&now.groups, &now.contacts),
        (&groups.groups, &all.contacts)
    );
    let people = known(&[], &["8@c.us"]);
    assert_eq!(
        part(Part::Contacts, &people, NOW + 900).await,
        Some(NOW + 7)
    );
    let now = loaded(store, "ann").await;
    assert_eq!(
        (&now.groups, &now.contacts),
        (&groups.groups, &people.contacts)
    );
}
