//! The binary: reads the command line and does what it says.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use clap::{Parser, error::ErrorKind};
use herald::{
    api,
    cli::{Cli, Command},
    config::{self, Config},
    demo,
    server::Server,
    users,
};
use tracing_subscriber::EnvFilter;

/// How long blocking work that runs after the stop may take to end.
const LAST_WAIT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => match config::not_text() {
            Some(setting) if error.kind() == ErrorKind::InvalidUtf8 => return fail(&setting),
            _ => error.exit(),
        },
    };
    // What the TLS of every outgoing connection uses; the first to ask decides, and that is us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let code = match runtime.block_on(run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&*error),
    };
    // Connections and blocking work that were not finished cannot keep the process.
    runtime.shutdown_timeout(LAST_WAIT);
    code
}

async fn run(cli: Cli) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut out = io::stdout();
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            log("info");
            serve(Config::new(&cli.settings)?, &mut out).await
        }
        Command::Demo { once } => {
            log("warn");
            let good = demo::run(&cli.settings, once, &mut out).await?;
            Ok(if good {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            })
        }
        Command::User(command) => {
            log("warn");
            users::run(&command, &cli.settings, &mut out).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Typescript => {
            out.write_all(api::typescript()?.as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve(
    config: Config,
    out: &mut impl Write,
) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let server = Server::start(&config).await?;
    if config.test_mode {
        tracing::warn!(
            "HERALD_TEST_MODE is on: there are NO LIMITS on this server. Never run people's accounts like this."
        );
    }
    writeln!(
        out,
        "Herald is ready at {}",
        server.url().as_str().trim_end_matches('/')
    )?;
    out.flush()?;
    let finished = server.run().await?;
    Ok(if finished {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Log lines go to standard error; `RUST_LOG` says which, in tracing's words.
fn log(default: &str) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    // A closed standard error leaves nobody to tell.
    let _ = writeln!(io::stderr(), "herald: {error}");
    ExitCode::FAILURE
}
