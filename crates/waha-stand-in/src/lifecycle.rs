//! `/api/sessions…`: making, starting, stopping, unlinking (section 4.2).

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    response::Response,
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{
    Behaviour, Engine, Status,
    account::Me,
    errors::{Answer, answer, empty, internal, invalid, refused, session_not_found},
    machine::{Session, World, lock},
    server::engine,
    webhooks,
};

type Shared = State<Arc<World>>;

pub(crate) async fn list(
    State(world): Shared,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let all = match query.get("all").map(String::as_str) {
        None | Some("false" | "False" | "0") => false,
        Some("true" | "True" | "1") => true,
        Some(_) => return invalid("all must be a boolean value"),
    };
    let table = world.table.borrow();
    let shown = table
        .iter()
        .filter(|(_, session)| all || session.status != Status::Stopped);
    answer(
        200,
        &shown
            .map(|(name, session)| record(&world, name, session, false))
            .collect(),
    )
}

pub(crate) async fn show(State(world): Shared, Path(name): Path<String>) -> Answer {
    // 2024.10 does not look at the name here.
    if world.profile.behaviour > Behaviour::Core202410 {
        one_only(&world, &name)?;
    }
    Ok(detail(&world, 200, &name))
}

pub(crate) async fn me(State(world): Shared, Path(name): Path<String>) -> Response {
    match world.table.borrow().get(&name) {
        Some(session) if session.status != Status::Stopped => {
            if session.me {
                answer(200, &own(&world))
            } else {
                empty(200)
            }
        }
        _ => refused(404, "Start the session first"),
    }
}

pub(crate) async fn create(State(world): Shared, body: Bytes) -> Answer {
    let body = parsed(&body)?;
    let start = match &body["start"] {
        // The documentation says that it defaults to true; it does not (section 1).
        Value::Null => false,
        Value::Bool(start) => *start,
        _ => return Err(invalid("start must be a boolean value")),
    };
    let name = match &body["name"] {
        Value::Null => format!("session_01standin{:017}", world.table.borrow().len()),
        Value::String(name) if is_allowed(&world, name) => name.clone(),
        _ => {
            return Err(invalid(
                "name can only contain alphanumeric characters, hyphens, and underscores",
            ));
        }
    };
    one_only(&world, &name)?;
    webhooks::check(world.profile.behaviour, &body["config"])?;
    if !start
        && world.profile.behaviour != Behaviour::Current
        && !world.table.borrow().contains_key(&name)
    {
        // Old free WAHA makes nothing then, and says yes.
        return Ok(empty(201));
    }
    let config = completed(&body["config"]);
    let is_new = world.table.send_if_modified(|table| {
        let is_new = !table.contains_key(&name);
        if is_new {
            table.insert(name.clone(), Session::stopped(config));
        }
        is_new
    });
    if !is_new {
        return Err(refused(422, "The session already exists"));
    }
    serial(world, name, move |world, name| async move {
        if start {
            world.run(&name);
        }
        detail(&world, 201, &name)
    })
    .await
}

pub(crate) async fn update(State(world): Shared, Path(name): Path<String>, body: Bytes) -> Answer {
    let body = parsed(&body)?;
    webhooks::check(world.profile.behaviour, &body["config"])?;
    known(world, name, 200, move |world, name, status| async move {
        world.table.send_modify(|table| {
            if let Some(session) = table.get_mut(&name) {
                session.config = completed(&body["config"]);
            }
        });
        if status != Status::Stopped {
            stop_now(&world, &name).await;
            world.run(&name);
        }
    })
    .await
}

pub(crate) async fn start(State(world): Shared, Path(name): Path<String>) -> Answer {
    one_only(&world, &name)?;
    serial(world, name, |world, name| async move {
        let status = world
            .table
            .borrow()
            .get(&name)
            .map(|session| session.status);
        match status {
            None => return session_not_found(),
            Some(Status::Stopped) => world.run(&name),
            Some(_) if world.profile.behaviour == Behaviour::Current => {}
            Some(_) => return refused(422, "The session is already started"),
        }
        detail(&world, 201, &name)
    })
    .await
}

