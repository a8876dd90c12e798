//! Sending with the simulated phone: what it takes, what it remembers of that, and what it says.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, Write},
    path::Path,
    time::Duration,
};

use serde_json::json;
use tokio::time::sleep;

use super::{Operation, Simulated, fault::Fault};
use crate::{
    Ack, Changed, ChatId, Found, Outgoing, Phone, Result, SendError, Sent, SessionName, State,
};

/// The longest that a message takes.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// Messages that are remembered, of all sessions together.
const REMEMBERED: usize = 10_000;

/// What the phone has taken.
#[derive(Default)]
pub(super) struct Outbox {
    /// Opened with the first message.
    journal: Option<File>,
    messages: VecDeque<(SessionName, Outgoing)>,
    total: u64,
    /// How long an answer is held back.
    delay: Option<Duration>,
}

impl Outbox {
    /// Takes the message, or leaves everything as it was.
    fn take(
        &mut self,
        journal: Option<&Path>,
        session: &SessionName,
        message: &Outgoing,
    ) -> io::Result<()> {
        if let Some(path) = journal {
            self.write(path, session, message)?;
        }
        if self.messages.len() == REMEMBERED {
            self.messages.pop_front();
        }
        self.messages.push_back((session.clone(), message.clone()));
        self.total += 1;
        Ok(())
    }

    /// In one piece, which the system has before anybody is answered: neither another process
    /// that writes there nor the sudden end of this one leaves half a line.
    fn write(&mut self, path: &Path, session: &SessionName, message: &Outgoing) -> io::Result<()> {
        let line = json!({
            "session": session.as_str(),
            "id": message.id,
            "chat": message.chat.as_str(),
            "text_len": message.text.len(),
        });
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => none.insert(OpenOptions::new().append(true).create(true).open(path)?),
        };
        journal.write_all(format!("{line}\n").as_bytes())
    }

    fn find(&self, session: &SessionName, id: &str) -> Option<&Outgoing> {
        self.of(session).find(|message| message.id == id)
    }

    fn of(&self, session: &SessionName) -> impl Iterator<Item = &Outgoing> {
        self.messages
            .iter()
            .filter(move |(name, _)| name == session)
            .map(|(_, message)| message)
    }

    fn has_forgotten(&self) -> bool {
        self.total > REMEMBERED as u64
    }
}

impl Simulated {
    /// What the session has been given to send, in that order, each as often as it was given: of
    /// all sessions' last 10,000.
    pub fn sent(&self, session: &SessionName) -> Vec<Outgoing> {
        self.lock().outbox.of(session).cloned().collect()
    }

    /// How many messages were taken, of all sessions.
    pub fn sent_total(&self) -> u64 {
        self.lock().outbox.total
    }

    /// Messages are answered so long after they were taken, those on their way not among them.
    /// What takes longer than [`Gateway::send_limit`](crate::Gateway::send_limit) is
    /// [`SendError::Unknown`] then.
    pub fn set_send_delay(&self, delay: Option<Duration>) {
        self.lock().outbox.delay = delay;
    }

    /// A receipt, for a message that was taken. `false` when none of this id was, or when it is
    /// no longer remembered.
    pub fn acknowledge(&self, session: &SessionName, id: &str, ack: Ack) -> bool {
        let taken = self.lock().outbox.find(session, id).is_some();
        if taken {
            self.tell_receipt(session, id, ack);
        }
        taken
    }

    /// Somebody writes to the account. `false` unless the session works and `from` is a person.
    pub fn say(&self, session: &SessionName, from: &ChatId, text: &str) -> bool {
        let works = self.lock().state(session, self.now()) == State::Working;
        let says = works && is_person(from);
        if says {
            self.tell(session, Changed::message(from.clone(), text));
        }
        says
    }

