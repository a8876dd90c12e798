//! Dates.

use serde_json::json;
use superjson::{Date, Value};

use super::{Issues, Schema};
use crate::typescript::{Declarations, NameClash};

/// A JavaScript `Date` that is valid. A text that looks like one is none.
pub fn date() -> DateTime {
    DateTime
}

/// See [`date`].
#[derive(Clone, Copy, Debug)]
pub struct DateTime;

impl Schema for DateTime {
    type Output = Date;

    fn read(&self, value: Value, issues: &mut Issues) -> Option<Date> {
        match value {
            Value::Date(date) if date.millis().is_some() => return Some(date),
            Value::Date(_) => {
                issues.invalid(json!({ "code": "invalid_date" }), "Invalid date".to_owned());
            }
            other => issues.wrong_type("date", &other),
        }
        None
    }

    fn type_script(&self, _: &mut Declarations) -> Result<String, NameClash> {
        Ok("Date".to_owned())
    }
}
