//! Arrays.

use serde_json::json;
use superjson::Value;

use super::{Issues, Schema, Step};
use crate::typescript::{Declarations, NameClash};

/// A list, each element of the same schema.
pub fn array<S: Schema>(element: S) -> Array<S> {
    Array {
        element,
        min: 0,
        max: usize::MAX,
    }
}

/// See [`array()`].
#[derive(Clone, Copy, Debug)]
pub struct Array<S> {
    element: S,
    min: usize,
    max: usize,
}

impl<S> Array<S> {
    /// At least that many elements.
    #[must_use]
    pub fn min(self, min: usize) -> Self {
        Self { min, ..self }
    }

    /// At most that many elements.
    #[must_use]
    pub fn max(self, max: usize) -> Self {
        Self { max, ..self }
    }
}

impl<S: Schema> Schema for Array<S> {
    type Output = Vec<S::Output>;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Self::Output> {
        let Value::Array(elements) = value else {
            issues.wrong_type("array", &value);
            return None;
        };
        self.check_length(elements.len(), issues);
        // Every element is read before the first failure counts, so that all are reported.
        let read: Vec<_> = elements
            .into_iter()
            .enumerate()
            .map(|(index, element)| {
                issues.at(Step::Index(index), |issues| {
                    self.element.read(element, issues)
                })
            })
            .collect();
        read.into_iter().collect()
    }

    fn type_script(&self, declarations: &mut Declarations) -> Result<String, NameClash> {
        let element = self.element.type_script(declarations)?;
        Ok(if element.contains(' ') {
            format!("({element})[]")
        } else {
            format!("{element}[]")
        })
    }
}

impl<S> Array<S> {
    fn check_length(&self, length: usize, issues: &mut Issues) {
        if length < self.min {
            let min = self.min;
            issues.failed_check(
                json!({
                    "code": "too_small", "minimum": min, "type": "array", "inclusive": true, "exact": false,
                }),
                format!("Array must contain at least {min} element(s)"),
            );
        }
        if length > self.max {
            let max = self.max;
            issues.failed_check(
                json!({
                    "code": "too_big", "maximum": max, "type": "array", "inclusive": true, "exact": false,
                }),
                format!("Array must contain at most {max} element(s)"),
            );
        }
    }
}
