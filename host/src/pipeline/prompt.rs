//! The prompt hooks: every string that a model would read, wherever it stands.

use std::borrow::Cow;
use std::time::Instant;

use bytes::Bytes;

use super::chain::Chain;
use super::hook::{Edit, Origin, PromptVerdict, Role, Segment};
use super::trace::{Change, Effect, Trace};
use super::{Hook, json_text};
use crate::chat::{
    self, Document, EmbeddingRequest, ImageRequest, Json, OutputFormat, Part, Request, ResultPart, Source,
};
use crate::error::Failure;
use crate::telemetry::Verdict;

const HOOK: &str = "prompt";

/// What the prompt hooks read and edit.
pub(super) trait Prompt: Send {
    /// All places, in reading order. The one list that both reading and editing go by.
    fn places(&mut self) -> Vec<Place<'_>>;
}

impl Prompt for Request {
    fn places(&mut self) -> Vec<Place<'_>> {
        places(self)
    }
}

impl Prompt for EmbeddingRequest {
    fn places(&mut self) -> Vec<Place<'_>> {
        let place = |text| Place { origin: Origin::Message, role: Role::User, slot: Slot::Text(text) };
        self.inputs.iter_mut().map(place).collect()
    }
}

impl Prompt for ImageRequest {
    fn places(&mut self) -> Vec<Place<'_>> {
        let place = |text| Place { origin: Origin::Message, role: Role::User, slot: Slot::Text(text) };
        std::iter::once(&mut self.prompt).chain(&mut self.negative).map(place).collect()
    }
}

/// Asks each plugin with a prompt hook, in order; each reads what the ones before it left.
/// Answers with a text when a plugin answers in the model's place.
pub(super) async fn run(
    chain: &mut Chain,
    prompt: &mut impl Prompt,
    trace: &mut Trace,
) -> Result<Option<String>, Failure> {
    for (context, link) in chain.with_hook(Hook::Prompt) {
        let start = trace.start();
        let Some(session) = link.session(context).await? else {
            trace.note(start, link.name(), HOOK, || Effect::Skipped);
            continue;
        };
        let mut places = prompt.places();
        let segments = segments(&places);
        let begun = Instant::now();
        let answer = session.on_prompt(&segments).await;
        match link.answered(Hook::Prompt, begun, answer)? {
            None => trace.note(start, link.name(), HOOK, || Effect::Skipped),
            Some(PromptVerdict::Keep) => trace.note(start, link.name(), HOOK, || Effect::Kept),
            Some(PromptVerdict::Edit(mut edits)) => match check(segments.len(), &mut edits) {
                Ok(()) => {
                    trace.note(start, link.name(), HOOK, || Effect::Edited(changes(&segments, &edits)));
                    link.judged(Verdict::Changed);
                    drop(segments);
                    apply(&mut places, edits);
                }
                Err(what) => {
                    let what = format!("on-prompt answered with {what}");
                    link.failed(Failure::plugin(link.name(), &what))?;
                    trace.note(start, link.name(), HOOK, || Effect::Skipped);
                }
            },
            Some(PromptVerdict::Respond(text)) => {
                trace.note(start, link.name(), HOOK, || Effect::Answered);
                link.judged(Verdict::Answered);
                return Ok(Some(text));
            }
            Some(PromptVerdict::Deny(failure)) => {
                link.judged(Verdict::Refused);
                return Err(failure);
            }
        }
    }
    Ok(None)
}

/// Every string that the model would read, in reading order.
pub fn texts(request: &Request) -> Vec<(Origin, Role, String)> {
    let mut request = request.clone();
    let places = request.places();
    let segments = segments(&places).into_iter();
    segments.map(|segment| (segment.origin, segment.role, segment.text.into_owned())).collect()
}

/// Bytes of text that the model would read; JSON counts as it is written.
pub(super) fn text_bytes(prompt: &mut impl Prompt) -> u64 {
    prompt
        .places()
        .iter()
        .map(|place| match &place.slot {
            Slot::Text(text) => text.len() as u64,
            Slot::Json(json) => json.as_str().len() as u64,
            Slot::Bytes(bytes) => bytes.len() as u64,
        })
        .sum()
}

/// Where one string, or a JSON text with several, stands in a request.
pub(super) struct Place<'r> {
    origin: Origin,
    role: Role,
    slot: Slot<'r>,
}

