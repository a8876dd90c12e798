//! What schemas accept, and their issues in the words of zod 3.25.

use rstest::rstest;
use serde_json::{Value as Json, json};
use superjson::{Date, Limits};
use trpc_axum::{
    Code, Error, Input, Value, input,
    schema::{Issues, Step},
};

/// Reads the input from superjson, as a call does.
fn read<I: Input>(envelope: &Json) -> Result<I, Error> {
    let value = superjson::from_json(envelope.clone(), &Limits::default()).unwrap();
    let mut issues = Issues::default();
    let input = I::read(value, &mut issues);
    if issues.is_empty() {
        Ok(input.expect("no issue, so there is a value"))
    } else {
        Err(Error::bad_input(&issues))
    }
}

/// The issues of an input that is refused.
fn issues<I: Input>(envelope: &Json) -> Json {
    let Err(error) = read::<I>(envelope) else {
        panic!("{envelope} is accepted")
    };
    assert_eq!(error.code(), Code::BadRequest);
    serde_json::from_str(error.message()).unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Order {
    Ascending,
    Descending,
}

/// Even numbers of characters.
fn is_even(text: &str) -> bool {
    text.len().is_multiple_of(2)
}

fn shouted(mut text: String) -> Result<String, &'static str> {
    text.make_ascii_uppercase();
    if text.is_ascii() {
        Ok(text)
    } else {
        Err("only ASCII can be shouted")
    }
}

input! {
    /// One field of every kind.
    #[derive(Debug)]
    struct Everything {
        text: String = string().min(2).max(4).default("abc".to_owned()),
        mail: Option<String> = string().email().optional(),
        even: Option<String> = string().matches(is_even).nullish(),
        loud: Option<String> = string().min(1).try_map(shouted).nullable().default(None),
        whole: u32 = integer().min(1).max(5).default(3),
        real: f64 = number().min(0.5).max(2.5).default(1.0),
        flag: bool = boolean().default(false),
        when: Option<Date> = date().optional(),
        plain: &'static str = enumeration(&["A", "B"]).default("A"),
        order: Order = enumeration(&[("asc", Order::Ascending), ("desc", Order::Descending)])
            .default(Order::Ascending),
        list: Vec<u8> = array(integer().max(255)).min(1).max(3).default(vec![1]),
        raw: Value = any(),
        r#type: Option<Inner> = object().optional(),
        odd: u32 = integer().refine(|number| number % 2 == 1, "must be odd").default(1),
    }
}

input! {
    #[derive(Debug, PartialEq)]
    struct Inner {
        a_long_name: String = string(),
    }
}

