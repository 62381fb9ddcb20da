use crate::chat::StopReason;
use crate::error::{Failure, Kind};

/// The model's answer ended before it was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer ended before it was complete")]
pub struct Incomplete;

impl From<Incomplete> for Failure {
    fn from(incomplete: Incomplete) -> Self {
        Self::new(
            Kind::BrokenStream,
            format!("{incomplete}: what came of it must not be taken for the whole"),
        )
    }
}

/// OpenAI's word for the reason of an answer's end. `calls` is the number of its tool calls.
///
/// Some models say that they are done although they wait for tools, and a client that looks only
/// at this word would never run them; so a call makes `tool_calls` of every proper end. Without
/// a call there is nothing to run, and the end is a `stop` whatever the model said.
pub(super) fn finish_reason(reason: &StopReason, calls: usize) -> &'static str {
    match reason {
        StopReason::MaxTokens => "length",
        StopReason::ContentFiltered => "content_filter",
        StopReason::ToolUse | StopReason::EndTurn | StopReason::StopSequence | StopReason::Other(_) => {
            if calls > 0 {
                "tool_calls"
            } else {
                "stop"
            }
        }
    }
}
