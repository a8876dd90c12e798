//! The words that all engines share: sessions, their states, chats, phone numbers.

use std::fmt;

/// Characters that are kept of a message that came in.
const MESSAGE: usize = 200;

/// A session's name as an engine knows it: `a-z A-Z 0-9 _ -`, 1 to 54 characters, which every
/// WAHA accepts (`docs/wire/waha.md`, section 4.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionName(String);

/// The text is no session name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a session name has 1 to 54 of the characters a-z A-Z 0-9 _ -")]
pub struct InvalidName;

impl SessionName {
    /// Checks and takes a name.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if (1..=54).contains(&name.len()) && name.bytes().all(allowed) {
            Ok(Self(name))
        } else {
            Err(InvalidName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A phone number in international form, kept as `+` and 7 to 15 digits of which the first is
/// not 0.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

/// The text is no phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a phone number has its country code and 7 to 15 digits, for example +491512345678")]
pub struct InvalidPhone;

impl Phone {
    /// Reads a number by its form: an optional `+`, digits; spaces, dashes, dots and brackets are
    /// dropped.
    pub fn parse(text: &str) -> Result<Self, InvalidPhone> {
        let bare: String = text
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '[' | ']' | '\u{a0}'))
            .collect();
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        let right = (7..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if right {
            Ok(Self(format!("+{digits}")))
        } else {
            Err(InvalidPhone)
        }
    }

    /// `+` and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone, as WhatsApp ids carry them.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
}

/// A session's state in WAHA's words, which are also what clients are shown
/// (`docs/wire/waha.md`, section 4.4). An open set: engines grow new ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Not running, or unknown to the engine.
    Stopped,
    /// On its way; also what a lost connection looks like while it is being restored.
    Starting,
    /// Waits for the phone to scan.
    ScanQrCode,
    /// Linked and connected.
    Working,
    /// Gave up; needs a restart, or to be linked again.
    Failed,
    /// WhatsApp asks for a passkey before it links (WAHA from 2026.7).
    PasskeyRequired,
    /// A passkey was given and waits for its confirmation (WAHA from 2026.7).
    PasskeyConfirmationRequired,
    /// A word that came after this was written.
    Other(String),
}

impl State {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stopped => "STOPPED",
            Self::Starting => "STARTING",
            Self::ScanQrCode => "SCAN_QR_CODE",
            Self::Working => "WORKING",
            Self::Failed => "FAILED",
            Self::PasskeyRequired => "PASSKEY_REQUIRED",
            Self::PasskeyConfirmationRequired => "PASSKEY_CONFIRMATION_REQUIRED",
            Self::Other(word) => word,
        }
    }

    /// Reads the word on the wire.
    pub fn from_word(word: &str) -> Self {
        match word {
            "STOPPED" => Self::Stopped,
            "STARTING" => Self::Starting,
            "SCAN_QR_CODE" => Self::ScanQrCode,
            "WORKING" => Self::Working,
            "FAILED" => Self::Failed,
            "PASSKEY_REQUIRED" => Self::PasskeyRequired,
            "PASSKEY_CONFIRMATION_REQUIRED" => Self::PasskeyConfirmationRequired,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What an engine sees of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its state.
    pub state: State,
    /// The account's own number, once linked and told.
    pub number: Option<Phone>,
    /// In plain words, why it is [`State::Failed`] and what helps; always there in that state.
    pub cause: Option<String>,
}

/// The text that the QR code to scan holds. It is a credential: never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Qr(pub String);

impl fmt::Debug for Qr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Qr(…)")
    }
}

/// A chat's WhatsApp id: `…@g.us` a group, `…@c.us` a person by number, `…@lid` a person whose
/// number is hidden. Engines' other spelling of people, `@s.whatsapp.net`, never leaves them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChatId(pub String);

impl ChatId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A group of the account. What the engine does not tell is `None`: unknown, not no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// `…@g.us`.
    pub id: ChatId,
    /// Its subject; `None` where the engine has none.
    pub name: Option<String>,
    /// How many people are in it.
    pub members: Option<u32>,
    /// Whether its admins alone may send.
    pub admins_only: Option<bool>,
    /// Whether the account is one of its admins.
    pub is_admin: Option<bool>,
    /// Whether the account is still in it.
    pub is_member: Option<bool>,
}

