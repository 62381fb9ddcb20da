//! The default model: it echoes, calls tools when told to, and counts. The same request always has the same answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::converse::answer::{Answer, Block, Usage};
use crate::converse::request::{
    ContentBlock, Document, GuardContent, Media, ReasoningContent, Request, SystemBlock, Thinking, Tool,
    ToolResult, ToolResultBlock,
};
use crate::converse::{tokens, tool_calls};

/// What it "thinks" before it answers.
const THOUGHT: &str = "The user wants an answer. I will say what was said to me.";
/// How a signature of this model begins, before base64.
const SIGNATURE: &str = "bedrock-sim/";
/// Providers whose reasoning comes without a signature.
const UNSIGNED: &[&str] = &["openai.", "deepseek.", "moonshot", "minimax.", "qwen.", "zai."];

/// Answers a valid request.
pub(crate) fn answer(request: &Request, model: &str) -> Answer {
    let said = heard(request);
    let (mut text, calls) = tool_calls::decide(request, &said);
    let formed = request
        .answer_schema()
        .map(|schema| tool_calls::sample(&serde_json::from_str(schema).unwrap_or_default()).to_string());
    if let (Some(formed), true) = (&formed, calls.is_empty()) {
        text = formed;
    }
    let mut blocks = Vec::new();
    if request.thinking() != Thinking::Off {
        let signature = UNSIGNED.iter().all(|provider| !model.contains(provider)).then(|| signature(THOUGHT));
        blocks.push(Block::Reasoning { deltas: tokens::split(THOUGHT), signature });
    }
    if !text.is_empty() {
        blocks.push(Block::text(text));
    }
    let turn = request.messages.len();
    let called = !calls.is_empty();
    for (position, call) in calls.into_iter().enumerate() {
        let id = tool_use_id(turn, position, &call.name);
        blocks.push(Block::tool_use(id, call.name, &call.arguments));
    }
    let end = if called { "tool_use" } else { "end_turn" };
    let (blocks, stop_reason) = limit(request, blocks, end);
    let output_tokens = blocks.iter().map(Block::tokens).sum();
    let usage = Usage { output_tokens, ..input_usage(request, model) };
    let service_tier = request.service_tier().map(str::to_owned);
    Answer { blocks, stop_reason: stop_reason.to_owned(), usage, latency: 1, service_tier, trace: None }
}

/// The signature of a thought by this model.
pub(crate) fn signature(thought: &str) -> String {
    STANDARD.encode(format!("{SIGNATURE}{:016x}", hash(thought.as_bytes())))
}

/// Whether a signature is this model's own, but of another text: the service refuses reasoning that was changed.
/// Signatures of real models cannot be judged here.
pub(crate) fn is_forged(thought: &str, replayed: &str) -> bool {
    let ours = STANDARD.decode(replayed).is_ok_and(|bytes| bytes.starts_with(SIGNATURE.as_bytes()));
    ours && replayed != signature(thought)
}

/// The last user turn in words: results of tools, then the text exactly, then what images and documents there are.
fn heard(request: &Request) -> String {
    let mut results = Vec::new();
    let mut text = String::new();
    let mut attachments = Vec::new();
    for block in request.last_user_turn() {
        match block {
            ContentBlock::Text(part) | ContentBlock::GuardContent(GuardContent::Text { text: part, .. }) => {
                text.push_str(part);
            }
            ContentBlock::ToolResult(result) => results.push(result_line(request, result)),
            ContentBlock::Image(media) | ContentBlock::GuardContent(GuardContent::Image(media)) => {
                attachments.push(media_note("image", media));
            }
            ContentBlock::Video(media) => attachments.push(media_note("video", media)),
            ContentBlock::Audio(media) => attachments.push(media_note("audio", media)),
            ContentBlock::Document(document) => attachments.push(document_note(document)),
            _ => {}
        }
    }
    if !attachments.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&attachments.join(" "));
    }
    if !text.is_empty() {
        results.push(text);
    }
    results.join("\n")
}

fn result_line(request: &Request, result: &ToolResult) -> String {
    let name = request
        .messages
        .iter()
        .rev()
        .flat_map(|message| &message.content)
        .find_map(|block| match block {
            ContentBlock::ToolUse(call) if call.id == result.tool_use_id => Some(call.name.as_str()),
            _ => None,
        })
        .unwrap_or("tool");
    let verb = if result.status.as_deref() == Some("error") { "failed" } else { "said" };
    let content: Vec<String> = result
        .content
        .iter()
        .map(|block| match block {
            ToolResultBlock::Text(text) => text.clone(),
            ToolResultBlock::Json(json) | ToolResultBlock::SearchResult(json) => json.to_string(),
            ToolResultBlock::Image(media) => media_note("image", media),
            ToolResultBlock::Video(media) => media_note("video", media),
            ToolResultBlock::Document(document) => document_note(document),
        })
        .collect();
    format!("{name} {verb}: {}", content.join(" "))
}

fn media_note(kind: &str, media: &Media) -> String {
    format!("[{kind} {} {} bytes]", media.format, media.source.bytes())
}

