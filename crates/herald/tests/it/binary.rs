//! The binary as an operator meets it: what it prints, how it exits, how it stops.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;
use tokio::time::timeout;

use crate::support::database::{Database, Kind};

fn herald(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_herald"));
    command.env_clear().env("HERALD_DATA_DIR", folder);
    command
}

/// What the command prints and how it ends. One that serves instead is killed, and fails its test.
fn run(command: &mut Command, input: &str) -> Output {
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    let (ended, end) = mpsc::channel::<()>();
    let pid = child.id().to_string();
    let watch = thread::spawn(move || {
        if end.recv_timeout(Duration::from_mins(1)) == Err(RecvTimeoutError::Timeout) {
            let _ = Command::new("kill").args(["-s", "KILL", &pid]).status();
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    watch.join().unwrap();
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_start_without_an_engine_says_in_one_line_what_to_set() {
    let folder = TempDir::new().unwrap();
    for command in [&["serve"][..], &[]] {
        let output = run(herald(folder.path()).args(command), "");
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(
            error.contains("WAHA_API_URL") && error.contains("herald demo"),
            "{error}"
        );
    }
}

#[test]
fn a_weak_secret_stops_the_start_with_one_line() {
    let folder = TempDir::new().unwrap();
    let mut command = herald(folder.path());
    command
        .args(["--engine", "simulated", "--listen", "127.0.0.1:0"])
        .env("HERALD_SECRET", "short");
    let output = run(&mut command, "");
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains("HERALD_SECRET") && !error.contains("short"),
        "{error}"
    );
    assert_eq!(error.lines().count(), 1, "{error}");
}

#[test]
fn accounts_are_added_listed_and_approved() {
    let folder = TempDir::new().unwrap();
    let user =
        |args: &[&str], input: &str| run(herald(folder.path()).arg("user").args(args), input);
    let list = || text(&user(&["list"], "").stdout);
    assert!(list().contains("No accounts yet"), "{}", list());

    let ann = [
        "add",
        "--email",
        "Ann@Example.org",
        "--name",
        "Ann",
        "--role",
        "ADMIN",
    ];
    let added = user(&ann, "correct horse\n");
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(text(&added.stdout).contains("ann@example.org"));
    assert!(
        list()
            .lines()
            .any(|line| line.starts_with("ADMIN") && line.contains("ann@example.org"))
    );

    let approved = user(&["approve", "ann@example.org"], "");
    assert!(
        text(&approved.stdout).contains("in already, as ADMIN"),
        "approving demotes nobody"
    );
    for (args, input, says) in [
        (&ann[..], "correct horse\n", "there already"),
        (
            &[
                "add",
                "--email",
                "ben@example.org",
                "--name",
                "Ben",
                "--role",
                "user",
            ],
            "short\n",
            "8 characters",
        ),
        (
            &["add", "--email", "ben", "--name", "Ben", "--role", "USER"],
            "correct horse\n",
            "--email",
        ),
        (&["approve", "nobody@example.org"], "", "herald user list"),
    ] {
        let refused = user(args, input);
        let error = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{args:?}");
        assert!(
            error.contains(says) && error.lines().count() == 1,
            "{args:?}: {error}"
        );
    }
    assert_eq!(list().lines().count(), 2);
}

struct Served {
    child: Child,
    address: String,
}

fn serve(folder: &Path) -> Served {
    start(herald(folder))
}

fn start(mut command: Command) -> Served {
    command.args(["serve", "--engine", "simulated", "--listen", "127.0.0.1:0"]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line
        .trim()
        .strip_prefix("Herald is ready at http://")
        .expect(&line)
        .to_owned();
    Served { child, address }
}

impl Served {
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
}

#[test]
fn the_outside_of_a_running_server() {
    let folder = TempDir::new().unwrap();
    let mut server = serve(folder.path());
    for (path, status, holds) in [
        ("/", "200", "<title>Herald</title>"),
        ("/groups", "200", "<title>Herald</title>"),
        ("/health/live", "200", r#""status":"ok""#),
        (
            "/health/ready",
            "200",
            r#""engine":{"name":"simulated","status":"ok"}"#,
        ),
        ("/health", "404", ""),
        ("/health/nope", "404", ""),
        ("/api", "404", ""),
        ("/api/nope", "404", ""),
        ("/api/webhook/guessed", "404", ""),
        ("/assets/nope.js", "404", ""),
        (
            "/api/trpc/system.ping",
            "200",
            r#"{"result":{"data":{"json":"pong"}}}"#,
        ),
        ("/api/trpc/nope", "404", "NOT_FOUND"),
    ] {
        let answer = server.get(path);
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}: {answer}"
        );
        assert!(answer.contains(holds), "{path}: {answer}");
        assert!(
            answer.contains("x-content-type-options: nosniff"),
            "{path}: {answer}"
        );
        let is_page = matches!(path, "/" | "/groups");
        assert_eq!(answer.contains("<html"), is_page, "{path}: {answer}");
    }
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));

    // Another start on the same folder finds the same secret.
    let secret = |folder: &Path| std::fs::read(folder.join("secret")).unwrap();
    let before = secret(folder.path());
    let mut again = serve(folder.path());
    again.signal("INT");
    assert_eq!(again.child.wait().unwrap().code(), Some(0));
    assert_eq!(secret(folder.path()), before);
}

/// A request whose head has arrived is answered although the server was told to stop.
#[test]
fn a_running_request_is_finished_before_the_end() {
    let folder = TempDir::new().unwrap();
    let mut server = serve(folder.path());
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let body = r#"{"name":"Ann","email":"ann@example.org","password":"correct horse"}"#;
    write!(
        stream,
        "POST /api/auth/sign-up/email HTTP/1.1\r\nhost: {}\r\nexpect: 100-continue\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        server.address,
        body.len()
    )
    .unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), "HTTP/1.1 100 Continue", "the request runs");

    server.signal("TERM");
    // New connections are refused once the first stage has begun.
    while TcpStream::connect(&server.address).is_ok() {
        thread::yield_now();
    }
    stream.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    reader.read_to_string(&mut answer).unwrap();
    assert!(
        answer.contains("HTTP/1.1 200 OK") && answer.contains("ann@example.org"),
        "{answer}"
    );
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

