//! A Herald over a WAHA that tells it what happens, and somebody whose account is linked there.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use herald::{app::App, http, store::Role};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::broadcast, time::timeout};
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, Status};
use whatsapp_gateway::{
    Changed, Event, Gateway,
    waha::{Timeouts, Waha, WahaConfig, Webhook},
};

use super::NOTHING;
use crate::{
    campaigns::{HOUR, NOON, books, go_to, messages, see},
    support::world::{Person, World},
};

/// John Adams, whom the account has never written to, as a person and by LID.
pub(super) const JOHN: &str = "12025550100@c.us";
pub(super) const JOHNS_LID: &str = "210000000000000@lid";
/// Mary Adams.
pub(super) const MARY: &str = "12025550101@c.us";
/// Ahmed Adams.
pub(super) const AHMED: &str = "12025550102@c.us";
/// A group in which the account may write.
pub(super) const GROUP: &str = "120363025000000000@g.us";

/// How long these tests let WAHA take for a message, the look before it included.
pub(super) const SEND_LIMIT: Duration = Duration::from_secs(2);

/// Whether messages have ids that Herald chose: then a receipt says whose it is without an answer
/// to the message.
pub(super) fn chooses_ids(engine: Engine, behaviour: Behaviour) -> bool {
    engine != Engine::Webjs && behaviour == Behaviour::Current
}

/// So late that there is time to do something meanwhile.
pub(super) const SLOW: Duration = Duration::from_millis(250);

/// How WAHA tells what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Webhook,
    Socket,
}

/// A Herald, its WAHA, and what Herald hears of it.
pub(super) struct Setting {
    pub(super) world: World,
    pub(super) waha: StandIn,
    /// The same that the world has.
    pub(super) gateway: Arc<dyn Gateway>,
    profile: Profile,
    way: Way,
}

impl Setting {
    /// With a WAHA that waits for its key, where it looks at keys.
    pub(super) async fn new(engine: Engine, behaviour: Behaviour, way: Way) -> Self {
        let mut profile = Profile::new(engine, behaviour);
        profile.api_key = Some("the key".into());
        let waha = StandIn::start(profile.clone()).await.unwrap();
        // WAHA has to be told the port before there is a Herald to listen there.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let webhook = (way == Way::Webhook).then(|| Webhook {
            url: format!("http://{address}/api/webhook/webhook-secret")
                .parse()
                .unwrap(),
            key: "a key for signatures".into(),
        });
        let gateway = Waha::new(WahaConfig {
            base_url: waha.url().parse().unwrap(),
            api_key: profile.api_key.clone().map(Into::into),
            webhook,
            timeouts: Timeouts {
                send: SEND_LIMIT,
                ..Timeouts::default()
            },
        });
        let gateway: Arc<dyn Gateway> = Arc::new(gateway.unwrap());
        let world = World::with_engine(Arc::clone(&gateway)).await;
        let router = http::router(&world.app, world.app.lifecycle.tasks());
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
        Self {
            world,
            waha,
            gateway,
            profile,
            way,
        }
    }

    /// What WAHA calls the account's session.
    pub(super) fn name<'a>(&self, session: &'a Value) -> &'a str {
        match self.profile.behaviour {
            Behaviour::Current => session["sessionName"].as_str().unwrap(),
            Behaviour::Core202410 | Behaviour::Core202602 => "default",
        }
    }

    /// Somebody whose account works and whose directory is filled, the session's name and id, and
    /// what Herald hears from then on.
    pub(super) async fn linked(&self) -> (Person<'_>, Value, Ears) {
        let (ann, session) = self.person("ann").await;
        (ann, session, Ears::new(self).await)
    }

    /// The same without ears.
    pub(super) async fn person(&self, name: &str) -> (Person<'_>, Value) {
        let Self { world, waha, .. } = self;
        let ann = world.person(name, Role::User).await;
        let session = ann
            .mutate("user.initiateWhatsAppSession", NOTHING)
            .await
            .data();
        let name = self.name(&session);
        assert!(waha.scan(name));
        waha.until(name, Status::Working).await;
        // WEBJS works a moment before it tells whose account it is.
        while own(&ann).await["phoneNumber"] == "" {
            ann.wait_for("WORKING", &session["sessionName"]).await;
        }
        world.settled().await;
        (ann, session)
    }

    /// What was taken, to whom and with which words, in order.
    pub(super) fn taken(&self) -> Vec<(String, String)> {
        let sent = self.waha.sent().into_iter();
        sent.map(|sent| (sent.chat, sent.text)).collect()
    }

    /// How often WAHA was given a message.
    pub(super) fn posts(&self) -> usize {
        let calls = self.waha.calls();
        calls.iter().filter(|call| *call == POST).count()
    }
}

