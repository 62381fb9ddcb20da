//! What a rule does: the members of `action`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::converse::answer::{Answer, Block, Usage};
use crate::error::{ServiceError, status_of};

/// An action. Nothing set means: answer as always.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Action {
    /// Milliseconds before the first byte.
    pub(crate) delay_ms: u64,
    /// Milliseconds between two writes of a stream.
    pub(crate) pace_ms: Option<u64>,
    pub(crate) error: Option<Fault>,
    pub(crate) exception_after: Option<Exception>,
    pub(crate) cut_after: Option<Cut>,
    pub(crate) split_bytes: Option<Sizes>,
    /// The whole stream in one write.
    pub(crate) burst: bool,
    pub(crate) reply: Option<Reply>,
    pub(crate) raw: Option<Raw>,
    /// The text of the answer with its delta borders.
    pub(crate) text_deltas: Option<Vec<String>>,
    /// Never answer.
    pub(crate) hang: bool,
}

/// An error instead of an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Fault {
    status: Option<u16>,
    #[serde(rename = "type")]
    kind: String,
    message: String,
    /// Seconds.
    retry_after: Option<u64>,
}

/// An exception frame after so many events.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) events: usize,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
}

/// A stream that ends too early.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cut {
    pub(crate) events: Option<usize>,
    pub(crate) bytes: Option<usize>,
    #[serde(default)]
    abort: bool,
    #[serde(default)]
    stall: bool,
}

/// How a cut stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutEnd {
    /// As a finished HTTP body does.
    Clean,
    /// The connection breaks inside the body.
    Abort,
    /// Nothing more comes and the connection stays.
    Stall,
}

/// Sizes of writes in bytes, over and over.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Sizes {
    One(usize),
    Cycle(Vec<usize>),
}

/// An answer with scripted content.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Reply {
    text: Option<String>,
    blocks: Option<Vec<ReplyBlock>>,
    stop_reason: Option<String>,
    usage: Option<Usage>,
}

/// A content block as a Converse answer has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReplyBlock {
    Text(String),
    ReasoningContent(ReplyReasoning),
    ToolUse(ReplyToolUse),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReplyReasoning {
    ReasoningText { text: String, signature: Option<String> },
    RedactedContent(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReplyToolUse {
    tool_use_id: String,
    name: String,
    /// A string is streamed as it is, so that broken JSON can be scripted.
    input: Value,
}

/// A recorded body, replayed byte for byte.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    #[serde(rename = "base64", deserialize_with = "decoded")]
    pub(crate) body: Bytes,
    pub(crate) status: Option<u16>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

fn decoded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    let bytes = STANDARD
        .decode(text)
        .map_err(|error| serde::de::Error::custom(format!("invalid base64: {error}")))?;
    Ok(bytes.into())
}

impl Action {
    /// What the JSON alone does not rule out.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let endings = [
            self.hang,
            self.error.is_some(),
            self.raw.is_some(),
            self.reply.is_some() || self.text_deltas.is_some(),
        ];
        if endings.into_iter().filter(|set| *set).count() > 1 {
            return Err("`hang`, `error`, `raw`, and `reply` or `textDeltas` exclude each other");
        }
        let reply = self.reply.as_ref();
        if self.text_deltas.is_some()
            && reply.is_some_and(|reply| reply.text.is_some() || reply.blocks.is_some())
        {
            return Err("`textDeltas` and the content of `reply` exclude each other");
        }
        if reply.is_some_and(|reply| reply.text.is_some() && reply.blocks.is_some()) {
            return Err("`text` and `blocks` of `reply` exclude each other");
        }
        if self.split_bytes.as_ref().is_some_and(|sizes| !sizes.are_usable()) {
            return Err("`splitBytes` needs sizes of at least 1");
        }
        if self.burst && self.split_bytes.is_some() {
            return Err("`burst` and `splitBytes` exclude each other");
        }
        match self.cut_after {
            Some(Cut { events: Some(_), bytes: Some(_), .. } | Cut { events: None, bytes: None, .. }) => {
                Err("`cutAfter` needs either `events` or `bytes`")
            }
            Some(Cut { abort: true, stall: true, .. }) => {
                Err("`abort` and `stall` of `cutAfter` exclude each other")
            }
            _ => Ok(()),
        }
    }

    /// Puts scripted content in the place of the model's answer.
    pub(crate) fn apply(&self, mut answer: Answer) -> Answer {
        let reply = self.reply.clone().unwrap_or_default();
        let blocks = match (&self.text_deltas, reply.text, reply.blocks) {
            (Some(deltas), _, _) => Some(vec![Block::Text(deltas.clone())]),
            (_, Some(text), _) => Some(vec![Block::text(&text)]),
            (_, _, Some(blocks)) => Some(blocks.into_iter().map(Block::from).collect()),
            _ => None,
        };
        if let Some(blocks) = blocks {
            let calls = blocks.iter().any(|block: &Block| matches!(block, Block::ToolUse { .. }));
            answer.stop_reason = String::from(if calls { "tool_use" } else { "end_turn" });
            answer.usage.output_tokens = blocks.iter().map(Block::tokens).sum();
            answer.blocks = blocks;
        }
        if let Some(stop_reason) = reply.stop_reason {
            answer.stop_reason = stop_reason;
        }
        if let Some(usage) = reply.usage {
            answer.usage = usage;
        }
        answer.latency += self.delay_ms;
        answer
    }
}

impl From<ReplyBlock> for Block {
    fn from(block: ReplyBlock) -> Self {
        match block {
            ReplyBlock::Text(text) => Self::text(&text),
            ReplyBlock::ReasoningContent(ReplyReasoning::ReasoningText { text, signature }) => {
                Self::Reasoning { deltas: crate::converse::tokens::split(&text), signature }
            }
            ReplyBlock::ReasoningContent(ReplyReasoning::RedactedContent(base64)) => Self::Redacted(base64),
            ReplyBlock::ToolUse(ReplyToolUse { tool_use_id, name, input }) => {
                let arguments = match input {
                    Value::String(text) => text,
                    input => input.to_string(),
                };
                Self::tool_use(tool_use_id, name, &arguments)
            }
        }
    }
}

impl Fault {
    pub(crate) fn service_error(&self) -> ServiceError {
        ServiceError {
            status: self.status.unwrap_or_else(|| status_of(&self.kind)),
            kind: Cow::Owned(self.kind.clone()),
            message: self.message.clone(),
            retry_after: self.retry_after,
        }
    }
}

impl Cut {
    pub(crate) fn end(self) -> CutEnd {
        match (self.abort, self.stall) {
            (true, _) => CutEnd::Abort,
            (_, true) => CutEnd::Stall,
            _ => CutEnd::Clean,
        }
    }
}

impl Sizes {
    pub(crate) fn as_slice(&self) -> &[usize] {
        match self {
            Self::One(size) => std::slice::from_ref(size),
            Self::Cycle(sizes) => sizes,
        }
    }

    fn are_usable(&self) -> bool {
        !self.as_slice().is_empty() && !self.as_slice().contains(&0)
    }
}
