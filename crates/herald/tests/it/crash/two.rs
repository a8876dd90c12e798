//! Two processes on one `PostgreSQL` share the work, whatever befalls either.

use std::time::Duration;

use rand::RngExt;

use super::{
    Asked, MESSAGES, STEP_US,
    process::{Process, Voices},
    server::FASTER,
    stage::{Stage, Tally, most_in_flight},
    tell, wait_for_any_moment,
};
use crate::support::database::Kind;

/// So long a process is suspended, by the fast clock: its claims run out, the other finds them, and
/// then it goes on where it was.
const SUSPENDED_MS: u64 = 40 * 1000;

#[tokio::test]
async fn two_processes_send_nothing_twice_whatever_befalls_either() {
    let asked = Asked::read();
    let mut total = Tally::default();
    for (blows, seed) in asked.rounds() {
        total += strike_often(blows, seed).await;
    }
    let Asked { kills, seed } = &asked;
    tell(&format!(
        "two processes: {kills} blows, {total}, seed {seed}"
    ));
}

async fn strike_often(blows: u32, seed: u64) -> Tally {
    let mut stage = Stage::set(Kind::Postgres, seed).await;
    let voices = Voices::new();
    let start = |stage: &mut Stage| Process::start(stage.orders(), &voices);
    let mut pair = vec![start(&mut stage), start(&mut stage)];
    let mut killed = 0;
    for _ in 0..blows {
        voices.wait_for_messages(stage.rng.random_range(0..MESSAGES));
        wait_for_any_moment(&mut stage.rng, STEP_US);
        let either = stage.rng.random_range(0..2);
        let victims = match stage.rng.random_range(0..6) {
            0 => {
                pair[either].suspend(Duration::from_millis(SUSPENDED_MS / FASTER));
                0..0
            }
            1 => 0..2,
            _ => either..either + 1,
        };
        killed += victims.len();
        for victim in pair.drain(victims) {
            stage.bury(victim.kill()).await;
        }
        note_what_is_left(&mut stage).await;
        while pair.len() < 2 {
            pair.push(start(&mut stage));
        }
    }
    killed += pair.len();
    for process in pair {
        stage.bury(process.kill()).await;
    }
    note_what_is_left(&mut stage).await;
    let tally = stage.finish().await;
    assert!(tally.unknown <= killed * most_in_flight());
    tally
}

/// What a dead process had under way, the other may have found to be unknown before anybody looks.
async fn note_what_is_left(stage: &mut Stage) {
    let left_behind = stage.take_stock().await;
    stage.note_in_flight(&left_behind, &["sending", "unknown"]);
}
