//! The same under `herald serve`: its own clock and scheduler, and its own ears.

use std::{net::TcpListener, time::Duration};

use clap::Parser;
use herald::{
    auth::add_user,
    campaign::{Draft, Recipient, Recurrence, Target},
    cli::Cli,
    config::Config,
    random::Random,
    server::Server,
    store::{Message, Role, Store},
};
use jiff::Timestamp;
use rstest::rstest;
use tempfile::TempDir;
use tokio::time::timeout;
use waha_stand_in::{Behaviour, Engine, Profile, SendFault, StandIn, Status};

use super::setup::{GROUP, JOHN, POST, Way};
use crate::campaigns::DAY;

const EMAIL: &str = "ann@herald.test";

/// A server in test mode, and somebody whose account is linked.
struct Served {
    server: Server,
    waha: StandIn,
    /// The user's id, the session's, and WAHA's name for it.
    ann: String,
    session_id: String,
    name: String,
    folder: TempDir,
}

impl Served {
    async fn new(engine: Engine, behaviour: Behaviour, way: Way) -> Self {
        let waha = StandIn::start(Profile::new(engine, behaviour))
            .await
            .unwrap();
        // WAHA has to be told the port before Herald has it.
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut arguments = vec![
            "herald".to_owned(),
            "--test-mode=1".to_owned(),
            format!("--listen={address}"),
            format!("--waha-api-url={}", waha.url()),
            format!("--data-dir={}", folder.path().display()),
        ];
        if way == Way::Webhook {
            arguments.push(format!("--waha-webhook-url=http://{address}"));
        }
        let settings = Cli::try_parse_from(arguments).unwrap().settings;
        let config = Config::new(&settings).unwrap();
        let server = Server::start(&config).await.unwrap();
        let (app, random) = (&server.app, Random::system());
        let (name, email, word) = ("Ann", "ann@herald.test", "correct horse");
        let ann = add_user(
            &app.store,
            &app.clock,
            &random,
            name,
            email,
            word,
            Role::User,
        );
        let ann = ann.await.unwrap().id;
        let session = app.sessions.initiate(&ann).await.unwrap();
        let stage = Self {
            server,
            waha,
            session_id: session.id,
            name: session.engine_name.unwrap(),
            ann,
            folder,
        };
        assert!(stage.waha.scan(&stage.name));
        stage.waha.until(&stage.name, Status::Working).await;
        stage.works().await;
        stage
    }

    /// Waits until the account works and its directory is read.
    async fn works(&self) {
        let app = &self.server.app;
        self.shows(async || {
            let session = app.sessions.of(&self.ann).await.unwrap().unwrap();
            let reading = app.sessions.reading(&session);
            session.status == "WORKING" && reading.groups > 0 && reading.contacts > 0
        })
        .await;
    }

    /// Waits until something shows, looking whenever Herald tells of a change.
    async fn shows(&self, what: impl AsyncFn() -> bool) {
        let mut changes = self.server.app.changes.watch(&self.ann).unwrap();
        let shown = async {
            while !what().await {
                changes.hint().await;
            }
        };
        timeout(Duration::from_secs(30), shown)
            .await
            .expect("a change within 30 s");
    }

    /// A campaign that sends now; its id.
    async fn send(&self, chats: &[&str]) -> String {
        let recipients = chats.iter().map(|chat_id| Recipient {
            chat_id: (*chat_id).to_owned(),
            name: None,
        });
        let app = &self.server.app;
        // Only sent now does it go out.
        let in_a_week = Timestamp::from_millisecond(app.clock.now_ms() + 7 * DAY);
        let day = in_a_week.unwrap().strftime("%F").to_string();
        let draft = Draft {
            title: None,
            target_amount: None,
            start_date: day.clone(),
            end_date: day,
            message_time: "12:00".to_owned(),
            time_zone: "UTC".to_owned(),
            message_template: "See you tonight".to_owned(),
            is_free_form: true,
            is_recurring: false,
            recurrence: Recurrence::Daily,
            sequence: None,
            late_minutes: None,
            target: Target::Many(recipients.collect()),
        };
        let campaigns = &app.campaigns;
        let id = campaigns.create(&self.ann, &self.session_id, draft, "groups", None);
        let id = id.await.unwrap();
        campaigns.send_now(&self.ann, &id).await.unwrap();
        id
    }

