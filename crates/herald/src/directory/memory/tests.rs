use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::store::KnownGroup;

fn group(id: &str, name: &str) -> KnownGroup {
    KnownGroup {
        id: format!("{id}@g.us"),
        name: (!name.is_empty()).then(|| name.to_owned()),
        ..KnownGroup::default()
    }
}

fn contact(number: &str, name: Option<&str>, push_name: Option<&str>) -> KnownContact {
    KnownContact {
        id: format!("{number}@c.us"),
        name: name.map(str::to_owned),
        push_name: push_name.map(str::to_owned),
        number: Some(number.to_owned()),
        ..KnownContact::default()
    }
}

fn of_groups(groups: Vec<KnownGroup>) -> Directory {
    Directory::new(Known {
        groups,
        contacts: Vec::new(),
    })
}

fn of_contacts(contacts: Vec<KnownContact>) -> Directory {
    Directory::new(Known {
        groups: Vec::new(),
        contacts,
    })
}

fn all(search: &str) -> Query<'_> {
    Query {
        limit: PAGE_LIMIT,
        cursor: 0,
        search,
    }
}

fn names(directory: &Directory, search: &str) -> Vec<String> {
    let page = directory.contacts(all(search));
    page.items.into_iter().map(|item| item.group_name).collect()
}

fn group_names(directory: &Directory, search: &str) -> Vec<String> {
    let page = directory.groups(all(search));
    page.items.into_iter().map(|item| item.group_name).collect()
}

#[test]
fn names_fall_back_and_the_flags_hide_only_when_they_say_so() {
    let mut me = contact("491510000001", Some("Me"), None);
    me.is_me = Some(true);
    let mut blocked = contact("491510000002", Some("Blocked"), None);
    blocked.is_blocked = Some(true);
    let mut elsewhere = contact("491510000003", Some("No WhatsApp"), None);
    elsewhere.is_whatsapp = Some(false);
    let hidden = KnownContact {
        id: "99@lid".into(),
        name: Some("By LID".into()),
        ..KnownContact::default()
    };
    let blocked_too = KnownContact {
        id: "98@lid".into(),
        is_blocked: Some(true),
        ..KnownContact::default()
    };
    let people = vec![
        me,
        blocked,
        elsewhere,
        hidden,
        blocked_too,
        contact("491510000004", Some("Saved"), Some("Pushed")),
        contact("491510000005", None, Some("Pushed")),
        contact("491510000006", None, None),
    ];
    let lack_numbers = people.iter().filter(|person| person.lacks_number());
    assert_eq!(lack_numbers.count(), 1);
    let directory = of_contacts(people);
    assert_eq!(names(&directory, ""), ["491510000006", "Pushed", "Saved"]);
    assert_eq!(directory.contact_count(), 3);
    assert!(
        names(&directory, "99").is_empty(),
        "a LID is no phone number"
    );
}

#[test]
fn search_finds_by_name_push_name_and_number_in_any_script() {
    let directory = of_contacts(vec![
        contact("4915112345678", Some("Zoë Müller"), Some("zo")),
        contact("8613800138000", Some("王小明"), None),
        contact("919876543210", Some("प्रिया शर्मा"), None),
        contact("972501234567", None, Some("דָּוִד")),
        contact("201001234567", Some("مُحَمَّد علي"), Some("Mo 🎸")),
        contact("12125550007", Some("Team 49 151"), Some("Agent\n007")),
    ]);
    for (search, found) in [
        ("zoe", &["Zoë Müller"][..]),
        ("MU", &["Zoë Müller"]),
        ("muller zo", &["Zoë Müller"]),
        ("小明", &["王小明"]),
        ("शर", &["प्रिया शर्मा"]),
        ("שרמה", &[]),
        ("דוד", &["דָּוִד"]),
        ("محمد", &["مُحَمَّد علي"]),
        ("علي 🎸", &["مُحَمَّد علي"]),
        ("agent 007", &["Team 49 151"]),
        ("+49 151", &["Zoë Müller"]),
        ("49 151", &["Zoë Müller", "Team 49 151"]),
        ("0049 151", &["Zoë Müller"]),
        ("+49151", &["Zoë Müller"]),
        ("49151", &["Zoë Müller"]),
        ("0049151 zoe", &["Zoë Müller"]),
        ("zoe 5678 mul", &["Zoë Müller"]),
        ("zoe 138", &[]),
        ("8000", &["王小明"]),
        ("nobody", &[]),
    ] {
        assert_eq!(names(&directory, search), found, "{search}");
    }
}

