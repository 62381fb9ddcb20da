//! The shape of a request on its way: hooks, then the model, then the hooks in reverse.
//!
//! ```text
//! route hooks ► prompt hooks ► upstream ► text hooks (the last plugin first)
//! ```
//!
//! Plugins and Bedrock are reached as `dyn Plugin` and `dyn Upstream`; this module knows neither.

mod chain;
mod deadline;
mod hook;
mod json_text;
mod policy;
mod prompt;
mod route;
mod terms;
mod text;
mod upstream;

use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::chat::{BlockKind, BlockStart, Delta, Event, Request, StopReason, Usage};
use crate::error::Failure;

pub use chain::Chain;
pub use deadline::Deadline;
pub use hook::{
    Chunk, Context, Edit, Hooks, Label, Origin, Outcome, Plugin, Plugins, PromptVerdict, Role, RouteVerdict,
    Segment, Session, Summary, TextKind, TextVerdict, TextWish,
};
pub use policy::{InvalidPattern, ModelPattern, ModelPolicy};
pub use terms::{Losses, Terms};
pub use upstream::{Call, Events, Model, Plan, Upstream};

/// What a request passes.
#[derive(Clone)]
pub struct Pipeline {
    upstream: Arc<dyn Upstream>,
}

/// An answer on its way to the client, and where it comes from.
pub struct Served {
    /// The id or ARN of the model that was asked, after routing.
    pub model: String,
    /// Request fields that had no effect, by their OpenAI names.
    pub dropped: Vec<String>,
    /// What it says, after the text hooks.
    pub events: Events,
}

impl Pipeline {
    /// A pipeline that ends at `upstream`.
    pub fn new(upstream: Arc<dyn Upstream>) -> Self {
        Self { upstream }
    }

    /// Where the pipeline ends.
    pub fn upstream(&self) -> &dyn Upstream {
        &*self.upstream
    }

    /// Takes a request through the plugins to the model, and the answer back through them.
    ///
    /// A failure before the first event is the `Err`; one after it is the last item of the events.
    pub async fn run(&self, mut request: Request, mut chain: Chain, terms: Terms) -> Result<Served, Failure> {
        route::run(&mut chain, &mut request).await?;
        let reply = prompt::run(&mut chain, &mut request).await?;
        terms.models.admit(&mut request, &*self.upstream)?;
        chain.keep_text_plugins();
        let Some(text) = reply else {
            let call = self.upstream.prepare(&request).await?;
            let dropped = terms.losses.accept(call.dropped())?;
            let stages = text::stages(chain).await?;
            let events = text::run(stages, call.send(terms.deadline).await?).await?;
            return Ok(Served { model: request.model, dropped, events });
        };
        let stages = text::stages(chain).await?;
        let events = text::run(stages, replied(text)).await?;
        Ok(Served { model: request.model, dropped: terms.losses.accept(&[])?, events })
    }
}

/// The answer that a plugin gave in the model's place.
fn replied(text: String) -> Events {
    let batch = vec![
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::Delta(Delta { index: 0, text }),
        Event::BlockStop(0),
        Event::MessageStop(StopReason::EndTurn),
        Event::Usage(Usage::default()),
    ];
    stream::iter([Ok(batch)]).boxed()
}

#[cfg(test)]
mod tests;
