//! Every call in every state of a session, and what may happen to it meanwhile.

use rstest::rstest;
use serde_json::json;
use waha_stand_in::{Behaviour, Engine, Profile, StandIn, Status, WaitScale};
use whatsapp_gateway::{Gateway, GatewayError, State};

use crate::{acts, client, linked, name, pair, reach, state, status_until};

#[rstest]
#[tokio::test]
async fn a_failed_session_is_revived(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    assert!(stand_in.fail(session.as_str()));
    let status = waha.status(&session).await.unwrap();
    assert_eq!(status.state, State::Failed);
    assert!(status.cause.is_some());

    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::Working).await;
}

#[rstest]
#[tokio::test]
async fn starting_what_runs_does_nothing(
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(Engine::Noweb, behaviour).await;
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    stand_in.hold_starting(true);
    waha.start(&session).await.unwrap();
    assert_eq!(state(&waha, &session).await, State::Starting);
    let acted = acts(&stand_in);

    waha.start(&session).await.unwrap();
    stand_in.hold_starting(false);
    reach(&stand_in, &session, Status::ScanQrCode).await;
    waha.start(&session).await.unwrap();
    stand_in.scan(session.as_str());
    reach(&stand_in, &session, Status::Working).await;
    waha.start(&session).await.unwrap();
    assert_eq!(acts(&stand_in), acted);
}

#[rstest]
#[tokio::test]
async fn two_starts_at_once_make_one_session(
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(Engine::Gows, behaviour).await;
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    let (one, other) = tokio::join!(waha.start(&session), waha.start(&session));
    one.unwrap();
    other.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
}

/// NOWEB has no contacts otherwise; what else was configured stays.
#[rstest]
#[tokio::test]
async fn a_session_of_somebody_else_is_given_a_store(
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(Engine::Noweb, behaviour).await;
    stand_in.create("default", Some(json!({"debug": true})));
    let session = name("default");
    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    stand_in.scan("default");
    reach(&stand_in, &session, Status::Working).await;
    assert_eq!(waha.contacts(&session).await.unwrap().len(), 310);
    assert_eq!(stand_in.config("default").unwrap()["debug"], true);
}

#[rstest]
#[tokio::test]
async fn a_code_that_nobody_scans(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    let first = waha.qr(&session).await.unwrap();

    assert!(stand_in.expire_qr(session.as_str()));
    if engine != Engine::Noweb || behaviour != Behaviour::Core202410 {
        let status = waha.status(&session).await.unwrap();
        assert_eq!(status.state, State::Failed);
        assert!(status.cause.unwrap().contains("scanned"));
        waha.start(&session).await.unwrap();
        reach(&stand_in, &session, Status::ScanQrCode).await;
    }
    assert!(waha.qr(&session).await.unwrap() != first);
}

