//! Settings become values here, or one clear line that says which setting is wrong and what to write.

use std::{
    borrow::Cow,
    env,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::CommandFactory;
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::cli::{Cli, Settings};

/// A setting that cannot be used. The text is one line, made for the operator.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{setting}: {problem}")]
pub struct ConfigError {
    setting: Cow<'static, str>,
    problem: String,
}

impl ConfigError {
    fn new(setting: impl Into<Cow<'static, str>>, problem: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            problem: problem.into(),
        }
    }
}

/// Everything the server needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Where browsers reach us; `None`: at the address we listen on.
    pub public_url: Option<Url>,
    /// Origins besides our own that may call with the cookie.
    pub trusted_origins: Vec<Url>,
    /// Who may tell us a client's address.
    pub trusted_proxies: Vec<IpNet>,
    /// Where database and secret live.
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres://…`; may hold a password, so it is never shown.
    pub database_url: SecretString,
    /// What speaks to WhatsApp.
    pub engine: Engine,
    /// Signs cookies; `None`: the one in the data folder.
    pub secret: Option<SecretString>,
    /// Limits are off.
    pub test_mode: bool,
}

/// The engine with what it needs.
#[derive(Debug, Clone)]
pub enum Engine {
    /// A WAHA server.
    Waha {
        /// Its address.
        url: Url,
        /// Its key, if it wants one.
        key: Option<SecretString>,
        /// Where it reaches us, if it can.
        webhook: Option<Url>,
    },
    /// The scripted phone.
    Simulated,
}

impl Config {
    /// Checks the settings; the first that is wrong is the error.
    pub fn new(settings: &Settings) -> Result<Self, ConfigError> {
        let config = Self {
            listen: listen(settings.listen())?,
            public_url: settings
                .public_url
                .as_deref()
                .filter(|text| !text.trim().is_empty())
                .map(|text| origin("HERALD_PUBLIC_URL", text))
                .transpose()?,
            trusted_origins: each(&settings.trusted_origins, |text| {
                origin("HERALD_TRUSTED_ORIGINS", text)
            })?,
            trusted_proxies: each(&settings.trusted_proxies, network)?,
            data_dir: settings.data_dir().to_owned(),
            database_url: database_url(settings)?,
            engine: engine(settings)?,
            secret: settings
                .secret
                .clone()
                .filter(|secret| !secret.expose_secret().is_empty()),
            test_mode: test_mode(&settings.test_mode)?,
        };
        config.check_test_mode()?;
        Ok(config)
    }

    /// Without limits, Herald stays where nobody else can reach it and where nothing reaches WhatsApp.
    fn check_test_mode(&self) -> Result<(), ConfigError> {
        let refuse = |problem: &str| Err(ConfigError::new("HERALD_TEST_MODE", problem));
        if !self.test_mode {
            return Ok(());
        }
        if !self.listen.ip().is_loopback() {
            return refuse(
                "works only while HERALD_LISTEN is a loopback address such as 127.0.0.1:3210",
            );
        }
        match &self.engine {
            Engine::Waha { url, .. } if !is_loopback(url) => refuse(
                "works only with HERALD_ENGINE=simulated or a WAHA_API_URL at a loopback address",
            ),
            Engine::Waha { .. } | Engine::Simulated => Ok(()),
        }
    }
}

/// The database that the settings name; commands that only touch the database need no more.
pub fn database_url(settings: &Settings) -> Result<SecretString, ConfigError> {
    match settings
        .database_url
        .as_deref()
        .map(str::trim)
        .filter(|url| !url.is_empty())
    {
        None => {
            let file = settings.data_dir().join("herald.db");
            let file = file
                .to_str()
                .ok_or_else(|| ConfigError::new("HERALD_DATA_DIR", "must be plain text (UTF-8)"))?;
            // With slashes, so that a path which begins with two is taken as it is.
            Ok(format!("sqlite://{file}").into())
        }
        Some(url)
            if ["postgres://", "postgresql://", "sqlite:"]
                .iter()
                .any(|scheme| url.starts_with(scheme)) =>
        {
            Ok(url.to_owned().into())
        }
        Some(_) => Err(ConfigError::new(
            "DATABASE_URL",
            "must start with postgres:// or sqlite: (leave it out for a file in the data folder)",
        )),
    }
}

