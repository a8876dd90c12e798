//! What each session's account knows: its groups and people, replaced whole by each reading.

use sqlx::{FromRow, QueryBuilder};

use super::{Store, StoreError, Transaction, sql};

/// Rows of one INSERT: ten values each stay below what either database lets one statement bind.
const ROWS_AT_ONCE: usize = 1000;

/// A group of an account. What the engine did not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct KnownGroup {
    /// `…@g.us`.
    pub id: String,
    /// Its subject, where it has one.
    pub name: Option<String>,
    /// How many people are in it.
    pub members: Option<i64>,
    /// Whether its admins alone may send.
    pub admins_only: Option<bool>,
    /// Whether the account is one of its admins.
    pub is_admin: Option<bool>,
    /// Whether the account is still in it.
    pub is_member: Option<bool>,
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
    /// In the phone's address book.
    pub is_saved: Option<bool>,
}

impl KnownGroup {
    /// Whether lists offer it: a group that the account has left is no place to write to.
    pub fn is_offered(&self) -> bool {
        self.is_member != Some(false)
    }
}

impl KnownContact {
    /// Whether lists offer them: not the account itself, who is blocked, who is known not to have
    /// WhatsApp, or whose number nobody knows. A flag that the engine does not tell stands in
    /// nobody's way.
    pub fn is_offered(&self) -> bool {
        !self.is_hidden() && self.number.is_some() && self.id.ends_with("@c.us")
    }

    /// Whether they would be offered if their number were known.
    pub fn lacks_number(&self) -> bool {
        !self.is_hidden() && self.number.is_none()
    }

    fn is_hidden(&self) -> bool {
        self.is_me == Some(true) || self.is_blocked == Some(true) || self.is_whatsapp == Some(false)
    }
}

/// All that an account knows, each id once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Its groups.
    pub groups: Vec<KnownGroup>,
    /// Its people.
    pub contacts: Vec<KnownContact>,
}

/// Which of the two lists a reading was of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Both.
    Whole,
    /// The groups alone.
    Groups,
    /// The contacts alone.
    Contacts,
}

impl Part {
    /// Whether the groups were read.
    pub fn has_groups(self) -> bool {
        self != Self::Contacts
    }

    /// Whether the contacts were read.
    pub fn has_contacts(self) -> bool {
        self != Self::Groups
    }

    /// The least that has both in it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self == other { self } else { Self::Whole }
    }
}

/// What [`Store::directory_replace`] writes, and for which link.
#[derive(Clone, Copy)]
pub struct NewReading<'a> {
    /// Whose session it is.
    pub user_id: &'a str,
    /// The session.
    pub session_id: &'a str,
    /// Since when it was linked as the reading began.
    pub linked_at: i64,
    /// Which of the lists were read.
    pub part: Part,
    /// What they hold; a list that was not read is not looked at.
    pub known: &'a Known,
}

/// Inserts rows, many at a time; tells after each lot how many are in.
macro_rules! insert {
    ($transaction:ident, $written:expr, $text:expr, $rows:expr, $push:expr) => {
        match $transaction {
            Transaction::Sqlite(on) => {
                for rows in $rows.chunks(ROWS_AT_ONCE) {
                    let mut query = QueryBuilder::new($text);
                    query
                        .push_values(rows, $push)
                        .build()
                        .execute(&mut **on)
                        .await?;
                    $written(rows.len());
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
                    $written(rows.len());
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

    /// Puts what was read in the place of what was known, or does nothing if the session is not
    /// linked any more as it was when the reading began, or if a part of what was never read whole
    /// is all there is. Answers with the instant by which the reading is known from then on: `now`
    /// or, so that each has its own, a little later; a reading of one list moves the last one's by a
    /// millisecond. `written` is told of rows as they are written.
    pub async fn directory_replace(
        &self,
        new: NewReading<'_>,
        now: i64,
        written: &(dyn Fn(usize) + Sync),
    ) -> Result<Option<i64>, StoreError> {
        let NewReading {
            user_id,
            session_id,
            linked_at,
            part,
            known,
        } = new;
        let count = |offered: usize| i64::try_from(offered).unwrap_or(i64::MAX);
        let groups = known.groups.iter().filter(|group| group.is_offered());
        let contacts = known.contacts.iter();
        let mut transaction = self.begin().await?;
        // First, so that a logout at the same moment waits, or makes this find nothing.
        let synced: Option<(i64,)> = sql!(
            in transaction,
            fetch_optional<(i64,)>,
            "UPDATE whatsapp_sessions
             SET directory_error = NULL,
                 directory_synced_at = CASE WHEN NOT ($5 AND $6) OR directory_synced_at >= $4 THEN directory_synced_at + 1
                                            ELSE $4 END,
                 group_count = CASE WHEN $5 THEN $7 ELSE group_count END,
                 contact_count = CASE WHEN $6 THEN $8 ELSE contact_count END,
                 without_number_count = CASE WHEN $6 THEN $9 ELSE without_number_count END
             WHERE user_id = $1 AND id = $2 AND linked_at = $3 AND (($5 AND $6) OR directory_synced_at IS NOT NULL)
             RETURNING directory_synced_at",
            user_id,
            session_id,
            linked_at,
            now,
            part.has_groups(),
            part.has_contacts(),
            count(groups.count()),
            count(contacts.clone().filter(|contact| contact.is_offered()).count()),
            count(contacts.filter(|contact| contact.lacks_number()).count()),
        )?;
        let Some((synced_at,)) = synced else {
            return Ok(None);
        };
        clear(&mut transaction, user_id, session_id, part).await?;
        fill(&mut transaction, session_id, part, known, written).await?;
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

/// Deletes what the user's session knows.
pub(super) async fn clear(
    mut transaction: &mut Transaction,
    user_id: &str,
    session_id: &str,
    part: Part,
) -> Result<(), sqlx::Error> {
    if part.has_groups() {
        sql!(
            in transaction,
            execute,
            "DELETE FROM directory_groups
             WHERE session_id = (SELECT id FROM whatsapp_sessions WHERE user_id = $1 AND id = $2)",
            user_id,
            session_id,
        )?;
    }
    if part.has_contacts() {
        sql!(
            in transaction,
            execute,
            "DELETE FROM directory_contacts
             WHERE session_id = (SELECT id FROM whatsapp_sessions WHERE user_id = $1 AND id = $2)",
            user_id,
            session_id,
        )?;
    }
    Ok(())
}

async fn fill(
    transaction: &mut Transaction,
    session_id: &str,
    part: Part,
    known: &Known,
    written: &(dyn Fn(usize) + Sync),
) -> Result<(), sqlx::Error> {
    if part.has_groups() {
        insert!(
            transaction,
            written,
            "INSERT INTO directory_groups (session_id, id, name, members, admins_only, is_admin, is_member) ",
            known.groups,
            |mut row, group| {
                row.push_bind(session_id)
                    .push_bind(&group.id)
                    .push_bind(&group.name)
                    .push_bind(group.members)
                    .push_bind(group.admins_only)
                    .push_bind(group.is_admin)
                    .push_bind(group.is_member);
            }
        );
    }
    if part.has_contacts() {
        insert!(
            transaction,
            written,
            "INSERT INTO directory_contacts
             (session_id, id, name, push_name, number, lid, is_me, is_blocked, is_whatsapp, is_saved) ",
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
                    .push_bind(contact.is_whatsapp)
                    .push_bind(contact.is_saved);
            }
        );
    }
    Ok(())
}
