//! The shape of a request on its way: hooks, then the model, then the hooks in reverse.
//!
//! ```text
//! route hooks ► prompt hooks ► upstream ► text hooks (the last plugin first)
//! ```
//!
//! Plugins and Bedrock are reached as `dyn Plugin` and `dyn Upstream`; this module knows neither.

mod chain;
mod hook;
mod json_text;
mod prompt;
mod route;
mod text;
mod upstream;

use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::chat::{BlockKind, BlockStart, Delta, Event, Request, StopReason, Usage};
use crate::error::Failure;

pub use chain::Chain;
pub use hook::{
    Chunk, Context, Edit, Hooks, Label, Origin, Outcome, Plugin, Plugins, PromptVerdict, Role, RouteVerdict,
    Segment, Session, Summary, TextKind, TextVerdict, TextWish,
};
pub use upstream::{Answer, Events, Model, Upstream};

/// What a request passes.
#[derive(Clone)]
pub struct Pipeline {
    upstream: Arc<dyn Upstream>,
}

/// An answer on its way to the client, and where it comes from.
#[derive(Debug)]
pub struct Served {
    /// The model that was asked, after routing.
    pub model: String,
    /// What it says, after the text hooks.
    pub answer: Answer,
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
    pub async fn run(&self, mut request: Request, mut chain: Chain) -> Result<Served, Failure> {
        route::run(&mut chain, &mut request).await?;
        let reply = prompt::run(&mut chain, &mut request).await?;
        chain.keep_text_plugins();
        let stages = text::stages(chain).await?;
        let answer = match reply {
            Some(text) => replied(text),
            None => self.upstream.call(&request).await?,
        };
        let events = text::run(stages, answer.events).await?;
        Ok(Served { model: request.model, answer: Answer { events, ..answer } })
    }
}

/// The answer that a plugin gave in the model's place.
fn replied(text: String) -> Answer {
    let batch = vec![
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::Delta(Delta { index: 0, text }),
        Event::BlockStop(0),
        Event::MessageStop(StopReason::EndTurn),
        Event::Usage(Usage::default()),
    ];
    Answer { events: stream::iter([Ok(batch)]).boxed(), dropped: Vec::new() }
}

#[cfg(test)]
mod tests;