    async fn messages(&self, id: &str) -> Vec<Message> {
        let store = &self.server.app.store;
        store
            .message_page(&self.ann, id, None, 100, 0)
            .await
            .unwrap()
    }

    /// How often WAHA was given a message.
    fn posts(&self) -> usize {
        let calls = self.waha.calls();
        calls.iter().filter(|call| *call == POST).count()
    }

    /// Stops the server; what it leaves behind.
    async fn stop(self) -> TempDir {
        self.server.lifecycle.stop();
        assert!(self.server.run().await.unwrap(), "a clean stop");
        self.folder
    }
}

/// Whether receipts of messages to a group, and to people, are heard.
fn hears(engine: Engine, behaviour: Behaviour, way: Way) -> (bool, bool) {
    let hears = way == Way::Webhook || behaviour != Behaviour::Core202410;
    (hears && engine != Engine::Webjs, hears)
}

#[rstest]
#[tokio::test]
async fn a_campaign_goes_out_by_itself(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
    #[values(Way::Webhook, Way::Socket)] way: Way,
) {
    let served = Served::new(engine, behaviour, way).await;
    let id = served.send(&[GROUP, JOHN]).await;
    served.waha.until_sent(2).await;
    let (in_groups, of_people) = hears(engine, behaviour, way);
    let is_done = |message: &Message| {
        let is_heard = match message.chat_id.as_str() {
            GROUP => in_groups,
            _ => of_people,
        };
        let is_told = |at: Option<i64>| at.is_some() == is_heard;
        message.status == "sent" && is_told(message.delivered_at) && is_told(message.read_at)
    };
    served
        .shows(async || served.messages(&id).await.iter().all(is_done))
        .await;
    assert_eq!(served.messages(&id).await.len(), 2);
    assert_eq!(served.posts(), 2);
    served.stop().await;
}

/// What nobody answered for is settled by its receipts, with nobody doing anything.
#[rstest]
#[tokio::test]
async fn a_receipt_tells_what_nobody_knew(
    #[values(Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Way::Webhook, Way::Socket)] way: Way,
) {
    let served = Served::new(engine, Behaviour::Current, way).await;
    served.waha.send_fault(SendFault::CutOff);
    let id = served.send(&[JOHN]).await;
    served
        .shows(async || {
            let message = &served.messages(&id).await[0];
            message.status == "sent" && message.read_at.is_some()
        })
        .await;
    let message = &served.messages(&id).await[0];
    assert_eq!((message.attempts, &message.reason), (1, &None));
    assert_eq!(served.posts(), 1);
    served.stop().await;
}

/// WhatsApp's refusal may come before WAHA's answer that it has taken the message.
#[rstest]
#[tokio::test]
async fn a_refusal_by_receipt_counts_whenever_it_comes(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let served = Served::new(engine, behaviour, Way::Webhook).await;
    served.waha.send_fault(SendFault::RefusedByReceipt);
    let id = served.send(&[JOHN]).await;
    served
        .shows(async || served.messages(&id).await[0].status == "failed")
        .await;
    assert_eq!(served.posts(), 1);
    served.stop().await;
}

/// A server that is told to stop lets WAHA's answer come, and writes it down.
#[tokio::test]
async fn a_stop_waits_for_what_is_under_way() {
    let served = Served::new(Engine::Webjs, Behaviour::Current, Way::Socket).await;
    let late = Duration::from_millis(500);
    served.waha.send_fault(SendFault::LateAnswer(late));
    let id = served.send(&[JOHN]).await;
    served.waha.until_sent(1).await;
    let folder = served.stop().await;
    let url = format!("sqlite:{}", folder.path().join("herald.db").display());
    let store = Store::open(&url).await.unwrap();
    let user = store.user_by_email(EMAIL).await.unwrap().unwrap();
    let messages = store.message_page(&user.id, &id, None, 2, 0).await.unwrap();
    let [message] = &messages[..] else {
        panic!("one message")
    };
    assert_eq!((message.status.as_str(), message.attempts), ("sent", 1));
}
