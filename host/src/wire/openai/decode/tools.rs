//! `tools` and `parallel_tool_calls`.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::body::Body;
use super::cache::{self, CacheControl};
use super::dropped::Dropped;
use super::object::{Text, object};
use super::{fault, json};
use crate::chat::{Json, ParallelCalls, Strictness, Tool};
use crate::error::Failure;

/// No name of a tool is longer. Bedrock's own limit is met where a request is written for it.
pub(super) const MAX_NAME_BYTES: usize = 1024;

/// Most tools of a request.
const MOST: usize = 4096;

object! {
    /// A tool.
    RawTool<'a> {
        kind: Text<'a> = "type",
        function: RawFunction<'a> = "function",
        cache_control: CacheControl<'a> = "cache_control",
    } ignores []
}

object! {
    /// What a function tool is.
    RawFunction<'a> {
        name: Text<'a> = "name",
        description: Text<'a> = "description",
        parameters: &'a RawValue = "parameters",
        strict: bool = "strict",
        cache_control: CacheControl<'a> = "cache_control",
    } ignores []
}

/// Reads `tools`.
pub(super) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<Vec<Tool>, Failure> {
    let raw: Vec<RawTool<'_>> = body.read("tools")?.unwrap_or_default();
    if raw.len() > MOST {
        return Err(fault::invalid("tools", "must hold at most 4096 tools"));
    }
    let mut tools = Vec::with_capacity(raw.len());
    let mut names = HashSet::new();
    for (place, raw) in raw.into_iter().enumerate() {
        let path = format!("tools[{place}]");
        let tool = tool(raw, &path, dropped)?;
        if !names.insert(tool.name.clone()) {
            return Err(fault::invalid(
                &format!("{path}.function.name"),
                "is the name of an earlier tool: names have to differ",
            ));
        }
        tools.push(tool);
    }
    Ok(tools)
}

/// Reads `parallel_tool_calls`.
pub(super) fn parallel_calls(body: &Body<'_>) -> Result<ParallelCalls, Failure> {
    Ok(match body.read("parallel_tool_calls")? {
        Some(false) => ParallelCalls::OneAtATime,
        Some(true) | None => ParallelCalls::Allowed,
    })
}

fn tool(raw: RawTool<'_>, path: &str, dropped: &mut Dropped) -> Result<Tool, Failure> {
    match raw.kind.as_ref().map(Text::as_str) {
        Some("function") => {}
        Some(_) => {
            return Err(fault::unsupported(
                &format!("{path}.type"),
                "has to be `function`: no other tools are supported",
            ));
        }
        None => return Err(fault::missing(&format!("{path}.type"), "`function`")),
    }
    dropped.note_unknown("tools[]", &raw.unknown);
    let beside = raw.cache_control.map(|control| cache::control(&control, path)).transpose()?;
    let path = format!("{path}.function");
    let function = raw.function.ok_or_else(|| fault::missing(&path, "an object"))?;
    dropped.note_unknown("tools[].function", &function.unknown);
    let inside = function.cache_control.map(|control| cache::control(&control, &path)).transpose()?;

    let name_path = format!("{path}.name");
    let name = function.name.ok_or_else(|| fault::missing(&name_path, "the name of the tool"))?;
    if name.is_blank() || name.as_str().len() > MAX_NAME_BYTES {
        return Err(fault::invalid(&name_path, "has to be 1 to 1024 bytes, not all of them white space"));
    }
    let description = function.description.filter(|text| !text.is_blank()).map(Text::into_string);
    let input_schema = input_schema(function.parameters).ok_or_else(|| {
        fault::invalid(
            &format!("{path}.parameters"),
            "has to be a JSON Schema object: valid Unicode, at most 128 levels deep",
        )
    })?;
    let strictness = if function.strict == Some(true) { Strictness::Strict } else { Strictness::Loose };
    Ok(Tool { name: name.into_string(), description, input_schema, strictness, cache: inside.or(beside) })
}

/// The client's text. Models refuse a schema that says nothing, so a tool without parameters gets
/// one that says so.
fn input_schema(parameters: Option<&RawValue>) -> Option<Json> {
    match parameters {
        Some(raw) if raw.get().starts_with('{') && !json::is_empty(raw) => Json::parse_object(raw.get()),
        Some(raw) if !raw.get().starts_with('{') => None,
        _ => Some(Json::from_checked(r#"{"type":"object","properties":{}}"#)),
    }
}