pub(crate) async fn stop(State(world): Shared, Path(name): Path<String>) -> Answer {
    if !world.table.borrow().contains_key(&name) {
        one_only(&world, &name)?;
        return Ok(empty(201));
    }
    known(world, name, 201, |world, name, status| async move {
        if status != Status::Stopped {
            stop_now(&world, &name).await;
        }
    })
    .await
}

pub(crate) async fn restart(State(world): Shared, Path(name): Path<String>) -> Answer {
    known(world, name, 201, |world, name, status| async move {
        if status != Status::Stopped {
            stop_now(&world, &name).await;
        }
        world.run(&name);
    })
    .await
}

pub(crate) async fn logout(State(world): Shared, Path(name): Path<String>) -> Answer {
    known(world, name, 201, |world, name, status| async move {
        unpair(&world, &name).await;
        if status != Status::Stopped {
            stop_now(&world, &name).await;
            world.run(&name);
        }
    })
    .await
}

pub(crate) async fn delete(State(world): Shared, Path(name): Path<String>) -> Answer {
    one_only(&world, &name)?;
    serial(world, name, |world, name| async move {
        let status = world
            .table
            .borrow()
            .get(&name)
            .map(|session| session.status);
        if status.is_some_and(|status| status != Status::Stopped) {
            unpair(&world, &name).await;
            stop_now(&world, &name).await;
        }
        world.table.send_modify(|table| {
            table.remove(&name);
        });
        empty(200)
    })
    .await
}

/// The change of a session that has to be there, and the session after it.
async fn known<W, F>(world: Arc<World>, name: String, code: u16, work: W) -> Answer
where
    W: FnOnce(Arc<World>, String, Status) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    one_only(&world, &name)?;
    serial(world, name, move |world, name| async move {
        let status = world
            .table
            .borrow()
            .get(&name)
            .map(|session| session.status);
        let Some(status) = status else {
            return session_not_found();
        };
        work(Arc::clone(&world), name.clone(), status).await;
        detail(&world, code, &name)
    })
    .await
}

/// One such call a session at a time; whoever queues for over five seconds gets a 500. The work
/// goes on when its caller hangs up (section 4.3).
async fn serial<W, F>(world: Arc<World>, name: String, work: W) -> Answer
where
    W: FnOnce(Arc<World>, String) -> F + Send + 'static,
    F: Future<Output = Response> + Send,
{
    let behaviour = world.profile.behaviour;
    // Time limits came in 2025.
    let limit = if behaviour > Behaviour::Core202410 {
        5.0
    } else {
        3600.0
    };
    let queue = Arc::clone(lock(&world.locks).entry(name.clone()).or_default());
    let done = world.tasks.clone().spawn(async move {
        match timeout(world.profile.waits.of(limit), queue.lock_owned()).await {
            Ok(_turn) => Some(work(world, name).await),
            Err(_) => None,
        }
    });
    let late = || {
        internal(
            behaviour,
            "POST",
            "/api/sessions",
            "async-lock timed out in queue",
        )
    };
    done.await.ok().flatten().ok_or_else(late)
}

async fn stop_now(world: &World, name: &str) {
    world.halt(name);
    let seconds = match (world.profile.behaviour, world.profile.engine) {
        (Behaviour::Current, Engine::Noweb) => 1.0,
        (Behaviour::Current, Engine::Gows) => 0.01,
        _ => 3.0,
    };
    sleep(world.profile.waits.of(seconds)).await;
}

async fn unpair(world: &World, name: &str) {
    world.unpair(name);
    let seconds = match (world.profile.behaviour, world.profile.engine) {
        (Behaviour::Core202410, _) => return,
        (Behaviour::Current, Engine::Webjs) => 3.0,
        _ => 1.0,
    };
    sleep(world.profile.waits.of(seconds)).await;
}

