//! WAHA away, silent, slow, talking nonsense, or refusing the key.

use std::time::Duration;

use rstest::rstest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{Instant, timeout},
};
use waha_stand_in::{Behaviour, Engine, Fault, Profile, StandIn, Status};
use whatsapp_gateway::{
    Gateway, GatewayError, State,
    waha::{InvalidConfig, Timeouts, Waha, WahaConfig},
};

use crate::{PATIENCE, client, client_with, linked, name, pair, reach};

/// Every call of the engine at once, and how it failed.
async fn every_call(waha: &Waha) -> Vec<(&'static str, Option<GatewayError>)> {
    let session = name("herald-1");
    let (check, name_for, start, restart, status, qr, groups, contacts, logout) = tokio::join!(
        waha.check(),
        waha.name_for(&session),
        waha.start(&session),
        waha.restart(&session),
        waha.status(&session),
        waha.qr(&session),
        waha.groups(&session),
        waha.contacts(&session),
        waha.logout(&session),
    );
    vec![
        ("check", check.err()),
        ("name_for", name_for.err()),
        ("start", start.err()),
        ("restart", restart.err()),
        ("status", status.err()),
        ("qr", qr.err()),
        ("groups", groups.err()),
        ("contacts", contacts.err()),
        ("logout", logout.err()),
    ]
}

