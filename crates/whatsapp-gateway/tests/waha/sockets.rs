//! What happens is heard over a web socket, whatever happens to that.

use std::{
    io::Write,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header::SEC_WEBSOCKET_KEY},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use rstest::rstest;
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};
use tracing_subscriber::fmt::MakeWriter;
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, Status};
use whatsapp_gateway::{
    Changed, Event, Gateway, SessionName,
    waha::{Timeouts, Waha},
};

use crate::{PATIENCE, client, client_with, hear, linked, name};

/// Listens until the test ends.
struct Listening(JoinHandle<()>);

impl Listening {
    fn to(waha: &Arc<Waha>) -> Self {
        let waha = Arc::clone(waha);
        Self(tokio::spawn(async move { waha.listen().await }))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A session that works, before anybody listens.
async fn pair(engine: Engine, behaviour: Behaviour) -> (StandIn, Arc<Waha>, SessionName) {
    let profile = Profile {
        api_key: Some("the key".into()),
        ..Profile::new(engine, behaviour)
    };
    let stand_in = StandIn::start(profile).await.unwrap();
    let waha = Arc::new(client(&stand_in.url(), Some("the key")));
    let session = linked(&stand_in, &waha).await;
    (stand_in, waha, session)
}

fn sockets(stand_in: &StandIn) -> usize {
    let calls = stand_in.calls();
    calls.iter().filter(|call| *call == "GET /ws").count()
}

#[rstest]
#[tokio::test]
async fn what_happens_is_heard(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202602, Behaviour::Current)] behaviour: Behaviour,
) {
    let (stand_in, waha, session) = pair(engine, behaviour).await;
    let mut events = waha.events();
    let _listening = Listening::to(&waha);
    // Every session is worth a look once the connection stands.
    hear(&mut events, &session, Changed::Status).await;
    assert!(events.is_empty());

    let name = session.as_str();
    assert!(stand_in.join_group(name, "1-2@g.us", "Reading"));
    assert_eq!(next(&mut events).await.changed, Changed::Groups);
    assert!(stand_in.rename_group(name, "1-2@g.us", "Reading aloud"));
    assert_eq!(next(&mut events).await.changed, Changed::Groups);
    assert!(stand_in.fail(name));
    assert_eq!(next(&mut events).await.changed, Changed::Status);
    assert_eq!(sockets(&stand_in), 1);
}

async fn next(events: &mut tokio::sync::broadcast::Receiver<Event>) -> Event {
    timeout(PATIENCE, events.recv()).await.unwrap().unwrap()
}

/// It closes what asks for more than the status of sessions; and it looks at no key.
#[tokio::test]
async fn waha_of_2024_tells_of_sessions_alone() {
    let (stand_in, waha, session) = pair(Engine::Noweb, Behaviour::Core202410).await;
    let mut events = waha.events();
    let _listening = Listening::to(&waha);
    // A look for the connection that was refused, and one for that which stands.
    for _ in 0..2 {
        hear(&mut events, &session, Changed::Status).await;
    }
    assert!(stand_in.fail(session.as_str()));
    assert_eq!(next(&mut events).await.changed, Changed::Status);
    assert_eq!(sockets(&stand_in), 2);
}

#[tokio::test]
async fn each_code_is_an_event() {
    let (stand_in, _, _) = pair(Engine::Noweb, Behaviour::Current).await;
    let waha = Arc::new(client(&stand_in.url(), Some("the key")));
    let mut events = waha.events();
    let _listening = Listening::to(&waha);
    hear(&mut events, &name("herald-1"), Changed::Status).await;
    stand_in.create("x", None);
    waha.start(&name("x")).await.unwrap();
    // STARTING, then the code.
    for _ in 0..2 {
        let event = next(&mut events).await;
        assert_eq!(
            (event.session.as_str(), event.changed),
            ("x", Changed::Status)
        );
    }
    assert_eq!(stand_in.status("x"), Some(Status::ScanQrCode));
}

