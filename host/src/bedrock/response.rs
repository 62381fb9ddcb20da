//! The whole answer of Converse as events.

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse::ConverseOutput;
use aws_sdk_bedrockruntime::types::{
    CitationGeneratedContent, ContentBlock, ConverseOutput as Output, ReasoningContentBlock,
    ServiceTier as SdkServiceTier, ServiceTierType, StopReason as SdkStopReason, TokenUsage, ToolUseType,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::chat::{Batch, ServiceTier, StopReason, Usage};
use crate::error::{Failure, Kind};

use super::request::Reading;
use super::writer::EventWriter;
use super::{assessment, document, error};

/// All events of an answer, in one batch.
pub(super) fn events(answer: ConverseOutput, reading: Reading) -> Result<Batch, Failure> {
    if let Some(found) = answer.trace.as_ref().and_then(|trace| trace.guardrail.as_ref()) {
        assessment::log(found, answer.request_id());
    }
    let Some(Output::Message(message)) = answer.output else {
        return Err(error::unreadable().with_internal("bedrock answered without a message"));
    };
    let mut writer = EventWriter::new(reading);
    for (index, content) in (0..).zip(message.content) {
        block(&mut writer, index, content);
        writer.block_stop(index);
    }
    writer.message_stop(stop_reason(answer.stop_reason)?);
    // The SDK counts nothing where Bedrock sent no count; no answer costs nothing.
    if let Some(counted) = answer.usage.filter(|counted| counted.total_tokens > 0) {
        writer.usage(usage(&counted, answer.service_tier.as_ref()));
    }
    Ok(writer.take())
}

fn block(writer: &mut EventWriter, index: u32, content: ContentBlock) {
    match content {
        ContentBlock::Text(text) => writer.text(index, text),
        ContentBlock::ReasoningContent(ReasoningContentBlock::ReasoningText(reasoning)) => {
            writer.reasoning(index, reasoning.text);
            writer.signature(index, reasoning.signature.unwrap_or_default());
        }
        ContentBlock::ReasoningContent(ReasoningContentBlock::RedactedContent(data)) => {
            writer.redacted(index, STANDARD.encode(data));
        }
        ContentBlock::ToolUse(call) if is_server(call.r#type.as_ref()) => {
            tracing::debug!(index, "skipped a call of a server's own tool");
        }
        ContentBlock::ToolUse(call) => {
            let input = document::to_json(&call.input);
            writer.tool_use(index, call.tool_use_id, call.name);
            writer.tool_input(index, input.as_str().to_owned());
        }
        // An answer with citations holds part of its prose here.
        ContentBlock::CitationsContent(cited) => {
            for content in cited.content.unwrap_or_default() {
                if let CitationGeneratedContent::Text(text) = content {
                    writer.text(index, text);
                }
            }
        }
        _ => tracing::debug!(index, "skipped a block of a kind that has no place in an answer"),
    }
}

/// Whether a call is of a tool that Bedrock runs itself.
pub(super) fn is_server(kind: Option<&ToolUseType>) -> bool {
    kind == Some(&ToolUseType::ServerToolUse)
}

/// Why an answer ended. A model that wrote what nobody can read has failed.
pub(super) fn stop_reason(reason: SdkStopReason) -> Result<StopReason, Failure> {
    Ok(match reason {
        SdkStopReason::EndTurn => StopReason::EndTurn,
        SdkStopReason::MaxTokens | SdkStopReason::ModelContextWindowExceeded => StopReason::MaxTokens,
        SdkStopReason::StopSequence => StopReason::StopSequence,
        SdkStopReason::ToolUse => StopReason::ToolUse,
        SdkStopReason::ContentFiltered | SdkStopReason::GuardrailIntervened => StopReason::ContentFiltered,
        SdkStopReason::MalformedModelOutput | SdkStopReason::MalformedToolUse => {
            return Err(Failure::new(
                Kind::ModelError,
                "the model's answer is malformed; try again or rephrase",
            )
            .with_internal(format!("stop reason `{}`", reason.as_str())));
        }
        other => StopReason::Other(other.as_str().to_owned()),
    })
}

/// What an answer cost, and which tier served it.
pub(super) fn usage(counted: &TokenUsage, tier: Option<&SdkServiceTier>) -> Usage {
    let tokens = |count: i32| u64::try_from(count).unwrap_or_default();
    Usage {
        input_tokens: tokens(counted.input_tokens),
        output_tokens: tokens(counted.output_tokens),
        cache_read_tokens: tokens(counted.cache_read_input_tokens.unwrap_or_default()),
        cache_write_tokens: tokens(counted.cache_write_input_tokens.unwrap_or_default()),
        service_tier: tier.and_then(|tier| match tier.r#type() {
            ServiceTierType::Default => Some(ServiceTier::Default),
            ServiceTierType::Flex => Some(ServiceTier::Flex),
            ServiceTierType::Priority => Some(ServiceTier::Priority),
            ServiceTierType::Reserved => Some(ServiceTier::Reserved),
            _ => None,
        }),
    }
}
