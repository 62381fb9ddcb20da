//! The request hooks: the whole request, after every prompt hook.

use super::Hook;
use super::chain::Chain;
use super::events;
use super::hook::RequestVerdict;
use super::trace::{Effect, Trace};
use crate::chat::{Batch, Request};
use crate::error::Failure;

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
        let answer = link.session(context).await?.on_request(request).await;
        match link.answered(answer)? {
            RequestVerdict::Keep => trace.note(start, link.name(), HOOK, || Effect::Kept),
            RequestVerdict::Replace(other) => {
                trace.note(start, link.name(), HOOK, || Effect::Replaced);
                *request = *other;
            }
            RequestVerdict::Respond(batch) => {
                trace.note(start, link.name(), HOOK, || Effect::Answered);
                return events::complete(link.name(), batch).map(Some);
            }
            RequestVerdict::Deny(failure) => return Err(failure),
        }
    }
    Ok(None)
}
