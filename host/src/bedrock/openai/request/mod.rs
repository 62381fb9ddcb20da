//! A request as the JSON body of Chat Completions. The order of members is the client's wherever it
//! chose one, so that the prompt cache knows a prompt again.

mod body;
mod messages;

use std::num::NonZeroU32;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::bedrock::request::Dropped;
use crate::capability::{Capabilities, Support};
use crate::chat::{
    Delivery, Json, OutputFormat, ParallelCalls, Request, ServiceTier, Strictness, Thinking, ToolChoice,
};
use crate::error::{Failure, Kind};

use self::body::{
    Body, Choice, Function, JsonSchema, Members, Name, Named, ResponseFormat, StreamOptions, Tool,
};

/// What a client may not set beside the members that mean the same: it would reach no plugin, or
/// change how the answer has to be read.
const OURS: [&str; 23] = [
    "functions",
    "function_call",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "reasoning_effort",
    "response_format",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "modalities",
    "amazon-bedrock-guardrailConfig",
];

/// A request as the endpoint takes it.
#[derive(Debug)]
pub(in crate::bedrock) struct Written {
    /// The body.
    pub(in crate::bedrock) body: Bytes,
    /// Request fields that the endpoint cannot take, by their OpenAI names.
    pub(in crate::bedrock) dropped: Vec<String>,
}

/// Writes a request (OpenAI's API reference, "Create chat completion"). Its guardrail is no part of the
/// body, but of the headers.
///
/// Fails where content or a guardrail would be lost. What the model itself cannot do, the endpoint
/// says.
pub(in crate::bedrock) fn write(request: &Request, capabilities: &Capabilities) -> Result<Written, Failure> {
    if request.guardrail.is_some() && capabilities.guardrails == Support::Refused {
        let message = "the key's guardrail cannot check this model; choose another model";
        return Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model"));
    }
    let mut dropped = Dropped::default();
    let mut messages: Vec<_> = messages::system(&request.system, &mut dropped)?.collect();
    for (position, turn) in request.messages.iter().enumerate() {
        messages::turn(turn, position, &mut dropped, &mut messages)?;
    }
    if request.sampling.top_k.is_some() {
        dropped.note("top_k");
    }
    let is_stream = request.delivery == Delivery::Streamed;
    let body = Body {
        model: request.called(),
        messages,
        tools: tools(request, &mut dropped)?,
        tool_choice: request.tool_choice.as_ref().filter(|_| !request.tools.is_empty()).map(choice),
        parallel_tool_calls: (request.parallel_calls == ParallelCalls::OneAtATime
            && !request.tools.is_empty())
        .then_some(false),
        max_completion_tokens: max_tokens(request, capabilities),
        temperature: request.sampling.temperature,
        top_p: request.sampling.top_p,
        stop: &request.sampling.stop_sequences,
        reasoning_effort: effort(&request.thinking, &mut dropped),
        response_format: response_format(&request.output)?,
        service_tier: request.service_tier.map(ServiceTier::as_str),
        metadata: metadata(&request.metadata, &mut dropped),
        stream: is_stream,
        // Whether the client wants to know or not: the operator does.
        stream_options: is_stream.then_some(StreamOptions { include_usage: true }),
        additional: additional(&request.additional)?,
    };
    let body = serde_json::to_vec(&body).map_err(|fault| internal().with_internal(fault.to_string()))?;
    Ok(Written { body: body.into(), dropped: dropped.0 })
}

/// As many as OpenAI takes; what the host notes stands first.
fn metadata<'a>(entries: &'a [(String, String)], dropped: &mut Dropped) -> Members<'a, &'a str> {
    const MOST: usize = 16;
    if entries.len() > MOST {
        dropped.note("metadata");
    }
    Members(entries.iter().take(MOST).map(|(name, value)| (name.as_str(), value.as_str())).collect())
}

/// What the client asks for, as far as the model goes. Without a number the endpoint may stop early.
fn max_tokens(request: &Request, capabilities: &Capabilities) -> Option<u32> {
    let limit = capabilities.max_output_tokens.map(NonZeroU32::get);
    request.sampling.max_tokens.into_iter().chain(limit).min()
}

fn tools<'a>(request: &'a Request, dropped: &mut Dropped) -> Result<Vec<Tool<'a>>, Failure> {
    let mut tools = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        if tool.cache.is_some() {
            dropped.note("cache_control");
        }
        tools.push(Tool::Function {
            function: Function {
                name: &tool.name,
                description: tool.description.as_deref(),
                parameters: raw(&tool.input_schema)?,
                strict: (tool.strictness == Strictness::Strict).then_some(true),
            },
        });
    }
    Ok(tools)
}

fn choice(choice: &ToolChoice) -> Choice<'_> {
    match choice {
        ToolChoice::Auto => Choice::Mode("auto"),
        ToolChoice::Any => Choice::Mode("required"),
        ToolChoice::None => Choice::Mode("none"),
        ToolChoice::Named(name) => Choice::Named(Named::Function { function: Name { name } }),
    }
}

fn effort(thinking: &Thinking, dropped: &mut Dropped) -> Option<&'static str> {
    Some(match thinking {
        Thinking::Unsaid => return None,
        Thinking::Off => "none",
        Thinking::Effort(effort) => effort.as_str(),
        Thinking::Given(_) => {
            dropped.note("thinking");
            return None;
        }
    })
}

fn response_format(output: &OutputFormat) -> Result<Option<ResponseFormat<'_>>, Failure> {
    Ok(match output {
        OutputFormat::Text => None,
        OutputFormat::JsonObject => Some(ResponseFormat::JsonObject),
        OutputFormat::JsonSchema(schema) => Some(ResponseFormat::JsonSchema {
            json_schema: JsonSchema {
                name: &schema.name,
                description: schema.description.as_deref(),
                schema: raw(&schema.schema)?,
                strict: schema.strictness == Strictness::Strict,
            },
        }),
    })
}

/// Members of the model's own interface, which is this endpoint.
fn additional(members: &[(String, Json)]) -> Result<Members<'_, &RawValue>, Failure> {
    let mut written = Vec::with_capacity(members.len());
    for (name, value) in members {
        if OURS.contains(&name.as_str()) {
            let message = format!("`{name}` can only be a member of the request itself");
            return Err(Failure::invalid(format!("additional_model_request_fields.{name}"), message));
        }
        written.push((name.as_str(), raw(value)?));
    }
    Ok(Members(written))
}

fn raw(json: &Json) -> Result<&RawValue, Failure> {
    serde_json::from_str(json.as_str())
        .map_err(|fault| internal().with_internal(format!("a part of the request is no JSON: {fault}")))
}

fn internal() -> Failure {
    Failure::new(Kind::Internal, "the request could not be written for Bedrock")
}

#[cfg(test)]
mod tests;
