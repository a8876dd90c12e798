//! What is written of each kind of value.

use std::collections::BTreeMap;

use rstest::rstest;
use serde::Serialize;
use superjson::{BigInt, Date, Maybe, Object, Undefined, Value, to_string};

const DAY: Date = Date::from_millis(1_704_067_200_000);

fn object<const N: usize>(members: [(&str, Value); N]) -> Object {
    let members = members.into_iter();
    members
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[rstest]
#[case(
    Value::Undefined,
    r#"{"json":null,"meta":{"values":["undefined"],"v":1}}"#
)]
#[case(Value::Null, r#"{"json":null}"#)]
#[case(Value::Bool(true), r#"{"json":true}"#)]
#[case(Value::Number(10.0), r#"{"json":10}"#)]
#[case(Value::Number(1.5), r#"{"json":1.5}"#)]
#[case(Value::Number(1e20), r#"{"json":100000000000000000000}"#)]
#[case(Value::Number(1e21), r#"{"json":1e+21}"#)]
#[case(Value::Number(1e-6), r#"{"json":0.000001}"#)]
#[case(Value::Number(1e-7), r#"{"json":1e-7}"#)]
#[case(
    Value::Number(f64::NAN),
    r#"{"json":"NaN","meta":{"values":["number"],"v":1}}"#
)]
#[case(
    Value::Number(f64::INFINITY),
    r#"{"json":"Infinity","meta":{"values":["number"],"v":1}}"#
)]
#[case(
    Value::Number(f64::NEG_INFINITY),
    r#"{"json":"-Infinity","meta":{"values":["number"],"v":1}}"#
)]
#[case(Value::Number(-0.0), r#"{"json":"-0","meta":{"values":["number"],"v":1}}"#)]
#[case(Value::BigInt(BigInt::from(-7_i64)), r#"{"json":"-7","meta":{"values":["bigint"],"v":1}}"#)]
#[case(
    Value::Date(DAY),
    r#"{"json":"2024-01-01T00:00:00.000Z","meta":{"values":["Date"],"v":1}}"#
)]
#[case(Value::Date(Date::INVALID), r#"{"json":null}"#)]
#[case(
    Value::String("\u{8}\u{c}\n\r\t\"\\\u{1f}\u{7f}\u{2028}/😀".to_owned()),
    "{\"json\":\"\\b\\f\\n\\r\\t\\\"\\\\\\u001f\u{7f}\u{2028}/😀\"}"
)]
#[case(Value::Array(Vec::new()), r#"{"json":[]}"#)]
#[case(Value::Object(Object::new()), r#"{"json":{}}"#)]
fn a_value(#[case] value: Value, #[case] text: &str) {
    assert_eq!(to_string(&value).unwrap(), text);
}

