//! Groups and contacts as each engine hands them out (sections 6 and 7).

use serde_json::{Map, Value, json};

use crate::{
    Behaviour, Engine,
    account::{Club, Me, Person, clubs, people},
};

/// Every group, in the order of the ids.
pub(crate) fn groups(engine: Engine, with_members: bool) -> Vec<Value> {
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
    clubs().iter().map(shape).map(without).collect()
}

/// NOWEB hands its groups out by id.
pub(crate) fn by_id(groups: Vec<Value>) -> Value {
    let entry = |group: Value| (group["id"].as_str().unwrap_or_default().to_owned(), group);
    groups.into_iter().map(entry).collect::<Map<_, _>>().into()
}

fn webjs_group(club: &Club) -> Value {
    let user = club.id.trim_end_matches("@g.us");
    let id = json!({"server": "g.us", "user": user, "_serialized": club.id});
    let members = club.members.iter().enumerate().map(|(i, number)| {
        json!({
            "id": {"server": "c.us", "user": number, "_serialized": format!("{number}@c.us")},
            "isAdmin": i == 0,
            "isSuperAdmin": i == 0,
        })
    });
    let mut group = json!({
        "id": id,
        "isGroup": true,
        "isReadOnly": false,
        "unreadCount": 0,
        "timestamp": 1_795_375_690,
        "archived": false,
        "pinned": false,
        "isMuted": false,
        "muteExpiration": 0,
        "groupMetadata": {"id": id, "creation": 1_700_000_000, "participants": members.collect::<Value>()},
    });
    if let Some(subject) = &club.subject {
        group["name"] = json!(subject);
        group["groupMetadata"]["subject"] = json!(subject);
    }
    group
}

fn noweb_group(club: &Club) -> Value {
    let members = club.members.iter().enumerate().map(|(i, number)| {
        json!({"id": format!("{number}@s.whatsapp.net"), "admin": if i == 0 { json!("superadmin") } else { Value::Null }})
    });
    let mut group = json!({
        "id": club.id,
        "addressingMode": "pn",
        "size": club.members.len(),
        "creation": 1_700_000_000,
        "participants": members.collect::<Value>(),
    });
    if let Some(subject) = &club.subject {
        group["subject"] = json!(subject);
    }
    group
}

fn gows_group(club: &Club) -> Value {
    let members = club.members.iter().enumerate().map(|(i, number)| {
        json!({
            "JID": format!("{number}@s.whatsapp.net"),
            "PhoneNumber": format!("{number}@s.whatsapp.net"),
            "LID": "",
            "IsAdmin": i == 0,
            "IsSuperAdmin": i == 0,
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
        "IsAnnounce": false,
        "IsParent": false,
        "AddressingMode": "pn",
        "GroupCreated": "2023-11-14T22:13:20Z",
        "ParticipantCount": club.members.len(),
        "Participants": members.collect::<Value>(),
    })
}

/// Every contact, in the order of the ids within each kind.
pub(crate) fn contacts(engine: Engine, behaviour: Behaviour) -> Vec<Value> {
    let people = people();
    match engine {
        Engine::Webjs => webjs_contacts(&people),
        Engine::Noweb => people
            .iter()
            .map(|person| noweb_contact(person, behaviour))
            .collect(),
        Engine::Gows => people.iter().map(gows_contact).collect(),
    }
}

/// Everything the browser knows: people, the LID twins of some, the account, the groups.
fn webjs_contacts(people: &[Person]) -> Vec<Value> {
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
    let groups = clubs().into_iter().map(|club| {
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