/// The first setting in the environment that is no text at all, which the command line's parser
/// refuses without saying which one it is.
pub fn not_text() -> Option<ConfigError> {
    Cli::command()
        .get_arguments()
        .filter_map(|argument| argument.get_env()?.to_str())
        .find(|name| env::var_os(name).is_some_and(|value| value.to_str().is_none()))
        .map(|name| ConfigError::new(name.to_owned(), "must be plain text (UTF-8)"))
}

fn listen(text: &str) -> Result<SocketAddr, ConfigError> {
    text.trim().parse().map_err(|_| {
        ConfigError::new(
            "HERALD_LISTEN",
            format!("{text:?} is no address with a port, such as 127.0.0.1:3210"),
        )
    })
}

/// An origin alone: scheme, host and port. A path would silently not be honoured.
fn origin(setting: &'static str, text: &str) -> Result<Url, ConfigError> {
    let wrong = || {
        let problem = if text.contains('@') {
            // Perhaps a password.
            "must be a web origin, such as https://herald.example.org, without user or password"
                .to_owned()
        } else {
            format!("{text:?} is no web origin, such as https://herald.example.org (no path)")
        };
        ConfigError::new(setting, problem)
    };
    let url = Url::parse(text.trim()).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain { Ok(url) } else { Err(wrong()) }
}

fn network(text: &str) -> Result<IpNet, ConfigError> {
    let text = text.trim();
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| {
            ConfigError::new(
                "HERALD_TRUSTED_PROXIES",
                format!("{text:?} is no address or network, such as 10.0.0.2 or 10.0.0.0/8"),
            )
        })
}

fn engine(settings: &Settings) -> Result<Engine, ConfigError> {
    let given = settings
        .waha_api_url
        .as_deref()
        .filter(|url| !url.trim().is_empty());
    let name = settings
        .engine
        .as_deref()
        .map(str::trim)
        .filter(|name| !name.is_empty());
    match (name, given) {
        (Some("simulated"), _) => Ok(Engine::Simulated),
        (None | Some("waha"), Some(text)) => Ok(Engine::Waha {
            url: waha_url(text)?,
            key: waha_key(settings),
            webhook: settings
                .waha_webhook_url
                .as_deref()
                .filter(|text| !text.trim().is_empty())
                .map(|text| origin("WAHA_WEBHOOK_URL", text))
                .transpose()?,
        }),
        (Some("waha"), None) => Err(ConfigError::new(
            "WAHA_API_URL",
            "HERALD_ENGINE=waha needs the address of the WAHA server, such as http://127.0.0.1:3000",
        )),
        (None, None) => Err(ConfigError::new(
            "WAHA_API_URL",
            "set it to the address of your WAHA server, such as http://127.0.0.1:3000, or run `herald demo` to look \
             around without one",
        )),
        (Some(other), _) => Err(ConfigError::new(
            "HERALD_ENGINE",
            format!("{other:?} is no engine; choose waha or simulated"),
        )),
    }
}

fn test_mode(text: &str) -> Result<bool, ConfigError> {
    match text.trim() {
        "1" | "true" => Ok(true),
        "" | "0" | "false" => Ok(false),
        other => Err(ConfigError::new(
            "HERALD_TEST_MODE",
            format!("{other:?} is neither 1 nor 0"),
        )),
    }
}

fn waha_url(text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text.trim())
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.ok_or_else(|| {
        ConfigError::new(
            "WAHA_API_URL",
            // It may hold a password, so it is not shown.
            "must be an http address, such as http://127.0.0.1:3000",
        )
    })
}