    pub(super) async fn take(
        &self,
        session: &SessionName,
        message: &Outgoing,
    ) -> Result<Sent, SendError> {
        let (fault, delay) = self.hand_over(session, message)?;
        if self.config.receipts {
            self.tell_receipts(session, &message.id);
        }
        if let Some(delay) = delay {
            sleep(delay.min(LIMIT)).await;
        }
        match fault {
            Some(fault) => Err(fault.send_error()),
            None if delay >= Some(LIMIT) => Err(SendError::unanswered()),
            None => Ok(Sent {
                id: Some(message.id.clone()),
            }),
        }
    }

    /// Takes the message if nothing is in its way; what goes wrong after that, and how long the
    /// answer takes.
    fn hand_over(
        &self,
        session: &SessionName,
        message: &Outgoing,
    ) -> Result<(Option<Fault>, Option<Duration>), SendError> {
        let mut inner = self.lock();
        let fault = inner.faults.due(Operation::Send);
        if let Some(fault) = fault
            && fault != Fault::AfterHandOver
        {
            return Err(fault.send_error());
        }
        match inner.state(session, self.now()) {
            State::Working => {}
            state => return Err(SendError::not_ready(&state)),
        }
        let is_gone = inner
            .sessions
            .get(session)
            .is_some_and(|session| session.gone.contains(&message.chat));
        self.must_reach(&message.chat, is_gone)?;

        let outbox = &mut inner.outbox;
        outbox
            .take(self.config.journal.as_deref(), session, message)
            .map_err(|_| SendError::Unavailable {
                reason: "The simulated phone cannot write its journal.".to_owned(),
            })?;
        Ok((fault, outbox.delay))
    }

    /// A phone writes to any number, and to the groups that it is in. `is_gone` tells that the
    /// account has left the group, or removed the contact, which is no hindrance.
    fn must_reach(&self, chat: &ChatId, is_gone: bool) -> Result<(), SendError> {
        let refused = |reason: &str| {
            Err(SendError::Refused {
                reason: reason.to_owned(),
            })
        };
        if chat.as_str().ends_with("@g.us") {
            let group = self.groups.iter().find(|group| group.id == *chat);
            match group.filter(|_| !is_gone) {
                None => refused("This account is not in the group any more."),
                Some(group) if group.is_member == Some(false) => {
                    refused("This account is not in the group any more.")
                }
                Some(group) if group.admins_only == Some(true) && group.is_admin != Some(true) => {
                    refused("Only admins may send in this group.")
                }
                Some(_) => Ok(()),
            }
        } else if !is_person(chat) {
            refused("This is neither a group nor a person.")
        } else {
            let contact = self.contacts.iter().find(|contact| contact.id == *chat);
            match contact.and_then(|contact| contact.is_whatsapp) {
                Some(false) => refused("This number is not on WhatsApp."),
                _ => Ok(()),
            }
        }
    }

    /// An unknown id surely never went out only if nothing was forgotten since; and a phone that
    /// is not said to remember may have been restarted.
    pub(super) fn look_up(&self, session: &SessionName, message: &Outgoing) -> Result<Found> {
        let inner = self.call(Operation::Find)?;
        Ok(if inner.outbox.find(session, &message.id).is_some() {
            Found::Sent
        } else if self.config.remembers && !inner.outbox.has_forgotten() {
            Found::Absent
        } else {
            Found::CannotTell
        })
    }

    /// Two of three messages are read; which, their ids decide.
    fn tell_receipts(&self, session: &SessionName, id: &str) {
        self.tell_receipt(session, id, Ack::Server);
        self.tell_receipt(session, id, Ack::Delivered);
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        if !hasher.finish().is_multiple_of(3) {
            self.tell_receipt(session, id, Ack::Read);
        }
    }

    fn tell_receipt(&self, session: &SessionName, id: &str, ack: Ack) {
        let id = id.to_owned();
        self.tell(session, Changed::Receipt { id, ack });
    }
}

/// A number that can be one, or a LID, whose digits are no number.
fn is_person(chat: &ChatId) -> bool {
    match chat.as_str().split_once('@') {
        Some((number, "c.us")) => {
            number.starts_with(|c: char| c.is_ascii_digit()) && Phone::parse(number).is_ok()
        }
        Some((lid, "lid")) => !lid.is_empty() && lid.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    }
}
