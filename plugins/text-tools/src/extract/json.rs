//! JSON objects and arrays, wherever they stand.

use serde_json::value::RawValue;
use serde_json::{Deserializer, Value};

/// How deeply `serde_json` reads.
const MAX_DEPTH: usize = 128;

pub(super) fn find(text: &str) -> Vec<&RawValue> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some((at, rest)) = next(text, from) {
        match whole(rest) {
            Some(json) => {
                found.push(json);
                from = at + json.get().len();
            }
            None => from = at + opened(rest).saturating_sub(MAX_DEPTH).max(1),
        }
    }
    found
}

fn next(text: &str, from: usize) -> Option<(usize, &str)> {
    let at = from + text.get(from..)?.find(['{', '['])?;
    Some((at, text.get(at..)?))
}

/// Brackets in a row: what is nested more deeply than is read needs no second look.
fn opened(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b'[').count()
}

/// The JSON that a text begins with. It is read in depth first: a raw value knows no limit.
fn whole(text: &str) -> Option<&RawValue> {
    let mut values = Deserializer::from_str(text).into_iter::<Value>();
    let value = values.next()?.ok()?;
    // `[]` and `{}` stand in prose and code for many things.
    let is_something = match &value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    let json = text.get(..values.byte_offset()).filter(|_| is_something)?;
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(RawValue::get).collect()
    }

    #[test]
    fn finds_json_in_prose_and_code() {
        assert_eq!(
            found(r#"It said {"a": [1, {"b": "}"}]} and [2, 3]."#),
            [r#"{"a": [1, {"b": "}"}]}"#, "[2, 3]"]
        );
        assert_eq!(found("```json\n{\"a\":1}\n```"), ["{\"a\":1}"]);
        assert_eq!(found("{ not } [link](x) {} [] [a, 1] {\"open\": [1"), ["[1"; 0]);
        assert_eq!(found("{{\"a\":1}}"), ["{\"a\":1}"]);
    }

    #[test]
    fn what_is_nested_deeply_is_left_out_in_linear_time() {
        assert!(found(&"[".repeat(100_000)).is_empty());
        assert!(
            found(&format!("{}1{}", "[".repeat(2000), "]".repeat(2000))).iter().all(|json| json.len() < 300)
        );
    }
}