enum Slot<'r> {
    Text(&'r mut String),
    Json(&'r mut Json),
    /// A document of text.
    Bytes(&'r mut Bytes),
}

fn places(request: &mut Request) -> Vec<Place<'_>> {
    let mut places = Vec::new();
    for part in &mut request.system {
        from_part(part, Origin::System, Role::System, &mut places);
    }
    for tool in &mut request.tools {
        let (origin, role) = (Origin::ToolDefinition, Role::System);
        if let Some(description) = &mut tool.description {
            places.push(Place { origin, role, slot: Slot::Text(description) });
        }
        places.push(Place { origin, role, slot: Slot::Json(&mut tool.input_schema) });
    }
    for message in &mut request.messages {
        let role = match message.role {
            chat::Role::User => Role::User,
            chat::Role::Assistant => Role::Assistant,
        };
        for part in &mut message.parts {
            from_part(part, Origin::Message, role, &mut places);
        }
    }
    if let OutputFormat::JsonSchema(schema) = &mut request.output {
        let (origin, role) = (Origin::ToolDefinition, Role::System);
        if let Some(description) = &mut schema.description {
            places.push(Place { origin, role, slot: Slot::Text(description) });
        }
        places.push(Place { origin, role, slot: Slot::Json(&mut schema.schema) });
    }
    // No model reads these, but they leave with the request, and have to match what it writes.
    let (origin, role) = (Origin::Other, Role::System);
    for text in &mut request.sampling.stop_sequences {
        places.push(Place { origin, role, slot: Slot::Text(text) });
    }
    for (_, value) in &mut request.metadata {
        places.push(Place { origin, role, slot: Slot::Text(value) });
    }
    for (_, value) in &mut request.additional {
        places.push(Place { origin, role, slot: Slot::Json(value) });
    }
    places
}

fn from_part<'r>(part: &'r mut Part, origin: Origin, role: Role, places: &mut Vec<Place<'r>>) {
    match part {
        Part::Text(text) => places.push(Place { origin, role, slot: Slot::Text(text) }),
        Part::Guarded(guarded) => places.push(Place { origin, role, slot: Slot::Text(&mut guarded.text) }),
        Part::Document(document) => from_document(document, origin, role, places),
        Part::Blob(_) | Part::Remote(_) | Part::RedactedReasoning(_) | Part::CachePoint(_) => {}
        Part::ToolUse(call) => {
            places.push(Place { origin: Origin::ToolArgs, role, slot: Slot::Json(&mut call.input) });
        }
        Part::ToolResult(result) => {
            for part in &mut result.content {
                match part {
                    ResultPart::Text(text) => {
                        places.push(Place {
                            origin: Origin::ToolResult,
                            role: Role::Tool,
                            slot: Slot::Text(text),
                        });
                    }
                    ResultPart::Document(document) => {
                        from_document(document, Origin::ToolResult, Role::Tool, places);
                    }
                    ResultPart::Blob(_) | ResultPart::Remote(_) | ResultPart::CachePoint(_) => {}
                }
            }
        }
        Part::Reasoning(reasoning) => {
            places.push(Place { origin: Origin::Reasoning, role, slot: Slot::Text(&mut reasoning.text) });
        }
    }
}

/// A document's name, and its text if it is text; what is inside a PDF only the model can read.
fn from_document<'r>(document: &'r mut Document, origin: Origin, role: Role, places: &mut Vec<Place<'r>>) {
    if let Some(name) = &mut document.name {
        places.push(Place { origin, role, slot: Slot::Text(name) });
    }
    if let (true, Source::Bytes(bytes)) = (document.format.is_text(), &mut document.source) {
        places.push(Place { origin, role, slot: Slot::Bytes(bytes) });
    }
}

/// What the plugin reads: one segment a string, numbered in reading order.
fn segments<'a>(places: &'a [Place<'_>]) -> Vec<Segment<'a>> {
    let mut segments = Vec::with_capacity(places.len());
    for place in places {
        let (origin, role) = (place.origin, place.role);
        let mut push = |text: Cow<'a, str>| {
            let id = u32::try_from(segments.len()).unwrap_or(u32::MAX);
            segments.push(Segment { id, origin, role, text });
        };
        match &place.slot {
            Slot::Text(text) => push(Cow::Borrowed(text.as_str())),
            Slot::Bytes(bytes) => push(String::from_utf8_lossy(bytes)),
            Slot::Json(json) => json_text::strings(json).into_iter().map(Cow::Owned).for_each(push),
        }
    }
    segments
}

/// What edits change, without a word of it.
fn changes(segments: &[Segment<'_>], edits: &[Edit]) -> Vec<Change> {
    let changed = edits.iter().filter_map(|edit| {
        let segment = segments.iter().find(|segment| segment.id == edit.id)?;
        Some(Change {
            origin: segment.origin,
            role: segment.role,
            bytes_before: segment.text.len(),
            bytes_after: edit.text.len(),
        })
    });
    changed.collect()
}

/// Puts edits in the order of their segments. The error says which of them does not fit.
fn check(segments: usize, edits: &mut [Edit]) -> Result<(), String> {
    edits.sort_by_key(|edit| edit.id);
    if let Some(edit) = edits.last().filter(|edit| edit.id as usize >= segments) {
        return Err(format!("an edit of segment {}, which does not exist", edit.id));
    }
    let twice = edits.windows(2).find(|pair| matches!(pair, [one, other] if one.id == other.id));
    match twice.and_then(<[Edit]>::first) {
        Some(edit) => Err(format!("two edits of segment {}", edit.id)),
        None => Ok(()),
    }
}

/// Puts the new texts where the segments of the same numbers were read. The edits were checked.
fn apply(places: &mut [Place<'_>], edits: Vec<Edit>) {
    let mut edits = edits.into_iter().peekable();
    let mut next_id = 0;
    let mut replacement = || {
        let id = next_id;
        next_id += 1;
        edits.next_if(|edit| edit.id == id).map(|edit| edit.text)
    };
    for place in places {
        match &mut place.slot {
            Slot::Text(text) => {
                if let Some(new) = replacement() {
                    **text = new;
                }
            }
            Slot::Bytes(bytes) => {
                if let Some(new) = replacement() {
                    **bytes = new.into();
                }
            }
            Slot::Json(json) => {
                if let Some(new) = json_text::replace_strings(json, &mut replacement) {
                    **json = new;
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
