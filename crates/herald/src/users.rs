//! `herald user …`: accounts, from the command line, straight in the database.

use std::io::{self, BufRead, IsTerminal, Write};

use jiff::Timestamp;
use secrecy::ExposeSecret;

use crate::{
    auth::{AddUserError, add_user},
    cli::{GrantedRole, Settings, UserCommand},
    clock::Clock,
    config::{self, ConfigError},
    random::Random,
    server::{StartError, make_data_dir},
    store::{Role, Store, StoreError},
};

/// Why the command was not carried out. The text is one line, made for the operator.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be made.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database failed.
    #[error("DATABASE_URL: {0}")]
    Store(#[from] StoreError),
    /// The account cannot be made.
    #[error("{}", refusal(.0))]
    Add(#[from] AddUserError),
    /// Nobody has this address.
    #[error("no account has the address {0:?}; `herald user list` shows all")]
    Unknown(String),
    /// The two passwords that were typed differ.
    #[error("the passwords differ; nothing was added")]
    Mistyped,
    /// The terminal or a pipe failed.
    #[error("cannot read or write: {0}")]
    Io(#[from] io::Error),
}

/// The API's words are better-auth's; an operator is told what to type instead.
fn refusal(error: &AddUserError) -> String {
    match error {
        AddUserError::Email => "--email: this is no e-mail address".into(),
        AddUserError::EmailTaken => {
            "--email: an account with this address is there already; `herald user list` shows all"
                .into()
        }
        AddUserError::PasswordTooShort => "the password needs 8 characters or more".into(),
        AddUserError::PasswordTooLong => "the password may have 128 characters at most".into(),
        AddUserError::Password(_) | AddUserError::Store(_) => error.to_string(),
    }
}

/// Carries out one command and prints its outcome to `out`.
pub async fn run(
    command: &UserCommand,
    settings: &Settings,
    out: &mut impl Write,
) -> Result<(), UserError> {
    make_data_dir(settings.data_dir())?;
    let store = Store::open(config::database_url(settings)?.expose_secret()).await?;
    let (clock, random) = (Clock::system(), Random::system());
    match command {
        UserCommand::Add { email, name, role } => {
            let role = match role {
                GrantedRole::Admin => Role::Admin,
                GrantedRole::User => Role::User,
            };
            let password = password()?;
            let user = add_user(&store, &clock, &random, name, email, &password, role).await?;
            writeln!(
                out,
                "Added {} ({}) as {}.",
                user.name, user.email, user.role
            )?;
        }
        UserCommand::List => list(&store, out).await?,
        UserCommand::Approve { email } => {
            let unknown = || UserError::Unknown(email.clone());
            let user = store
                .user_by_email(&email.trim().to_lowercase())
                .await?
                .ok_or_else(unknown)?;
            if user.role == Role::Guest {
                let user = store
                    .user_approve(&user.id, clock.now_ms())
                    .await?
                    .ok_or_else(unknown)?;
                writeln!(
                    out,
                    "{} ({}) is now a {}.",
                    user.name, user.email, user.role
                )?;
            } else {
                writeln!(
                    out,
                    "{} ({}) is in already, as {}.",
                    user.name, user.email, user.role
                )?;
            }
        }
    }
    store.close().await;
    Ok(())
}

async fn list(store: &Store, out: &mut impl Write) -> Result<(), UserError> {
    let users = store.user_list_all().await?;
    if users.is_empty() {
        writeln!(
            out,
            "No accounts yet. Add one: herald user add --email you@example.org --name You --role ADMIN"
        )?;
        return Ok(());
    }
    let width = |column: fn(&crate::store::User) -> &str, head: &str| {
        users
            .iter()
            .map(|user| column(user).chars().count())
            .chain([head.len()])
            .max()
            .unwrap_or_default()
    };
    let (email, name) = (
        width(|user| &user.email, "E-MAIL"),
        width(|user| &user.name, "NAME"),
    );
    writeln!(
        out,
        "{:<6} {:<email$}  {:<name$}  SINCE",
        "ROLE", "E-MAIL", "NAME"
    )?;
    for user in users {
        let since = Timestamp::from_millisecond(user.created_at)
            .map(|since| since.strftime("%Y-%m-%d").to_string());
        let since = since.unwrap_or_default();
        writeln!(
            out,
            "{:<6} {:<email$}  {:<name$}  {since}",
            user.role.as_str(),
            user.email,
            user.name
        )?;
    }
    Ok(())
}

/// Asked for twice at a terminal; else the first line of standard input.
fn password() -> Result<String, UserError> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password("Password (8 characters or more): ")?;
    let second = rpassword::prompt_password("Once more: ")?;
    if first == second {
        Ok(first)
    } else {
        Err(UserError::Mistyped)
    }
}
