//! Tools and their calls, to a plugin and back. What a plugin writes is looked at here: a client is told it.

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;

use crate::chat::{Json, Role};
use crate::ids::PluginName;
use crate::pipeline::{
    ClientAbilities, InputAnswer, InputKind, InputRequest, ResourceBody, Resumed, SampleMessage, Tool,
    ToolCall, ToolContent, ToolHints, ToolOutcome, ToolResult,
};
use crate::plugin::bindings::adit::plugin::{chat, tools as wit};

/// What the names of Adit's own tools begin with.
const OWN: [&str; 2] = ["bedrock", "usage"];

/// The longest name of a tool, its plugin's and the `_` between them counted.
const MAX_NAME_BYTES: usize = 64;
const MAX_TITLE_BYTES: usize = 256;
const MAX_DESCRIPTION_BYTES: usize = 8 << 10;
const MAX_SCHEMA_BYTES: usize = 64 << 10;
const MAX_TOOLS: usize = 128;

const MAX_MEDIA_TYPE_BYTES: usize = 128;
const MAX_URI_BYTES: usize = 4 << 10;
/// What a call may ask for at once, and leave behind for itself. The client may have to send it back.
const MAX_INPUTS: usize = 16;
const MAX_ID_BYTES: usize = 64;
const MAX_STATE_BYTES: usize = 16 << 10;

/// A call as a plugin sees it.
pub(in crate::plugin) struct Called<'a> {
    call: &'a ToolCall,
    arguments: String,
    /// Ids and bodies.
    answers: Vec<(&'a str, String)>,
}

impl<'a> Called<'a> {
    pub(in crate::plugin) fn of(call: &'a ToolCall) -> Self {
        let answers = call.resumed.iter().flat_map(|resumed| &resumed.answers);
        let answers =
            answers.map(|InputAnswer { id, body }: &'a InputAnswer| (id.as_str(), body.as_str().to_owned()));
        Self { call, arguments: call.arguments.as_str().to_owned(), answers: answers.collect() }
    }

    pub(in crate::plugin) fn answers(&self) -> Vec<wit::InputAnswer<'_>> {
        self.answers.iter().map(|(id, body)| wit::InputAnswer { id, body }).collect()
    }

    pub(in crate::plugin) fn call<'s>(&'s self, answers: &'s [wit::InputAnswer<'s>]) -> wit::ToolCall<'s> {
        let ToolCall { name, arguments: _, abilities, resumed } = self.call;
        let resumed = resumed.as_ref();
        wit::ToolCall {
            name,
            arguments: &self.arguments,
            abilities: abilities_of(*abilities),
            resumed: resumed.map(|Resumed { state, answers: _ }| wit::Resumed { state, answers }),
        }
    }
}

fn abilities_of(abilities: ClientAbilities) -> wit::Abilities {
    let ClientAbilities { elicit, sample, roots } = abilities;
    let all = [
        (elicit, wit::Abilities::ELICITATION),
        (sample, wit::Abilities::SAMPLING),
        (roots, wit::Abilities::ROOTS),
    ];
    let has = all.into_iter().filter(|(has, _)| *has);
    has.fold(wit::Abilities::empty(), |flags, (_, flag)| flags | flag)
}

/// The tools that a plugin offers. The error says what is wrong with them.
pub(in crate::plugin) fn offered(plugin: &PluginName, tools: Vec<wit::Tool>) -> Result<Arc<[Tool]>, String> {
    if plugin.as_str().contains('_') {
        return Err(format!(
            "it offers tools, whose names begin with the plugin's and a `_`: `{plugin}` must hold no `_` itself"
        ));
    }
    if OWN.contains(&plugin.as_str()) {
        return Err(format!(
            "it offers tools, and Adit's own tools begin with `{plugin}_`: give it another name"
        ));
    }
    if tools.len() > MAX_TOOLS {
        return Err(format!("it offers {} tools: at most {MAX_TOOLS} are taken", tools.len()));
    }
    let mut names = HashSet::new();
    if let Some(tool) = tools.iter().find(|tool| !names.insert(tool.name.as_str())) {
        return Err(format!("it offers two tools of the name {:?}", tool.name));
    }
    tools.into_iter().map(|tool| one_offered(plugin, tool)).collect()
}

fn one_offered(plugin: &PluginName, tool: wit::Tool) -> Result<Tool, String> {
    let wit::Tool { name, title, description, input_schema, output_schema, hints } = tool;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(format!(
            "the name of its tool {name:?} has other characters than letters, digits, `_` and `-`"
        ));
    }
    let full = plugin.as_str().len() + 1 + name.len();
    if full > MAX_NAME_BYTES {
        return Err(format!(
            "its tool `{plugin}_{name}` has a name of {full} characters: at most {MAX_NAME_BYTES}"
        ));
    }
    let wrong = |what: &str| format!("its tool `{name}` has {what}");
    if description.trim().is_empty() {
        return Err(wrong("no description: a model chooses by it"));
    }
    if description.len() > MAX_DESCRIPTION_BYTES {
        return Err(wrong("a description of more than 8 KiB"));
    }
    if title.as_ref().is_some_and(|title| title.len() > MAX_TITLE_BYTES) {
        return Err(wrong("a title of more than 256 bytes"));
    }
    let input_schema = schema(&input_schema).map_err(|how| wrong(&format!("an input schema {how}")))?;
    let output_schema = output_schema.as_deref().map(schema).transpose();
    let output_schema = output_schema.map_err(|how| wrong(&format!("an output schema {how}")))?;
    let wit::Hints { read_only, destructive, idempotent, open_world } = hints;
    let hints = ToolHints { read_only, destructive, idempotent, open_world };
    Ok(Tool { name, title, description, input_schema, output_schema, hints })
}

