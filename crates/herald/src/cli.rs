//! The command line: one structure that is also the reference of every setting.

#![expect(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    rustdoc::invalid_html_tags,
    reason = "the comments are the text of --help"
)]

use std::path::{Path, PathBuf};

use clap::{
    Args, Parser, Subcommand, ValueEnum,
    builder::{OsStringValueParser, TypedValueParser},
};
use secrecy::SecretString;

/// A self-hosted server that links WhatsApp accounts and finds their groups and contacts.
#[derive(Debug, Parser)]
#[command(name = "herald", version, max_term_width = 100)]
pub struct Cli {
    /// What to do; without a command, the same as `herald serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings, the same for each command.
    #[command(flatten)]
    pub settings: Settings,
}

/// What Herald can be asked to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server; brings the database up to date first.
    Serve,
    /// Try the whole product without a phone or a network: simulated WhatsApp, throw-away data.
    Demo {
        /// Start with no WhatsApp account linked, to see how that is done.
        #[arg(long)]
        fresh: bool,
        /// Call every procedure of the User API over HTTP as a program would, show what comes back and
        /// stop, with exit code 0 if every call went well and 1 if not.
        #[arg(long, conflicts_with = "fresh")]
        once: bool,
    },
    /// Add, list and approve the people who may use this server.
    #[command(subcommand)]
    User(UserCommand),
    /// Print the TypeScript declaration of the API: `AppRouter` and the published types.
    Typescript,
}

/// Work on accounts, straight in the database; the server may be running.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add an account that needs no approval. The password is asked for, or read from standard input.
    Add {
        /// The address to sign in with.
        #[arg(long)]
        email: String,
        /// The name that others see.
        #[arg(long)]
        name: String,
        /// ADMIN may approve others, USER may use the product.
        #[arg(long, value_enum, ignore_case = true)]
        role: GrantedRole,
    },
    /// List all accounts.
    List,
    /// Let somebody in who signed up.
    Approve {
        /// The address of the account.
        email: String,
    },
}

/// A role that the operator can give. Nobody is made a GUEST: that is what signing up makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum GrantedRole {
    /// Approves accounts, and all that a USER may.
    Admin,
    /// Links a WhatsApp account.
    User,
}

const DEFAULT_LISTEN: &str = "127.0.0.1:3210";
const DEFAULT_DATA_DIR: &str = "./data";

/// Every setting has a flag and an environment variable; the flag wins. One that is empty is not set.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub struct Settings {
    /// Address and port to listen on.
    #[arg(
        long,
        env = "HERALD_LISTEN",
        value_name = "ADDRESS",
        default_value = DEFAULT_LISTEN,
        global = true
    )]
    pub listen: String,
    /// Where browsers reach Herald, for example https://herald.example.org [default: http://<listen>].
    #[arg(
        long,
        env = "HERALD_PUBLIC_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub public_url: Option<String>,
    /// Other web origins whose pages may call Herald with its cookie, comma-separated.
    #[arg(
        long,
        env = "HERALD_TRUSTED_ORIGINS",
        value_name = "ORIGINS",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_origins: Vec<String>,
    /// Proxies whose X-Forwarded-For is believed, as addresses or networks, comma-separated.
    #[arg(
        long,
        env = "HERALD_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ',',
        global = true
    )]
    pub trusted_proxies: Vec<String>,
    /// Folder for the database and the secret.
    #[arg(
        long,
        env = "HERALD_DATA_DIR",
        value_name = "FOLDER",
        default_value = DEFAULT_DATA_DIR,
        value_parser = OsStringValueParser::new().map(PathBuf::from),
        global = true
    )]
    pub data_dir: PathBuf,
    /// postgres://… for PostgreSQL [default: the SQLite file herald.db in the data folder].
    #[arg(
        long,
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub database_url: Option<String>,
    /// What speaks to WhatsApp: waha, or simulated, a scripted phone in memory from which nothing
    /// reaches WhatsApp [default: waha where WAHA_API_URL is set].
    #[arg(long, env = "HERALD_ENGINE", value_name = "ENGINE", global = true)]
    pub engine: Option<String>,
    /// Address of the WAHA server, for example http://127.0.0.1:3000.
    #[arg(
        long,
        env = "WAHA_API_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub waha_api_url: Option<String>,
    /// The key that WAHA was given as WAHA_API_KEY.
    #[arg(
        long,
        env = "WAHA_API_KEY",
        value_name = "KEY",
        hide_env_values = true,
        global = true
    )]
    pub waha_api_key: Option<SecretString>,
    /// Where WAHA reaches Herald, for example http://herald:3210: it then tells at once what changes
    /// [default: Herald listens at WAHA's web socket].
    #[arg(
        long,
        env = "WAHA_WEBHOOK_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true
    )]
    pub waha_webhook_url: Option<String>,
    /// Signs cookies; at least 32 characters. Several processes on one database need the same
    /// [default: made at the first start and kept in the data folder].
    #[arg(
        long,
        env = "HERALD_SECRET",
        value_name = "TEXT",
        hide_env_values = true,
        global = true
    )]
    pub secret: Option<SecretString>,
    /// For load tests: no rate limits, no pauses, caps, quiet hours and repeat guard when sending. Only on
    /// loopback, with a simulated or local engine.
    #[arg(long, env = "HERALD_TEST_MODE", value_name = "1|0", num_args = 0..=1, require_equals = true,
          default_value = "0", default_missing_value = "1", global = true)]
    pub test_mode: String,
}

impl Settings {
    /// Address and port to listen on.
    pub fn listen(&self) -> &str {
        match self.listen.trim() {
            "" => DEFAULT_LISTEN,
            listen => listen,
        }
    }

    /// Folder for the database and the secret.
    pub fn data_dir(&self) -> &Path {
        if self.data_dir.as_os_str().is_empty() {
            Path::new(DEFAULT_DATA_DIR)
        } else {
            &self.data_dir
        }
    }
}
