//! What a tool is called with.

use rmcp::model::{CallToolResult, ContentBlock, JsonObject};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads arguments. What does not fit is a result that a model can correct itself by, as the protocol has it for
/// faults of input (2025-11-25, "Error Handling" of tools).
pub(super) fn read<T: DeserializeOwned>(arguments: Option<JsonObject>) -> Result<T, Box<CallToolResult>> {
    let arguments = Value::Object(arguments.unwrap_or_default());
    serde_path_to_error::deserialize(arguments).map_err(|fault| {
        let path = fault.path().to_string();
        let place = if path == "." { String::new() } else { format!(" at `{path}`") };
        Box::new(wrong(&format!("{place}: {}", fault.inner())))
    })
}

/// A result that says what is wrong with the arguments.
pub(super) fn wrong(what: &str) -> CallToolResult {
    let what = what.trim_start_matches([':', ' ']);
    CallToolResult::error(vec![ContentBlock::text(format!(
        "the arguments do not fit the tool's schema: {what}; correct them and call the tool again"
    ))])
}

/// An object of JSON that is written down in the code.
pub(super) fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Arguments {
        #[expect(dead_code, reason = "read alone matters")]
        turns: Vec<u8>,
    }

    #[test]
    fn a_model_is_told_where_it_went_wrong() {
        for (given, said) in [
            (json!({"turns": [1, "x"]}), "at `turns[1]`: invalid type: string \"x\", expected u8"),
            (json!({}), "missing field `turns`"),
            (json!({"turns": [], "turn": 1}), "unknown field `turn`, expected `turns`"),
        ] {
            let fault = read::<Arguments>(Some(object(given))).unwrap_err();
            let text = &fault.content.first().unwrap().as_text().unwrap().text;
            assert!(text.contains(said), "{text}");
            assert_eq!(fault.is_error, Some(true));
        }
    }
}
