//! Inputs: schemas that check a value, convert it and report everything that is wrong with it at
//! once, in the issues and words of zod 3. See `docs/wire/trpc-protocol.md`, section 4.
//!
//! [`input!`](crate::input!) makes a struct of them.

mod collection;
mod date;
mod enumeration;
mod input;
mod issue;
mod modifier;
mod number;
mod text;

use std::fmt::Display;

use superjson::Value;

use crate::{
    Error,
    typescript::{Declarations, NameClash},
};

pub use collection::{Array, array};
pub use date::{DateTime, date};
pub use enumeration::{Choice, Enumeration, enumeration};
pub(crate) use input::doc_comment;
pub use input::{InterfaceBody, Members, camel_case, camel_case_len, holds, words};
pub use issue::{Flattened, Issue, Issues, Step};
pub use modifier::{Default, Nullable, Nullish, Optional, Refined, TryMap};
pub use number::{Boolean, Integer, Number, Whole, boolean, integer, number};
pub use text::{Text, string};

/// A type that an input can be read into.
///
/// [`input!`](crate::input!) implements it for structs. Besides, it stands for the whole of an
/// input: `Option<I>` is an input that may be left out, [`Value`] one of any form.
pub trait Input: Sized + Send + 'static {
    /// Reads `value`. `None` if there is nothing that could be handed on; then, and also if a
    /// check failed on a value of the right type, `issues` have grown.
    fn read(value: Value, issues: &mut Issues) -> Option<Self>;

    /// Its TypeScript type; what that names is declared.
    fn type_script(declarations: &mut Declarations) -> Result<String, NameClash>;
}

impl<I: Input> Input for Option<I> {
    fn read(value: Value, issues: &mut Issues) -> Option<Self> {
        match value {
            Value::Undefined => Some(None),
            value => I::read(value, issues).map(Some),
        }
    }

    fn type_script(declarations: &mut Declarations) -> Result<String, NameClash> {
        Ok(format!("{} | undefined", I::type_script(declarations)?))
    }
}

impl Input for Value {
    fn read(value: Value, _: &mut Issues) -> Option<Self> {
        Some(value)
    }

    fn type_script(_: &mut Declarations) -> Result<String, NameClash> {
        Ok("any".to_owned())
    }
}

/// The whole of an input, or `BAD_REQUEST` with every issue.
pub(crate) fn parse<I: Input>(value: Value) -> Result<I, Error> {
    let mut issues = Issues::default();
    match I::read(value, &mut issues) {
        Some(input) if issues.is_empty() => Ok(input),
        _ => Err(Error::bad_input(&issues)),
    }
}

/// Checks one value and converts it.
pub trait Schema: Sized {
    /// What it is converted to.
    type Output;

    /// Whether a member of this schema may be left out of an object.
    const OMISSIBLE: bool = false;

    /// As [`Input::read`].
    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output>;

    /// As [`Input::type_script`].
    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash>;

    /// Also accepts undefined, as `None`.
    fn optional(self) -> Optional<Self> {
        Optional(self)
    }

    /// Also accepts null, as `None`.
    fn nullable(self) -> Nullable<Self> {
        Nullable(self)
    }

    /// Also accepts null and undefined, as `None`.
    fn nullish(self) -> Nullish<Self> {
        Nullish(self)
    }

    /// Reads undefined as `value`.
    fn default(self, value: Self::Output) -> Default<Self>
    where
        Self::Output: Clone,
    {
        Default {
            schema: self,
            value,
        }
    }

    /// Demands more of the value; `message` is the issue's text if `holds` answers false.
    fn refine<F>(self, holds: F, message: &'static str) -> Refined<Self, F>
    where
        F: Fn(&Self::Output) -> bool,
    {
        Refined {
            schema: self,
            holds,
            message,
        }
    }

    /// Converts the value further; the error's text is the issue's text.
    fn try_map<F, T, E>(self, map: F) -> TryMap<Self, F>
    where
        F: Fn(Self::Output) -> Result<T, E>,
        E: Display,
    {
        TryMap { schema: self, map }
    }
}

/// A value of any form.
pub fn any() -> Of<Value> {
    object()
}

/// A value of an [`Input`] type: an object inside another one.
pub fn object<I: Input>() -> Of<I> {
    Of(std::marker::PhantomData)
}

/// The schema of an [`Input`] type.
#[derive(Clone, Copy, Debug)]
pub struct Of<I>(std::marker::PhantomData<fn() -> I>);

impl<I: Input> Schema for Of<I> {
    type Output = I;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<I> {
        I::read(value, issues)
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        I::type_script(declarations)
    }
}
