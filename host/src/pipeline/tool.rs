//! Tools that plugins offer to clients which call tools themselves, as those of the Model Context Protocol do.
//!
//! A plugin that offers tools fails alone, whatever its failure policy: its tools are missing from a list, and a
//! call of one fails. Nothing that a key asks of a model waits for it.

use bytes::Bytes;

use crate::chat::{Json, Role};

/// A tool that a plugin offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Its name, without the plugin's: ASCII letters, digits, `_` and `-`.
    pub name: String,
    /// What people read in its place.
    pub title: Option<String>,
    /// What it does, for the model that chooses. Never empty.
    pub description: String,
    /// JSON Schema of the arguments: an object whose `type` is `object`.
    pub input_schema: Json,
    /// JSON Schema of what it answers beside its content, if it does: an object.
    pub output_schema: Option<Json>,
    /// What calling it may do.
    pub hints: ToolHints,
}

/// What a plugin says of a tool's effects. Nobody has checked it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolHints {
    /// It changes nothing.
    pub read_only: Option<bool>,
    /// It may take something away.
    pub destructive: Option<bool>,
    /// The same call again changes nothing more.
    pub idempotent: Option<bool>,
    /// It reaches things beyond those that the plugin knows.
    pub open_world: Option<bool>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The tool's name, without the plugin's.
    pub name: String,
    /// What the client gave it: a JSON object. Nobody has compared it with the tool's schema.
    pub arguments: Json,
    /// What the client can be asked for.
    pub abilities: ClientAbilities,
    /// What came of an earlier call that needed input, if this one goes on with it.
    pub resumed: Option<Resumed>,
}

/// What a client has said that it, or the person who uses it, can answer while a tool is called.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClientAbilities {
    /// [`InputKind::Elicit`]
    pub elicit: bool,
    /// [`InputKind::Sample`]
    pub sample: bool,
    /// [`InputKind::Roots`]
    pub roots: bool,
}

impl ClientAbilities {
    /// Whether the client can answer this.
    pub fn allow(self, kind: &InputKind) -> bool {
        match kind {
            InputKind::Elicit { .. } => self.elicit,
            InputKind::Sample { .. } => self.sample,
            InputKind::Roots => self.roots,
        }
    }
}

/// A call that goes on with what the client has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// What the tool left behind for itself. The client may have held it. Empty if there is nothing: a client
    /// may send answers without it.
    pub state: String,
    /// The answers that came. None of them need be there.
    pub answers: Vec<InputAnswer>,
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolOutcome {
    /// It is over.
    Done(ToolResult),
    /// It goes on in another call, when the client has answered.
    NeedsInput {
        /// What the tool is to be given again. Empty if there is nothing to remember.
        state: String,
        /// What the client is asked. Never empty, and each has an id of its own.
        requests: Vec<InputRequest>,
    },
}

/// What a tool answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolResult {
    /// For whoever reads it.
    pub content: Vec<ToolContent>,
    /// For programs: a JSON object.
    pub structured: Option<Json>,
    /// Whether it says why the tool could not do what was asked.
    pub is_error: bool,
}

/// A piece of what a tool answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolContent {
    /// Text.
    Text(String),
    /// A picture.
    Image {
        /// Its media type.
        mime: String,
        /// Its bytes.
        data: Bytes,
    },
    /// A sound.
    Audio {
        /// Its media type.
        mime: String,
        /// Its bytes.
        data: Bytes,
    },
    /// A document, with what is in it.
    Resource {
        /// What names it.
        uri: String,
        /// Its media type.
        mime: Option<String>,
        /// What is in it.
        body: ResourceBody,
    },
    /// Where a document is.
    ResourceLink {
        /// What names it.
        uri: String,
        /// What people call it.
        name: String,
        /// Its media type.
        mime: Option<String>,
        /// What it is.
        description: Option<String>,
    },
}

/// What is in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceBody {
    /// Text.
    Text(String),
    /// Anything else.
    Bytes(Bytes),
}

/// What a tool wants of the client before it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputRequest {
    /// Names it in the answers.
    pub id: String,
    /// What it wants.
    pub kind: InputKind,
}

/// What a client can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputKind {
    /// A person fills in a form.
    Elicit {
        /// What the person reads.
        message: String,
        /// JSON Schema of the form: an object.
        schema: Json,
    },
    /// The client's own model goes on with a conversation.
    Sample {
        /// Instructions.
        system: Option<String>,
        /// The conversation, oldest first.
        messages: Vec<SampleMessage>,
        /// The most tokens of its answer.
        max_tokens: u32,
    },
    /// The folders that the client works in.
    Roots,
}

/// A message of a conversation for the client's own model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub text: String,
}

/// What a client has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputAnswer {
    /// The [`InputRequest::id`].
    pub id: String,
    /// The client's result as the protocol has it: `action` and `content`, a message, or `roots`.
    pub body: Json,
}

/// Who hears of a call while it runs. Never blocks: what is too much is dropped.
pub trait ToolClient: Send + Sync {
    /// How far the call is; `done` grows from one to the next, and is finite.
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>);

    /// A line for whoever watches.
    fn log(&self, level: LogLevel, data: &Json);
}

/// How grave a line is (RFC 5424).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the RFC has the words")]
pub enum LogLevel {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

#[cfg(test)]
#[path = "tool_tests.rs"]
mod tests;
