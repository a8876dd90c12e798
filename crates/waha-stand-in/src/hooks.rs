//! The hooks of [`StandIn`](crate::StandIn) over HTTP, without a key, for tests in other
//! languages. All are POST and answer `{"done": bool}`:
//!
//! | path | does |
//! |---|---|
//! | `/stand-in/sessions/{name}/{hook}` | `scan`, `expire-qr`, `lose-connection`, `logout-by-phone` or `fail` |
//! | `/stand-in/sessions/{name}/join-group?id=…&subject=…` | the account comes into a group |
//! | `/stand-in/sessions/{name}/rename-group?id=…&subject=…` | a group is given another name |
//! | `/stand-in/sessions/{name}/leave-group?id=…` | the account leaves a group |
//! | `/stand-in/sessions/{name}/say?from=…&text=…` | somebody writes, or in a group |
//! | `/stand-in/contacts/add?number=…&name=…` | somebody is saved in the phone |
//! | `/stand-in/contacts/remove?number=…` | somebody is removed from it |
//! | `/stand-in/fault/{fault}?ms=N` | `none`, `hang`, `late` (by `ms`), `error`, `garbage` or `unauthorized` |
//! | `/stand-in/send-fault/{fault}?ms=N&words=…` | of messages: `none`, `new-chats-held`, `fails` (with `words`), `unclear`, `empty-answer`, `never-receipted`, `refused-by-receipt`, `late-answer` (by `ms`) or `cut-off` |
//! | `/stand-in/timelock/{ends}` | the account may begin no new chats until then, in seconds since 1970; `lifted` takes it back |
//! | `/stand-in/hold/{hold}` | `true` keeps sessions in `STARTING`, `false` lets them go on |
//! | `/stand-in/down?ms=N` | refuses connections for `ms` milliseconds |
//!
//! `GET /stand-in/sessions/{name}` answers `{"status": …, "paired": bool}` or 404, and
//! `GET /stand-in/calls` the list of all calls under `/api`, and `GET /stand-in/sent` that of all
//! messages that were taken.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use serde_json::json;
use tokio::time::sleep;

use crate::{
    Fault, SendFault, SentText,
    errors::{answer, session_not_found},
    machine::{World, lock},
};

pub(crate) fn router(world: &Arc<World>) -> Router {
    Router::new()
        .route("/stand-in/sessions/{name}", get(session))
        .route("/stand-in/sessions/{name}/{hook}", post(phone))
        .route("/stand-in/contacts/{hook}", post(contacts))
        .route("/stand-in/fault/{fault}", post(fault))
        .route("/stand-in/send-fault/{fault}", post(send_fault))
        .route("/stand-in/timelock/{ends}", post(timelock))
        .route("/stand-in/hold/{hold}", post(hold))
        .route("/stand-in/down", post(down))
        .route("/stand-in/calls", get(calls))
        .route("/stand-in/sent", get(sent))
        .with_state(Arc::clone(world))
}

type Asked = Query<HashMap<String, String>>;

async fn session(State(world): State<Arc<World>>, Path(name): Path<String>) -> Response {
    match world.table.borrow().get(&name) {
        Some(session) => answer(
            200,
            &json!({"status": session.status.as_str(), "paired": session.paired}),
        ),
        None => session_not_found(),
    }
}

async fn phone(
    State(world): State<Arc<World>>,
    Path((name, hook)): Path<(String, String)>,
    Query(query): Asked,
) -> Response {
    let (id, subject) = (text(&query, "id"), text(&query, "subject"));
    done(match hook.as_str() {
        "scan" => world.scan(&name),
        "expire-qr" => world.expire_qr(&name),
        "lose-connection" => world.lose_connection(&name),
        "logout-by-phone" => world.logout_by_phone(&name, false),
        "fail" => world.fail(&name),
        "join-group" => world.join_group(&name, id, subject),
        "rename-group" => world.rename_group(&name, id, subject),
        "leave-group" => world.leave_group(&name, id),
        "say" => world.say(&name, text(&query, "from"), text(&query, "text")),
        _ => return session_not_found(),
    })
}

async fn contacts(
    State(world): State<Arc<World>>,
    Path(hook): Path<String>,
    Query(query): Asked,
) -> Response {
    let number = text(&query, "number");
    done(match hook.as_str() {
        "add" => world.add_contact(number, text(&query, "name")),
        "remove" => world.remove_contact(number),
        _ => false,
    })
}

async fn fault(
    State(world): State<Arc<World>>,
    Path(fault): Path<String>,
    Query(query): Asked,
) -> Response {
    let fault = match fault.as_str() {
        "none" => Fault::None,
        "hang" => Fault::Hang,
        "late" => Fault::Late(milliseconds(&query)),
        "error" => Fault::Error,
        "garbage" => Fault::Garbage,
        "unauthorized" => Fault::Unauthorized,
        _ => return done(false),
    };
    world.fault.send_replace(fault);
    done(true)
}

async fn send_fault(
    State(world): State<Arc<World>>,
    Path(fault): Path<String>,
    Query(query): Asked,
) -> Response {
    let fault = match fault.as_str() {
        "none" => SendFault::None,
        "new-chats-held" => SendFault::NewChatsHeld,
        "fails" => SendFault::Fails(text(&query, "words").to_owned()),
        "unclear" => SendFault::Unclear,
        "empty-answer" => SendFault::EmptyAnswer,
        "never-receipted" => SendFault::NeverReceipted,
        "refused-by-receipt" => SendFault::RefusedByReceipt,
        "late-answer" => SendFault::LateAnswer(milliseconds(&query)),
        "cut-off" => SendFault::CutOff,
        _ => return done(false),
    };
    world.send_fault.send_replace(fault);
    done(true)
}

async fn timelock(State(world): State<Arc<World>>, Path(ends): Path<String>) -> Response {
    let lock = match ends.parse() {
        Ok(ends) => Some(ends),
        Err(_) if ends == "lifted" => None,
        Err(_) => return done(false),
    };
    world.timelock.send_replace(lock);
    done(true)
}

async fn hold(State(world): State<Arc<World>>, Path(hold): Path<bool>) -> Response {
    world.hold.send_replace(hold);
    done(true)
}

async fn down(State(world): State<Arc<World>>, Query(query): Asked) -> Response {
    let away = milliseconds(&query);
    world.tasks.clone().spawn(async move {
        // So that this answer is out before the connections are cut.
        sleep(Duration::from_millis(20)).await;
        world.down().await;
        sleep(away).await;
        let _ = World::up(&world).await;
    });
    done(true)
}

async fn calls(State(world): State<Arc<World>>) -> Response {
    answer(200, &json!(*lock(&world.calls)))
}

async fn sent(State(world): State<Arc<World>>) -> Response {
    let record = |sent: &SentText| {
        let SentText {
            session,
            chat,
            text,
            id,
            at,
        } = sent;
        json!({"session": session, "chat": chat, "text": text, "id": id, "at": at})
    };
    answer(200, &world.sent.borrow().iter().map(record).collect())
}

fn text<'a>(query: &'a HashMap<String, String>, key: &str) -> &'a str {
    query.get(key).map_or("", String::as_str)
}

fn milliseconds(query: &HashMap<String, String>) -> Duration {
    Duration::from_millis(
        query
            .get("ms")
            .and_then(|ms| ms.parse().ok())
            .unwrap_or(1000),
    )
}

fn done(done: bool) -> Response {
    answer(200, &json!({"done": done}))
}
