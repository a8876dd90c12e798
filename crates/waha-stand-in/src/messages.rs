//! Messages and receipts as each engine tells of them (sections 8 and 9.2).

use serde_json::{Value, json};

use crate::{
    Behaviour, Engine, SentText, Status,
    account::Me,
    machine::{Session, World, lock},
};

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ack {
    Error,
    Server,
    Device,
    Read,
}

impl Ack {
    fn number(self) -> i8 {
        match self {
            Self::Error => -1,
            Self::Server => 1,
            Self::Device => 2,
            Self::Read => 3,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::Server => "SERVER",
            Self::Device => "DEVICE",
            Self::Read => "READ",
        }
    }
}

/// What the sender of a message is answered.
pub(crate) fn answer(world: &World, sent: &SentText) -> Value {
    let SentText { chat, text, id, .. } = sent;
    let seconds = sent.at / 1000;
    let is_group = chat.ends_with("@g.us");
    match world.profile.engine {
        Engine::Webjs => json!({
            "_data": {"id": {"fromMe": true, "remote": chat, "id": id}, "body": text},
            // Without the member, unlike in events.
            "id": {"fromMe": true, "remote": chat, "id": id, "_serialized": format!("true_{chat}_{id}")},
            "ack": 0,
            "body": text,
            "type": "chat",
            "timestamp": seconds,
            "from": Me::ID,
            "to": chat,
            "deviceType": "web",
            "fromMe": true,
            "hasMedia": false,
            "vCards": [],
            "mentionedIds": [],
            "links": [],
        }),
        Engine::Noweb => {
            let mut message = json!({
                "key": {"remoteJid": raw(chat), "fromMe": true, "id": id},
                "message": {"extendedTextMessage": {"text": text}},
                "messageTimestamp": seconds.to_string(),
                "status": "PENDING",
            });
            if is_group {
                message["participant"] = json!(raw(Me::ID));
            }
            message
        }
        Engine::Gows => json!({"id": full_id(sent), "_data": null}),
    }
}

/// An own message in the shape that events, and the search by id, have in common.
pub(crate) fn own(world: &World, sent: &SentText, ack: Ack) -> Value {
    let is_old = world.profile.behaviour == Behaviour::Core202410;
    let seconds = sent.at / 1000;
    let mut message = json!({
        "id": full_id(sent),
        "timestamp": seconds,
        "from": Me::ID,
        "fromMe": true,
        "source": "api",
        "to": sent.chat,
        "body": sent.text,
        "hasMedia": false,
        "media": null,
        "ack": ack.number(),
        "ackName": ack.name(),
        "location": null,
        "vCards": [],
        "replyTo": null,
        "_data": {"key": {"remoteJid": raw(&sent.chat), "fromMe": true, "id": sent.id}},
    });
    if is_old {
        message["timestamp"] = json!({"low": seconds, "high": 0, "unsigned": true});
    }
    if sent.chat.ends_with("@g.us") {
        message["participant"] = json!(Me::ID);
    }
    message
}

impl World {
    /// That a message is on its way, and how far it gets.
    pub(crate) fn tell_of_own(&self, sent: &SentText, receipts: &[Ack]) {
        let table = self.table.borrow();
        let Some(session) = table.get(&sent.session) else {
            return;
        };
        let message = own(self, sent, Ack::Server);
        self.emit(&sent.session, session, "message.any", sent.at, message);
        for &ack in receipts {
            for event in self.receipt_events(session, &sent.chat) {
                let at = self.tick();
                self.emit(&sent.session, session, event, at, receipt(sent, ack));
            }
        }
    }

    /// A receipt goes by one name, in groups by another or by both, or is not told.
    fn receipt_events(&self, session: &Session, chat: &str) -> &'static [&'static str] {
        let config = session.config.as_ref().unwrap_or(&Value::Null);
        match (self.profile.engine, self.profile.behaviour) {
            _ if !chat.ends_with("@g.us") => &["message.ack"],
            (Engine::Webjs, _) if config["webjs"]["tagsEventsOn"] != true => &[],
            (_, Behaviour::Core202410) => &["message.ack"],
            (Engine::Noweb, _) => &["message.ack", "message.ack.group"],
            _ => &["message.ack.group"],
        }
    }

    /// Somebody writes, to the account or in a group of its. False unless `WORKING`.
    pub(crate) fn say(&self, name: &str, chat: &str, text: &str) -> bool {
        let table = self.table.borrow();
        let working = |session: &&Session| session.status == Status::Working;
        let Some(session) = table.get(name).filter(working) else {
            return false;
        };
        let at = self.tick();
        let id = format!("3A{at:018X}");
        let mut message = json!({
            "id": format!("false_{chat}_{id}"),
            "timestamp": at / 1000,
            "from": chat,
            "fromMe": false,
            "source": "app",
            "to": Me::ID,
            "body": text,
            "hasMedia": false,
            "media": null,
            "ack": Ack::Device.number(),
            "ackName": Ack::Device.name(),
            "location": null,
            "vCards": [],
            "replyTo": null,
            "_data": {"key": {"remoteJid": raw(chat), "fromMe": false, "id": id}},
        });
        if self.profile.behaviour == Behaviour::Core202410 {
            message["ack"] = Value::Null;
        }
        if chat.ends_with("@g.us") {
            let member = lock(&self.account).people[0].lid.clone();
            message["id"] = json!(format!("false_{chat}_{id}_{member}"));
            message["participant"] = json!(member);
        }
        // One message, and one id for both.
        for event in ["message", "message.any"] {
            self.emit(name, session, event, at, message.clone());
        }
        true
    }
}

fn receipt(sent: &SentText, ack: Ack) -> Value {
    let mut receipt = json!({
        "id": full_id(sent),
        "from": Me::ID,
        "to": sent.chat,
        "fromMe": true,
        "ack": ack.number(),
        "ackName": ack.name(),
    });
    if sent.chat.ends_with("@g.us") {
        receipt["participant"] = json!(Me::ID);
    }
    receipt
}

/// `true_<chat>_<ID>`, in groups with the sender.
fn full_id(sent: &SentText) -> String {
    let SentText { chat, id, .. } = sent;
    if chat.ends_with("@g.us") {
        format!("true_{chat}_{id}_{}", Me::ID)
    } else {
        format!("true_{chat}_{id}")
    }
}

/// The engines' own spelling of people.
fn raw(chat: &str) -> String {
    chat.replace("@c.us", "@s.whatsapp.net")
}
