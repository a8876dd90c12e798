//! One entry a person: an engine may list somebody twice, by number and by LID.

use std::collections::HashMap;

use whatsapp_gateway::{Contact, Group};

use crate::store::{Known, KnownContact, KnownGroup};

/// What an engine told, each group and each person once. Somebody known by number and by LID is
/// the entry of the number, if the engine says that the two are one.
pub fn join(groups: Vec<Group>, contacts: Vec<Contact>) -> Known {
    let mut known_groups = HashMap::new();
    for group in groups {
        let id = group.id.0;
        known_groups.entry(id.clone()).or_insert(KnownGroup {
            id,
            name: group.name.map(storable),
            members: group.members.map(i64::from),
            admins_only: group.admins_only,
            is_admin: group.is_admin,
            is_member: group.is_member,
        });
    }

    let number_of: HashMap<String, String> = contacts
        .iter()
        .filter_map(|contact| Some((contact.lid.as_ref()?.0.clone(), contact.id.0.clone())))
        .collect();
    let mut people: HashMap<String, KnownContact> = HashMap::new();
    // Who has a number goes first: their own words count more than their twins'.
    let (by_number, by_lid): (Vec<_>, Vec<_>) = contacts
        .into_iter()
        .partition(|contact| !number_of.contains_key(contact.id.as_str()));
    for contact in by_number.into_iter().chain(by_lid) {
        let id = number_of.get(contact.id.as_str()).unwrap_or(&contact.id.0);
        let person = people.entry(id.clone()).or_insert_with(|| KnownContact {
            id: id.clone(),
            ..KnownContact::default()
        });
        add(person, contact);
    }
    Known {
        groups: known_groups.into_values().collect(),
        contacts: people.into_values().collect(),
    }
}

/// What is known already stays; whoever is blocked under one id is blocked, and so on.
fn add(person: &mut KnownContact, told: Contact) {
    let has_number = told.id.as_str().ends_with("@c.us");
    fill(&mut person.name, told.name.map(storable));
    fill(&mut person.push_name, told.push_name.map(storable));
    fill(&mut person.number, told.number.filter(|_| has_number));
    fill(&mut person.lid, told.lid.map(|lid| lid.0));
    person.is_me = either(person.is_me, told.is_me);
    person.is_blocked = either(person.is_blocked, told.is_blocked);
    fill(&mut person.is_whatsapp, told.is_whatsapp);
    person.is_saved = either(person.is_saved, told.is_saved);
}

fn fill<T>(known: &mut Option<T>, told: Option<T>) {
    if known.is_none() {
        *known = told;
    }
}

fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    one.max(other)
}

/// `PostgreSQL` has no place for NUL in a text.
fn storable(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', "")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_gateway::ChatId;

    use super::*;

    fn contact(id: &str, name: Option<&str>) -> Contact {
        Contact {
            id: ChatId(id.into()),
            name: name.map(str::to_owned),
            push_name: None,
            number: id.strip_suffix("@c.us").map(str::to_owned),
            lid: None,
            is_me: None,
            is_blocked: None,
            is_whatsapp: None,
            is_saved: None,
        }
    }

    #[test]
    fn number_and_lid_are_one_person_where_the_engine_says_so() {
        let mut twin = contact("77@lid", Some("By LID"));
        twin.push_name = Some("Zo\0e".into());
        twin.is_blocked = Some(true);
        let mut saved = contact("491510000001@c.us", Some("By number"));
        saved.lid = Some(ChatId("77@lid".into()));
        saved.is_blocked = Some(false);
        let stranger = contact("88@lid", None);
        for order in [
            [twin.clone(), saved.clone(), stranger.clone()],
            [saved, stranger, twin],
        ] {
            let mut people = join(Vec::new(), order.into()).contacts;
            people.sort_by(|a, b| a.id.cmp(&b.id));
            assert_eq!(people.len(), 2);
            assert_eq!(
                people[0],
                KnownContact {
                    id: "491510000001@c.us".into(),
                    name: Some("By number".into()),
                    push_name: Some("Zoe".into()),
                    number: Some("491510000001".into()),
                    lid: Some("77@lid".into()),
                    is_blocked: Some(true),
                    ..KnownContact::default()
                }
            );
            assert_eq!((&*people[1].id, &people[1].number), ("88@lid", &None));
        }
    }

    #[test]
    fn a_group_that_is_told_twice_is_one() {
        let group = Group {
            id: ChatId("1@g.us".into()),
            name: None,
            members: None,
            admins_only: None,
            is_admin: None,
            is_member: None,
        };
        assert_eq!(join(vec![group.clone(), group], Vec::new()).groups.len(), 1);
    }
}
