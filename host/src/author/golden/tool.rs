//! A call of a tool as data.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::catalog::Schema;
use crate::chat::Json;
use crate::error::Failure;
use crate::pipeline::{
    Chain, ClientAbilities, Context, InputAnswer, InputKind, InputRequest, LogLevel, Plugin, ResourceBody,
    Resumed, ToolCall, ToolClient, ToolContent, ToolOutcome, ToolResult,
};

/// A call, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCall {
    tool: String,
    /// A table, or the JSON as a text.
    #[serde(default)]
    arguments: Value,
    #[serde(default)]
    abilities: Vec<Ability>,
    /// Of an earlier call, which this one goes on with.
    state: Option<String>,
    /// What the client has answered, by the ids of the requests.
    #[serde(default)]
    answers: BTreeMap<String, Value>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Ability {
    Elicitation,
    Sampling,
    Roots,
}

impl RawCall {
    pub(super) fn parse(self) -> Result<ToolCall, String> {
        if self.state.is_none() && !self.answers.is_empty() {
            return Err("call.answers belong to a call that goes on: give its `state`".to_owned());
        }
        let can = |ability| self.abilities.contains(&ability);
        let abilities = ClientAbilities {
            elicit: can(Ability::Elicitation),
            sample: can(Ability::Sampling),
            roots: can(Ability::Roots),
        };
        let answers = self.answers.iter().map(|(id, body)| {
            Ok(InputAnswer { id: id.clone(), body: object(body, &format!("call.answers.{id}"))? })
        });
        let answers = answers.collect::<Result<_, String>>()?;
        let resumed = self.state.map(|state| Resumed { state, answers });
        Ok(ToolCall { name: self.tool, arguments: arguments(&self.arguments)?, abilities, resumed })
    }
}

/// Arguments of a call: nothing, a table, or the JSON as a text.
pub(in crate::author) fn arguments(value: &Value) -> Result<Json, String> {
    object(value, "the arguments")
}

fn object(value: &Value, what: &str) -> Result<Json, String> {
    let text = match value {
        Value::Null => "{}".to_owned(),
        Value::String(json) => json.clone(),
        table => table.to_string(),
    };
    Json::parse_object(&text).ok_or_else(|| format!("{what}: no JSON object"))
}

/// What a tool answers, as a file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Answered {
    /// Each piece of its content: a text as it is, and the others in words.
    pub(super) content: Vec<String>,
    /// JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) structured: Option<String>,
    /// Whether it is an error.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_error: bool,
    /// What it leaves behind for itself, if the call needs input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    /// What it asks the client for, by id and in words.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) asks: BTreeMap<String, String>,
}

impl Answered {
    pub(super) fn of(outcome: &ToolOutcome) -> Self {
        match outcome {
            ToolOutcome::Done(ToolResult { content, structured, is_error }) => Self {
                content: content.iter().map(in_words).collect(),
                structured: structured.as_ref().map(|json| json.as_str().to_owned()),
                is_error: *is_error,
                ..Self::default()
            },
            ToolOutcome::NeedsInput { state, requests } => Self {
                state: Some(state.clone()),
                asks: requests.iter().map(|request| (request.id.clone(), asked(request))).collect(),
                ..Self::default()
            },
        }
    }

    /// Where what was found is not what is expected here.
    pub(super) fn differences(&self, found: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, same: bool, mine: String, other: String| {
            if !same {
                lines.push(format!("result.{what}: expected {mine}, found {other}"));
            }
        };
        let shown = |value: &dyn std::fmt::Debug| format!("{value:?}");
        compare("content", self.content == found.content, shown(&self.content), shown(&found.content));
        let json =
            |text: &Option<String>| text.as_deref().map(serde_json::from_str::<Value>).and_then(Result::ok);
        let same = json(&self.structured) == json(&found.structured);
        compare("structured", same, shown(&self.structured), shown(&found.structured));
        compare("is_error", self.is_error == found.is_error, shown(&self.is_error), shown(&found.is_error));
        compare("state", self.state == found.state, shown(&self.state), shown(&found.state));
        compare("asks", self.asks == found.asks, shown(&self.asks), shown(&found.asks));
        lines
    }
}