pub(super) const POST: &str = "POST /api/sendText";

async fn own(person: &Person<'_>) -> Value {
    person
        .query("user.getWhatsAppSession", NOTHING)
        .await
        .data()
}

/// A look at the session; its state as it is now.
pub(super) async fn look(person: &Person<'_>, session: &Value) -> Value {
    let named = json!({ "sessionName": session["sessionName"] });
    person.query("user.getSessionStatus", named).await.data()
}

/// Hears what WAHA tells as the server does, one after another, and only when it is asked to: so
/// nothing is heard before a step is over.
pub(super) struct Ears {
    app: App,
    events: broadcast::Receiver<Event>,
}

impl Ears {
    async fn new(setting: &Setting) -> Self {
        let app = setting.world.app.clone();
        let events = app.sessions.gateway().events();
        let mut ears = Self { app, events };
        if setting.way == Way::Socket {
            let app = ears.app.clone();
            tokio::spawn(async move { app.sessions.gateway().listen().await });
            // Each connection begins with a look; 2024.10 closes the first, which asks for too much.
            let connections = match setting.profile.behaviour {
                Behaviour::Core202410 => 2,
                Behaviour::Core202602 | Behaviour::Current => 1,
            };
            for _ in 0..connections {
                ears.hear(|changed| *changed == Changed::Status).await;
            }
        }
        ears
    }

    /// Hears what comes up to the first of this kind.
    pub(super) async fn hear(&mut self, is_it: impl Fn(&Changed) -> bool) {
        while !is_it(&self.next().await) {}
    }

    /// Hears what comes until that shows.
    pub(super) async fn until(&mut self, shows: impl AsyncFn() -> bool) {
        while !shows().await {
            self.next().await;
        }
    }

    async fn next(&mut self) -> Changed {
        let event = timeout(Duration::from_secs(30), self.events.recv()).await;
        let event = event.expect("an event within 30 s").unwrap();
        match &event.changed {
            Changed::Receipt { .. } | Changed::Message { .. } => {
                self.app.scheduler.heard(&event).await.unwrap();
            }
            _ => self.app.sessions.heard(&event).await.unwrap(),
        }
        event.changed
    }
}

/// A campaign of one message to each, on 2026-01-02 at 12:00 UTC.
pub(super) fn draft_to(session: &Value, recipients: &[&str]) -> Value {
    let recipients = recipients.iter().map(|chat_id| {
        let name = match *chat_id {
            JOHN => "John Adams",
            MARY => "Mary Adams",
            AHMED => "Ahmed Adams",
            _ => "Riverside Community",
        };
        json!({ "chatId": chat_id, "name": name })
    });
    json!({
        "recipients": recipients.collect::<Value>(),
        "sessionId": session["id"],
        "startDate": "2026-01-02",
        "endDate": "2026-01-02",
        "messageTime": "12:00",
        "timeZone": "UTC",
        "messageTemplate": "See you tonight",
        "isFreeForm": true,
    })
}

/// The one message that this campaign has to this chat.
pub(super) async fn message_to(person: &Person<'_>, id: &Value, chat: &str) -> Value {
    let mut messages = messages(person, id).await;
    messages.retain(|message| message["chatId"] == chat);
    let [message] = &messages[..] else {
        panic!("not one message to {chat}: {messages:?}")
    };
    message.clone()
}

/// The campaign's books, without zeros.
pub(super) async fn booked(person: &Person<'_>, id: &Value) -> Value {
    books(&see(person, id).await)
}

/// Nothing is sent by itself, however long nobody does anything.
pub(super) async fn is_left_alone(world: &World) {
    for hours in 1..5 {
        go_to(world, NOON + hours * HOUR);
        assert_eq!(world.app.scheduler.tick().await.unwrap(), 0);
    }
}

/// Waits until WAHA is being given its first message.
pub(super) async fn until_given(setting: &Setting) {
    while setting.posts() == 0 {
        tokio::task::yield_now().await;
    }
}
