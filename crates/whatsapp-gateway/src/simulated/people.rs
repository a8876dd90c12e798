//! The people that a simulated account knows: common given and family names of several languages
//! in their own scripts, put together by chance, and mobile numbers of the countries' lengths.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{ChatId, Contact};

/// Names and numbers that go together.
struct Place {
    /// Names with spaces between them.
    given: &'static str,
    family: &'static str,
    /// How the two are put together.
    order: Order,
    /// Forms of mobile numbers with spaces between them, country code first; `#` is any digit.
    numbers: &'static str,
}

enum Order {
    GivenFamily,
    FamilyGiven,
}

const PLACES: &[Place] = &[
    Place {
        given: "Abigail Ben Charlotte Derek Ella Grace Jack Kate Liam Megan Oliver Ruth Sam Zoë",
        family: "Baker Clayton Evans Fletcher Hughes Morgan O’Brien Parker Reid Turner Whelan Yates",
        order: Order::GivenFamily,
        numbers: "4477######## 1415####### 1604####### 614######## 35385#######",
    },
    Place {
        given: "Anja Björn Claudia Dörte Emil Frieda Günter Heike Jürgen Käthe Lukas Sören Ute",
        family: "Bauer Fischer Größmann Hofer Jäger Köhler Lang Möller Schröder Voss Weiß Zöllner",
        order: Order::GivenFamily,
        numbers: "49151######## 49170####### 49176######## 43664####### 4179#######",
    },
    Place {
        given: "Amélie Benoît Chloé Élodie François Hélène Jérôme Léa Mathis Noëlle Rémi Thérèse",
        family: "Bélanger Chevallier Dubois Fournier Garnier Lefèvre Mercier Noël Perrin Roussel Tremblay",
        order: Order::GivenFamily,
        numbers: "336######## 337######## 32470###### 2217######## 22507########",
    },
    Place {
        given: "Adrián Beatriz Camila Diego Íñigo Joaquín Lucía Martín Núria Sofía Tomás Ximena",
        family: "Álvarez Castaño Delgado Figueroa Gutiérrez Ibáñez Muñoz Núñez Peña Ramírez Vázquez",
        order: Order::GivenFamily,
        numbers: "346######## 521########## 54911######## 57310####### 569########",
    },
    Place {
        given: "Antônio Bruna Conceição Davi Flávia Gonçalo Inês João Luísa Márcia Simão Vitória",
        family: "Araújo Brandão Conceição Figueiredo Guimarães Leitão Magalhães Nóbrega Simões Teixeira",
        order: Order::GivenFamily,
        numbers: "55119######## 55219######## 35191####### 2449########",
    },
    Place {
        given: "Ayşe Çağla Emre Gülşen İbrahim Łukasz Małgorzata Ömer Paweł Šárka Vojtěch Zoltán",
        family: "Çınar Dvořák Kowalczyk Öztürk Szalai Şimşek Wójcik Yıldız Żuraw Němec Bălan",
        order: Order::GivenFamily,
        numbers: "90532####### 4860####### 420602###### 36301###### 40722######",
    },
    Place {
        given: "Adébáyọ̀ Amara Baraka Chidi Fatou Halima Kofi Ngozi Olúwaṣeun Thandiwe Wanjiru Zawadi",
        family: "Adeyẹmí Banda Diallo Kamau Mensah Moyo Nwosu Okafor Otieno Sithole Traoré",
        order: Order::GivenFamily,
        numbers: "234803####### 25472####### 23324####### 2782####### 26377#######",
    },
    Place {
        given: "أحمد إيمان خالد رنا سلمى طارق عائشة فاطمة ليلى مريم نور يوسف",
        family: "البنا التميمي الحداد الخطيب الزهراني السيد الشامي العلي المصري النجار",
        order: Order::GivenFamily,
        numbers: "2010######## 9665######## 2126######## 96279####### 97150#######",
    },
    Place {
        given: "अनिल आशा कविता गीता दीपक नेहा पूजा मुकुल राजेश रेखा विजय सुनीता",
        family: "अग्रवाल कुलकर्णी गुप्ता जैन तोमर पटेल मिश्रा यादव भारद्वाज सक्सेना",
        order: Order::GivenFamily,
        numbers: "9198######## 9199######## 9170######## 97798########",
    },
    Place {
        given: "伟 芳 秀英 建国 丽华 志明 淑芬 家豪 雅婷 文杰 美玲 晓东",
        family: "王 李 張 刘 陳 楊 黃 周 吴 徐 林 何",
        order: Order::FamilyGiven,
        numbers: "8529####### 8869######## 659####### 86138######## 601########",
    },
    Place {
        given: "Алёна Богдан Гүлнар Дмитрий Жанна Ярина Катерина Љиљана Микола Оксана Софія Тарас",
        family: "Бондаренко Воронов Гончар Јовић Коваленко Мельник Петрова Сидоренко Ткачук Шевчук",
        order: Order::GivenFamily,
        numbers: "38067####### 77017###### 35988####### 38164####### 37529#######",
    },
    Place {
        given: "אורי דנה חנה איתן מיכל נועם עדי רבקה שירה תמר",
        family: "אברהמי ביטון הררי כהן לוי מזרחי פרץ רוזן שפירא",
        order: Order::GivenFamily,
        numbers: "97252####### 97254#######",
    },
];

