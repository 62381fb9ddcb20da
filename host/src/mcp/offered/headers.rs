//! Headers that repeat arguments of a tool, for what stands between a client and the server (2026-07-28, "Custom
//! Headers from Tool Parameters").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use rmcp::model::JsonObject;
use serde_json::Value;

/// Says what does not fit, if a header does not say what the argument says.
pub(super) fn check(headers: &HeaderMap, schema: &JsonObject, arguments: &JsonObject) -> Result<(), String> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
    for (name, property) in properties {
        let argument = arguments.get(name);
        if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) {
            compare(headers, header, argument.and_then(text))?;
        }
        if let Some(inner) = property.as_object() {
            let none = JsonObject::new();
            check(headers, inner, argument.and_then(Value::as_object).unwrap_or(&none))?;
        }
    }
    Ok(())
}

fn compare(headers: &HeaderMap, name: &str, expected: Option<String>) -> Result<(), String> {
    let name = format!("Mcp-Param-{name}");
    let mut values = headers.get_all(&name).iter();
    let (given, more) = (values.next(), values.next());
    match (given, more, expected) {
        (None, _, None) => Ok(()),
        (None, _, Some(_)) => Err(format!("the header `{name}` is missing")),
        (Some(_), Some(_), _) => Err(format!("the header `{name}` is there twice")),
        (Some(_), None, None) => Err(format!("the header `{name}` repeats an argument that is not there")),
        (Some(given), None, Some(expected)) => match given.to_str().ok().and_then(decoded) {
            Some(given) if given == expected => Ok(()),
            Some(_) => Err(format!("the header `{name}` does not say what the argument says")),
            None => Err(format!("the header `{name}` cannot be read")),
        },
    }
}

/// What a header says: itself, or what it has in base64.
fn decoded(value: &str) -> Option<String> {
    match value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        Some(wrapped) => String::from_utf8(STANDARD.decode(wrapped).ok()?).ok(),
        None => Some(value.to_owned()),
    }
}

/// What a header says of an argument.
fn text(argument: &Value) -> Option<String> {
    match argument {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(argument.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use serde_json::json;

    use super::*;
    use crate::mcp::arguments::object;

    #[test]
    fn a_header_says_what_its_argument_says() {
        let schema = object(json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "place": {"type": "object", "properties": {"floor": {"type": "integer", "x-mcp-header": "Floor"}}},
            "other": {"type": "string"},
        }}));
        for (headers, arguments, fits) in [
            (&[][..], json!({"other": "x"}), true),
            (&[("mcp-param-region", "eu")], json!({"region": "eu"}), true),
            (&[("mcp-param-region", "=?base64?w6k=?=")], json!({"region": "é"}), true),
            (&[("mcp-param-region", "=?base64?eu")], json!({"region": "=?base64?eu"}), true),
            (&[("mcp-param-floor", "3")], json!({"place": {"floor": 3}}), true),
            (&[], json!({"region": "eu"}), false),
            (&[("mcp-param-region", "us")], json!({"region": "eu"}), false),
            (&[("mcp-param-region", "eu")], json!({"region": null}), false),
            (&[("mcp-param-region", "eu"), ("mcp-param-region", "eu")], json!({"region": "eu"}), false),
            (&[("mcp-param-region", "=?base64?SGVsbG8?=")], json!({"region": "Hello"}), false),
            (&[("mcp-param-region", "=?base64?SGVs!!!bG8=?=")], json!({"region": "Hello"}), false),
            (&[], json!({"place": {"floor": 3}}), false),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(
                check(&map, &schema, &object(arguments.clone())).is_ok(),
                fits,
                "{headers:?} {arguments}"
            );
        }
    }
}
