//! Herald, the application: what the binary runs and the tests drive.
//!
//! `ARCHITECTURE.md` at the root of the repository is the map.

pub mod api;
pub mod app;
pub mod auth;
pub mod campaign;
pub mod campaigns;
pub mod changes;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod directory;
mod error;
pub mod http;
pub mod lifecycle;
pub mod listen;
pub mod qr;
pub mod random;
pub mod scheduler;
pub mod server;
pub mod sessions;
pub mod store;
mod table;
pub mod users;
