//! The request hooks: the whole request, after every prompt hook.

use std::time::Instant;

use super::Hook;
use super::chain::Chain;
use super::events;
use super::hook::RequestVerdict;
use super::trace::{Effect, Trace};
use crate::chat::{Batch, Request};
use crate::error::Failure;
use crate::telemetry::Verdict;

const HOOK: &str = "request";

/// Asks each plugin with a request hook, in order; each reads what the ones before it left.
/// Answers with a complete answer when a plugin answers in the model's place.
pub(super) async fn run(
    chain: &mut Chain,
    request: &mut Request,
    trace: &mut Trace,
) -> Result<Option<Batch>, Failure> {
    for (context, link) in chain.with_hook(Hook::Request) {
        let start = trace.start();
        let Some(session) = link.session(context).await? else {
            trace.note(start, link.name(), HOOK, || Effect::Skipped);
            continue;
        };
        let begun = Instant::now();
        let answer = session.on_request(request).await;
        let Some(verdict) = link.answered(Hook::Request, begun, answer)? else {
            trace.note(start, link.name(), HOOK, || Effect::Skipped);
            continue;
        };
        match verdict {
            RequestVerdict::Keep => trace.note(start, link.name(), HOOK, || Effect::Kept),
            RequestVerdict::Replace(other) => {
                trace.note(start, link.name(), HOOK, || Effect::Replaced);
                link.judged(Verdict::Changed);
                *request = *other;
            }
            RequestVerdict::Respond(batch) => match events::complete(link.name(), batch) {
                Ok(batch) => {
                    trace.note(start, link.name(), HOOK, || Effect::Answered);
                    link.judged(Verdict::Answered);
                    return Ok(Some(batch));
                }
                Err(failure) => {
                    link.failed(failure)?;
                    trace.note(start, link.name(), HOOK, || Effect::Skipped);
                }
            },
            RequestVerdict::Deny(failure) => {
                link.judged(Verdict::Refused);
                return Err(failure);
            }
        }
    }
    Ok(None)
}
