//! Groups and contacts as clients see them: who is offered, in which order, found by what, on
//! which page. Pure functions over what an engine told.

mod fold;

use std::collections::HashSet;

use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences, options::CollatorOptions};
use serde::Serialize;
use superjson::{Maybe, Undefined};
use ts_rs::TS;
use whatsapp_gateway::{Contact, Group};

/// A page holds at most this many entries, whatever `limit` asks for.
pub const PAGE_LIMIT: u64 = 1000;

// Shapes: docs/wire/user-api.md, getWhatsAppGroups and getWhatsAppContacts.

/// A group on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GroupItem {
    /// `…@g.us`.
    pub group_id: String,
    /// Its name; the id where it has none.
    pub group_name: String,
}

/// A person on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ContactItem {
    /// `…@c.us`.
    pub group_id: String,
    /// The saved name, else the name they gave themselves, else the number.
    pub group_name: String,
    /// Digits of the phone number.
    pub number: String,
    /// Always true.
    pub is_contact: bool,
}

/// What a list asks for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// How many entries; 1 or more.
    pub limit: u64,
    /// How many entries come before.
    pub cursor: u64,
    /// What the entries have to contain; empty: everything.
    pub search: &'a str,
}

/// A page of a list. It is full unless the list ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page starts; undefined at the end.
    #[ts(type = "number | undefined")]
    pub next_cursor: Maybe<u64>,
    /// Never known.
    pub total: Undefined,
}

/// A page of the groups.
pub fn groups(groups: Vec<Group>, query: Query<'_>) -> Page<GroupItem> {
    let entries = groups.into_iter().map(|group| {
        let group_id = group.id.0;
        let group_name = group.name.unwrap_or_else(|| group_id.clone());
        Entry {
            texts: vec![fold::text(&group_name)],
            digits: None,
            item: GroupItem {
                group_id,
                group_name,
            },
        }
    });
    page(entries.collect(), query)
}

/// A page of the people who can be written to.
pub fn contacts(contacts: Vec<Contact>, query: Query<'_>) -> Page<ContactItem> {
    page(contacts.into_iter().filter_map(person).collect(), query)
}

/// Who has no number, is the account itself, is blocked or is known not to have WhatsApp is not
/// offered. A flag that the engine does not tell stands in nobody's way.
fn person(contact: Contact) -> Option<Entry<ContactItem>> {
    let number = contact.number?;
    let hidden = contact.is_me == Some(true)
        || contact.is_blocked == Some(true)
        || contact.is_whatsapp == Some(false);
    if hidden || !contact.id.as_str().ends_with("@c.us") {
        return None;
    }
    let texts = [&contact.name, &contact.push_name]
        .into_iter()
        .flatten()
        .map(|name| fold::text(name))
        .collect();
    let group_name = contact
        .name
        .or(contact.push_name)
        .unwrap_or_else(|| number.clone());
    Some(Entry {
        texts,
        digits: Some(number.clone()),
        item: ContactItem {
            group_id: contact.id.0,
            group_name,
            number,
            is_contact: true,
        },
    })
}

/// An entry with the folded texts by which it can be found.
struct Entry<T> {
    texts: Vec<String>,
    digits: Option<String>,
    item: T,
}

trait Item {
    fn id(&self) -> &str;
    fn name(&self) -> &str;
}

impl Item for GroupItem {
    fn id(&self) -> &str {
        &self.group_id
    }
    fn name(&self) -> &str {
        &self.group_name
    }
}

impl Item for ContactItem {
    fn id(&self) -> &str {
        &self.group_id
    }
    fn name(&self) -> &str {
        &self.group_name
    }
}

/// By name in the root collation, then by id; when searching, exact hits come first, then those
/// at the beginning of a text, then all others.
fn page<T: Item>(entries: Vec<Entry<T>>, query: Query<'_>) -> Page<T> {
    let needle = Needle::new(query.search);
    let mut seen = HashSet::new();
    let mut hits: Vec<(Rank, Vec<u8>, T)> = Vec::new();
    for entry in entries {
        if let Some(rank) = needle.rank(&entry)
            && seen.insert(entry.item.id().to_owned())
        {
            hits.push((rank, sort_key(entry.item.name()), entry.item));
        }
    }
    hits.sort_unstable_by(|a, b| (a.0, &a.1, a.2.id()).cmp(&(b.0, &b.1, b.2.id())));

    let total = hits.len() as u64;
    let start = query.cursor.min(total);
    let end = start
        .saturating_add(query.limit.clamp(1, PAGE_LIMIT))
        .min(total);
    let in_page = |position: &u64| (start..end).contains(position);
    let items = (0..)
        .zip(hits)
        .filter(|(position, _)| in_page(position))
        .map(|(_, (_, _, item))| item)
        .collect();
    let next_cursor = if end < total {
        Maybe::Value(end)
    } else {
        Maybe::Undefined
    };
    Page {
        items,
        next_cursor,
        total: Undefined,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Exact,
    Prefix,
    Inside,
}

/// What is searched for: a folded text, and its digits where it can be a phone number.
struct Needle {
    text: String,
    digits: Option<String>,
}

impl Needle {
    fn new(search: &str) -> Self {
        Self {
            text: fold::text(search.trim()),
            digits: fold::digits(search),
        }
    }

    /// How well an entry fits; `None`: not at all. No needle fits everything alike.
    fn rank<T>(&self, entry: &Entry<T>) -> Option<Rank> {
        if self.text.is_empty() {
            return Some(Rank::Inside);
        }
        let by_text = entry.texts.iter().filter_map(|text| rank(text, &self.text));
        let by_digits = self
            .digits
            .iter()
            .zip(&entry.digits)
            .filter_map(|(needle, digits)| rank(digits, needle));
        by_text.chain(by_digits).min()
    }
}

fn rank(text: &str, needle: &str) -> Option<Rank> {
    let at = text.find(needle)?;
    Some(match at {
        0 if text.len() == needle.len() => Rank::Exact,
        0 => Rank::Prefix,
        _ => Rank::Inside,
    })
}

/// Bytes whose order is the root collation's order of the names.
fn sort_key(name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() * 2);
    let Ok(()) = root_collator().write_sort_key_to(name, &mut key);
    key
}

