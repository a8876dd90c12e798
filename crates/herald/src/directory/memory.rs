//! A directory in memory: who is offered, in order, with the folded texts by which they are found,
//! each kind of text in one piece.

use std::sync::Arc;

use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences, options::CollatorOptions};
use superjson::{Maybe, Undefined};

use super::{ContactItem, GroupItem, PAGE_LIMIT, Page, Query, fold, search::Needle};
use crate::store::{Known, KnownContact, KnownGroup, Part};

/// What one session's account knows, ready to be listed. Its lists are shared with those that come
/// after it, as far as they are the same.
#[derive(Debug, Default)]
pub struct Directory {
    groups: Arc<List<GroupFacts>>,
    contacts: Arc<List<ContactFacts>>,
}

/// What a group's entry tells besides id and name.
#[derive(Debug, Clone, Copy)]
struct GroupFacts {
    members: Option<u32>,
    admins_only: Option<bool>,
    is_admin: Option<bool>,
    is_member: Option<bool>,
}

/// What a person's entry tells besides id, name and number.
#[derive(Debug, Clone, Copy)]
struct ContactFacts {
    is_saved: Option<bool>,
}

impl Directory {
    /// The directory of what is known. Takes a moment for thousands.
    pub fn new(known: Known) -> Self {
        Self::default().with(Part::Whole, known)
    }

    /// This directory with the lists of `part` as they are known now.
    #[must_use]
    pub fn with(&self, part: Part, known: Known) -> Self {
        let groups = || List::new(known.groups.into_iter().filter_map(group).collect());
        let contacts = || List::new(known.contacts.into_iter().filter_map(person).collect());
        Self {
            groups: if part.has_groups() {
                Arc::new(groups())
            } else {
                Arc::clone(&self.groups)
            },
            contacts: if part.has_contacts() {
                Arc::new(contacts())
            } else {
                Arc::clone(&self.contacts)
            },
        }
    }

    /// How many groups are offered.
    pub fn group_count(&self) -> usize {
        self.groups.len()
    }

    /// How many people are offered.
    pub fn contact_count(&self) -> usize {
        self.contacts.len()
    }

    /// The memory that it takes, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.groups.size() + self.contacts.size()
    }

    /// A page of the groups.
    pub fn groups(&self, query: Query<'_>) -> Page<GroupItem> {
        let needle = Needle::new(query.search, false);
        page(&self.groups, query, &needle, group_item)
    }

    /// A page of the people who can be written to.
    pub fn contacts(&self, query: Query<'_>) -> Page<ContactItem> {
        let needle = Needle::new(query.search, true);
        page(&self.contacts, query, &needle, contact_item)
    }

    /// Every group, in the order of the list.
    pub fn all_groups(&self) -> impl Iterator<Item = GroupItem> {
        (0..self.groups.len()).map(|at| group_item(&self.groups, at))
    }

    /// Everybody, in the order of the list.
    pub fn all_contacts(&self) -> impl Iterator<Item = ContactItem> {
        (0..self.contacts.len()).map(|at| contact_item(&self.contacts, at))
    }
}

fn group_item(groups: &List<GroupFacts>, at: usize) -> GroupItem {
    let facts = groups.facts[at];
    GroupItem {
        group_id: groups.ids.get(at).to_owned(),
        group_name: groups.names.get(at).to_owned(),
        members: facts.members,
        admins_only: facts.admins_only,
        is_admin: facts.is_admin,
        is_member: facts.is_member,
    }
}

fn contact_item(contacts: &List<ContactFacts>, at: usize) -> ContactItem {
    let id = contacts.ids.get(at);
    ContactItem {
        group_id: id.to_owned(),
        group_name: contacts.names.get(at).to_owned(),
        number: number(id).to_owned(),
        is_contact: true,
        is_saved: contacts.facts[at].is_saved,
    }
}

/// The digits of a person's id, which are the phone number.
pub(super) fn number(id: &str) -> &str {
    id.split('@').next().unwrap_or_default()
}

fn group(group: KnownGroup) -> Option<Entry<GroupFacts>> {
    if !group.is_offered() {
        return None;
    }
    let name = group.name.unwrap_or_else(|| group.id.clone());
    Some(Entry {
        names: fold::text(&name),
        name,
        id: group.id,
        facts: GroupFacts {
            members: group.members.and_then(|members| members.try_into().ok()),
            admins_only: group.admins_only,
            is_admin: group.is_admin,
            is_member: group.is_member,
        },
    })
}

