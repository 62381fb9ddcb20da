//! `toolConfig`: which tools the model may call, and which it has to.

use std::borrow::Cow;

use serde_json::json;
use serde_json::value::RawValue;

use crate::capability::{Capabilities, ParallelSwitch, Support, Tools};
use crate::chat::{Message, ParallelCalls, Part, Request, Strictness, Tool, ToolChoice};
use crate::error::Failure;

use super::additional::Additional;
use super::answer::{Answer, AnswerTool};
use super::body::{CachePoint, Choice, InputSchema, ToolConfig, ToolEntry, ToolSpec};
use super::names::Names;
use super::thinking::Mode;
use super::{Calls, Dropped, is_blank, raw, schema, unwritable};

/// What `toolConfig` depends on.
pub(super) struct Offer<'a> {
    pub(super) request: &'a Request,
    pub(super) capabilities: &'a Capabilities,
    pub(super) calls: Calls,
    pub(super) names: &'a Names,
    pub(super) answer: &'a Answer<'a>,
    pub(super) mode: Mode,
}

/// Which tool has to be called.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted<'a> {
    Nothing,
    Any,
    This(&'a str),
}

impl<'a> Offer<'a> {
    pub(super) fn config(
        &self,
        additional: &mut Additional<'_>,
        dropped: &mut Dropped,
    ) -> Result<Option<ToolConfig<'a>>, Failure> {
        let request = self.request;
        let Some(support) = self.capabilities.tools else {
            if Calls::of(request) == Calls::Allowed {
                dropped.note("tools");
            }
            return Ok(None);
        };
        let answer = self.answer.tool();
        if self.calls == Calls::Withheld && answer.is_none() {
            return mentions_tools(&request.messages).then(placeholder).transpose();
        }
        let mut tools = Vec::new();
        if self.calls == Calls::Allowed {
            tools.reserve_exact(request.tools.len());
            for tool in &request.tools {
                tools.push(ToolEntry::ToolSpec(self.spec(tool, support, dropped)?));
                tools.extend(tool.cache.map(|ttl| ToolEntry::CachePoint(CachePoint::of(ttl))));
            }
        }
        if let Some(answer) = answer {
            tools.push(ToolEntry::ToolSpec(answer_spec(answer)?));
        }
        let tool_choice = self.choice(support, additional, dropped);
        Ok(Some(ToolConfig { tools, tool_choice }))
    }

    fn spec(&self, tool: &'a Tool, support: Tools, dropped: &mut Dropped) -> Result<ToolSpec<'a>, Failure> {
        let is_strict = tool.strictness == Strictness::Strict && support.strict == Support::Accepted;
        if tool.strictness == Strictness::Strict && !is_strict {
            dropped.note("tools[].function.strict");
        }
        let given = tool.input_schema.as_str();
        let json = if is_strict {
            Cow::Owned(RawValue::from_string(schema::closed(given)).map_err(|fault| unwritable(&fault))?)
        } else {
            Cow::Borrowed(raw(given)?)
        };
        Ok(ToolSpec {
            name: self.names.bedrock(&tool.name),
            // A hook may have left nothing of it, and Bedrock takes no blank text.
            description: tool.description.as_deref().filter(|text| !is_blank(text)),
            input_schema: InputSchema { json },
            strict: is_strict.then_some(true),
        })
    }

    fn choice(
        &self,
        support: Tools,
        additional: &mut Additional<'_>,
        dropped: &mut Dropped,
    ) -> Option<Choice<'a>> {
        let by_client = match &self.request.tool_choice {
            _ if self.calls == Calls::Withheld => Wanted::Nothing,
            None | Some(ToolChoice::Auto | ToolChoice::None) => Wanted::Nothing,
            Some(ToolChoice::Any) => Wanted::Any,
            Some(ToolChoice::Named(name)) => Wanted::This(self.names.bedrock(name)),
        };
        let mut wanted = match (by_client, self.answer.tool()) {
            (Wanted::Nothing, Some(answer)) if answer.told.is_none() => {
                let is_alone = self.calls == Calls::Withheld && support.named == Support::Accepted;
                if is_alone { Wanted::This(&answer.name) } else { Wanted::Any }
            }
            (by_client, _) => by_client,
        };
        if self.request.tools.len() == 1 && support.named == Support::Refused && by_client != Wanted::Nothing
        {
            wanted = Wanted::Any;
        }
        let is_possible = match wanted {
            Wanted::Nothing => true,
            Wanted::Any => self.mode != Mode::Claude && support.any == Support::Accepted,
            Wanted::This(_) => self.mode != Mode::Claude && support.named == Support::Accepted,
        };
        if !is_possible {
            dropped.note("tool_choice");
        }
        let is_explicit_auto = !is_possible && self.mode == Mode::Claude;
        let wanted = if is_possible { wanted } else { Wanted::Nothing };

        if self.calls == Calls::Allowed && self.request.parallel_calls == ParallelCalls::OneAtATime {
            match support.parallel_switch {
                ParallelSwitch::None => dropped.note("parallel_tool_calls"),
                // The same choice in Anthropic's form, in place of Converse's: two might contradict.
                ParallelSwitch::DisableParallelToolUse => {
                    let mut choice = match wanted {
                        Wanted::Nothing => json!({ "type": "auto" }),
                        Wanted::Any => json!({ "type": "any" }),
                        Wanted::This(name) => json!({ "type": "tool", "name": name }),
                    };
                    if let Some(choice) = choice.as_object_mut() {
                        choice.insert("disable_parallel_tool_use".to_owned(), true.into());
                    }
                    let fields = ["tool_choice", "parallel_tool_calls"];
                    additional.add("tool_choice", choice, &fields, dropped);
                    return None;
                }
            }
        }
        match wanted {
            Wanted::Nothing => is_explicit_auto.then_some(Choice::Auto {}),
            Wanted::Any => Some(Choice::Any {}),
            Wanted::This(name) => Some(Choice::Tool { name }),
        }
    }
}

fn answer_spec<'a>(answer: &'a AnswerTool<'_>) -> Result<ToolSpec<'a>, Failure> {
    Ok(ToolSpec {
        name: &answer.name,
        description: Some(answer.description),
        input_schema: InputSchema { json: Cow::Borrowed(raw(answer.schema)?) },
        strict: None,
    })
}

/// A tool that does nothing, so that Converse takes a history of calls.
fn placeholder<'a>() -> Result<ToolConfig<'a>, Failure> {
    let spec = ToolSpec {
        name: "no_tool_available",
        description: Some("There is no tool to call. Answer in text."),
        input_schema: InputSchema { json: Cow::Borrowed(raw(r#"{"type":"object","properties":{}}"#)?) },
        strict: None,
    };
    Ok(ToolConfig { tools: vec![ToolEntry::ToolSpec(spec)], tool_choice: None })
}

fn mentions_tools(messages: &[Message]) -> bool {
    let mut parts = messages.iter().flat_map(|message| &message.parts);
    parts.any(|part| matches!(part, Part::ToolUse(_) | Part::ToolResult(_)))
}