/// Somebody the account knows. A flag that the engine does not tell is `None`: unknown, not no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// `…@c.us`, or `…@lid` for who is known only by LID.
    pub id: ChatId,
    /// The name under which the phone has saved them.
    pub name: Option<String>,
    /// The name they gave themselves.
    pub push_name: Option<String>,
    /// Digits of the phone number; `None` for who is known only by LID.
    pub number: Option<String>,
    /// `…@lid`, of who is known by number, where the engine tells both; the list may also have
    /// an entry of that id, which is the same person.
    pub lid: Option<ChatId>,
    /// The account itself.
    pub is_me: Option<bool>,
    /// Blocked by the account.
    pub is_blocked: Option<bool>,
    /// Has WhatsApp.
    pub is_whatsapp: Option<bool>,
    /// In the phone's address book.
    pub is_saved: Option<bool>,
}

/// A text to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Chosen and stored by the caller before: WhatsApp's form, `3EB0` and 18 upper-case hex
    /// digits. Engines that can, use it.
    pub id: String,
    /// Whom it is for.
    pub chat: ChatId,
    /// What it says.
    pub text: String,
}

/// Who writes what to whom is nobody else's business: neither is shown.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The engine took the message. Whether it went on from there, receipts tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The id by which its receipts will speak, without chat and member
    /// (`docs/wire/waha.md`, section 8); where the engine told one.
    pub id: Option<String>,
}

/// How far a message got, by its receipts. They come in any order: what counts is the furthest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ack {
    /// It never will arrive.
    Failed,
    /// WhatsApp has it.
    Server,
    /// A device of the recipient, or of somebody in the group, has it.
    Delivered,
    /// It was read, or a voice message played.
    Read,
}

/// What an engine knows of a message whose id was chosen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It went out.
    Sent,
    /// It surely never went out.
    Absent,
    /// It may have gone out.
    CannotTell,
}

/// Something happened in a session. It may come late, twice or never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The session, by the engine's name for it.
    pub session: SessionName,
    /// What happened.
    pub changed: Changed,
}

/// What an [`Event`] is about. The first three are hints to look: what one that was lost told of
/// is found at the next look. [`Self::Receipt`] and [`Self::Message`] carry the thing itself, and
/// of one that was lost nothing more is heard.
#[derive(Clone, PartialEq, Eq)]
pub enum Changed {
    /// What [`Gateway::status`](crate::Gateway::status) or [`Gateway::qr`](crate::Gateway::qr) answers.
    Status,
    /// What [`Gateway::groups`](crate::Gateway::groups) answers.
    Groups,
    /// What [`Gateway::contacts`](crate::Gateway::contacts) answers.
    Contacts,
    /// A message of the account got this far; in a group, with somebody.
    Receipt {
        /// As in [`Sent::id`].
        id: String,
        /// How far.
        ack: Ack,
    },
    /// A person wrote to the account itself: not in a group, no status, no channel.
    Message {
        /// Who: `…@c.us`, or `…@lid` where the number is hidden.
        from: ChatId,
        /// The first 200 characters of what was written; empty where there are no words.
        text: String,
    },
}

impl Changed {
    /// A message of which no more is kept than its first characters.
    pub(crate) fn message(from: ChatId, text: &str) -> Self {
        let text = text.chars().take(MESSAGE).collect();
        Self::Message { from, text }
    }
}

/// Who wrote what is not shown.
impl fmt::Debug for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status => f.write_str("Status"),
            Self::Groups => f.write_str("Groups"),
            Self::Contacts => f.write_str("Contacts"),
            Self::Receipt { id, ack } => f
                .debug_struct("Receipt")
                .field("id", id)
                .field("ack", ack)
                .finish(),
            Self::Message { .. } => f.debug_struct("Message").finish_non_exhaustive(),
        }
    }
}
