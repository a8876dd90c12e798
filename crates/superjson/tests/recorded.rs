//! Every superjson text that a real server sent, read and written again.

use serde_json::Value as Json;
use superjson::{DeserializeError, Limits, from_slice, to_string};

const RECORDED: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../trpc-axum/tests/data/trpc-exchanges.json"
);

/// The envelopes in all bodies under `response`, whatever their form: answers, batches, lines,
/// events.
#[expect(clippy::unwrap_used, reason = "only tests call it")]
fn envelopes(response: &str) -> Vec<String> {
    let recorded: Json = serde_json::from_slice(&std::fs::read(RECORDED).unwrap()).unwrap();
    let mut envelopes = Vec::new();
    for exchange in recorded["exchanges"].as_array().unwrap() {
        let body = exchange[response]["body"].as_str().unwrap_or_default();
        for (start, _) in body.match_indices(r#"{"json":"#) {
            let mut values = serde_json::Deserializer::from_str(&body[start..]).into_iter::<Json>();
            values.next().unwrap().unwrap();
            envelopes.push(body[start..][..values.byte_offset()].to_owned());
        }
    }
    envelopes
}

#[test]
fn answers_are_written_byte_for_byte() {
    let (mut written, mut annotated, mut unsupported) = (0, 0, 0);
    for envelope in envelopes("response") {
        match from_slice(envelope.as_bytes(), &Limits::default()) {
            Ok(value) => {
                assert_eq!(to_string(&value).unwrap(), envelope);
                written += 1;
                annotated += usize::from(envelope.contains(r#""meta":"#));
            }
            Err(DeserializeError::UnsupportedTransformation(_)) => unsupported += 1,
            Err(error) => panic!("{error}: {envelope}"),
        }
    }
    assert_eq!((written, annotated, unsupported), (244, 39, 2));
}

/// Superjson 2.2.2 leaves the version out; it escapes the same in all paths but one, which has a
/// backslash.
#[test]
fn answers_of_the_older_superjson_are_read() {
    let (mut read, mut annotated) = (0, 0);
    for envelope in envelopes("response_11_4_2") {
        match from_slice(envelope.as_bytes(), &Limits::default()) {
            Ok(value) => {
                let newer = match envelope.strip_suffix("}}") {
                    Some(start) if envelope.contains(r#""meta":"#) => {
                        format!(r#"{start},"v":1}}}}"#).replace(r#"{"c\\d":["#, r#"{"c\\\\d":["#)
                    }
                    _ => envelope.clone(),
                };
                assert_eq!(to_string(&value).unwrap(), newer);
                read += 1;
                annotated += usize::from(envelope.contains(r#""meta":"#));
            }
            Err(DeserializeError::UnsupportedTransformation(_)) => {}
            Err(error) => panic!("{error}: {envelope}"),
        }
    }
    assert_eq!((read, annotated), (51, 5));
}
