//! A request that a plugin made, checked as one that a client sent. No fault repeats what a prompt says.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::extra;
use super::media::{Media, brought};
use super::other::Other;
use crate::chat::{
    CacheTtl, Json, Message, Part, Reasoning, Request, ResultPart, Role, Sampling, Tool, ToolChoice,
    ToolResult, ToolResultStatus, ToolUse,
};
use crate::plugin::bindings::adit::plugin::chat as wit;

/// The longest model id or ARN that Bedrock takes (API reference, `Converse`, `modelId`).
const MAX_MODEL_BYTES: usize = 2048;
/// The longest name of a tool, as for a client.
const MAX_NAME_BYTES: usize = 1024;

/// The request that a plugin answers with. What has no member in the contract, and what `extra` leaves
/// out, is as in `base`; blobs are those of `base`. The error says what is wrong and where.
pub(in crate::plugin) fn read_request(request: wit::Request, base: &Request) -> Result<Request, String> {
    let wit::Request { model, system, messages, tools, tool_choice, sampling, extra } = request;
    check_model(&model)?;
    let media = Media::of(base);
    let tools = read_tools(tools)?;
    let tool_choice = match tool_choice {
        Some(choice) => read_choice(choice, &tools)?,
        None => None,
    };
    let mut read = Request {
        model,
        system: read_parts(system, &media, "system")?,
        messages: read_messages(messages, &media)?,
        tools,
        tool_choice,
        sampling: read_sampling(sampling)?,
        prefill: base.prefill,
        parallel_calls: base.parallel_calls,
        thinking: base.thinking.clone(),
        output: base.output.clone(),
        service_tier: base.service_tier,
        metadata: base.metadata.clone(),
        guardrail: base.guardrail.clone(),
        caching: base.caching,
        additional: base.additional.clone(),
        delivery: base.delivery,
        destination: base.destination.clone(),
    };
    if let Some(extra) = extra {
        extra::read_into(&extra, &mut read)?;
    }
    Ok(read)
}

/// The id is part of the path of the call, where `.` and `..` would lead elsewhere.
pub(in crate::plugin) fn check_model(model: &str) -> Result<(), String> {
    if model.trim().is_empty() || model.len() > MAX_MODEL_BYTES {
        return Err(format!("model: has to have 1 to {MAX_MODEL_BYTES} bytes"));
    }
    if model.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("model: must not have `.` or `..` as a segment".to_owned());
    }
    Ok(())
}

fn read_messages(messages: Vec<wit::Message>, media: &Media) -> Result<Vec<Message>, String> {
    let read = messages.into_iter().enumerate().map(|(place, wit::Message { role, parts })| {
        let role = match role {
            wit::Role::User => Role::User,
            wit::Role::Assistant => Role::Assistant,
        };
        Ok(Message { role, parts: read_parts(parts, media, &format!("messages[{place}].parts"))? })
    });
    read.collect()
}

fn read_parts(parts: Vec<wit::Part>, media: &Media, path: &str) -> Result<Vec<Part>, String> {
    let read = parts
        .into_iter()
        .enumerate()
        .map(|(place, part)| read_part(part, media).map_err(|fault| format!("{path}[{place}]: {fault}")));
    read.collect()
}

fn read_part(part: wit::Part, media: &Media) -> Result<Part, String> {
    Ok(match part {
        wit::Part::Text(text) => Part::Text(text),
        wit::Part::Blob(blob) => media.kept(blob)?.into(),
        wit::Part::Data(data) => brought(data)?.into(),
        wit::Part::ToolUse(wit::ToolUse { id, name, input }) => {
            if id.trim().is_empty() || name.trim().is_empty() {
                return Err("a call of a tool without an id or a name".to_owned());
            }
            let input = Json::parse_object(&input).ok_or("`input` is not a JSON object")?;
            Part::ToolUse(ToolUse { id, name, input })
        }
        wit::Part::ToolResult(wit::ToolResult { tool_use_id, is_error, content }) => {
            let content = content.into_iter().enumerate().map(|(place, part)| {
                read_result_part(part, media).map_err(|fault| format!("content[{place}]: {fault}"))
            });
            let status = if is_error { ToolResultStatus::Error } else { ToolResultStatus::Success };
            Part::ToolResult(ToolResult { tool_use_id, status, content: content.collect::<Result<_, _>>()? })
        }
        wit::Part::Reasoning(wit::Reasoning { text, signature }) => {
            Part::Reasoning(Reasoning { text, signature })
        }
        wit::Part::RedactedReasoning(data) => {
            if data.is_empty() || STANDARD.decode(&data).is_err() {
                return Err("redacted reasoning that is not base64".to_owned());
            }
            Part::RedactedReasoning(data)
        }
        wit::Part::Other(json) => match Other::read(&json)? {
            Other::GuardedText(guarded) => Part::Guarded(guarded.into()),
            Other::CacheControl(control) => Part::CachePoint(CacheTtl::from(control)),
            Other::S3(object) => media.in_s3(&object.uri)?.into(),
            Other::Remote(_) => return Err(UNFETCHED.to_owned()),
        },
    })
}

