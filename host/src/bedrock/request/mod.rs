//! A request as the JSON body of Converse and ConverseStream (both take the same one).
//!
//! Written directly, not through the SDK's input types: those keep JSON in hash maps, which would
//! give a tool's schema another member order on every call. Models read a schema in order, and
//! Bedrock's prompt cache only knows a prompt again by its exact text.

mod body;

use serde_json::value::RawValue;

use bytes::Bytes;

use crate::chat;
use crate::chat::{
    Blob, MediaType, Message, Part, Request, ResultPart, Role, Sampling, ToolChoice, ToolResultStatus,
};
use crate::error::{Failure, Kind};

use self::body::{
    Base64, Block, Body, Choice, Image, InferenceConfig, InputSchema, Reasoning, ReasoningText, Source,
    ToolConfig, ToolEntry, ToolResult, ToolSpec, ToolUse, Turn,
};

/// Whether the model may call tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    /// Its calls are part of the answer.
    Allowed,
    /// There is none to call. Converse has no `none`, and demands a tool where the history holds
    /// calls; so a call may still come, of the placeholder, and is no part of the answer.
    Withheld,
}

impl Calls {
    pub(super) fn of(request: &Request) -> Self {
        if request.tools.is_empty() || request.tool_choice == Some(ToolChoice::None) {
            Self::Withheld
        } else {
            Self::Allowed
        }
    }
}

/// A request as Converse takes it.
#[derive(Debug)]
pub(super) struct Written {
    /// The body.
    pub(super) body: Bytes,
    /// Request fields that the model cannot take, by their OpenAI names.
    pub(super) dropped: Vec<String>,
    /// What the answer has to be read by.
    pub(super) reading: Reading,
}

/// What an answer has to be read by: what was changed on the way in is changed back.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Whether calls are part of the answer.
    pub(super) calls: Calls,
}

/// Writes a request (API reference, `Converse`).
pub(super) fn write(request: &Request) -> Result<Written, Failure> {
    let reading = Reading { calls: Calls::of(request) };
    Ok(Written { body: body(request)?.into(), dropped: Vec::new(), reading })
}

fn body(request: &Request) -> Result<Vec<u8>, Failure> {
    let body = Body {
        system: system(&request.system)?,
        messages: messages(&request.messages)?,
        inference_config: inference_config(&request.sampling),
        tool_config: tool_config(request)?,
    };
    serde_json::to_vec(&body)
        .map_err(|fault| internal().with_internal(format!("cannot write the Converse body: {fault}")))
}

fn system(parts: &[Part]) -> Result<Vec<Block<'_>>, Failure> {
    parts
        .iter()
        .enumerate()
        .filter(|(_, part)| !matches!(part, Part::Text(text) if is_blank(text)))
        .map(|(index, part)| match part {
            Part::Text(text) => Ok(Block::Text(text)),
            _ => Err(Failure::invalid(format!("system[{index}]"), "a system prompt can only be text")),
        })
        .collect()
}

fn messages(messages: &[Message]) -> Result<Vec<Turn<'_>>, Failure> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(messages.len());
    for message in messages {
        let mut content = Vec::with_capacity(message.parts.len());
        for part in &message.parts {
            content.extend(block(part)?);
        }
        // Converse refuses a message without content, and two of the same role in a row. A hook
        // that removes text may leave either.
        match turns.last_mut() {
            _ if content.is_empty() => {}
            Some(last) if last.role == role(message.role) => last.content.append(&mut content),
            _ => turns.push(Turn { role: role(message.role), content }),
        }
    }
    if turns.is_empty() {
        return Err(Failure::invalid("messages", "no message has any content"));
    }
    Ok(turns)
}