/// A schema of objects. The error says what it is instead.
fn schema(text: &str) -> Result<Json, String> {
    #[derive(Deserialize)]
    struct Kind {
        #[serde(rename = "type")]
        kind: String,
    }
    if text.len() > MAX_SCHEMA_BYTES {
        return Err("of more than 64 KiB".to_owned());
    }
    let json = Json::parse_object(text).ok_or("that is no JSON object")?;
    match serde_json::from_str(json.as_str()) {
        Ok(Kind { kind }) if kind == "object" => Ok(json),
        _ => Err("whose `type` is not `object`".to_owned()),
    }
}

/// What came of a call. The error says what of it no client can be told.
pub(in crate::plugin) fn outcome(outcome: wit::ToolOutcome) -> Result<ToolOutcome, String> {
    match outcome {
        wit::ToolOutcome::Done(wit::ToolResult { content, structured, is_error }) => {
            let content = content.into_iter().map(read_content).collect::<Result<_, _>>()?;
            let structured = structured.as_deref().map(|text| object(text, "structured content"));
            Ok(ToolOutcome::Done(ToolResult { content, structured: structured.transpose()?, is_error }))
        }
        wit::ToolOutcome::NeedsInput(wit::NeedsInput { state, requests }) => {
            if state.len() > MAX_STATE_BYTES {
                return Err(format!("a state of {} bytes: at most {MAX_STATE_BYTES}", state.len()));
            }
            if requests.is_empty() || requests.len() > MAX_INPUTS {
                return Err(format!("{} requests for input: 1 to {MAX_INPUTS} are taken", requests.len()));
            }
            let mut ids = HashSet::new();
            if requests.iter().any(|request| !ids.insert(request.id.as_str())) {
                return Err("two requests for input with the same id".to_owned());
            }
            let requests = requests.into_iter().map(input_request).collect::<Result<_, _>>()?;
            Ok(ToolOutcome::NeedsInput { state, requests })
        }
    }
}

fn object(text: &str, what: &str) -> Result<Json, String> {
    Json::parse_object(text).ok_or_else(|| format!("{what} that is no JSON object"))
}

fn read_content(content: wit::Content) -> Result<ToolContent, String> {
    Ok(match content {
        wit::Content::Text(text) => ToolContent::Text(text),
        wit::Content::Image(wit::Media { media_type, bytes }) => {
            ToolContent::Image { mime: mime(media_type)?, data: bytes.into() }
        }
        wit::Content::Audio(wit::Media { media_type, bytes }) => {
            ToolContent::Audio { mime: mime(media_type)?, data: bytes.into() }
        }
        wit::Content::Document(wit::Document { uri, media_type, body }) => ToolContent::Resource {
            uri: checked_uri(uri)?,
            mime: media_type.map(mime).transpose()?,
            body: match body {
                wit::DocumentBody::Text(text) => ResourceBody::Text(text),
                wit::DocumentBody::Bytes(bytes) => ResourceBody::Bytes(bytes.into()),
            },
        },
        wit::Content::Link(wit::Link { uri, name, media_type, description }) => ToolContent::ResourceLink {
            uri: checked_uri(uri)?,
            name,
            mime: media_type.map(mime).transpose()?,
            description,
        },
        wit::Content::Other(_) => return Err("content that this host does not know".to_owned()),
    })
}

/// `image/png`, with parameters or without.
fn mime(text: String) -> Result<String, String> {
    let visible = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    let has_both = text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    if visible && has_both && text.len() <= MAX_MEDIA_TYPE_BYTES {
        return Ok(text);
    }
    Err("a media type that is none".to_owned())
}

fn checked_uri(text: String) -> Result<String, String> {
    // Clients take it apart; here it has to be one that fits into a line.
    let is_one = text.contains(':') && text.len() <= MAX_URI_BYTES;
    if is_one && !text.contains(|it: char| it.is_whitespace() || it.is_control()) {
        return Ok(text);
    }
    Err("a URI that is none".to_owned())
}

fn input_request(request: wit::InputRequest) -> Result<InputRequest, String> {
    let wit::InputRequest { id, input } = request;
    if !(1..=MAX_ID_BYTES).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!(
            "an id of a request for input that is not 1 to {MAX_ID_BYTES} visible characters"
        ));
    }
    let kind = match input {
        wit::Input::Elicitation(wit::Elicitation { message, schema: form }) => {
            let schema = schema(&form).map_err(|how| format!("a schema of a form {how}"))?;
            InputKind::Elicit { message, schema }
        }
        wit::Input::Sampling(wit::Sampling { system, messages, max_tokens }) => {
            if messages.is_empty() || max_tokens == 0 {
                return Err("a sampling without messages or tokens".to_owned());
            }
            let messages = messages.into_iter().map(message).collect();
            InputKind::Sample { system, messages, max_tokens }
        }
        wit::Input::Roots => InputKind::Roots,
        wit::Input::Other(_) => return Err("a request for input that this host does not know".to_owned()),
    };
    Ok(InputRequest { id, kind })
}

fn message(message: wit::SampleMessage) -> SampleMessage {
    let wit::SampleMessage { role, text } = message;
    let role = match role {
        chat::Role::User => Role::User,
        chat::Role::Assistant => Role::Assistant,
    };
    SampleMessage { role, text }
}

#[cfg(test)]
#[path = "tools_tests.rs"]
mod tests;
