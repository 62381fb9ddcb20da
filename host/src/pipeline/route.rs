//! The route hooks: which model answers.

use super::chain::Chain;
use super::hook::{RouteVerdict, Summary};
use super::prompt;
use super::trace::{Effect, Trace};
use crate::chat::{Part, Request, ResultPart};
use crate::error::Failure;

const HOOK: &str = "route";

/// Asks each plugin with a route hook, in order; each sees the model that the one before it chose.
pub(super) async fn run(chain: &mut Chain, request: &mut Request, trace: &mut Trace) -> Result<(), Failure> {
    let mut summary = None;
    for (context, link) in chain.with_hook(|hooks| hooks.route) {
        let start = trace.start();
        let session = link.session(context).await?;
        let summary = summary.get_or_insert_with(|| summarise(request));
        match session.on_route(summary).await? {
            RouteVerdict::Keep => trace.note(start, link.name(), HOOK, || Effect::Kept),
            RouteVerdict::To(model) => {
                let from = std::mem::replace(&mut summary.model, model);
                let to = &summary.model;
                trace.note(start, link.name(), HOOK, || Effect::Routed { from, to: to.clone() });
            }
            RouteVerdict::Deny(failure) => return Err(failure),
        }
    }
    if let Some(summary) = summary {
        request.model = summary.model;
    }
    Ok(())
}

fn summarise(request: &mut Request) -> Summary {
    Summary {
        message_count: saturating(request.messages.len()),
        tool_count: saturating(request.tools.len()),
        has_images: request.messages.iter().flat_map(|message| &message.parts).any(holds_image),
        max_tokens: request.sampling.max_tokens,
        prompt_bytes: prompt::text_bytes(request),
        model: request.model.clone(),
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