/// A piece of content: a text as it is, all else in words.
pub(in crate::author) fn in_words(content: &ToolContent) -> String {
    let kind = |mime: &Option<String>| mime.as_ref().map(|mime| format!(" {mime}")).unwrap_or_default();
    match content {
        ToolContent::Text(text) => text.clone(),
        ToolContent::Image { mime, data } => format!("(image {mime}, {} bytes)", data.len()),
        ToolContent::Audio { mime, data } => format!("(audio {mime}, {} bytes)", data.len()),
        ToolContent::Resource { uri, mime, body: ResourceBody::Text(text) } => {
            format!("(resource {uri}{}: {text})", kind(mime))
        }
        ToolContent::Resource { uri, mime, body: ResourceBody::Bytes(bytes) } => {
            format!("(resource {uri}{}, {} bytes)", kind(mime), bytes.len())
        }
        ToolContent::ResourceLink { uri, name, mime, description: _ } => {
            format!("(link {uri}{}: {name})", kind(mime))
        }
    }
}

/// What a client is asked, in words.
pub(in crate::author) fn asked(request: &InputRequest) -> String {
    match &request.kind {
        InputKind::Elicit { message, schema } => format!("elicitation {message:?} {}", schema.as_str()),
        InputKind::Sample { system, messages, max_tokens } => {
            let texts: Vec<_> = system.iter().chain(messages.iter().map(|message| &message.text)).collect();
            format!("sampling {texts:?}, {max_tokens} tokens")
        }
        InputKind::Roots => "roots".to_owned(),
    }
}

/// A client that notes what it hears.
#[derive(Default)]
pub(in crate::author) struct Listener(Mutex<Vec<String>>);

impl Listener {
    /// What it has heard so far, in lines.
    pub(in crate::author) fn heard(&self) -> Vec<String> {
        self.lines().clone()
    }

    fn lines(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ToolClient for Listener {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let total = total.map(|total| format!(" of {total}")).unwrap_or_default();
        let message = message.map(|message| format!(": {message:?}")).unwrap_or_default();
        self.lines().push(format!("progress {done}{total}{message}"));
    }

    fn log(&self, level: LogLevel, data: &Json) {
        let level = format!("{level:?}").to_lowercase();
        self.lines().push(format!("{level}: {}", data.as_str()));
    }
}

/// Calls a tool of a plugin as the pipeline does.
pub(in crate::author) async fn call(
    plugin: Arc<dyn Plugin>,
    context: Context,
    call: ToolCall,
    client: Arc<Listener>,
) -> Result<ToolOutcome, Failure> {
    let name = plugin.name().clone();
    let context = Context { client_format: "mcp".into(), ..context };
    Chain::new(context, vec![plugin]).call_tool(&name, call, client).await
}

/// Where structured content is not what the tool's schema says.
pub(super) async fn misfits(plugin: &dyn Plugin, tool: &str, outcome: &ToolOutcome) -> Vec<String> {
    let ToolOutcome::Done(ToolResult { structured: Some(structured), .. }) = outcome else {
        return Vec::new();
    };
    let tools = plugin.tools().await.unwrap_or_default();
    let schema = tools.iter().find(|other| other.name == tool).and_then(|tool| tool.output_schema.as_ref());
    let Some(Ok(schema)) = schema.map(|schema| Schema::parse(schema.as_str().as_bytes())) else {
        return Vec::new();
    };
    let faults = schema.faults(structured.as_str()).into_iter();
    faults.map(|(path, fault)| format!("result.structured{path}: {fault}, says the output schema")).collect()
}
