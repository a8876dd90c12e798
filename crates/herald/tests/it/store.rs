//! The store, on both databases.

mod directory;
pub(crate) mod whatsapp_session;

use herald::store::{NewSignIn, NewUser, Role, Store, StoreError, UserCreated};
use rstest::rstest;

use crate::support::database::{Database, Kind};

pub(crate) const NOW: i64 = 1_767_225_600_123;
const DAY: i64 = 86_400_000;

fn new_user<'a>(id: &'a str, email: &'a str, role: Role) -> NewUser<'a> {
    NewUser {
        id,
        name: "Ann",
        email,
        image: None,
        role,
        password_hash: "hash",
    }
}

async fn add(store: &Store, id: &str, role: Role) {
    let email = format!("{id}@example.com");
    let created = store
        .user_create(&new_user(id, &email, role), NOW)
        .await
        .unwrap();
    assert!(matches!(created, UserCreated::Created(_)));
}

fn new_sign_in<'a>(id: &'a str, user_id: &'a str, token_hash: &'a str) -> NewSignIn<'a> {
    NewSignIn {
        id,
        token_hash,
        user_id,
        expires_at: NOW + DAY,
        remember: true,
        ip_address: "192.0.2.1",
        user_agent: "a browser",
    }
}

#[rstest]
#[tokio::test]
async fn a_user_is_written_and_read(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let Database { store, .. } = &Database::fresh(kind).await;
    let new = NewUser {
        name: "Ann \u{1f33b} O'Hara",
        image: Some("https://x.example/i.png"),
        ..new_user("u1", "ann@example.com", Role::Guest)
    };
    let UserCreated::Created(user) = store.user_create(&new, NOW).await.unwrap() else {
        panic!("not created");
    };
    assert_eq!(
        (&*user.id, &*user.name, &*user.email),
        ("u1", new.name, new.email)
    );
    assert_eq!(
        (user.email_verified, user.image.as_deref(), user.role),
        (false, new.image, Role::Guest)
    );
    assert_eq!((user.created_at, user.updated_at), (NOW, NOW));
    assert_eq!(store.user_by_id("u1").await.unwrap().as_ref(), Some(&user));
    assert_eq!(
        store
            .user_by_email("ann@example.com")
            .await
            .unwrap()
            .as_ref(),
        Some(&user)
    );
    assert_eq!(store.user_by_email("bob@example.com").await.unwrap(), None);

    let found = store
        .user_with_password_by_email("ann@example.com")
        .await
        .unwrap();
    assert_eq!(found, Some((user.clone(), "hash".into())));
    store
        .user_set_password("u1", "other", NOW + 1)
        .await
        .unwrap();
    let found = store
        .user_with_password_by_email("ann@example.com")
        .await
        .unwrap();
    assert_eq!(found, Some((user, "other".into())));
}