fn role(role: Role) -> &'static str {
    match role {
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// A part as a block, if Converse takes it.
fn block(part: &Part) -> Result<Option<Block<'_>>, Failure> {
    Ok(match part {
        Part::Text(text) if is_blank(text) => None,
        Part::Text(text) => Some(Block::Text(text)),
        Part::Guarded(guarded) => Some(Block::Text(&guarded.text)),
        Part::Blob(blob) => Some(Block::Image(image(blob)?)),
        Part::Document(_) | Part::Remote(_) | Part::RedactedReasoning(_) | Part::CachePoint(_) => None,
        Part::ToolUse(call) => Some(Block::ToolUse(ToolUse {
            tool_use_id: &call.id,
            name: &call.name,
            input: raw(call.input.as_str())?,
        })),
        Part::ToolResult(result) => Some(Block::ToolResult(ToolResult {
            tool_use_id: &result.tool_use_id,
            content: result
                .content
                .iter()
                .filter_map(|part| result_block(part).transpose())
                .collect::<Result<_, Failure>>()?,
            status: match result.status {
                ToolResultStatus::Success => None,
                ToolResultStatus::Error => Some("error"),
            },
        })),
        // Bedrock takes thinking back only with the model's seal.
        Part::Reasoning(reasoning) => reasoning.signature.as_deref().map(|signature| {
            Block::ReasoningContent(Reasoning {
                reasoning_text: ReasoningText { text: &reasoning.text, signature },
            })
        }),
    })
}

fn result_block(part: &ResultPart) -> Result<Option<Block<'_>>, Failure> {
    Ok(match part {
        ResultPart::Text(text) if is_blank(text) => None,
        ResultPart::Text(text) => Some(Block::Text(text)),
        ResultPart::Blob(blob) => Some(Block::Image(image(blob)?)),
        ResultPart::Document(_) | ResultPart::Remote(_) | ResultPart::CachePoint(_) => None,
    })
}

fn image(blob: &Blob) -> Result<Image<'_>, Failure> {
    let format = match blob.media_type {
        MediaType::Png => "png",
        MediaType::Jpeg => "jpeg",
        MediaType::Gif => "gif",
        MediaType::Webp => "webp",
    };
    match &blob.source {
        chat::Source::Bytes(bytes) => Ok(Image { format, source: Source { bytes: Base64(bytes) } }),
        chat::Source::S3(_) => Err(internal()),
    }
}

fn inference_config(sampling: &Sampling) -> Option<InferenceConfig<'_>> {
    let config = InferenceConfig {
        max_tokens: sampling.max_tokens,
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        stop_sequences: &sampling.stop_sequences,
    };
    (*sampling != Sampling::default()).then_some(config)
}

fn tool_config(request: &Request) -> Result<Option<ToolConfig<'_>>, Failure> {
    if Calls::of(request) == Calls::Withheld {
        return mentions_tools(&request.messages).then(placeholder).transpose();
    }
    let tools = request
        .tools
        .iter()
        .map(|tool| {
            Ok(ToolEntry::ToolSpec(ToolSpec {
                name: &tool.name,
                // A hook may have left nothing of it, and Bedrock takes no blank text.
                description: tool.description.as_deref().filter(|text| !is_blank(text)),
                input_schema: InputSchema { json: raw(tool.input_schema.as_str())? },
            }))
        })
        .collect::<Result<_, Failure>>()?;
    let tool_choice = match &request.tool_choice {
        None | Some(ToolChoice::Auto | ToolChoice::None) => None,
        Some(ToolChoice::Any) => Some(Choice::Any {}),
        Some(ToolChoice::Named(name)) => Some(Choice::Tool { name }),
    };
    Ok(Some(ToolConfig { tools, tool_choice }))
}

/// A tool that does nothing, so that Converse takes a history of calls.
fn placeholder() -> Result<ToolConfig<'static>, Failure> {
    let spec = ToolSpec {
        name: "no_tool_available",
        description: Some("There is no tool to call. Answer in text."),
        input_schema: InputSchema { json: raw(r#"{"type":"object","properties":{}}"#)? },
    };
    Ok(ToolConfig { tools: vec![ToolEntry::ToolSpec(spec)], tool_choice: None })
}

fn mentions_tools(messages: &[Message]) -> bool {
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    parts.any(|part| matches!(part, Part::ToolUse(_) | Part::ToolResult(_)))
}

/// Converse refuses text of white space alone.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn raw(json: &str) -> Result<&RawValue, Failure> {
    serde_json::from_str(json)
        .map_err(|fault| internal().with_internal(format!("a tool's JSON is malformed: {fault}")))
}

fn internal() -> Failure {
    Failure::new(Kind::Internal, "the request could not be written for Bedrock")
}

#[cfg(test)]
mod tests;
