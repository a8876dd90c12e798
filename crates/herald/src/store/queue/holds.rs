//! What binds all that is sent: limits, switches, and the times in which nothing could leave.

use sqlx::FromRow;

use super::wake_all;
use crate::store::{Store, StoreError, Transaction, sql};

/// A switch that stops what it is over.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct KillSwitch {
    /// `server`, `user` or `session`.
    pub scope: String,
    /// Of which; empty for the server.
    pub scope_id: String,
    /// Why, as it was typed.
    pub reason: Option<String>,
    /// Thrown by an admin, else by who has the account.
    pub by_admin: bool,
    /// Since when, in milliseconds since 1970.
    pub since: i64,
}

impl Store {
    /// The limits that differ from their defaults.
    pub async fn limit_list_all(&self) -> Result<Vec<(String, i64)>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<(String, i64)>,
            "SELECT name, value FROM limits ORDER BY name"
        )?)
    }

    /// Changes limits; every session is looked at anew.
    pub async fn limit_set_all(&self, values: &[(&str, i64)], now: i64) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for (name, value) in values {
            sql!(in transaction, execute,
                "INSERT INTO limits (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                *name, *value,
            )?;
        }
        wake_all(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Every switch that is thrown.
    pub async fn kill_switch_list_all(&self) -> Result<Vec<KillSwitch>, StoreError> {
        Ok(sql!(
            self,
            fetch_all<KillSwitch>,
            "SELECT * FROM kill_switches ORDER BY since, scope, scope_id"
        )?)
    }

    /// Throws a switch. False if there is no such user or session.
    pub async fn kill_switch_on_all(
        &self,
        scope: &str,
        scope_id: &str,
        reason: Option<&str>,
        by_admin: bool,
        now: i64,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let (exists,) = sql!(in transaction, fetch_one<(bool,)>,
            "SELECT $1 = 'server' OR EXISTS (SELECT 1 FROM users WHERE $1 = 'user' AND id = $2)
                    OR EXISTS (SELECT 1 FROM whatsapp_sessions WHERE $1 = 'session' AND id = $2)",
            scope, scope_id,
        )?;
        if !exists {
            return Ok(false);
        }
        sql!(in transaction, execute,
            "INSERT INTO kill_switches (scope, scope_id, reason, by_admin, since) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (scope, scope_id) DO UPDATE SET reason = excluded.reason, by_admin = excluded.by_admin",
            scope, scope_id, reason, by_admin, now,
        )?;
        begin_hold(&mut transaction, scope, scope_id, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Takes a switch back; every session that has something to send is looked at anew.
    pub async fn kill_switch_off_all(
        &self,
        scope: &str,
        scope_id: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sql!(in transaction, execute, "DELETE FROM kill_switches WHERE scope = $1 AND scope_id = $2", scope, scope_id)?;
        end_hold(&mut transaction, scope, scope_id, now).await?;
        wake_all(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Takes down that a scheduler is at work. If none was for longer than `patience_ms`, that time
    /// is written down as one in which nothing could leave; true then.
    pub async fn scheduler_alive(&self, patience_ms: i64, now: i64) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let last = sql!(in transaction, fetch_optional<(i64,)>, "SELECT at FROM scheduler_alive")?;
        let outage = last.filter(|(at,)| now - at > patience_ms);
        if let Some((from,)) = outage {
            sql!(in transaction, execute,
                "INSERT INTO holds (scope, scope_id, from_at, to_at) VALUES ('server', '', $1, $2)
                 ON CONFLICT (scope, scope_id, from_at) DO NOTHING",
                from, now,
            )?;
        }
        sql!(in transaction, execute,
            "INSERT INTO scheduler_alive (one, at) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET at = excluded.at", now)?;
        transaction.commit().await?;
        Ok(outage.is_some())
    }
}

/// From now on nothing can leave there.
pub(in crate::store) async fn begin_hold(
    mut transaction: &mut Transaction,
    scope: &str,
    scope_id: &str,
    now: i64,
) -> Result<(), StoreError> {
    // One that ended at this very instant goes on.
    sql!(in transaction, execute,
        "UPDATE holds SET to_at = NULL
         WHERE scope = $1 AND scope_id = $2 AND from_at = $3
           AND NOT EXISTS (SELECT 1 FROM holds WHERE scope = $1 AND scope_id = $2 AND to_at IS NULL)",
        scope, scope_id, now,
    )?;
    sql!(in transaction, execute,
        "INSERT INTO holds (scope, scope_id, from_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        scope, scope_id, now,
    )?;
    Ok(())
}

/// From now on it can again.
pub(in crate::store) async fn end_hold(
    mut transaction: &mut Transaction,
    scope: &str,
    scope_id: &str,
    now: i64,
) -> Result<(), StoreError> {
    sql!(in transaction, execute,
        "UPDATE holds SET to_at = $3 WHERE scope = $1 AND scope_id = $2 AND to_at IS NULL", scope, scope_id, now)?;
    Ok(())
}
