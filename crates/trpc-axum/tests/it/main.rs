//! The crate from outside: recorded exchanges, isolation of calls, streams, schemas, TypeScript.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bodies;
mod calls;
mod exchanges;
mod fuzz;
mod reference;
mod schema;
mod streams;
mod subscriptions;
mod typescript;
mod wire;
