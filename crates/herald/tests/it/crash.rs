//! Herald is killed at random moments while it sends: nothing is lost, nothing goes out twice, and
//! the books balance.
//!
//! * `HERALD_KILL_CYCLES`: how often, in each of these tests; 40 without it.
//! * `HERALD_KILL_SEED`: the seed of the moments, which is printed. It repeats what was drawn, not
//!   what the machine made of it.

mod evidence;
mod pacing;
mod process;
mod server;
mod stage;
mod two;

use std::{
    env,
    io::{self, Write},
    iter, thread,
    time::Duration,
};

use herald::random::Random;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rstest::rstest;

use self::{
    process::{Process, Voices},
    stage::{Stage, Tally},
};
use crate::support::database::Kind;

/// So many kills each database lives through; then all is sent, and another begins.
const KILLS_A_DATABASE: u32 = 40;
/// One of so many processes is killed before it works.
const KILLED_EARLY: u32 = 8;
/// How long a process takes until it works, in microseconds.
const START_US: u64 = 60_000;
/// The others are killed after up to so many messages,
const MESSAGES: u32 = 60;
/// and then up to so much later, in microseconds: the scheduler claims, sends and settles in less,
/// so that a kill may hit any of it.
const STEP_US: u64 = 100_000;

/// What one of these tests was asked to do.
struct Asked {
    kills: u32,
    seed: u64,
}

impl Asked {
    fn read() -> Self {
        let number = |name: &str| {
            let value = env::var(name).ok()?;
            Some(value.parse::<u64>().expect(name))
        };
        let kills = number("HERALD_KILL_CYCLES").map(|kills| kills.try_into().unwrap());
        let any = || u64::from_le_bytes(Random::system().bytes());
        Self {
            kills: kills.unwrap_or(KILLS_A_DATABASE),
            seed: number("HERALD_KILL_SEED").unwrap_or_else(any),
        }
    }

    /// The kills parted by databases, with a seed for each.
    fn rounds(&self) -> impl Iterator<Item = (u32, u64)> + use<> {
        let mut seeds = StdRng::seed_from_u64(self.seed);
        let mut left = self.kills;
        iter::from_fn(move || {
            let kills = left.min(KILLS_A_DATABASE);
            left -= kills;
            (kills > 0).then(|| (kills, seeds.random()))
        })
    }
}

/// Whoever reads that a test failed wants to know how to run it once more.
impl Drop for Asked {
    fn drop(&mut self) {
        if thread::panicking() {
            tell(&format!("failed with HERALD_KILL_SEED={}", self.seed));
        }
    }
}

/// Lets things go on until a moment that nobody has chosen. That time has to pass is what these
/// tests are about: whatever it is in which it passes.
fn wait_for_any_moment(rng: &mut StdRng, up_to_us: u64) {
    thread::sleep(Duration::from_micros(rng.random_range(0..up_to_us)));
}

/// Past the test harness: what was done is shown also when all is well.
fn tell(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[rstest]
#[tokio::test]
async fn killed_at_any_moment_it_loses_nothing_and_sends_nothing_twice(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let asked = Asked::read();
    let mut total = Tally::default();
    for (kills, seed) in asked.rounds() {
        total += kill_often(kind, kills, seed).await;
    }
    let Asked { kills, seed } = &asked;
    tell(&format!("{kind:?}: {kills} kills, {total}, seed {seed}"));
}

async fn kill_often(kind: Kind, kills: u32, seed: u64) -> Tally {
    let mut stage = Stage::set(kind, seed).await;
    for _ in 0..kills {
        let voices = Voices::new();
        let process = Process::start(stage.orders(), &voices);
        let rng = &mut stage.rng;
        if rng.random_ratio(1, KILLED_EARLY) {
            wait_for_any_moment(rng, START_US);
        } else {
            voices.wait_for_work();
            voices.wait_for_messages(rng.random_range(0..MESSAGES));
            wait_for_any_moment(rng, STEP_US);
        }
        stage.bury(process.kill()).await;
        let left_behind = stage.take_stock().await;
        stage.note_in_flight(&left_behind, &["sending"]);
    }
    let tally = stage.finish().await;
    // A few may hit nothing; if none does, they are no test.
    assert!(kills < KILLS_A_DATABASE || tally.in_flight > 0);
    tally
}
