//! Texts.

use serde_json::json;
use superjson::Value;

use super::{Issues, Schema};
use crate::typescript::{Declarations, NameClash};

/// A text.
pub fn string() -> Text {
    Text { checks: Vec::new() }
}

/// See [`string`].
#[derive(Clone, Debug)]
pub struct Text {
    checks: Vec<Check>,
}

#[derive(Clone, Copy, Debug)]
enum Check {
    Min(usize),
    Max(usize),
    Email,
    Matches(fn(&str) -> bool),
}

impl Text {
    /// At least that many UTF-16 units, which is what JavaScript counts as length.
    #[must_use]
    pub fn min(self, units: usize) -> Self {
        self.and(Check::Min(units))
    }

    /// At most that many UTF-16 units.
    #[must_use]
    pub fn max(self, units: usize) -> Self {
        self.and(Check::Max(units))
    }

    /// An e-mail address by zod's rule.
    #[must_use]
    pub fn email(self) -> Self {
        self.and(Check::Email)
    }

    /// A text that `matches` accepts; the issue is that of a regular expression.
    #[must_use]
    pub fn matches(self, matches: fn(&str) -> bool) -> Self {
        self.and(Check::Matches(matches))
    }

    fn and(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }
}

impl Schema for Text {
    type Output = String;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<String> {
        match value {
            Value::String(text) => {
                self.checks
                    .iter()
                    .for_each(|check| check.run(&text, issues));
                Some(text)
            }
            other => {
                issues.wrong_type("string", &other);
                None
            }
        }
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok("string".to_owned())
    }
}

impl Check {
    fn run(self, text: &str, issues: &mut Issues) {
        match self {
            Self::Min(units) if text.encode_utf16().count() < units => issues.failed_check(
                json!({
                    "code": "too_small", "minimum": units, "type": "string", "inclusive": true, "exact": false,
                }),
                format!("String must contain at least {units} character(s)"),
            ),
            Self::Max(units) if text.encode_utf16().count() > units => issues.failed_check(
                json!({
                    "code": "too_big", "maximum": units, "type": "string", "inclusive": true, "exact": false,
                }),
                format!("String must contain at most {units} character(s)"),
            ),
            Self::Email if !is_email(text) => issues.failed_check(
                json!({ "validation": "email", "code": "invalid_string" }),
                "Invalid email",
            ),
            Self::Matches(matches) if !matches(text) => issues.failed_check(
                json!({ "validation": "regex", "code": "invalid_string" }),
                "Invalid",
            ),
            _ => {}
        }
    }
}

/// Zod 3's expression, without regard to case:
/// `^(?!\.)(?!.*\.\.)([A-Z0-9_'+\-\.]*)[A-Z0-9_+-]@([A-Z0-9][A-Z0-9\-]*\.)+[A-Z]{2,}$`.
fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else {
        return false;
    };
    let Some((names, top)) = host.rsplit_once('.') else {
        return false;
    };
    let plain = |letter: u8| letter.is_ascii_alphanumeric() || b"_+-".contains(&letter);
    !local.starts_with('.')
        && !local.contains("..")
        && local
            .bytes()
            .all(|letter| plain(letter) || b"'.".contains(&letter))
        && local.bytes().last().is_some_and(plain)
        && names.split('.').all(is_name)
        && top.len() >= 2
        && top.bytes().all(|letter| letter.is_ascii_alphabetic())
}

/// A part of a host's name.
fn is_name(name: &str) -> bool {
    name.as_bytes()
        .first()
        .is_some_and(u8::is_ascii_alphanumeric)
        && name
            .bytes()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
}
