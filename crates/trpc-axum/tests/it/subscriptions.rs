//! Server-sent events as they come, and what ends them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::Body;
use futures_util::{Stream, StreamExt as _, stream};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use rstest::rstest;
use serde::{Serialize, Serializer};
use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep},
};
use tower::ServiceExt as _;
use trpc_axum::{
    Code, Context, Error, Event, FromContext, Kind, Options, Router, Tracked, Value, mount,
};
use ts_rs::TS;

use crate::{
    reference::{self, Anyone, Anything},
    streams::read_until,
    wire::{get, post, send},
};

type Item = Result<Event<u32>, Error>;

/// What is sent to it is what its one subscription yields.
#[derive(Clone)]
struct Feed(Arc<Mutex<Option<mpsc::UnboundedReceiver<Item>>>>);

async fn feed(_: Anyone, feed: Feed) -> Result<impl Stream<Item = Item>, Error> {
    let mut items = feed.0.lock().unwrap().take().expect("one subscription");
    Ok(stream::poll_fn(move |task| items.poll_recv(task)))
}

fn service(options: Options) -> (axum::Router, mpsc::UnboundedSender<Item>) {
    let (sender, items) = mpsc::unbounded_channel();
    let state = Feed(Arc::new(Mutex::new(Some(items))));
    let router = Router::new().subscription("feed", feed);
    (mount("/api/trpc", router, state, options), sender)
}

async fn subscribe(service: axum::Router) -> Body {
    service.oneshot(get("feed")).await.unwrap().into_body()
}

async fn next(body: &mut Body) -> Option<String> {
    let data = body.frame().await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(data.to_vec()).unwrap())
}

const CONNECTED: &str = "event: connected\ndata: {}\n\n\n";
const RETURN: &str = "event: return\ndata: \n\n\n";
const PING: &str = "event: ping\ndata: \n\n\n";

#[tokio::test]
async fn events_arrive_while_the_stream_goes_on_and_a_client_that_leaves_ends_it() {
    let (service, sender) = service(Options::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });

    let mut client = TcpStream::connect(address).await.unwrap();
    let head =
        "GET /api/trpc/feed HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    read_until(&mut client, &mut seen, CONNECTED).await;
    let head = seen.to_ascii_lowercase();
    for header in [
        "http/1.1 200 ok\r\n",
        "\r\ncontent-type: text/event-stream\r\n",
        "\r\ncache-control: no-cache, no-transform\r\n",
        "\r\nx-accel-buffering: no\r\n",
        "\r\nconnection: keep-alive\r\n",
    ] {
        assert!(head.contains(header), "{header:?} is not in {head}");
    }
    for value in 1..=2 {
        sender.send(Ok(Event::data(value))).unwrap();
        let event = format!("data: {{\"json\":{value}}}\n\n\n");
        read_until(&mut client, &mut seen, &event).await;
    }

    drop(client);
    sender.closed().await;
    server.abort();
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_pings() {
    let (service, sender) = service(Options::default());
    let mut body = subscribe(service).await;
    assert_eq!(next(&mut body).await.unwrap(), CONNECTED);

    let mut since = Instant::now();
    for _ in 0..2 {
        assert_eq!(next(&mut body).await.unwrap(), PING);
        assert_eq!(since.elapsed().as_secs(), 15);
        since = Instant::now();
    }

    // An event in between is as good as a ping.
    let event = async {
        sleep(Duration::from_secs(10)).await;
        sender.send(Ok(Event::data(1))).unwrap();
    };
    let (seen, ()) = tokio::join!(next(&mut body), event);
    assert_eq!(seen.unwrap(), "data: {\"json\":1}\n\n\n");
    assert_eq!(next(&mut body).await.unwrap(), PING);
    assert_eq!(since.elapsed().as_secs(), 25);
}