#[rstest]
#[case(object([("a.b", Value::Undefined)]), r#"{"a\\.b":["undefined"]}"#)]
#[case(
    object([("c\\d", Value::Object(object([("e", Value::Date(DAY))])))]),
    r#"{"c\\\\d.e":["Date"]}"#
)]
#[case(object([("", Value::Undefined)]), r#"{"":["undefined"]}"#)]
#[case(
    object([("", Value::Object(object([("", Value::Undefined)])))]),
    r#"{".":["undefined"]}"#
)]
#[case(
    object([("list", Value::Array(vec![Value::Null, Value::Date(DAY), Value::Undefined]))]),
    r#"{"list.1":["Date"],"list.2":["undefined"]}"#
)]
// Indexes first: V8 orders the keys of `values` as it orders those of any object.
#[case(
    object([(
        "list",
        Value::Array(vec![Value::Object(object([("at", Value::Date(DAY))])), Value::Undefined]),
    )]),
    r#"{"list.1":["undefined"],"list.0.at":["Date"]}"#
)]
fn annotated_paths(#[case] value: Object, #[case] values: &str) {
    let text = to_string(&value).unwrap();
    let (_, meta) = text.split_once(r#","meta":{"values":"#).unwrap();
    assert_eq!(meta, format!(r#"{values},"v":1}}}}"#));
}

#[test]
fn keys_that_are_array_indexes_come_first() {
    let nine = object([("x", Value::Undefined), ("0", Value::Date(DAY))]);
    let value = object([
        ("b", Value::Number(1.0)),
        ("10", Value::Undefined),
        ("01", Value::Number(2.0)),
        ("4294967295", Value::Number(3.0)),
        ("4294967294", Value::Number(4.0)),
        ("-1", Value::Undefined),
        ("9", Value::Object(nine)),
        ("0", Value::Number(5.0)),
    ]);
    assert_eq!(
        to_string(&value).unwrap(),
        concat!(
            r#"{"json":{"0":5,"9":{"0":"2024-01-01T00:00:00.000Z","x":null},"10":null,"#,
            r#""4294967294":4,"b":1,"01":2,"4294967295":3,"-1":null},"#,
            r#""meta":{"values":{"10":["undefined"],"9.0":["Date"],"9.x":["undefined"],"#,
            r#""-1":["undefined"]},"v":1}}"#,
        )
    );
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Choice {
    Plain,
    Wrapped(Date),
    Pair(u8, Undefined),
    Named { at: Date },
}

#[derive(Serialize)]
struct Everything<'a> {
    #[serde(rename = "7")]
    seven: &'a str,
    #[serde(rename = "0")]
    zero: f32,
    big: u64,
    bigger: i128,
    biggest: u128,
    letter: char,
    none: Option<u8>,
    some: Maybe<f64>,
    nothing: Maybe<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u8>,
    unit: (),
    choices: [Choice; 4],
    numbered: BTreeMap<u8, Maybe<u8>>,
    flags: BTreeMap<bool, u8>,
}

#[test]
fn what_serde_makes_of_rust_types() {
    let everything = Everything {
        seven: "seven",
        zero: 0.1,
        big: u64::MAX,
        bigger: i128::MIN,
        biggest: u128::MAX,
        letter: '"',
        none: None,
        some: Maybe::from(Some(3.0)),
        nothing: Maybe::from(None),
        left_out: None,
        unit: (),
        choices: [
            Choice::Plain,
            Choice::Wrapped(DAY),
            Choice::Pair(1, Undefined),
            Choice::Named { at: DAY },
        ],
        numbered: BTreeMap::from([(2, Maybe::Undefined)]),
        flags: BTreeMap::from([(true, 1)]),
    };
    let expected = concat!(
        r#"{"json":{"0":0.1,"7":"seven","big":18446744073709551615,"#,
        r#""bigger":-170141183460469231731687303715884105728,"#,
        r#""biggest":340282366920938463463374607431768211455,"letter":"\"","none":null,"#,
        r#""some":3,"nothing":null,"unit":null,"choices":["plain","#,
        r#"{"wrapped":"2024-01-01T00:00:00.000Z"},{"pair":[1,null]},"#,
        r#"{"named":{"at":"2024-01-01T00:00:00.000Z"}}],"numbered":{"2":null},"#,
        r#""flags":{"true":1}},"#,
        r#""meta":{"values":{"nothing":["undefined"],"choices.1.wrapped":["Date"],"#,
        r#""choices.2.pair.1":["undefined"],"choices.3.named.at":["Date"],"#,
        r#""numbered.2":["undefined"]},"v":1}}"#,
    );
    assert_eq!(to_string(&everything).unwrap(), expected);

    let mut out = b"data: ".to_vec();
    superjson::write(&mut out, &everything).unwrap();
    assert_eq!(out, format!("data: {expected}").into_bytes());
}

#[test]
fn markers_survive_type_erasure() {
    let values = (DAY, BigInt::from(5_u64), Undefined);
    let erased: &dyn erased_serde::Serialize = &values;
    let text = to_string(erased).unwrap();
    assert_eq!(text, to_string(&values).unwrap());
    assert!(text.contains(r#"{"0":["Date"],"1":["bigint"],"2":["undefined"]}"#));
}

#[rstest]
#[case("__proto__")]
#[case("constructor")]
#[case("prototype")]
fn inherited_keys_are_refused(#[case] key: &str) {
    let value = Value::Array(vec![Value::Object(object([(key, Value::Null)]))]);
    assert_eq!(
        to_string(&value).unwrap_err().to_string(),
        format!(
            "Detected property {key}. \
             This is a prototype pollution risk, please remove it from your object."
        )
    );
}

#[test]
fn a_key_must_be_a_text() {
    let map = BTreeMap::from([([1, 2], 3)]);
    assert_eq!(
        to_string(&map).unwrap_err().to_string(),
        "a map's key is no text"
    );
}

#[test]
fn other_formats_see_texts_and_null() {
    let values = (DAY, Date::INVALID, BigInt::from(5_u64), Undefined);
    assert_eq!(
        serde_json::to_string(&values).unwrap(),
        r#"["2024-01-01T00:00:00.000Z",null,"5",null]"#
    );
}

#[cfg(feature = "ts")]
#[test]
fn typescript_names() {
    use ts_rs::{Config, TS};

    #[derive(TS)]
    #[expect(dead_code, reason = "only its TypeScript is looked at")]
    struct Page {
        at: Date,
        total: Undefined,
        cursor: Maybe<f64>,
        count: BigInt,
    }
    assert_eq!(
        Page::decl(&Config::default()),
        "type Page = { at: Date, total: undefined, cursor: number | undefined, count: bigint, };"
    );
}