#[tokio::test]
async fn waha_goes_away_and_comes_back() {
    let (stand_in, waha) = pair(Engine::Noweb, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;

    stand_in.down().await;
    for (call, error) in every_call(&waha).await {
        assert!(
            matches!(error, Some(GatewayError::Unreachable(_))),
            "{call}: {error:?}"
        );
    }
    stand_in.up().await.unwrap();
    assert_eq!(waha.groups(&session).await.unwrap().len(), 40);
}

#[tokio::test]
async fn no_call_hangs_with_waha() {
    let (stand_in, _) = pair(Engine::Webjs, Behaviour::Current).await;
    stand_in.fault(Fault::Hang);
    let [lifecycle, data, quick] = [60, 40, 20].map(Duration::from_millis);
    let waha = client_with(
        &stand_in.url(),
        None,
        Timeouts {
            lifecycle,
            data,
            quick,
            ..Timeouts::default()
        },
    );

    for (call, error) in timeout(PATIENCE, every_call(&waha)).await.unwrap() {
        let limit = match call {
            "start" | "restart" | "logout" => lifecycle,
            "qr" | "groups" | "contacts" => data,
            _ => quick,
        };
        assert!(
            matches!(error, Some(GatewayError::Timeout { after }) if after == limit),
            "{call}: {error:?}"
        );
    }
}

/// The real WAHA lets a call in the wrong state wait for 10 s before it refuses it.
#[tokio::test]
async fn the_wrong_state_is_told_without_its_wait() {
    let profile = Profile::new(Engine::Webjs, Behaviour::Current);
    let stand_in = StandIn::start(Profile {
        waits: waha_stand_in::WaitScale::new(1.0),
        ..profile
    })
    .await
    .unwrap();
    let waha = client(&stand_in.url(), None);
    let session = name("herald-1");
    stand_in.hold_starting(true);
    waha.start(&session).await.unwrap();

    let before = Instant::now();
    for error in [
        waha.qr(&session).await.err(),
        waha.groups(&session).await.err(),
        waha.contacts(&session).await.err(),
    ] {
        let state = Some(GatewayError::NotReady {
            state: State::Starting,
        });
        assert_eq!(format!("{error:?}"), format!("{state:?}"));
    }
    assert!(before.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn a_late_answer_is_an_answer() {
    let (stand_in, waha) = pair(Engine::Gows, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.fault(Fault::Late(Duration::from_millis(50)));
    assert_eq!(waha.groups(&session).await.unwrap().len(), 40);
}

#[rstest]
#[case::error(Fault::Error)]
#[case::garbage(Fault::Garbage)]
#[tokio::test]
async fn nonsense_is_an_error_of_the_engine(#[case] fault: Fault) {
    let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
    stand_in.fault(fault);
    for (call, error) in every_call(&waha).await {
        // A restart needs no body to be believed.
        let believed = fault == Fault::Garbage && call == "restart";
        assert!(
            believed || matches!(error, Some(GatewayError::Engine(_))),
            "{call}: {error:?}"
        );
    }
}

#[rstest]
#[tokio::test]
async fn the_key_is_sent_and_a_wrong_one_told(
    #[values(Behaviour::Core202602, Behaviour::Current)] behaviour: Behaviour,
) {
    let profile = Profile {
        api_key: Some("right".into()),
        ..Profile::new(Engine::Noweb, behaviour)
    };
    let stand_in = StandIn::start(profile).await.unwrap();
    client(&stand_in.url(), Some("right"))
        .check()
        .await
        .unwrap();
    for waha in [
        client(&stand_in.url(), Some("wrong")),
        client(&stand_in.url(), None),
    ] {
        for (call, error) in every_call(&waha).await {
            assert!(
                matches!(error, Some(GatewayError::Unauthorized { status: 401 })),
                "{call}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn waha_of_2024_takes_any_key() {
    let profile = Profile::new(Engine::Noweb, Behaviour::Core202410);
    let stand_in = StandIn::start(Profile {
        api_key: Some("right".into()),
        ..profile
    })
    .await
    .unwrap();
    client(&stand_in.url(), Some("wrong"))
        .check()
        .await
        .unwrap();
}

#[tokio::test]
async fn a_key_that_changes_is_told() {
    let (stand_in, waha) = pair(Engine::Webjs, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.fault(Fault::Unauthorized);
    let error = waha.status(&session).await.unwrap_err();
    assert!(
        matches!(error, GatewayError::Unauthorized { status: 401 }),
        "{error}"
    );
}

/// A server that closes the first connection unanswered and answers on the others, one each.
async fn breaks_off_once(
    answers: &'static [&'static str],
) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await.unwrap();
            connection.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, serving)
}

const VERSION: &str =
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 22\r\n\r\n{\"version\":\"2026.6.1\"}";

#[rstest]
#[case::unanswered(&["", VERSION])]
#[case::cut_short(&["HTTP/1.1 200 OK\r\ncontent-length: 22\r\n\r\n{\"ver", VERSION])]
#[tokio::test]
async fn a_read_that_breaks_off_is_repeated(#[case] answers: &'static [&'static str]) {
    let (url, serving) = breaks_off_once(answers).await;
    client(&url, None).check().await.unwrap();
    serving.await.unwrap();
}

/// It may have been done: only the caller can know whether to ask again.
#[tokio::test]
async fn a_change_that_breaks_off_is_not_repeated() {
    let (url, serving) = breaks_off_once(&["", VERSION]).await;
    let error = client(&url, None)
        .restart(&name("herald-1"))
        .await
        .unwrap_err();
    assert!(matches!(error, GatewayError::Unreachable(_)), "{error}");
    assert!(!serving.is_finished(), "a second connection was made");
    serving.abort();
}

#[rstest]
#[case("ftp://127.0.0.1/", None)]
#[case("mailto:waha@example.org", None)]
#[case("http://127.0.0.1/", Some("line\nbreak"))]
#[test]
fn a_configuration_that_cannot_work(#[case] url: &str, #[case] key: Option<&str>) {
    let base_url = url.parse().unwrap();
    let config = WahaConfig {
        base_url,
        api_key: key.map(Into::into),
        webhook: None,
        timeouts: Timeouts::default(),
    };
    let error = Waha::new(config).unwrap_err();
    assert_eq!(
        matches!(error, InvalidConfig::ApiKey),
        key.is_some(),
        "{error}"
    );
}

#[tokio::test]
async fn the_key_is_not_shown() {
    let config = WahaConfig {
        base_url: "http://127.0.0.1:3000".parse().unwrap(),
        api_key: Some("topsecret".into()),
        webhook: None,
        timeouts: Timeouts::default(),
    };
    assert!(!format!("{config:?}").contains("topsecret"));
    assert!(!format!("{:?}", Waha::new(config).unwrap()).contains("topsecret"));
}

#[tokio::test]
async fn a_start_during_an_outage_can_be_repeated() {
    let (stand_in, waha) = pair(Engine::Gows, Behaviour::Current).await;
    let session = name("herald-1");
    stand_in.down().await;
    waha.start(&session).await.unwrap_err();
    stand_in.up().await.unwrap();
    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
}
