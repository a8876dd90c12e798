//! Campaigns over every WAHA: the messages at their time, their receipts, and who wants no more.

use rstest::rstest;
use serde_json::{Value, json};
use waha_stand_in::{Behaviour, Engine, Status};
use whatsapp_gateway::Changed;

use super::setup::{
    AHMED, GROUP, JOHN, JOHNS_LID, MARY, Setting, Way, booked, draft_to, look, message_to,
};
use crate::{
    campaigns::{DAY, MINUTE, NOON, create, go_to, messages, run_until, see, with},
    support::world::Person,
};

/// Somebody who is saved in the phone later.
const NEW_NUMBER: &str = "15055550150@c.us";
const NEW_LID: &str = "230000000000310@lid";

/// Whether the message of that day is known to have been delivered and read.
async fn is_receipted(person: &Person<'_>, id: &Value, chat: &str, day: &str) -> (bool, bool) {
    let messages = messages(person, id).await;
    let is_it = |message: &&Value| {
        message["chatId"] == chat && message["scheduledAt"].as_str().unwrap().starts_with(day)
    };
    let message = messages.iter().find(is_it).unwrap();
    let is_there = |field: &str| message[field].is_string();
    (is_there("deliveredAt"), is_there("readAt"))
}

#[rstest]
#[tokio::test]
async fn the_whole_story_of_a_campaign(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(Way::Webhook, Way::Socket)] way: Way,
) {
    // Over 2024.10's web socket there is nothing to hear but the status of sessions, and WEBJS
    // tells of receipts in groups only where its owner has asked it to.
    let is_told = way == Way::Webhook || behaviour != Behaviour::Core202410;
    let is_told_of_groups = is_told && engine != Engine::Webjs;
    let setting = Setting::new(engine, behaviour, way).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));

    let change = json!({
        "messageTemplate": "Hello {first_name|everybody}, {days_left} to go",
        "endDate": "2026-01-03",
    });
    let asked = with(draft_to(&session, &[GROUP, JOHN]), change);
    let id = create(&ann, asked).await;
    go_to(world, NOON - 1);
    assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    assert_eq!(setting.posts(), 0, "nothing before its time");
    go_to(world, NOON);
    assert_eq!(run_until(world, NOON + 2 * MINUTE).await, 2);
    let first_day = [
        (GROUP.to_owned(), "Hello everybody, 1 to go".to_owned()),
        (JOHN.to_owned(), "Hello John, 1 to go".to_owned()),
    ];
    assert_eq!(setting.taken(), first_day);
    assert_eq!(setting.posts(), 2);
    let sent_and_to_come = json!({ "planned": 4, "scheduled": 2, "sent": 2 });
    assert_eq!(booked(&ann, &id).await, sent_and_to_come);
    assert_eq!(see(&ann, &id).await["nextAt"], "2026-01-03T12:00:00.000Z");

    // How far they got.
    let day = "2026-01-02";
    assert_eq!(
        is_receipted(&ann, &id, JOHN, day).await,
        (false, false),
        "nobody has heard anything yet"
    );
    for (chat, is_told) in [(GROUP, is_told_of_groups), (JOHN, is_told)] {
        if is_told {
            ears.until(async || is_receipted(&ann, &id, chat, day).await == (true, true))
                .await;
        }
    }
    if !is_told {
        // What is told after the receipts.
        assert!(waha.lose_connection(name));
        ears.hear(|changed| *changed == Changed::Status).await;
        waha.until(name, Status::Working).await;
        while look(&ann, &session).await["status"] != "WORKING" {}
    }
    let seen = is_receipted(&ann, &id, GROUP, day).await;
    assert_eq!(seen, (is_told_of_groups, is_told_of_groups));
    let seen = is_receipted(&ann, &id, JOHN, day).await;
    assert_eq!(seen, (is_told, is_told));
    assert_eq!(booked(&ann, &id).await, sent_and_to_come);

    // Somebody has had enough; in a group that is nobody's word, and others still get theirs.
    assert!(waha.say(name, GROUP, "STOP"));
    assert!(waha.say(name, JOHN, "STOP"));
    if is_told {
        let says_stop = |changed: &Changed| matches!(changed, Changed::Message { from, text } if from.as_str() == JOHN && text == "STOP");
        ears.hear(says_stop).await;
    }
    go_to(world, NOON + DAY);
    let more = if is_told { 1 } else { 2 };
    assert_eq!(run_until(world, NOON + DAY + 2 * MINUTE).await, more);
    assert_eq!(setting.posts(), 2 + more);
    let campaign = see(&ann, &id).await;
    assert_eq!(campaign["status"], "COMPLETED");
    let taken = setting.taken();
    assert_eq!(taken[2].1, "Hello everybody, 0 to go");
    if is_told {
        let booked = booked(&ann, &id).await;
        assert_eq!(booked, json!({ "planned": 4, "sent": 3, "skipped": 1 }));
        let last = &messages(&ann, &id).await[3];
        assert_eq!(
            (&last["chatId"], &last["status"]),
            (&json!(JOHN), &json!("skipped"))
        );
        assert_eq!(
            last["reason"],
            "This person has asked you for no more messages (“stop”)."
        );
        assert!(taken.iter().filter(|(chat, _)| chat == JOHN).count() == 1);
    } else {
        // Nobody has told us.
        assert_eq!(booked(&ann, &id).await, json!({ "planned": 4, "sent": 4 }));
    }
}

