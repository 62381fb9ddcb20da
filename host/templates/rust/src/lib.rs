//! Keeps a code name from models: prompts say something else in its place, and answers say it again.

use std::rc::Rc;

//@ event
use adit_plugin::Failure;
use adit_plugin::chat::{BlockKind, Event, EventVerdict};
//@ end
//@ request
use adit_plugin::chat::{Part, Request, RequestVerdict};
//@ end
//@ finish
use adit_plugin::chat::Report;
use adit_plugin::log;
//@ end
//@ text
use adit_plugin::{Chunk, Outcome, TextKinds};
//@ end
//@ prompt
use adit_plugin::{Edit, PromptVerdict, Segment};
//@ end
//@ route
use adit_plugin::{Route, RouteVerdict, Summary};
//@ end
use adit_plugin::{Config, ConfigError, Plugin, PluginError, RequestContext};

/// What an operator sets. `config.schema.json` says the same to machines.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    code_name: String,
    public_name: String,
    //@ route
    long_prompts: Option<LongPrompts>,
    //@ end
    //@ request
    house_rule: Option<String>,
    //@ end
    //@ event
    forbidden_tool: Option<String>,
    //@ end
    //@ finish
    log_from_tokens: u64,
    //@ end
}
//@ route

/// Which model answers long prompts.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct LongPrompts {
    from_bytes: u64,
    model: String,
}
//@ end

impl Default for Settings {
    fn default() -> Self {
        Self {
            code_name: "Bluebird".to_owned(),
            public_name: "the project".to_owned(),
            //@ route
            long_prompts: None,
            //@ end
            //@ request
            house_rule: None,
            //@ end
            //@ event
            forbidden_tool: None,
            //@ end
            //@ finish
            log_from_tokens: 100_000,
            //@ end
        }
    }
}

impl Config for Settings {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        let settings: Self = adit_plugin::json_config(json)?;
        let names = [("/code_name", &settings.code_name), ("/public_name", &settings.public_name)];
        let faults: Vec<_> = names
            .into_iter()
            .filter(|(_, name)| !(1..=256).contains(&name.len()))
            .map(|(path, _)| ConfigError::new(path, "expected 1 to 256 bytes"))
            .collect();
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}

/// What is remembered about one request: the settings.
pub struct CodeName(Rc<Settings>);

impl Plugin for CodeName {
    type Config = Settings;
    //@ text
    const WANTS: TextKinds = TextKinds::TEXT;
    const WINDOW: u32 = 256;
    //@ end

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }
    //@ route

    /// Long prompts go to the model that the operator has set for them.
    fn on_route(&mut self, request: Summary) -> Result<RouteVerdict, PluginError> {
        Ok(match &self.0.long_prompts {
            Some(long) if request.prompt_bytes >= long.from_bytes => {
                RouteVerdict::To(Route { model: long.model.clone() })
            }
            _ => RouteVerdict::Keep,
        })
    }
    //@ end
    //@ prompt

    /// No model reads the code name.
    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let Settings { code_name, public_name, .. } = &*self.0;
        let edits: Vec<_> = segments
            .iter()
            .filter(|segment| segment.text.contains(code_name))
            .map(|segment| Edit { id: segment.id, text: segment.text.replace(code_name, public_name) })
            .collect();
        Ok(if edits.is_empty() { PromptVerdict::Keep } else { PromptVerdict::Edit(edits) })
    }
    //@ end
    //@ request

    /// The operator's rule is the last of the instructions.
    fn on_request(&mut self, mut request: Request) -> Result<RequestVerdict, PluginError> {
        let Some(rule) = &self.0.house_rule else { return Ok(RequestVerdict::Keep) };
        request.system.push(Part::Text(rule.clone()));
        Ok(RequestVerdict::Replace(request))
    }
    //@ end
    //@ event

    /// An answer ends where it calls a tool that the operator forbids.
    fn on_events(&mut self, events: Vec<Event>) -> Result<EventVerdict, PluginError> {
        let calls_it = |event: &Event| match event {
            Event::BlockStart(start) => match &start.kind {
                BlockKind::ToolUse(call) => Some(&call.name) == self.0.forbidden_tool.as_ref(),
                _ => false,
            },
            _ => false,
        };
        Ok(if events.iter().any(calls_it) {
            EventVerdict::Stop(Failure::new(403, "tool_forbidden", "this tool may not be called"))
        } else {
            EventVerdict::Pass
        })
    }
    //@ end
    //@ text

    /// Answers say the code name again. Text that may be the beginning of the public name is left
    /// unconsumed: it comes back in front of the next text.
    fn on_chunk(&mut self, chunk: Chunk) -> Result<Outcome, PluginError> {
        let Settings { code_name, public_name, .. } = &*self.0;
        let (mut output, mut rest) = (String::new(), chunk.text.as_str());
        while let Some(first) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix(public_name.as_str()) {
                output.push_str(code_name);
                rest = after;
            } else if !chunk.final_ && public_name.starts_with(rest) {
                break;
            } else {
                output.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        Ok(Outcome::replace_front(chunk.text.len() - rest.len(), output))
    }
    //@ end
    //@ finish

    /// Requests that cost much have a line in the operator's log.
    fn on_finish(&mut self, report: Report) {
        let tokens = report.usage.map_or(0, |usage| usage.input_tokens + usage.output_tokens);
        if tokens >= self.0.log_from_tokens {
            log::info(format!("a request cost {tokens} tokens"));
        }
    }
    //@ end
}

adit_plugin::register!(CodeName: {{hooks}});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_an_empty_name() {
        let faults = Settings::parse(r#"{"code_name":""}"#).err().unwrap_or_default();
        assert_eq!(faults[0].path, "/code_name");
    }
}