#[tokio::test]
async fn an_error_ends_the_stream_as_its_last_event() {
    let (service, sender) = service(Options::default());
    let mut body = subscribe(service).await;
    assert_eq!(next(&mut body).await.unwrap(), CONNECTED);
    sender
        .send(Err(Error::from(Code::ServiceUnavailable)))
        .unwrap();
    sender.send(Ok(Event::data(1))).unwrap();
    let last = next(&mut body).await.unwrap();
    assert!(
        last.starts_with("event: serialized-error\n") && last.contains("SERVICE_UNAVAILABLE"),
        "{last}"
    );
    // The stream is gone before the client has taken the end.
    assert!(sender.is_closed());
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn the_end_of_the_stream_is_an_event() {
    let (service, sender) = service(Options::default());
    let mut body = subscribe(service).await;
    assert_eq!(next(&mut body).await.unwrap(), CONNECTED);
    drop(sender);
    assert_eq!(next(&mut body).await.unwrap(), RETURN);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test]
async fn clients_are_told_how_long_to_wait() {
    let (service, _sender) = service(Options {
        sse_ping: Duration::from_secs(1),
        sse_reconnect_after_inactivity: Some(Duration::from_millis(2500)),
        ..Options::default()
    });
    let mut body = subscribe(service).await;
    assert_eq!(
        next(&mut body).await.unwrap(),
        "event: connected\ndata: {\"reconnectAfterInactivityMs\":2500}\n\n\n"
    );
}

#[rstest]
#[case::never(0, None)]
#[case::too_late(2, Some(2))]
#[should_panic(expected = "sse_ping must be above zero")]
fn pings_come_before_clients_give_up(#[case] ping: u64, #[case] patience: Option<u64>) {
    let _ = service(Options {
        sse_ping: Duration::from_secs(ping),
        sse_reconnect_after_inactivity: patience.map(Duration::from_secs),
        ..Options::default()
    });
}

/// Lets nobody in.
struct Nobody;

impl FromContext<()> for Nobody {
    const AUTHORITY: &'static str = "nobody";

    async fn from_context(_: &Context<()>) -> Result<Self, Error> {
        Err(Error::from(Code::Unauthorized))
    }
}

/// Cannot be written.
#[derive(TS)]
struct Broken;

impl Serialize for Broken {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("a fault in writing");
    }
}

type Tracks = stream::Iter<std::vec::IntoIter<Result<Event<Tracked<u32>>, Error>>>;

fn tracks<const N: usize>(ids: [&str; N]) -> Tracks {
    let events = ids.map(|id| Ok(Event::tracked(id, 1)));
    stream::iter(Vec::from(events))
}

async fn panicking(_: Anyone, (): ()) -> Result<Tracks, Error> {
    panic!("a fault in a procedure");
}

fn faulty() -> Router<()> {
    Router::new()
        .subscription("refused", async |_: Nobody, (): ()| Ok(tracks([])))
        .subscription("panic", panicking)
        .subscription("panicLater", async |_: Anyone, (): ()| {
            let fault = stream::once(async { panic!("a fault in a stream") });
            Ok(tracks(["1"]).chain(fault))
        })
        .subscription("broken", async |_: Anyone, (): ()| {
            Ok(stream::iter([Ok(Event::data(Broken))]))
        })
        .subscription("noId", async |_: Anyone, (): ()| Ok(tracks(["1", ""])))
        .subscription("longId", async |_: Anyone, (): ()| {
            Ok(tracks(["1\nevent: return"]))
        })
}

#[rstest]
#[case::a_guard("refused", Code::Unauthorized, 0)]
#[case::a_panic_at_once("panic", Code::InternalServerError, 0)]
#[case::a_panic_later("panicLater", Code::InternalServerError, 1)]
#[case::an_unwritable_value("broken", Code::InternalServerError, 0)]
#[case::an_empty_id("noId", Code::InternalServerError, 1)]
#[case::an_id_of_two_lines("longId", Code::InternalServerError, 0)]
#[tokio::test]
async fn what_fails_fails_in_its_event(
    #[case] path: &str,
    #[case] code: Code,
    #[case] events_before: usize,
) {
    let service = mount("/api/trpc", faulty(), (), Options::default());
    let answer = send(&service, get(path)).await;
    assert_eq!(answer.status, StatusCode::OK);
    let error = json!({"json": {
        "message": if code == Code::Unauthorized { "UNAUTHORIZED" } else { "Internal server error" },
        "code": code.number(),
        "data": {"code": code.name(), "httpStatus": code.status(), "path": path, "zodError": null},
    }});
    let before = "data: {\"json\":1}\nid: 1\n\n\n".repeat(events_before);
    let last = format!("event: serialized-error\ndata: {error}\n\n\n");
    assert_eq!(answer.body, format!("{CONNECTED}{before}{last}"));
}

