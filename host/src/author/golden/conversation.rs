use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Expectation;
use super::expectation::ConfigFault;
use super::splits::{self, Block, Split};
use super::tool::{self, Answered, Listener, RawCall};
use crate::author::canned;
use crate::author::loaded::Loaded;
use crate::chat::{Batch, BlockKind, Request};
use crate::ids::{KeyId, RequestId};
use crate::pipeline::{Context, Deadline, Hook, Label, Plugin, ToolCall, texts};
use crate::plugin::CheckError;
use crate::toml_text;
use crate::wire::openai;

/// A file, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    /// A table, or the JSON as a text.
    #[serde(default)]
    config: Value,
    #[serde(default)]
    context: RawContext,
    /// Chat Completions.
    #[serde(default)]
    request: serde_json::Map<String, Value>,
    #[serde(default)]
    answer: Vec<RawBlock>,
    call: Option<RawCall>,
    expect: Option<Expectation>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawContext {
    labels: BTreeMap<String, String>,
    seed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBlock {
    text: Option<String>,
    reasoning: Option<String>,
    tool: Option<String>,
    arguments: Option<String>,
}

/// One request with its answer, and what is expected to come of it.
#[derive(Debug)]
pub(super) struct Conversation {
    config: String,
    context: Context,
    seed: String,
    request: Request,
    answer: Vec<Block>,
    /// A tool is called in place of a model.
    call: Option<ToolCall>,
    pub(super) expect: Option<Expectation>,
}

impl Conversation {
    /// Reads the text of a file. The error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = toml_text::read(text).map_err(|fault| fault.to_string())?;
        let config = match raw.config {
            Value::Null => "{}".to_owned(),
            Value::String(json) => json,
            table => table.to_string(),
        };
        if raw.call.is_some() && !(raw.request.is_empty() && raw.answer.is_empty()) {
            return Err("a file has a `call` of a tool, or a `request` with an `answer`".to_owned());
        }
        let mut request = raw.request;
        request.entry("model").or_insert_with(|| json!("model"));
        request.entry("messages").or_insert_with(|| json!([{ "role": "user", "content": "Hello" }]));
        request.entry("stream").or_insert_with(|| json!(true));
        let request = request_of(&Value::Object(request))?;
        let answer = raw.answer.into_iter().enumerate().map(|(index, block)| block.parse(index));
        Ok(Self {
            config,
            context: context(&request, raw.context.labels)?,
            seed: raw.context.seed,
            answer: answer.collect::<Result<_, _>>()?,
            request,
            call: raw.call.map(RawCall::parse).transpose()?,
            expect: raw.expect,
        })
    }

    /// The answer in one piece.
    pub(super) fn whole(&self) -> Vec<Batch> {
        splits::whole(&self.answer)
    }

    /// The answer in all other ways.
    pub(super) fn splits(&self) -> Vec<Split> {
        if self.call.is_some() { Vec::new() } else { splits::all(&self.answer) }
    }

    /// Takes the conversation through the plugin. The error is one of the file's.
    pub(super) async fn run(&self, loaded: &Loaded, answer: Vec<Batch>) -> Result<Expectation, String> {
        let mut found = Expectation::default();
        match loaded.ask(&self.config).await {
            Ok(_) => {}
            Err(CheckError::Config(faults)) => {
                let fault = |(path, message)| ConfigFault { path, message };
                found.config_faults = faults.into_iter().map(fault).collect();
                return Ok(found);
            }
            Err(CheckError::Failed(failure)) => {
                found.failed(failure);
                return Ok(found);
            }
            Err(fault @ (CheckError::Plugin(_) | CheckError::Terms(_))) => return Err(fault.to_string()),
        }
        let plugin = loaded.bind(&self.config, &self.seed).await;
        let plugin = plugin.map_err(|fault| fault.to_string())?;
        if let Some(call) = &self.call {
            self.call(&mut found, plugin, call).await;
            return Ok(found);
        }
        let hooks = plugin.hooks();
        let passed = canned::pass(plugin, self.context.clone(), self.request.clone(), answer).await;
        let shaping = hooks.has(Hook::Request);
        if let Some(asked) = passed.asked {
            found.prompt = (shaping || hooks.has(Hook::Prompt))
                .then(|| texts(&asked).into_iter().map(|(_, _, text)| text).collect());
            found.model = (shaping || hooks.has(Hook::Route)).then_some(asked.model);
        }
        match passed.answer {
            Ok(answer) => found.answer = (!answer.is_empty()).then_some(answer),
            Err(failure) => found.failed(failure),
        }
        Ok(found)
    }

    async fn call(&self, found: &mut Expectation, plugin: Arc<dyn Plugin>, call: &ToolCall) {
        let client = Arc::new(Listener::default());
        let context = self.context.clone();
        match tool::call(Arc::clone(&plugin), context, call.clone(), Arc::clone(&client)).await {
            Ok(outcome) => {
                found.misfits = tool::misfits(&*plugin, &call.name, &outcome).await;
                found.result = Some(Answered::of(&outcome));
            }
            Err(failure) => found.failed(failure),
        }
        found.told = Some(client.heard()).filter(|lines| !lines.is_empty());
    }
}

/// A body of Chat Completions as the pipeline has it.
pub(in crate::author) fn request_of(body: &Value) -> Result<Request, String> {
    let decoded = openai::decode(body.to_string().as_bytes());
    decoded.map(|decoded| decoded.request).map_err(|failure| {
        let at = failure.param.map(|param| format!("{param}: ")).unwrap_or_default();
        format!("the request is refused before any plugin: {at}{}", failure.message)
    })
}

/// What a plugin is told of a request that nobody sent.
pub(in crate::author) fn context(
    request: &Request,
    labels: impl IntoIterator<Item = (String, String)>,
) -> Result<Context, String> {
    Ok(Context {
        request: RequestId::parse("request-1").map_err(|fault| fault.to_string())?,
        key: KeyId::parse("aaaaaaaaaa").map_err(|fault| fault.to_string())?,
        labels: labels.into_iter().map(|(name, value)| Label { name, value }).collect(),
        client_format: "openai-chat".into(),
        delivery: request.delivery,
        deadline: Deadline::Never,
    })
}

impl RawBlock {
    fn parse(self, index: usize) -> Result<Block, String> {
        let (kind, text) = match (self.text, self.reasoning, self.tool, self.arguments) {
            (Some(text), None, None, None) => (BlockKind::Text, text),
            (None, Some(text), None, None) => (BlockKind::Reasoning, text),
            (None, None, Some(name), Some(text)) => {
                (BlockKind::ToolUse { id: format!("call-{index}"), name }, text)
            }
            _ => {
                return Err(format!(
                    "answer[{index}] has to have `text`, or `reasoning`, or `tool` and `arguments`"
                ));
            }
        };
        Ok(Block { kind, text })
    }
}
