use rmcp::model::{CallToolResult, JsonObject};
use serde::Deserialize;
use serde_json::json;

use super::{Description, Fault, Nature, structured};
use crate::mcp::arguments::read;
use crate::mcp::desk::Desk;

pub(super) fn description() -> Description {
    let day = |text: &str| json!({"type": "string", "format": "date", "description": text});
    let tally = json!({
        "type": "object",
        "properties": {
            "requests": {"type": "integer"},
            "errors": {"type": "integer"},
            "input_tokens": {"type": "integer"},
            "output_tokens": {"type": "integer"},
            "cost_usd": {"type": "number"},
        },
        "required": ["requests", "errors", "input_tokens", "output_tokens", "cost_usd"],
    });
    Description {
        title: "What was used",
        text: "Say what the caller's key has used, by day and model: requests, tokens and US dollars; and what is left \
               of its budgets and limits. Without days it is this month.",
        input: json!({
            "type": "object",
            "properties": {
                "since": day("the first day, `YYYY-MM-DD` in UTC"),
                "until": day("the last day, `YYYY-MM-DD` in UTC"),
            },
            "additionalProperties": false,
        }),
        output: Some(json!({
            "type": "object",
            "properties": {
                "key": {"type": "string"},
                "team": {"type": ["string", "null"]},
                "since": {"type": "string"},
                "until": {"type": "string"},
                "total": tally,
                "days": {"type": "array", "items": {"type": "object"}},
                "limits": {"type": "array", "items": {"type": "object"}},
            },
            "required": ["key", "since", "until", "total", "days", "limits"],
        })),
        nature: Nature::Closed,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    since: Option<String>,
    until: Option<String>,
}

pub(super) async fn call(arguments: Option<JsonObject>, desk: &dyn Desk) -> Result<CallToolResult, Fault> {
    let Arguments { since, until } = read(arguments)?;
    Ok(structured(desk.usage(since.as_deref(), until.as_deref()).await?))
}
