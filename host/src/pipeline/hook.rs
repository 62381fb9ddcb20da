//! What the pipeline asks of a plugin, and what a plugin may answer.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::client_format::{ClientFormat, HttpRoute};
use super::tool::{Tool, ToolCall, ToolClient, ToolOutcome};
use super::{Deadline, Hooks, ModelFormat};
use crate::chat::{Batch, Event, Request, StopReason, Usage};
use crate::enabled::EnabledPlugin;
use crate::error::{Failure, Kind};
use crate::ids::{KeyId, ModelPattern, PluginName, RequestId};

/// Finds plugins by name.
#[async_trait]
pub trait Plugins: Send + Sync {
    /// The plugin with its config, for one key. Fails when there is none of that name, or it
    /// cannot be loaded.
    async fn bind(&self, enabled: &EnabledPlugin, key: &KeyId) -> Result<Arc<dyn Plugin>, Failure>;
}

/// A plugin that a key has switched on.
#[async_trait]
pub trait Plugin: Send + Sync {
    /// Its name.
    fn name(&self) -> &PluginName;

    /// The hooks that it has. None of the others is ever called.
    fn hooks(&self) -> Hooks;

    /// What it is: another one for other code, and for another config.
    fn fingerprint(&self) -> [u8; 32];

    /// The requests that it answers in a wire format of its own.
    async fn routes(&self) -> Result<Arc<[HttpRoute]>, Failure> {
        Ok(Arc::new([]))
    }

    /// Begins its work on one request.
    async fn start(&self, context: &Context) -> Result<Box<dyn Session>, Failure>;

    /// The models whose format it knows.
    async fn models(&self) -> Result<Arc<[ModelPattern]>, Failure> {
        Ok(Arc::default())
    }

    /// Begins to be the format of one request's model, apart from any hooks that it has.
    async fn model_format(&self, _context: &Context) -> Result<Box<dyn ModelFormat>, Failure> {
        Err(Failure::plugin(self.name(), "it is no model format"))
    }

    /// The tools that it offers.
    async fn tools(&self) -> Result<Arc<[Tool]>, Failure> {
        Ok(Arc::default())
    }
}

/// A plugin at work on one request. After a failure it is not called again.
#[async_trait]
pub trait Session: Send {
    /// Which answer text it wants to see.
    fn text_wish(&self) -> TextWish;

    /// It has broken the contract: nothing of it serves another request.
    fn condemn(&mut self) {}

    /// Chooses the model.
    async fn on_route(&mut self, summary: &Summary) -> Result<RouteVerdict, Failure>;

    /// Reads, and may edit, every string that the model would read.
    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure>;

    /// Reads, and may replace, the whole request.
    async fn on_request(&mut self, _request: &Request) -> Result<RequestVerdict, Failure> {
        Ok(RequestVerdict::Keep)
    }

    /// Reads, and may replace, events of the answer.
    async fn on_events(&mut self, _events: &[Event]) -> Result<EventVerdict, Failure> {
        Ok(EventVerdict::Pass)
    }

    /// Reads, and may rewrite, answer text.
    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure>;

    /// Learns how the request ended.
    async fn on_finish(&mut self, _report: &Report) -> Result<(), Failure> {
        Ok(())
    }

    /// The wire format of clients that it speaks.
    fn client_format(&mut self) -> Option<&mut dyn ClientFormat> {
        None
    }

    /// Does what one of its tools does.
    async fn call_tool(&mut self, _: &ToolCall, _: Arc<dyn ToolClient>) -> Result<ToolOutcome, Failure> {
        Err(Failure::new(Kind::Internal, "internal error").with_internal("the plugin offers no tools"))
    }
}

/// What a plugin is told of a request before any hook runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The request's id.
    pub request: RequestId,
    /// The caller's key.
    pub key: KeyId,
    /// What the operator wrote on the key.
    pub labels: Vec<Label>,
    /// The wire format that the client speaks.
    pub client_format: Cow<'static, str>,
    /// How the client wants the answer.
    pub delivery: crate::chat::Delivery,
    /// When the request has to be over.
    pub deadline: Deadline,
}

