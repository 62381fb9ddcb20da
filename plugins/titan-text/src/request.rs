//! A request as the body of InvokeModel, and what of it the model cannot be told.

use adit_plugin::Failure;
use adit_plugin::chat::{Message, Part, Request, Role, Sampling, ToolChoice};
use serde::Serialize;
use serde_json::Value;

use crate::prompt::Prompt;

/// The stop sequence that keeps the model from answering itself. One is all that it takes.
const TURN: &str = "User:";

/// A request that the model takes.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) body: Vec<u8>,
    /// The stop sequence that is the client's.
    pub(crate) stop: Option<String>,
    /// By their OpenAI names.
    pub(crate) dropped: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    input_text: String,
    text_generation_config: Generation<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Generation<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_token_count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    stop_sequences: [&'a str; 1],
}

/// Writes a request. Fails with what the client reads where content would be lost.
pub(crate) fn write(request: &Request) -> Result<Written, Failure> {
    let mut dropped = Vec::new();
    if !request.tools.is_empty() {
        if matches!(request.tool_choice, Some(ToolChoice::Any | ToolChoice::Named(_))) {
            return Err(refusal("`tool_choice` asks for a call, and Titan Text calls no tools"));
        }
        dropped.push("tools".to_owned());
    }
    let Sampling { max_tokens, temperature, top_p, top_k, stop_sequences } = &request.sampling;
    if top_k.is_some() {
        dropped.push("top_k".to_owned());
    }
    let stop = stop_sequences.iter().find(|stop| is_taken(stop)).cloned();
    if stop_sequences.len() > usize::from(stop.is_some()) {
        dropped.push("stop".to_owned());
    }
    dropped.extend(extra(request.extra.as_deref()));

    let body = Body {
        input_text: prompt(request)?,
        text_generation_config: Generation {
            max_token_count: max_tokens.or_else(|| longest_answer(&request.model)),
            temperature: *temperature,
            top_p: *top_p,
            stop_sequences: [stop.as_deref().unwrap_or(TURN)],
        },
    };
    let body = serde_json::to_vec(&body).map_err(|_| refusal("the request cannot be written as JSON"))?;
    Ok(Written { body, stop, dropped })
}

fn prompt(request: &Request) -> Result<String, Failure> {
    let mut prompt = Prompt::default();
    for part in &request.system {
        prompt.instructions(&said(part)?.unwrap_or_default());
    }
    for Message { role, parts } in &request.messages {
        let mut text = String::new();
        for part in parts {
            if let Some(said) = said(part)? {
                if !text.is_empty() {
                    text.push('\n');
                }
                text.push_str(&said);
            }
        }
        // A turn of thinking alone says nothing to a model that cannot think.
        if *role == Role::User || !text.is_empty() {
            prompt.turn(*role, &text);
        }
    }
    Ok(prompt.finish())
}

/// What a part says in words; none if it may be left out.
fn said(part: &Part) -> Result<Option<String>, Failure> {
    Ok(match part {
        Part::Text(text) => Some(text.clone()),
        Part::Reasoning(_) | Part::RedactedReasoning(_) => None,
        Part::Other(json) => other(json)?,
        Part::Blob(_) | Part::Data(_) => {
            return Err(refusal("Titan Text reads no images and no documents: send text alone"));
        }
        Part::ToolUse(_) | Part::ToolResult(_) => {
            return Err(refusal("Titan Text reads no calls of tools and no results: send text alone"));
        }
    })
}

fn other(json: &str) -> Result<Option<String>, Failure> {
    let value: Value = serde_json::from_str(json).unwrap_or_default();
    if value.get("cache_control").is_some() {
        return Ok(None);
    }
    let text = value.pointer("/guarded_text/text").and_then(Value::as_str);
    text.map(|text| Some(text.to_owned())).ok_or_else(|| {
        refusal("Titan Text reads text alone, and a part of the conversation is something else")
    })
}

/// Names of what the contract has no member for. The host sees to the tier and the metadata.
fn extra(json: Option<&str>) -> Vec<String> {
    let value: Value = json.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let names = value.as_object().into_iter().flat_map(|members| members.iter());
    names
        .filter(|(name, value)| match name.as_str() {
            // No tool is called, so no two are; and a model that cannot think does not.
            "service_tier" | "metadata" | "parallel_tool_calls" => false,
            "reasoning_effort" => *value != "none",
            _ => true,
        })
        .map(|(name, _)| name.clone())
        .collect()
}

/// The longest answer, in tokens; the model's own choice is 512.
fn longest_answer(model: &str) -> Option<u32> {
    let longest = [("titan-text-lite", 4096), ("titan-text-express", 8192), ("titan-text-premier", 3072)];
    longest.into_iter().find(|(name, _)| model.contains(name)).map(|(_, tokens)| tokens)
}

/// Bedrock takes `|`, any number of it, and `User:`; every other text is refused.
fn is_taken(stop: &str) -> bool {
    stop == TURN || (!stop.is_empty() && stop.bytes().all(|byte| byte == b'|'))
}

fn refusal(message: &str) -> Failure {
    Failure::new(400, "unsupported_parameter", message)
}
