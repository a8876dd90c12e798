//! A JavaScript value as superjson carries it: JSON plus undefined, dates and big integers.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use crate::{BigInt, Date, Undefined};

/// The members of an object, in the order in which they came.
pub type Object = IndexMap<String, Value>;

/// Any value that this crate reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `undefined`.
    Undefined,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, the special ones included.
    Number(f64),
    /// A big integer.
    BigInt(BigInt),
    /// A text.
    String(String),
    /// A date, valid or not.
    Date(Date),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

impl Value {
    /// The name that zod 3 gives this kind of value in its messages.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(number) if number.is_nan() => "nan",
            Self::Number(_) => "number",
            Self::BigInt(_) => "bigint",
            Self::String(_) => "string",
            Self::Date(_) => "date",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Undefined => Undefined.serialize(serializer),
            Self::Null => serializer.serialize_unit(),
            Self::Bool(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::BigInt(digits) => digits.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::Date(date) => date.serialize(serializer),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members),
        }
    }
}
