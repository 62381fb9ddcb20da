//! The conversation as a whole: who speaks, and that something is said.

use crate::converse::request::{ContentBlock, Request, Role, SystemBlock, ToolResultBlock};
use crate::error::ServiceError;

pub(super) fn check(request: &Request) -> Result<(), ServiceError> {
    system(request)?;
    stop_sequences(request)?;
    if request.messages.first().is_none_or(|message| message.role != Role::User) {
        return Err(ServiceError::validation(
            "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
        ));
    }
    for (index, message) in request.messages.iter().enumerate() {
        if message.content.is_empty() {
            return Err(ServiceError::validation(format!(
                "The content field in the Message object at messages.{index} is empty. \
                 Add a ContentBlock object to the content field and try again."
            )));
        }
        blank_text(index, &message.content)?;
    }
    // Titan took two user messages in a row (recorded), other models do not: what a client may rely on is refused here.
    let neighbours = request.messages.iter().zip(request.messages.iter().skip(1));
    if neighbours.into_iter().any(|(one, next)| one.role == next.role) {
        return Err(ServiceError::validation(
            "A conversation must alternate between user and assistant roles. \
             Make sure the conversation alternates between user and assistant roles and try again.",
        ));
    }
    Ok(())
}

fn system(request: &Request) -> Result<(), ServiceError> {
    for (index, block) in request.system().iter().enumerate() {
        if matches!(block, SystemBlock::Text(text) if is_blank(text)) {
            return Err(blank("SystemContentBlock", &format!("system.{index}")));
        }
    }
    Ok(())
}

fn stop_sequences(request: &Request) -> Result<(), ServiceError> {
    let config = request.inference_config.as_ref();
    if config
        .and_then(|config| config.stop_sequences.as_ref())
        .is_some_and(|stops| stops.iter().any(|stop| is_blank(stop)))
    {
        return Err(ServiceError::model_refused(
            "stop_sequences: each stop sequence must contain non-whitespace",
        ));
    }
    Ok(())
}

fn blank_text(message: usize, content: &[ContentBlock]) -> Result<(), ServiceError> {
    for (index, block) in content.iter().enumerate() {
        match block {
            ContentBlock::Text(text) if is_blank(text) && !separates_cache_point(content, index, text) => {
                return Err(blank("ContentBlock", &format!("messages.{message}.content.{index}")));
            }
            ContentBlock::ToolResult(result) => {
                for (inner, part) in result.content.iter().enumerate() {
                    if matches!(part, ToolResultBlock::Text(text) if is_blank(text)) {
                        let place = format!("messages.{message}.content.{index}.toolResult.content.{inner}");
                        return Err(blank("ToolResultContentBlock", &place));
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// White space between a document and its cache point is taken (recorded), and needed: the pair alone is refused.
fn separates_cache_point(content: &[ContentBlock], index: usize, text: &str) -> bool {
    let before = index.checked_sub(1).and_then(|index| content.get(index));
    !text.is_empty()
        && matches!(before, Some(ContentBlock::Document(_)))
        && matches!(content.get(index + 1), Some(ContentBlock::CachePoint { .. }))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn blank(object: &str, place: &str) -> ServiceError {
    ServiceError::validation(format!(
        "The text field in the {object} object at {place} is blank. Add text to the text field, and try again."
    ))
}