#[test]
fn exact_hits_come_first_then_beginnings_then_the_rest() {
    let directory = of_groups(vec![
        group("1", "The Choir"),
        group("2", "Choir practice"),
        group("3", "choir"),
        group("4", ""),
    ]);
    assert_eq!(
        group_names(&directory, "CHOIR"),
        ["choir", "Choir practice", "The Choir"]
    );
    assert_eq!(group_names(&directory, "4@g.us"), ["4@g.us"]);
    assert!(group_names(&directory, "000").is_empty());
}

/// Every entry that has each word of the search in a text, found the plain way.
fn plainly(people: &[KnownContact], search: &str) -> HashSet<String> {
    let search = &*fold::text(search);
    let words: Vec<&str> = search.split_whitespace().collect();
    let fits = |person: &&KnownContact| {
        let names = [&person.name, &person.push_name];
        let names: Vec<String> = names
            .into_iter()
            .flatten()
            .map(|name| fold::text(name))
            .collect();
        let number = person.number.as_deref().unwrap_or_default();
        let in_number = |text: &str| fold::digits(text).is_some_and(|part| number.contains(&part));
        let whole = fold::digits(search).is_some();
        words.iter().all(|word| {
            names.iter().any(|name| name.contains(*word)) || (!whole && in_number(word))
        }) || in_number(search)
    };
    people
        .iter()
        .filter(fits)
        .map(|person| person.id.clone())
        .collect()
}

/// Names of letters that meet often, so that searches hit: Latin, Arabic, Devanagari, Han, emoji,
/// and marks that combine with what stands before them.
fn some_text() -> impl Strategy<Value = String> {
    let letters = prop::sample::select(vec![
        "a",
        "B",
        "ä",
        "ß",
        "İ",
        "e\u{301}",
        "o\u{308}\u{323}",
        "م",
        "ُ",
        "حَ",
        "دّ",
        "क",
        "ा",
        "क्ष",
        "़",
        "王",
        "小",
        "🎸",
        "👨‍👩‍👧",
        "1",
        "5",
        "00",
        "+",
        " ",
        "  ",
        "-",
    ]);
    prop::collection::vec(letters, 0..7).prop_map(|letters| letters.concat())
}

prop_compose! {
    fn some_people()(
        people in prop::collection::btree_map("[15]{2}0[0-9]{2}", (prop::option::of(some_text()), prop::option::of(some_text())), 0..60),
    ) -> Vec<KnownContact> {
        people
            .iter()
            .map(|(number, (name, push_name))| contact(number, name.as_deref(), push_name.as_deref()))
            .collect()
    }
}

fn walk(directory: &Directory, limit: u64, search: &str) -> Vec<ContactItem> {
    let (mut walked, mut cursor) = (Vec::new(), 0);
    loop {
        let page = directory.contacts(Query {
            limit,
            cursor,
            search,
        });
        let returned = page.items.len() as u64;
        walked.extend(page.items);
        match page.next_cursor {
            Maybe::Undefined => return walked,
            Maybe::Value(next) => {
                assert_eq!((returned, next), (limit, cursor + returned));
                cursor = next;
            }
        }
    }
}

proptest! {
    #[test]
    fn search_finds_what_a_plain_filter_finds(people in some_people(), search in some_text()) {
        let found = of_contacts(people.clone()).contacts(all(&search)).items;
        let ids: HashSet<_> = found.iter().map(|item| item.group_id.clone()).collect();
        prop_assert_eq!(ids.len(), found.len());
        prop_assert_eq!(ids, plainly(&people, &search));
    }

    #[test]
    fn pages_are_full_and_lose_nothing(
        people in some_people(),
        limit in 1u64..40,
        search in "[a1]{0,2}",
    ) {
        let directory = of_contacts(people);
        let whole = directory.contacts(all(&search)).items;
        let walked = walk(&directory, limit, &search);
        prop_assert_eq!(&walked, &whole);
        let ids: HashSet<_> = whole.iter().map(|item| &item.group_id).collect();
        prop_assert_eq!(ids.len(), whole.len());
    }
}

#[test]
fn a_person_takes_little_memory() {
    let people = (0..10_000).map(|n| {
        contact(
            &format!("4915112{n:06}"),
            Some("Wilhelmina Fischer"),
            Some("Mina"),
        )
    });
    let directory = of_contacts(people.collect());
    assert!(directory.size() < 10_000 * 100, "{}", directory.size());
}
