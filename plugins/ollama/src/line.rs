//! The objects that answers are made of.

use adit_plugin::chat::{StopReason, Usage};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::time::rfc3339;

/// Where a request came in, which decides how its answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `POST /api/chat`
    Chat,
    /// `POST /api/generate`
    Generate,
}

/// What every object of an answer says.
pub(crate) struct Stamp {
    endpoint: Endpoint,
    model: String,
    created_at: String,
}

/// A piece of an answer, or all of it.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) content: String,
    pub(crate) thinking: String,
    pub(crate) calls: Vec<ToolCall>,
}

#[derive(Serialize)]
pub(crate) struct ToolCall {
    pub(crate) id: String,
    pub(crate) function: Function,
}

#[derive(Serialize)]
pub(crate) struct Function {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) arguments: Box<RawValue>,
}

/// What the last object says of the whole.
#[derive(Serialize)]
pub(crate) struct Summary {
    done_reason: &'static str,
    total_duration: u64,
    load_duration: u64,
    prompt_eval_count: u64,
    prompt_eval_duration: u64,
    eval_count: u64,
    eval_duration: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    model: &'a str,
    created_at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    done: bool,
    #[serde(flatten)]
    summary: Option<&'a Summary>,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a str>,
    #[serde(skip_serializing_if = "<[ToolCall]>::is_empty")]
    tool_calls: &'a [ToolCall],
}

impl Stamp {
    pub(crate) fn new(endpoint: Endpoint, model: String, created_ms: u64) -> Self {
        Self { endpoint, model, created_at: rfc3339(created_ms) }
    }

    /// An object; the last one, if it has a summary.
    pub(crate) fn write(&self, said: &Said, summary: Option<&Summary>) -> Vec<u8> {
        let thinking = (!said.thinking.is_empty()).then_some(said.thinking.as_str());
        let message =
            Message { role: "assistant", content: &said.content, thinking, tool_calls: &said.calls };
        let is_chat = self.endpoint == Endpoint::Chat;
        json(&Line {
            model: &self.model,
            created_at: &self.created_at,
            message: is_chat.then_some(message),
            response: (!is_chat).then_some(&said.content),
            thinking: thinking.filter(|_| !is_chat),
            done: summary.is_some(),
            summary,
        })
    }

    /// The answer to a request that says nothing.
    pub(crate) fn loaded(&self) -> Vec<u8> {
        self.write(&Said::default(), Some(&Summary { done_reason: "load", ..Summary::nothing() }))
    }
}

impl Summary {
    /// `first` and `total` are nanoseconds: until the answer began, and until it ended.
    pub(crate) fn new(reason: &StopReason, usage: Usage, first: u64, total: u64) -> Self {
        let Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
        Self {
            done_reason: match reason {
                StopReason::MaxTokens => "length",
                StopReason::ContentFiltered => "content_filter",
                StopReason::EndTurn
                | StopReason::StopSequence
                | StopReason::ToolUse
                | StopReason::Other(_) => "stop",
            },
            total_duration: total,
            prompt_eval_count: input_tokens + cache_read_tokens + cache_write_tokens,
            prompt_eval_duration: first,
            eval_count: output_tokens,
            eval_duration: total.saturating_sub(first).max(1),
            ..Self::nothing()
        }
    }

    fn nothing() -> Self {
        Self {
            done_reason: "",
            total_duration: 1,
            load_duration: 0,
            prompt_eval_count: 0,
            prompt_eval_duration: 0,
            eval_count: 0,
            eval_duration: 0,
        }
    }
}

/// JSON in one line.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    // Texts, numbers, and JSON that was read: nothing that could fail to be written.
    serde_json::to_vec(value).unwrap_or_default()
}
