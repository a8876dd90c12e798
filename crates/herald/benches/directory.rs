//! What a directory of 100,000 people costs: `cargo bench -p herald --bench directory`.
//!
//! The simulated phone's people, written to `SQLite`, loaded from it and searched in this process,
//! without HTTP. A search's figure is the median and the slowest of its runs.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{error::Error, sync::Arc, time::Duration};

use herald::{
    auth::add_user,
    clock::Clock,
    directory::{Directory, Query, join},
    random::Random,
    store::{NewReading, Part, Role, Store},
};
use tokio::time::Instant;
use whatsapp_gateway::{
    Gateway, SessionName, State,
    simulated::{Simulated, SimulatedConfig},
};

const PEOPLE: usize = 100_000;
const GROUPS: usize = 5_000;
const RUNS: usize = 101;
const SEARCHES: [&str; 7] = ["", "a", "an", "john", "مح", "0049 151", "mo la 49"];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("herald.db");
    let store = Store::open(&format!("sqlite:{}", path.display())).await?;
    let (clock, random) = (Clock::system(), Random::system());
    let user = add_user(
        &store,
        &clock,
        &random,
        "Bench",
        "bench@herald.test",
        "correct horse",
        Role::User,
    )
    .await?;
    let now = clock.now_ms();
    store
        .whatsapp_session_ensure(&user.id, "s", "s", now)
        .await?;
    store
        .whatsapp_session_claim(&user.id, "s", "s", now)
        .await?;
    store
        .whatsapp_session_observe(&user.id, "s", "WORKING", None, None, now)
        .await?;

    let (groups, contacts) = phone().await?;
    let start = Instant::now();
    let known = join(groups, contacts);
    println!("joined      {:6.0} ms", ms(start.elapsed()));
    for what in ["written", "replaced"] {
        let start = Instant::now();
        let new = NewReading {
            user_id: &user.id,
            session_id: "s",
            linked_at: now,
            part: Part::Whole,
            known: &known,
        };
        let replaced = store.directory_replace(new, now, &|_| ());
        replaced.await?.ok_or("the session is not linked")?;
        println!("{what:11} {:6.0} ms", ms(start.elapsed()));
    }
    let start = Instant::now();
    let known = store.directory_load(&user.id, "s").await?;
    println!("read        {:6.0} ms", ms(start.elapsed()));
    let start = Instant::now();
    let directory = Directory::new(known);
    println!("folded      {:6.0} ms", ms(start.elapsed()));
    println!(
        "memory      {:6} kB, {} bytes a contact or group",
        directory.size() / 1000,
        directory.size() / (directory.contact_count() + directory.group_count()),
    );
    for search in SEARCHES {
        let mut times: Vec<_> = (0..RUNS).map(|_| time(&directory, search)).collect();
        times.sort_unstable();
        let (median, slowest) = (times[RUNS / 2], times[RUNS - 1]);
        println!(
            "{search:11} {:6.2} ms, slowest {:.2} ms",
            ms(median),
            ms(slowest)
        );
    }
    Ok(())
}

async fn phone()
-> Result<(Vec<whatsapp_gateway::Group>, Vec<whatsapp_gateway::Contact>), Box<dyn Error>> {
    let clock = Clock::manual(0);
    let time = clock.clone();
    let mut config = SimulatedConfig::new(1, Arc::new(move || time.now_ms()));
    (config.contacts, config.groups) = (PEOPLE, GROUPS);
    let (phone, name) = (Simulated::new(config), SessionName::new("s")?);
    phone.start(&name).await?;
    while phone.status(&name).await?.state != State::Working {
        phone.scan(&name);
        clock.advance(1_000);
    }
    Ok((phone.groups(&name).await?, phone.contacts(&name).await?))
}

fn time(directory: &Directory, search: &str) -> Duration {
    let query = Query {
        limit: 50,
        cursor: 0,
        search,
    };
    let start = Instant::now();
    std::hint::black_box(directory.contacts(query));
    start.elapsed()
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