#[rstest]
#[tokio::test]
async fn a_phone_that_unlinks_the_session(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
) {
    let (stand_in, waha) = pair(engine, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    status_until(&waha, &session, |status| status.number.is_some()).await;

    assert!(stand_in.logout_by_phone(session.as_str()));
    let status = waha.status(&session).await.unwrap();
    assert_eq!(status.state, State::Failed);
    assert!(status.number.is_some());
    assert!(status.cause.unwrap().contains("unlinked"));
    let error = waha.groups(&session).await.unwrap_err();
    assert!(
        matches!(
            error,
            GatewayError::NotReady {
                state: State::Failed
            }
        ),
        "{error}"
    );

    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    assert_eq!(waha.status(&session).await.unwrap().number, None);
}

/// Where the engine keeps credentials that WhatsApp refuses, a restart fails again.
#[rstest]
#[tokio::test]
async fn a_session_that_fails_again_is_logged_out(
    #[values(Engine::Noweb, Engine::Gows)] engine: Engine,
) {
    let (stand_in, waha) = pair(engine, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    status_until(&waha, &session, |status| status.number.is_some()).await;
    assert!(stand_in.logout_by_phone_for_good(session.as_str()));

    waha.restart(&session).await.unwrap();
    stand_in.until(session.as_str(), Status::Failed).await;
    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    assert_eq!(waha.status(&session).await.unwrap().number, None);
}

#[rstest]
#[tokio::test]
async fn a_lost_connection_comes_back(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
) {
    let (stand_in, waha) = pair(engine, Behaviour::Current).await;
    let session = linked(&stand_in, &waha).await;
    let away = if engine == Engine::Webjs {
        Status::Failed
    } else {
        Status::Starting
    };

    assert!(stand_in.lose_connection(session.as_str()));
    reach(&stand_in, &session, away).await;
    reach(&stand_in, &session, Status::Working).await;
    assert_eq!(state(&waha, &session).await, State::Working);
}

#[rstest]
#[tokio::test]
async fn a_session_that_waha_does_not_know(
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(Engine::Webjs, behaviour).await;
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    waha.logout(&session).await.unwrap();
    waha.logout(&session).await.unwrap();
    assert_eq!(stand_in.status(session.as_str()), None);

    assert_eq!(state(&waha, &session).await, State::Stopped);
    for error in [
        waha.qr(&session).await.err(),
        waha.groups(&session).await.err(),
        waha.contacts(&session).await.err(),
    ] {
        assert!(
            matches!(
                error,
                Some(GatewayError::NotReady {
                    state: State::Stopped
                })
            ),
            "{error:?}"
        );
    }
    waha.restart(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
}

#[rstest]
#[tokio::test]
async fn old_free_waha_has_no_room_for_another_name(
    #[values(Behaviour::Core202410, Behaviour::Core202602)] behaviour: Behaviour,
) {
    let (_stand_in, waha) = pair(Engine::Webjs, behaviour).await;
    let session = name("herald-1");
    assert_eq!(state(&waha, &session).await, State::Stopped);
    let error = waha.start(&session).await.unwrap_err();
    assert!(matches!(error, GatewayError::Unsupported(_)), "{error}");
    waha.logout(&session).await.unwrap();
}

/// Unpairing needs a connection, so the session is started for it.
#[rstest]
#[tokio::test]
async fn a_stopped_session_is_unlinked_from_the_phone_too(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202602, Behaviour::Current)] behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    stand_in.stop(session.as_str());

    waha.logout(&session).await.unwrap();
    assert_eq!(stand_in.unpaired(), 1);
    assert_eq!(stand_in.status(session.as_str()), None);
}

#[tokio::test]
async fn a_stopped_session_without_a_way_to_whatsapp_is_logged_out_all_the_same() {
    let profile = Profile::new(Engine::Noweb, Behaviour::Current);
    let stand_in = StandIn::start(profile).await.unwrap();
    let session = linked(&stand_in, &client(&stand_in.url(), None)).await;
    stand_in.stop(session.as_str());
    stand_in.hold_starting(true);

    let second = std::time::Duration::from_secs(1);
    let timeouts = whatsapp_gateway::waha::Timeouts {
        lifecycle: second * 2,
        data: second,
        send: second,
        quick: second,
        silence: second,
    };
    crate::client_with(&stand_in.url(), None, timeouts)
        .logout(&session)
        .await
        .unwrap();
    assert_eq!(stand_in.status(session.as_str()), None);
}

#[tokio::test]
async fn the_third_of_three_restarts_at_once_is_refused() {
    let waits = WaitScale::new(0.2);
    let stand_in = StandIn::start(Profile {
        waits,
        ..Profile::new(Engine::Noweb, Behaviour::Core202602)
    });
    let stand_in = stand_in.await.unwrap();
    let waha = client(&stand_in.url(), None);
    let session = linked(&stand_in, &waha).await;

    let restart = || waha.restart(&session);
    let (one, two, three) = tokio::join!(restart(), restart(), restart());
    let refused: Vec<_> = [one, two, three]
        .into_iter()
        .filter_map(Result::err)
        .collect();
    assert!(
        matches!(&refused[..], [GatewayError::Engine(_)]),
        "{refused:?}"
    );
    reach(&stand_in, &session, Status::Working).await;
}
