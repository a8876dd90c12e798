//! Writing: a serde serializer that writes JSON as V8's `JSON.stringify` does and collects the
//! annotations beside it, in one pass. The form is described in `docs/wire/trpc-protocol.md`,
//! section 6.

mod container;

use std::{fmt, io::Write as _};

use serde::{Serialize, Serializer};

use self::container::{Container, Form};
use crate::types::marker;

/// Why a value cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SerializeError {
    /// A key that every JavaScript object inherits; superjson refuses it, too.
    #[error(
        "Detected property {0}. This is a prototype pollution risk, please remove it from your object."
    )]
    ForbiddenProperty(String),
    /// A map's key that is neither a text, a number nor a truth value.
    #[error("a map's key is no text")]
    KeyIsNoText,
    /// What the value's own `Serialize` says.
    #[error("{0}")]
    Custom(String),
}

impl serde::ser::Error for SerializeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

type Result<T = (), E = SerializeError> = std::result::Result<T, E>;

/// The envelope of a value.
pub fn to_string<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    let mut out = Vec::new();
    write(&mut out, value)?;
    String::from_utf8(out).map_err(serde::ser::Error::custom)
}

/// Appends the envelope of a value. After a failure `out` holds a part of it.
pub fn write<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result {
    out.extend_from_slice(b"{\"json\":");
    let mut writer = Writer::new(out);
    value.serialize(&mut writer)?;
    let (root, annotations) = (writer.root, writer.annotations);
    if let Some(root) = root {
        write!(out, ",\"meta\":{{\"values\":[\"{root}\"],\"v\":1}}")
            .map_err(serde::ser::Error::custom)?;
    } else if !annotations.is_empty() {
        let mut separator = ",\"meta\":{\"values\":{";
        for Annotation { path, name } in annotations {
            out.extend_from_slice(separator.as_bytes());
            write_text(out, &path)?;
            write!(out, ":[\"{name}\"]").map_err(serde::ser::Error::custom)?;
            separator = ",";
        }
        out.extend_from_slice(b"},\"v\":1}");
    }
    out.push(b'}');
    Ok(())
}

/// A text as JSON; V8 escapes the same characters as `serde_json`.
fn write_text(out: &mut Vec<u8>, text: &str) -> Result {
    serde_json::to_writer(out, text).map_err(serde::ser::Error::custom)
}

struct Annotation {
    path: String,
    name: &'static str,
}

/// Writes one value, at `path` below the root.
struct Writer<'o> {
    out: &'o mut Vec<u8>,
    path: String,
    /// Keys in `path`: it is empty at the root and below the key `""`.
    depth: usize,
    root: Option<&'static str>,
    annotations: Vec<Annotation>,
}

impl<'o> Writer<'o> {
    fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out,
            path: String::new(),
            depth: 0,
            root: None,
            annotations: Vec::new(),
        }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn digits(&mut self, number: impl fmt::Display) -> Result {
        write!(self.out, "{number}").map_err(serde::ser::Error::custom)
    }

    fn float<F: ryu_js::Float + Into<f64>>(&mut self, number: F) {
        let wide: f64 = number.into();
        let special = if wide.is_nan() {
            "\"NaN\""
        } else if wide == f64::INFINITY {
            "\"Infinity\""
        } else if wide == f64::NEG_INFINITY {
            "\"-Infinity\""
        } else if wide == 0.0 && wide.is_sign_negative() {
            "\"-0\""
        } else {
            self.raw(ryu_js::Buffer::new().format_finite(number));
            return;
        };
        self.annotate("number");
        self.raw(special);
    }

    /// Notes what the value at the present path is.
    fn annotate(&mut self, name: &'static str) {
        if self.depth == 0 {
            self.root = Some(name);
        } else {
            self.annotations.push(Annotation {
                path: self.path.clone(),
                name,
            });
        }
    }

    /// Writes the key of a member of an object.
    fn key(&mut self, key: &str) -> Result {
        if matches!(key, "__proto__" | "constructor" | "prototype") {
            return Err(SerializeError::ForbiddenProperty(key.to_owned()));
        }
        write_text(self.out, key)?;
        self.raw(":");
        Ok(())
    }

    /// Writes a value one key deeper.
    fn inside<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result {
        let outer = self.descend(key);
        value.serialize(&mut *self)?;
        self.ascend(outer);
        Ok(())
    }

    /// Makes the path one key longer; answers how long it was.
    fn descend(&mut self, key: &str) -> usize {
        let outer = self.path.len();
        if self.depth > 0 {
            self.path.push('.');
        }
        for char in key.chars() {
            if matches!(char, '\\' | '.') {
                self.path.push('\\');
            }
            self.path.push(char);
        }
        self.depth += 1;
        outer
    }

    fn ascend(&mut self, outer: usize) {
        self.depth -= 1;
        self.path.truncate(outer);
    }
}

impl<'w, 'o> Serializer for &'w mut Writer<'o> {
    type Ok = ();
    type Error = SerializeError;
    type SerializeSeq = Container<'w, 'o>;
    type SerializeTuple = Container<'w, 'o>;
    type SerializeTupleStruct = Container<'w, 'o>;
    type SerializeTupleVariant = Container<'w, 'o>;
    type SerializeMap = Container<'w, 'o>;
    type SerializeStruct = Container<'w, 'o>;
    type SerializeStructVariant = Container<'w, 'o>;

    fn serialize_bool(self, flag: bool) -> Result {
        self.raw(if flag { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, number: i8) -> Result {
        self.digits(number)
    }

    fn serialize_i16(self, number: i16) -> Result {
        self.digits(number)
    }

    fn serialize_i32(self, number: i32) -> Result {
        self.digits(number)
    }

    fn serialize_i64(self, number: i64) -> Result {
        self.digits(number)
    }

    fn serialize_i128(self, number: i128) -> Result {
        self.digits(number)
    }

    fn serialize_u8(self, number: u8) -> Result {
        self.digits(number)
    }

    fn serialize_u16(self, number: u16) -> Result {
        self.digits(number)
    }

    fn serialize_u32(self, number: u32) -> Result {
        self.digits(number)
    }

    fn serialize_u64(self, number: u64) -> Result {
        self.digits(number)
    }

    fn serialize_u128(self, number: u128) -> Result {
        self.digits(number)
    }

    fn serialize_f32(self, number: f32) -> Result {
        self.float(number);
        Ok(())
    }

    fn serialize_f64(self, number: f64) -> Result {
        self.float(number);
        Ok(())
    }

    fn serialize_char(self, char: char) -> Result {
        write_text(self.out, char.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result {
        write_text(self.out, text)
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result {
        self.raw("null");
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        self.raw("null");
        Ok(())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result {
        if name == marker::UNDEFINED {
            self.annotate("undefined");
        }
        self.raw("null");
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result {
        match name {
            marker::DATE => self.annotate("Date"),
            marker::BIGINT => self.annotate("bigint"),
            _ => {}
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        let mut container = Container::open(self, Form::Object);
        container.member(variant, value)?;
        container.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq> {
        Ok(Container::open(self, Form::Array))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple> {
        Ok(Container::open(self, Form::Array))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct> {
        Ok(Container::open(self, Form::Array))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant> {
        Container::open_variant(self, variant, Form::Array)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap> {
        Ok(Container::open(self, Form::Object))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct> {
        Ok(Container::open(self, Form::Object))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant> {
        Container::open_variant(self, variant, Form::Object)
    }
}
