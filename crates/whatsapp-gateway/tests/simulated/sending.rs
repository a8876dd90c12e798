//! Sending with the simulated phone: what it takes and refuses, what it says and remembers of it.

use std::{collections::HashMap, fs, path::PathBuf, time::Duration};

use rstest::rstest;
use serde_json::{Value, json};
use tokio::{sync::broadcast, time::Instant};
use whatsapp_gateway::{
    Ack, Changed, ChatId, Event, Found, Gateway, Group, Outgoing, SendError, Sent, SessionName,
    simulated::{Fault, Operation},
};

use crate::{Bench, name};

pub(crate) const PERSON: &str = "4915112345678@c.us";

pub(crate) fn message(number: u32, chat: &str) -> Outgoing {
    Outgoing {
        id: format!("3EB0{number:018X}"),
        chat: ChatId(chat.to_owned()),
        text: "Rehearsal at eight, not at seven. Grüße!".to_owned(),
    }
}

async fn send(bench: &Bench, session: &SessionName, message: Outgoing) -> Result<Sent, SendError> {
    bench.sim.send(session, &message).await
}

fn refused(error: SendError) -> String {
    match error {
        SendError::Refused { reason } => reason,
        other => panic!("not refused: {other:?}"),
    }
}

/// Everything that was told so far.
fn told(events: &mut broadcast::Receiver<Event>) -> Vec<Changed> {
    std::iter::from_fn(|| events.try_recv().ok())
        .map(|event| event.changed)
        .collect()
}

fn receipt(id: &str, ack: Ack) -> Changed {
    let id = id.to_owned();
    Changed::Receipt { id, ack }
}

/// A file that is not there yet, and goes with its test.
struct Journal(PathBuf);

impl Journal {
    fn new(name: &str) -> Self {
        let file = format!("herald-journal-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(file))
    }

    fn lines(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.0).unwrap();
        assert!(text.ends_with('\n'));
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_message_is_taken_receipted_and_remembered() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let mut events = bench.sim.events();

    for number in 0..30 {
        let message = message(number, PERSON);
        let sent = bench.sim.send(&session, &message).await.unwrap();
        let id = Some(message.id.clone());
        assert_eq!(sent, Sent { id });
        let mut told = told(&mut events);
        told.retain(|changed| *changed != receipt(&message.id, Ack::Read));
        assert_eq!(
            told,
            [
                receipt(&message.id, Ack::Server),
                receipt(&message.id, Ack::Delivered)
            ]
        );
        assert_eq!(
            bench.sim.find(&session, &message).await.unwrap(),
            Found::Sent
        );
    }
    let expected: Vec<_> = (0..30).map(|number| message(number, PERSON)).collect();
    assert_eq!(bench.sim.sent(&session), expected);
    assert_eq!(bench.sim.sent_total(), 30);
    assert!(bench.sim.sent(&name("ben")).is_empty());
}

#[tokio::test]
async fn two_of_three_messages_are_read_and_always_the_same() {
    let session = name("ana");
    let mut read = Vec::new();
    for _ in 0..2 {
        let bench = Bench::linked(&session).await;
        let mut events = bench.sim.events();
        for number in 0..300 {
            let message = message(number, PERSON);
            bench.sim.send(&session, &message).await.unwrap();
        }
        let mut told = told(&mut events);
        told.retain(|changed| matches!(changed, Changed::Receipt { ack: Ack::Read, .. }));
        read.push(told);
    }
    assert!((170..230).contains(&read[0].len()), "{}", read[0].len());
    assert_eq!(read[0], read[1]);
}

#[tokio::test]
async fn receipts_can_be_given_by_hand() {
    let session = name("ana");
    let bench = Bench::linked_with(&session, |config| config.receipts = false).await;
    let mut events = bench.sim.events();
    let message = message(1, PERSON);
    bench.sim.send(&session, &message).await.unwrap();
    assert_eq!(told(&mut events), []);

    assert!(bench.sim.acknowledge(&session, &message.id, Ack::Failed));
    assert_eq!(told(&mut events), [receipt(&message.id, Ack::Failed)]);
    assert!(!bench.sim.acknowledge(&session, "3EB0", Ack::Server));
    assert!(
        !bench
            .sim
            .acknowledge(&name("ben"), &message.id, Ack::Server)
    );
    assert_eq!(told(&mut events), []);
}

#[tokio::test]
async fn a_session_that_does_not_work_sends_nothing() {
    let session = name("ana");
    let bench = Bench::new(7, None);
    let message = message(1, PERSON);
    let reason = async || match bench.sim.send(&session, &message).await {
        Err(SendError::Unavailable { reason }) => reason,
        other => panic!("not unavailable: {other:?}"),
    };
    assert!(reason().await.contains("not running"));
    bench.sim.start(&session).await.unwrap();
    assert!(reason().await.contains("being made"));
    bench.wait(300);
    assert!(reason().await.contains("scan the code"));
    bench.sim.scan(&session);
    bench.wait(300);
    bench.sim.send(&session, &message).await.unwrap();
    bench.sim.lose_connection(&session);
    assert!(reason().await.contains("being made"));
    bench.sim.logout_by_phone(&session);
    assert!(reason().await.contains("has failed"));
    assert_eq!(bench.sim.sent_total(), 1);
}

#[tokio::test]
async fn groups_take_messages_of_members_and_some_of_admins_alone() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let groups = bench.sim.groups(&session).await.unwrap();
    let may_send =
        |group: &&Group| group.admins_only == Some(false) || group.is_admin == Some(true);
    let (open, closed): (Vec<_>, Vec<_>) = groups.iter().partition(may_send);
    assert!(open.len() > 200 && closed.len() > 20);

