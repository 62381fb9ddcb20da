//! Which tools the deterministic model calls, and with what.

use serde_json::{Map, Value, json};

use crate::converse::request::{Request, ToolChoice, ToolSpec};

/// A call the model decided on. `arguments` is a JSON object as text, exactly as the user wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: String,
}

/// Takes the lines `call NAME {json}` out of the user's text: the text before the first of them, and the calls.
/// Only tools that are offered are called; a forced choice calls in any case.
pub(super) fn decide<'a>(request: &Request, text: &'a str) -> (&'a str, Vec<Call>) {
    let (before, mut calls) = written(request, text);
    let forced = match request.tool_choice() {
        Some(ToolChoice::Tool { name }) => {
            calls.retain(|call| call.name == *name);
            request.tool_specs().find(|spec| spec.name == *name)
        }
        Some(ToolChoice::Any {}) => request.tool_specs().next(),
        Some(ToolChoice::Auto {}) | None => None,
    };
    if let Some(spec) = forced
        && calls.is_empty()
    {
        return (
            "",
            vec![Call { name: spec.name.clone(), arguments: sample(&spec.input_schema.json).to_string() }],
        );
    }
    (before, calls)
}

fn written<'a>(request: &Request, text: &'a str) -> (&'a str, Vec<Call>) {
    let mut calls = Vec::new();
    let mut before = text;
    let mut position = 0;
    for line in text.split_inclusive('\n') {
        if let Some(call) = parse(line.trim(), request.tool_specs()) {
            if calls.is_empty() {
                before = text.get(..position).unwrap_or_default().trim_end_matches(['\r', '\n']);
            }
            calls.push(call);
        }
        position += line.len();
    }
    (before, calls)
}

fn parse<'s>(line: &str, mut offered: impl Iterator<Item = &'s ToolSpec>) -> Option<Call> {
    let call = line.strip_prefix("call ")?.trim_start();
    let (name, arguments) = call.split_once(char::is_whitespace).unwrap_or((call, "{}"));
    let arguments = arguments.trim();
    serde_json::from_str::<Map<String, Value>>(arguments).ok()?;
    offered
        .any(|spec| spec.name == name)
        .then(|| Call { name: name.to_owned(), arguments: arguments.to_owned() })
}

/// The smallest value that a JSON Schema seems to ask for: its required properties, each of the type it names.
pub(super) fn sample(schema: &Value) -> Value {
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return value.clone();
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str),
        kind => kind.and_then(Value::as_str),
    };
    match kind {
        Some("string") => json!("text"),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("null") => Value::Null,
        _ => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let property = |name: &str| {
                let schema = schema.get("properties").and_then(|properties| properties.get(name));
                (name.to_owned(), schema.map_or_else(|| json!({}), sample))
            };
            Value::Object(required.filter_map(Value::as_str).map(property).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn request(choice: &Value) -> Request {
        let schema = json!({"type": "object", "required": ["city", "days"],
            "properties": {"city": {"type": "string"}, "days": {"type": "integer"}, "unit": {"enum": ["c", "f"]}}});
        let spec = |name: &str| json!({"toolSpec": {"name": name, "inputSchema": {"json": schema}}});
        serde_json::from_value(json!({
            "messages": [],
            "toolConfig": {"tools": [spec("weather"), spec("time")], "toolChoice": choice},
        }))
        .unwrap()
    }

    fn call(name: &str, arguments: &str) -> Call {
        Call { name: name.to_owned(), arguments: arguments.to_owned() }
    }

    #[test]
    fn calls_are_lines_of_their_own_and_keep_their_spelling() {
        let auto = request(&json!({"auto": {}}));
        let text = "First this.\ncall weather {\"city\": \"Z\\u00fcrich\"}\ncall time\n";
        let expected = vec![call("weather", "{\"city\": \"Z\\u00fcrich\"}"), call("time", "{}")];
        assert_eq!(decide(&auto, text), ("First this.", expected));
        for text in ["call nobody {}", "call weather [1]", "call weather {", "please call weather {}"] {
            assert_eq!(decide(&auto, text), (text, vec![]));
        }
    }

    #[test]
    fn a_forced_choice_calls_with_a_value_made_from_the_schema() {
        let sample = r#"{"city":"text","days":1}"#;
        assert_eq!(decide(&request(&json!({"any": {}})), "hi"), ("", vec![call("weather", sample)]));
        let named = request(&json!({"tool": {"name": "time"}}));
        assert_eq!(decide(&named, "call weather {}"), ("", vec![call("time", sample)]));
        assert_eq!(decide(&named, "call time {\"a\":1}"), ("", vec![call("time", "{\"a\":1}")]));
    }
}
