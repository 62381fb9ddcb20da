//! What single model families refuse: Claude's rules for thinking, sampling and prefill; media at S3.

use super::model_id::bare;
use crate::converse::model::is_forged;
use crate::converse::request::{
    ContentBlock, Media, ReasoningContent, Request, Role, Source, Thinking, ToolChoice, ToolResultBlock,
};
use crate::error::ServiceError;

pub(super) fn check(request: &Request, model: &str) -> Result<(), ServiceError> {
    let model = bare(model);
    if let Some(claude) = model.strip_prefix("anthropic.claude-") {
        claude_media(request)?;
        claude_thinking(request)?;
        if let Some(version) = claude_version(claude) {
            claude_versioned(request, claude, version)?;
        }
        claude_signatures(request)?;
    }
    if model.starts_with("amazon.nova") {
        nova_results(request)?;
    }
    Ok(())
}

/// `sonnet-4-5-20250929-v1:0` is 4.5, `sonnet-5` is 5.0; the old order `3-7-sonnet-...` needs no rule.
fn claude_version(claude: &str) -> Option<(u32, u32)> {
    let (tier, version) = claude.split_once('-')?;
    if tier.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let mut parts = version.split('-');
    let major = parts.next()?.parse().ok()?;
    // A date in the second place means that there is no minor version.
    let minor = parts.next().filter(|part| part.len() <= 2).and_then(|part| part.parse().ok()).unwrap_or(0);
    Some((major, minor))
}

fn claude_versioned(request: &Request, claude: &str, version: (u32, u32)) -> Result<(), ServiceError> {
    let config = request.inference_config.as_ref();
    let temperature = config.and_then(|config| config.temperature);
    let top_p = config.and_then(|config| config.top_p);
    if version >= (4, 5) && temperature.is_some() && top_p.is_some() {
        return Err(ServiceError::model_refused(
            "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
        ));
    }
    if claude.starts_with("opus") && version >= (4, 7) {
        for (name, set) in [
            ("temperature", temperature.is_some()),
            ("top_p", top_p.is_some()),
            ("top_k", request.additional("top_k").is_some()),
        ] {
            if set {
                return Err(ServiceError::model_refused(format!("`{name}` is not supported by this model.")));
            }
        }
    }
    if version >= (4, 6) && request.messages.last().is_some_and(|message| message.role == Role::Assistant) {
        return Err(ServiceError::model_refused(
            "This model does not support assistant message prefill. The conversation must end with a user message.",
        ));
    }
    Ok(())
}

fn claude_thinking(request: &Request) -> Result<(), ServiceError> {
    let Thinking::Claude { budget } = request.thinking() else { return Ok(()) };
    if budget.is_some_and(|budget| budget < 1024) {
        return Err(ServiceError::model_refused(
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ));
    }
    let config = request.inference_config.as_ref();
    let most = config.and_then(|config| config.max_tokens);
    if let (Some(budget), Some(most)) = (budget, most)
        && most <= budget
    {
        return Err(ServiceError::model_refused(
            "`max_tokens` must be greater than `thinking.budget_tokens`.",
        ));
    }
    if config.and_then(|config| config.temperature).is_some_and(|temperature| temperature < 1.0) {
        return Err(ServiceError::model_refused(
            "`temperature` may only be set to 1 when thinking is enabled.",
        ));
    }
    if matches!(request.tool_choice(), Some(ToolChoice::Any {} | ToolChoice::Tool { .. })) {
        return Err(ServiceError::model_refused(
            "Thinking may not be enabled when tool_choice forces tool use.",
        ));
    }
    Ok(())
}

fn claude_signatures(request: &Request) -> Result<(), ServiceError> {
    for (index, message) in request.messages.iter().enumerate() {
        for (position, block) in message.content.iter().enumerate() {
            if let ContentBlock::ReasoningContent(ReasoningContent::ReasoningText {
                text,
                signature: Some(signature),
            }) = block
                && is_forged(text, signature)
            {
                return Err(ServiceError::model_refused(format!(
                    "messages.{index}.content.{position}: Invalid `signature` in `thinking` block"
                )));
            }
        }
    }
    Ok(())
}

/// Recorded: Claude takes no media from S3.
fn claude_media(request: &Request) -> Result<(), ServiceError> {
    let at_s3 = |source: &Source| matches!(source, Source::S3Location {});
    let refused = |block: &ContentBlock| match block {
        ContentBlock::Image(Media { source, .. }) => at_s3(source),
        ContentBlock::Document(document) => at_s3(&document.source),
        ContentBlock::ToolResult(result) => result.content.iter().any(|part| match part {
            ToolResultBlock::Image(media) => at_s3(&media.source),
            ToolResultBlock::Document(document) => at_s3(&document.source),
            _ => false,
        }),
        _ => false,
    };
    if request.messages.iter().flat_map(|message| &message.content).any(refused) {
        return Err(ServiceError::validation(
            "This model doesn't support the s3Uri field. Remove s3Uri and try again.",
        ));
    }
    Ok(())
}

/// Recorded: Nova takes no document from S3 in a tool's result.
fn nova_results(request: &Request) -> Result<(), ServiceError> {
    for (index, message) in request.messages.iter().enumerate() {
        for (position, block) in message.content.iter().enumerate() {
            let ContentBlock::ToolResult(result) = block else { continue };
            let refused = result.content.iter().any(|part| {
                matches!(part, ToolResultBlock::Document(document) if matches!(document.source, Source::S3Location {}))
            });
            if refused {
                return Err(ServiceError::model_refused(format!(
                    "Malformed input request: #/messages/{index}/content/{position}: extraneous key [toolResult] \
                     is not permitted, please reformat your input and try again."
                )));
            }
        }
    }
    Ok(())
}
