//! What a search costs from end to end: `cargo bench -p herald --bench search`.
//!
//! Herald as `herald serve` runs it, on `SQLite`, rate limits off, called over HTTP on loopback with
//! a signed-in cookie, connections kept alive. An account's directory is filled with so many people
//! (the simulated phone's), then `user.getWhatsAppContacts` is asked for the first 50 of each search.
//! Searches are the beginnings, two to five letters, of words out of those people's own names, drawn
//! at random: letters come as often as they do in names.
//!
//! In the same run the original's way: for each search the whole address book is fetched over HTTP
//! from a server that has it ready as text, read, and filtered by name and number.
//!
//! Client and server share the machine's cores. Wanted for 100,000 people on two cores: p99 under
//! 5 ms one at a time and under 25 ms 32 at a time, and at 32 a hundred times the original's rate.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Bytes, http::header, routing::get};
use clap::Parser;
use futures_util::future::try_join_all;
use herald::{
    auth::add_user,
    cli::Cli,
    clock::Clock,
    config::Config,
    directory::join,
    listen,
    random::Random,
    server::Server,
    store::{Known, NewReading, Part, Role},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};
use tokio_util::sync::CancellationToken;
use whatsapp_gateway::{
    Gateway, SessionName, State,
    simulated::{Simulated, SimulatedConfig},
};

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const COMPARED: usize = 100_000;
const SEARCHES: usize = 2_000;
/// The original's way takes so long that a few tell enough.
const ORIGINAL_SEARCHES: usize = 64;
const AT_ONCE: [usize; 2] = [1, 32];
const PASSWORD: &str = "correct horse";
const DAY_MS: i64 = 86_400_000;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data_dir = folder.path().to_str().ok_or("no text")?;
    let arguments = [
        "herald",
        "--engine=simulated",
        "--listen=127.0.0.1:0",
        "--test-mode",
        "--data-dir",
        data_dir,
    ];
    let server = Server::start(&Config::new(&Cli::try_parse_from(arguments)?.settings)?).await?;
    let (user_id, session_name) = linked(&server).await?;
    let cookie = sign_in(server.address).await?;

    println!("people      at once      p50      p99   searches/s");
    for size in SIZES {
        let known = people(size).await?;
        let searches = searches(&known, SEARCHES);
        let book = (size == COMPARED)
            .then(|| address_book(&known))
            .transpose()?;
        fill(&server, &user_id, &known).await?;
        drop(known);
        let requests: Vec<String> = searches
            .iter()
            .map(|search| {
                let input = json!({ "json": { "sessionName": session_name, "limit": 50, "search": search } });
                let input = utf8_percent_encode(&input.to_string(), NON_ALPHANUMERIC).to_string();
                let path = format!("/api/trpc/user.getWhatsAppContacts?input={input}");
                format!("GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n")
            })
            .collect();
        // The first loads the directory from the database.
        time_all(server.address, &requests[..1], 1).await?;
        let mut rates = [0.0; 2];
        for (rate, at_once) in rates.iter_mut().zip(AT_ONCE) {
            *rate = report(
                size,
                at_once,
                time_all(server.address, &requests, at_once).await?,
            );
        }
        if let Some(book) = book {
            let address = serve(book).await?;
            println!("the original's way:");
            for (ours, at_once) in rates.iter().zip(AT_ONCE) {
                let times = original(address, &searches[..ORIGINAL_SEARCHES], at_once).await?;
                let rate = report(size, at_once, times);
                println!("  Herald answers {:.0} times as many", ours / rate);
            }
        }
    }
    Ok(())
}

/// Prints the figures of a run, and gives the searches a second.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn report(size: usize, at_once: usize, (mut times, whole): (Vec<Duration>, Duration)) -> f64 {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e3;
    let rate = times.len() as f64 / whole.as_secs_f64();
    println!(
        "{size:9} {at_once:9} {:8.2} {:8.2} {rate:12.1}   (ms)",
        at(50),
        at(99)
    );
    rate
}

