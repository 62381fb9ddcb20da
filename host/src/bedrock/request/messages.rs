//! `messages`: turns of blocks, in the order that Converse takes.
//!
//! A decoder gives a conversation that is in order already (roles in turn, results beside their calls);
//! a plugin may have emptied texts since, and some rules depend on the model. What has to be put in
//! where there is nothing is a short word in parentheses, as Bedrock takes no blank text.

use std::borrow::Cow;

use crate::capability::{Capabilities, Signature, Support};
use crate::chat::{Message, Part, Prefill, ResultPart, Role, Source, ToolResult, ToolResultStatus, ToolUse};
use crate::error::Failure;

use super::body::{Block, CachePoint, Document, GuardContent, Reasoning, ReasoningText, Turn};
use super::media::Media;
use super::names::{self, Names};
use super::thinking::Mode;
use super::{body, guardrail, is_blank, left_over, raw};

/// What stands in for a beginning that is missing.
const NO_BEGINNING: &str = "(The beginning of this conversation is not shown.)";
/// What a tool answered that answered nothing.
const NO_OUTPUT: &str = "(The tool gave no output.)";
/// What stands in a result whose image or document stands beside it.
const BESIDE: &str = "(The output follows these results.)";
/// The text that Bedrock wants beside a document.
const ATTACHED: &str = "(See the attached document.)";
/// What asks a model to go on that takes no beginning of its answer.
const GO_ON: &str = "(Continue your last message exactly where it ends.)";

/// What the turns depend on.
pub(super) struct Writer<'a> {
    pub(super) capabilities: &'a Capabilities,
    pub(super) names: &'a Names,
    pub(super) mode: Mode,
    pub(super) prefill: Prefill,
    pub(super) is_guarded: bool,
    pub(super) media: Media<'a>,
}

impl<'a> Writer<'a> {
    /// The turns. Instructions for a model without a system prompt are what the user says first.
    pub(super) fn turns(
        mut self,
        messages: &'a [Message],
        instructions: Vec<Block<'a>>,
    ) -> Result<Vec<Turn<'a>>, Failure> {
        let mut turns: Vec<Turn<'a>> = Vec::with_capacity(messages.len());
        for message in messages {
            let mut content = Vec::with_capacity(message.parts.len());
            for part in &message.parts {
                self.part(part, &mut content)?;
            }
            // Converse refuses a message without content (a mark of the cache is none), and two of the
            // same role in a row. A hook that removes text may leave either.
            match turns.last_mut() {
                Some(last) if last.role == role(message.role) => last.content.append(&mut content),
                _ if content.iter().all(|block| matches!(block, Block::CachePoint(_))) => {}
                _ => turns.push(Turn { role: role(message.role), content }),
            }
        }
        let Some(first) = turns.first() else {
            return Err(Failure::invalid("messages", "no message has any content"));
        };
        if first.role == ASSISTANT {
            turns.insert(0, Turn { role: USER, content: vec![Block::text(NO_BEGINNING)] });
        }
        for turn in &mut turns {
            order(turn);
        }
        if self.is_guarded {
            guardrail::mark_newest(&mut turns)?;
        }
        if let Some(first) = turns.first_mut() {
            let place =
                first.content.iter().take_while(|block| matches!(block, Block::ToolResult(_))).count();
            first.content.splice(place..place, instructions);
        }
        for turn in &mut turns {
            let has = |wanted: fn(&Block<'_>) -> bool| turn.content.iter().any(wanted);
            if has(|block| matches!(block, Block::Document(_)))
                && !has(|block| matches!(block, Block::Text(_)))
            {
                turn.content.push(Block::text(ATTACHED));
            }
        }
        self.end(&mut turns);
        Ok(turns)
    }

    /// What the last message says may be the assistant's: the beginning of its answer.
    fn end(&self, turns: &mut Vec<Turn<'a>>) {
        let Some(last) = turns.last_mut().filter(|last| last.role == ASSISTANT) else { return };
        let is_refused = self.capabilities.prefill == Support::Refused || self.mode == Mode::Claude;
        if is_refused && self.prefill == Prefill::Bridged {
            turns.push(Turn { role: USER, content: vec![Block::text(GO_ON)] });
        } else if let Some(Block::Text(text)) =
            last.content.iter_mut().rfind(|block| !matches!(block, Block::CachePoint(_)))
        {
            // Claude refuses a beginning that ends in white space.
            match text {
                Cow::Borrowed(text) => *text = text.trim_end(),
                Cow::Owned(text) => text.truncate(text.trim_end().len()),
            }
        }
    }

    fn part(&mut self, part: &'a Part, content: &mut Vec<Block<'a>>) -> Result<(), Failure> {
        content.push(match part {
            Part::Text(text) if is_blank(text) => return Ok(()),
            Part::Guarded(guarded) if is_blank(&guarded.text) => return Ok(()),
            Part::Text(text) => Block::text(text),
            Part::Guarded(guarded) if self.is_guarded => guardrail::content(guarded),
            Part::Guarded(guarded) => Block::text(&guarded.text),
            Part::Blob(blob) => self.media.image(blob)?,
            Part::Document(document) => self.media.document(document)?,
            Part::Remote(_) => return Err(left_over()),
            Part::ToolUse(call) => self.call(call)?,
            Part::ToolResult(result) => return self.result(result, content),
            Part::Reasoning(reasoning) => match &reasoning.signature {
                // Bedrock takes thinking back only with the model's seal.
                Some(signature) if self.takes_seals() => {
                    let text = ReasoningText { text: &reasoning.text, signature };
                    Block::ReasoningContent(Reasoning::ReasoningText(text))
                }
                _ => return Ok(()),
            },
            Part::RedactedReasoning(data) if self.takes_seals() => {
                Block::ReasoningContent(Reasoning::RedactedContent(data))
            }
            Part::RedactedReasoning(_) => return Ok(()),
            Part::CachePoint(ttl) => Block::CachePoint(CachePoint::of(*ttl)),
        });
        Ok(())
    }

