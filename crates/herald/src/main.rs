//! The binary: reads the command line and does what it says.

use std::{
    fs,
    io::{self, IsTerminal, Write},
    path::Path,
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
use tempfile::NamedTempFile;
use tracing_subscriber::EnvFilter;
use url::Url;

/// How long blocking work that runs after the stop may take to end.
const LAST_WAIT: Duration = Duration::from_secs(1);
/// In the data folder: the link that makes the first administrator.
const SET_UP_FILE: &str = "set-up-link";

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
        Command::Demo { fresh, once } => {
            log("warn");
            let good = if once {
                demo::tell(&cli.settings, &mut out).await?
            } else {
                demo::run(&cli.settings, fresh, &mut out).await?
            };
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
    // Asked first: whoever reads that it is ready may lock the database the next moment.
    let set_up = server.app.auth.set_up_link().await?;
    writeln!(
        out,
        "Herald is ready at {}",
        server.url().as_str().trim_end_matches('/')
    )?;
    match set_up {
        Some(link) => offer_set_up(&link, &config.data_dir, out)?,
        None => remove_set_up(&config.data_dir)?,
    }
    out.flush()?;
    let finished = server.run().await?;
    Ok(if finished {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whoever has the link becomes the administrator, so that it is shown to a terminal alone. Where the
/// output goes to a log, the link goes to a file that the server's user alone can read.
fn offer_set_up(link: &Url, data_dir: &Path, out: &mut impl Write) -> io::Result<()> {
    let way = if io::stdout().is_terminal() {
        format!("This link makes the first one; it works once:\n\n  {link}")
    } else {
        // Readable by its owner alone, as temporary files are.
        let mut file = NamedTempFile::new_in(data_dir)?;
        writeln!(file, "{link}")?;
        let path = data_dir.join(SET_UP_FILE);
        file.persist(&path)?;
        format!(
            "The link that makes the first one is in {}; it works once.",
            path.display()
        )
    };
    writeln!(out, "\nNobody is an administrator yet. {way}\n")
}

fn remove_set_up(data_dir: &Path) -> io::Result<()> {
    match fs::remove_file(data_dir.join(SET_UP_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