fn document_note(document: &Document) -> String {
    let format = document.format.as_deref().unwrap_or("txt");
    format!("[document {} {format} {} bytes]", document.name, document.source.bytes())
}

/// Applies stop sequences, then the limit of tokens. A call that does not fit is left out as a whole.
fn limit(request: &Request, blocks: Vec<Block>, end: &'static str) -> (Vec<Block>, &'static str) {
    let config = request.inference_config.as_ref();
    let stops = config.and_then(|config| config.stop_sequences.as_deref()).unwrap_or_default();
    let mut left = config.and_then(|config| config.max_tokens).unwrap_or(u64::MAX);
    let mut kept = Vec::new();
    for mut block in blocks {
        let mut reason = None;
        if let Block::Text(deltas) = &mut block {
            let text = deltas.concat();
            if let Some((before, _)) =
                stops.iter().filter_map(|stop| text.split_once(stop)).min_by_key(|cut| cut.0.len())
            {
                *deltas = tokens::split(before);
                reason = Some("stop_sequence");
            }
        }
        let size = block.tokens();
        if size > left {
            if let Block::Text(deltas) | Block::Reasoning { deltas, .. } = &mut block {
                deltas.truncate(usize::try_from(left).unwrap_or(usize::MAX));
                if !deltas.is_empty() {
                    kept.push(block);
                }
            }
            return (kept, "max_tokens");
        }
        left -= size;
        kept.push(block);
        if let Some(reason) = reason {
            return (kept, reason);
        }
    }
    (kept, end)
}

/// Counts the input in the service's order: tools, system, messages. What is before the first cache point counts
/// as read from the cache, what is between it and the last as written; with one cache point all before it is written.
fn input_usage(request: &Request, model: &str) -> Usage {
    let mut counter = Counter::default();
    for tool in request.tool_config.iter().flat_map(|config| &config.tools) {
        match tool {
            Tool::ToolSpec(spec) => {
                counter.add(&spec.name);
                counter.add(spec.description.as_deref().unwrap_or_default());
                counter.add(&spec.input_schema.json.to_string());
            }
            Tool::SystemTool {} => {}
            Tool::CachePoint { .. } => counter.cache_point(),
        }
    }
    for block in request.system() {
        match block {
            SystemBlock::Text(text) | SystemBlock::GuardContent(GuardContent::Text { text, .. }) => {
                counter.add(text);
            }
            SystemBlock::GuardContent(GuardContent::Image(_)) => counter.tokens += tokens::OF_MEDIA,
            SystemBlock::CachePoint { .. } => counter.cache_point(),
        }
    }
    for block in request.messages.iter().flat_map(|message| &message.content) {
        counter.block(block);
    }
    counter.usage(model)
}

#[derive(Default)]
struct Counter {
    tokens: u64,
    points: Vec<u64>,
}

impl Counter {
    fn add(&mut self, text: &str) {
        self.tokens += tokens::count(text);
    }

    fn cache_point(&mut self) {
        self.points.push(self.tokens);
    }

    fn block(&mut self, block: &ContentBlock) {
        match block {
            ContentBlock::Text(text)
            | ContentBlock::GuardContent(GuardContent::Text { text, .. })
            | ContentBlock::ReasoningContent(
                ReasoningContent::ReasoningText { text, .. } | ReasoningContent::RedactedContent(text),
            ) => self.add(text),
            ContentBlock::ToolUse(call) => self.add(&call.input.to_string()),
            ContentBlock::ToolResult(result) => {
                for part in &result.content {
                    match part {
                        ToolResultBlock::Text(text) => self.add(text),
                        ToolResultBlock::Json(json) | ToolResultBlock::SearchResult(json) => {
                            self.add(&json.to_string());
                        }
                        _ => self.tokens += tokens::OF_MEDIA,
                    }
                }
            }
            ContentBlock::CitationsContent(json) | ContentBlock::SearchResult(json) => {
                self.add(&json.to_string());
            }
            ContentBlock::CachePoint { .. } => self.cache_point(),
            ContentBlock::GuardContent(GuardContent::Image(_))
            | ContentBlock::Image(_)
            | ContentBlock::Document(_)
            | ContentBlock::Video(_)
            | ContentBlock::Audio(_) => self.tokens += tokens::OF_MEDIA,
        }
    }

    fn usage(self, model: &str) -> Usage {
        let last = self.points.last().copied().unwrap_or(0);
        let read = if self.points.len() > 1 { self.points.first().copied().unwrap_or(0) } else { 0 };
        // Claude reports the counts always, others when they cache.
        let reported = !self.points.is_empty() || model.contains("anthropic.");
        Usage {
            input_tokens: self.tokens - last,
            output_tokens: 0,
            cache_read_input_tokens: reported.then_some(read),
            cache_write_input_tokens: reported.then_some(last - read),
        }
    }
}

/// An id as the service makes them, the same for the same call at the same place.
fn tool_use_id(turn: usize, position: usize, name: &str) -> String {
    let high = hash(format!("{turn}/{position}/{name}").as_bytes());
    format!("tooluse_{high:016x}{turn:03}{position:03}")
}

/// FNV-1a, 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests;