    /// Whether thinking comes from this model, or may do so: another model's seal it cannot read.
    fn takes_seals(&self) -> bool {
        self.capabilities.signature == Signature::Signed || self.capabilities.family == Capabilities::OTHER
    }

    fn call(&self, call: &'a ToolUse) -> Result<Block<'a>, Failure> {
        let ToolUse { id, name, input } = call;
        if self.capabilities.tools.is_none() {
            return Ok(Block::text(format!("(Call of the tool `{name}`: {})", input.as_str())));
        }
        Ok(Block::ToolUse(body::ToolUse {
            tool_use_id: names::id(id),
            name: self.names.bedrock(name),
            input: raw(input.as_str())?,
        }))
    }

    fn result(&mut self, result: &'a ToolResult, content: &mut Vec<Block<'a>>) -> Result<(), Failure> {
        let takes_media = self.capabilities.media_in_tool_result == Support::Accepted;
        let mut inside = Vec::with_capacity(result.content.len());
        let mut beside = Vec::new();
        for part in &result.content {
            match part {
                ResultPart::Text(text) if is_blank(text) => {}
                ResultPart::Text(text) => inside.push(Block::text(text)),
                ResultPart::Blob(blob) if takes_media && is_here(&blob.source) => {
                    inside.push(self.media.image(blob)?);
                }
                ResultPart::Blob(blob) => beside.push(self.media.image(blob)?),
                ResultPart::Document(document) if takes_media && is_here(&document.source) => {
                    inside.push(self.media.document(document)?);
                }
                ResultPart::Document(document) => beside.push(self.media.document(document)?),
                ResultPart::Remote(_) => return Err(left_over()),
                // A mark stands after the whole result: a result holds none.
                ResultPart::CachePoint(ttl) => beside.push(Block::CachePoint(CachePoint::of(*ttl))),
            }
        }
        if inside.is_empty() {
            let is_beside = beside.iter().any(|block| !matches!(block, Block::CachePoint(_)));
            inside.push(Block::text(if is_beside { BESIDE } else { NO_OUTPUT }));
        }
        if self.capabilities.tools.is_none() {
            content.push(Block::text("(Result of the tool:)"));
            content.append(&mut inside);
        } else {
            content.push(Block::ToolResult(body::ToolResult {
                tool_use_id: names::id(&result.tool_use_id),
                content: inside,
                status: match result.status {
                    ToolResultStatus::Success => None,
                    ToolResultStatus::Error => Some("error"),
                },
            }));
        }
        content.append(&mut beside);
        Ok(())
    }
}

const USER: &str = "user";
const ASSISTANT: &str = "assistant";

fn role(role: Role) -> &'static str {
    match role {
        Role::User => USER,
        Role::Assistant => ASSISTANT,
    }
}

/// Results stand before all else that the user says, and what the model thought before what it said.
/// Where thinking is first already, more of it between calls stays where the model put it.
fn order(turn: &mut Turn<'_>) {
    if turn.role == USER {
        let is_late = |block: &Block<'_>| !matches!(block, Block::ToolResult(_));
        if !turn.content.is_sorted_by_key(is_late) {
            turn.content.sort_by_key(is_late);
        }
    } else if !matches!(turn.content.first(), Some(Block::ReasoningContent(_))) {
        let is_late = |block: &Block<'_>| !matches!(block, Block::ReasoningContent(_));
        if !turn.content.is_sorted_by_key(is_late) {
            turn.content.sort_by_key(is_late);
        }
    }
}

/// Bedrock refuses a cache point right after a document that it reads as text.
pub(super) fn part_documents_from_cache_points(turns: &mut [Turn<'_>]) {
    for turn in turns {
        let mut place = 1;
        while let Some(pair) = turn.content.get(place - 1..=place) {
            if let [Block::Document(Document { format, .. }), Block::CachePoint(_)] = pair
                && *format != "pdf"
            {
                turn.content.insert(place, Block::text("(End of the document.)"));
            }
            place += 1;
        }
    }
}

/// About how many bytes of prompt a block is.
pub(super) fn size(block: &Block<'_>) -> usize {
    match block {
        Block::Text(text) => text.len(),
        Block::GuardContent(GuardContent::Text(text)) => text.text.len(),
        Block::ToolUse(call) => call.name.len() + call.input.get().len(),
        Block::ToolResult(result) => result.content.iter().map(size).sum(),
        Block::ReasoningContent(Reasoning::ReasoningText(reasoning)) => reasoning.text.len(),
        // Media are counted by pixels and pages, which nobody counts here.
        _ => 0,
    }
}

/// Nova takes media in a result, but none from S3 (recorded: "extraneous key [toolResult]").
fn is_here(source: &Source) -> bool {
    matches!(source, Source::Bytes(_))
}
