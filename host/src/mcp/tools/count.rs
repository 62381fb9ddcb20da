use rmcp::model::{CallToolResult, JsonObject};
use serde_json::{Value, json};

use super::{Description, Fault, Nature, chat, structured};
use crate::mcp::arguments::{object, read};
use crate::mcp::desk::Desk;
use crate::pipeline::{CountedBy, TokenCount};

/// What says how an answer is to be, and is no part of the prompt.
const OF_ANSWERS: [&str; 4] = ["temperature", "top_p", "max_tokens", "stop"];

pub(super) fn description() -> Description {
    let mut input = object(chat::description().input);
    if let Some(properties) = input.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !OF_ANSWERS.contains(&name.as_str()));
    }
    Description {
        title: "Count the tokens of a prompt",
        text: "Count the tokens that a model of Amazon Bedrock would read for a prompt or a conversation, without asking \
               it. Use it before a long or dear request, with the same `system`, `messages` and `images`. It costs \
               nothing. Where Bedrock does not count for the model, the number is an estimate, and `counted_by` says so.",
        input: input.into(),
        output: Some(json!({
            "type": "object",
            "properties": {
                "model": {"type": "string"},
                "input_tokens": {"type": "integer"},
                "counted_by": {
                    "type": "string",
                    "enum": ["bedrock", "estimate"],
                    "description": "`bedrock`: exactly; `estimate`: by the length of the text, which may be a quarter off",
                },
            },
            "required": ["model", "input_tokens", "counted_by"],
        })),
        nature: Nature::Closed,
    }
}

pub(super) async fn call(arguments: Option<JsonObject>, desk: &dyn Desk) -> Result<CallToolResult, Fault> {
    let TokenCount { model, input_tokens, counted } = desk.count(chat::request(read(arguments)?)?).await?;
    let counted_by = match counted {
        CountedBy::Upstream => "bedrock",
        CountedBy::Estimate => "estimate",
    };
    Ok(structured(json!({"model": model, "input_tokens": input_tokens, "counted_by": counted_by})))
}
