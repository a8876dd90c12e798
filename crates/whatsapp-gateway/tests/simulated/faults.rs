//! Faults of the simulated phone on demand, and the count of its calls.

use rstest::rstest;
use whatsapp_gateway::{
    Gateway, GatewayError, SessionName, State,
    simulated::{Fault, Operation, Simulated},
};

use crate::{Bench, name, not_ready, sending};

/// Calls an operation for nothing but its error, as text.
async fn call(sim: &Simulated, operation: Operation, session: &SessionName) -> Result<(), String> {
    let message = sending::message(1, sending::PERSON);
    let done = match operation {
        Operation::Check => sim.check().await,
        Operation::NameFor => sim.name_for(session).await.map(drop),
        Operation::Start => sim.start(session).await,
        Operation::Restart => sim.restart(session).await,
        Operation::Logout => sim.logout(session).await,
        Operation::Status => sim.status(session).await.map(drop),
        Operation::Qr => sim.qr(session).await.map(drop),
        Operation::Groups => sim.groups(session).await.map(drop),
        Operation::Contacts => sim.contacts(session).await.map(drop),
        Operation::Find => sim.find(session, &message).await.map(drop),
        Operation::Send => {
            let sent = sim.send(session, &message).await;
            return sent.map(drop).map_err(|error| format!("{error:?}"));
        }
    };
    done.map_err(|error| format!("{error:?}"))
}

#[rstest]
#[case(Fault::Unreachable, "Unreachable", "Unavailable")]
#[case(Fault::Timeout, "Timeout", "Unknown")]
#[case(Fault::Refused(403), "Unauthorized { status: 403 }", "Unavailable")]
#[case(Fault::EngineError, "Engine(", "Unknown")]
#[case(Fault::NotReady, "NotReady { state: Starting }", "Unavailable")]
#[case(Fault::AfterHandOver, "Timeout", "Unknown")]
#[case(Fault::MessageRefused("No."), "Engine(", "Refused { reason: \"No.\" }")]
#[case(
    Fault::NewChatsHeld(Some(5)),
    "Engine(",
    "NewChatsHeld { until_ms: Some(5) }"
)]
#[tokio::test]
async fn a_fault_meets_every_operation_until_taken_back(
    #[case] fault: Fault,
    #[case] error: &str,
    #[case] send_error: &str,
) {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    bench.sim.set_fault(Some(fault));
    for operation in Operation::ALL {
        let met = call(&bench.sim, operation, &session).await.unwrap_err();
        let expected = if operation == Operation::Send {
            send_error
        } else {
            error
        };
        assert!(met.starts_with(expected), "{operation:?}: {met}");
    }
    bench.sim.set_fault(None);
    assert_eq!(
        bench.state(&session).await,
        State::Working,
        "a call that failed has done nothing"
    );
}

#[tokio::test]
async fn a_fault_of_one_operation_lasts_as_many_calls_as_asked() {
    let session = name("ana");
    let bench = Bench::linked(&session).await;
    bench
        .sim
        .set_fault_on(Operation::Groups, Fault::Timeout, Some(2));
    for _ in 0..2 {
        assert!(matches!(
            bench.sim.groups(&session).await,
            Err(GatewayError::Timeout { .. })
        ));
        assert!(bench.sim.contacts(&session).await.is_ok());
    }
    assert!(bench.sim.groups(&session).await.is_ok());

    bench
        .sim
        .set_fault_on(Operation::Qr, Fault::Unreachable, None);
    for _ in 0..5 {
        assert!(matches!(
            bench.sim.qr(&session).await,
            Err(GatewayError::Unreachable(_))
        ));
    }
    bench.sim.set_fault(None);
    assert_eq!(not_ready(bench.sim.qr(&session).await), State::Working);
}

#[tokio::test]
async fn every_call_is_counted() {
    let session = name("ana");
    let bench = Bench::new(7, None);
    assert!(bench.sim.calls().values().all(|&calls| calls == 0));
    for (operation, times) in Operation::ALL.into_iter().zip(1..) {
        for _ in 0..times {
            let _ = call(&bench.sim, operation, &session).await;
        }
    }
    assert!(
        bench
            .sim
            .calls()
            .into_iter()
            .eq(Operation::ALL.into_iter().zip(1..))
    );
}