/// What happened meanwhile is not told, so everything is worth a look.
#[tokio::test]
async fn a_waha_that_was_away_is_heard_again() {
    let (stand_in, waha, session) = pair(Engine::Gows, Behaviour::Current).await;
    let mut events = waha.events();
    let _listening = Listening::to(&waha);
    hear(&mut events, &session, Changed::Status).await;

    stand_in.down().await;
    assert!(stand_in.join_group(session.as_str(), "1-2@g.us", "Reading"));
    assert!(events.is_empty());
    stand_in.up().await.unwrap();
    assert_eq!(next(&mut events).await.changed, Changed::Status);
    assert_eq!(next(&mut events).await.changed, Changed::Groups);

    assert!(stand_in.leave_group(session.as_str(), "1-2@g.us"));
    assert_eq!(next(&mut events).await.changed, Changed::Groups);
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[rstest]
#[case::wrong(Some("topsecret"))]
#[case::none(None)]
#[tokio::test]
async fn a_key_that_is_refused_is_said_once_and_not_shown(#[case] key: Option<&str>) {
    let (stand_in, _, _) = pair(Engine::Webjs, Behaviour::Current).await;
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let waha = Arc::new(client(&stand_in.url(), key));
    let mut events = waha.events();
    let _listening = Listening::to(&waha);

    let told = async {
        while !log.text().contains("WAHA refuses the key") {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, told).await.unwrap();
    // Somebody has to act first: it is not tried again as soon as other failures are.
    let again = async {
        while sockets(&stand_in) == 1 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(Duration::from_millis(1200), again).await.is_err());
    let log = log.text();
    assert_eq!(log.matches("WARN").count(), 1, "{log}");
    assert!(
        !log.contains("topsecret") && !log.contains("x-api-key="),
        "{log}"
    );
    assert!(events.try_recv().is_err());
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What a connection was asked for with, and the connection.
type Connected = (Uri, HeaderMap, Socket);

/// A server whose web sockets are the test's, under a path of its own.
struct Odd {
    url: String,
    connections: UnboundedReceiver<Connected>,
}

impl Odd {
    async fn start() -> Self {
        async fn connect(
            State(connections): State<UnboundedSender<Connected>>,
            mut request: Request,
        ) -> Response {
            let (uri, headers) = (request.uri().clone(), request.headers().clone());
            let accept = derive_accept_key(headers[SEC_WEBSOCKET_KEY].as_bytes());
            let upgrade = hyper::upgrade::on(&mut request);
            tokio::spawn(async move {
                let io = TokioIo::new(upgrade.await.unwrap());
                let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
                // The test may have seen enough.
                let _ = connections.send((uri, headers, socket));
            });
            let headers = [
                ("connection", "upgrade"),
                ("upgrade", "websocket"),
                ("sec-websocket-accept", &accept),
            ];
            (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/behind/a/proxy", listener.local_addr().unwrap());
        let (sender, connections) = unbounded_channel();
        let router = Router::new()
            .route("/behind/a/proxy/ws", get(connect))
            .route("/behind/a/proxy/api/sessions", get(async || "[]"))
            .with_state(sender);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, connections }
    }

    async fn connection(&mut self) -> Connected {
        timeout(PATIENCE, self.connections.recv())
            .await
            .unwrap()
            .unwrap()
    }

    async fn socket(&mut self) -> Socket {
        self.connection().await.2
    }
}

const STATUS: &str = r#"{"event":"session.status","session":"s","payload":{"name":"s"}}"#;

#[tokio::test]
async fn what_is_asked_for() {
    let mut odd = Odd::start().await;
    let waha = Arc::new(client(&odd.url, Some("a&b")));
    let _listening = Listening::to(&waha);
    let (uri, headers, _socket) = odd.connection().await;
    assert_eq!(uri.path(), "/behind/a/proxy/ws");
    assert_eq!(
        uri.query().unwrap(),
        "session=*&events=session.status&events=group.v2.join&events=group.v2.leave&events=group.v2.update&events=group.v2.participants&events=message&events=message.ack&events=message.ack.group&x-api-key=a%26b"
    );
    assert_eq!(headers["sec-websocket-version"], "13");
}

#[tokio::test]
async fn nonsense_is_passed_over() {
    let mut odd = Odd::start().await;
    let waha = Arc::new(client(&odd.url, None));
    let mut events = waha.events();
    let _listening = Listening::to(&waha);
    let mut socket = odd.socket().await;
    for frame in [
        Message::text("<!doctype html>"),
        Message::text(""),
        Message::text("{"),
        Message::text(r#"{"event":"session.status","session":["s"]}"#),
        Message::text(r#"{"event":"message","session":"s","payload":{"body":"hello"}}"#),
        Message::binary(STATUS.as_bytes().to_vec()),
        Message::Ping(Vec::new().into()),
        Message::text(STATUS),
    ] {
        socket.send(frame).await.unwrap();
    }
    let event = next(&mut events).await;
    assert_eq!((event.session, event.changed), (name("s"), Changed::Status));
    assert!(events.is_empty());
    // And a ping is answered.
    let pong = timeout(PATIENCE, socket.next()).await.unwrap();
    assert!(matches!(pong, Some(Ok(Message::Pong(_)))), "{pong:?}");
}

/// How a connection can come to its end.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Closed,
    CutOff,
    HalfAFrame,
    NoFrame,
    HugeFrame,
    HugeMessage,
}

#[rstest]
#[tokio::test]
async fn after_any_end_there_is_another_connection(
    #[values(
        Ending::Closed,
        Ending::CutOff,
        Ending::HalfAFrame,
        Ending::NoFrame,
        Ending::HugeFrame,
        Ending::HugeMessage
    )]
    ending: Ending,
) {
    const HUGE: usize = 8 * 1024 * 1024 + 1;
    let mut odd = Odd::start().await;
    let waha = Arc::new(client(&odd.url, None));
    let mut events = waha.events();
    let _listening = Listening::to(&waha);
    let mut socket = odd.socket().await;
    match ending {
        Ending::Closed => socket.close(None).await.unwrap(),
        Ending::CutOff => {}
        // The head of a text of 126 bytes and more, and no more than that.
        Ending::HalfAFrame => socket.get_mut().write_all(&[0x81, 126, 1]).await.unwrap(),
        // A kind of frame that there is not.
        Ending::NoFrame => socket.get_mut().write_all(&[0x83, 0]).await.unwrap(),
        // The head of it says how long it is: it is not waited for.
        Ending::HugeFrame => {
            let mut head = vec![0x81, 127];
            head.extend((HUGE as u64).to_be_bytes());
            socket.get_mut().write_all(&head).await.unwrap();
        }
        Ending::HugeMessage => {
            // It may be cut off before we are through.
            for first_byte in [0x01, 0x80] {
                let mut part = vec![first_byte, 127];
                part.extend((HUGE as u64 - 1).to_be_bytes());
                part.extend(vec![b' '; HUGE - 1]);
                let _ = socket.get_mut().write_all(&part).await;
            }
        }
    }
    // The others are for the client to end.
    let kept = match ending {
        Ending::CutOff | Ending::HalfAFrame => {
            drop(socket);
            None
        }
        _ => Some(socket),
    };

    let mut socket = odd.socket().await;
    socket.send(Message::text(STATUS)).await.unwrap();
    assert_eq!(next(&mut events).await.changed, Changed::Status);
    drop(kept);
}

#[tokio::test]
async fn silence_is_noticed() {
    let mut odd = Odd::start().await;
    let timeouts = Timeouts {
        silence: Duration::from_millis(150),
        ..Timeouts::default()
    };
    let waha = Arc::new(client_with(&odd.url, None, timeouts));
    let _listening = Listening::to(&waha);
    // Not read from, so that our pings stay without an answer.
    let silent = odd.socket().await;
    let mut answering = odd.socket().await;
    // Pinged, and answering: it is kept.
    for _ in 0..5 {
        let ping = timeout(PATIENCE, answering.next()).await.unwrap();
        assert!(matches!(ping, Some(Ok(Message::Ping(_)))), "{ping:?}");
    }
    assert!(odd.connections.is_empty());
    drop(silent);
}

#[rstest]
#[case(401)]
#[case(404)]
#[case(200)]
#[tokio::test]
async fn what_is_no_web_socket_is_tried_again(#[case] status: u16) {
    let server = wiremock::MockServer::start().await;
    wiremock::Mock::given(wiremock::matchers::path("/ws"))
        .respond_with(wiremock::ResponseTemplate::new(status))
        .mount(&server)
        .await;
    let waha = Arc::new(client(&server.uri(), None));
    let listening = Listening::to(&waha);
    // A refused key is left alone for a while.
    let tries = if status == 401 { 1 } else { 2 };
    let asked = async {
        while server.received_requests().await.unwrap().len() < tries {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, asked).await.unwrap();
    assert!(!listening.0.is_finished());
}