#[tokio::test]
async fn a_request_that_is_not_admitted_is_told_in_an_event() {
    let options = Options {
        admit: Some(Arc::new(|_| Err(Error::from(Code::Forbidden)))),
        ..Options::default()
    };
    let service = mount("/api/trpc", faulty(), (), options);
    let answer = send(&service, get("panic")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("\"FORBIDDEN\""), "{}", answer.body);

    // There is no telling that this is not a query.
    let answer = send(&service, get("nope")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json()["error"]["json"]["data"]["code"], "NOT_FOUND");
}

#[tokio::test]
async fn subscriptions_share_no_request() {
    let service = reference::service();
    let mixed = send(&service, get("user.ticks,user.ping?batch=1")).await;
    assert_eq!(mixed.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        mixed.json()["error"]["json"]["message"],
        "Cannot mix procedure types in call: subscription, query"
    );
    let lines = Request::get("/api/trpc/user.ticks?batch=1")
        .header("trpc-accept", "application/jsonl")
        .body(Body::empty())
        .unwrap();
    let lines = send(&service, lines).await;
    assert!(
        lines.body.contains("Cannot batch subscription calls"),
        "{}",
        lines.body
    );
}

#[tokio::test]
async fn subscriptions_may_be_posted_where_queries_may() {
    let options = Options {
        method_override: true,
        ..Options::default()
    };
    let service = mount("/api/trpc", reference::router(), reference::App, options);
    let answer = send(&service, post("user.ticks", r#"{"json":{"from":3}}"#)).await;
    assert_eq!(answer.body, format!("{CONNECTED}{RETURN}"));
}

async fn echo(
    _: Anyone,
    (): (),
    input: Value,
) -> Result<impl Stream<Item = Result<Event<Anything>, Error>>, Error> {
    Ok(stream::iter([Ok(Event::data(Anything(input)))]))
}

#[rstest]
#[case::none("", None, json!(null))]
#[case::only_the_id("?lastEventId=1", None, json!({"lastEventId": "1"}))]
#[case::the_header_wins("?lastEventId=1", Some("2"), json!({"lastEventId": "2"}))]
#[case::also_an_empty_header("?lastEventId=1", Some(""), json!(null))]
#[case::the_newer_parameter_wins("?Last-Event-Id=2&lastEventId=1&lastEventId=3", None, json!({"lastEventId": "1"}))]
#[case::of_an_object("?lastEventId=1&input={\"json\":{\"a\":1}}", None, json!({"a": 1, "lastEventId": "1"}))]
#[case::of_null("?lastEventId=1&input={\"json\":null}", None, json!({"lastEventId": "1"}))]
#[case::of_a_text("?lastEventId=1&input={\"json\":\"a\"}", None, json!("a"))]
#[tokio::test]
async fn the_last_id_is_in_the_input(
    #[case] query: &str,
    #[case] header: Option<&str>,
    #[case] input: serde_json::Value,
) {
    let router = Router::new()
        .subscription("echo", echo)
        .query("asked", async |_: Anyone, (): (), input: Value| {
            Ok(Anything(input))
        });
    let service = mount("/api/trpc", router, (), Options::default());
    let query = query
        .replace('"', "%22")
        .replace('{', "%7B")
        .replace('}', "%7D");
    let mut request = get(&format!("echo{query}"));
    if let Some(header) = header {
        let header = header.parse().unwrap();
        request.headers_mut().insert("last-event-id", header);
    }
    let answer = send(&service, request).await;
    let events = answer.body.strip_prefix(CONNECTED).unwrap();
    let data = events.lines().next().unwrap().strip_prefix("data: ");
    let seen: serde_json::Value = serde_json::from_str(data.unwrap()).unwrap();
    assert_eq!(seen["json"], input);

    // Queries have no events.
    let asked = send(&service, get("asked?lastEventId=1")).await;
    assert!(!asked.body.contains("lastEventId"), "{}", asked.body);
}

#[test]
fn subscriptions_are_listed() {
    let router = faulty();
    let listed = router.procedures().find(|info| info.path == "refused");
    let listed = listed.unwrap();
    assert_eq!(
        (listed.kind, listed.authority),
        (Kind::Subscription, "nobody")
    );
    assert_eq!(Kind::Subscription.name(), "subscription");
}
