//! Groups in the shapes of every engine (section 6), made one.

use std::collections::HashSet;

use serde::{Deserialize, de::DeserializeSeed};
use serde_json::value::RawValue;

use super::{
    answer::Answer,
    list::{Each, Field, person_id, person_number},
};
use crate::{ChatId, Group, Result};

/// The groups of a list, each once; `me` are the account's own ids.
pub(super) fn read(answer: &Answer, me: &[ChatId]) -> Result<Vec<Group>> {
    let mut known = HashSet::new();
    let mut groups = Vec::new();
    answer.session_list(|raw: RawGroup| {
        if let Some(group) = raw.into_group(me)
            && known.insert(group.id.clone())
        {
            groups.push(group);
        }
    })?;
    Ok(groups)
}

/// A group of any engine. Its members, thousands at times, stay in the text of the answer.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawGroup<'a> {
    id: Field,
    #[serde(rename = "JID")]
    jid: Field,
    subject: Field,
    name: Field,
    #[serde(rename = "Name")]
    gows_name: Field,
    size: Field,
    #[serde(rename = "ParticipantCount")]
    gows_size: Field,
    announce: Field,
    #[serde(rename = "IsAnnounce")]
    gows_announce: Field,
    #[serde(borrow)]
    participants: Option<&'a RawValue>,
    #[serde(borrow, rename = "Participants")]
    gows_participants: Option<&'a RawValue>,
    /// WEBJS.
    #[serde(borrow, rename = "groupMetadata")]
    metadata: Option<Metadata<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    subject: Field,
    announce: Field,
    #[serde(borrow)]
    participants: Option<&'a RawValue>,
}

/// Somebody in a group, by number, by LID or by both.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Member {
    id: Field,
    lid: Field,
    phone_number: Field,
    #[serde(rename = "JID")]
    jid: Field,
    #[serde(rename = "LID")]
    gows_lid: Field,
    #[serde(rename = "PhoneNumber")]
    gows_phone_number: Field,
    /// NOWEB: `admin`, `superadmin` or null.
    admin: Field,
    is_admin: Field,
    is_super_admin: Field,
    #[serde(rename = "IsAdmin")]
    gows_is_admin: Field,
    #[serde(rename = "IsSuperAdmin")]
    gows_is_super_admin: Field,
}

impl RawGroup<'_> {
    fn into_group(self, me: &[ChatId]) -> Option<Group> {
        let id = self.id.id().or(self.jid.id())?;
        if !id.ends_with("@g.us") {
            return None;
        }
        let metadata = self.metadata.unwrap_or_default();
        let names = [
            &self.subject,
            &self.name,
            &self.gows_name,
            &metadata.subject,
        ];
        let announce = [&self.announce, &self.gows_announce, &metadata.announce];
        let members = [
            self.participants,
            self.gows_participants,
            metadata.participants,
        ];
        // What was not asked for or is not known is an empty list at times: no group is empty.
        let members = members
            .into_iter()
            .flatten()
            .map(|members| Members::read(members, me))
            .find(|members| members.count > 0)
            .unwrap_or_default();
        let own = members.own_place();
        Some(Group {
            id: ChatId(id.to_owned()),
            name: names.into_iter().find_map(Field::text),
            // Go's 0 is what it has not been told.
            members: [
                self.size.number(),
                self.gows_size.number(),
                Some(members.count),
            ]
            .into_iter()
            .flatten()
            .find(|count| *count > 0),
            admins_only: announce.into_iter().find_map(Field::flag),
            is_admin: own.map(|own| own == Place::Admin),
            is_member: own.map(|own| own != Place::Outside),
        })
    }
}

/// Where the account stands in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Member,
    Admin,
}

/// What the members of a group tell.
#[derive(Default)]
struct Members {
    count: u32,
    /// The account's own place, where it is one of them.
    found: Option<Place>,
    /// Somebody is listed by a kind of id, number or LID, that the account's own is not known of,
    /// and may be the account.
    has_strangers: bool,
}

impl Members {
    /// Reads them one by one and keeps none. What is no list of people tells nothing.
    fn read(text: &RawValue, me: &[ChatId]) -> Self {
        let mut members = Self::default();
        let mut text = serde_json::Deserializer::from_str(text.get());
        let reading = Each::new(|member: Member| members.add(&member, me));
        match reading.deserialize(&mut text) {
            Ok(()) => members,
            Err(_) => Self::default(),
        }
    }

    fn add(&mut self, member: &Member, me: &[ChatId]) {
        self.count = self.count.saturating_add(1);
        let ids = member.ids();
        if ids.iter().any(|id| me.contains(id)) {
            self.found = Some(if member.is_admin() {
                Place::Admin
            } else {
                Place::Member
            });
        }
        let is_number = |id: &ChatId| person_number(id).is_some();
        let is_comparable = |id: &ChatId| me.iter().any(|own| is_number(own) == is_number(id));
        self.has_strangers |= !ids.iter().any(is_comparable);
    }

    /// That the account is not there can be said only if nobody could be it.
    fn own_place(&self) -> Option<Place> {
        let is_told = self.count > 0 && !self.has_strangers;
        self.found.or(is_told.then_some(Place::Outside))
    }
}

impl Member {
    fn ids(&self) -> Vec<ChatId> {
        [
            &self.id,
            &self.lid,
            &self.phone_number,
            &self.jid,
            &self.gows_lid,
            &self.gows_phone_number,
        ]
        .into_iter()
        .filter_map(|id| person_id(id.id()?))
        .collect()
    }

    fn is_admin(&self) -> bool {
        let flags = [
            &self.is_admin,
            &self.is_super_admin,
            &self.gows_is_admin,
            &self.gows_is_super_admin,
        ];
        self.admin.text().is_some() || flags.into_iter().any(|flag| flag.flag() == Some(true))
    }
}