const JOHN_FAMILIES: &str = "Ashworth Bramwell Chukwu Doe Ferreira Galloway Hartley Iyer Kimani Lindqvist Mwangi Novak Osei Pham Quayle Rahman Sørensen Tanaka Varghese Whitfield";
/// What follows a saved name in an address book.
const NOTES: &[&str] = &[
    "(plumber)",
    "(neighbour)",
    "School",
    "Football",
    "🎸",
    "Choir",
    "Work",
    "2nd floor",
    "⚽ coach",
];
/// What people put next to the name that they give themselves.
const SIGNS: &[&str] = &["🌸", "✨", "🇧🇷", "👨‍👩‍👧", "🙏🏽", "⚽", "♥️", "🌍", "🦋"];

/// Every so manieth person is a John, with a saved name and a number.
const JOHN_EVERY: usize = 64;

/// Every so manieth person's LID is told besides the number.
const LID_EVERY: usize = 5;

/// The people of a seed, without the account itself. No id and no number is there twice.
pub(super) fn contacts(seed: u64, count: usize) -> Vec<Contact> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x7065_6f70_6c65);
    let mut taken = HashSet::new();
    (0..count)
        .map(|i| {
            let place = pick(&mut rng, PLACES);
            let person = if i % JOHN_EVERY == JOHN_EVERY / 2 {
                john(&mut rng)
            } else {
                person(&mut rng, place)
            };
            let digits = loop {
                let digits = if person.hidden {
                    lid(&mut rng)
                } else {
                    mobile(&mut rng, place.numbers)
                };
                if taken.insert(digits.clone()) {
                    break digits;
                }
            };
            let lid = (i % LID_EVERY == 0 && !person.hidden)
                .then(|| ChatId(format!("{}@lid", lid(&mut rng))));
            Contact {
                lid,
                ..contact(person, digits)
            }
        })
        .collect()
}

/// The account itself as its own contact.
pub(super) fn me(digits: &str) -> Contact {
    Contact {
        is_me: Some(true),
        ..contact(
            Person {
                push_name: Some("Me".to_owned()),
                ..Person::default()
            },
            digits.to_owned(),
        )
    }
}

/// A number that no contact has: their German numbers begin otherwise.
pub(super) fn own_number(rng: &mut StdRng) -> String {
    mobile(rng, "49157########")
}

/// What the engine tells of somebody.
#[derive(Default)]
enum Flags {
    #[default]
    Usual,
    Blocked,
    /// Saved in the phone, but not on WhatsApp.
    Absent,
    Untold,
}

#[derive(Default)]
struct Person {
    name: Option<String>,
    push_name: Option<String>,
    /// Known only by LID.
    hidden: bool,
    flags: Flags,
}

fn john(rng: &mut StdRng) -> Person {
    let name = format!("John {}", word(rng, JOHN_FAMILIES));
    Person {
        name: Some(name),
        push_name: Some("John".to_owned()),
        ..Person::default()
    }
}

fn person(rng: &mut StdRng, place: &Place) -> Person {
    let (given, family) = (word(rng, place.given), word(rng, place.family));
    let full = match place.order {
        Order::GivenFamily => format!("{given} {family}"),
        Order::FamilyGiven => format!("{family}{given}"),
    };
    let push_name = match rng.random_range(0..10) {
        0..4 => given.to_owned(),
        4 => format!("{given} {}", pick(rng, SIGNS)),
        5 => given.to_lowercase(),
        6 => (*pick(rng, SIGNS)).to_owned(),
        _ => full.clone(),
    };
    let name = if rng.random_ratio(1, 12) {
        format!("{full} {}", pick(rng, NOTES))
    } else {
        full
    };
    let (saved, pushed, hidden) = match rng.random_range(0..100) {
        0..55 => (true, true, false),
        55..67 => (true, false, false),
        67..85 => (false, true, false),
        85..93 => (false, false, false),
        93..99 => (false, true, true),
        _ => (false, false, true),
    };
    let flags = match rng.random_range(0..100) {
        0..5 => Flags::Untold,
        5 => Flags::Blocked,
        6 if saved => Flags::Absent,
        _ => Flags::Usual,
    };
    Person {
        name: saved.then_some(name),
        push_name: pushed.then_some(push_name),
        hidden,
        flags,
    }
}

fn contact(person: Person, digits: String) -> Contact {
    let told = |flag: bool| (!matches!(person.flags, Flags::Untold)).then_some(flag);
    let server = if person.hidden { "lid" } else { "c.us" };
    Contact {
        id: ChatId(format!("{digits}@{server}")),
        is_saved: told(person.name.is_some()),
        name: person.name,
        push_name: person.push_name,
        is_me: told(false),
        is_blocked: told(matches!(person.flags, Flags::Blocked)),
        is_whatsapp: told(!matches!(person.flags, Flags::Absent)),
        number: (!person.hidden).then_some(digits),
        lid: None,
    }
}

fn mobile(rng: &mut StdRng, forms: &str) -> String {
    word(rng, forms)
        .chars()
        .map(|c| if c == '#' { digit(rng) } else { c })
        .collect()
}

/// LIDs have 14 or 15 digits and tell nothing of the number.
fn lid(rng: &mut StdRng) -> String {
    let rest = rng.random_range(13..15);
    let first = char::from(b'0' + rng.random_range(1..10_u8));
    std::iter::once(first)
        .chain((0..rest).map(|_| digit(rng)))
        .collect()
}

fn digit(rng: &mut StdRng) -> char {
    char::from(b'0' + rng.random_range(0..10_u8))
}

/// Something out of a list that is not empty.
pub(super) fn pick<'a, T>(rng: &mut StdRng, list: &'a [T]) -> &'a T {
    &list[rng.random_range(0..list.len())]
}

/// A word out of a text.
fn word<'a>(rng: &mut StdRng, text: &'a str) -> &'a str {
    let words: Vec<_> = text.split(' ').collect();
    words[rng.random_range(0..words.len())]
}
