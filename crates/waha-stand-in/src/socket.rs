//! The web socket (section 9.3).

use std::sync::Arc;

use axum::{
    extract::{Query, Request, State},
    http::{
        StatusCode,
        header::{
            CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
        },
    },
    response::{IntoResponse, Response},
};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, interval_at},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Message,
        handshake::derive_accept_key,
        protocol::{CloseFrame, Role, frame::coding::CloseCode},
    },
};

use crate::{
    Behaviour, Fault,
    errors::refused,
    events::Emitted,
    machine::{World, lock},
};

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What a client asks for.
struct Asked {
    key: Option<String>,
    session: String,
    events: Vec<String>,
}

impl Asked {
    fn read(query: Vec<(String, String)>) -> Self {
        let mut asked = Self {
            key: None,
            session: "*".into(),
            events: Vec::new(),
        };
        for (name, value) in query {
            match name.as_str() {
                "x-api-key" => asked.key = Some(value),
                "session" => asked.session = value,
                "events" => asked.events.extend(value.split(',').map(str::to_owned)),
                _ => {}
            }
        }
        if asked.events.is_empty() {
            asked.events.push("*".into());
        }
        asked
    }

    fn wants(&self, emitted: &Emitted) -> bool {
        (self.session == "*" || self.session == emitted.session)
            && self
                .events
                .iter()
                .any(|event| event == "*" || *event == emitted.event)
    }
}

pub(crate) async fn connect(
    State(world): State<Arc<World>>,
    Query(query): Query<Vec<(String, String)>>,
    mut request: Request,
) -> Response {
    lock(&world.calls).push("GET /ws".into());
    let headers = request.headers();
    let (nonce, version) = (
        headers.get(SEC_WEBSOCKET_KEY),
        headers.get(SEC_WEBSOCKET_VERSION),
    );
    let Some(nonce) = nonce.filter(|_| version.is_some_and(|version| version == "13")) else {
        return refused(400, "No web socket was asked for");
    };
    let accept = derive_accept_key(nonce.as_bytes());
    let asked = Asked::read(query);
    // From here on nothing is missed.
    let events = world.events.subscribe();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(connection) = upgrade.await {
            let io = TokioIo::new(connection);
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
            serve(&world, &asked, socket, events).await;
        }
    });
    let headers = [
        (CONNECTION, "Upgrade"),
        (UPGRADE, "websocket"),
        (SEC_WEBSOCKET_ACCEPT, &accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// Until the client or the world goes. A refusal comes after the upgrade, as a close.
async fn serve(
    world: &World,
    asked: &Asked,
    mut socket: Socket,
    mut events: broadcast::Receiver<Arc<Emitted>>,
) {
    if let Some((code, reason)) = refusal(world, asked) {
        let code = CloseCode::from(code);
        let reason = reason.into();
        let _ = socket.close(Some(CloseFrame { code, reason })).await;
        // The client closes in its turn.
        while let Some(Ok(_)) = socket.next().await {}
        return;
    }
    let minute = world.profile.waits.of(60.0);
    let mut pings = interval_at(Instant::now() + minute, minute);
    loop {
        let message = tokio::select! {
            _ = pings.tick() => Message::Ping(Vec::new().into()),
            event = events.recv() => match event {
                Ok(emitted) if asked.wants(&emitted) => Message::text(emitted.text.clone()),
                Ok(_) | Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return,
            },
            heard = socket.next() => match heard {
                Some(Ok(_)) => continue,
                _ => return,
            },
        };
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

fn refusal(world: &World, asked: &Asked) -> Option<(u16, &'static str)> {
    if world.profile.behaviour == Behaviour::Core202410 {
        // Keys are not looked at, and there is one thing to hear.
        let is_all_there_is = asked.session == "*" && asked.events == ["session.status"];
        return (!is_all_there_is).then_some((4001, "Only session.status of * is supported"));
    }
    let is_refused = *world.fault.borrow() == Fault::Unauthorized
        || world.profile.api_key.is_some() && world.profile.api_key != asked.key;
    is_refused.then_some((1008, "Unauthorized"))
}
