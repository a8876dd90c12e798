//! The limits that keep accounts from harm, and the switches that stop all sending.

use serde::Serialize;
use superjson::{Date, Value};
use trpc_axum::{Code, Declarations, Error, Input, NameClash, schema::Issues, schema::Step};
use ts_rs::TS;

use super::{
    NOT_STORABLE,
    guard::{ActiveUser, Admin},
    storable,
};
use crate::{
    app::App,
    scheduler::limits::{LIMITS, LimitError, Settings},
    store,
};

/// A limit.
#[derive(Serialize, TS)]
pub(super) struct LimitItem {
    name: &'static str,
    /// What is in force.
    value: u32,
    /// What a new server has.
    default: u32,
    /// The laxest value that is taken.
    ceiling: u32,
    unit: &'static str,
}

/// A switch that is thrown.
#[derive(Serialize, TS)]
pub(super) struct KillSwitchItem {
    #[ts(type = "\"server\" | \"user\" | \"session\"")]
    scope: String,
    /// Of which; null for the server.
    id: Option<String>,
    reason: Option<String>,
    since: Date,
}

/// It is done.
#[derive(Serialize, TS)]
pub(super) struct Success {
    success: bool,
}

const DONE: Success = Success { success: true };

/// New values by the limits' names.
pub(super) struct LimitsInput(Vec<(String, i64)>);

impl Input for LimitsInput {
    fn read(value: Value, issues: &mut Issues) -> Option<Self> {
        let Value::Object(members) = value else {
            issues.wrong_type("object", &value);
            return None;
        };
        let mut values = Vec::new();
        for (name, value) in members {
            match whole(&value) {
                Some(whole) => values.push((name, whole)),
                // Its name is the client's own: it is told by the check of names where there is none.
                None => match LIMITS.iter().find(|limit| limit.name == name) {
                    Some(limit) => issues.at(Step::Key(limit.name), |issues| {
                        issues.wrong_type("integer", &value);
                    }),
                    None => values.push((name, 0)),
                },
            }
        }
        issues.is_empty().then_some(Self(values))
    }

    fn type_script(_: &mut Declarations) -> Result<String, NameClash> {
        let names: Vec<String> = LIMITS
            .iter()
            .map(|limit| format!("\"{}\"", limit.name))
            .collect();
        Ok(format!("Partial<Record<{}, number>>", names.join(" | ")))
    }
}

fn whole(value: &Value) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    let number = *number;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole, and far from the bounds"
    )]
    (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Server,
    User,
    Session,
}

trpc_axum::input! {
    /// What is switched off or on again.
    pub(super) struct KillSwitchInput {
        /// What it is over.
        pub scope: Scope = enumeration(&[("server", Scope::Server), ("user", Scope::User), ("session", Scope::Session)]),
        /// Which user or session.
        pub id: Option<String> = string().refine(storable, NOT_STORABLE).optional(),
        /// True stops all sending there.
        pub on: bool = boolean(),
        /// Shown to those who wait.
        pub reason: Option<String> = string().max(200).refine(storable, NOT_STORABLE).optional(),
    }
}

trpc_axum::input! {
    /// Whether one's own account sends nothing.
    pub(super) struct OwnKillSwitchInput {
        /// True stops all sending.
        pub on: bool = boolean(),
    }
}

/// Every limit, as it is and as far as it goes.
pub(super) async fn get_limits(_: Admin, app: App) -> Result<Vec<LimitItem>, Error> {
    Ok(items(&app.scheduler.stored_settings().await?))
}

/// Changes limits: stricter freely, laxer up to the ceiling; all of them or none.
pub(super) async fn set_limits(
    _: Admin,
    app: App,
    input: LimitsInput,
) -> Result<Vec<LimitItem>, Error> {
    let now = app.scheduler.stored_settings().await?;
    let values: Vec<(&str, i64)> = input
        .0
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    let settings = now
        .with(values.iter().copied())
        .map_err(|errors| refused(&errors))?;
    app.store.limit_set_all(&values, app.clock.now_ms()).await?;
    app.scheduler.wake();
    app.changes.tell_all();
    Ok(items(&settings))
}

