//! A fresh database for each test, of either kind.

use std::{env, sync::Arc, thread};

use herald::store::Store;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use url::Url;

/// Which database to test on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A database of the test's own; gone when this is dropped.
pub(crate) struct Database {
    pub(crate) store: Store,
    /// For opening it once more.
    pub(crate) url: String,
    _remains: Remains,
}

enum Remains {
    Folder { _folder: TempDir },
    Postgres { server: Url, name: String },
}

impl Database {
    pub(crate) async fn fresh(kind: Kind) -> Self {
        let (url, remains) = match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite:{}", folder.path().join("herald.db").display());
                (url, Remains::Folder { _folder: folder })
            }
            Kind::Postgres => {
                let server = server();
                let name = fresh_name();
                let template = template().await;
                execute(
                    &server,
                    format!("CREATE DATABASE {name} TEMPLATE {template}"),
                )
                .await;
                (named(&server, &name), Remains::Postgres { server, name })
            }
        };
        let store = Store::open(&url).await.unwrap();
        Self {
            store,
            url,
            _remains: remains,
        }
    }
}

impl Drop for Remains {
    fn drop(&mut self) {
        if let Self::Postgres { server, name } = self {
            let (server, name) = (server.clone(), name.clone());
            let dropping = async move {
                execute(&server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
            };
            // Dropping happens inside the test's runtime, where nothing can be waited for.
            let dropped = thread::spawn(|| {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(dropping);
            });
            dropped.join().unwrap();
        }
    }
}

/// The migrated database that the others are copied from; made once.
async fn template() -> Arc<str> {
    static TEMPLATE: OnceCell<Arc<str>> = OnceCell::const_new();
    let make = async || {
        let (server, name) = (server(), fresh_name());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let store = Store::open(&named(&server, &name)).await.unwrap();
        store.close().await;
        name.into()
    };
    Arc::clone(TEMPLATE.get_or_init(make).await)
}

fn server() -> Url {
    let url = env::var("HERALD_TEST_POSTGRES")
        .expect("HERALD_TEST_POSTGRES is not set: run ./test, which starts a PostgreSQL and says where it is");
    url.parse()
        .expect("HERALD_TEST_POSTGRES is a postgres:// URL")
}

fn named(server: &Url, name: &str) -> String {
    let mut url = server.clone();
    url.set_path(name);
    url.into()
}

fn fresh_name() -> String {
    format!(
        "herald_{}",
        uuid::Uuid::from_bytes(herald::random::Random::system().bytes()).simple()
    )
}

async fn execute(server: &Url, statement: String) {
    let mut connection = PgConnection::connect(server.as_str()).await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}