#[test]
fn everything_may_be_left_out() {
    let read = read::<Everything>(&json!({ "json": {} })).unwrap();
    assert_eq!(
        (&*read.text, read.mail, read.even, read.loud),
        ("abc", None, None, None)
    );
    assert_eq!(
        (read.whole, read.odd, read.flag, read.when),
        (3, 1, false, None)
    );
    assert!((read.real - 1.0).abs() < f64::EPSILON);
    assert_eq!(
        (read.plain, read.order, read.list),
        ("A", Order::Ascending, vec![1])
    );
    assert_eq!((read.raw, read.r#type), (Value::Undefined, None));
}

#[test]
fn everything_is_read() {
    let read = read::<Everything>(&json!({
        "json": {
            "text": "\u{1F600}", "mail": "a.b+c@d-e.example", "even": null, "loud": "abc", "whole": 5,
            "real": 2.5, "flag": true, "when": "2024-01-02T03:04:05.678Z", "plain": "B", "order": "desc",
            "list": [0, 255], "raw": [null], "type": { "aLongName": "x", "direction": "forward" },
        },
        "meta": { "values": { "when": ["Date"] }, "v": 1 },
    }));
    let read = read.unwrap();
    assert_eq!(
        (&*read.text, read.mail.as_deref()),
        ("\u{1F600}", Some("a.b+c@d-e.example"))
    );
    assert_eq!((read.even, read.loud.as_deref()), (None, Some("ABC")));
    assert_eq!((read.whole, read.flag), (5, true));
    assert_eq!(
        read.when.unwrap().to_iso().unwrap(),
        "2024-01-02T03:04:05.678Z"
    );
    assert_eq!(
        (read.plain, read.order, read.list),
        ("B", Order::Descending, vec![0, 255])
    );
    assert_eq!(read.raw, Value::Array(vec![Value::Null]));
    assert_eq!(
        read.r#type,
        Some(Inner {
            a_long_name: "x".to_owned()
        })
    );
}

#[rstest]
#[case("text", json!("a"), r#"{"code":"too_small","minimum":2,"type":"string","inclusive":true,"exact":false,"message":"String must contain at least 2 character(s)","path":["text"]}"#)]
#[case("text", json!("abcde"), r#"{"code":"too_big","maximum":4,"type":"string","inclusive":true,"exact":false,"message":"String must contain at most 4 character(s)","path":["text"]}"#)]
#[case("text", json!(null), r#"{"code":"invalid_type","expected":"string","received":"null","path":["text"],"message":"Expected string, received null"}"#)]
#[case("mail", json!("nope"), r#"{"validation":"email","code":"invalid_string","message":"Invalid email","path":["mail"]}"#)]
#[case("even", json!("abc"), r#"{"validation":"regex","code":"invalid_string","message":"Invalid","path":["even"]}"#)]
#[case("loud", json!("é"), r#"{"code":"custom","message":"only ASCII can be shouted","path":["loud"]}"#)]
#[case("loud", json!(""), r#"{"code":"too_small","minimum":1,"type":"string","inclusive":true,"exact":false,"message":"String must contain at least 1 character(s)","path":["loud"]}"#)]
#[case("whole", json!(0), r#"{"code":"too_small","minimum":1,"type":"number","inclusive":true,"exact":false,"message":"Number must be greater than or equal to 1","path":["whole"]}"#)]
#[case("whole", json!(1e300), r#"{"code":"too_big","maximum":5,"type":"number","inclusive":true,"exact":false,"message":"Number must be less than or equal to 5","path":["whole"]}"#)]
#[case("whole", json!(1.5), r#"{"code":"invalid_type","expected":"integer","received":"float","message":"Expected integer, received float","path":["whole"]}"#)]
#[case("real", json!(0.25), r#"{"code":"too_small","minimum":0.5,"type":"number","inclusive":true,"exact":false,"message":"Number must be greater than or equal to 0.5","path":["real"]}"#)]
#[case("flag", json!("true"), r#"{"code":"invalid_type","expected":"boolean","received":"string","path":["flag"],"message":"Expected boolean, received string"}"#)]
#[case("when", json!("2024-01-01"), r#"{"code":"invalid_type","expected":"date","received":"string","path":["when"],"message":"Expected date, received string"}"#)]
#[case("plain", json!("C"), r#"{"received":"C","code":"invalid_enum_value","options":["A","B"],"path":["plain"],"message":"Invalid enum value. Expected 'A' | 'B', received 'C'"}"#)]
#[case("order", json!({}), r#"{"expected":"'asc' | 'desc'","received":"object","code":"invalid_type","path":["order"],"message":"Expected 'asc' | 'desc', received object"}"#)]
#[case("list", json!([]), r#"{"code":"too_small","minimum":1,"type":"array","inclusive":true,"exact":false,"message":"Array must contain at least 1 element(s)","path":["list"]}"#)]
#[case("list", json!([1, 256]), r#"{"code":"too_big","maximum":255,"type":"number","inclusive":true,"exact":false,"message":"Number must be less than or equal to 255","path":["list",1]}"#)]
#[case("type", json!({ "a_long_name": "x" }), r#"{"code":"invalid_type","expected":"string","received":"undefined","path":["type","aLongName"],"message":"Required"}"#)]
#[case("type", json!([]), r#"{"code":"invalid_type","expected":"object","received":"array","path":["type"],"message":"Expected object, received array"}"#)]
#[case("odd", json!(2), r#"{"code":"custom","message":"must be odd","path":["odd"]}"#)]
fn one_fault_is_one_issue(#[case] field: &str, #[case] value: Json, #[case] issue: &str) {
    let found = issues::<Everything>(&json!({ "json": { field: value } }));
    assert_eq!(found[0].to_string(), issue, "members in the order of zod");
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[rstest]
#[case("Date", json!("garbage"), "when", "Invalid date")]
#[case("number", json!("NaN"), "real", "Expected number, received nan")]
#[case("bigint", json!("5"), "whole", "Expected number, received bigint")]
#[case("number", json!("Infinity"), "whole", "Expected integer, received float")]
fn annotated_values_are_told_apart(
    #[case] annotation: &str,
    #[case] value: Json,
    #[case] field: &str,
    #[case] message: &str,
) {
    let envelope =
        json!({ "json": { field: value }, "meta": { "values": { field: [annotation] } } });
    assert_eq!(issues::<Everything>(&envelope)[0]["message"], message);
}

#[test]
fn every_fault_is_reported_at_once() {
    let Err(error) = read::<Everything>(&json!({
        "json": { "text": 5, "whole": 0.5, "list": [0.5, "x", 1, 1], "raw": 1, "type": {} }
    })) else {
        panic!("accepted");
    };
    let found: Json = serde_json::from_str(error.message()).unwrap();
    let found: Vec<_> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|issue| issue["message"].as_str())
        .collect();
    let wanted = [
        "Expected string, received number",
        "Expected integer, received float",
        "Number must be greater than or equal to 1",
        "Array must contain at most 3 element(s)",
        "Expected integer, received float",
        "Expected number, received string",
        "Required",
    ];
    assert_eq!(found, wanted.map(Some));
}

#[test]
fn a_flood_of_faults_is_cut_short() {
    let flood = json!({ "json": { "list": vec!["x"; 5000] } });
    assert_eq!(issues::<Everything>(&flood).as_array().unwrap().len(), 100);
}

#[rstest]
#[case("a@b.co", true)]
#[case("A_b-c+d'e.f@sub-1.example.org", true)]
#[case("a@b", false)]
#[case("@b.co", false)]
#[case(".a@b.co", false)]
#[case("a.@b.co", false)]
#[case("a..b@c.co", false)]
#[case("a@b..co", false)]
#[case("a@-b.co", false)]
#[case("a@b.c", false)]
#[case("a@b.c1", false)]
#[case("a@b@c.co", false)]
#[case("a b@c.co", false)]
#[case("é@b.co", false)]
#[case("", false)]
fn addresses_are_those_of_zod(#[case] mail: &str, #[case] is_accepted: bool) {
    assert_eq!(
        read::<Everything>(&json!({ "json": { "mail": mail } })).is_ok(),
        is_accepted
    );
}

#[test]
fn numbers_beyond_the_rust_type_are_the_nearest_that_fit() {
    input! {
        struct Wide {
            signed: i64 = integer(),
            small: u8 = integer(),
        }
    }
    let wide = read::<Wide>(&json!({ "json": { "signed": -1e300, "small": -7 } })).unwrap();
    assert_eq!((wide.signed, wide.small), (i64::MIN, 0));
}

#[test]
fn a_whole_input_may_be_optional() {
    let undefined = json!({ "json": null, "meta": { "values": ["undefined"] } });
    assert_eq!(read::<Option<Inner>>(&undefined).unwrap(), None);
    let null = issues::<Option<Inner>>(&json!({ "json": null }));
    assert_eq!(null[0]["message"], "Expected object, received null");
}

#[test]
fn an_application_can_report_issues_of_its_own() {
    let mut issues = Issues::default();
    issues.custom("everything");
    issues.at(Step::Key("list"), |issues| {
        issues.at(Step::Index(1), |issues| issues.custom("that"));
    });
    let error = Error::bad_input(&issues);
    let found: Json = serde_json::from_str(error.message()).unwrap();
    assert_eq!(
        found,
        json!([
            { "code": "custom", "message": "everything", "path": [] },
            { "code": "custom", "message": "that", "path": ["list", 1] },
        ])
    );
}