fn waha_key(settings: &Settings) -> Option<SecretString> {
    settings
        .waha_api_key
        .clone()
        .filter(|key| !key.expose_secret().is_empty())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An environment variable that is set but empty arrives as one empty item, which means none.
fn each<T>(
    items: &[String],
    read: impl Fn(&str) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    items
        .iter()
        .filter(|item| !item.trim().is_empty())
        .map(|item| read(item))
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn config(args: &[&str]) -> Result<Config, String> {
        let cli =
            Cli::try_parse_from([&["herald"], args].concat()).map_err(|error| error.to_string())?;
        Config::new(&cli.settings).map_err(|error| error.to_string())
    }

    #[test]
    fn a_plain_start_says_what_to_set_in_one_line() {
        let error = config(&[]).unwrap_err();
        assert!(
            error.starts_with("WAHA_API_URL: ")
                && error.contains("herald demo")
                && !error.contains('\n'),
            "{error}"
        );
    }

    #[test]
    fn a_waha_address_chooses_the_waha_engine() {
        let config = config(&[
            "--waha-api-url",
            "http://127.0.0.1:3000",
            "--waha-api-key",
            "",
        ])
        .unwrap();
        assert!(
            matches!(config.engine, Engine::Waha { ref url, key: None, webhook: None } if url.as_str() == "http://127.0.0.1:3000/")
        );
        assert!(
            config
                .database_url
                .expose_secret()
                .ends_with("data/herald.db")
        );
    }

    #[test]
    fn every_malformed_value_names_its_setting() {
        let simulated = ["--engine", "simulated"];
        for (args, setting) in [
            (["--listen", "here"], "HERALD_LISTEN"),
            (
                ["--public-url", "https://herald.example.org/app"],
                "HERALD_PUBLIC_URL",
            ),
            (
                ["--public-url", "ftp://herald.example.org"],
                "HERALD_PUBLIC_URL",
            ),
            (
                ["--trusted-origins", "https://a.example,b.example"],
                "HERALD_TRUSTED_ORIGINS",
            ),
            (
                ["--trusted-proxies", "10.0.0.0/99"],
                "HERALD_TRUSTED_PROXIES",
            ),
            (["--database-url", "mysql://db"], "DATABASE_URL"),
            (["--engine", "native"], "HERALD_ENGINE"),
            (["--test-mode=maybe", "serve"], "HERALD_TEST_MODE"),
        ] {
            let args = if args[0] == "--engine" {
                args.to_vec()
            } else {
                [simulated, args].concat()
            };
            let error = config(&args).unwrap_err();
            assert!(
                error.starts_with(&format!("{setting}: ")) && !error.contains('\n'),
                "{error}"
            );
        }
        let error = config(&["--waha-api-url", "waha:3000"]).unwrap_err();
        assert!(error.starts_with("WAHA_API_URL: "), "{error}");
    }

    #[test]
    fn what_may_hold_a_password_is_not_said_again() {
        for args in [
            ["--public-url", "https://ann:hunter2@herald.example.org"],
            [
                "--trusted-origins",
                "https://ann:hunter2@herald.example.org",
            ],
            ["--waha-api-url", "ann:hunter2@waha:3000"],
            ["--waha-api-url", "ftp://waha/?key=hunter2"],
        ] {
            let error = config(&[&args[..], &["--engine", "waha"]].concat()).unwrap_err();
            let setting = args[0][2..].replace('-', "_").to_uppercase();
            assert!(error.contains(&setting), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_data_folder_is_taken_as_it_is() {
        for folder in ["/var/lib/herald", "//var/lib", "data", "what?/100%20"] {
            let config = config(&["--engine", "simulated", "--data-dir", folder]).unwrap();
            let url = config.database_url.expose_secret();
            assert_eq!(url, &format!("sqlite://{folder}/herald.db"));
        }
    }

    #[test]
    fn an_empty_setting_is_not_set() {
        let empty = [
            "--listen",
            "",
            "--public-url",
            "",
            "--trusted-origins",
            "",
            "--trusted-proxies",
            "",
        ];
        let more = [
            "--data-dir",
            "",
            "--database-url",
            "",
            "--waha-api-key",
            "",
            "--secret",
            "",
            "--test-mode=",
        ];
        let config = config(&[&empty[..], &more[..], &["--engine", "simulated"]].concat()).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:3210");
        assert_eq!(config.data_dir.to_str(), Some("./data"));
        assert!(config.public_url.is_none() && config.secret.is_none() && !config.test_mode);
        assert!(config.trusted_origins.is_empty() && config.trusted_proxies.is_empty());
    }

    #[test]
    fn test_mode_stays_on_this_machine() {
        for args in [
            &["--engine", "simulated", "--listen", "0.0.0.0:3210"][..],
            &["--waha-api-url", "http://waha.example:3000"][..],
        ] {
            let error = config(&[args, &["--test-mode"]].concat()).unwrap_err();
            assert!(error.starts_with("HERALD_TEST_MODE: "), "{error}");
        }
        assert!(
            config(&["--waha-api-url", "http://localhost:3000", "--test-mode=1"])
                .unwrap()
                .test_mode
        );
        assert!(!config(&["--engine", "simulated"]).unwrap().test_mode);
    }
}
