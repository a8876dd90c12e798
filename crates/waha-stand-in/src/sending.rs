//! `POST /api/sendText`, a message by its id, and messages that come in (sections 8 and 9.2).

use std::{panic::resume_unwind, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{Path, State},
    response::Response,
};
use serde_json::Value;
use tokio::time::sleep;

use crate::{
    Behaviour, Engine, Status,
    data::{has_store, ready},
    errors::{Answer, answer, empty, internal_about, invalid, refused},
    lifecycle::parsed,
    machine::{World, lock},
    messages::{self, Ack},
};

/// What goes wrong with every message, until it is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendFault {
    /// Nothing.
    None,
    /// 500 with WhatsApp's code for an account that may begin no new chats; not taken.
    NewChatsHeld,
    /// 500 with these words; not taken.
    Fails(String),
    /// 500 "Timed Out", although it was taken and goes out.
    Unclear,
    /// 201 with an empty body.
    EmptyAnswer,
    /// Taken, and nothing more is heard of it.
    NeverReceipted,
    /// Taken, and WhatsApp refuses it: a receipt of −1.
    RefusedByReceipt,
    /// Taken, and answered so much later.
    LateAnswer(Duration),
    /// Taken, and the connection is cut without an answer.
    CutOff,
}

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentText {
    /// The session that sends it.
    pub session: String,
    /// To whom, in WAHA's spelling.
    pub chat: String,
    /// What it says.
    pub text: String,
    /// The bare part of its id.
    pub id: String,
    /// In milliseconds, by the stand-in's clock.
    pub at: u64,
}

/// Goes on when its caller has hung up, as everything in WAHA does: what waits for a session to be
/// ready is sent in the end.
pub(crate) async fn send_text(State(world): State<Arc<World>>, body: Bytes) -> Answer {
    let work = send(Arc::clone(&world), body);
    match world.tasks.spawn(work).await {
        Ok(Ok(Some(answer))) => Ok(answer),
        Ok(Err(refusal)) => Err(refusal),
        // Unlike a panic, this is not reported; it ends the connection with its task.
        Ok(Ok(None)) | Err(_) => resume_unwind(Box::new("cut off")),
    }
}

/// `None` is no answer at all.
async fn send(world: Arc<World>, body: Bytes) -> Result<Option<Response>, Response> {
    let body = parsed(&body)?;
    let Some(session) = body["session"].as_str() else {
        return Err(match world.profile.behaviour {
            Behaviour::Core202410 => refused(422, "session is required"),
            _ => invalid("session should not be empty"),
        });
    };
    ready(&world, session, Status::Working).await?;

    let fails = |words: &str| {
        let behaviour = world.profile.behaviour;
        internal_about(behaviour, "POST", "/api/sendText", words, &body)
    };
    let (Some(chat), Some(text)) = (body["chatId"].as_str(), body["text"].as_str()) else {
        return Err(fails(
            "Cannot read properties of undefined (reading 'includes')",
        ));
    };
    let chat = spelled(chat);
    let fault = world.send_fault.borrow().clone();
    match &fault {
        SendFault::NewChatsHeld => return Err(fails("2 UNKNOWN: server returned error 463")),
        SendFault::Fails(words) => return Err(fails(words)),
        _ => {}
    }
    let is_known = is_on_whatsapp(&world, &chat);
    if !is_known && let Some(words) = no_lid(&world, &chat) {
        return Err(fails(&words));
    }

    let sent = world.take(session, &chat, text, body["id"].as_str());
    let receipts: &[Ack] = match fault {
        SendFault::NeverReceipted => &[],
        SendFault::RefusedByReceipt => &[Ack::Error],
        _ if is_known => &[Ack::Server, Ack::Device, Ack::Read],
        _ => &[],
    };
    world.tell_of_own(&sent, receipts);

    let shaped = messages::answer(&world, &sent);
    match fault {
        SendFault::Unclear => Err(fails("Timed Out")),
        SendFault::EmptyAnswer => Ok(Some(empty(201))),
        SendFault::CutOff => Ok(None),
        SendFault::LateAnswer(delay) => {
            sleep(delay).await;
            Ok(Some(answer(201, &shaped)))
        }
        _ => Ok(Some(answer(201, &shaped))),
    }
}

/// One own message. NOWEB looks it up by the bare part of its id, and says of an unknown one
/// nothing at all; that GOWS fails is taken from what it does with groups.
pub(crate) async fn find(
    State(world): State<Arc<World>>,
    Path((session, chat, id)): Path<(String, String, String)>,
) -> Answer {
    let path = format!("/api/{session}/chats/{chat}/messages/{id}");
    if world.profile.behaviour == Behaviour::Core202410 {
        return Err(refused(404, format!("Cannot GET {path}")));
    }
    let record = ready(&world, &session, Status::Working).await?;
    if world.profile.engine == Engine::Noweb && !has_store(&record) {
        return Err(refused(
            400,
            "Enable NOWEB store: config.noweb.store.enabled=True",
        ));
    }
    let bare = match id.split('_').collect::<Vec<_>>()[..] {
        ["true" | "false", _, bare, ..] => bare,
        _ => &id,
    };
    let is_it = |sent: &&SentText| sent.session == session && sent.chat == chat && sent.id == bare;
    match (world.sent.borrow().iter().find(is_it), world.profile.engine) {
        (Some(sent), _) => Ok(answer(200, &messages::own(&world, sent, Ack::Server))),
        (None, Engine::Gows) => Err(internal_about(
            world.profile.behaviour,
            "GET",
            &path,
            "2 UNKNOWN: sql: no rows in result set",
            &Value::Null,
        )),
        (None, _) => Ok(empty(200)),
    }
}

impl World {
    /// Its id is the sender's own where this release and engine take one.
    fn take(&self, session: &str, chat: &str, text: &str, id: Option<&str>) -> SentText {
        let takes_ids =
            self.profile.behaviour == Behaviour::Current && self.profile.engine != Engine::Webjs;
        let at = self.tick();
        let id = id
            .filter(|id| takes_ids && !id.is_empty())
            .map_or_else(|| format!("3EB0{at:018X}"), str::to_owned);
        let sent = SentText {
            session: session.to_owned(),
            chat: chat.to_owned(),
            text: text.to_owned(),
            id,
            at,
        };
        self.sent.send_modify(|all| all.push(sent.clone()));
        sent
    }
}

/// WAHA's spelling of a chat.
fn spelled(chat: &str) -> String {
    match chat.split_once('@') {
        None => format!("{chat}@c.us"),
        Some((user, "s.whatsapp.net")) => format!("{user}@c.us"),
        Some(_) => chat.to_owned(),
    }
}

/// Everybody but those of the address book who have no WhatsApp.
fn is_on_whatsapp(world: &World, chat: &str) -> bool {
    let number = chat.strip_suffix("@c.us");
    !lock(&world.account)
        .people
        .iter()
        .any(|person| number.is_some() && person.number.as_deref() == number && !person.is_whatsapp)
}

/// What the engine says of a number that WhatsApp does not know; nothing where it does not ask.
fn no_lid(world: &World, chat: &str) -> Option<String> {
    if world.profile.behaviour == Behaviour::Core202410 {
        return None;
    }
    let number = chat.trim_end_matches("@c.us");
    match world.profile.engine {
        Engine::Webjs => Some("No LID for user".to_owned()),
        Engine::Noweb => None,
        Engine::Gows => Some(format!(
            "2 UNKNOWN: no LID found for {number}@s.whatsapp.net from server"
        )),
    }
}