    for group in closed {
        let sent = send(&bench, &session, message(1, group.id.as_str())).await;
        let reason = refused(sent.unwrap_err());
        assert_eq!(reason, "Only admins may send in this group.");
    }
    for group in &open {
        let message = message(1, group.id.as_str());
        bench.sim.send(&session, &message).await.unwrap();
    }
    assert_eq!(bench.sim.sent_total(), open.len() as u64);

    bench.sim.forget(&session, &open[0].id);
    for group in [open[0].id.as_str(), "120363000000000000@g.us"] {
        let sent = send(&bench, &session, message(2, group)).await;
        let reason = refused(sent.unwrap_err());
        assert_eq!(reason, "This account is not in the group any more.");
    }
    // Another account is still in it.
    let ben = name("ben");
    bench.sim.start(&ben).await.unwrap();
    bench.wait(300);
    bench.sim.scan(&ben);
    bench.wait(300);
    let message = message(3, open[0].id.as_str());
    bench.sim.send(&ben, &message).await.unwrap();
}

#[tokio::test]
async fn people_are_reached_but_for_who_is_not_on_whatsapp() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let contacts = bench.sim.contacts(&session).await.unwrap();
    let mut reached = HashMap::from([(true, 0), (false, 0)]);
    for contact in contacts {
        let to_contact = message(1, contact.id.as_str());
        let sent = bench.sim.send(&session, &to_contact).await;
        *reached.get_mut(&sent.is_ok()).unwrap() += 1;
        let is_absent = contact.is_whatsapp == Some(false);
        assert_eq!(sent.is_err(), is_absent, "{contact:?}");
        if let Err(error) = sent {
            assert_eq!(refused(error), "This number is not on WhatsApp.");
        }
        // Who was removed from the address book can be written to.
        bench.sim.forget(&session, &contact.id);
        let sent = bench.sim.send(&session, &to_contact).await;
        assert_eq!(sent.is_err(), is_absent);
    }
    assert!(
        reached[&true] > 4_000 && reached[&false] > 10,
        "{reached:?}"
    );
}

