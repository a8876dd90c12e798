//! Groups in the shapes of every engine (section 6), made one.

use std::collections::HashSet;

use serde::{Deserialize, de::IgnoredAny};

use super::{
    answer::Answer,
    list::{Field, person_id, person_number},
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

/// A group of any engine.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawGroup {
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
    participants: Members,
    #[serde(rename = "Participants")]
    gows_participants: Members,
    /// WEBJS.
    #[serde(rename = "groupMetadata")]
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    subject: Field,
    announce: Field,
    participants: Members,
}

/// What is no list of people tells nothing, and costs no more than that.
#[derive(Deserialize)]
#[serde(untagged)]
enum Members {
    People(Vec<Member>),
    Nothing(IgnoredAny),
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

impl RawGroup {
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
        // What was not asked for or is not known is an empty list at times: no group is empty.
        let members = [
            &self.participants,
            &self.gows_participants,
            &metadata.participants,
        ]
        .into_iter()
        .map(Members::people)
        .find(|members| !members.is_empty())
        .unwrap_or_default();
        let own = own_place(members, me);
        Some(Group {
            id: ChatId(id.to_owned()),
            name: names.into_iter().find_map(Field::text),
            // Go's 0 is what it has not been told.
            members: [
                self.size.number(),
                self.gows_size.number(),
                u32::try_from(members.len()).ok(),
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
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Member,
    Admin,
}

/// Looks for the account among the members. That it is not there can be said only if everybody is
/// listed by a kind of id, number or LID, that the account's own is known of.
fn own_place(members: &[Member], me: &[ChatId]) -> Option<Place> {
    let is_number = |id: &ChatId| person_number(id).is_some();
    let mut all_comparable = !members.is_empty();
    for member in members {
        let ids = member.ids();
        if ids.iter().any(|id| me.contains(id)) {
            return Some(if member.is_admin() {
                Place::Admin
            } else {
                Place::Member
            });
        }
        all_comparable &= ids
            .iter()
            .any(|id| me.iter().any(|own| is_number(own) == is_number(id)));
    }
    all_comparable.then_some(Place::Outside)
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

impl Members {
    fn people(&self) -> &[Member] {
        match self {
            Self::People(people) => people,
            Self::Nothing(_) => &[],
        }
    }
}

impl Default for Members {
    fn default() -> Self {
        Self::Nothing(IgnoredAny)
    }
}
