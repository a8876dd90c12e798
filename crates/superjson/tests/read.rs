//! What is read of each form of input, and what is refused.

use rstest::rstest;
use superjson::{BigInt, Date, Limits, Object, Value, from_slice};

const DAY: Date = Date::from_millis(1_704_067_200_000);

fn read(text: &str) -> Result<Value, String> {
    from_slice(text.as_bytes(), &Limits::default()).map_err(|error| error.to_string())
}

fn annotated(json: &str, values: &str) -> Result<Value, String> {
    read(&format!(
        r#"{{"json":{json},"meta":{{"values":{values},"v":1}}}}"#
    ))
}

#[rstest]
#[case("{}", Value::Undefined)]
#[case("5", Value::Undefined)]
#[case(r#""x""#, Value::Undefined)]
#[case("[1,2]", Value::Undefined)]
#[case(r#"{"sessionName":"s"}"#, Value::Undefined)]
#[case(r#"{"json":null}"#, Value::Null)]
#[case(r#"{"json":null,"meta":{"values":["undefined"]}}"#, Value::Undefined)]
#[case(r#"{"json":1,"json":2}"#, Value::Number(2.0))]
#[case(r#"{"json":9007199254740993}"#, Value::Number(9_007_199_254_740_992.0))]
#[case("\u{feff} {\"json\":true}\n", Value::Bool(true))]
#[case(r#"{"json":1,"meta":null}"#, Value::Number(1.0))]
#[case(r#"{"json":1,"meta":{"values":null}}"#, Value::Number(1.0))]
#[case(
    r#"{"json":[{},{}],"meta":{"referentialEqualities":{"0":["1"]},"v":1}}"#,
    Value::Array(vec![Value::Object(Object::new()), Value::Object(Object::new())])
)]
fn an_envelope(#[case] envelope: &str, #[case] value: Value) {
    assert_eq!(read(envelope), Ok(value));
}

