//! Texts out of a list.

use serde_json::json;
use superjson::Value;

use super::{Issues, Schema};
use crate::typescript::{Declarations, NameClash};

/// One of a list: of texts, `enumeration(&["asc", "desc"])`, or of texts with what they stand
/// for, `enumeration(&[("asc", Order::Ascending), ("desc", Order::Descending)])`.
pub fn enumeration<C: Choice>(choices: &'static [C]) -> Enumeration<C> {
    Enumeration(choices)
}

/// An element of an [`enumeration`]'s list.
pub trait Choice: 'static {
    /// What the text stands for.
    type Output;

    /// The text.
    fn text(&self) -> &'static str;

    /// What it stands for.
    fn output(&self) -> Self::Output;
}

impl Choice for &'static str {
    type Output = &'static str;

    fn text(&self) -> &'static str {
        self
    }

    fn output(&self) -> &'static str {
        self
    }
}

impl<T: Clone + 'static> Choice for (&'static str, T) {
    type Output = T;

    fn text(&self) -> &'static str {
        self.0
    }

    fn output(&self) -> T {
        self.1.clone()
    }
}

/// See [`enumeration`].
#[derive(Debug)]
pub struct Enumeration<C: 'static>(&'static [C]);

impl<C: Choice> Enumeration<C> {
    fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(Choice::text)
    }

    fn join(&self, quote: char) -> String {
        let quoted: Vec<_> = self
            .texts()
            .map(|text| format!("{quote}{text}{quote}"))
            .collect();
        quoted.join(" | ")
    }
}

impl<C: Choice> Schema for Enumeration<C> {
    type Output = C::Output;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<C::Output> {
        let Value::String(text) = &value else {
            issues.wrong_type_of_enumeration(&self.join('\''), &value);
            return None;
        };
        let choice = self.0.iter().find(|choice| choice.text() == text);
        if choice.is_none() {
            let options: Vec<_> = self.texts().collect();
            issues.invalid(
                json!({ "received": text, "code": "invalid_enum_value", "options": options }),
                format!(
                    "Invalid enum value. Expected {}, received '{text}'",
                    self.join('\'')
                ),
            );
        }
        choice.map(Choice::output)
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok(self.join('"'))
    }
}