async fn linked(server: &Server) -> Result<(String, String)> {
    let app = &server.app;
    let (clock, random) = (Clock::system(), Random::system());
    let (email, role) = ("bench@herald.test", Role::User);
    let user = add_user(&app.store, &clock, &random, "Bench", email, PASSWORD, role).await?;
    let session = app.sessions.initiate(&user.id).await?;
    while app
        .sessions
        .status(&user.id, &session.session_name)
        .await?
        .status
        != "WORKING"
    {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    app.sessions
        .directory(&user.id, &session.session_name)
        .await?;
    Ok((user.id, session.session_name))
}

async fn sign_in(address: SocketAddr) -> Result<String> {
    let body = json!({ "email": "bench@herald.test", "password": PASSWORD }).to_string();
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = "POST /api/auth/sign-in/email HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    let request = format!("{head}\r\ncontent-length: {length}\r\n\r\n{body}");
    let (head, _) = exchange(&mut stream, &request).await?;
    let cookie = head
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .and_then(|cookie| cookie.split(';').next())
        .ok_or("no cookie")?;
    Ok(cookie.to_owned())
}

async fn people(count: usize) -> Result<Known> {
    let clock = Clock::manual(0);
    let time = clock.clone();
    let mut config = SimulatedConfig::new(1, Arc::new(move || time.now_ms()));
    (config.contacts, config.groups) = (count, 1);
    let (phone, name) = (Simulated::new(config), SessionName::new("s")?);
    phone.start(&name).await?;
    while phone.status(&name).await?.state != State::Working {
        phone.scan(&name);
        clock.advance(1_000);
    }
    Ok(join(
        phone.groups(&name).await?,
        phone.contacts(&name).await?,
    ))
}

async fn fill(server: &Server, user_id: &str, known: &Known) -> Result<()> {
    let store = &server.app.store;
    let session = store
        .whatsapp_session_of(user_id)
        .await?
        .ok_or("no session")?;
    let new = NewReading {
        user_id,
        session_id: &session.id,
        linked_at: session.linked_at.ok_or("not linked")?,
        part: Part::Whole,
        known,
    };
    // So young that it is not read anew meanwhile.
    let now = server.app.clock.now_ms() + DAY_MS;
    store.directory_replace(new, now, &|_| ()).await?;
    Ok(())
}

fn searches(known: &Known, count: usize) -> Vec<String> {
    let mut rng = StdRng::seed_from_u64(7);
    let named: Vec<&str> = known
        .contacts
        .iter()
        .filter_map(|contact| contact.name.as_deref().or(contact.push_name.as_deref()))
        .collect();
    (0..count)
        .map(|_| {
            let name = named[rng.random_range(0..named.len())];
            let words: Vec<&str> = name.split_whitespace().collect();
            let word = words[rng.random_range(0..words.len())];
            let letters = rng.random_range(2..=5);
            word.chars().take(letters).collect()
        })
        .collect()
}

/// Sends the requests over so many connections; the time of each, and of all.
async fn time_all(
    address: SocketAddr,
    requests: &[String],
    at_once: usize,
) -> Result<(Vec<Duration>, Duration)> {
    let start = Instant::now();
    let shares = requests.chunks(requests.len().div_ceil(at_once));
    let times = try_join_all(shares.map(async |share| {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut times = Vec::with_capacity(share.len());
        for request in share {
            let start = Instant::now();
            let (head, body) = exchange(&mut stream, request).await?;
            times.push(start.elapsed());
            if !head.starts_with("HTTP/1.1 200") {
                return Err(String::from_utf8_lossy(&body).into());
            }
        }
        Ok::<_, Box<dyn Error>>(times)
    }))
    .await?;
    Ok((times.concat(), start.elapsed()))
}

/// One request and its answer: the head as text in lower case as sent, and the body.
async fn exchange(stream: &mut TcpStream, request: &str) -> Result<(String, Vec<u8>)> {
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::with_capacity(16 * 1024);
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the connection was closed".into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .ok_or("no length")?
        .parse()?;
    let mut body = bytes.split_off(head_end);
    body.reserve(length);
    while body.len() < length {
        if stream.read_buf(&mut body).await? == 0 {
            return Err("the connection was closed".into());
        }
    }
    Ok((head, body))
}

/// What WAHA's browser engine tells of somebody, as far as the original looks at it.
#[derive(Deserialize)]
struct Entry {
    name: Option<String>,
    pushname: Option<String>,
    number: Option<String>,
}

fn address_book(known: &Known) -> Result<Bytes> {
    let contacts = known.contacts.iter().map(|contact| {
        json!({
            "id": contact.id, "number": contact.number, "name": contact.name, "pushname": contact.push_name,
            "isBusiness": false, "isEnterprise": false, "labels": [], "statusMute": false, "type": "in",
            "isMe": contact.is_me, "isUser": true, "isGroup": false, "isWAContact": contact.is_whatsapp,
            "isMyContact": contact.is_saved, "isBlocked": contact.is_blocked,
        })
    });
    Ok(serde_json::to_vec(&contacts.collect::<Vec<_>>())?.into())
}

async fn serve(book: Bytes) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let json = [(header::CONTENT_TYPE, "application/json")];
    let router = Router::new().route("/", get(move || async move { (json, book.clone()) }));
    tokio::spawn(listen::serve(listener, router, CancellationToken::new()));
    Ok(address)
}

async fn original(
    address: SocketAddr,
    searches: &[String],
    at_once: usize,
) -> Result<(Vec<Duration>, Duration)> {
    let start = Instant::now();
    let shares = searches.chunks(searches.len().div_ceil(at_once));
    let times = try_join_all(shares.map(async |share| {
        let mut stream = TcpStream::connect(address).await?;
        let mut times = Vec::with_capacity(share.len());
        for search in share {
            let start = Instant::now();
            let request = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
            let (_, body) = exchange(&mut stream, request).await?;
            let search = search.to_lowercase();
            let found = tokio::task::spawn_blocking(move || {
                let entries: Vec<Entry> = serde_json::from_slice(&body)?;
                let holds = |text: &Option<String>| {
                    text.as_ref()
                        .is_some_and(|text| text.to_lowercase().contains(&search))
                };
                let fits = |entry: &&Entry| {
                    holds(&entry.name) || holds(&entry.pushname) || holds(&entry.number)
                };
                Ok::<_, serde_json::Error>(entries.iter().filter(fits).take(50).count())
            });
            std::hint::black_box(found.await??);
            times.push(start.elapsed());
        }
        Ok::<_, Box<dyn Error>>(times)
    }))
    .await?;
    Ok((times.concat(), start.elapsed()))
}
