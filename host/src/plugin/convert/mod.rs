//! Between the pipeline's words and the contract's. Every record is taken apart by name, so a new
//! member does not compile until it is dealt with.

mod events;
mod report;
mod request;
mod tools;

use std::borrow::Cow;

use super::bindings::adit::plugin::types as wit;
use crate::chat::Delivery;
use crate::error::{Failure, Kind};
use crate::pipeline::{
    Chunk, Context, Edit, Label, Origin, Outcome, PromptVerdict, Role, RouteVerdict, Segment, Summary,
    TextKind, TextVerdict, TextWish,
};

pub(super) use events::{events, read_events};
pub(super) use report::Ended;
pub(super) use request::{check_model, read_request, request, text_bytes};
pub(super) use tools::{Called, offered, outcome};

pub(super) fn labels(labels: &[Label]) -> Vec<wit::Label<'_>> {
    labels.iter().map(|Label { name, value }| wit::Label { name, value }).collect()
}

pub(super) fn context<'a>(
    context: &'a Context,
    labels: &'a [wit::Label<'a>],
    seed: &'a str,
) -> wit::RequestContext<'a> {
    let Context { request, key, labels: _, client_format, delivery, deadline: _ } = context;
    wit::RequestContext {
        request_id: request.as_str(),
        caller: wit::Caller { key_id: key.as_str(), labels },
        client_format,
        streaming: *delivery == Delivery::Streamed,
        seed,
    }
}

pub(super) fn summary(summary: &Summary) -> wit::Summary<'_> {
    let Summary { model, message_count, prompt_bytes, tool_count, has_images, max_tokens } = summary;
    wit::Summary {
        model,
        message_count: *message_count,
        prompt_bytes: *prompt_bytes,
        tool_count: *tool_count,
        has_images: *has_images,
        max_tokens: *max_tokens,
    }
}

pub(super) fn segment<'a>(segment: &'a Segment<'_>) -> wit::Segment<'a> {
    let Segment { id, origin, role, text } = segment;
    let origin = match origin {
        Origin::System => wit::Origin::System,
        Origin::Message => wit::Origin::Message,
        Origin::ToolArgs => wit::Origin::ToolArgs,
        Origin::ToolResult => wit::Origin::ToolResult,
        Origin::Reasoning => wit::Origin::Reasoning,
        Origin::ToolDefinition => wit::Origin::ToolDefinition,
        Origin::Other => wit::Origin::Other,
    };
    let role = match role {
        Role::System => wit::Role::System,
        Role::User => wit::Role::User,
        Role::Assistant => wit::Role::Assistant,
        Role::Tool => wit::Role::Tool,
    };
    wit::Segment { id: *id, origin, role, text }
}

pub(super) fn chunk(chunk: &Chunk) -> wit::Chunk<'_> {
    let Chunk { index, kind, text, last } = chunk;
    let kind = match kind {
        TextKind::Text => wit::TextKind::Text,
        TextKind::Reasoning => wit::TextKind::Reasoning,
        TextKind::ToolArgs => wit::TextKind::ToolArgs,
    };
    wit::Chunk { index: *index, kind, text, final_: *last }
}

/// The error says what is wrong with the model.
pub(super) fn route_verdict(verdict: wit::RouteVerdict) -> Result<RouteVerdict, String> {
    Ok(match verdict {
        wit::RouteVerdict::Keep => RouteVerdict::Keep,
        wit::RouteVerdict::To(wit::Route { model }) => {
            check_model(&model)?;
            RouteVerdict::To(model)
        }
        wit::RouteVerdict::Deny(refusal) => RouteVerdict::Deny(denied(refusal)),
    })
}

pub(super) fn prompt_verdict(verdict: wit::PromptVerdict) -> PromptVerdict {
    match verdict {
        wit::PromptVerdict::Keep => PromptVerdict::Keep,
        wit::PromptVerdict::Edit(edits) => {
            let edit = |wit::Edit { id, text }| Edit { id, text };
            PromptVerdict::Edit(edits.into_iter().map(edit).collect())
        }
        wit::PromptVerdict::Respond(text) => PromptVerdict::Respond(text),
        wit::PromptVerdict::Deny(refusal) => PromptVerdict::Deny(denied(refusal)),
    }
}

pub(super) fn text_verdict(verdict: wit::TextVerdict) -> TextVerdict {
    match verdict {
        wit::TextVerdict::Pass => TextVerdict::Pass,
        wit::TextVerdict::Rewrite(outcomes) => {
            let outcome = |wit::Outcome { consumed, output }| Outcome { consumed: consumed as usize, output };
            TextVerdict::Rewrite(outcomes.into_iter().map(outcome).collect())
        }
        wit::TextVerdict::Stop(refusal) => TextVerdict::Stop(denied(refusal)),
    }
}

/// What a plugin wants to see, with its window cut to the host's cap.
pub(super) fn wish(descriptor: &wit::Descriptor, max_window: usize) -> TextWish {
    let wit::Descriptor { name: _, version: _, wants, window } = descriptor;
    TextWish {
        text: wants.contains(wit::TextKinds::TEXT),
        reasoning: wants.contains(wit::TextKinds::REASONING),
        tool_args: wants.contains(wit::TextKinds::TOOL_ARGS),
        window: (*window as usize).min(max_window),
    }
}

/// A refusal in the plugin's words. It cannot pretend to be a success, or end a connection with a
/// status that is none.
pub(super) fn denied(refusal: wit::Failure) -> Failure {
    let wit::Failure { status, code, message } = refusal;
    let status = if (400..=599).contains(&status) { status } else { 403 };
    let failure = Failure::new(Kind::PluginDenied(status), message);
    if code.is_empty() { failure } else { failure.with_code(Cow::Owned(code)) }
}
