//! The groups that a simulated account is in.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::people::pick;
use crate::{ChatId, Group};

const PLACES: &[&str] = &[
    "Ashford",
    "Bellavista",
    "Brookside",
    "Cedar Hill",
    "Eastgate",
    "Fairview",
    "Greenfield",
    "Hillcrest",
    "Kirchheim",
    "Lakeside",
    "Maplewood",
    "Northgate",
    "Oakridge",
    "Riverside",
    "São Bento",
    "Södermalm",
    "Willow Park",
    "Zürich-West",
];

/// Names with a place in them.
const LOCAL: &[&str] = &[
    "{} Primary, Class 3b",
    "{} School Parents",
    "{} Kindergarten 🐝",
    "FC {} U13 ⚽",
    "{} Runners",
    "{} Swim Team 🏊",
    "{} Parish Council",
    "{} Choir 🎶",
    "{} Neighbours",
    "{} Farmers’ Market 🍅",
    "{} Flea Market",
    "{} Book Club 📚",
    "{} Allotments",
    "{} Volunteer Fire Brigade",
    "{} Car Pool",
    "Tenants of {} Street",
    "Elternabend {}",
    "Kirchenchor {}",
    "Amis de {} 🥖",
    "Vecinos de {}",
    "Mães da Escola {}",
    "Sąsiedzi {}",
];

/// Names with the word that people search for in the example of the User API.
const COMMUNITY: &[&str] = &[
    "{} Community Group",
    "{} Community Garden 🌱",
    "Community Kitchen {}",
    "{} Community Centre",
    "{} Community Choir",
    "Community Watch {}",
];

/// Names that stand for themselves.
const OWN: &[&str] = &[
    "Family ❤️",
    "Grandma’s 80th 🎂",
    "Cousins abroad",
    "Sunday lunch",
    "Ski trip ⛷️",
    "Office kitchen",
    "Noah’s class trip",
    "عائلة الحداد",
    "أولياء الأمور - الصف الثالث",
    "جيران الحي",
    "परिवार 🙏",
    "मोहल्ला समिति",
    "कक्षा पाँच अभिभावक",
    "家庭群 ❤️",
    "三年二班家長",
    "社區合唱團",
    "Батьки 4-А класу",
    "Садоводы «Ромашка»",
    "Семья",
    "המשפחה",
    "ועד הבית",
    "הורים כיתה ג׳",
    "Familia Gutiérrez 🌮",
    "Aile grubu",
];

/// The groups of a seed. No id and no name is there twice; a few groups have no name.
pub(super) fn groups(seed: u64, count: usize) -> Vec<Group> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x0067_726f_7570_7300);
    // A source of its own, so that ids and names are what they were before facts were told.
    let mut facts = StdRng::seed_from_u64(seed ^ 0x6661_6374_7300);
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    (0..count)
        .map(|i| {
            let name = match i % 97 {
                50 => None,
                n if n % 19 == 3 => Some(local(&mut rng, COMMUNITY)),
                n if n % 13 == 0 => Some((*pick(&mut rng, OWN)).to_owned()),
                _ => Some(local(&mut rng, LOCAL)),
            };
            let name = name.map(|name| {
                if names.contains(&name) {
                    format!("{name} {}", i + 1)
                } else {
                    name
                }
            });
            names.extend(name.clone());
            Group {
                id: id(&mut rng, &mut ids),
                name,
                members: Some(size(&mut facts)),
                admins_only: Some(facts.random_ratio(1, 6)),
                is_admin: Some(facts.random_ratio(1, 4)),
                is_member: Some(true),
            }
        })
        .collect()
}

/// Most groups are small; WhatsApp has room for 1,024.
fn size(rng: &mut StdRng) -> u32 {
    let most = *pick(rng, &[12, 40, 40, 120, 256, 1_024]);
    rng.random_range(3..=most)
}

/// 18 digits, as groups made since 2021 have them.
fn id(rng: &mut StdRng, taken: &mut HashSet<u64>) -> ChatId {
    loop {
        let digits = 120_363_400_000_000_000 + rng.random_range(0..100_000_000_000_u64);
        if taken.insert(digits) {
            return ChatId(format!("{digits}@g.us"));
        }
    }
}

fn local(rng: &mut StdRng, patterns: &[&str]) -> String {
    let place = pick(rng, PLACES);
    pick(rng, patterns).replace("{}", place)
}
