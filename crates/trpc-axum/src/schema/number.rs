//! Numbers and truth values.

use std::marker::PhantomData;

use serde_json::{Value as Json, json};
use superjson::Value;

use super::{Issues, Schema};
use crate::typescript::{Declarations, NameClash};

/// `true` or `false`.
pub fn boolean() -> Boolean {
    Boolean
}

/// See [`boolean`].
#[derive(Clone, Copy, Debug)]
pub struct Boolean;

impl Schema for Boolean {
    type Output = bool;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<bool> {
        match value {
            Value::Bool(flag) => Some(flag),
            other => {
                issues.wrong_type("boolean", &other);
                None
            }
        }
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok("boolean".to_owned())
    }
}

/// Any number but NaN, the infinite ones included, as zod 3 has it.
pub fn number() -> Number {
    Number {
        min: None,
        max: None,
    }
}

/// See [`number`].
#[derive(Clone, Copy, Debug)]
pub struct Number {
    min: Option<f64>,
    max: Option<f64>,
}

impl Number {
    /// The smallest number that is accepted.
    #[must_use]
    pub fn min(self, min: f64) -> Self {
        Self {
            min: Some(min),
            ..self
        }
    }

    /// The largest number that is accepted.
    #[must_use]
    pub fn max(self, max: f64) -> Self {
        Self {
            max: Some(max),
            ..self
        }
    }

    fn check(&self, number: f64, issues: &mut Issues) {
        if let Some(min) = self.min.filter(|min| number < *min) {
            let minimum = json_number(min);
            let message = format!("Number must be greater than or equal to {minimum}");
            let members = json!({
                "code": "too_small", "minimum": minimum, "type": "number", "inclusive": true, "exact": false,
            });
            issues.failed_check(members, message);
        }
        if let Some(max) = self.max.filter(|max| number > *max) {
            let maximum = json_number(max);
            let message = format!("Number must be less than or equal to {maximum}");
            let members = json!({
                "code": "too_big", "maximum": maximum, "type": "number", "inclusive": true, "exact": false,
            });
            issues.failed_check(members, message);
        }
    }
}

impl Schema for Number {
    type Output = f64;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<f64> {
        let number = plain_number(&value, issues)?;
        self.check(number, issues);
        Some(number)
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok("number".to_owned())
    }
}

/// A whole number. What does not fit into the Rust type becomes the nearest one that does: give
/// a `min` and a `max` where that matters.
pub fn integer<T: Whole>() -> Integer<T> {
    Integer {
        range: number(),
        of: PhantomData,
    }
}

/// See [`integer`].
#[derive(Clone, Copy, Debug)]
pub struct Integer<T> {
    range: Number,
    of: PhantomData<fn() -> T>,
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JavaScript's numbers have no more digits"
)]
impl<T> Integer<T> {
    /// The smallest number that is accepted.
    #[must_use]
    pub fn min(self, min: i64) -> Self {
        Self {
            range: self.range.min(min as f64),
            ..self
        }
    }

    /// The largest number that is accepted.
    #[must_use]
    pub fn max(self, max: i64) -> Self {
        Self {
            range: self.range.max(max as f64),
            ..self
        }
    }
}

impl<T: Whole> Schema for Integer<T> {
    type Output = T;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<T> {
        let number = plain_number(&value, issues)?;
        if number.fract() != 0.0 || number.is_infinite() {
            let members =
                json!({ "code": "invalid_type", "expected": "integer", "received": "float" });
            issues.failed_check(members, "Expected integer, received float");
        }
        self.range.check(number, issues);
        Some(T::saturating(number))
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok("number".to_owned())
    }
}

fn plain_number(value: &Value, issues: &mut Issues) -> Option<f64> {
    match value {
        Value::Number(number) if !number.is_nan() => Some(*number),
        other => {
            issues.wrong_type("number", other);
            None
        }
    }
}

/// Rust's whole numbers.
pub trait Whole: Sized {
    /// The whole number nearest to zero's side of `number`, within this type's bounds.
    fn saturating(number: f64) -> Self;
}

macro_rules! whole {
    ($lints:tt $($type:ty),+) => {$(
        impl Whole for $type {
            #[expect $lints]
            fn saturating(number: f64) -> Self {
                number as Self
            }
        }
    )+};
}

whole!((clippy::cast_possible_truncation, reason = "a cast from a float saturates") i16, i32, i64);
whole!(
    (
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from a float saturates"
    )
    u8, u16, u32, u64, usize
);

/// Without a decimal point where the number is whole.
#[expect(clippy::cast_possible_truncation, reason = "whole and small enough")]
fn json_number(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() < 9e15 {
        Json::from(number as i64)
    } else {
        Json::from(number)
    }
}
