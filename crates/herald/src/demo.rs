//! `herald demo`: the whole product without a phone or a network, to be opened in a browser; with
//! `--once` a story that calls all nine procedures of the User API over HTTP, as a program would.

mod client;
mod history;
mod screen;

use std::{io::Write, sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;
use whatsapp_gateway::{
    Gateway,
    simulated::{Simulated, SimulatedConfig},
};

use crate::{
    auth::add_user,
    campaigns::CampaignError,
    cli::Settings,
    clock::Clock,
    config::{Config, ConfigError, Engine},
    random::Random,
    server::{Server, StartError},
    sessions::SessionError,
    store::{Role, Store, StoreError, User},
};
use client::{Client, Failure};
use screen::Screen;

const EMAIL: &str = "demo@herald.example";
/// How long a status is waited for: the simulated phone scans a few seconds after it sees a code.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// Why the demo could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A setting is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The server does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The demo's account could not be made.
    #[error(transparent)]
    Account(#[from] crate::auth::AddUserError),
    /// The account could not be linked.
    #[error("the simulated account could not be linked: {0}")]
    Session(#[from] SessionError),
    /// Its past could not be made.
    #[error("the demo's campaigns could not be made: {0}")]
    Campaign(#[from] CampaignError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It took too long.
    #[error("the simulated account was not linked in time; is this machine very busy?")]
    Slow,
    /// Nothing can be written to the screen or to the temporary folder.
    #[error("cannot write: {0}")]
    Io(#[from] std::io::Error),
}

/// A server with throw-away data and an administrator.
struct Stage {
    server: Server,
    user: User,
    password: String,
    /// Deleted when this is dropped.
    _folder: TempDir,
}

impl Stage {
    /// With a past, or as a new user finds it.
    async fn set(settings: &Settings, fresh: bool) -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new().prefix("herald-demo-").tempdir()?;
        let config = config(settings, folder.path())?;
        let (clock, random) = (Clock::system(), Random::system());
        let password = format!("demo-{}", &random.id(clock.now_ms())[24..]);
        let store = Store::open(config.database_url.expose_secret()).await?;
        let user = add_user(
            &store,
            &clock,
            &random,
            "Demo",
            EMAIL,
            &password,
            Role::Admin,
        )
        .await?;
        let running = if fresh {
            None
        } else {
            let engine_clock = clock.clone();
            let now = Arc::new(move || engine_clock.now_ms());
            let phone = Arc::new(Simulated::new(SimulatedConfig::new(1, now)));
            let past = history::make(&store, Arc::clone(&phone), &user.id, clock.now_ms());
            let made = tokio::time::timeout(PATIENCE, past).await;
            made.map_err(|_| DemoError::Slow)??;
            Some(phone as Arc<dyn Gateway>)
        };
        store.close().await;
        let server = Server::start_on(&config, running).await?;
        Ok(Self {
            server,
            user,
            password,
            _folder: folder,
        })
    }
}

/// Starts a server with throw-away data, with an account that has a past unless it is to be `fresh`,
/// shows the link that signs in, and stays up until a signal.
pub async fn run(
    settings: &Settings,
    fresh: bool,
    out: &mut impl Write,
) -> Result<bool, DemoError> {
    let stage = Stage::set(settings, fresh).await?;
    let app = stage.server.app.clone();
    let address = stage.server.url();
    let address = address.as_str().trim_end_matches('/');
    let sign_in = app.auth.sign_in_link(&stage.user.id).await;
    let password = &stage.password;
    writeln!(
        out,
        "Herald runs with a simulated WhatsApp. Nothing here reaches a phone or a network, and nothing is kept.\n\n  \
         Open {sign_in}\n\nThe link signs you in. For programs, and for another browser:\n\n  address   {address}\n  \
         e-mail    {EMAIL}\n  password  {password}\n\nCtrl-C stops it.\n",
    )?;
    out.flush()?;
    Ok(stage.server.run().await?)
}

/// Starts a server with throw-away data, tells on `out` the story of the nine procedures and stops.
/// Answers whether every call went well.
pub async fn tell(settings: &Settings, out: &mut impl Write) -> Result<bool, DemoError> {
    let stage = Stage::set(settings, true).await?;
    let (url, lifecycle) = (stage.server.url(), stage.server.lifecycle.clone());
    let mut screen = Screen::new(out);
    let told = async {
        // A signal stops the server in order, in the middle of the story too.
        let told = tokio::select! {
            told = tell_at(&url, &stage.password, &mut screen) => told,
            () = lifecycle.stopping().cancelled() => Ok(false),
        };
        lifecycle.stop();
        told
    };
    let (told, finished) = tokio::join!(told, stage.server.run());
    Ok(told? && finished?)
}

async fn tell_at(
    url: &Url,
    password: &str,
    screen: &mut Screen<'_, impl Write>,
) -> Result<bool, DemoError> {
    screen.line(&format!(
        "Herald runs at {url} with a simulated WhatsApp. Nothing here reaches a phone or a network.\n"
    ))?;
    match story(screen, Client::new(url.clone()), password).await {
        Ok(()) => Ok(true),
        Err(Failure::Io(error)) => Err(error.into()),
        Err(failure) => {
            screen.line(&format!("\nThe demo stops here: {failure}"))?;
            Ok(false)
        }
    }
}

/// The demo keeps to itself: its own data, its own secret, no engine but the simulated one.
fn config(settings: &Settings, folder: &std::path::Path) -> Result<Config, ConfigError> {
    let own = Settings {
        data_dir: folder.to_owned(),
        database_url: None,
        engine: Some("simulated".into()),
        secret: None,
        ..settings.clone()
    };
    let config = Config::new(&own)?;
    debug_assert!(
        matches!(config.engine, Engine::Simulated)
            && config.database_url.expose_secret().contains("herald-demo-")
    );
    Ok(config)
}

async fn story(
    screen: &mut Screen<'_, impl Write>,
    client: Client,
    password: &str,
) -> Result<(), Failure> {
    let mut api = Calls { screen, client };
    api.chapter("Sign in")?;
    api.sign_in(EMAIL, password).await?;

    api.chapter("No session yet")?;
    expect(
        &api.query("user.getWhatsAppSession", None).await?,
        Value::is_null,
        "no session",
    )?;

    api.chapter("Link a phone")?;
    let session = api.mutation("user.initiateWhatsAppSession", None).await?;
    let name = session["sessionName"].clone();
    let of_session = json!({ "sessionName": name });
    let qr = api
        .query("user.getSessionQR", Some(of_session.clone()))
        .await?;
    api.screen.qr(qr["qr"].as_str().unwrap_or_default())?;
    api.screen
        .line("  (the simulated phone scans this by itself in a moment)")?;
    api.wait_for_working(Some(of_session.clone())).await?;

    api.chapter("Find groups and people")?;
    let groups = api
        .query(
            "user.getWhatsAppGroups",
            Some(json!({ "sessionName": name, "limit": 10, "cursor": 0, "search": "Community" })),
        )
        .await?;
    expect(
        &groups["items"],
        |items| items.as_array().is_some_and(|items| items.len() == 10),
        "a full page of groups",
    )?;
    let contacts = api
        .query(
            "user.getWhatsAppContacts",
            Some(json!({ "sessionName": name, "limit": 50, "cursor": 0, "search": "John" })),
        )
        .await?;
    expect(
        &contacts["items"],
        |items| items.as_array().is_some_and(|items| items.len() == 50),
        "a full page of people",
    )?;

    api.chapter("Set the phone number")?;
    let phone = json!({ "id": session["id"], "phoneNumber": "+1234567890" });
    api.mutation("user.updateSessionPhone", Some(phone)).await?;
    let linked = api.query("user.getWhatsAppSession", None).await?;
    expect(
        &linked["phoneNumber"],
        |number| number == "+1234567890",
        "the new number",
    )?;

    api.chapter("Restart: the phone stays linked")?;
    api.mutation("user.restartSession", Some(of_session.clone()))
        .await?;
    api.wait_for_working(Some(of_session.clone())).await?;

    api.chapter("Log out: the phone is unlinked")?;
    api.mutation("user.logoutSession", Some(of_session.clone()))
        .await?;
    expect(
        &api.query("user.getWhatsAppSession", None).await?,
        Value::is_null,
        "no session",
    )?;

    api.chapter("And link it again")?;
    let again = api.mutation("user.initiateWhatsAppSession", None).await?;
    expect(
        &again["id"],
        |id| *id == session["id"],
        "the same session id",
    )?;
    api.wait_for_working(Some(of_session.clone())).await?;
    Ok(())
}

fn expect(
    answer: &Value,
    holds: impl Fn(&Value) -> bool,
    what: &'static str,
) -> Result<(), Failure> {
    if holds(answer) {
        Ok(())
    } else {
        Err(Failure::Unexpected { what })
    }
}

/// Calls, each shown with its answer.
struct Calls<'a, 'b, W> {
    screen: &'a mut Screen<'b, W>,
    client: Client,
}

impl<W: Write> Calls<'_, '_, W> {
    fn chapter(&mut self, title: &str) -> Result<(), Failure> {
        Ok(self.screen.chapter(title)?)
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Result<(), Failure> {
        self.screen.call(
            "POST /api/auth/sign-in/email",
            Some(&json!({ "email": email, "password": "…" })),
        )?;
        let answer = self.client.sign_in(email, password).await?;
        Ok(self.screen.answer(
            &json!({ "user": { "name": answer["user"]["name"], "role": answer["user"]["role"] } }),
        )?)
    }

    async fn query(&mut self, path: &str, input: Option<Value>) -> Result<Value, Failure> {
        self.screen.call(path, input.as_ref())?;
        let answer = self.client.query(path, input).await?;
        self.screen.answer(&answer)?;
        Ok(answer)
    }

    async fn mutation(&mut self, path: &str, input: Option<Value>) -> Result<Value, Failure> {
        self.screen.call(path, input.as_ref())?;
        let answer = self.client.mutation(path, input).await?;
        self.screen.answer(&answer)?;
        Ok(answer)
    }

    /// Asks until the session works, and shows each status once.
    async fn wait_for_working(&mut self, session: Option<Value>) -> Result<(), Failure> {
        self.screen
            .call("user.getSessionStatus", session.as_ref())?;
        let watch = async {
            let mut shown = Value::Null;
            loop {
                let answer = self
                    .client
                    .query("user.getSessionStatus", session.clone())
                    .await?;
                if answer["status"] != shown {
                    self.screen.answer(&answer)?;
                    shown = answer["status"].clone();
                }
                if shown == "WORKING" {
                    return Ok(());
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        match tokio::time::timeout(PATIENCE, watch).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::Unexpected {
                what: "a WORKING session",
            }),
        }
    }
}
