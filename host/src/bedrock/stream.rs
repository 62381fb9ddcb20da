//! The events of ConverseStream as the events of an answer.

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as Answer;
use aws_sdk_bedrockruntime::types::{
    ContentBlockDelta, ContentBlockStart, ConverseStreamOutput, ReasoningContentBlockDelta,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::Failure;

use super::reader::{Progress, Source};
use super::response::{is_server, stop_reason, usage};
use super::writer::EventWriter;
use super::{assessment, error};

impl Source for Answer {
    type Sink = EventWriter;

    async fn receive(&mut self, writer: &mut EventWriter) -> Result<Progress, Failure> {
        // `recv` keeps all that it has read in the receiver, so it may be dropped while it waits.
        match self.stream.recv().await {
            Ok(Some(event)) => write(writer, event, RequestId::request_id(self)).map(|()| Progress::Received),
            Ok(None) => Ok(Progress::Ended),
            Err(fault) => Err(error::of_stream(&fault, RequestId::request_id(self))),
        }
    }

    fn request_id(&self) -> Option<&str> {
        RequestId::request_id(self)
    }
}

/// Writes one event. Only blocks of tools are announced; all others begin with their first delta.
fn write(
    writer: &mut EventWriter,
    event: ConverseStreamOutput,
    request_id: Option<&str>,
) -> Result<(), Failure> {
    match event {
        ConverseStreamOutput::MessageStart(_) => {}
        ConverseStreamOutput::ContentBlockStart(start) => {
            let index = block_index(start.content_block_index);
            match start.start {
                Some(ContentBlockStart::ToolUse(call)) if !is_server(call.r#type.as_ref()) => {
                    writer.tool_use(index, call.tool_use_id, call.name);
                }
                _ => tracing::debug!(index, "skipped a block of a kind that has no place in an answer"),
            }
        }
        ConverseStreamOutput::ContentBlockDelta(piece) => {
            if let Some(delta) = piece.delta {
                write_delta(writer, block_index(piece.content_block_index), delta);
            }
        }
        ConverseStreamOutput::ContentBlockStop(stop) => {
            writer.block_stop(block_index(stop.content_block_index));
        }
        ConverseStreamOutput::MessageStop(stop) => writer.message_stop(stop_reason(stop.stop_reason)?),
        ConverseStreamOutput::Metadata(metadata) => {
            if let Some(counted) = metadata.usage {
                writer.usage(usage(&counted, metadata.service_tier.as_ref()));
            }
            if let Some(found) = metadata.trace.and_then(|trace| trace.guardrail) {
                assessment::log(&found, request_id);
            }
        }
        _ => tracing::debug!("skipped an event of an unknown kind"),
    }
    Ok(())
}

fn write_delta(writer: &mut EventWriter, index: u32, delta: ContentBlockDelta) {
    match delta {
        ContentBlockDelta::Text(text) => writer.text(index, text),
        ContentBlockDelta::ToolUse(piece) => writer.tool_input(index, piece.input),
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Text(text)) => {
            writer.reasoning(index, text);
        }
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::Signature(value)) => {
            writer.signature(index, value);
        }
        ContentBlockDelta::ReasoningContent(ReasoningContentBlockDelta::RedactedContent(data)) => {
            writer.redacted(index, STANDARD.encode(data));
        }
        // A citation's delta names its source; the cited prose comes as text.
        _ => tracing::debug!(index, "skipped a delta of a kind that has no place in an answer"),
    }
}

/// Bedrock counts blocks from 0; a negative number would be its mistake.
fn block_index(index: i32) -> u32 {
    u32::try_from(index).unwrap_or_default()
}
