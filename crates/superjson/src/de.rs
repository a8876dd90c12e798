//! Reading: JSON text to an envelope, and an envelope's annotations applied to its JSON.
//! The form is described in `docs/wire/trpc-protocol.md`, section 6.

use serde_json::Value as Json;

use crate::{BigInt, Date, NotABigInt, Object, Value};

/// How much of an input is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Arrays and objects inside one another. `serde_json` itself stops after 127.
    pub depth: usize,
    /// Paths in `meta.values`, whether something is annotated there or further in.
    pub annotations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 100,
            annotations: 1000,
        }
    }
}

/// Why an input is refused. The texts are superjson's own where it has one, and may be shown to
/// whoever sent the input.
#[derive(Debug, thiserror::Error)]
pub enum DeserializeError {
    /// The text ends too early.
    #[error("Unexpected end of JSON input")]
    UnexpectedEnd,
    /// Not JSON.
    #[error("Invalid JSON: {0}")]
    Syntax(serde_json::Error),
    /// The envelope is null.
    #[error("Cannot destructure property 'json' of 'payload' as it is null.")]
    NullEnvelope,
    /// More arrays and objects inside one another than [`Limits::depth`].
    #[error("The input is nested more than {0} levels deep")]
    TooDeep(usize),
    /// More paths than [`Limits::annotations`].
    #[error("The input has more than {0} annotations")]
    TooManyAnnotations(usize),
    /// `meta.values` has another form than superjson writes.
    #[error("Invalid annotations")]
    InvalidAnnotations,
    /// A backslash in a path that escapes nothing.
    #[error("invalid path")]
    InvalidPath,
    /// A path leads through a property that every JavaScript object inherits.
    #[error("{0} is not allowed as a property")]
    ForbiddenProperty(&'static str),
    /// An annotation that superjson does not know.
    #[error("Unknown transformation: {0}")]
    UnknownTransformation(String),
    /// An annotation that superjson knows and this crate does not take.
    #[error("Unsupported transformation: {0}")]
    UnsupportedTransformation(&'static str),
    /// An annotated big integer that is none.
    #[error(transparent)]
    NotABigInt(#[from] NotABigInt),
}

/// Reads an envelope's text.
pub fn from_slice(bytes: &[u8], limits: &Limits) -> Result<Value, DeserializeError> {
    from_json(parse_json(bytes, limits)?, limits)
}

/// Reads JSON of bounded depth; a byte order mark before it is skipped.
pub fn parse_json(bytes: &[u8], limits: &Limits) -> Result<Json, DeserializeError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if nesting(bytes) > limits.depth {
        return Err(DeserializeError::TooDeep(limits.depth));
    }
    let read = match serde_json::from_slice(bytes) {
        Err(error) if error.is_syntax() => match without_lone_surrogates(bytes) {
            Some(mended) => serde_json::from_slice(&mended),
            None => Err(error),
        },
        read => read,
    };
    read.map_err(|error| {
        if error.is_eof() {
            DeserializeError::UnexpectedEnd
        } else {
            DeserializeError::Syntax(error)
        }
    })
}

/// A JavaScript text can hold half a surrogate pair, an emoji cut in two, say. UTF-8 cannot:
/// here its escape becomes that of the replacement character. `None` if there is none.
fn without_lone_surrogates(bytes: &[u8]) -> Option<Vec<u8>> {
    let unit = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut mended = None;
    let mut at = 0;
    while at < bytes.len() {
        let (is_lone, length) = match (unit(at), unit(at + 6)) {
            (Some(0xD800..0xDC00), Some(0xDC00..0xE000)) => (false, 12),
            (Some(0xD800..0xE000), _) => (true, 6),
            _ if bytes[at] == b'\\' => (false, 2),
            _ => (false, 1),
        };
        if is_lone {
            mended.get_or_insert_with(|| bytes.to_vec())[at + 2..at + 6].copy_from_slice(b"fffd");
        }
        at += length;
    }
    mended
}

/// How many arrays and objects are open at once in a JSON text; also an answer for what is not
/// JSON, so that it can be asked before anything is built.
fn nesting(bytes: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    let (mut in_text, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' if !in_text => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Reads an envelope that has been parsed already. What is not an object, or has no `json`, is
/// undefined.
pub fn from_json(envelope: Json, limits: &Limits) -> Result<Value, DeserializeError> {
    let mut envelope = match envelope {
        Json::Object(members) => members,
        Json::Null => return Err(DeserializeError::NullEnvelope),
        _ => return Ok(Value::Undefined),
    };
    let Some(json) = envelope.swap_remove("json") else {
        return Ok(Value::Undefined);
    };
    let mut root = plain(json, limits.depth).ok_or(DeserializeError::TooDeep(limits.depth))?;
    if let Some(meta) = envelope.get("meta")
        && let Some(values) = meta.get("values")
    {
        let version = meta.get("v").and_then(Json::as_f64).unwrap_or(0.0);
        let mut annotations = Annotations {
            legacy_paths: version < 1.0,
            left: limits.annotations,
            limits,
        };
        annotations.apply(values, Some(&mut root), limits.depth)?;
    }
    Ok(root)
}

/// JSON without its annotations; nothing if it is nested deeper than `depth`.
fn plain(json: Json, depth: usize) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(flag),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => Value::String(text),
        Json::Array(items) => {
            let depth = depth.checked_sub(1)?;
            let items = items.into_iter().map(|item| plain(item, depth));
            Value::Array(items.collect::<Option<_>>()?)
        }
        Json::Object(members) => {
            let depth = depth.checked_sub(1)?;
            let members = members
                .into_iter()
                .map(|(key, member)| Some((key, plain(member, depth)?)));
            Value::Object(members.collect::<Option<Object>>()?)
        }
    })
}

/// The annotations of one envelope on their way into its JSON.
struct Annotations<'a> {
    legacy_paths: bool,
    left: usize,
    limits: &'a Limits,
}

