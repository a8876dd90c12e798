//! Structs as inputs.

use superjson::{Object, Value};

use super::{Issues, Schema, Step};
use crate::typescript::{Declarations, NameClash};

/// Declares a struct that is an [`Input`](crate::Input): each field with its schema.
///
/// Keys on the wire are the fields' names in camel case. Unknown members are ignored, as
/// `useInfiniteQuery` adds one to every input. The combinators of [`schema`](crate::schema) need
/// no import. A `refine` clause after the struct checks it as a whole, once its fields are read.
///
/// ```
/// trpc_axum::input! {
///     /// Which page of whose groups.
///     pub struct PageInput {
///         /// The session's name.
///         pub session_name: String = string().min(1),
///         /// Groups on a page.
///         pub limit: u32 = integer().min(1).default(10),
///         /// The first group's index.
///         pub cursor: u32 = integer().min(0).default(0),
///         /// A part of a group's name.
///         pub search: Option<String> = string().optional(),
///     }
///     refine |page| page.cursor % page.limit == 0, "cursor must be a multiple of limit";
/// }
/// ```
#[macro_export]
macro_rules! input {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $type:ty = $schema:expr),* $(,)?
        }
        $(refine $holds:expr, $message:expr;)*
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::Input for $name {
            fn read(
                value: $crate::Value,
                issues: &mut $crate::schema::Issues,
            ) -> ::core::option::Option<Self> {
                use $crate::schema::words::*;
                let mut members = $crate::schema::Members::of(value, issues)?;
                $(
                    let $field: ::core::option::Option<$type> =
                        members.read($crate::__camel_case!($field), &$schema, issues);
                )*
                let input = Self { $($field: $field?,)* };
                $(
                    if !$crate::schema::holds(&input, $holds) {
                        issues.custom($message);
                    }
                )*
                ::core::option::Option::Some(input)
            }

            fn type_script(
                declarations: &mut $crate::Declarations,
            ) -> ::core::result::Result<::std::string::String, $crate::NameClash> {
                use $crate::schema::words::*;
                declarations.interface(stringify!($name), &[$(stringify!($meta)),*], |interface| {
                    $(interface.member::<_, $type>(
                        $crate::__camel_case!($field), &[$(stringify!($field_meta)),*], &$schema,
                    )?;)*
                    ::core::result::Result::Ok(())
                })
            }
        }
    };
}

/// The name of a field in camel case, as a constant.
#[doc(hidden)]
#[macro_export]
macro_rules! __camel_case {
    ($field:ident) => {{
        const SNAKE: &str = stringify!($field);
        const CAMEL: [u8; $crate::schema::camel_case_len(SNAKE)] =
            $crate::schema::camel_case(SNAKE);
        const KEY: &str = match ::core::str::from_utf8(&CAMEL) {
            Ok(key) => key,
            Err(_) => SNAKE,
        };
        KEY
    }};
}

/// What the schemas of [`input!`](crate::input!) see.
#[doc(hidden)]
pub mod words {
    pub use crate::schema::{
        Schema as _, any, array, boolean, date, enumeration, integer, number, object, string,
    };
}

/// The members of an object that are not read yet.
#[derive(Debug)]
pub struct Members(Object);

impl Members {
    /// Those of `value`, which should be an object.
    pub fn of(value: Value, issues: &mut Issues) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self(members)),
            other => {
                issues.wrong_type("object", &other);
                None
            }
        }
    }

    /// Reads the member `key`; one that is missing is undefined.
    pub fn read<S: Schema>(
        &mut self,
        key: &'static str,
        schema: &S,
        issues: &mut Issues,
    ) -> Option<S::Output> {
        let value = self.0.swap_remove(key).unwrap_or(Value::Undefined);
        issues.at(Step::Key(key), |issues| schema.read(value, issues))
    }
}

/// Gives a `refine` clause its argument's type.
#[doc(hidden)]
pub fn holds<T>(input: &T, holds: impl FnOnce(&T) -> bool) -> bool {
    holds(input)
}

/// An interface that is being written.
#[doc(hidden)]
pub struct InterfaceBody<'d> {
    pub(crate) declarations: &'d mut Declarations,
    pub(crate) members: String,
}

impl InterfaceBody<'_> {
    /// Adds the member of a field with those attributes.
    pub fn member<S: Schema<Output = T>, T>(
        &mut self,
        key: &str,
        attributes: &[&str],
        schema: &S,
    ) -> Result<(), NameClash> {
        let written = schema.type_script(self.declarations)?;
        let mark = if S::OMISSIBLE { "?" } else { "" };
        let comment = doc_comment(attributes, "  ");
        self.members
            .extend([comment, format!("  {key}{mark}: {written};\n")]);
        Ok(())
    }
}

/// The comment that is among the attributes, as TypeScript has it: empty or whole lines.
pub(crate) fn doc_comment(attributes: &[&str], indent: &str) -> String {
    let docs = attributes
        .iter()
        .filter_map(|attribute| attribute.strip_prefix("doc = "));
    let lines: Vec<_> = docs
        .map(|doc| {
            // A literal of Rust, raw or not.
            let text = doc.trim_start_matches(['r', '#']).trim_end_matches('#');
            let text = text
                .strip_prefix('"')
                .and_then(|text| text.strip_suffix('"'));
            let text = text
                .unwrap_or_default()
                .replace("\\\"", "\"")
                .replace("*/", "* /");
            format!("{indent} *{text}\n")
        })
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("{indent}/**\n{}{indent} */\n", lines.concat())
}

/// The length of [`camel_case`]'s result.
#[doc(hidden)]
pub const fn camel_case_len(snake: &str) -> usize {
    let snake = snake.as_bytes();
    let (mut at, mut len) = (start(snake), 0);
    while at < snake.len() {
        if snake[at] != b'_' {
            len += 1;
        }
        at += 1;
    }
    len
}

/// `session_name` as `sessionName`.
#[doc(hidden)]
pub const fn camel_case<const LEN: usize>(snake: &str) -> [u8; LEN] {
    let snake = snake.as_bytes();
    let mut camel = [0; LEN];
    let (mut at, mut len) = (start(snake), 0);
    let mut upper = false;
    while at < snake.len() {
        if snake[at] == b'_' {
            upper = len > 0;
        } else {
            camel[len] = if upper {
                snake[at].to_ascii_uppercase()
            } else {
                snake[at]
            };
            len += 1;
            upper = false;
        }
        at += 1;
    }
    camel
}

/// After the `r#` of a raw identifier.
const fn start(name: &[u8]) -> usize {
    if name.len() > 1 && name[0] == b'r' && name[1] == b'#' {
        2
    } else {
        0
    }
}
