//! How far messages got, and what people write, is heard: over a web socket and by webhook.

use std::sync::Arc;

use rstest::rstest;
use tokio::{sync::broadcast, task::JoinHandle, time::timeout};
use waha_stand_in::{Behaviour, Engine, Profile, SendFault, StandIn};
use whatsapp_gateway::{Ack, Changed, ChatId, Event, Gateway, Sent, SessionName, waha::Waha};

use crate::{
    PATIENCE, client, hear, linked,
    sending::{GROUP, PERSON, message},
    webhooks::receiver,
};

/// A session that works, and an engine that listens to it.
struct Listening {
    stand_in: StandIn,
    waha: Arc<Waha>,
    session: SessionName,
    events: broadcast::Receiver<Event>,
    task: JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Listening {
    async fn to(engine: Engine, behaviour: Behaviour, by_webhook: bool) -> Self {
        let profile = Profile::new(engine, behaviour);
        let stand_in = StandIn::start(profile).await.unwrap();
        let waha = if by_webhook {
            receiver(&stand_in, "the key").await.0
        } else {
            Arc::new(client(&stand_in.url(), None))
        };
        let session = linked(&stand_in, &waha).await;
        let mut events = waha.events();
        let task = tokio::spawn({
            let waha = Arc::clone(&waha);
            async move { waha.listen().await }
        });
        if !by_webhook {
            hear(&mut events, &session, Changed::Status).await;
        }
        Self {
            stand_in,
            waha,
            session,
            events,
            task,
        }
    }

    /// What is told of messages, the hints passed over.
    async fn next(&mut self) -> Changed {
        let hearing = async {
            loop {
                let event = self.events.recv().await.unwrap();
                assert_eq!(event.session, self.session);
                if matches!(
                    event.changed,
                    Changed::Receipt { .. } | Changed::Message { .. }
                ) {
                    return event.changed;
                }
            }
        };
        timeout(PATIENCE, hearing).await.unwrap()
    }
}

fn said(from: &str, text: &str) -> Changed {
    Changed::Message {
        from: ChatId(from.to_owned()),
        text: text.to_owned(),
    }
}

/// Each, for deliveries by webhook come in any order.
#[rstest]
#[tokio::test]
async fn how_far_a_message_got(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(true, false)] by_webhook: bool,
    #[values(PERSON, GROUP)] chat: &str,
) {
    // Its web socket tells of sessions alone (section 9.3).
    if behaviour == Behaviour::Core202410 && !by_webhook {
        return;
    }
    let mut listening = Listening::to(engine, behaviour, by_webhook).await;
    let message = message(chat);
    let sent = listening.waha.send(&listening.session, &message);
    let Sent { id: Some(id) } = sent.await.unwrap() else {
        panic!("an answer without an id")
    };
    // WEBJS says nothing of groups unless it is told to (section 9.2), NOWEB says it twice.
    let times = match (engine, chat) {
        (_, PERSON) => 1,
        (Engine::Webjs, _) => 0,
        (Engine::Noweb, _) if behaviour > Behaviour::Core202410 => 2,
        _ => 1,
    };
    let mut acks = Vec::new();
    for _ in 0..3 * times {
        match listening.next().await {
            Changed::Receipt { id: of, ack } if of == id => acks.push(ack),
            other => panic!("{other:?}"),
        }
    }
    if by_webhook {
        acks.sort();
    }
    let expected = [Ack::Server, Ack::Delivered, Ack::Read];
    let expected: Vec<_> = expected
        .into_iter()
        .flat_map(|ack| std::iter::repeat_n(ack, times))
        .collect();
    assert_eq!(acks, expected);

    // And nothing else before what is said next.
    let Listening {
        stand_in, session, ..
    } = &listening;
    assert!(stand_in.say(session.as_str(), PERSON, "Thanks"));
    assert_eq!(listening.next().await, said(PERSON, "Thanks"));
}

#[rstest]
#[tokio::test]
async fn what_people_write(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(true, false)] by_webhook: bool,
) {
    if behaviour == Behaviour::Core202410 && !by_webhook {
        return;
    }
    let mut listening = Listening::to(engine, behaviour, by_webhook).await;
    for chat in [GROUP, "status@broadcast", "1@newsletter", PERSON, "77@lid"] {
        let Listening {
            stand_in, session, ..
        } = &listening;
        assert!(stand_in.say(session.as_str(), chat, "STOP"));
    }
    let mut heard = [listening.next().await, listening.next().await];
    let is_hidden = |changed: &Changed| matches!(changed, Changed::Message { from, .. } if from.as_str() == "77@lid");
    heard.sort_by_key(is_hidden);
    assert_eq!(heard, [said(PERSON, "STOP"), said("77@lid", "STOP")]);
}

#[rstest]
#[tokio::test]
async fn what_whatsapp_refuses_after_all(#[values(true, false)] by_webhook: bool) {
    let mut listening = Listening::to(Engine::Noweb, Behaviour::Current, by_webhook).await;
    listening.stand_in.send_fault(SendFault::RefusedByReceipt);
    let message = message(PERSON);
    let sent = listening.waha.send(&listening.session, &message).await;
    sent.unwrap();
    let id = message.id;
    let ack = Ack::Failed;
    assert_eq!(listening.next().await, Changed::Receipt { id, ack });
}
