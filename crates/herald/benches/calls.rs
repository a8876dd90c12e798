//! What a call costs: `cargo bench -p herald`.
//!
//! One process, two servers on loopback ports with the same accept loop: a bare axum handler that
//! answers a constant, and Herald as `herald serve` runs it on `SQLite`, all layers, rate limits off.
//! Eight connections, kept alive, send requests one after another each; a run is
//! the time that all of them need for their requests. The kinds of requests take turns, so that
//! what else the machine does hits all of them alike. The figures are medians of the rounds: the
//! time of a request, then how it stands to the one that it is compared with in the same round.
//! Client and server share the machine's cores, which favours neither kind.
//!
//! Wanted: `system.ping` at 60 % of the bare handler's rate or more, a batch of ten below three
//! single calls, a signed-in call that reads one row at 25 % of the bare handler's rate or more.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{error::Error, io, net::SocketAddr, time::Duration};

use axum::{Json, Router, routing::get};
use clap::Parser;
use futures_util::future::try_join_all;
use herald::{
    auth::add_user, cli::Cli, clock::Clock, config::Config, listen, random::Random, server::Server,
    store::Role,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

const CONNECTIONS: usize = 8;
const REQUESTS: u32 = 400;
const ROUNDS: usize = 31;
const PASSWORD: &str = "correct horse";

/// A request, and where it goes.
struct Target {
    address: SocketAddr,
    request: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let data_dir = folder
        .path()
        .to_str()
        .ok_or("the temporary folder's path is not text")?;
    let arguments = [
        "herald",
        "--engine=simulated",
        "--listen=127.0.0.1:0",
        "--test-mode",
        "--data-dir",
        data_dir,
    ];
    let server = Server::start(&Config::new(&Cli::try_parse_from(arguments)?.settings)?).await?;
    let cookie = sign_in(&server).await?;
    let bare = bare().await?;

    let get = |address, target: &str, headers: &str| Target {
        address,
        request: format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n"),
    };
    let batch = format!(
        "/api/trpc/{}?batch=1&input=%7B%7D",
        ["system.ping"; 10].join(",")
    );
    let targets = [
        get(bare, "/", ""),
        get(server.address, "/api/trpc/system.ping", ""),
        get(server.address, &batch, ""),
        get(server.address, &batch, "trpc-accept: application/jsonl\r\n"),
        get(
            server.address,
            "/api/trpc/user.getWhatsAppSession",
            &format!("cookie: {cookie}\r\n"),
        ),
    ];
    for target in &targets {
        run(target).await?;
    }
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut round = [0.0; 5];
        for (time, target) in round.iter_mut().zip(&targets) {
            *time = run(target).await?.as_secs_f64() * 1e6 / f64::from(REQUESTS);
        }
        rounds.push(round);
    }
    report(&rounds);
    Ok(())
}

fn report(rounds: &[[f64; 5]]) {
    let time = |kind: usize| median(rounds, |round| round[kind]);
    let rate = |kind: usize| 100.0 * median(rounds, |round| round[0] / round[kind]);
    let calls = |kind: usize| median(rounds, |round| round[kind] / round[1]);
    println!("{CONNECTIONS} requests at a time, µs each:");
    println!("bare axum handler        {:7.1}", time(0));
    println!(
        "system.ping              {:7.1}   {:.0} % of the bare handler's rate",
        time(1),
        rate(1)
    );
    println!(
        "batch of ten             {:7.1}   {:.2} single calls",
        time(2),
        calls(2)
    );
    println!(
        "batch of ten, streamed   {:7.1}   {:.2} single calls",
        time(3),
        calls(3)
    );
    println!(
        "user.getWhatsAppSession  {:7.1}   {:.0} % of the bare handler's rate",
        time(4),
        rate(4)
    );
}

fn median(rounds: &[[f64; 5]], of: impl Fn(&[f64; 5]) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

async fn bare() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/", get(async || Json("pong")));
    tokio::spawn(listen::serve(listener, router, CancellationToken::new()));
    Ok(address)
}

/// Somebody with a session, who reads it: the caller's row, then one more.
async fn sign_in(server: &Server) -> Result<String, Box<dyn Error>> {
    let (clock, random) = (Clock::system(), Random::system());
    let email = "ann@herald.example";
    let user = add_user(
        &server.app.store,
        &clock,
        &random,
        "Ann",
        email,
        PASSWORD,
        Role::User,
    )
    .await?;
    server.app.sessions.initiate(&user.id).await?;

    let body = format!(r#"{{"email":"{email}","password":"{PASSWORD}"}}"#);
    let request = format!(
        "POST /api/auth/sign-in/email HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut connection = TcpStream::connect(server.address).await?;
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next());
    Ok(cookie.ok_or(answer.as_str())?.to_owned())
}

/// The time that the connections need for [`REQUESTS`] requests each.
async fn run(target: &Target) -> io::Result<Duration> {
    let connections = (0..CONNECTIONS).map(|_| TcpStream::connect(target.address));
    let connections = try_join_all(connections).await?;
    let start = Instant::now();
    let running = connections.into_iter().map(|connection| {
        let request = target.request.clone();
        tokio::spawn(async move { ask(connection, &request).await })
    });
    for asked in try_join_all(running).await? {
        asked?;
    }
    Ok(start.elapsed())
}

async fn ask(mut connection: TcpStream, request: &str) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut answer = Vec::with_capacity(4096);
    for _ in 0..REQUESTS {
        connection.write_all(request.as_bytes()).await?;
        answer.clear();
        while !is_whole(&answer)? {
            if connection.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
    Ok(())
}

/// Whether the answer, which must be a 200, is there to its end.
fn is_whole(answer: &[u8]) -> io::Result<bool> {
    let text = std::str::from_utf8(answer).map_err(io::Error::other)?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return Ok(false);
    };
    if !head.starts_with("HTTP/1.1 200") {
        return Err(io::Error::other(text.to_owned()));
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    Ok(match length {
        Some(length) => body.len() == length.parse::<usize>().map_err(io::Error::other)?,
        None => body.ends_with("\r\n0\r\n\r\n"),
    })
}