#[rstest]
#[case(PERSON, true)]
#[case("220000000000003@lid", true)]
#[case("12@c.us", false)]
#[case("+4915112345678@c.us", false)]
#[case("4915112345678@s.whatsapp.net", false)]
#[case("status@broadcast", false)]
#[case("120363000000000000@newsletter", false)]
#[case("@lid", false)]
#[case("", false)]
#[tokio::test]
async fn who_can_be_written_to(#[case] chat: &str, #[case] can_be: bool) {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let sent = send(&bench, &session, message(1, chat)).await;
    assert_eq!(sent.is_ok(), can_be);
    if let Err(error) = sent {
        assert_eq!(refused(error), "This is neither a group nor a person.");
    }
}

#[tokio::test]
async fn a_fault_before_the_message_is_taken_takes_nothing() {
    let session = name("ana");
    let journal = Journal::new("faults");
    let path = journal.0.clone();
    let bench = Bench::linked_with(&session, |config| config.journal = Some(path)).await;
    let mut events = bench.sim.events();
    for fault in [
        Fault::Unreachable,
        Fault::Timeout,
        Fault::Refused(401),
        Fault::EngineError,
        Fault::NotReady,
        Fault::MessageRefused("No."),
        Fault::NewChatsHeld(None),
    ] {
        bench.sim.set_fault_on(Operation::Send, fault, Some(1));
        let sent = send(&bench, &session, message(1, PERSON)).await;
        sent.unwrap_err();
    }
    assert_eq!((bench.sim.sent_total(), told(&mut events)), (0, vec![]));
    assert!(!journal.0.exists());

    send(&bench, &session, message(1, PERSON)).await.unwrap();
    assert_eq!(bench.sim.calls()[&Operation::Send], 8);
}

/// What goes wrong is the answer alone.
#[tokio::test]
async fn a_fault_after_the_message_was_taken() {
    let session = name("ana");
    let journal = Journal::new("after");
    let path = journal.0.clone();
    let bench = Bench::linked_with(&session, |config| config.journal = Some(path)).await;
    let mut events = bench.sim.events();
    let message = message(1, PERSON);
    bench
        .sim
        .set_fault_on(Operation::Send, Fault::AfterHandOver, Some(1));
    let error = bench.sim.send(&session, &message).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");

    assert_eq!(bench.sim.sent(&session), std::slice::from_ref(&message));
    assert!(told(&mut events).contains(&receipt(&message.id, Ack::Delivered)));
    assert_eq!(journal.lines().len(), 1);
    assert_eq!(
        bench.sim.find(&session, &message).await.unwrap(),
        Found::Sent
    );

    // What would have been refused in any case is not taken.
    bench
        .sim
        .set_fault_on(Operation::Send, Fault::AfterHandOver, Some(1));
    let to_nobody = super::sending::message(2, "12@c.us");
    refused(bench.sim.send(&session, &to_nobody).await.unwrap_err());
}

#[rstest]
#[case::remembers(true, Found::Absent)]
#[case::may_have_been_restarted(false, Found::CannotTell)]
#[tokio::test]
async fn what_is_known_of_a_message_that_was_not_taken(
    #[case] remembers: bool,
    #[case] found: Found,
) {
    let session = name("ana");
    let bench = Bench::linked_with(&session, |config| config.remembers = remembers).await;
    assert_eq!(
        bench.sim.find(&session, &message(1, PERSON)).await.unwrap(),
        found
    );
    // An id belongs to its session.
    send(&bench, &session, message(1, PERSON)).await.unwrap();
    let of_another = bench.sim.find(&name("ben"), &message(1, PERSON)).await;
    assert_eq!(of_another.unwrap(), found);
}

