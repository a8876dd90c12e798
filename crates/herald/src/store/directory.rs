//! What each session's account knows: its groups and people, replaced whole by each reading.

use sqlx::{FromRow, QueryBuilder};

use super::{Store, StoreError, Transaction, sql};

/// Rows of one INSERT: nine values each stay below what either database lets one statement bind.
const ROWS_AT_ONCE: usize = 1000;

/// A group of an account.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct KnownGroup {
    /// `…@g.us`.
    pub id: String,
    /// Its subject, where it has one.
    pub name: Option<String>,
}

/// Somebody an account knows, one row a person. A flag that the engine did not tell is `None`.
/// Names and numbers are not for logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct KnownContact {
    /// `…@c.us`, or `…@lid` for who is known only by LID.
    pub id: String,
    /// The name under which the phone has saved them.
    pub name: Option<String>,
    /// The name they gave themselves.
    pub push_name: Option<String>,
    /// Digits of the phone number.
    pub number: Option<String>,
    /// `…@lid`, where the engine told it.
    pub lid: Option<String>,
    /// The account itself.
    pub is_me: Option<bool>,
    /// Blocked by the account.
    pub is_blocked: Option<bool>,
    /// Has WhatsApp.
    pub is_whatsapp: Option<bool>,
}

/// All that an account knows, each id once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its groups.
    pub groups: Vec<KnownGroup>,
    /// Its people.
    pub contacts: Vec<KnownContact>,
}

/// Inserts rows, many at a time.
macro_rules! insert {
    ($transaction:ident, $text:expr, $rows:expr, $push:expr) => {
        match $transaction {
            Transaction::Sqlite(on) => {
                for rows in $rows.chunks(ROWS_AT_ONCE) {
                    let mut query = QueryBuilder::new($text);
                    query
                        .push_values(rows, $push)
                        .build()
                        .execute(&mut **on)
                        .await?;
                }
            }
            Transaction::Postgres(on) => {
                for rows in $rows.chunks(ROWS_AT_ONCE) {
                    let mut query = QueryBuilder::new($text);
                    query
                        .push_values(rows, $push)
                        .build()
                        .execute(&mut **on)
                        .await?;
                }
            }
        }
    };
}

impl Store {
    /// What the user's session knows.
    pub async fn directory_load(
        &self,
        user_id: &str,
        session_id: &str,
    ) -> Result<Known, StoreError> {
        let groups = sql!(
            self,
            fetch_all<KnownGroup>,
            "SELECT known.* FROM directory_groups known JOIN whatsapp_sessions ON whatsapp_sessions.id = known.session_id
             WHERE user_id = $1 AND session_id = $2",
            user_id,
            session_id,
        )?;
        let contacts = sql!(
            self,
            fetch_all<KnownContact>,
            "SELECT known.* FROM directory_contacts known JOIN whatsapp_sessions ON whatsapp_sessions.id = known.session_id
             WHERE user_id = $1 AND session_id = $2",
            user_id,
            session_id,
        )?;
        Ok(Known { groups, contacts })
    }

    /// Puts what was read in the place of all that was known, or does nothing if the session is not
    /// linked any more as it was when the reading began (`linked_at`). Answers with the instant of
    /// the reading, which is `now` or, so that each has its own, a little later.
    pub async fn directory_replace(
        &self,
        user_id: &str,
        session_id: &str,
        linked_at: i64,
        known: &Known,
        now: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut transaction = self.begin().await?;
        // First, so that a logout at the same moment waits, or makes this find nothing.
        let synced: Option<(i64,)> = sql!(
            in transaction,
            fetch_optional<(i64,)>,
            "UPDATE whatsapp_sessions
             SET directory_error = NULL,
                 directory_synced_at = CASE WHEN directory_synced_at >= $4 THEN directory_synced_at + 1 ELSE $4 END
             WHERE user_id = $1 AND id = $2 AND linked_at = $3
             RETURNING directory_synced_at",
            user_id,
            session_id,
            linked_at,
            now,
        )?;
        let Some((synced_at,)) = synced else {
            return Ok(None);
        };
        clear(&mut transaction, user_id, session_id).await?;
        fill(&mut transaction, session_id, known).await?;
        transaction.commit().await?;
        Ok(Some(synced_at))
    }

    /// Writes down why a reading failed; what was known stays.
    pub async fn directory_failed(
        &self,
        user_id: &str,
        session_id: &str,
        linked_at: i64,
        error: &str,
    ) -> Result<(), StoreError> {
        sql!(
            self,
            execute,
            "UPDATE whatsapp_sessions SET directory_error = $4 WHERE user_id = $1 AND id = $2 AND linked_at = $3",
            user_id,
            session_id,
            linked_at,
            error,
        )?;
        Ok(())
    }
}

/// Deletes all that the user's session knows.
pub(super) async fn clear(
    mut transaction: &mut Transaction,
    user_id: &str,
    session_id: &str,
) -> Result<(), sqlx::Error> {
    sql!(
        in transaction,
        execute,
        "DELETE FROM directory_groups
         WHERE session_id = (SELECT id FROM whatsapp_sessions WHERE user_id = $1 AND id = $2)",
        user_id,
        session_id,
    )?;
    sql!(
        in transaction,
        execute,
        "DELETE FROM directory_contacts
         WHERE session_id = (SELECT id FROM whatsapp_sessions WHERE user_id = $1 AND id = $2)",
        user_id,
        session_id,
    )?;
    Ok(())
}

async fn fill(
    transaction: &mut Transaction,
    session_id: &str,
    known: &Known,
) -> Result<(), sqlx::Error> {
    insert!(
        transaction,
        "INSERT INTO directory_groups (session_id, id, name) ",
        known.groups,
        |mut row, group| {
            row.push_bind(session_id)
                .push_bind(&group.id)
                .push_bind(&group.name);
        }
    );
    insert!(
        transaction,
        "INSERT INTO directory_contacts
         (session_id, id, name, push_name, number, lid, is_me, is_blocked, is_whatsapp) ",
        known.contacts,
        |mut row, contact| {
            row.push_bind(session_id)
                .push_bind(&contact.id)
                .push_bind(&contact.name)
                .push_bind(&contact.push_name)
                .push_bind(&contact.number)
                .push_bind(&contact.lid)
                .push_bind(contact.is_me)
                .push_bind(contact.is_blocked)
                .push_bind(contact.is_whatsapp);
        }
    );
    Ok(())
}
