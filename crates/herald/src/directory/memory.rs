//! A directory in memory: who is offered, in order, with the folded texts by which they are found,
//! each kind of text in one piece.

use icu_collator::{Collator, CollatorBorrowed, CollatorPreferences, options::CollatorOptions};
use superjson::{Maybe, Undefined};

use super::{ContactItem, GroupItem, PAGE_LIMIT, Page, Query, fold, search::Needle};
use crate::store::{Known, KnownContact};

/// What one session's account knows, ready to be listed.
#[derive(Debug)]
pub struct Directory {
    groups: List,
    contacts: List,
    without_number: usize,
}

impl Directory {
    /// The directory of what is known. Takes a moment for thousands.
    pub fn new(known: Known) -> Self {
        let without_number = known
            .contacts
            .iter()
            .filter(|contact| contact.number.is_none() && !is_hidden(contact))
            .count();
        let groups = known.groups.into_iter().map(|group| {
            let name = group.name.unwrap_or_else(|| group.id.clone());
            Entry {
                names: fold::text(&name),
                name,
                id: group.id,
            }
        });
        Self {
            groups: List::new(groups.collect()),
            contacts: List::new(known.contacts.into_iter().filter_map(person).collect()),
            without_number,
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

    /// How many people would be offered if their number were known.
    pub fn without_number(&self) -> usize {
        self.without_number
    }

    /// The memory that it takes, in bytes.
    pub fn size(&self) -> usize {
        size_of::<Self>() + self.groups.size() + self.contacts.size()
    }

    /// A page of the groups.
    pub fn groups(&self, query: Query<'_>) -> Page<GroupItem> {
        let needle = Needle::new(query.search, false);
        page(&self.groups, query, &needle, |id, name| GroupItem {
            group_id: id.to_owned(),
            group_name: name.to_owned(),
        })
    }

    /// A page of the people who can be written to.
    pub fn contacts(&self, query: Query<'_>) -> Page<ContactItem> {
        let needle = Needle::new(query.search, true);
        page(&self.contacts, query, &needle, |id, name| ContactItem {
            group_id: id.to_owned(),
            group_name: name.to_owned(),
            number: number(id).to_owned(),
            is_contact: true,
        })
    }
}

/// The digits of a person's id, which are the phone number.
pub(super) fn number(id: &str) -> &str {
    id.split('@').next().unwrap_or_default()
}

/// A flag that the engine does not tell stands in nobody's way.
fn is_hidden(contact: &KnownContact) -> bool {
    contact.is_me == Some(true)
        || contact.is_blocked == Some(true)
        || contact.is_whatsapp == Some(false)
}

/// Who has no number, is the account itself, is blocked or is known not to have WhatsApp is not
/// offered.
fn person(contact: KnownContact) -> Option<Entry> {
    if is_hidden(&contact) || contact.number.is_none() || !contact.id.ends_with("@c.us") {
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
    })
}

struct Entry {
    id: String,
    name: String,
    /// The folded names, [`FIELD_END`] between them.
    names: String,
}

/// Between two texts; no folded text contains it, so that nothing is found across it.
pub(super) const FIELD_END: char = '\n';

/// Entries by name in the root collation, then by id.
#[derive(Debug)]
pub(super) struct List {
    pub(super) ids: Texts,
    names: Texts,
    pub(super) folded: Texts,
}

impl List {
    fn new(entries: Vec<Entry>) -> Self {
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
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ids.ends.len()
    }

    fn size(&self) -> usize {
        [&self.ids, &self.names, &self.folded]
            .map(Texts::size)
            .iter()
            .sum()
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

fn page<T>(
    list: &List,
    query: Query<'_>,
    needle: &Needle,
    item: impl Fn(&str, &str) -> T,
) -> Page<T> {
    let hits = needle.find(list);
    let total = hits.as_ref().map_or(list.len(), Vec::len);
    let start = usize::try_from(query.cursor).map_or(total, |cursor| cursor.min(total));
    let limit = usize::try_from(query.limit.clamp(1, PAGE_LIMIT)).unwrap_or(usize::MAX);
    let end = start.saturating_add(limit).min(total);
    let items = (start..end)
        .map(|place| {
            let at = hits.as_ref().map_or(place, |hits| hits[place]);
            item(list.ids.get(at), list.names.get(at))
        })
        .collect();
    let next_cursor = if end < total {
        Maybe::Value(end as u64)
    } else {
        Maybe::Undefined
    };
    Page {
        items,
        next_cursor,
        total: Undefined,
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
