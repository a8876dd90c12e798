//! Tests of the application, one binary, files by area.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod auth;
mod authority;
mod bad_input;
mod binary;
mod campaigns;
mod crash;
mod directory;
mod live;
mod sessions;
mod store;
mod support;
mod waha;
