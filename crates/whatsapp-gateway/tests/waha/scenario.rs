//! The life of a session, the same on every engine and release.

use std::collections::HashSet;

use rstest::rstest;
use waha_stand_in::{Behaviour, Engine, Status};
use whatsapp_gateway::{Gateway, GatewayError, Phone, State};

use crate::{linked, name, pair, reach, state, status_until};

#[rstest]
#[tokio::test]
async fn from_the_first_start_to_the_logout_and_on(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    waha.check().await.unwrap();
    let session = waha.name_for(&name("herald-1")).await.unwrap();
    let expected = if behaviour == Behaviour::Current {
        "herald-1"
    } else {
        "default"
    };
    assert_eq!(session.as_str(), expected);
    assert_eq!(state(&waha, &session).await, State::Stopped);

    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    let status = waha.status(&session).await.unwrap();
    assert_eq!(
        (status.state, status.number, status.cause),
        (State::ScanQrCode, None, None)
    );
    let qr = waha.qr(&session).await.unwrap();
    assert!(qr.0.starts_with("2@"));
    let early = waha.groups(&session).await.unwrap_err();
    assert!(
        matches!(
            early,
            GatewayError::NotReady {
                state: State::ScanQrCode
            }
        ),
        "{early}"
    );

    assert!(stand_in.scan(session.as_str()));
    reach(&stand_in, &session, Status::Working).await;
    let status = status_until(&waha, &session, |status| status.number.is_some()).await;
    assert_eq!(status.state, State::Working);
    assert_eq!(
        status.number.as_ref().map(Phone::as_str),
        Some("+13125550100")
    );
    let late = waha.qr(&session).await.unwrap_err();
    assert!(
        matches!(
            late,
            GatewayError::NotReady {
                state: State::Working
            }
        ),
        "{late}"
    );

    let groups = waha.groups(&session).await.unwrap();
    let people = waha.contacts(&session).await.unwrap().len();

    waha.restart(&session).await.unwrap();
    reach(&stand_in, &session, Status::Working).await;
    assert_eq!(waha.groups(&session).await.unwrap(), groups);
    assert_eq!(waha.contacts(&session).await.unwrap().len(), people);

    waha.logout(&session).await.unwrap();
    assert_eq!(stand_in.status(session.as_str()), None);
    assert_eq!(state(&waha, &session).await, State::Stopped);
    // Before 2024.10.9 WAHA did not tell the phone.
    assert_eq!(
        stand_in.unpaired(),
        usize::from(behaviour > Behaviour::Core202410)
    );
    waha.logout(&session).await.unwrap();

    waha.start(&session).await.unwrap();
    reach(&stand_in, &session, Status::ScanQrCode).await;
    waha.qr(&session).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn groups_and_contacts_are_the_same_whatever_their_shape(
    #[values(Engine::Webjs, Engine::Noweb, Engine::Gows)] engine: Engine,
    #[values(Behaviour::Core202410, Behaviour::Core202602, Behaviour::Current)]
    behaviour: Behaviour,
) {
    let (stand_in, waha) = pair(engine, behaviour).await;
    let session = linked(&stand_in, &waha).await;
    status_until(&waha, &session, |status| status.number.is_some()).await;

    let groups = waha.groups(&session).await.unwrap();
    assert_eq!(groups.len(), 40);
    assert!(
        groups
            .iter()
            .all(|group| group.id.as_str().ends_with("@g.us"))
    );
    assert_eq!(groups[0].name.as_deref(), Some("Riverside Community"));
    assert_eq!(
        groups.iter().filter(|group| group.name.is_none()).count(),
        1
    );

    let contacts = waha.contacts(&session).await.unwrap();
    // WEBJS lists the account itself and thirty LID twins besides.
    assert_eq!(
        contacts.len(),
        if engine == Engine::Webjs { 341 } else { 310 }
    );
    let ids: HashSet<_> = contacts.iter().map(|contact| &contact.id).collect();
    assert_eq!(ids.len(), contacts.len());

    let john = contacts
        .iter()
        .find(|contact| contact.id.as_str() == "12025550100@c.us")
        .unwrap();
    assert_eq!(john.name.as_deref(), Some("John Adams"));
    assert_eq!(john.push_name.as_deref(), Some("John"));
    assert_eq!(john.number.as_deref(), Some("12025550100"));
    assert_eq!(john.is_me, Some(false));
    let flag = (engine == Engine::Webjs).then_some(true);
    assert_eq!(
        (john.is_whatsapp, john.is_blocked),
        (flag, flag.map(|_| false))
    );

    let hidden = contacts
        .iter()
        .find(|contact| contact.id.as_str() == "220000000000003@lid")
        .unwrap();
    assert_eq!(
        (hidden.name.as_deref(), hidden.number.as_deref()),
        (None, None)
    );
    assert_eq!(hidden.push_name.as_deref(), Some("~ Siobhán"));
    let me = contacts.iter().find(|contact| contact.is_me == Some(true));
    assert_eq!(me.is_some(), engine == Engine::Webjs);
}
