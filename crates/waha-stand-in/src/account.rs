//! The account behind the phone: 310 people and 40 groups, the same each time. Numbers are of the
//! ranges that are kept free for fiction.

use crate::Engine;

/// The account itself.
pub(crate) struct Me;

impl Me {
    pub(crate) const NUMBER: &str = "13125550100";
    pub(crate) const ID: &str = "13125550100@c.us";
    pub(crate) const LID: &str = "200000000000001@lid";
    pub(crate) const JID: &str = "13125550100:7@s.whatsapp.net";
    pub(crate) const NAME: &str = "Grace Treasurer";
}

/// Somebody.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// `None`: known only by LID.
    pub(crate) number: Option<String>,
    /// Of who is known only by LID, what the table of LIDs tells.
    pub(crate) hidden_number: Option<String>,
    pub(crate) lid: String,
    /// As saved in the phone.
    pub(crate) name: Option<String>,
    /// As they call themselves.
    pub(crate) push_name: Option<String>,
    pub(crate) is_blocked: bool,
    /// Uses WhatsApp; the address book also holds who does not.
    pub(crate) is_whatsapp: bool,
}

/// A group.
#[derive(Debug, Clone)]
pub(crate) struct Club {
    /// With `@g.us`.
    pub(crate) id: String,
    /// The last one has none.
    pub(crate) subject: Option<String>,
    /// Everybody but the account itself.
    pub(crate) members: Vec<Member>,
    /// Where the account stands in it.
    pub(crate) place: Place,
    /// Only admins may send.
    pub(crate) admins_only: bool,
    /// Members are listed by their LIDs, where the release knows them.
    pub(crate) by_lid: bool,
}

/// Somebody in a group.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) number: String,
    pub(crate) lid: String,
}

/// Where the account stands in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has left, and WEBJS still lists the group.
    Outside,
    /// One of the members.
    Member,
    /// One of the admins.
    Admin,
}

/// Whom and what the account knows; changes as people come and go.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) people: Vec<Person>,
    pub(crate) clubs: Vec<Club>,
}

impl Account {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            people: people(),
            clubs: clubs(engine),
        }
    }
}

const FIRST: [&str; 20] = [
    "John",
    "Mary",
    "Ahmed",
    "Siobhán",
    "Wei",
    "Olga",
    "João",
    "Fatima",
    "Lars",
    "Priya",
    "Johnny",
    "Émile",
    "Kofi",
    "Zoë",
    "Björn",
    "Noor",
    "Pedro",
    "Johnathan",
    "Aiko",
    "Ivan",
];
const LAST: [&str; 15] = [
    "Adams", "Baker", "Castillo", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova",
    "Johnson", "Khan", "Łukasz", "Müller", "Nakamura", "O'Neill",
];
const CLUBS: [&str; 13] = [
    "Chess Club",
    "Parents 4b",
    "Football U12",
    "Choir",
    "Book Circle",
    "Allotment Gardens",
    "Night Shift",
    "Neighbourhood Watch",
    "Cycling Sundays",
    "Film Evenings",
    "Debate Society",
    "Volunteers",
    "Street Party 🎉",
];
const PLACES: [&str; 14] = [
    "Riverside",
    "Hilltop",
    "Old Town",
    "Harbour",
    "Northgate",
    "Station Road",
    "Mill Lane",
    "Greenfield",
    "Westend",
    "Abbey",
    "Castle",
    "Lakeside",
    "Market",
    "Southbank",
];

/// 300 people by number, of whom every name `John…` is borne by more than fifty, then 10 by LID,
/// of whom the table of LIDs knows the last two.
fn people() -> Vec<Person> {
    let by_number = (0..300).map(|i| {
        let area = ["202", "303", "404"][i / 100];
        let first = FIRST[i % FIRST.len()];
        let name = format!("{first} {}", LAST[i / FIRST.len()]);
        Person {
            number: Some(format!("1{area}55501{:02}", i % 100)),
            hidden_number: None,
            lid: format!("{}@lid", 210_000_000_000_000 + i),
            // Some are unsaved, some have never told a name.
            name: (i % 11 != 3).then_some(name),
            push_name: (i % 7 != 5).then(|| first.to_owned()),
            is_blocked: i % 97 == 4,
            is_whatsapp: i % 23 != 6,
        }
    });
    let by_lid = (0..10).map(|i| Person {
        number: None,
        hidden_number: (i >= 8).then(|| format!("150555501{i:02}")),
        lid: format!("{}@lid", 220_000_000_000_000_u64 + i),
        name: None,
        push_name: Some(format!("~ {}", FIRST[usize::try_from(i).unwrap_or(0)])),
        is_blocked: false,
        is_whatsapp: true,
    });
    by_number.chain(by_lid).collect()
}

/// 14 named `… Community`, 25 others, one without a name. The account is an admin of every third,
/// and has left every tenth, as far as WEBJS goes.
fn clubs(engine: Engine) -> Vec<Club> {
    let known: Vec<Member> = people()
        .into_iter()
        .filter_map(|person| Some((person.number?, person.lid)))
        .map(|(number, lid)| Member { number, lid })
        .collect();
    let communities = PLACES
        .iter()
        .map(|place| Some(format!("{place} Community")));
    let others = CLUBS.iter().map(|club| Some((*club).to_owned()));
    let years = CLUBS
        .iter()
        .skip(1)
        .map(|club| Some(format!("{club} 2026")));
    let subjects = communities.chain(others).chain(years).chain([None]);
    let place = |i| match i {
        i if i % 10 == 9 && engine == Engine::Webjs => Place::Outside,
        i if i % 3 == 0 => Place::Admin,
        _ => Place::Member,
    };
    subjects
        .enumerate()
        .map(|(i, subject)| Club {
            id: format!("1203630250{i:08}@g.us"),
            subject,
            members: (0..=i % 6)
                .map(|m| known[(i * 7 + m * 13) % known.len()].clone())
                .collect(),
            place: place(i),
            admins_only: i % 5 == 4,
            by_lid: i % 4 == 1,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn there_is_enough_to_search_and_to_page() {
        let people = people();
        let johns = people.iter().filter(|person| {
            person
                .name
                .as_ref()
                .is_some_and(|name| name.contains("John"))
        });
        assert!(johns.count() > 50);
        let ids: HashSet<_> = people
            .iter()
            .map(|person| person.number.as_ref().unwrap_or(&person.lid))
            .collect();
        assert_eq!((people.len(), ids.len()), (310, 310));

        let clubs = clubs(Engine::Gows);
        let communities = clubs
            .iter()
            .filter_map(|club| club.subject.as_ref())
            .filter(|name| name.contains("Community"));
        assert!(communities.count() > 10);
        assert_eq!(clubs.len(), 40);
    }
}
