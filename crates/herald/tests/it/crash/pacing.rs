//! Two schedulers on one database: pauses and caps hold as if there were one.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};

use herald::{
    campaign::{Recipient, Target},
    campaigns::Campaigns,
    changes::Changes,
    clock::Clock,
    random::Random,
    scheduler::Scheduler,
    store::Store,
};
use jiff::{Timestamp, tz::TimeZone};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rstest::rstest;
use sqlx::FromRow;
use whatsapp_gateway::{Gateway, SessionName};

use super::{
    Asked,
    server::{link_phones, phones},
    stage::{add_user, draft, people, session_of},
};
use crate::support::{
    database::{Database, Kind},
    world::START,
};

const SECOND: i64 = 1000;
const HOUR: i64 = 60 * 60 * SECOND;
const DAY: i64 = 24 * HOUR;

/// Caps that bind within a few dozen messages.
const HOUR_CAP: usize = 16;
const DAY_CAP: usize = 40;
const GROUP_HOUR_CAP: usize = 4;
const CHATS_CAP: usize = 36;
const NEW_PEOPLE_CAP: usize = 8;

/// Users by how many days their accounts have been linked, and by which part of the caps these have.
const ACCOUNTS: [(&str, i64, usize); 3] = [("ann", 60, 1), ("ben", 20, 2), ("cat", 3, 4)];

/// After so many steps one of the schedulers is started anew.
const RESTART_EVERY: u32 = 40;

/// A message as its account's limits see it.
#[derive(FromRow)]
struct Departed {
    session_id: String,
    chat_id: String,
    audience: String,
    status: String,
    left_at: Option<i64>,
}

impl Departed {
    fn at(&self) -> i64 {
        self.left_at.expect("what was sent has left")
    }
}

#[rstest]
#[tokio::test]
async fn two_schedulers_keep_the_pauses_and_caps_of_one(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let asked = Asked::read();
    let mut rng = StdRng::seed_from_u64(asked.seed);
    let database = Database::fresh(kind).await;
    let clock = Clock::manual(START);
    let phones = Arc::new(phones(None));
    let scheduler = |store: &Store, seed: u64| {
        Scheduler::new(
            store.clone(),
            Arc::clone(&phones) as Arc<dyn Gateway>,
            clock.clone(),
            Random::seeded(seed),
            Changes::default(),
            false,
        )
    };
    let stores = [
        database.store.clone(),
        Store::open(&database.url).await.unwrap(),
    ];
    let mut one = scheduler(&stores[0], rng.random());
    let mut other = scheduler(&stores[1], rng.random());
    set_limits(&database.store).await;
    for (user, days, _) in ACCOUNTS {
        add_user(&database.store, user, START - days * DAY).await;
    }
    link_phones(&database.store, &phones).await;
    let campaigns = Campaigns::new(
        database.store.clone(),
        clock.clone(),
        Random::seeded(rng.random()),
        Changes::default(),
        one.clone(),
    );
    for (user, _, _) in ACCOUNTS {
        plan(&database.store, &campaigns, &*phones, user).await;
    }

    let mut steps = 0;
    let mut sent = [0, 0];
    while let Some(next) = next_send_at(&database.store).await {
        // Often a little later, so that more than one account's turn has come.
        let late = rng.random_range(0..20 * SECOND);
        clock.advance((next - clock.now_ms()).max(0) + late);
        // Whoever is asked first is before the other at the database.
        let (by_one, by_other) = tokio::join!(one.tick(), other.tick());
        sent[0] += by_one.unwrap();
        sent[1] += by_other.unwrap();
        steps += 1;
        mem::swap(&mut one, &mut other);
        if steps % RESTART_EVERY == 0 {
            one = scheduler(&stores[1], rng.random());
        }
        assert!(steps < 10_000, "it never ends");
    }
    assert!(sent[0] > 0 && sent[1] > 0, "both have sent: {sent:?}");

    let departed = departed(&database.store).await;
    for (user, _, part) in ACCOUNTS {
        let (session, name) = session_of(user);
        let of_account: Vec<&Departed> = departed
            .iter()
            .filter(|message| message.session_id == session)
            .collect();
        limits_were_kept(&of_account, part);
        let given = phones.sent(&SessionName::new(name).unwrap());
        let ids: HashSet<&str> = given.iter().map(|message| &*message.id).collect();
        assert_eq!(
            (given.len(), ids.len()),
            (of_account.len(), of_account.len()),
            "each of {user}'s went out once"
        );
    }
}