/// Free WAHA before 2026.6.1 takes `default` alone.
pub(crate) fn one_only(world: &World, name: &str) -> Result<(), Response> {
    if world.profile.behaviour == Behaviour::Current || name == "default" {
        Ok(())
    } else {
        Err(refused(
            422,
            "This WAHA supports the session 'default' alone",
        ))
    }
}

fn is_allowed(world: &World, name: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    name.len() <= 54
        && (world.profile.behaviour == Behaviour::Core202410 || name.bytes().all(is_word))
}

pub(crate) fn parsed(body: &Bytes) -> Result<Value, Response> {
    match serde_json::from_slice(body) {
        _ if body.is_empty() => Ok(json!({})),
        Ok(body @ Value::Object(_)) => Ok(body),
        _ => Err(refused(400, "Expected property name or '}' in JSON")),
    }
}

/// WAHA fills some defaults in.
fn completed(config: &Value) -> Option<Value> {
    let mut config = config.as_object()?.clone();
    if let Some(noweb) = config.get_mut("noweb").and_then(Value::as_object_mut) {
        noweb.entry("markOnline").or_insert(json!(true));
        if let Some(store) = noweb.get_mut("store").and_then(Value::as_object_mut) {
            store.entry("fullSync").or_insert(json!(false));
        }
    }
    Some(config.into())
}

fn detail(world: &World, code: u16, name: &str) -> Response {
    match world.table.borrow().get(name) {
        Some(session) => answer(code, &record(world, name, session, true)),
        None => session_not_found(),
    }
}

/// A session as it is shown (section 4.1).
fn record(world: &World, name: &str, session: &Session, in_detail: bool) -> Value {
    let (behaviour, engine_kind) = (world.profile.behaviour, world.profile.engine);
    let mut record = json!({"name": name, "status": session.status.as_str()});
    record["config"] = match &session.config {
        Some(config) => config.clone(),
        None if behaviour == Behaviour::Current => json!({}),
        None => Value::Null,
    };
    if session.me {
        record["me"] = own(world);
    } else if engine_kind != Engine::Gows || behaviour == Behaviour::Core202410 {
        record["me"] = Value::Null;
    }
    if behaviour > Behaviour::Core202410 {
        record["presence"] = Value::Null;
        record["timestamps"] = json!({"activity": null});
    }
    if in_detail {
        record["engine"] = match (session.status, engine_kind) {
            (Status::Stopped, _) => json!({}),
            (_, Engine::Webjs) => {
                json!({"engine": "WEBJS", "WWebVersion": "2.3000.1", "state": null})
            }
            (_, Engine::Noweb) => json!({"engine": engine(engine_kind)}),
            (_, Engine::Gows) => {
                json!({"engine": "GOWS", "grpc": {"client": "READY", "stream": "READY"}, "gows": {"found": true, "connected": true}})
            }
        };
    }
    record
}

pub(crate) fn own(world: &World) -> Value {
    let mut me = json!({"id": Me::ID, "pushName": Me::NAME});
    if world.profile.behaviour == Behaviour::Current {
        let lock = world.timelock.borrow().map(|ends| {
            json!({"enforcementType": "DEFAULT", "isActive": true, "timeEnforcementEnds": ends})
        });
        me["reachoutTimelock"] = lock.unwrap_or_default();
        me["messageCapping"] = Value::Null;
    }
    match (world.profile.behaviour, world.profile.engine) {
        (Behaviour::Core202410, _) | (Behaviour::Core202602, Engine::Webjs) => {}
        (_, engine) => {
            me["lid"] = json!(Me::LID);
            if engine == Engine::Gows {
                me["jid"] = json!(Me::JID);
            }
        }
    }
    me
}
