//! What is wrong with an input, as zod 3 says it.

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use superjson::Value;

use crate::Error;

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Step {
    /// A member of an object.
    Key(&'static str),
    /// An element of an array.
    Index(usize),
}

/// One thing that is wrong: a JSON object with at least `code`, `path` and `message`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Issue(Map<String, Json>);

/// Issues with the path to the value that is being read.
#[derive(Debug, Default)]
pub struct Issues {
    found: Vec<Found>,
    count: usize,
    path: Vec<Step>,
}

/// More issues than these are counted, but not told: a list of a million wrong elements would
/// otherwise make an answer many times its size.
const MAX_TOLD: usize = 100;

#[derive(Debug)]
struct Found {
    first: Option<Step>,
    message: String,
    issue: Issue,
}

impl Issues {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Runs `read` one step further in.
    pub fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = read(self);
        self.path.pop();
        result
    }

    /// The value is not of the expected type.
    pub fn wrong_type(&mut self, expected: &str, value: &Value) {
        let received = value.kind_name();
        let message = type_message(expected, value);
        let path = self.path_json();
        self.push(
            message.clone(),
            json!({
                "code": "invalid_type", "expected": expected, "received": received,
                "path": path, "message": message,
            }),
        );
    }

    /// As [`Self::wrong_type`], with the members in zod's order for enumerations.
    pub(super) fn wrong_type_of_enumeration(&mut self, expected: &str, value: &Value) {
        let received = value.kind_name();
        let message = type_message(expected, value);
        let path = self.path_json();
        self.push(
            message.clone(),
            json!({
                "expected": expected, "received": received, "code": "invalid_type",
                "path": path, "message": message,
            }),
        );
    }

    /// The value is of the expected type, but fails a check: `members` are the issue's members
    /// before `message` and `path`.
    pub fn failed_check(&mut self, members: Json, message: impl Into<String>) {
        let message = message.into();
        let path = self.path_json();
        let mut issue = members;
        if let Json::Object(issue) = &mut issue {
            issue.insert("message".to_owned(), Json::from(message.clone()));
            issue.insert("path".to_owned(), path);
        }
        self.push(message, issue);
    }

    /// A check of one's own: `{"code":"custom","message":…,"path":…}`.
    pub fn custom(&mut self, message: impl Into<String>) {
        self.failed_check(json!({ "code": "custom" }), message);
    }

    /// Members, `path`, `message`, in this order.
    pub(super) fn invalid(&mut self, members: Json, message: String) {
        let path = self.path_json();
        let mut issue = members;
        if let Json::Object(issue) = &mut issue {
            issue.insert("path".to_owned(), path);
            issue.insert("message".to_owned(), Json::from(message.clone()));
        }
        self.push(message, issue);
    }

    fn path_json(&self) -> Json {
        json!(self.path)
    }

    fn push(&mut self, message: String, issue: Json) {
        self.count += 1;
        if let Json::Object(issue) = issue
            && self.found.len() < MAX_TOLD
        {
            let first = self.path.first().cloned();
            self.found.push(Found {
                first,
                message,
                issue: Issue(issue),
            });
        }
    }
}

fn type_message(expected: &str, value: &Value) -> String {
    match value {
        Value::Undefined => "Required".to_owned(),
        value => format!("Expected {expected}, received {}", value.kind_name()),
    }
}

/// Issues for a form: those of the whole, and those of each member of the outermost object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Flattened {
    /// Texts of issues of the input as a whole.
    pub form_errors: Vec<String>,
    /// Texts of the other issues, by the first step of their paths.
    pub field_errors: IndexMap<String, Vec<String>>,
}

impl Error {
    /// The answer to an input that its schema refuses: `BAD_REQUEST` with the issues as JSON for
    /// a message and, flattened, as `data.zodError`.
    pub fn bad_input(issues: &Issues) -> Self {
        let mut flattened = Flattened::default();
        for Found { first, message, .. } in &issues.found {
            let list = match first {
                None => &mut flattened.form_errors,
                Some(Step::Key(key)) => field(&mut flattened, (*key).to_owned()),
                Some(Step::Index(index)) => field(&mut flattened, index.to_string()),
            };
            list.push(message.clone());
        }
        let issues: Vec<_> = issues.found.iter().map(|found| &found.issue).collect();
        let message = serde_json::to_string_pretty(&issues).unwrap_or_default();
        Self::refused_input(message, flattened)
    }
}

fn field(flattened: &mut Flattened, name: String) -> &mut Vec<String> {
    flattened.field_errors.entry(name).or_default()
}