/// From 2025.5.4 on WAHA tells who is whom; before that, nobody could know.
#[rstest]
#[tokio::test]
async fn whoever_says_stop_by_another_id_gets_no_more_either(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202602, Behaviour::Current)] behaviour: Behaviour,
    #[values(Way::Webhook, Way::Socket)] way: Way,
) {
    let setting = Setting::new(engine, behaviour, way).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    let id = create(&ann, draft_to(&session, &[JOHN, MARY])).await;

    assert!(waha.say(name, JOHNS_LID, "Stop!"));
    let says_stop = |changed: &Changed| matches!(changed, Changed::Message { from, .. } if from.as_str() == JOHNS_LID);
    ears.hear(says_stop).await;
    go_to(world, NOON);
    assert_eq!(run_until(world, NOON + 2 * MINUTE).await, 1);
    assert_eq!(message_to(&ann, &id, JOHN).await["status"], "skipped");
    assert_eq!(
        setting.taken(),
        [(MARY.to_owned(), "See you tonight".to_owned())]
    );
}

/// Who says something else goes on getting messages, and is nobody new any more.
#[tokio::test]
async fn other_words_stop_nothing() {
    let setting = Setting::new(Engine::Noweb, Behaviour::Current, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    let id = create(&ann, draft_to(&session, &[JOHN, MARY, AHMED])).await;
    for (chat, words) in [
        (JOHN, "Do not stop"),
        (MARY, ""),
        (AHMED, "stop it at five?"),
    ] {
        assert!(waha.say(name, chat, words));
        ears.hear(
            |changed| matches!(changed, Changed::Message { from, .. } if from.as_str() == chat),
        )
        .await;
    }
    go_to(world, NOON);
    assert_eq!(run_until(world, NOON + 2 * MINUTE).await, 3);
    assert_eq!(booked(&ann, &id).await, json!({ "planned": 3, "sent": 3 }));
    let known = world.app.store.known_chats(session["id"].as_str().unwrap());
    let mut known = known.await.unwrap();
    known.sort();
    assert_eq!(known, [JOHN, MARY, AHMED]);
}

/// Each user's campaigns go out through their own session, and what is said to one is said to
/// nobody else.
#[rstest]
#[tokio::test]
async fn two_accounts_of_one_waha(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Way::Webhook, Way::Socket)] way: Way,
) {
    let setting = Setting::new(engine, Behaviour::Current, way).await;
    let (bob, of_bob) = setting.person("bob").await;
    let (ann, of_ann, mut ears) = setting.linked().await;
    let (world, waha) = (&setting.world, &setting.waha);
    assert!(waha.say(setting.name(&of_ann), JOHN, "stop"));
    ears.hear(|changed| matches!(changed, Changed::Message { .. }))
        .await;
    let from_ann = create(&ann, draft_to(&of_ann, &[JOHN, MARY])).await;
    let from_bob = create(&bob, draft_to(&of_bob, &[JOHN])).await;
    go_to(world, NOON);
    assert_eq!(run_until(world, NOON + 2 * MINUTE).await, 2);
    let mut sent: Vec<_> = waha
        .sent()
        .into_iter()
        .map(|sent| (sent.session, sent.chat))
        .collect();
    sent.sort();
    let mut expected = [(&of_ann, MARY), (&of_bob, JOHN)]
        .map(|(session, chat)| (setting.name(session).to_owned(), chat.to_owned()));
    expected.sort();
    assert_eq!(sent, expected);
    ears.until(async || {
        message_to(&bob, &from_bob, JOHN).await["readAt"].is_string()
            && message_to(&ann, &from_ann, MARY).await["readAt"].is_string()
    })
    .await;
    assert_eq!(message_to(&ann, &from_ann, JOHN).await["status"], "skipped");
}

