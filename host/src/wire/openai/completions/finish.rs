use crate::chat::StopReason;

/// OpenAI's word for the reason of an answer's end. There are no tools in this format, so none is
/// waited for.
pub(super) fn finish_reason(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::MaxTokens => "length",
        StopReason::ContentFiltered => "content_filter",
        StopReason::ToolUse | StopReason::EndTurn | StopReason::StopSequence | StopReason::Other(_) => "stop",
    }
}
