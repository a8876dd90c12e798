//! Groups and contacts in the shapes of every engine (sections 6 and 7), made one.
//!
//! Lists can be large (WEBJS adds the last message to every group), so only the fields that
//! count are taken out of the text, and the rest is skipped where it stands.

use std::{collections::HashSet, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::seen::Seen;
use crate::{ChatId, Contact, Group};

/// A list of records; NOWEB keys its groups by id instead, an empty Go list is `null`.
pub(super) struct List<T>(Vec<T>);

/// A group of any engine.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawGroup {
    id: Field,
    #[serde(rename = "JID")]
    jid: Field,
    subject: Field,
    name: Field,
    #[serde(rename = "Name")]
    gows_name: Field,
    #[serde(rename = "groupMetadata")]
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    subject: Field,
}

/// A contact of any engine.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RawContact {
    id: Field,
    lid: Field,
    name: Field,
    pushname: Field,
    notify: Field,
    verified_name: Field,
    is_me: Field,
    is_blocked: Field,
    #[serde(rename = "isWAContact")]
    is_whatsapp: Field,
}

/// What a field holds, as far as any of ours may; something else counts as nothing.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Flag(bool),
    Text(String),
    /// WEBJS's ids.
    Id {
        #[serde(rename = "_serialized")]
        serialized: String,
    },
    Nothing(IgnoredAny),
}

/// The groups of a list, each once.
pub(super) fn groups(list: List<RawGroup>) -> Vec<Group> {
    let mut known = HashSet::new();
    let group = |raw: RawGroup| {
        let id = raw.id.id().or(raw.jid.id())?;
        let metadata = raw.metadata.unwrap_or_default();
        let names = [raw.subject, raw.name, raw.gows_name, metadata.subject];
        let is_new_group = id.ends_with("@g.us") && known.insert(id.to_owned());
        is_new_group.then(|| Group {
            id: ChatId(id.to_owned()),
            name: names.iter().find_map(Field::text),
            members: None,
            admins_only: None,
            is_admin: None,
            is_member: None,
        })
    };
    list.0.into_iter().filter_map(group).collect()
}

/// The people of a list, each once. Engines also list groups, channels and broadcasts there.
pub(super) fn contacts(list: List<RawContact>, seen: &Seen) -> Vec<Contact> {
    let mut known = HashSet::new();
    let contact = |raw: RawContact| {
        let id = person_id(raw.id.id()?)?;
        known.insert(id.clone()).then(|| Contact {
            name: raw.name.text(),
            push_name: [raw.pushname, raw.notify, raw.verified_name]
                .iter()
                .find_map(Field::text),
            // Never the field `number`: WEBJS puts the LID there for a LID.
            number: person_number(&id).map(str::to_owned),
            // NOWEB tells it (section 7).
            lid: raw
                .lid
                .id()
                .and_then(person_id)
                .filter(|lid| lid.as_str().ends_with("@lid") && person_number(&id).is_some()),
            is_me: raw
                .is_me
                .flag()
                .or_else(|| (!seen.me.is_empty()).then(|| seen.me.contains(&id))),
            is_blocked: raw.is_blocked.flag(),
            is_whatsapp: raw.is_whatsapp.flag(),
            is_saved: None,
            id,
        })
    };
    list.0.into_iter().filter_map(contact).collect()
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

impl Field {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Text(id) | Self::Id { serialized: id } => Some(id),
            Self::Flag(_) | Self::Nothing(_) => None,
        }
    }

    /// A text that says something.
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.trim())
                .filter(|text| !text.is_empty())
                .map(str::to_owned),
            _ => None,
        }
    }

    fn flag(&self) -> Option<bool> {
        if let Self::Flag(flag) = self {
            Some(*flag)
        } else {
            None
        }
    }
}

impl Default for Field {
    fn default() -> Self {
        Self::Nothing(IgnoredAny)
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, an object of records, or null")
            }

            fn visit_unit<E>(self) -> Result<List<T>, E> {
                Ok(List::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> Result<List<T>, A::Error> {
                let mut list = Vec::new();
                while let Some((IgnoredAny, item)) = items.next_entry()? {
                    list.push(item);
                }
                Ok(List(list))
            }
        }

        deserializer.deserialize_any(Items(PhantomData))
    }
}