#[rstest]
#[tokio::test]
async fn a_text_is_tried_out_on_oneself(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let setting = Setting::new(engine, behaviour, Way::Webhook).await;
    let (ann, session, _) = setting.linked().await;
    let input = json!({ "sessionId": session["id"], "messageTemplate": "Hello {first_name}" });
    let tried = ann.mutate("messageCampaign.sendTest", input).await;
    assert_eq!(tried.data(), json!({ "success": true }));
    let oneself = ("13125550100@c.us".to_owned(), "Hello ann".to_owned());
    assert_eq!(setting.taken(), [oneself]);
}

/// Whoever asked for no more under one id is the same person once the directory knows so.
#[rstest]
#[case::asked_by_lid(NEW_NUMBER, NEW_LID, true)]
#[case::written_to_by_lid(NEW_LID, NEW_LID, false)]
#[case::written_to_by_lid_and_asked_by_number(NEW_LID, NEW_NUMBER, false)]
#[tokio::test]
async fn stop_holds_for_somebody_of_whom_more_is_known_later(
    #[case] chat: &str,
    #[case] asks_as: &str,
    #[case] asks_before: bool,
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
) {
    let setting = Setting::new(engine, Behaviour::Current, Way::Webhook).await;
    let (ann, session, mut ears) = setting.linked().await;
    let (world, waha, name) = (&setting.world, &setting.waha, setting.name(&session));
    let id = create(&ann, draft_to(&session, &[chat])).await;
    let mut ask = async || {
        assert!(waha.say(name, asks_as, "STOP"));
        ears.hear(|changed| matches!(changed, Changed::Message { .. }))
            .await;
    };
    if asks_before {
        ask().await;
    }
    assert!(waha.add_contact(NEW_NUMBER.trim_end_matches("@c.us"), "Zed"));
    go_to(world, NOON - MINUTE);
    let named = json!({ "sessionName": session["sessionName"] });
    let read = ann.mutate("user.syncDirectory", named).await.data();
    assert_eq!(read, json!({ "started": true }));
    world.settled().await;
    let session_id = session["id"].as_str().unwrap();
    let known = world.app.store.chat_by_lid(session_id, NEW_LID).await;
    assert_eq!(known.unwrap().as_deref(), Some(NEW_NUMBER));
    if !asks_before {
        ask().await;
    }
    assert_eq!(run_until(world, NOON + MINUTE).await, 0);
    assert_eq!(message_to(&ann, &id, chat).await["status"], "skipped");
    assert_eq!(setting.posts(), 0);
}
