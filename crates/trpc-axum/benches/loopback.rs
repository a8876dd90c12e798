//! What the protocol costs: `cargo bench -p trpc-axum`.
//!
//! One server on a loopback port answers a bare axum handler and this crate's procedures. Eight
//! connections, kept alive, send requests one after another each; a run is the time that all of
//! them need for their requests. The kinds of requests take turns, so that what else the machine
//! does hits all of them alike, and the figures are medians of the rounds: first the time of a
//! request, then how it stands to the one that it is compared with in the same round.
//!
//! Wanted: a query at least at 60 % of the bare handler's rate, a batch of ten below three single
//! calls.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{io, net::SocketAddr, time::Duration};

use axum::routing::get;
use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use trpc_axum::{Context, Error, FromContext, Options, Router, mount};

const CONNECTIONS: usize = 8;
const REQUESTS: u32 = 400;
const ROUNDS: usize = 31;

struct Anyone;

impl FromContext<()> for Anyone {
    const AUTHORITY: &'static str = "anyone";

    async fn from_context(_: &Context<()>) -> Result<Self, Error> {
        Ok(Self)
    }
}

async fn ping(_: Anyone, (): ()) -> Result<&'static str, Error> {
    Ok("pong")
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let router = Router::new().nest("system", Router::new().query("ping", ping));
    let service = mount("/api/trpc", router, (), Options::default())
        .route("/bare", get(async || axum::Json("pong")));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, service).await });

    let ten = ["system.ping"; 10].join(",");
    let batch = format!("/api/trpc/{ten}?batch=1&input=%7B%7D");
    let requests = [
        request("/bare", ""),
        request("/api/trpc/system.ping", ""),
        request(&batch, ""),
        request(&batch, "trpc-accept: application/jsonl\r\n"),
    ];
    for request in &requests {
        run(address, request).await?;
    }
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut round = [0.0; 4];
        for (time, request) in round.iter_mut().zip(&requests) {
            *time = run(address, request).await?.as_secs_f64() * 1e6 / f64::from(REQUESTS);
        }
        rounds.push(round);
    }

    let [bare, single, plain, streamed] =
        [0, 1, 2, 3].map(|kind| median(&rounds, |round| round[kind]));
    let rate = 100.0 * median(&rounds, |round| round[0] / round[1]);
    let plain_ratio = median(&rounds, |round| round[2] / round[1]);
    let streamed_ratio = median(&rounds, |round| round[3] / round[1]);
    println!("{CONNECTIONS} requests at a time, µs each:");
    println!("bare handler      {bare:7.1}");
    println!("query             {single:7.1}   {rate:.0} % of the bare handler's rate");
    println!("batch of ten      {plain:7.1}   {plain_ratio:.2} single calls");
    println!("the same as lines {streamed:7.1}   {streamed_ratio:.2} single calls");
    Ok(())
}

fn request(target: &str, headers: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n")
}

/// The time that the connections need for [`REQUESTS`] requests each.
async fn run(address: SocketAddr, request: &str) -> io::Result<Duration> {
    let connections: Vec<_> = (0..CONNECTIONS)
        .map(|_| TcpStream::connect(address))
        .collect();
    let connections = try_join_all(connections).await?;
    let start = Instant::now();
    let running = connections.into_iter().map(|connection| {
        let request = request.to_owned();
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

fn median(rounds: &[[f64; 4]], of: impl Fn(&[f64; 4]) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
