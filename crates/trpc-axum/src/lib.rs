#![doc = include_str!("../README.md")]

mod context;
mod error;
mod event;
mod procedure;
mod request;
mod respond;
mod router;
pub mod schema;
mod service;
mod typescript;

pub use context::{Context, FromContext};
pub use error::{Code, Error};
pub use event::{Event, Tracked};
pub use procedure::{Handler, Kind, ProcedureInfo};
pub use router::Router;
pub use schema::Input;
pub use service::{Admit, Options, mount};
pub use superjson::Value;
pub use typescript::{Declarations, NameClash, TypeScript};