fn root_collator() -> CollatorBorrowed<'static> {
    Collator::try_new(CollatorPreferences::default(), CollatorOptions::default())
        .expect("the root collation is compiled in")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use whatsapp_gateway::ChatId;

    use super::*;

    fn group(id: &str, name: &str) -> Group {
        Group {
            id: ChatId(format!("{id}@g.us")),
            name: (!name.is_empty()).then(|| name.to_owned()),
        }
    }

    fn contact(number: &str, name: Option<&str>, push_name: Option<&str>) -> Contact {
        Contact {
            id: ChatId(format!("{number}@c.us")),
            name: name.map(str::to_owned),
            push_name: push_name.map(str::to_owned),
            number: Some(number.to_owned()),
            is_me: None,
            is_blocked: None,
            is_whatsapp: None,
        }
    }

    fn all(search: &str) -> Query<'_> {
        Query {
            limit: PAGE_LIMIT,
            cursor: 0,
            search,
        }
    }

    fn names(page: &Page<ContactItem>) -> Vec<&str> {
        page.items
            .iter()
            .map(|item| item.group_name.as_str())
            .collect()
    }

    #[test]
    fn names_fall_back_and_the_flags_hide_only_when_they_say_so() {
        let mut me = contact("491510000001", Some("Me"), None);
        me.is_me = Some(true);
        let mut blocked = contact("491510000002", Some("Blocked"), None);
        blocked.is_blocked = Some(true);
        let mut elsewhere = contact("491510000003", Some("No WhatsApp"), None);
        elsewhere.is_whatsapp = Some(false);
        let mut hidden = contact("1", Some("By LID"), None);
        hidden.id = ChatId("99@lid".into());
        hidden.number = None;
        let people = vec![
            me,
            blocked,
            elsewhere,
            hidden,
            contact("491510000004", Some("Saved"), Some("Pushed")),
            contact("491510000005", None, Some("Pushed")),
            contact("491510000006", None, None),
        ];
        assert_eq!(
            names(&contacts(people, all(""))),
            ["491510000006", "Pushed", "Saved"]
        );
    }

    #[test]
    fn search_finds_by_name_push_name_and_number_in_any_script() {
        let people = vec![
            contact("4915112345678", Some("Zoë Müller"), Some("zo")),
            contact("8613800138000", Some("王小明"), None),
            contact("919876543210", Some("प्रिया शर्मा"), None),
            contact("972501234567", None, Some("דָּוִד")),
            contact("201001234567", Some("مُحَمَّد علي"), None),
        ];
        for (search, found) in [
            ("zoe", "Zoë Müller"),
            ("MU", "Zoë Müller"),
            ("小明", "王小明"),
            ("शर", "प्रिया शर्मा"),
            ("דוד", "דָּוִד"),
            ("محمد", "مُحَمَّد علي"),
            ("+49 151", "Zoë Müller"),
            ("8000", "王小明"),
        ] {
            assert_eq!(
                names(&contacts(people.clone(), all(search))),
                [found],
                "{search}"
            );
        }
        assert!(contacts(people, all("nobody")).items.is_empty());
    }

    #[test]
    fn exact_hits_come_first_then_beginnings_then_the_rest() {
        let list = vec![
            group("1", "The Choir"),
            group("2", "Choir practice"),
            group("3", "choir"),
            group("4", ""),
        ];
        let page = groups(list, all("CHOIR"));
        let names: Vec<_> = page
            .items
            .iter()
            .map(|item| item.group_name.as_str())
            .collect();
        assert_eq!(names, ["choir", "Choir practice", "The Choir"]);
    }

    #[test]
    fn a_nameless_group_shows_its_id() {
        assert_eq!(
            groups(vec![group("5", "")], all("")).items[0].group_name,
            "5@g.us"
        );
    }

    proptest! {
        #[test]
        fn pages_are_full_and_lose_nothing(
            raw in prop::collection::vec((0u32..300, "[a-cä ]{0,4}"), 0..120),
            limit in 1u64..40,
            search in "[a-c]{0,2}",
        ) {
            let list: Vec<Group> = raw.iter().map(|(id, name)| group(&id.to_string(), name)).collect();
            let whole = groups(list.clone(), all(&search)).items;
            let (mut walked, mut cursor) = (Vec::new(), 0);
            loop {
                let page = groups(list.clone(), Query { limit, cursor, search: &search });
                let returned = page.items.len() as u64;
                walked.extend(page.items);
                match page.next_cursor {
                    Maybe::Undefined => break,
                    Maybe::Value(next) => {
                        prop_assert_eq!(returned, limit);
                        prop_assert_eq!(next, cursor + returned);
                        cursor = next;
                    }
                }
            }
            prop_assert_eq!(&walked, &whole);
            let ids: HashSet<_> = whole.iter().map(|item| &item.group_id).collect();
            prop_assert_eq!(ids.len(), whole.len());
        }
    }
}
