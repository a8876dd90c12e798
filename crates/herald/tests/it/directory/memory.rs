//! How much memory directories take: a bound for all of them, whoever is used least leaves first.

use std::sync::Arc;

use herald::{
    changes::Changes,
    clock::Clock,
    directory::{Directories, Query},
    lifecycle::Lifecycle,
    store::{Known, KnownContact, NewReading, Part, Store, WhatsAppSession},
};
use whatsapp_gateway::{
    SessionName,
    simulated::{Simulated, SimulatedConfig},
};

use crate::{
    store::{NOW, whatsapp_session::linked},
    support::database::{Database, Kind},
};

const PEOPLE: usize = 300;
const ALL: Query<'_> = Query {
    limit: 1,
    cursor: 0,
    search: "",
};

/// A linked session with a few hundred people.
async fn filled(store: &Store, user: &str) -> WhatsAppSession {
    linked(store, user).await;
    let id = format!("s-{user}");
    let works = store.whatsapp_session_observe(user, &id, "WORKING", None, None, NOW);
    works.await.unwrap();
    let people = (0..PEOPLE).map(|n| KnownContact {
        id: format!("4915100{n:05}@c.us"),
        name: Some(format!("Somebody {n}")),
        number: Some(format!("4915100{n:05}")),
        ..KnownContact::default()
    });
    let known = Known {
        groups: Vec::new(),
        contacts: people.collect(),
    };
    let new = NewReading {
        user_id: user,
        session_id: &id,
        linked_at: NOW,
        part: Part::Whole,
        known: &known,
    };
    // Long after the linking, so that nothing is read anew.
    let replaced = store.directory_replace(new, NOW + 3_600_000, &|_| ());
    assert!(replaced.await.unwrap().is_some());
    store.whatsapp_session_of(user).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_hundred_directories_stay_within_the_bound() {
    let Database { store, .. } = &Database::fresh(Kind::Sqlite).await;
    let mut sessions = Vec::new();
    for n in 0..100 {
        sessions.push(filled(store, &format!("user{n}")).await);
    }
    let clock = Clock::manual(NOW + 3_600_000);
    let time = clock.clone();
    let phone = Simulated::new(SimulatedConfig::new(7, Arc::new(move || time.now_ms())));
    let memory = 1_000_000;
    let directories = Directories::new(
        store.clone(),
        Arc::new(phone),
        clock,
        Changes::default(),
        &Lifecycle::default(),
        memory,
    );
    let name = SessionName::new("any").unwrap();
    for session in &sessions {
        let page = directories
            .contacts(session, &name, ALL, None)
            .await
            .unwrap();
        assert_eq!(page.matches, PEOPLE as u64);
        directories.tidy().await;
        let (held, bytes) = directories.in_memory();
        assert!(
            held > 0 && bytes <= memory,
            "{held} directories of {bytes} bytes"
        );
    }
    let (held, bytes) = directories.in_memory();
    assert!(held < 100, "they do not all fit: {held}");
    // Each takes a stated share.
    assert!(bytes / held < 100 * PEOPLE as u64, "{}", bytes / held);

    // Whoever left is loaded again.
    let page = directories
        .contacts(&sessions[0], &name, ALL, None)
        .await
        .unwrap();
    assert_eq!(page.items[0].group_name, "Somebody 0");
}
