#![doc = include_str!("../README.md")]

mod de;
mod ser;
mod types;
mod value;

pub use de::{DeserializeError, Limits, from_json, from_slice, parse_json};
pub use ser::{SerializeError, to_string, write};
pub use types::{BigInt, Date, Maybe, NotABigInt, Undefined};
pub use value::{Object, Value};