fn items(settings: &Settings) -> Vec<LimitItem> {
    let limits = LIMITS.iter();
    limits
        .map(|limit| LimitItem {
            name: limit.name,
            value: limit.value(settings),
            default: limit.default_value(),
            ceiling: limit.ceiling,
            unit: limit.unit,
        })
        .collect()
}

fn refused(errors: &[LimitError]) -> Error {
    Error::bad_fields(errors.iter().map(|error| {
        let field = match error {
            LimitError::OutOfBounds { name, .. } => name,
            LimitError::GapOrder => "gapMaxSeconds",
            LimitError::Unknown(_) => "name",
        };
        (field, error.to_string())
    }))
}

/// Every switch that is thrown, the oldest first.
pub(super) async fn get_kill_switches(_: Admin, app: App) -> Result<Vec<KillSwitchItem>, Error> {
    let switches = app.store.kill_switch_list_all().await?;
    Ok(switches.into_iter().map(KillSwitchItem::from).collect())
}

impl From<store::KillSwitch> for KillSwitchItem {
    fn from(switch: store::KillSwitch) -> Self {
        Self {
            id: (switch.scope != "server").then_some(switch.scope_id),
            scope: switch.scope,
            reason: switch.reason,
            since: Date::from_millis(switch.since),
        }
    }
}

/// Stops all sending of the server, a user or a session, within one message; or lets it go on.
pub(super) async fn set_kill_switch(
    _: Admin,
    app: App,
    input: KillSwitchInput,
) -> Result<Success, Error> {
    let (scope, id) = match (input.scope, &input.id) {
        (Scope::Server, None) => ("server", ""),
        (Scope::User, Some(id)) => ("user", id.as_str()),
        (Scope::Session, Some(id)) => ("session", id.as_str()),
        (Scope::Server, Some(_)) => {
            return Err(Error::bad_fields([(
                "id",
                "id is for a user or a session: leave it out.".to_owned(),
            )]));
        }
        (Scope::User | Scope::Session, None) => {
            return Err(Error::bad_fields([(
                "id",
                "id is missing: say which user or session.".to_owned(),
            )]));
        }
    };
    switch(&app, scope, id, input.on, input.reason.as_deref(), true).await
}

/// The same for the caller's own WhatsApp session.
pub(super) async fn set_own_kill_switch(
    caller: ActiveUser,
    app: App,
    input: OwnKillSwitchInput,
) -> Result<Success, Error> {
    let Some(session) = app.store.whatsapp_session_of(&caller.0.id).await? else {
        return Err(Error::new(
            Code::NotFound,
            "You have no WhatsApp session. initiateWhatsAppSession makes one.",
        ));
    };
    // What an admin has switched off, an admin switches on.
    let by_admin = app.store.kill_switch_list_all().await?;
    let by_admin = by_admin
        .iter()
        .any(|one| one.scope == "session" && one.scope_id == session.id && one.by_admin);
    if by_admin {
        return Err(Error::new(
            Code::Forbidden,
            "An administrator has switched sending off for this account. Ask them to switch it on.",
        ));
    }
    switch(&app, "session", &session.id, input.on, None, false).await
}

async fn switch(
    app: &App,
    scope: &str,
    id: &str,
    on: bool,
    reason: Option<&str>,
    by_admin: bool,
) -> Result<Success, Error> {
    let now = app.clock.now_ms();
    if !on {
        app.store.kill_switch_off_all(scope, id, now).await?;
    } else if !app
        .store
        .kill_switch_on_all(scope, id, reason, by_admin, now)
        .await?
    {
        return Err(Error::new(
            Code::NotFound,
            format!("There is no such {scope}."),
        ));
    }
    app.scheduler.wake();
    app.changes.tell_all();
    Ok(DONE)
}
