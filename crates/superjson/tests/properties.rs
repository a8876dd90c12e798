//! What holds for any value and any input.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::Value as Json;
use superjson::{
    BigInt, Date, Limits, Object, Value, from_json, from_slice, parse_json, to_string,
};

const FARTHEST: i64 = 8_640_000_000_000_000;

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z.\\\\]{0,4}",
        (0..20_u32).prop_map(|index| index.to_string()),
        any::<u64>().prop_map(|index| index.to_string()),
        ".{0,3}",
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Undefined),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<f64>().prop_map(Value::Number),
        (-5..5_i8).prop_map(|number| Value::Number(number.into())),
        select(vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0]).prop_map(Value::Number),
        any::<i128>().prop_map(|number| Value::BigInt(BigInt::from(number))),
        ".{0,8}".prop_map(Value::String),
        (-FARTHEST..=FARTHEST).prop_map(|millis| Value::Date(Date::from_millis(millis))),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::Array),
            vec((key(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The value with every NaN the same and members in the order of their keys. Its Debug form tells
/// 0 and -0 apart, which are equal as numbers.
fn picture(value: &Value) -> String {
    fn normal(value: &Value) -> Value {
        match value {
            Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
            Value::Object(members) => {
                let members = members.iter();
                let mut members: Object = members
                    .map(|(key, value)| (key.clone(), normal(value)))
                    .collect();
                members.sort_keys();
                Value::Object(members)
            }
            other => other.clone(),
        }
    }
    format!("{:?}", normal(value))
}

/// JSON with words in it that mean something in an envelope.
fn json() -> impl Strategy<Value = Json> {
    let words = [
        "undefined",
        "Date",
        "number",
        "bigint",
        "map",
        "set",
        "typed-array",
        "x",
    ];
    let keys = ["json", "meta", "values", "v", "0", "1", "0.0", "a", "a.0"];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        select(words.to_vec()).prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        let key = prop_oneof![
            select(keys.to_vec()).prop_map(str::to_owned),
            "[a-b01.\\\\]{0,4}",
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Json::from),
            vec((key, inner), 0..6).prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(value in value()) {
        let text = to_string(&value).unwrap();
        let read = from_slice(text.as_bytes(), &Limits::default()).unwrap();
        prop_assert_eq!(picture(&read), picture(&value));
        prop_assert_eq!(to_string(&read).unwrap(), text);
    }

    #[test]
    fn a_date_is_its_text(millis in -FARTHEST..=FARTHEST) {
        let date = Date::from_millis(millis);
        prop_assert_eq!(Date::parse(&date.to_iso().unwrap()), date);
    }

    #[test]
    fn any_text_is_a_date_or_not(text in "[0-9TZ:.+-]{0,30}|.{0,30}") {
        let date = Date::parse(&text);
        prop_assert_eq!(date.to_iso().map(|iso| Date::parse(&iso)), date.millis().map(|_| date));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let parsed = parse_json(&bytes, &Limits::default());
        let is_json = serde_json::from_slice::<Json>(&bytes).is_ok();
        prop_assert_eq!(parsed.is_ok(), is_json);
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"[\[\]{}:,"\\jsonmetav01. ]{0,60}"#) {
        let parsed = parse_json(text.as_bytes(), &Limits::default());
        prop_assert_eq!(parsed.is_ok(), serde_json::from_str::<Json>(&text).is_ok());
    }

    /// What is read can be written: no key here is one of the three that nobody writes.
    #[test]
    fn any_envelope_is_read_or_refused(json in json(), values in json(), v in 0..2) {
        let envelope = serde_json::json!({ "json": json, "meta": { "values": values, "v": v } });
        if let Ok(value) = from_json(envelope, &Limits::default()) {
            prop_assert!(to_string(&value).is_ok());
        }
    }

    #[test]
    fn any_json_is_read_or_refused(json in json()) {
        if let Ok(value) = from_json(json, &Limits::default()) {
            prop_assert!(to_string(&value).is_ok());
        }
    }
}