fn person(contact: KnownContact) -> Option<Entry<ContactFacts>> {
    if !contact.is_offered() {
        return None;
    }
    let mut names = fold::text(contact.name.as_deref().unwrap_or_default());
    let push_name = fold::text(contact.push_name.as_deref().unwrap_or_default());
    if names != push_name {
        names.push(FIELD_END);
        names.push_str(&push_name);
    }
    let name = contact
        .name
        .or(contact.push_name)
        .unwrap_or_else(|| number(&contact.id).to_owned());
    Some(Entry {
        id: contact.id,
        name,
        names,
        facts: ContactFacts {
            is_saved: contact.is_saved,
        },
    })
}

struct Entry<F> {
    id: String,
    name: String,
    /// The folded names, [`FIELD_END`] between them.
    names: String,
    facts: F,
}

/// Between two texts; no folded text contains it, so that nothing is found across it.
pub(super) const FIELD_END: char = '\n';

/// Entries by name in the root collation, then by id.
#[derive(Debug)]
pub(super) struct List<F> {
    pub(super) ids: Texts,
    names: Texts,
    pub(super) folded: Texts,
    facts: Box<[F]>,
}

impl<F> Default for List<F> {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl<F> List<F> {
    fn new(entries: Vec<Entry<F>>) -> Self {
        let collator = root_collator();
        let mut entries: Vec<_> = entries
            .into_iter()
            .map(|entry| (sort_key(&collator, &entry.name), entry))
            .collect();
        entries.sort_unstable_by(|(a_key, a), (b_key, b)| (a_key, &a.id).cmp(&(b_key, &b.id)));
        Self {
            ids: Texts::new(entries.iter().map(|(_, entry)| &*entry.id)),
            names: Texts::new(entries.iter().map(|(_, entry)| &*entry.name)),
            folded: Texts::new(entries.iter().map(|(_, entry)| &*entry.names)),
            facts: entries.into_iter().map(|(_, entry)| entry.facts).collect(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.ends.len()
    }

    fn size(&self) -> usize {
        let texts = [&self.ids, &self.names, &self.folded].map(Texts::size);
        texts.iter().sum::<usize>() + size_of_val(&*self.facts)
    }
}

/// Many texts in one piece, each closed by [`FIELD_END`].
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) all: Box<str>,
    /// Where each begins that comes after.
    pub(super) ends: Box<[u32]>,
}

impl Texts {
    fn new<'t>(texts: impl Iterator<Item = &'t str>) -> Self {
        let (mut all, mut ends) = (String::new(), Vec::new());
        for text in texts {
            all.push_str(text);
            all.push(FIELD_END);
            ends.push(u32::try_from(all.len()).expect("lists of engines are far below 4 GiB"));
        }
        Self {
            all: all.into(),
            ends: ends.into(),
        }
    }

    pub(super) fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start as usize..self.ends[at] as usize - FIELD_END.len_utf8()]
    }

    fn size(&self) -> usize {
        self.all.len() + size_of_val(&*self.ends)
    }
}

fn page<F, T>(
    list: &List<F>,
    query: Query<'_>,
    needle: &Needle,
    item: impl Fn(&List<F>, usize) -> T,
) -> Page<T> {
    let hits = needle.find(list);
    let matches = hits.as_ref().map_or(list.len(), Vec::len);
    let start = usize::try_from(query.cursor).map_or(matches, |cursor| cursor.min(matches));
    let limit = usize::try_from(query.limit.clamp(1, PAGE_LIMIT)).unwrap_or(usize::MAX);
    let end = start.saturating_add(limit).min(matches);
    let items = (start..end)
        .map(|place| item(list, hits.as_ref().map_or(place, |hits| hits[place])))
        .collect();
    let next_cursor = if end < matches {
        Maybe::Value(end as u64)
    } else {
        Maybe::Undefined
    };
    Page {
        items,
        next_cursor,
        total: Undefined,
        matches: matches as u64,
    }
}

/// Bytes whose order is the root collation's order of the names.
fn sort_key(collator: &CollatorBorrowed<'_>, name: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(name.len() * 2);
    let Ok(()) = collator.write_sort_key_to(name, &mut key);
    key
}

fn root_collator() -> CollatorBorrowed<'static> {
    Collator::try_new(CollatorPreferences::default(), CollatorOptions::default())
        .expect("the root collation is compiled in")
}

#[cfg(test)]
mod tests;
