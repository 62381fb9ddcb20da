//! A whole request, to a plugin and back.
//!
//! Bytes stay here: a plugin sees an image or a document as its number in reading order.

mod extra;
mod media;
mod other;
mod read;

use bytes::Bytes;

use crate::chat::{
    Blob, Document, Message, Part, Reasoning, Request, ResultPart, Role, Sampling, Source, Tool, ToolChoice,
    ToolResult, ToolResultStatus, ToolUse,
};
use crate::plugin::bindings::adit::plugin::chat as wit;
use other::Other;

pub(in crate::plugin) use read::{check_model, read_request};

/// A request as a plugin sees it. The bytes that it cannot see are added to `blobs`, each at the place
/// that its id names.
pub(in crate::plugin) fn request(request: &Request, blobs: &mut Vec<Bytes>) -> wit::Request {
    let Request {
        model,
        system,
        messages,
        tools,
        tool_choice,
        sampling,
        // The key's policy and the client's wishes for the answer are no plugin's business; the rest
        // is in `extra`.
        prefill: _,
        guardrail: _,
        caching: _,
        delivery: _,
        destination: _,
        parallel_calls: _,
        thinking: _,
        output: _,
        service_tier: _,
        metadata: _,
        additional: _,
    } = request;
    wit::Request {
        model: model.clone(),
        system: parts(system, blobs),
        messages: messages.iter().map(|message| turn(message, blobs)).collect(),
        tools: tools.iter().map(tool).collect(),
        tool_choice: tool_choice.as_ref().map(choice),
        sampling: drawn(sampling),
        extra: extra::of_request(request),
    }
}

/// Bytes of what a plugin reads of a request, in all.
pub(in crate::plugin) fn text_bytes(request: &wit::Request) -> usize {
    let of_result = |part: &wit::ResultPart| match part {
        wit::ResultPart::Text(text) | wit::ResultPart::Other(text) => text.len(),
        wit::ResultPart::Blob(_) | wit::ResultPart::Data(_) => 0,
    };
    let of_part = |part: &wit::Part| match part {
        wit::Part::Text(text) | wit::Part::RedactedReasoning(text) | wit::Part::Other(text) => text.len(),
        wit::Part::ToolUse(call) => call.input.len(),
        wit::Part::ToolResult(result) => result.content.iter().map(of_result).sum(),
        wit::Part::Reasoning(reasoning) => reasoning.text.len(),
        wit::Part::Blob(_) | wit::Part::Data(_) => 0,
    };
    let of_tool =
        |tool: &wit::Tool| tool.input_schema.len() + tool.description.as_ref().map_or(0, String::len);
    let parts = request.system.iter().chain(request.messages.iter().flat_map(|message| &message.parts));
    let extra = request.extra.as_ref().map_or(0, String::len);
    parts.map(of_part).sum::<usize>() + request.tools.iter().map(of_tool).sum::<usize>() + extra
}

fn turn(message: &Message, blobs: &mut Vec<Bytes>) -> wit::Message {
    let role = match message.role {
        Role::User => wit::Role::User,
        Role::Assistant => wit::Role::Assistant,
    };
    wit::Message { role, parts: parts(&message.parts, blobs) }
}

fn parts(parts: &[Part], blobs: &mut Vec<Bytes>) -> Vec<wit::Part> {
    parts.iter().map(|it| part(it, blobs)).collect()
}