#[rstest]
#[tokio::test]
async fn an_address_has_one_user_also_when_two_ask_at_once(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    let ids: Vec<String> = (0..8).map(|n| format!("u{n}")).collect();
    let asks = ids.iter().map(|id| async move {
        store
            .user_create(&new_user(id, "ann@example.com", Role::Guest), NOW)
            .await
            .unwrap()
    });
    let outcomes = futures_util::future::join_all(asks).await;
    let created = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, UserCreated::Created(_)))
        .count();
    assert_eq!(created, 1);
    assert_eq!(store.user_list_all().await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn approval_makes_a_guest_a_user_and_nobody_else(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    for (id, role) in [
        ("guest", Role::Guest),
        ("user", Role::User),
        ("admin", Role::Admin),
    ] {
        add(store, id, role).await;
    }
    let pending = store.user_list_pending_all().await.unwrap();
    assert_eq!(
        pending.iter().map(|user| &*user.id).collect::<Vec<_>>(),
        ["guest"]
    );

    let approved = store.user_approve("guest", NOW + 5).await.unwrap().unwrap();
    assert_eq!((approved.role, approved.updated_at), (Role::User, NOW + 5));
    let user = store.user_approve("user", NOW + 5).await.unwrap().unwrap();
    assert_eq!((user.role, user.updated_at), (Role::User, NOW));
    let admin = store.user_approve("admin", NOW + 5).await.unwrap().unwrap();
    assert_eq!((admin.role, admin.updated_at), (Role::Admin, NOW));
    assert_eq!(store.user_approve("nobody", NOW + 5).await.unwrap(), None);
    assert_eq!(store.user_list_pending_all().await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn a_sign_in_is_found_until_it_ends(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let Database { store, .. } = &Database::fresh(kind).await;
    add(store, "ann", Role::User).await;
    store
        .sign_in_create(&new_sign_in("i1", "ann", "h1"), None, NOW)
        .await
        .unwrap();

    let (sign_in, user) = store.sign_in_by_token("h1", NOW).await.unwrap().unwrap();
    assert_eq!(
        (&*sign_in.id, &*sign_in.user_id, &*user.id),
        ("i1", "ann", "ann")
    );
    assert_eq!(
        (sign_in.expires_at, sign_in.renewed_at, sign_in.remember),
        (NOW + DAY, NOW, true)
    );
    assert_eq!(
        (&*sign_in.ip_address, &*sign_in.user_agent),
        ("192.0.2.1", "a browser")
    );
    assert_eq!((sign_in.created_at, sign_in.updated_at), (NOW, NOW));
    assert!(store.sign_in_by_token("h2", NOW).await.unwrap().is_none());
    assert!(
        store
            .sign_in_by_token("h1", NOW + DAY - 1)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        store
            .sign_in_by_token("h1", NOW + DAY)
            .await
            .unwrap()
            .is_none()
    );

    store
        .sign_in_renew("bob", "i1", NOW + 9 * DAY, NOW + 5)
        .await
        .unwrap();
    assert!(
        store
            .sign_in_by_token("h1", NOW + DAY)
            .await
            .unwrap()
            .is_none(),
        "another user moved its end"
    );
    store
        .sign_in_renew("ann", "i1", NOW + 2 * DAY, NOW + 5)
        .await
        .unwrap();
    let (sign_in, _) = store
        .sign_in_by_token("h1", NOW + DAY)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (sign_in.expires_at, sign_in.renewed_at, sign_in.updated_at),
        (NOW + 2 * DAY, NOW + 5, NOW + 5)
    );
    assert_eq!(sign_in.created_at, NOW);
}

#[rstest]
#[tokio::test]
async fn a_new_sign_in_takes_the_place_of_the_old_one(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let Database { store, .. } = &Database::fresh(kind).await;
    add(store, "ann", Role::User).await;
    store
        .sign_in_create(&new_sign_in("i1", "ann", "h1"), None, NOW)
        .await
        .unwrap();
    store
        .sign_in_create(&new_sign_in("i2", "ann", "h2"), None, NOW)
        .await
        .unwrap();
    store
        .sign_in_create(&new_sign_in("i3", "ann", "h3"), Some("h1"), NOW)
        .await
        .unwrap();
    for (hash, there) in [("h1", false), ("h2", true), ("h3", true)] {
        assert_eq!(
            store.sign_in_by_token(hash, NOW).await.unwrap().is_some(),
            there,
            "{hash}"
        );
    }
    store.sign_in_delete_by_token("h2").await.unwrap();
    assert!(store.sign_in_by_token("h2", NOW).await.unwrap().is_none());
    assert_eq!(
        store
            .sign_in_delete_expired_all(NOW + DAY - 1)
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store.sign_in_delete_expired_all(NOW + DAY).await.unwrap(),
        1
    );
}

#[rstest]
#[tokio::test]
async fn a_store_opens_again_with_what_was_written(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = Database::fresh(kind).await;
    add(&database.store, "ann", Role::User).await;
    database.store.check().await.unwrap();
    database.store.close().await;
    assert!(database.store.check().await.is_err());

    let again = Store::open(&database.url).await.unwrap();
    assert!(again.user_by_id("ann").await.unwrap().is_some());
    again.close().await;
}

#[tokio::test]
async fn the_file_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::fresh(Kind::Sqlite).await;
    add(&database.store, "ann", Role::User).await;
    let path = database.url.strip_prefix("sqlite:").unwrap();
    for entry in std::path::Path::new(path)
        .parent()
        .unwrap()
        .read_dir()
        .unwrap()
    {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", entry.path().display());
    }
}

#[tokio::test]
async fn a_path_is_taken_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "what?mode=memory",
        "100%20",
        "a#b",
        "x :memory:",
        "\u{e4} b",
    ] {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("herald.db");
        for scheme in ["sqlite:", "sqlite://"] {
            let url = format!("{scheme}{}", path.display());
            let store = Store::open(&url).await.unwrap();
            if scheme == "sqlite:" {
                add(&store, "ann", Role::User).await;
            }
            assert_eq!(store.user_list_all().await.unwrap().len(), 1, "{url}");
            store.close().await;
        }
        let left = folder.read_dir().unwrap();
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["herald.db"], "{name}");
    }
}

#[tokio::test]
async fn a_url_of_neither_database_is_refused() {
    for url in [
        "",
        "mysql://x",
        "herald.db",
        "sqlite:",
        "sqlite://",
        "sqlite::memory:",
        "http://x",
    ] {
        assert!(
            matches!(Store::open(url).await, Err(StoreError::Url)),
            "{url}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!(
        "sqlite:{}",
        folder.path().join("no/such/folder.db").display()
    );
    assert!(matches!(
        Store::open(&nowhere).await,
        Err(StoreError::File { .. })
    ));
}

/// Both databases have the same steps, under the same numbers and names.
#[test]
fn the_two_migration_folders_agree() {
    let names = |kind: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(kind);
        let mut names: Vec<_> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert!(!names("sqlite").is_empty());
    assert_eq!(names("sqlite"), names("postgres"));
}
