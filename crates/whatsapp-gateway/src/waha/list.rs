//! Lists and fields in the shapes of every engine (sections 6 and 7).
//!
//! Lists can be large (WEBJS adds the last message to every group), so only the fields that
//! count are taken out of the text, the rest is skipped where it stands, and the items are taken
//! one by one.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::ChatId;

/// Reads a list of records and hands each on before it reads the next. NOWEB keys its groups by
/// id instead; an empty Go list is `null`.
pub(super) struct Each<T, F>(F, PhantomData<T>);

impl<T, F: FnMut(T)> Each<T, F> {
    pub(super) fn new(each: F) -> Self {
        Self(each, PhantomData)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> DeserializeSeed<'de> for Each<T, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Deserialize<'de>, F: FnMut(T)> Visitor<'de> for Each<T, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list, an object of records, or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            (self.0)(item);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some((IgnoredAny, item)) = items.next_entry()? {
            (self.0)(item);
        }
        Ok(())
    }
}

/// What a field holds, as far as any of ours may; something else counts as nothing.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Field {
    Flag(bool),
    Number(u32),
    Text(String),
    /// WEBJS's ids.
    Id {
        #[serde(rename = "_serialized")]
        serialized: String,
    },
    Nothing(IgnoredAny),
}

impl Field {
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Text(id) | Self::Id { serialized: id } => Some(id),
            _ => None,
        }
    }

    /// A text that says something.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim())
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            _ => None,
        }
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<u32> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl Default for Field {
    fn default() -> Self {
        Self::Nothing(IgnoredAny)
    }
}

/// The id of a person: `…@c.us` or `…@lid`, in WAHA's spelling and without the number of a device.
pub(super) fn person_id(id: &str) -> Option<ChatId> {
    let (user, server) = id.split_once('@')?;
    let user = user.split(':').next()?;
    let server = if server == "s.whatsapp.net" {
        "c.us"
    } else {
        server
    };
    let is_person = matches!(server, "c.us" | "lid") && user.bytes().all(|b| b.is_ascii_digit());
    // `0@c.us` is WhatsApp itself.
    (is_person && !matches!(user, "" | "0")).then(|| ChatId(format!("{user}@{server}")))
}

/// The digits of a person's phone number; none for a LID, whose digits are no number.
pub(super) fn person_number(id: &ChatId) -> Option<&str> {
    id.as_str().strip_suffix("@c.us")
}

/// Of a message's id, `<ID>` or `true_<chat>_<ID>[_<participant>]`, the part in which all that
/// speak of the message agree (section 8).
pub(super) fn message_id(id: &str) -> Option<&str> {
    let mut parts = id.split('_');
    let bare = match parts.next()? {
        "true" | "false" => parts.nth(1)?,
        _ => id,
    };
    let is_id = |b: u8| b.is_ascii_graphic() && b != b'@';
    ((1..=128).contains(&bare.len()) && bare.bytes().all(is_id)).then_some(bare)
}
