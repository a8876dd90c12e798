//! Schemas around a schema.

use std::fmt::Display;

use superjson::Value;

use super::{Issues, Schema};
use crate::typescript::{Declarations, NameClash};

/// See [`Schema::optional`].
#[derive(Clone, Copy, Debug)]
pub struct Optional<S>(pub(super) S);

impl<S: Schema> Schema for Optional<S> {
    type Output = Option<S::Output>;
    const OMISSIBLE: bool = true;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output> {
        match value {
            Value::Undefined => Some(None),
            value => self.0.read(value, issues).map(Some),
        }
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        Ok(format!("{} | undefined", self.0.type_script(declarations)?))
    }
}

/// See [`Schema::nullable`].
#[derive(Clone, Copy, Debug)]
pub struct Nullable<S>(pub(super) S);

impl<S: Schema> Schema for Nullable<S> {
    type Output = Option<S::Output>;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output> {
        match value {
            Value::Null => Some(None),
            value => self.0.read(value, issues).map(Some),
        }
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        Ok(format!("{} | null", self.0.type_script(declarations)?))
    }
}

/// See [`Schema::nullish`].
#[derive(Clone, Copy, Debug)]
pub struct Nullish<S>(pub(super) S);

impl<S: Schema> Schema for Nullish<S> {
    type Output = Option<S::Output>;
    const OMISSIBLE: bool = true;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output> {
        match value {
            Value::Null | Value::Undefined => Some(None),
            value => self.0.read(value, issues).map(Some),
        }
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        Ok(format!(
            "{} | null | undefined",
            self.0.type_script(declarations)?
        ))
    }
}

/// See [`Schema::default`].
#[derive(Clone, Copy, Debug)]
pub struct Default<S: Schema> {
    pub(super) schema: S,
    pub(super) value: S::Output,
}

impl<S: Schema<Output: Clone>> Schema for Default<S> {
    type Output = S::Output;
    const OMISSIBLE: bool = true;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output> {
        match value {
            Value::Undefined => Some(self.value.clone()),
            value => self.schema.read(value, issues),
        }
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        Ok(format!(
            "{} | undefined",
            self.schema.type_script(declarations)?
        ))
    }
}

/// See [`Schema::refine`].
#[derive(Clone, Copy, Debug)]
pub struct Refined<S, F> {
    pub(super) schema: S,
    pub(super) holds: F,
    pub(super) message: &'static str,
}

impl<S: Schema, F: Fn(&S::Output) -> bool> Schema for Refined<S, F> {
    type Output = S::Output;
    const OMISSIBLE: bool = S::OMISSIBLE;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output> {
        let output = self.schema.read(value, issues)?;
        if !(self.holds)(&output) {
            issues.custom(self.message);
        }
        Some(output)
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        self.schema.type_script(declarations)
    }
}

/// See [`Schema::try_map`].
#[derive(Clone, Copy, Debug)]
pub struct TryMap<S, F> {
    pub(super) schema: S,
    pub(super) map: F,
}

impl<S, F, T, E> Schema for TryMap<S, F>
where
    S: Schema,
    F: Fn(S::Output) -> Result<T, E>,
    E: Display,
{
    type Output = T;
    const OMISSIBLE: bool = S::OMISSIBLE;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<T> {
        let before = issues.len();
        let output = self.schema.read(value, issues)?;
        if issues.len() > before {
            return None;
        }
        (self.map)(output)
            .map_err(|error| issues.custom(error.to_string()))
            .ok()
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        self.schema.type_script(declarations)
    }
}