const UNFETCHED: &str = "a URL that the host would have to fetch: bring the bytes as `data`";

fn read_result_part(part: wit::ResultPart, media: &Media) -> Result<ResultPart, String> {
    Ok(match part {
        wit::ResultPart::Text(text) => ResultPart::Text(text),
        wit::ResultPart::Blob(blob) => media.kept(blob)?.into(),
        wit::ResultPart::Data(data) => brought(data)?.into(),
        wit::ResultPart::Other(json) => match Other::read(&json)? {
            Other::GuardedText(_) => return Err("guarded text in the answer of a tool".to_owned()),
            Other::CacheControl(control) => ResultPart::CachePoint(CacheTtl::from(control)),
            Other::S3(object) => media.in_s3(&object.uri)?.into(),
            Other::Remote(_) => return Err(UNFETCHED.to_owned()),
        },
    })
}

fn read_tools(tools: Vec<wit::Tool>) -> Result<Vec<Tool>, String> {
    let mut names = HashSet::new();
    let read = tools.into_iter().enumerate().map(|(place, tool)| {
        let tool = read_tool(tool).map_err(|fault| format!("tools[{place}]: {fault}"))?;
        if names.insert(tool.name.clone()) {
            Ok(tool)
        } else {
            Err(format!("tools[{place}]: an earlier tool has the same name"))
        }
    });
    read.collect()
}

fn read_tool(tool: wit::Tool) -> Result<Tool, String> {
    let wit::Tool { name, description, input_schema, extra } = tool;
    if name.trim().is_empty() || name.len() > MAX_NAME_BYTES {
        return Err(format!("`name` has to have 1 to {MAX_NAME_BYTES} bytes"));
    }
    let input_schema = Json::parse_object(&input_schema).ok_or("`input-schema` is not a JSON object")?;
    let (strictness, cache) = extra::read_tool(extra.as_deref())?;
    let description = description.filter(|text| !text.trim().is_empty());
    Ok(Tool { name, description, input_schema, strictness, cache })
}

/// Without tools there is nothing to choose.
fn read_choice(choice: wit::ToolChoice, tools: &[Tool]) -> Result<Option<ToolChoice>, String> {
    Ok(Some(match choice {
        wit::ToolChoice::Auto | wit::ToolChoice::None if tools.is_empty() => return Ok(None),
        wit::ToolChoice::Any if tools.is_empty() => {
            return Err("tool-choice: `any` in a request without tools".to_owned());
        }
        wit::ToolChoice::Auto => ToolChoice::Auto,
        wit::ToolChoice::Any => ToolChoice::Any,
        wit::ToolChoice::None => ToolChoice::None,
        wit::ToolChoice::Named(name) if tools.iter().any(|tool| tool.name == name) => ToolChoice::Named(name),
        wit::ToolChoice::Named(_) => return Err("tool-choice: names none of the tools".to_owned()),
    }))
}

fn read_sampling(sampling: wit::Sampling) -> Result<Sampling, String> {
    let wit::Sampling { max_tokens, temperature, top_p, top_k, stop_sequences } = sampling;
    Ok(Sampling {
        max_tokens: tokens(max_tokens, "max-tokens")?,
        // As for a client, whose scale ends at 2: Bedrock's ends at 1.
        temperature: number(temperature, "temperature", 2.0)?.map(|value| value.min(1.0)),
        top_p: number(top_p, "top-p", 1.0)?,
        top_k: tokens(top_k, "top-k")?,
        // Models refuse those of white space alone.
        stop_sequences: stop_sequences.into_iter().filter(|text| !text.trim().is_empty()).collect(),
    })
}

fn tokens(number: Option<u32>, name: &str) -> Result<Option<u32>, String> {
    match number {
        Some(number) if number == 0 || i32::try_from(number).is_err() => {
            Err(format!("sampling.{name}: has to be a number from 1 to 2147483647"))
        }
        number => Ok(number),
    }
}

fn number(number: Option<f64>, name: &str, most: f64) -> Result<Option<f32>, String> {
    match number {
        Some(number) if !(0.0..=most).contains(&number) => {
            Err(format!("sampling.{name}: has to be a number from 0 to {most}"))
        }
        #[expect(clippy::cast_possible_truncation, reason = "Bedrock takes 32 bits")]
        number => Ok(number.map(|number| number as f32)),
    }
}