#[tokio::test]
async fn ten_thousand_messages_are_remembered_and_all_counted() {
    let session = name("ana");
    let bench = Bench::linked_with(&session, |config| config.remembers = true).await;
    for number in 0..10_001 {
        let message = message(number, PERSON);
        bench.sim.send(&session, &message).await.unwrap();
    }
    let sent = bench.sim.sent(&session);
    assert_eq!((sent.len(), bench.sim.sent_total()), (10_000, 10_001));
    assert_eq!(sent[0], message(1, PERSON));
    let found = async |number| bench.sim.find(&session, &message(number, PERSON)).await;
    assert_eq!(found(10_000).await.unwrap(), Found::Sent);
    // It may be the one that was forgotten.
    assert_eq!(found(0).await.unwrap(), Found::CannotTell);
    assert_eq!(found(10_001).await.unwrap(), Found::CannotTell);
}

#[tokio::test]
async fn the_journal_holds_what_was_taken_and_no_text() {
    let journal = Journal::new("lines");
    let (ana, ben) = (name("ana"), name("ben"));
    // Two phones one after the other, as after a restart, and one journal.
    for session in [&ana, &ben] {
        let path = journal.0.clone();
        let bench = Bench::linked_with(session, |config| config.journal = Some(path)).await;
        bench.sim.send(session, &message(1, PERSON)).await.unwrap();
        let before = journal.lines().len();
        let nobody = bench.sim.send(session, &message(2, "12@c.us")).await;
        nobody.unwrap_err();
        assert_eq!(journal.lines().len(), before);
    }
    let line = |session: &str| json!({"session": session, "id": message(1, PERSON).id, "chat": PERSON, "text_len": 42});
    assert_eq!(journal.lines(), [line("ana"), line("ben")]);
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_taken() {
    let session = name("ana");
    let folder = std::env::temp_dir();
    let bench = Bench::linked_with(&session, |config| config.journal = Some(folder)).await;
    let error = send(&bench, &session, message(1, PERSON)).await;
    assert!(matches!(error, Err(SendError::Unavailable { .. })));
    assert_eq!(bench.sim.sent_total(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_comes_after_the_message_was_taken() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let message = message(1, PERSON);
    bench.sim.set_send_delay(Some(Duration::from_secs(3)));
    let began = Instant::now();
    let sending = bench.sim.send(&session, &message);
    tokio::pin!(sending);
    tokio::select! {
        biased;
        _ = &mut sending => panic!("too early"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(bench.sim.sent_total(), 1);
    sending.await.unwrap();
    assert_eq!(began.elapsed(), Duration::from_secs(3));

    // Slower than a message may be.
    bench.sim.set_send_delay(Some(Duration::from_hours(1)));
    let began = Instant::now();
    let error = bench.sim.send(&session, &message).await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");
    assert_eq!(began.elapsed(), bench.sim.send_limit());
    assert_eq!(bench.sim.sent_total(), 2);
}

#[tokio::test]
async fn somebody_writes() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    let mut events = bench.sim.events();
    let from = ChatId(PERSON.to_owned());
    assert!(bench.sim.say(&session, &from, "Stop"));
    assert!(bench.sim.say(&session, &from, &"ü".repeat(201)));
    let said = |text: &str| Changed::Message {
        from: from.clone(),
        text: text.to_owned(),
    };
    assert_eq!(told(&mut events), [said("Stop"), said(&"ü".repeat(200))]);

    let group = ChatId("120363000000000000@g.us".to_owned());
    assert!(!bench.sim.say(&session, &group, "Hello"));
    assert!(!bench.sim.say(&name("ben"), &from, "Hello"));
    bench.sim.lose_connection(&session);
    told(&mut events);
    assert!(!bench.sim.say(&session, &from, "Hello"));
    assert_eq!(told(&mut events), []);
}

#[test]
fn neither_people_nor_texts_are_shown() {
    let message = message(1, PERSON);
    let from = ChatId(PERSON.to_owned());
    let said = Changed::Message {
        from,
        text: message.text.clone(),
    };
    let shown = format!("{message:?} {said:?}");
    assert!(shown.contains(&message.id), "{shown}");
    assert!(
        !shown.contains("49151") && !shown.contains("Rehearsal"),
        "{shown}"
    );
}
