//! What WAHA says unasked (section 9.2), and what makes it say so: the world changes.

use std::sync::{Arc, atomic::Ordering};

use serde_json::{Value, json};

use crate::{
    Behaviour, Engine, Status,
    account::{Club, Person, Place},
    errors::version,
    lifecycle::own,
    machine::{Session, World, lock},
    server::engine,
    webhooks,
};

/// An event in its envelope.
#[derive(Debug)]
pub(crate) struct Emitted {
    pub(crate) event: String,
    pub(crate) session: String,
    pub(crate) id: String,
    pub(crate) timestamp: u64,
    /// As it goes out.
    pub(crate) text: String,
}

impl World {
    /// Called with the table in hand, so that events come in the order of what happened.
    pub(crate) fn status_changed(&self, name: &str, session: &mut Session) {
        let status = session.status.as_str();
        let at = self.tick();
        session
            .history
            .push(json!({"status": status, "timestamp": at}));
        let mut payload = json!({"name": name, "status": status});
        if self.profile.behaviour > Behaviour::Core202410 {
            let last = session.history.len().saturating_sub(3);
            payload["statuses"] = json!(session.history[last..]);
        }
        if self.profile.behaviour == Behaviour::Current {
            payload["data"] = Value::Null;
        }
        self.emit(name, session, "session.status", at, payload);
    }

    /// The account comes into a group of this id and name. False unless `WORKING`, or when it is
    /// in one of this id already.
    pub(crate) fn join_group(&self, name: &str, id: &str, subject: &str) -> bool {
        self.with_group(name, id, "join", |clubs| {
            if clubs.iter().any(|club| club.id == id) {
                return false;
            }
            clubs.push(Club {
                id: id.to_owned(),
                subject: Some(subject.to_owned()),
                members: Vec::new(),
                place: Place::Member,
                admins_only: false,
                by_lid: false,
            });
            true
        })
    }

    /// The account leaves a group. False unless `WORKING` and in it.
    pub(crate) fn leave_group(&self, name: &str, id: &str) -> bool {
        let stays_listed = self.profile.engine == Engine::Webjs;
        self.with_group(name, id, "leave", |clubs| {
            let is_left = |club: &Club| club.id == id && club.place != Place::Outside;
            let Some(at) = clubs.iter().position(is_left) else {
                return false;
            };
            if stays_listed {
                clubs[at].place = Place::Outside;
            } else {
                clubs.remove(at);
            }
            true
        })
    }

    /// A group is given another name. False unless `WORKING` and in it.
    pub(crate) fn rename_group(&self, name: &str, id: &str, subject: &str) -> bool {
        self.with_group(name, id, "update", |clubs| {
            let club = clubs.iter_mut().find(|club| club.id == id);
            club.is_some_and(|club| {
                club.subject.replace(subject.to_owned()).as_deref() != Some(subject)
            })
        })
    }

    /// Somebody is saved in the phone. WAHA says nothing of it.
    pub(crate) fn add_contact(&self, number: &str, contact: &str) -> bool {
        let people = &mut lock(&self.account).people;
        if people
            .iter()
            .any(|person| person.number.as_deref() == Some(number))
        {
            return false;
        }
        people.push(Person {
            number: Some(number.to_owned()),
            hidden_number: None,
            lid: format!("{}@lid", 230_000_000_000_000 + people.len()),
            name: Some(contact.to_owned()),
            push_name: None,
            is_blocked: false,
            is_whatsapp: true,
        });
        true
    }

    pub(crate) fn remove_contact(&self, number: &str) -> bool {
        let people = &mut lock(&self.account).people;
        let before = people.len();
        people.retain(|person| person.number.as_deref() != Some(number));
        people.len() < before
    }

    /// Does it, and says so where it was done.
    fn with_group(
        &self,
        name: &str,
        id: &str,
        what: &str,
        act: impl FnOnce(&mut Vec<Club>) -> bool,
    ) -> bool {
        let table = self.table.borrow();
        let working = |session: &&Session| session.status == Status::Working;
        let Some(session) = table.get(name).filter(working) else {
            return false;
        };
        if !act(&mut lock(&self.account).clubs) {
            return false;
        }
        let at = self.tick();
        // Before 2025.2 there is less to hear, and it is as raw as the engine says it.
        if self.profile.behaviour == Behaviour::Core202410 {
            if what != "update" {
                self.emit(
                    name,
                    session,
                    &format!("group.{what}"),
                    at,
                    json!({"id": id}),
                );
            }
            return true;
        }
        // WEBJS counts seconds.
        let timestamp = match self.profile.engine {
            Engine::Webjs => at / 1000,
            Engine::Noweb | Engine::Gows => at,
        };
        let payload = json!({"timestamp": timestamp, "group": {"id": id}, "_data": {}});
        self.emit(name, session, &format!("group.v2.{what}"), at, payload);
        true
    }

    /// The envelope (section 9.1), to the session's webhooks and to the web sockets.
    pub(crate) fn emit(
        &self,
        name: &str,
        session: &Session,
        event: &str,
        timestamp: u64,
        payload: Value,
    ) {
        let behaviour = self.profile.behaviour;
        let config = session.config.as_ref().unwrap_or(&Value::Null);
        let id = format!("evt_01standin{timestamp:017}");
        let mut envelope = json!({});
        if behaviour > Behaviour::Core202410 {
            envelope["id"] = json!(id);
            envelope["timestamp"] = json!(timestamp);
        }
        envelope["event"] = json!(event);
        envelope["session"] = json!(name);
        if config["metadata"].is_object() {
            envelope["metadata"] = config["metadata"].clone();
        }
        envelope["me"] = if session.me { own(self) } else { Value::Null };
        envelope["payload"] = payload;
        envelope["engine"] = json!(engine(self.profile.engine));
        envelope["environment"] = json!({
            "version": version(behaviour),
            "engine": engine(self.profile.engine),
            "tier": "CORE",
            "browser": null,
        });
        let emitted = Arc::new(Emitted {
            event: event.to_owned(),
            session: name.to_owned(),
            id,
            timestamp,
            text: envelope.to_string(),
        });
        webhooks::post(self, config, &emitted);
        // Nobody listening is no fault.
        let _ = self.events.send(emitted);
    }

    /// Milliseconds of a clock that goes on with each event.
    pub(crate) fn tick(&self) -> u64 {
        1_795_375_690_000 + self.emitted.fetch_add(1, Ordering::Relaxed)
    }
}
