//! The shape of a request on its way: hooks, then the model, then the hooks in reverse.
//!
//! ```text
//! route hooks ► prompt hooks ► upstream ► text hooks (the last plugin first)
//! ```
//!
//! Plugins and Bedrock are reached as `dyn Plugin` and `dyn Upstream`; this module knows neither.

mod chain;
mod deadline;
mod embedding;
mod explanation;
mod hook;
mod hooks;
mod json_text;
mod policy;
mod prompt;
mod replay;
mod route;
mod terms;
mod text;
mod trace;
mod upstream;

use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::chat::{BlockKind, BlockStart, Delta, Event, Request, StopReason, Usage};
use crate::error::Failure;
use trace::Trace;

pub use chain::Chain;
pub use deadline::Deadline;
pub use embedding::{Embedded, Embedder, EmbeddingCall, EmbeddingPipeline};
pub use explanation::Explanation;
pub use hook::{
    Chunk, Context, Edit, End, EventVerdict, Label, Origin, Outcome, Plugin, Plugins, PromptVerdict, Report,
    RequestVerdict, Role, RouteVerdict, Segment, Session, Summary, TextKind, TextVerdict, TextWish,
};
pub use hooks::{Hook, Hooks};
pub use policy::ModelPolicy;
pub use replay::{Replay, Thoughts};
pub use terms::{Losses, Terms};
pub use trace::{Change, Effect, Step};
pub use upstream::{Call, Events, Model, Plan, Upstream};

/// What a request passes.
#[derive(Clone)]
pub struct Pipeline {
    upstream: Arc<dyn Upstream>,
    replay: Replay,
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
    pub fn new(upstream: Arc<dyn Upstream>, replay: Replay) -> Self {
        Self { upstream, replay }
    }

    /// Where the pipeline ends.
    pub fn upstream(&self) -> &dyn Upstream {
        &*self.upstream
    }

    /// Takes a request through the plugins to the model, and the answer back through them.
    ///
    /// A failure before the first event is the `Err`; one after it is the last item of the events.
    pub async fn run(&self, mut request: Request, mut chain: Chain, terms: Terms) -> Result<Served, Failure> {
        let key = chain.key().clone();
        let reply = self.before_the_model(&mut request, &mut chain, &terms, &mut Trace::Off).await?;
        chain.keep_text_plugins();
        if let Some(text) = reply {
            let dropped = terms.losses.accept(&[])?;
            let events = text::run(text::stages(chain).await?, replied(text)).await?;
            return Ok(Served { model: request.model, dropped, events });
        }
        let call = self.upstream.prepare(&request).await?;
        let dropped = terms.losses.accept(call.dropped())?;
        let stages = text::stages(chain).await?;
        let events = call.send(terms.deadline).await?;
        let events = text::run(stages, self.replay.keep(&key, &request, events)).await?;
        Ok(Served { model: request.model, dropped, events })
    }

    /// Takes a request as far as the model and says what would be sent. No model is called.
    pub async fn explain(
        &self,
        mut request: Request,
        mut chain: Chain,
        terms: Terms,
    ) -> Result<Explanation, Failure> {
        let mut trace = Trace::On(Vec::new());
        let asked = request.model.clone();
        let reply = self.before_the_model(&mut request, &mut chain, &terms, &mut trace).await?;
        let (plan, dropped) = if reply.is_some() {
            (None, terms.losses.accept(&[])?)
        } else {
            let call = self.upstream.prepare(&request).await?;
            (Some(call.plan()), terms.losses.accept(call.dropped())?)
        };
        let answer_plugins = chain.text_plugins();
        Ok(Explanation {
            asked,
            model: request.model,
            steps: trace.into_steps(),
            answer_plugins,
            plan,
            dropped,
        })
    }

    /// All that happens to a request before it is written for its model. Gives the text of a plugin
    /// that answers in the model's place.
    async fn before_the_model(
        &self,
        request: &mut Request,
        chain: &mut Chain,
        terms: &Terms,
        trace: &mut Trace,
    ) -> Result<Option<String>, Failure> {
        self.replay.restore(chain.key(), request).await;
        route::run(chain, request, trace).await?;
        let reply = prompt::run(chain, request, trace).await?;
        terms.models.admit(&mut request.model, &*self.upstream)?;
        Ok(reply)
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
