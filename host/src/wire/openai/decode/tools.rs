//! `tools` and `tool_choice`.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::body::Body;
use super::dropped::Dropped;
use super::object::{Text, object};
use super::{fault, json};
use crate::chat::{Json, Strictness, Tool, ToolChoice};
use crate::error::Failure;

object! {
    /// A tool.
    RawTool<'a> {
        kind: Text<'a> = "type",
        function: RawFunction<'a> = "function",
    } ignores []
}

object! {
    /// What a function tool is.
    RawFunction<'a> {
        name: Text<'a> = "name",
        description: Text<'a> = "description",
        parameters: &'a RawValue = "parameters",
    } ignores []
}

/// Reads `tools`, and `tool_choice`, which chooses among them.
pub(super) fn decode(
    body: &Body<'_>,
    dropped: &mut Dropped,
) -> Result<(Vec<Tool>, Option<ToolChoice>), Failure> {
    let raw: Vec<RawTool<'_>> = body.read("tools")?.unwrap_or_default();
    let mut tools = Vec::with_capacity(raw.len());
    let mut names = HashSet::new();
    for (place, raw) in raw.into_iter().enumerate() {
        let path = format!("tools[{place}]");
        let tool = tool(raw, &path, dropped)?;
        if !names.insert(tool.name.clone()) {
            let problem = format!("is `{}`, as that of an earlier tool: names have to differ", tool.name);
            return Err(fault::invalid(&format!("{path}.function.name"), &problem));
        }
        tools.push(tool);
    }
    let choice = match body.read("tool_choice")? {
        Some(choice) => tool_choice(choice, &tools)?,
        None => None,
    };
    Ok((tools, choice))
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
    let function = raw.function.ok_or_else(|| fault::missing(&format!("{path}.function"), "an object"))?;
    dropped.note_unknown("tools[].function", &function.unknown);

    let name_path = format!("{path}.function.name");
    let name = function.name.ok_or_else(|| fault::missing(&name_path, "the name of the tool"))?.into_string();
    if !is_tool_name(&name) {
        return Err(fault::invalid(&name_path, "has to be 1 to 64 letters, digits, `_` or `-`"));
    }
    let description = function.description.filter(|text| !text.is_blank()).map(Text::into_string);
    let input_schema = input_schema(function.parameters).ok_or_else(|| {
        fault::invalid(
            &format!("{path}.function.parameters"),
            "has to be a JSON Schema object: valid Unicode, at most 128 levels deep",
        )
    })?;
    Ok(Tool { name, description, input_schema, strictness: Strictness::Loose, cache: None })
}

/// Bedrock's own rule for the name of a tool (API reference, `ToolSpecification`).
fn is_tool_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The client's text. Models refuse a schema that says nothing, so a tool without parameters gets
/// one that says so.
fn input_schema(parameters: Option<&RawValue>) -> Option<Json> {
    match parameters {
        Some(raw) if raw.get().starts_with('{') && !json::is_empty(raw) => json::object(raw.get()),
        Some(raw) if !raw.get().starts_with('{') => None,
        _ => Some(Json::from_checked(r#"{"type":"object","properties":{}}"#)),
    }
}

/// `tool_choice` as it came: a word, or an object that names a tool.
enum RawChoice<'a> {
    Word(Text<'a>),
    Object(ChoiceObject<'a>),
}

object! {
    /// The long form of a choice.
    ChoiceObject<'a> {
        kind: Text<'a> = "type",
        function: ChosenFunction<'a> = "function",
    } ignores []
}

object! {
    /// The tool that is chosen.
    ChosenFunction<'a> {
        name: Text<'a> = "name",
    } ignores []
}

impl<'de: 'a, 'a> Deserialize<'de> for RawChoice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ChoiceVisitor;

        impl<'de> Visitor<'de> for ChoiceVisitor {
            type Value = RawChoice<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an object")
            }

            fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<Self::Value, E> {
                Ok(RawChoice::Word(Text::from(word)))
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                Ok(RawChoice::Word(Text::from(word.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                ChoiceObject::deserialize(serde::de::value::MapAccessDeserializer::new(members))
                    .map(RawChoice::Object)
            }
        }

        deserializer.deserialize_any(ChoiceVisitor)
    }
}

fn tool_choice(choice: RawChoice<'_>, tools: &[Tool]) -> Result<Option<ToolChoice>, Failure> {
    let choice = match choice {
        // Without tools there is nothing to choose, and none that could be called.
        RawChoice::Word(word) => match (word.as_str(), tools) {
            ("auto" | "none", []) => return Ok(None),
            ("auto", _) => ToolChoice::Auto,
            ("none", _) => ToolChoice::None,
            ("required", []) => {
                return Err(fault::invalid(
                    "tool_choice",
                    "must not be `required` in a request without `tools`",
                ));
            }
            ("required", _) => ToolChoice::Any,
            _ => {
                return Err(fault::invalid(
                    "tool_choice",
                    "has to be `auto`, `required`, `none` or an object that names a function",
                ));
            }
        },
        RawChoice::Object(choice) => named(choice, tools)?,
    };
    Ok(Some(choice))
}

fn named(choice: ChoiceObject<'_>, tools: &[Tool]) -> Result<ToolChoice, Failure> {
    if choice.kind.as_ref().map(Text::as_str) != Some("function") {
        return Err(fault::unsupported(
            "tool_choice.type",
            "has to be `function`: no other choices are supported",
        ));
    }
    let name = choice
        .function
        .and_then(|function| function.name)
        .ok_or_else(|| fault::missing("tool_choice.function.name", "the name of one of the `tools`"))?
        .into_string();
    if tools.iter().any(|tool| tool.name == name) {
        Ok(ToolChoice::Named(name))
    } else {
        Err(fault::invalid("tool_choice.function.name", "has to be the name of one of the `tools`"))
    }
}
