//! The words that all engines share: sessions, their states, chats, phone numbers.

use std::fmt;

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

/// Something changed in a session. A hint to look, no more: it may come late, twice or never.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The session, by the engine's name for it.
    pub session: SessionName,
    /// What is worth a look.
    pub changed: Changed,
}

/// What an [`Event`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// What [`Gateway::status`](crate::Gateway::status) or [`Gateway::qr`](crate::Gateway::qr) answers.
    Status,
    /// What [`Gateway::groups`](crate::Gateway::groups) answers.
    Groups,
    /// What [`Gateway::contacts`](crate::Gateway::contacts) answers.
    Contacts,
}
