//! Groups and contacts as each engine hands them out (sections 6 and 7).

use serde_json::{Map, Value, json};

use crate::{
    Behaviour, Engine,
    account::{Account, Club, Me, Person, Place},
};

/// Every group, in the order of the ids.
pub(crate) fn groups(
    account: &Account,
    engine: Engine,
    behaviour: Behaviour,
    with_members: bool,
) -> Vec<Value> {
    let shape = match engine {
        Engine::Webjs => webjs_group,
        Engine::Noweb => noweb_group,
        Engine::Gows => gows_group,
    };
    let without = |mut group: Value| {
        if !with_members {
            for members in ["participants", "Participants"] {
                group
                    .as_object_mut()
                    .map(|group| group.shift_remove(members));
            }
            if let Some(metadata) = group["groupMetadata"].as_object_mut() {
                metadata.shift_remove("participants");
            }
        }
        group
    };
    let group = |club: &Club| {
        let by_lid = club.by_lid && behaviour > Behaviour::Core202410;
        without(shape(club, by_lid, &seats(club)))
    };
    account.clubs.iter().map(group).collect()
}

/// Somebody in a group, the account itself included.
struct Seat<'a> {
    number: &'a str,
    lid: &'a str,
    is_admin: bool,
    is_owner: bool,
}

/// The account sits last.
fn seats(club: &Club) -> Vec<Seat<'_>> {
    let others = club.members.iter().enumerate().map(|(i, member)| Seat {
        number: &member.number,
        lid: &member.lid,
        is_admin: i == 0,
        is_owner: i == 0,
    });
    let own = (club.place != Place::Outside).then_some(Seat {
        number: Me::NUMBER,
        lid: Me::LID,
        is_admin: club.place == Place::Admin,
        is_owner: false,
    });
    others.chain(own).collect()
}

/// NOWEB hands its groups out by id.
pub(crate) fn by_id(groups: Vec<Value>) -> Value {
    let entry = |group: Value| (group["id"].as_str().unwrap_or_default().to_owned(), group);
    groups.into_iter().map(entry).collect::<Map<_, _>>().into()
}

fn webjs_group(club: &Club, by_lid: bool, seats: &[Seat]) -> Value {
    let user = club.id.trim_end_matches("@g.us");
    let id = json!({"server": "g.us", "user": user, "_serialized": club.id});
    let members = seats.iter().map(|seat| {
        let number = format!("{}@c.us", seat.number);
        let serialized = if by_lid { seat.lid } else { &number };
        let (user, server) = serialized.split_once('@').unwrap_or_default();
        json!({
            "id": {"server": server, "user": user, "_serialized": serialized},
            "isAdmin": seat.is_admin,
            "isSuperAdmin": seat.is_owner,
        })
    });
    let mut group = json!({
        "id": id,
        "isGroup": true,
        "isReadOnly": club.place == Place::Outside,
        "unreadCount": 0,
        "timestamp": 1_795_375_690,
        "archived": false,
        "pinned": false,
        "isMuted": false,
        "muteExpiration": 0,
        "groupMetadata": {
            "id": id,
            "creation": 1_700_000_000,
            "announce": club.admins_only,
            "participants": members.collect::<Value>(),
        },
    });
    if let Some(subject) = &club.subject {
        group["name"] = json!(subject);
        group["groupMetadata"]["subject"] = json!(subject);
    }
    group
}

/// Listed by LID, a member's number is missing at times, and here the size of the group too.
fn noweb_group(club: &Club, by_lid: bool, seats: &[Seat]) -> Value {
    let members = seats.iter().enumerate().map(|(i, seat)| {
        let number = format!("{}@s.whatsapp.net", seat.number);
        let admin = match seat {
            Seat { is_owner: true, .. } => json!("superadmin"),
            Seat { is_admin: true, .. } => json!("admin"),
            _ => Value::Null,
        };
        if !by_lid {
            json!({"id": number, "admin": admin})
        } else if i == 0 {
            json!({"id": seat.lid, "phoneNumber": number, "admin": admin})
        } else {
            json!({"id": seat.lid, "admin": admin})
        }
    });
    let mut group = json!({
        "id": club.id,
        "addressingMode": if by_lid { "lid" } else { "pn" },
        "creation": 1_700_000_000,
        "announce": club.admins_only,
        "participants": members.collect::<Value>(),
    });
    if !by_lid {
        group["size"] = json!(seats.len());
    }
    if let Some(subject) = &club.subject {
        group["subject"] = json!(subject);
    }
    group
}