/// A name with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A request in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The model that the client named, or that an earlier plugin chose.
    pub model: String,
    /// Messages, instructions not counted.
    pub message_count: u32,
    /// Bytes of text that the model would read.
    pub prompt_bytes: u64,
    /// Tools on offer.
    pub tool_count: u32,
    /// Whether any message holds an image.
    pub has_images: bool,
    /// The client's limit on the answer, in tokens.
    pub max_tokens: Option<u32>,
}

/// A route hook's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteVerdict {
    /// The model stays.
    Keep,
    /// Another model.
    To(String),
    /// The client gets this instead of an answer.
    Deny(Failure),
}

/// Where in a request a string stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Instructions.
    System,
    /// What somebody said.
    Message,
    /// A string value in a tool call's arguments.
    ToolArgs,
    /// What a tool answered.
    ToolResult,
    /// The model's earlier thinking.
    Reasoning,
    /// A description or a schema's string.
    ToolDefinition,
    /// A stop sequence.
    Other,
}

/// Who wrote a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The application.
    System,
    /// The caller.
    User,
    /// The model.
    Assistant,
    /// A tool.
    Tool,
}

/// A string that the model would read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Names the string in an [`Edit`].
    pub id: u32,
    /// Where it stands.
    pub origin: Origin,
    /// Who wrote it.
    pub role: Role,
    /// The string.
    pub text: Cow<'a, str>,
}

/// A new text for a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The segment.
    pub id: u32,
    /// What stands there from now on.
    pub text: String,
}

/// A prompt hook's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PromptVerdict {
    /// Nothing changes.
    Keep,
    /// These segments change.
    Edit(Vec<Edit>),
    /// The client gets this text and no model is called.
    Respond(String),
    /// The client gets this instead of an answer.
    Deny(Failure),
}

/// A kind of answer text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// Prose.
    Text,
    /// Thinking.
    Reasoning,
    /// A string value in a tool call's arguments.
    ToolArgs,
}

/// The answer text that a plugin wants, and how much of it may wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextWish {
    /// [`TextKind::Text`]
    pub text: bool,
    /// [`TextKind::Reasoning`]
    pub reasoning: bool,
    /// [`TextKind::ToolArgs`]
    pub tool_args: bool,
    /// The most bytes that may stay unconsumed.
    pub window: usize,
}

impl TextWish {
    /// Whether there is anything to call the plugin for.
    pub fn any(self) -> bool {
        self.text || self.reasoning || self.tool_args
    }
}

/// Answer text, what was left unconsumed before in front.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The block of the answer.
    pub index: u32,
    /// What the text is.
    pub kind: TextKind,
    /// The text. Never empty unless `last`.
    pub text: String,
    /// Whether the block, or the string value, ends here. Then every byte has to be consumed.
    pub last: bool,
}

/// What became of a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes that are dealt with. The rest comes again, in front of the next text.
    pub consumed: usize,
    /// What stands for them; none is the bytes themselves.
    pub output: Option<String>,
}

/// A request hook's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum RequestVerdict {
    /// Nothing changes.
    Keep,
    /// Another request in its place.
    Replace(Box<Request>),
    /// The client gets this answer and no model is called.
    Respond(Batch),
    /// The client gets this instead of an answer.
    Deny(Failure),
}

/// An event hook's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum EventVerdict {
    /// Nothing changes.
    Pass,
    /// These stand for all events of the call.
    Replace(Batch),
    /// The answer ends here with this failure.
    Stop(Failure),
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The model that the client named.
    pub asked_model: String,
    /// The id or ARN of the model that was called.
    pub model: Option<String>,
    /// How it ended.
    pub end: End,
    /// Why the model stopped, if it did.
    pub stop: Option<StopReason>,
    /// As Bedrock counted, before any plugin saw it.
    pub usage: Option<Usage>,
    /// From the arrival of the request to the model's first event.
    pub first_event: Option<Duration>,
    /// From the arrival of the request to its end.
    pub total: Duration,
}

/// How a request ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The client got a complete answer.
    Complete,
    /// It got this failure.
    Failed(Failure),
    /// It went away.
    Cancelled,
}

/// A text hook's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextVerdict {
    /// Everything is consumed as it is.
    Pass,
    /// One outcome a chunk, in order.
    Rewrite(Vec<Outcome>),
    /// The answer ends here with this failure.
    Stop(Failure),
}