/// A query that hangs holds its connection to the database, and closing waits for that.
#[tokio::test]
async fn the_second_signal_ends_a_server_whose_query_hangs() {
    let (folder, database) = (
        TempDir::new().unwrap(),
        Database::fresh(Kind::Postgres).await,
    );
    let mut command = herald(folder.path());
    command.env("DATABASE_URL", &database.url);
    let server = start(command);
    let mut lock = PgConnection::connect(&database.url).await.unwrap();
    let mut locked = lock.begin().await.unwrap();
    locked.execute("LOCK TABLE users").await.unwrap();

    let mut stream = TcpStream::connect(&server.address).unwrap();
    let body = r#"{"name":"Ann","email":"ann@example.org","password":"correct horse"}"#;
    write!(
        stream,
        "POST /api/auth/sign-up/email HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    )
    .unwrap();
    let waiting =
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'users'::regclass";
    while sqlx::query_scalar::<_, i64>(waiting)
        .fetch_one(&mut *locked)
        .await
        .unwrap()
        == 0
    {
        tokio::task::yield_now().await;
    }

    server.signal("TERM");
    while TcpStream::connect(&server.address).is_ok() {
        tokio::task::yield_now().await;
    }
    server.signal("TERM");
    let id = server.child.id().to_string();
    let mut child = server.child;
    let ended = tokio::task::spawn_blocking(move || child.wait().unwrap());
    let in_time = timeout(Duration::from_secs(20), ended).await;
    if in_time.is_err() {
        Command::new("kill")
            .args(["-s", "KILL", &id])
            .status()
            .unwrap();
    }
    let status = in_time.expect("the process ends").unwrap();
    assert_eq!(status.code(), Some(1), "not a clean stop");
}

/// Each setting by its environment variable: one line, which names it.
#[test]
fn a_wrong_setting_is_told_in_one_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let latin1 = OsStr::from_bytes(b"caf\xe9");
    let texts = [
        ("HERALD_LISTEN", "here"),
        ("HERALD_LISTEN", "127.0.0.1:99999"),
        ("HERALD_PUBLIC_URL", "herald.example.org\nnext"),
        ("HERALD_TRUSTED_ORIGINS", "https://a.example,b.example"),
        ("HERALD_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("HERALD_DATA_DIR", file.to_str().unwrap()),
        ("DATABASE_URL", "mysql://db"),
        ("DATABASE_URL", "sqlite:"),
        ("DATABASE_URL", "sqlite:/nowhere/at/all.db"),
        ("DATABASE_URL", "postgres://ann:hunter2@127.0.0.1:1/herald"),
        (
            "DATABASE_URL",
            "postgres://ann:hunter2@127.0.0.1:port/herald",
        ),
        ("HERALD_ENGINE", "native"),
        ("HERALD_SECRET", "short"),
        ("HERALD_TEST_MODE", "maybe"),
    ];
    let texts = texts.map(|(setting, value)| (setting, OsStr::new(value)));
    let not_texts = [
        "HERALD_LISTEN",
        "HERALD_DATA_DIR",
        "HERALD_SECRET",
        "WAHA_API_URL",
        "HERALD_TEST_MODE",
    ]
    .map(|setting| (setting, latin1));
    for (setting, value) in texts.into_iter().chain(not_texts) {
        let mut command = herald(folder.path());
        command
            .env("HERALD_ENGINE", "simulated")
            .env(setting, value);
        if setting != "HERALD_LISTEN" {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let output = run(&mut command, "");
        let error = text(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{setting}={value:?}: {error}"
        );
        assert!(
            error.starts_with(&format!("herald: {setting}")) && error.lines().count() == 1,
            "{setting}={value:?}: {error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn the_help_shows_no_password() {
    let folder = TempDir::new().unwrap();
    let mut command = herald(folder.path());
    for setting in ["WAHA_API_URL", "DATABASE_URL", "HERALD_PUBLIC_URL"] {
        command.env(setting, "http://ann:hunter2@example.org");
    }
    let help = text(&run(command.arg("--help"), "").stdout);
    assert!(
        help.contains("WAHA_API_URL") && !help.contains("hunter2"),
        "{help}"
    );
}

#[test]
fn a_taken_port_is_told_in_one_line() {
    let folder = TempDir::new().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = herald(folder.path());
    let output = run(
        command.args(["--engine", "simulated", "--listen", &address]),
        "",
    );
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        error.contains("HERALD_LISTEN") && error.contains(&address) && error.lines().count() == 1,
        "{error}"
    );
}

#[test]
fn test_mode_is_said_aloud() {
    let folder = TempDir::new().unwrap();
    let mut command = herald(folder.path());
    command
        .args(["--engine", "simulated", "--listen", "127.0.0.1:0"])
        .env("HERALD_TEST_MODE", "1");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    Command::new("kill")
        .args(["-s", "TERM", &child.id().to_string()])
        .status()
        .unwrap();
    let log = text(&child.wait_with_output().unwrap().stderr);
    assert!(
        log.contains("HERALD_TEST_MODE is on: there are NO LIMITS"),
        "{log}"
    );
}

/// Whatever moment the demo is stopped at, nothing of it is kept.
#[test]
fn a_demo_that_is_stopped_leaves_nothing_behind() {
    for signal in ["INT", "TERM"] {
        let folder = TempDir::new().unwrap();
        let mut command = herald(folder.path());
        command
            .env("TMPDIR", folder.path())
            .args(["demo", "--listen", "127.0.0.1:0"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let begun = |line: &String| line.contains("/sign-in#");
        assert!(
            lines
                .by_ref()
                .map_while(Result::ok)
                .any(|line| begun(&line))
        );
        let sent = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        let rest: Vec<_> = lines.map_while(Result::ok).collect();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{rest:?}");
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            0,
            "{signal}"
        );
    }
}