impl Annotations<'_> {
    /// A tree is `[annotation]`, `[annotation, {path: tree}]` or `{path: tree}`; inner ones are
    /// applied first, as superjson does. Without a place the tree is checked all the same.
    fn apply(
        &mut self,
        tree: &Json,
        mut place: Option<&mut Value>,
        depth: usize,
    ) -> Result<(), DeserializeError> {
        let depth = (depth.checked_sub(1)).ok_or(DeserializeError::TooDeep(self.limits.depth))?;
        let (annotation, children) = match tree {
            Json::Array(node) => (Some(node.first().unwrap_or(&Json::Null)), node.get(1)),
            other => (None, Some(other)),
        };
        match children {
            None | Some(Json::Null) => {}
            Some(Json::Object(children)) => {
                for (path, child) in children {
                    self.left = (self.left.checked_sub(1)).ok_or(
                        DeserializeError::TooManyAnnotations(self.limits.annotations),
                    )?;
                    let path = self.parse_path(path)?;
                    let inner = place.as_deref_mut().and_then(|place| find(place, &path));
                    self.apply(child, inner, depth)?;
                }
            }
            Some(_) => return Err(DeserializeError::InvalidAnnotations),
        }
        if let Some(annotation) = annotation {
            let transform = transformation(annotation)?;
            if let Some(place) = place {
                *place = transform(std::mem::replace(place, Value::Undefined))?;
            }
        }
        Ok(())
    }

    /// The keys of a path. Before version 1 only dots were escaped.
    fn parse_path(&self, path: &str) -> Result<Vec<String>, DeserializeError> {
        let mut keys = Vec::new();
        let mut key = String::new();
        let mut chars = path.chars().peekable();
        while let Some(char) = chars.next() {
            match (char, chars.peek()) {
                ('\\', Some('.')) => {
                    chars.next();
                    key.push('.');
                }
                ('\\', Some('\\')) if !self.legacy_paths => {
                    chars.next();
                    key.push('\\');
                }
                ('\\', _) if !self.legacy_paths => return Err(DeserializeError::InvalidPath),
                ('.', _) => keys.push(std::mem::take(&mut key)),
                _ => key.push(char),
            }
        }
        keys.push(key);
        for forbidden in ["__proto__", "prototype", "constructor"] {
            if keys.iter().any(|key| key == forbidden) {
                return Err(DeserializeError::ForbiddenProperty(forbidden));
            }
        }
        Ok(keys)
    }
}

fn find<'v>(place: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    path.iter().try_fold(place, |place, key| match place {
        Value::Object(members) => members.get_mut(key),
        Value::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
        _ => None,
    })
}

type Transform = fn(Value) -> Result<Value, DeserializeError>;

fn transformation(annotation: &Json) -> Result<Transform, DeserializeError> {
    const SIMPLE: [&str; 5] = ["Error", "regexp", "set", "map", "URL"];
    const COMPOSITE: [&str; 4] = ["symbol", "class", "custom", "typed-array"];
    let (name, unsupported) = match annotation {
        Json::Array(parts) => (parts.first().unwrap_or(&Json::Null), COMPOSITE.as_slice()),
        other => (other, SIMPLE.as_slice()),
    };
    match annotation.as_str() {
        Some("undefined") => return Ok(|_| Ok(Value::Undefined)),
        Some("Date") => return Ok(|json| Ok(Value::Date(date(&json)))),
        Some("number") => return Ok(|json| Ok(Value::Number(number(&json)))),
        Some("bigint") => return Ok(|json| Ok(Value::BigInt(bigint(&json)?))),
        _ => {}
    }
    let name = name
        .as_str()
        .map_or_else(|| name.to_string(), str::to_owned);
    Err(match unsupported.iter().find(|known| **known == name) {
        Some(known) => DeserializeError::UnsupportedTransformation(known),
        None => DeserializeError::UnknownTransformation(name),
    })
}

/// `new Date(json)` of a text or a number; any other value is no date.
fn date(json: &Value) -> Date {
    match json {
        Value::String(text) => Date::parse(text),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "JavaScript truncates as well"
        )]
        Value::Number(millis) => Date::from_millis(*millis as i64),
        _ => Date::INVALID,
    }
}

/// `Number(json)` of a text in decimal digits or a number; any other value is no number.
fn number(json: &Value) -> f64 {
    match json {
        Value::Number(number) => *number,
        Value::String(text) => match text.as_str() {
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            // Rust's own words for the special ones are not JavaScript's.
            _ if text.contains(['i', 'I', 'n', 'N']) => f64::NAN,
            _ => text.parse().unwrap_or(f64::NAN),
        },
        _ => f64::NAN,
    }
}

/// `BigInt(json)` of a text in decimal digits or a whole number.
fn bigint(json: &Value) -> Result<BigInt, NotABigInt> {
    match json {
        Value::String(text) => BigInt::new(text),
        // Display of a float writes all digits, without an exponent.
        Value::Number(number) => BigInt::new(number.to_string()),
        other => Err(NotABigInt(other.kind_name().to_owned())),
    }
}
