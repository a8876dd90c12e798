//! An engine with one session: it links one user, and nobody who was not linked here.

use std::sync::Arc;

use herald::store::Role;
use rstest::rstest;
use tokio::sync::broadcast;
use whatsapp_gateway::{
    Contact, Event, Found, Gateway, Group, Outgoing, Qr, Result, SendError, Sent, SessionName,
    State, Status,
    simulated::{Simulated, SimulatedConfig},
};

use super::{NOTHING, initiate, named, own};
use crate::support::world::World;

/// An old WAHA Core: whatever a session is called, the engine knows one.
struct OneSession(Simulated);

#[async_trait::async_trait]
impl Gateway for OneSession {
    fn engine(&self) -> &'static str {
        "one"
    }
    async fn check(&self) -> Result<()> {
        self.0.check().await
    }
    async fn name_for(&self, _: &SessionName) -> Result<SessionName> {
        Ok(SessionName::new("default").unwrap())
    }
    async fn start(&self, session: &SessionName) -> Result<()> {
        assert_eq!(session.as_str(), "default");
        self.0.start(session).await
    }
    async fn restart(&self, session: &SessionName) -> Result<()> {
        self.0.restart(session).await
    }
    async fn logout(&self, session: &SessionName) -> Result<()> {
        self.0.logout(session).await
    }
    async fn status(&self, session: &SessionName) -> Result<Status> {
        self.0.status(session).await
    }
    async fn qr(&self, session: &SessionName) -> Result<Qr> {
        self.0.qr(session).await
    }
    async fn groups(&self, session: &SessionName) -> Result<Vec<Group>> {
        self.0.groups(session).await
    }
    async fn contacts(&self, session: &SessionName) -> Result<Vec<Contact>> {
        self.0.contacts(session).await
    }
    fn events(&self) -> broadcast::Receiver<Event> {
        self.0.events()
    }
    async fn send(&self, session: &SessionName, message: &Outgoing) -> Result<Sent, SendError> {
        self.0.send(session, message).await
    }
    async fn find(&self, session: &SessionName, message: &Outgoing) -> Result<Found> {
        self.0.find(session, message).await
    }
    fn send_limit(&self) -> std::time::Duration {
        self.0.send_limit()
    }
}

fn one_session() -> Arc<OneSession> {
    let time = herald::clock::Clock::manual(0);
    let now = move || {
        time.advance(500);
        time.now_ms()
    };
    Arc::new(OneSession(Simulated::new(SimulatedConfig::new(
        7,
        Arc::new(now),
    ))))
}

/// Whoever runs the server has linked it, or another Herald: its groups are nobody's to read.
#[rstest]
#[case::working(false)]
#[case::on_its_way(true)]
#[tokio::test]
async fn an_account_that_was_not_linked_here_is_nobodys(#[case] restarts: bool) {
    let engine = one_session();
    let name = SessionName::new("default").unwrap();
    engine.start(&name).await.unwrap();
    while engine.status(&name).await.unwrap().state != State::Working {}
    if restarts {
        engine.restart(&name).await.unwrap();
    }
    let world = World::with_engine(engine.clone()).await;
    let ann = world.person("ann", Role::User).await;
    let (code, message) = ann
        .mutate("user.initiateWhatsAppSession", NOTHING)
        .await
        .error();
    assert_eq!(code, "CONFLICT");
    assert!(message.contains("not linked by Herald"), "{message}");
    assert_eq!(own(&ann).await, NOTHING);
    assert_eq!(
        engine.status(&name).await.unwrap().state,
        State::Working,
        "it was left alone"
    );
}

#[tokio::test]
async fn an_engine_with_one_session_links_one_user_and_says_so() {
    let world = World::with_engine(one_session()).await;
    let (ann, session) = world.linked("ann").await;
    assert_ne!(
        session["sessionName"], "default",
        "Herald's own name stays unguessable"
    );

    let ben = world.person("ben", Role::User).await;
    let (code, message) = ben
        .mutate("user.initiateWhatsAppSession", NOTHING)
        .await
        .error();
    assert_eq!(code, "CONFLICT");
    assert!(message.contains("another user"), "{message}");
    assert_eq!(own(&ben).await, NOTHING);

    ann.mutate("user.logoutSession", named(&session))
        .await
        .data();
    initiate(&ben).await;
    assert_eq!(
        ann.mutate("user.initiateWhatsAppSession", NOTHING)
            .await
            .code(),
        "CONFLICT"
    );
    assert_eq!(own(&ann).await, NOTHING);
}
