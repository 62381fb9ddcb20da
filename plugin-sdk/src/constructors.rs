//! Short ways to build the contract's types.

use crate::chat::{
    BlockKind, BlockStart, Delta, Event, Message, Part, Request, RequestVerdict, Role, Sampling, StopReason,
};
use crate::{Chunk, ConfigError, Failure, Outcome, PluginError, Route, RouteVerdict, TextKind, TextKinds};

impl Outcome {
    /// Consumes the whole chunk and passes it on unchanged.
    pub fn pass(chunk: &Chunk) -> Self {
        Self::hold(chunk.text.len())
    }

    /// Consumes the whole chunk; the client gets `output` in its place.
    pub fn replace(chunk: &Chunk, output: impl Into<String>) -> Self {
        Self::replace_front(chunk.text.len(), output)
    }

    /// Passes on the first `consumed` bytes unchanged. The rest comes back in front of the
    /// block's next text.
    pub fn hold(consumed: usize) -> Self {
        Self { consumed: bytes(consumed), output: None }
    }

    /// The client gets `output` in place of the first `consumed` bytes. The rest comes back in
    /// front of the block's next text.
    pub fn replace_front(consumed: usize, output: impl Into<String>) -> Self {
        Self { consumed: bytes(consumed), output: Some(output.into()) }
    }
}

/// A length inside a text that came from the host, whose memory is 32 bits wide.
fn bytes(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl PluginError {
    /// An error for the operator's log. `code` is short and stable; neither may hold prompt text.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl ConfigError {
    /// A fault at `path`, a JSON Pointer (RFC 6901) into the config.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}

impl Failure {
    /// An answer to the client with an HTTP status.
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }
}

impl RouteVerdict {
    /// Sends the request to that model.
    pub fn to(model: impl Into<String>) -> Self {
        Self::To(Route { model: model.into() })
    }
}

impl Message {
    /// A message with one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text(text.into())] }
    }
}

impl Request {
    /// A conversation, oldest message first, with nothing else set.
    pub fn new(model: impl Into<String>, messages: Vec<Message>) -> Self {
        Self {
            model: model.into(),
            system: Vec::new(),
            messages,
            tools: Vec::new(),
            tool_choice: None,
            sampling: Sampling {
                max_tokens: None,
                temperature: None,
                top_p: None,
                top_k: None,
                stop_sequences: Vec::new(),
            },
            extra: None,
        }
    }
}

impl RequestVerdict {
    /// Answers with a text in the model's place.
    pub fn respond_text(text: impl Into<String>) -> Self {
        Self::Respond(vec![
            Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
            Event::Delta(Delta { index: 0, text: text.into() }),
            Event::BlockStop(0),
            Event::MessageStop(StopReason::EndTurn),
        ])
    }
}

impl From<TextKind> for TextKinds {
    fn from(kind: TextKind) -> Self {
        match kind {
            TextKind::Text => Self::TEXT,
            TextKind::Reasoning => Self::REASONING,
            TextKind::ToolArgs => Self::TOOL_ARGS,
        }
    }
}