#[rstest]
#[case(r#""2024-01-01T00:00:00.000Z""#, "Date", Value::Date(DAY))]
#[case("1704067200000", "Date", Value::Date(DAY))]
#[case(r#""soon""#, "Date", Value::Date(Date::INVALID))]
#[case("null", "Date", Value::Date(Date::INVALID))]
#[case("null", "undefined", Value::Undefined)]
#[case(r#""Infinity""#, "number", Value::Number(f64::INFINITY))]
#[case(r#""-Infinity""#, "number", Value::Number(f64::NEG_INFINITY))]
#[case(r#""12.5e1""#, "number", Value::Number(125.0))]
#[case("7", "number", Value::Number(7.0))]
#[case(
    r#""-00123456789012345678901234567890""#,
    "bigint",
    Value::BigInt(BigInt::from(-123_456_789_012_345_678_901_234_567_890_i128))
)]
#[case(r#""-0""#, "bigint", Value::BigInt(BigInt::from(0_u64)))]
#[case("12", "bigint", Value::BigInt(BigInt::from(12_u64)))]
fn an_annotated_root(#[case] json: &str, #[case] annotation: &str, #[case] value: Value) {
    assert_eq!(annotated(json, &format!(r#"["{annotation}"]"#)), Ok(value));
}

#[rstest]
#[case("NaN")]
#[case("inf")]
#[case("-nan")]
#[case("infinity")]
#[case("x")]
fn not_a_number(#[case] word: &str) {
    let value = annotated(&format!(r#""{word}""#), r#"["number"]"#).unwrap();
    assert_eq!(value.kind_name(), "nan");
}

#[test]
fn negative_zero() {
    let value = annotated(r#""-0""#, r#"["number"]"#);
    assert!(matches!(value, Ok(Value::Number(zero)) if zero == 0.0 && zero.is_sign_negative()));
}

/// Objects inside one another, one member each, around `leaf`.
fn chain(keys: &[&str], leaf: Value) -> Value {
    keys.iter().rev().fold(leaf, |inner, key| {
        Value::Object(Object::from_iter([((*key).to_owned(), inner)]))
    })
}

/// `path` is JSON text, in which each backslash is two.
#[rstest]
#[case(r"a\\.b", r#","v":1"#, &["a.b"])]
#[case(r"c\\\\d.e", r#","v":1"#, &["c\\d", "e"])]
#[case("", r#","v":1"#, &[""])]
#[case(".", r#","v":1"#, &["", ""])]
#[case(r"a\\.b", "", &["a.b"])]
#[case(r"c\\d", "", &["c\\d"])]
#[case(r"c\\\\d", "", &["c\\\\d"])]
#[case(r"c\\d", r#","v":0"#, &["c\\d"])]
fn a_path(#[case] path: &str, #[case] version: &str, #[case] keys: &[&str]) {
    let text = Value::String("2024-01-01T00:00:00Z".to_owned());
    let json = serde_json::to_string(&chain(keys, text)).unwrap();
    let envelope =
        format!(r#"{{"json":{json},"meta":{{"values":{{"{path}":["Date"]}}{version}}}}}"#);
    assert_eq!(read(&envelope), Ok(chain(keys, Value::Date(DAY))));
}

#[rstest]
#[case(r#"{"b":["Date"]}"#)]
#[case(r#"{"a.b.c":["Date"]}"#)]
#[case(r#"{"list.7":["undefined"]}"#)]
#[case(r#"{"list.x":["undefined"]}"#)]
#[case(r#"{"list":null}"#)]
#[case("{}")]
fn a_path_that_does_not_exist_is_ignored(#[case] values: &str) {
    let json = r#"{"a":"x","list":[null]}"#;
    let plain = read(&format!(r#"{{"json":{json}}}"#));
    assert!(plain.is_ok());
    assert_eq!(annotated(json, values), plain);
}

/// Superjson nests annotations only in maps, sets and errors, and applies inner ones first.
#[test]
fn inner_annotations_come_first() {
    assert_eq!(
        annotated(
            r#"{"a":{"b":null}}"#,
            r#"{"a":["undefined",{"b":["Date"]}]}"#
        ),
        Ok(chain(&["a"], Value::Undefined))
    );
}

#[rstest]
#[case(r#"["nonsense"]"#, "Unknown transformation: nonsense")]
#[case(r#"[["nonsense","x"]]"#, "Unknown transformation: nonsense")]
#[case(r#"[["Date"]]"#, "Unknown transformation: Date")]
#[case(r#"["typed-array"]"#, "Unknown transformation: typed-array")]
#[case("[5]", "Unknown transformation: 5")]
#[case(r#"["map"]"#, "Unsupported transformation: map")]
#[case(r#"["set"]"#, "Unsupported transformation: set")]
#[case(r#"["regexp"]"#, "Unsupported transformation: regexp")]
#[case(r#"["URL"]"#, "Unsupported transformation: URL")]
#[case(r#"["Error"]"#, "Unsupported transformation: Error")]
#[case(
    r#"[["typed-array","Uint8Array"]]"#,
    "Unsupported transformation: typed-array"
)]
#[case(r#"[["symbol","s"]]"#, "Unsupported transformation: symbol")]
#[case(r#"[["class","C"]]"#, "Unsupported transformation: class")]
#[case(r#"[["custom","c"]]"#, "Unsupported transformation: custom")]
#[case(r#"["bigint"]"#, "Cannot convert x to a BigInt")]
#[case(r#"{"__proto__":["Date"]}"#, "__proto__ is not allowed as a property")]
#[case(
    r#"{"a.constructor.b":["Date"]}"#,
    "constructor is not allowed as a property"
)]
#[case(
    r#"{"a":["Date",{"prototype":["Date"]}]}"#,
    "prototype is not allowed as a property"
)]
#[case(r#"{"a\\b":["Date"]}"#, "invalid path")]
#[case(r#"{"a\\":["Date"]}"#, "invalid path")]
#[case(r#""Date""#, "Invalid annotations")]
#[case(r#"{"a":"Date"}"#, "Invalid annotations")]
fn refused_annotations(#[case] values: &str, #[case] message: &str) {
    assert_eq!(annotated(r#""x""#, values), Err(message.to_owned()));
}

#[rstest]
#[case(
    "null",
    "Cannot destructure property 'json' of 'payload' as it is null."
)]
#[case(" ", "Unexpected end of JSON input")]
#[case(r#"{"json":[1"#, "Unexpected end of JSON input")]
#[case("{bad", "Invalid JSON: key must be a string at line 1 column 2")]
#[case(
    r#"{"json":1e400}"#,
    "Invalid JSON: number out of range at line 1 column 13"
)]
fn refused_texts(#[case] envelope: &str, #[case] message: &str) {
    assert_eq!(read(envelope), Err(message.to_owned()));
}

/// An envelope of so many levels, itself included.
fn nested(levels: usize) -> String {
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    format!(r#"{{"json":{open}{close}}}"#)
}

#[rstest]
#[case(nested(101))]
#[case(nested(1_000_000))]
#[case("[".repeat(1_000_000))]
#[case(format!(r#"{{"json":"\"","more":{}}}"#, nested(100)))]
fn nesting_is_bounded(#[case] envelope: String) {
    let message = "The input is nested more than 100 levels deep";
    assert_eq!(read(&envelope), Err(message.to_owned()));
}

#[rstest]
#[case(nested(100))]
#[case(format!(r#"{{"json":"{}\"["}}"#, "[".repeat(1000)))]
fn nesting_within_the_bound(#[case] envelope: String) {
    assert!(read(&envelope).is_ok());
}

/// Bounds hold for an envelope that someone else has parsed, too.
#[test]
fn nesting_of_a_parsed_envelope_is_bounded() {
    let limits = Limits {
        depth: 5,
        ..Limits::default()
    };
    let list = |depth| (0..depth).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    assert!(superjson::from_json(serde_json::json!({ "json": list(5) }), &limits).is_ok());
    let error = superjson::from_json(serde_json::json!({ "json": list(6) }), &limits);
    let message = "The input is nested more than 5 levels deep";
    assert_eq!(error.unwrap_err().to_string(), message);

    let tree = (0..6).fold(
        serde_json::json!({}),
        |inner, _| serde_json::json!({ "a": inner }),
    );
    let envelope = serde_json::json!({ "json": 1, "meta": { "values": tree } });
    let error = superjson::from_json(envelope, &limits);
    assert_eq!(error.unwrap_err().to_string(), message);
}

fn many_annotations(count: usize) -> Result<Value, String> {
    let paths: Vec<_> = (0..count)
        .map(|index| format!(r#""{index}":["undefined"]"#))
        .collect();
    annotated("[null,null]", &format!("{{{}}}", paths.join(",")))
}

#[test]
fn annotations_are_bounded() {
    let undefined = Value::Array(vec![Value::Undefined; 2]);
    let bare: Vec<_> = (0..1001)
        .map(|index| format!(r#""{index}":{{}}"#))
        .collect();
    assert_eq!(
        annotated("[null,null]", &format!("{{{}}}", bare.join(","))),
        Err("The input has more than 1000 annotations".to_owned())
    );
    assert_eq!(many_annotations(1000), Ok(undefined));
    for count in [1001, 10_000] {
        let message = "The input has more than 1000 annotations";
        assert_eq!(many_annotations(count), Err(message.to_owned()));
    }
}

/// V8 reads them, and writes them as escapes; UTF-8 has no place for them.
#[rstest]
#[case(r#""a\ud83d""#, "a\u{fffd}")]
#[case(r#""\ude00b""#, "\u{fffd}b")]
#[case(r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}")]
#[case(r#""\ud83d\ude00\udE00""#, "\u{1f600}\u{fffd}")]
#[case(r#""\\ud83d \ud83d""#, "\\ud83d \u{fffd}")]
fn a_lone_surrogate_is_the_replacement_character(#[case] json: &str, #[case] text: &str) {
    let envelope = format!(r#"{{"json":{json}}}"#);
    let read = from_slice(envelope.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(read, Value::String(text.to_owned()));
}
