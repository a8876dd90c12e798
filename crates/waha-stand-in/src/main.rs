//! `waha-stand-in`: the stand-in as a program, for tests in other languages. Prints the address
//! it listens at, one line, and runs until it is killed.

use std::{
    io::{self, Write},
    time::Duration,
};

use clap::Parser;
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, WaitScale};

/// Tests only: a WAHA with a scripted phone behind it.
#[derive(Parser)]
struct Arguments {
    /// Which engine's shapes to answer in.
    #[arg(long, value_enum, default_value = "webjs")]
    engine: Engine,
    /// Which release to behave like.
    #[arg(long, value_enum, default_value = "current")]
    behaviour: Behaviour,
    /// The port of the loopback address; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The key that calls have to carry.
    #[arg(long)]
    api_key: Option<String>,
    /// By how much WAHA's waits are shortened; 1 is real time.
    #[arg(long, default_value_t = 0.02)]
    wait_scale: f64,
    /// Lets the phone scan every code by itself after so many milliseconds.
    #[arg(long)]
    scan_after_ms: Option<u64>,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let stand_in = StandIn::start(Profile {
        engine: arguments.engine,
        behaviour: arguments.behaviour,
        api_key: arguments.api_key,
        waits: WaitScale::new(arguments.wait_scale),
        scan_after: arguments.scan_after_ms.map(Duration::from_millis),
        port: arguments.port,
    })
    .await?;
    writeln!(io::stdout(), "{}", stand_in.url())?;
    std::future::pending().await
}