fn gows_group(club: &Club, by_lid: bool, seats: &[Seat]) -> Value {
    let members = seats.iter().map(|seat| {
        let number = format!("{}@s.whatsapp.net", seat.number);
        json!({
            "JID": if by_lid { seat.lid } else { &number },
            "PhoneNumber": number,
            "LID": if by_lid { seat.lid } else { "" },
            "IsAdmin": seat.is_admin,
            "IsSuperAdmin": seat.is_owner,
            "DisplayName": "",
            "Error": 0,
            "AddRequest": null,
        })
    });
    json!({
        "JID": club.id,
        "OwnerJID": "",
        "Name": club.subject.as_deref().unwrap_or_default(),
        "NameSetAt": "0001-01-01T00:00:00Z",
        "Topic": "",
        "IsAnnounce": club.admins_only,
        "IsParent": false,
        "AddressingMode": if by_lid { "lid" } else { "pn" },
        "GroupCreated": "2023-11-14T22:13:20Z",
        "ParticipantCount": seats.len(),
        "Participants": members.collect::<Value>(),
    })
}

/// Every contact, in the order of the ids within each kind.
pub(crate) fn contacts(account: &Account, engine: Engine, behaviour: Behaviour) -> Vec<Value> {
    let people = &account.people;
    match engine {
        Engine::Webjs => webjs_contacts(account),
        Engine::Noweb => people
            .iter()
            .map(|person| noweb_contact(person, behaviour))
            .collect(),
        Engine::Gows => people.iter().map(gows_contact).collect(),
    }
}

/// The table of LIDs.
pub(crate) fn lids(account: &Account) -> Vec<Value> {
    let pair = |person: &Person| {
        let number = person.number.as_ref().or(person.hidden_number.as_ref())?;
        Some(json!({"lid": person.lid, "pn": format!("{number}@c.us")}))
    };
    let own = json!({"lid": Me::LID, "pn": Me::ID});
    account
        .people
        .iter()
        .filter_map(pair)
        .chain([own])
        .collect()
}

/// Everything the browser knows: people, the LID twins of some, the account, the groups.
fn webjs_contacts(account: &Account) -> Vec<Value> {
    let people = &account.people;
    let by_id = people
        .iter()
        .map(|person| webjs_contact(person, &id(person)));
    let twins = people
        .iter()
        .filter(|person| person.number.is_some())
        .take(30);
    let twins = twins.map(|person| webjs_contact(person, &person.lid));
    let me = json!({
        "id": Me::ID, "number": Me::NUMBER, "name": Me::NAME, "pushname": Me::NAME, "type": "in",
        "isMe": true, "isUser": true, "isGroup": false, "isWAContact": true, "isMyContact": true, "isBlocked": false,
    });
    let groups = account.clubs.iter().map(|club| {
        let number = club.id.trim_end_matches("@g.us");
        json!({
            "id": club.id, "number": number, "name": club.subject, "type": "in",
            "isMe": false, "isUser": false, "isGroup": true, "isWAContact": false, "isMyContact": false, "isBlocked": false,
        })
    });
    by_id.chain(twins).chain([me]).chain(groups).collect()
}

fn webjs_contact(person: &Person, id: &str) -> Value {
    let mut contact = json!({
        "id": id,
        // The digits of whatever the id is.
        "number": id.split('@').next(),
        "isBusiness": false,
        "isEnterprise": false,
        "labels": [],
        "statusMute": false,
        "type": "in",
        "isMe": false,
        "isUser": true,
        "isGroup": false,
        "isWAContact": person.is_whatsapp,
        "isMyContact": person.name.is_some(),
        "isBlocked": person.is_blocked,
    });
    if let Some(name) = &person.name {
        contact["name"] = json!(name);
        contact["shortName"] = json!(name.split(' ').next());
    }
    if let Some(push_name) = &person.push_name {
        contact["pushname"] = json!(push_name);
    }
    contact
}

fn noweb_contact(person: &Person, behaviour: Behaviour) -> Value {
    let mut contact = json!({"id": id(person)});
    if person.number.is_some() && behaviour > Behaviour::Core202410 {
        contact["lid"] = json!(person.lid);
    }
    if let Some(name) = &person.name {
        contact["name"] = json!(name);
    }
    if let Some(push_name) = &person.push_name {
        let key = if behaviour == Behaviour::Core202410 {
            "notify"
        } else {
            "pushname"
        };
        contact[key] = json!(push_name);
    }
    contact
}

fn gows_contact(person: &Person) -> Value {
    json!({
        "id": id(person),
        "name": person.name.as_deref().unwrap_or_default(),
        "pushname": person.push_name.as_deref().unwrap_or_default(),
    })
}

fn id(person: &Person) -> String {
    person
        .number
        .as_ref()
        .map_or_else(|| person.lid.clone(), |number| format!("{number}@c.us"))
}
