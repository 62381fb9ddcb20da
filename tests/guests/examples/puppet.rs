//! A model format for Titan Text that takes what the model says for the events of the answer, as JSON
//! lists: `[{"text": 0}, {"say": [0, "Hello"]}, {"end": 0}, {"stop": "end"}]`. A test so decides how an
//! answer is cut.
use std::rc::Rc;

use adit_plugin::chat::{BlockKind, BlockStart, Delta, Event, Part, Request, StopReason, ToolHead};
use adit_plugin::formats::{Delivery, Encoded, Invocation};
use adit_plugin::{ModelFormat, NoConfig, Plugin, PluginError, RequestContext};
use serde::Deserialize;
use serde_json::{Value, json};

struct Puppet;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    /// A block of prose begins.
    Text(u32),
    /// A block of thinking begins.
    Reasoning(u32),
    /// A call of a tool begins: block, id and name.
    Tool(u32, String, String),
    Say(u32, String),
    End(u32),
    Stop(Stop),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stop {
    End,
    Tool,
}

impl From<Step> for Event {
    fn from(step: Step) -> Self {
        let start = |index, kind| Self::BlockStart(BlockStart { index, kind });
        match step {
            Step::Text(index) => start(index, BlockKind::Text),
            Step::Reasoning(index) => start(index, BlockKind::Reasoning),
            Step::Tool(index, id, name) => start(index, BlockKind::ToolUse(ToolHead { id, name })),
            Step::Say(index, text) => Self::Delta(Delta { index, text }),
            Step::End(index) => Self::BlockStop(index),
            Step::Stop(Stop::End) => Self::MessageStop(StopReason::EndTurn),
            Step::Stop(Stop::Tool) => Self::MessageStop(StopReason::ToolUse),
        }
    }
}

/// One list or several, one behind the other.
fn events(lists: &str) -> Result<Vec<Event>, PluginError> {
    let mut events = Vec::new();
    for list in serde_json::Deserializer::from_str(lists).into_iter::<Vec<Step>>() {
        let list = list.map_err(|fault| PluginError::new("script", fault.to_string()))?;
        events.extend(list.into_iter().map(Event::from));
    }
    Ok(events)
}

fn said(body: &[u8], pointer: &str) -> Result<Vec<Event>, PluginError> {
    let body: Value =
        serde_json::from_slice(body).map_err(|fault| PluginError::new("body", fault.to_string()))?;
    events(body.pointer(pointer).and_then(Value::as_str).unwrap_or_default())
}

impl Plugin for Puppet {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }
}

impl ModelFormat for Puppet {
    fn models(_: &NoConfig) -> Vec<String> {
        vec!["amazon.titan-text-*".to_owned()]
    }

    fn encode(&mut self, request: Request, delivery: Delivery) -> Result<Encoded, PluginError> {
        let text = request.messages.iter().flat_map(|message| &message.parts).find_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        Ok(Encoded::Invoke(Invocation {
            body: json!({"inputText": text.unwrap_or_default()}).to_string().into_bytes(),
            content_type: "application/json".to_owned(),
            accept: "application/json".to_owned(),
            delivery,
            dropped: Vec::new(),
        }))
    }

    fn decode_chunks(&mut self, payloads: Vec<Vec<u8>>) -> Result<Vec<Event>, PluginError> {
        let mut events = Vec::new();
        for payload in payloads {
            events.extend(said(&payload, "/outputText")?);
        }
        Ok(events)
    }

    fn decode_response(&mut self, body: Vec<u8>) -> Result<Vec<Event>, PluginError> {
        said(&body, "/results/0/outputText")
    }
}

adit_plugin::register!(Puppet: model-format);
