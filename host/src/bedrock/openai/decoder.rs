//! Chunks as the events of an answer.

use crate::bedrock::error::broken;
use crate::bedrock::writer::EventWriter;
use crate::chat::{self, ServiceTier, StopReason};
use crate::error::Failure;

use super::chunk::{Call, Chunk, Delta, Usage};
use super::error;

/// What is known of an answer so far. OpenAI does not number blocks: one begins where the kind changes.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// How many blocks have begun.
    blocks: u32,
    prose: Option<Prose>,
    /// The blocks of calls, by OpenAI's numbers for calls. They may be open side by side.
    calls: Vec<(u32, u32)>,
    stop: Option<StopReason>,
    usage: Option<chat::Usage>,
    service_tier: Option<ServiceTier>,
    has_intervened: bool,
}

/// The block that prose or thinking is added to.
#[derive(Debug, Clone, Copy)]
struct Prose {
    index: u32,
    kind: ProseKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProseKind {
    Text,
    Reasoning,
}

impl Decoder {
    /// Writes a chunk, or a whole answer.
    pub(super) fn read(
        &mut self,
        json: &[u8],
        request_id: Option<&str>,
        writer: &mut EventWriter,
    ) -> Result<(), Failure> {
        // What serde says may quote the answer.
        let chunk: Chunk = serde_json::from_slice(json).map_err(|fault| {
            let request_id = request_id.unwrap_or("unknown");
            let internal =
                format!("bedrock request `{request_id}`: no chat completion ({:?})", fault.classify());
            broken().with_internal(internal)
        })?;
        if let Some(refusal) = chunk.error {
            return Err(error::in_answer(&refusal, request_id));
        }
        self.has_intervened |= chunk.guardrail_action.as_deref() == Some("INTERVENED");
        self.service_tier = chunk.service_tier.as_deref().and_then(ServiceTier::parse).or(self.service_tier);
        // There is only ever one choice: more are never asked for.
        for choice in chunk.choices.into_iter().flatten().filter(|choice| choice.index == 0) {
            if let Some(delta) = choice.delta.or(choice.message) {
                self.delta(delta, writer)?;
            }
            if let Some(reason) = choice.finish_reason.filter(|reason| !reason.is_empty()) {
                self.stop = Some(stop_reason(reason));
            }
        }
        if let Some(counted) = chunk.usage {
            self.usage = Some(usage(&counted));
        }
        Ok(())
    }

    /// Nothing more comes. An answer that gave no reason to stop has broken off. The end is written
    /// only now, because what changes it may follow the reason: a guardrail, or the usage.
    pub(super) fn end(&mut self, writer: &mut EventWriter) -> Result<(), Failure> {
        let reason = self.stop.take().ok_or_else(broken)?;
        writer.message_stop(if self.has_intervened { StopReason::ContentFiltered } else { reason });
        if let Some(usage) = self.usage.take() {
            writer.usage(chat::Usage { service_tier: self.service_tier, ..usage });
        }
        Ok(())
    }

    /// Whether the model has said why it stopped.
    pub(super) fn has_stopped(&self) -> bool {
        self.stop.is_some()
    }

    fn delta(&mut self, delta: Delta, writer: &mut EventWriter) -> Result<(), Failure> {
        if let Some(text) = some(delta.reasoning_content).or(some(delta.reasoning)) {
            let index = self.prose(ProseKind::Reasoning, writer);
            writer.reasoning(index, text);
        }
        // A refusal is what the model says in place of an answer.
        for text in [delta.content, delta.refusal].into_iter().filter_map(some) {
            let index = self.prose(ProseKind::Text, writer);
            writer.text(index, text);
        }
        for (position, call) in (0..).zip(delta.tool_calls.into_iter().flatten()) {
            self.call(position, call, writer)?;
        }
        Ok(())
    }

    /// The block that holds prose of this kind, from now on.
    fn prose(&mut self, kind: ProseKind, writer: &mut EventWriter) -> u32 {
        match self.prose {
            Some(prose) if prose.kind == kind => prose.index,
            _ => {
                self.end_prose(writer);
                let index = self.next_block();
                self.prose = Some(Prose { index, kind });
                index
            }
        }
    }

    fn end_prose(&mut self, writer: &mut EventWriter) {
        if let Some(prose) = self.prose.take() {
            writer.block_stop(prose.index);
        }
    }

    fn call(&mut self, position: u32, call: Call, writer: &mut EventWriter) -> Result<(), Failure> {
        let number = call.index.unwrap_or(position);
        let (name, arguments) =
            call.function.map_or((None, None), |function| (function.name, function.arguments));
        let known = self.calls.iter().find(|(known, _)| *known == number).map(|(_, index)| *index);
        let index = if let Some(index) = known {
            index
        } else {
            let (Some(id), Some(name)) = (some(call.id), some(name)) else {
                return Err(broken().with_internal("a tool call began without its id or its name"));
            };
            self.end_prose(writer);
            let index = self.next_block();
            self.calls.push((number, index));
            writer.tool_use(index, id, name);
            index
        };
        writer.tool_input(index, arguments.unwrap_or_default());
        Ok(())
    }

    fn next_block(&mut self) -> u32 {
        let index = self.blocks;
        self.blocks += 1;
        index
    }
}

fn some(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Tells a stop sequence from the model's own end no more than OpenAI does.
fn stop_reason(reason: String) -> StopReason {
    match reason.as_str() {
        "stop" => StopReason::EndTurn,
        "length" => StopReason::MaxTokens,
        "tool_calls" | "function_call" => StopReason::ToolUse,
        "content_filter" => StopReason::ContentFiltered,
        _ => StopReason::Other(reason),
    }
}

/// OpenAI counts what the cache gave as a part of the prompt.
fn usage(counted: &Usage) -> chat::Usage {
    let cached = counted.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
    let cached = cached.unwrap_or_default().min(counted.prompt_tokens);
    chat::Usage {
        input_tokens: counted.prompt_tokens - cached,
        output_tokens: counted.completion_tokens,
        cache_read_tokens: cached,
        ..chat::Usage::default()
    }
}
