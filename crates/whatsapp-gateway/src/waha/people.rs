//! Contacts in the shapes of every engine, and who of them is whom by number and by LID
//! (section 7).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    mem,
};

use serde::Deserialize;

use super::{
    answer::Answer,
    list::{Field, person_id, person_number},
};
use crate::{ChatId, Contact, Result};

/// A contact of any engine.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawContact {
    id: Field,
    lid: Field,
    name: Field,
    pushname: Field,
    notify: Field,
    verified_name: Field,
    is_me: Field,
    is_blocked: Field,
    is_my_contact: Field,
    #[serde(rename = "isWAContact")]
    is_whatsapp: Field,
}

/// A record of the table of LIDs.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RawPair {
    lid: Field,
    pn: Field,
}

/// The people of a list, each once; `me` are the account's own ids. Engines also list groups,
/// channels and broadcasts there.
pub(super) fn read(answer: &Answer, me: &[ChatId]) -> Result<Vec<Contact>> {
    let mut known = HashSet::new();
    let mut contacts = Vec::new();
    answer.session_list(|raw: RawContact| {
        if let Some(contact) = raw.into_contact(me)
            && known.insert(contact.id.clone())
        {
            contacts.push(contact);
        }
    })?;
    Ok(contacts)
}

impl RawContact {
    fn into_contact(self, me: &[ChatId]) -> Option<Contact> {
        let id = person_id(self.id.id()?)?;
        let name = self.name.text();
        Some(Contact {
            push_name: [self.pushname, self.notify, self.verified_name]
                .iter()
                .find_map(Field::text),
            // Never the field `number`: WEBJS puts the LID there for a LID.
            number: person_number(&id).map(str::to_owned),
            // NOWEB tells it.
            lid: self
                .lid
                .id()
                .and_then(person_id)
                .filter(|lid| is_lid(lid) && person_number(&id).is_some()),
            is_me: self
                .is_me
                .flag()
                .or_else(|| (!me.is_empty()).then(|| me.contains(&id))),
            is_blocked: self.is_blocked.flag(),
            is_whatsapp: self.is_whatsapp.flag(),
            // WEBJS says it. A name is one of the phone's address book, but NOWEB lacks it of many
            // who are saved, and GOWS's empty one is what it does not know: no name is no answer.
            is_saved: self.is_my_contact.flag().or(name.as_ref().map(|_| true)),
            name,
            id,
        })
    }
}

/// Who is whom: numbers by LID; of some there is none.
#[derive(Default)]
pub(super) struct Pairs(BTreeMap<ChatId, Option<ChatId>>);

/// What a page of the table held.
pub(super) struct Page {
    pub(super) records: usize,
    pub(super) is_news: bool,
}

impl Pairs {
    pub(super) fn add(&mut self, answer: &Answer) -> Result<Page> {
        let before = self.0.len();
        let mut records = 0;
        answer.session_list(|raw: RawPair| {
            records += 1;
            let lid = raw.lid.id().and_then(person_id).filter(is_lid);
            let number = raw.pn.id().and_then(person_id).filter(|pn| !is_lid(pn));
            if let Some(lid) = lid {
                let known = self.0.entry(lid).or_default();
                *known = number.or(known.take());
            }
        })?;
        Ok(Page {
            records,
            is_news: self.0.len() > before,
        })
    }

    /// Tells of everybody with a number the LID. Who is listed by LID alone becomes the entry of
    /// their number; who is listed under both stays so, and is one by the LID of the number.
    pub(super) fn join(&self, contacts: &mut [Contact], me: &[ChatId]) {
        let lids: HashMap<_, _> = self
            .0
            .iter()
            .filter_map(|(lid, number)| Some((number.as_ref()?, lid)))
            .collect();
        let mut numbers: HashSet<_> = contacts
            .iter()
            .filter(|contact| contact.number.is_some())
            .map(|contact| contact.id.clone())
            .collect();
        for contact in contacts {
            if contact.number.is_some() {
                if contact.lid.is_none() {
                    contact.lid = lids.get(&contact.id).map(|lid| (*lid).clone());
                }
            } else if let Some(Some(id)) = self.0.get(&contact.id)
                && numbers.insert(id.clone())
            {
                contact.number = person_number(id).map(str::to_owned);
                contact.is_me = contact.is_me.map(|is_me| is_me || me.contains(id));
                contact.lid = Some(mem::replace(&mut contact.id, id.clone()));
            }
        }
    }
}

fn is_lid(id: &ChatId) -> bool {
    id.as_str().ends_with("@lid")
}