async fn set_limits(store: &Store) {
    let limits = [
        ("messagesPerHour", HOUR_CAP),
        ("messagesPerDay", DAY_CAP),
        ("groupMessagesPerHour", GROUP_HOUR_CAP),
        ("chatsPerDay", CHATS_CAP),
        ("newPeoplePerDay", NEW_PEOPLE_CAP),
    ];
    let limits = limits.map(|(name, cap)| (name, i64::try_from(cap).unwrap()));
    store.limit_set_all(&limits, START).await.unwrap();
}

/// Two campaigns for two days: one to groups and to people whom the account has never written to,
/// one to people whom it has.
async fn plan(store: &Store, campaigns: &Campaigns, phones: &dyn Gateway, user: &str) {
    let (session, name) = session_of(user);
    let groups = phones
        .groups(&SessionName::new(name).unwrap())
        .await
        .unwrap();
    let open = |group: &whatsapp_gateway::Group| {
        group.is_member != Some(false) && group.admins_only != Some(true)
    };
    let groups = groups
        .into_iter()
        .filter(open)
        .take(6)
        .map(|group| Recipient {
            chat_id: group.id.as_str().to_owned(),
            name: None,
        });
    let strangers: Vec<Recipient> = groups.chain(people(0..10)).collect();
    let friends: Vec<Recipient> = people(10..28).collect();
    let known: Vec<&str> = friends.iter().map(|friend| &*friend.chat_id).collect();
    store
        .known_chats_add(&session, &known, START)
        .await
        .unwrap();
    for recipients in [strangers, friends] {
        let draft = draft("2026-01-01", "2026-01-02", Target::Many(recipients));
        campaigns
            .create(user, &session, draft, "individuals", None)
            .await
            .unwrap();
    }
}

/// When an account is looked at next.
async fn next_send_at(store: &Store) -> Option<i64> {
    let query = "SELECT MIN(next_send_at) FROM whatsapp_sessions";
    match store {
        Store::Sqlite(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
        Store::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
    }
    .unwrap()
}

async fn departed(store: &Store) -> Vec<Departed> {
    let query =
        "SELECT session_id, chat_id, audience, status, left_at FROM messages ORDER BY left_at";
    match store {
        Store::Sqlite(pool) => sqlx::query_as(query).fetch_all(pool).await,
        Store::Postgres(pool) => sqlx::query_as(query).fetch_all(pool).await,
    }
    .unwrap()
}

/// Counted anew from the log of what left when; nothing here knows how it was decided.
fn limits_were_kept(messages: &[&Departed], part: usize) {
    for pair in messages.windows(2) {
        let [earlier, later] = pair else { continue };
        let least = if later.audience == "group" { 30 } else { 10 };
        let gap = later.at() - earlier.at();
        assert!(
            gap >= least * SECOND,
            "{gap} ms before one to a {}",
            later.audience
        );
    }
    let mut busiest: HashMap<&str, usize> = HashMap::new();
    for (index, last) in messages.iter().enumerate() {
        assert_eq!(last.status, "sent");
        let hour = Timestamp::from_millisecond(last.at())
            .unwrap()
            .to_zoned(TimeZone::UTC)
            .hour();
        assert!((8..21).contains(&hour), "sent at {hour} o'clock");
        let within = |span: i64| {
            messages[..=index]
                .iter()
                .filter(move |message| message.at() > last.at() - span)
        };
        let chats: HashSet<&str> = within(DAY).map(|message| &*message.chat_id).collect();
        let counts = [
            ("messages an hour", within(HOUR).count(), HOUR_CAP),
            ("messages a day", within(DAY).count(), DAY_CAP),
            (
                "groups an hour",
                within(HOUR)
                    .filter(|message| message.audience == "group")
                    .count(),
                GROUP_HOUR_CAP,
            ),
            (
                "new people a day",
                within(DAY)
                    .filter(|message| message.audience == "new")
                    .count(),
                NEW_PEOPLE_CAP,
            ),
            ("chats a day", chats.len(), CHATS_CAP),
        ];
        for (what, count, cap) in counts {
            assert!(count <= cap / part, "{count} {what}");
            let most = busiest.entry(what).or_default();
            *most = count.max(*most);
        }
    }
    assert_eq!(
        busiest["messages an hour"],
        HOUR_CAP / part,
        "the account was as busy as it may be"
    );
}
