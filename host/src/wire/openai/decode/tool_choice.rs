//! `tool_choice`, which chooses among the `tools`.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::body::Body;
use super::fault;
use super::object::{Text, object};
use crate::chat::{Tool, ToolChoice};
use crate::error::Failure;

/// `tool_choice` as it came: a word, or an object that names tools.
enum RawChoice<'a> {
    Word(Text<'a>),
    Object(ChoiceObject<'a>),
}

object! {
    /// The long form of a choice.
    ChoiceObject<'a> {
        kind: Text<'a> = "type",
        function: NamedFunction<'a> = "function",
        allowed_tools: AllowedTools<'a> = "allowed_tools",
    } ignores []
}

object! {
    /// A tool that is named.
    NamedFunction<'a> {
        name: Text<'a> = "name",
    } ignores []
}

object! {
    /// `allowed_tools`
    AllowedTools<'a> {
        mode: Text<'a> = "mode",
        tools: Vec<AllowedTool<'a>> = "tools",
    } ignores []
}

object! {
    /// One of `allowed_tools.tools`.
    AllowedTool<'a> {
        function: NamedFunction<'a> = "function",
    } ignores ["type"]
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

/// Reads `tool_choice`. Tools that it does not allow are taken away.
pub(super) fn decode(body: &Body<'_>, tools: &mut Vec<Tool>) -> Result<Option<ToolChoice>, Failure> {
    match body.read("tool_choice")? {
        None => Ok(None),
        Some(RawChoice::Word(word)) => by_word(word.as_str(), tools, "tool_choice"),
        Some(RawChoice::Object(choice)) => match choice.kind.as_ref().map(Text::as_str) {
            Some("function") => named(choice.function, tools).map(Some),
            Some("allowed_tools") => allowed(choice.allowed_tools, tools),
            _ => Err(fault::unsupported(
                "tool_choice.type",
                "has to be `function` or `allowed_tools`: no other choices are supported",
            )),
        },
    }
}

/// Without tools there is nothing to choose, and none that could be called.
fn by_word(word: &str, tools: &[Tool], path: &str) -> Result<Option<ToolChoice>, Failure> {
    match (word, tools) {
        ("auto" | "none", []) => Ok(None),
        ("auto", _) => Ok(Some(ToolChoice::Auto)),
        ("none", _) => Ok(Some(ToolChoice::None)),
        ("required", []) => Err(fault::invalid(path, "must not be `required` in a request without `tools`")),
        ("required", _) => Ok(Some(ToolChoice::Any)),
        _ => Err(fault::invalid(
            path,
            "has to be `auto`, `required`, `none` or an object that names a function",
        )),
    }
}

fn named(function: Option<NamedFunction<'_>>, tools: &[Tool]) -> Result<ToolChoice, Failure> {
    let path = "tool_choice.function.name";
    Ok(ToolChoice::Named(name_of_tool(function, &names_of(tools), path)?))
}

fn names_of(tools: &[Tool]) -> HashSet<&str> {
    tools.iter().map(|tool| tool.name.as_str()).collect()
}

/// The name of one of the tools, which stands at `path`.
fn name_of_tool(
    function: Option<NamedFunction<'_>>,
    tools: &HashSet<&str>,
    path: &str,
) -> Result<String, Failure> {
    let name = function
        .and_then(|function| function.name)
        .ok_or_else(|| fault::missing(path, "the name of one of the `tools`"))?
        .into_string();
    if tools.contains(name.as_str()) {
        Ok(name)
    } else {
        Err(fault::invalid(path, "has to be the name of one of the `tools`"))
    }
}

fn allowed(allowed: Option<AllowedTools<'_>>, tools: &mut Vec<Tool>) -> Result<Option<ToolChoice>, Failure> {
    let path = "tool_choice.allowed_tools";
    let allowed = allowed.ok_or_else(|| fault::missing(path, "an object"))?;
    let known = names_of(tools);
    let mut names = HashSet::new();
    for (place, tool) in allowed.tools.into_iter().flatten().enumerate() {
        let path = format!("{path}.tools[{place}].function.name");
        names.insert(name_of_tool(tool.function, &known, &path)?);
    }
    let path = format!("{path}.mode");
    match (allowed.mode.as_ref().map(Text::as_str), names.is_empty()) {
        // Nothing is allowed. The tools stay, for the sake of the calls in the history.
        (Some("auto"), true) => by_word("none", tools, &path),
        (Some("required"), true) => {
            Err(fault::invalid(&path, "must not be `required` if no tools are allowed"))
        }
        (Some(mode @ ("auto" | "required")), false) => {
            tools.retain(|tool| names.contains(&tool.name));
            by_word(mode, tools, &path)
        }
        (Some(_), _) => Err(fault::invalid(&path, "has to be `auto` or `required`")),
        (None, _) => Err(fault::missing(&path, "`auto` or `required`")),
    }
}
