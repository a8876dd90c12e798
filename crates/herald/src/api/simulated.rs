//! `simulated.*`: the phone of the simulated engine, for demonstrations and browser tests. On a
//! server with a real engine there is no such thing.

use serde::Serialize;
use trpc_axum::{Code, Error};
use ts_rs::TS;
use whatsapp_gateway::{
    SessionName,
    simulated::{Fault, Operation, Simulated},
};

use super::guard::ActiveUser;
use crate::app::App;

type Act = fn(&Simulated, &SessionName) -> bool;

trpc_axum::input! {
    /// What the phone does.
    pub(super) struct ActInput {
        /// Scans the code that is shown; loses its way to WhatsApp; finds it again; unlinks Herald; does not
        /// answer the next message.
        pub action: Act = enumeration(&[
            ("scan", Simulated::scan as Act),
            ("lose", Simulated::lose_connection),
            ("restore", Simulated::restore),
            ("unlink", Simulated::logout_by_phone),
            ("loseAnswer", lose_answer),
        ]),
    }
}

fn lose_answer(phone: &Simulated, _: &SessionName) -> bool {
    phone.set_fault_on(Operation::Send, Fault::Timeout, Some(1));
    true
}

/// Whether it was done.
#[derive(Serialize, TS)]
pub(super) struct Acted {
    /// False where it made no sense: no code is shown, nothing was lost.
    done: bool,
}

/// Has the caller's simulated phone do something.
pub(super) async fn act(caller: ActiveUser, app: App, input: ActInput) -> Result<Acted, Error> {
    let Some(phone) = app.sessions.gateway().simulated() else {
        return Err(Error::new(
            Code::NotFound,
            "This server has no simulated phone: its engine is a real one.",
        ));
    };
    let session = app.sessions.of(&caller.0.id).await?;
    let name = session.and_then(|session| SessionName::new(session.engine_name?).ok());
    Ok(Acted {
        done: name.is_some_and(|name| (input.action)(phone, &name)),
    })
}