fn part(part: &Part, blobs: &mut Vec<Bytes>) -> wit::Part {
    match part {
        Part::Text(text) => wit::Part::Text(text.clone()),
        Part::Guarded(guarded) => wit::Part::Other(Other::guarded(guarded).write()),
        Part::Blob(image) => Shown::image(image, blobs).into(),
        Part::Document(document) => Shown::document(document, blobs).into(),
        Part::Remote(remote) => wit::Part::Other(Other::Remote(remote.url.clone()).write()),
        Part::ToolUse(ToolUse { id, name, input }) => wit::Part::ToolUse(wit::ToolUse {
            id: id.clone(),
            name: name.clone(),
            input: input.as_str().to_owned(),
        }),
        Part::ToolResult(ToolResult { tool_use_id, status, content }) => {
            wit::Part::ToolResult(wit::ToolResult {
                tool_use_id: tool_use_id.clone(),
                is_error: *status == ToolResultStatus::Error,
                content: content.iter().map(|part| result_part(part, blobs)).collect(),
            })
        }
        Part::Reasoning(Reasoning { text, signature }) => {
            wit::Part::Reasoning(wit::Reasoning { text: text.clone(), signature: signature.clone() })
        }
        Part::RedactedReasoning(data) => wit::Part::RedactedReasoning(data.clone()),
        Part::CachePoint(ttl) => wit::Part::Other(Other::cache(*ttl).write()),
    }
}

fn result_part(part: &ResultPart, blobs: &mut Vec<Bytes>) -> wit::ResultPart {
    match part {
        ResultPart::Text(text) => wit::ResultPart::Text(text.clone()),
        ResultPart::Blob(image) => Shown::image(image, blobs).into(),
        ResultPart::Document(document) => Shown::document(document, blobs).into(),
        ResultPart::Remote(remote) => wit::ResultPart::Other(Other::Remote(remote.url.clone()).write()),
        ResultPart::CachePoint(ttl) => wit::ResultPart::Other(Other::cache(*ttl).write()),
    }
}

/// An image or a document, as a plugin sees it.
enum Shown {
    /// By its id.
    Blob(wit::Blob),
    /// By its place in S3.
    Other(String),
}

impl Shown {
    fn image(image: &Blob, blobs: &mut Vec<Bytes>) -> Self {
        Self::of(&image.source, image.media_type.mime(), None, blobs)
    }

    fn document(document: &Document, blobs: &mut Vec<Bytes>) -> Self {
        Self::of(&document.source, document.format.mime(), document.name.as_deref(), blobs)
    }

    fn of(source: &Source, media_type: &str, name: Option<&str>, blobs: &mut Vec<Bytes>) -> Self {
        let bytes = match source {
            Source::Bytes(bytes) => bytes,
            Source::S3(uri) => return Self::Other(Other::s3(uri, media_type, name).write()),
        };
        let id = u32::try_from(blobs.len()).unwrap_or(u32::MAX);
        blobs.push(bytes.clone());
        Self::Blob(wit::Blob {
            id,
            media_type: media_type.to_owned(),
            name: name.map(str::to_owned),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        })
    }
}

impl From<Shown> for wit::Part {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Blob(blob) => Self::Blob(blob),
            Shown::Other(json) => Self::Other(json),
        }
    }
}

impl From<Shown> for wit::ResultPart {
    fn from(shown: Shown) -> Self {
        match shown {
            Shown::Blob(blob) => Self::Blob(blob),
            Shown::Other(json) => Self::Other(json),
        }
    }
}

fn tool(tool: &Tool) -> wit::Tool {
    let Tool { name, description, input_schema, strictness: _, cache: _ } = tool;
    wit::Tool {
        name: name.clone(),
        description: description.clone(),
        input_schema: input_schema.as_str().to_owned(),
        extra: extra::of_tool(tool),
    }
}

fn choice(choice: &ToolChoice) -> wit::ToolChoice {
    match choice {
        ToolChoice::Auto => wit::ToolChoice::Auto,
        ToolChoice::Any => wit::ToolChoice::Any,
        ToolChoice::None => wit::ToolChoice::None,
        ToolChoice::Named(name) => wit::ToolChoice::Named(name.clone()),
    }
}

fn drawn(sampling: &Sampling) -> wit::Sampling {
    let Sampling { max_tokens, temperature, top_p, top_k, stop_sequences } = sampling;
    wit::Sampling {
        max_tokens: *max_tokens,
        temperature: temperature.map(widened),
        top_p: top_p.map(widened),
        top_k: *top_k,
        stop_sequences: stop_sequences.clone(),
    }
}

/// 0.7 stays 0.7: the number that is written as this one is, not the one nearest to it in binary.
fn widened(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

#[cfg(test)]
mod tests;
