//! The route hooks: which model answers.

use std::time::Instant;

use super::chain::Chain;
use super::hook::{RouteVerdict, Summary};
use super::trace::{Effect, Trace};
use super::{Hook, prompt};
use crate::chat::{EmbeddingRequest, ImageRequest, Part, Request, ResultPart};
use crate::error::Failure;
use crate::telemetry::Verdict;

const HOOK: &str = "route";

/// What the route hooks choose a model for.
pub(super) trait Routed: Send {
    /// The request in numbers.
    fn summary(&mut self) -> Summary;

    /// Where the name of the model stands.
    fn model(&mut self) -> &mut String;
}

/// Asks each plugin with a route hook, in order; each sees the model that the one before it chose.
pub(super) async fn run(
    chain: &mut Chain,
    request: &mut impl Routed,
    trace: &mut Trace,
) -> Result<(), Failure> {
    let mut summary = None;
    for (context, link) in chain.with_hook(Hook::Route) {
        let start = trace.start();
        let Some(session) = link.session(context).await? else {
            trace.note(start, link.name(), HOOK, || Effect::Skipped);
            continue;
        };
        let summary = summary.get_or_insert_with(|| request.summary());
        let begun = Instant::now();
        let answer = session.on_route(summary).await;
        let Some(verdict) = link.answered(Hook::Route, begun, answer)? else {
            trace.note(start, link.name(), HOOK, || Effect::Skipped);
            continue;
        };
        match verdict {
            RouteVerdict::Keep => trace.note(start, link.name(), HOOK, || Effect::Kept),
            RouteVerdict::To(model) => {
                link.judged(Verdict::Changed);
                let from = std::mem::replace(&mut summary.model, model);
                let to = &summary.model;
                trace.note(start, link.name(), HOOK, || Effect::Routed { from, to: to.clone() });
            }
            RouteVerdict::Deny(failure) => {
                link.judged(Verdict::Refused);
                return Err(failure);
            }
        }
    }
    if let Some(summary) = summary {
        *request.model() = summary.model;
    }
    Ok(())
}

impl Routed for Request {
    fn summary(&mut self) -> Summary {
        Summary {
            message_count: saturating(self.messages.len()),
            tool_count: saturating(self.tools.len()),
            has_images: self.messages.iter().flat_map(|message| &message.parts).any(holds_image),
            max_tokens: self.sampling.max_tokens,
            prompt_bytes: prompt::text_bytes(self),
            model: self.model.clone(),
        }
    }

    fn model(&mut self) -> &mut String {
        &mut self.model
    }
}

/// Each input is a message: it is read by itself.
impl Routed for EmbeddingRequest {
    fn summary(&mut self) -> Summary {
        Summary {
            message_count: saturating(self.inputs.len()),
            tool_count: 0,
            has_images: false,
            max_tokens: None,
            prompt_bytes: prompt::text_bytes(self),
            model: self.model.clone(),
        }
    }

    fn model(&mut self) -> &mut String {
        &mut self.model
    }
}

/// What is asked for is a message.
impl Routed for ImageRequest {
    fn summary(&mut self) -> Summary {
        Summary {
            message_count: 1,
            tool_count: 0,
            has_images: false,
            max_tokens: None,
            prompt_bytes: prompt::text_bytes(self),
            model: self.model.clone(),
        }
    }

    fn model(&mut self) -> &mut String {
        &mut self.model
    }
}

fn holds_image(part: &Part) -> bool {
    match part {
        Part::Blob(_) => true,
        Part::ToolResult(result) => result.content.iter().any(|part| matches!(part, ResultPart::Blob(_))),
        _ => false,
    }
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
