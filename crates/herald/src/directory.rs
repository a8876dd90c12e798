//! The directory of each session: the groups and people that its account knows, kept by Herald so
//! that a list calls no engine.
//!
//! `join.rs` makes one entry of each person, `memory.rs` holds the entries compact and in order,
//! `search.rs` finds them, `shelf.rs` keeps directories in memory while they are used, `keeper.rs`
//! fills and keeps them, and `export.rs` writes them as tables.

pub(crate) mod export;
mod fold;
mod join;
mod keeper;
mod memory;
mod search;
mod shelf;

use serde::Serialize;
use superjson::{Maybe, Undefined};
use ts_rs::TS;

pub use join::join;
pub use keeper::{Directories, DirectoryError, Reading};
pub use memory::Directory;

/// A page holds at most this many entries, whatever `limit` asks for.
pub const PAGE_LIMIT: u64 = 1000;

// Shapes: docs/wire/user-api.md, getWhatsAppGroups and getWhatsAppContacts.

/// A group on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct GroupItem {
    /// `…@g.us`.
    pub group_id: String,
    /// Its name; the id where it has none.
    pub group_name: String,
    /// How many people are in it, where the engine tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub members: Option<u32>,
    /// Whether its admins alone may send, where the engine tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub admins_only: Option<bool>,
    /// Whether this account is one of its admins, where the engine tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub is_admin: Option<bool>,
    /// Whether this account is still in it, where the engine tells; who has left is not offered it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub is_member: Option<bool>,
}

/// A person on a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ContactItem {
    /// `…@c.us`.
    pub group_id: String,
    /// The saved name, else the name they gave themselves, else the number.
    pub group_name: String,
    /// Digits of the phone number.
    pub number: String,
    /// Always true.
    pub is_contact: bool,
    /// Whether they are in the phone's address book, where the engine tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub is_saved: Option<bool>,
}

/// What a list asks for.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// How many entries; 1 or more.
    pub limit: u64,
    /// How many entries come before.
    pub cursor: u64,
    /// What the entries have to contain; empty: everything.
    pub search: &'a str,
}

/// A page of a list. It is full unless the list ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page starts; undefined at the end.
    #[ts(type = "number | undefined")]
    pub next_cursor: Maybe<u64>,
    /// Never told, as published.
    pub total: Undefined,
    /// How many entries fit in all.
    pub matches: u64,
}
