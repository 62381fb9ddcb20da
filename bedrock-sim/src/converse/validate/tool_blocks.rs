//! Tools: their definitions, and that each call is answered in the next message.

use std::collections::HashSet;

use serde_json::Value;

use crate::converse::request::{ContentBlock, Message, Request, Role, Tool, ToolChoice, ToolResult};
use crate::error::ServiceError;

pub(super) fn check(request: &Request) -> Result<(), ServiceError> {
    definitions(request)?;
    let blocks = || request.messages.iter().flat_map(|message| &message.content);
    if request.tool_config.is_none() && blocks().any(is_tool_block) {
        return Err(ServiceError::validation(
            "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
        ));
    }
    for (index, message) in request.messages.iter().enumerate() {
        sides(index, message)?;
        let previous = index.checked_sub(1).and_then(|index| request.messages.get(index));
        pairs(index, previous.map_or(&[], |message| message.content.as_slice()), &message.content)?;
    }
    // A call in the last message has nowhere to be answered.
    let last = request.messages.last().map_or(&[][..], |message| message.content.as_slice());
    pairs(request.messages.len(), last, &[])
}

fn definitions(request: &Request) -> Result<(), ServiceError> {
    let mut names = HashSet::new();
    let tools = request.tool_config.iter().flat_map(|config| &config.tools);
    for (index, tool) in tools.enumerate() {
        let Tool::ToolSpec(spec) = tool else { continue };
        if spec.input_schema.json.get("type").and_then(Value::as_str) != Some("object") {
            return Err(ServiceError::validation(format!(
                "The value at toolConfig.tools.{index}.toolSpec.inputSchema.json.type must be one of the following: object."
            )));
        }
        if !names.insert(spec.name.as_str()) {
            return Err(ServiceError::model_refused("tools: Tool names must be unique."));
        }
    }
    if let Some(ToolChoice::Tool { name }) = request.tool_choice()
        && !names.contains(name.as_str())
    {
        return Err(ServiceError::model_refused(format!("Tool '{name}' not found in provided tools")));
    }
    Ok(())
}

fn is_tool_block(block: &ContentBlock) -> bool {
    matches!(block, ContentBlock::ToolUse(_) | ContentBlock::ToolResult(_))
}

/// Calls belong to the assistant, results to the user; the service's own tools answer inside the assistant's message.
fn sides(index: usize, message: &Message) -> Result<(), ServiceError> {
    for block in &message.content {
        let (kind, side) = match block {
            ContentBlock::ToolUse(_) if message.role == Role::User => ("tool_use", "assistant"),
            ContentBlock::ToolResult(result) if message.role == Role::Assistant && result.kind.is_none() => {
                ("tool_result", "user")
            }
            _ => continue,
        };
        return Err(ServiceError::model_refused(format!(
            "messages.{index}: `{kind}` blocks can only be in `{side}` messages"
        )));
    }
    Ok(())
}

fn pairs(index: usize, previous: &[ContentBlock], content: &[ContentBlock]) -> Result<(), ServiceError> {
    let calls: Vec<&str> = previous
        .iter()
        .filter_map(|block| match block {
            ContentBlock::ToolUse(call) if call.kind.is_none() => Some(call.id.as_str()),
            _ => None,
        })
        .collect();
    let results: Vec<(usize, &ToolResult)> = content
        .iter()
        .enumerate()
        .filter_map(|(position, block)| match block {
            ContentBlock::ToolResult(result) if result.kind.is_none() => Some((position, result)),
            _ => None,
        })
        .collect();
    let answered: HashSet<&str> = results.iter().map(|(_, result)| result.tool_use_id.as_str()).collect();
    let missing: Vec<&str> = calls.iter().filter(|id| !answered.contains(*id)).copied().collect();
    if !missing.is_empty() {
        return Err(ServiceError::validation(format!(
            "Expected toolResult blocks at messages.{index}.content for the following Ids: {}",
            missing.join(", ")
        )));
    }
    if results.len() > calls.len() {
        return Err(ServiceError::validation(format!(
            "The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of previous turn."
        )));
    }
    if let Some((position, orphan)) =
        results.iter().find(|(_, result)| !calls.contains(&result.tool_use_id.as_str()))
    {
        return Err(ServiceError::model_refused(format!(
            "messages.{index}.content.{position}: unexpected `tool_use_id` found in `tool_result` blocks: {}. \
             Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
            orphan.tool_use_id
        )));
    }
    Ok(())
}
