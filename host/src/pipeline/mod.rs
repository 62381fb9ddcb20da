//! The shape of a request on its way: hooks, then the model, then the hooks in reverse.
//!
//! ```text
//! route hooks ► prompt hooks ► request hooks ► policy ► response cache ► reserve ► upstream
//!     ► event hooks, then text hooks (the last plugin first) ► settle ► finish hooks
//! ```
//!
//! What a request may use is taken from its key and team before the model is called, and settled however
//! the request ends ([`bill`]).
//!
//! An answer of the response cache stands in the model's place, as the model gave it: the plugins see it as they
//! would see any other ([`cache`]).
//!
//! A model whose format a plugin knows is called by what that plugin writes, and the plugin reads the
//! answer (`model_format`), before any hook does.
//!
//! Plugins and Bedrock are reached as `dyn Plugin` and `dyn Upstream`; this module knows neither.

mod answer;
mod attempt;
mod bill;
mod cache;
mod chain;
mod client_format;
mod count;
mod deadline;
mod embedding;
mod events;
mod explanation;
mod finish;
mod grammar;
mod hook;
mod hooks;
mod image;
mod invocation;
mod json_text;
mod link;
mod model_format;
mod policy;
mod prompt;
mod replay;
mod request;
mod route;
mod terms;
mod text;
mod tool;
mod trace;
mod upstream;
mod values;

use std::sync::Arc;

use futures::{StreamExt, stream};

use crate::chat::{Batch, BlockKind, BlockStart, Delta, Event, Request, StopReason, Usage};
use crate::error::Failure;
use crate::telemetry::Stage;
use answer::Stages;
use cache::Found;
use finish::Work;
use trace::Trace;

pub use bill::{Payer, Rates};
pub use cache::{
    CacheKey, CacheNote, CacheOutcome, CacheTerms, CacheWish, Cacheable, CachedAnswer, Kept, ResponseCache,
};
pub use chain::Chain;
pub use client_format::{
    AnswerHead, ClientFailure, ClientFormat, Decoded, HttpRequest, HttpResponse, HttpRoute, Moment, Speaker,
};
pub(crate) use client_format::{most_output, size};
pub use count::{CountedBy, TokenCount};
pub use deadline::Deadline;
pub use embedding::{Embedded, Embedder, EmbeddingCall, EmbeddingPipeline};
pub use explanation::Explanation;
pub use finish::Finish;
pub use hook::{
    Chunk, Context, Edit, End, EventVerdict, Label, Origin, Outcome, Plugin, Plugins, PromptVerdict, Report,
    RequestVerdict, Role, RouteVerdict, Segment, Session, Summary, TextKind, TextVerdict, TextWish,
};
pub use hooks::{Hook, Hooks};
pub use image::{Drawn, Illustrator, ImageCall, ImagePipeline};
pub use invocation::{Intervention, Invocation, InvokeCall, Payloads, Received};
pub use link::Skipped;
pub use model_format::{Encoded, ModelFormat};
pub use policy::ModelPolicy;
pub use prompt::texts;
pub use replay::{Replay, Thoughts};
pub use terms::{Losses, Terms};
pub use tool::{
    ClientAbilities, InputAnswer, InputKind, InputRequest, LogLevel, ResourceBody, Resumed, SampleMessage,
    Tool, ToolCall, ToolClient, ToolContent, ToolHints, ToolOutcome, ToolResult,
};
pub use trace::{Change, Effect, Step};
pub use upstream::{Call, Estimate, Events, Model, Plan, Upstream};
pub use values::{Space, Tenant, ValueFault, Values};

/// What a request passes.
#[derive(Clone)]
pub struct Pipeline {
    upstream: Arc<dyn Upstream>,
    replay: Replay,
    answers: Option<Arc<dyn ResponseCache>>,
}

/// An answer on its way to the client, and where it comes from.
pub struct Served {
    /// The id or ARN of the model that was asked, after routing.
    pub model: String,
    /// Request fields that had no effect, by their OpenAI names.
    pub dropped: Vec<String>,
    /// What it says, after the plugins.
    pub events: Events,
    /// To be run when the last of it was handed out.
    pub finish: Finish,
}

impl Pipeline {
    /// A pipeline that ends at `upstream`.
    pub fn new(upstream: Arc<dyn Upstream>, replay: Replay) -> Self {
        Self { upstream, replay, answers: None }
    }

    /// The same, with a place where answers are kept for the keys that want that.
    #[must_use]
    pub fn with_answers(self, answers: Arc<dyn ResponseCache>) -> Self {
        Self { answers: Some(answers), ..self }
    }

    /// Where the pipeline ends.
    pub fn upstream(&self) -> &dyn Upstream {
        &*self.upstream
    }

    /// Takes a request through the plugins to the model, and the answer back through them.
    ///
    /// A failure before the first event is the `Err`; one after it is the last item of the events.
    pub async fn run(&self, mut request: Request, chain: Chain, terms: Terms) -> Result<Served, Failure> {
        let mut work = Work::new(chain, &request.model, terms.deadline);
        let begun = match self.begin(&mut request, &mut work, &terms).await {
            Ok(begun) => begun,
            Err(failure) => {
                work.finish(End::Failed(failure.clone())).await;
                return Err(failure);
            }
        };
        let Begun { dropped, stages, events } = begun;
        match answer::run(work, stages, events).await {
            Ok((events, finish)) => Ok(Served { model: request.model, dropped, events, finish }),
            Err((work, failure)) => {
                work.finish(End::Failed(failure.clone())).await;
                Err(failure)
            }
        }
    }

    /// Takes a request to the first word of its answer, from a plugin or the model.
    async fn begin(&self, request: &mut Request, work: &mut Work, terms: &Terms) -> Result<Begun, Failure> {
        let key = work.chain.key().clone();
        let reply = self.before_the_model(request, &mut work.chain, terms, &mut Trace::Off).await?;
        work.chain.keep(&[Hook::Event, Hook::Text, Hook::Finish, Hook::ModelFormat]);
        if let Some(batch) = reply {
            let dropped = terms.losses.accept(&[])?;
            let stages = Stages::start(work).await?;
            return Ok(Begun { dropped, stages, events: stream::iter([Ok(batch)]).boxed() });
        }
        let call = self.prepare(request, &mut work.chain, &mut Trace::Off).await?;
        let dropped = terms.losses.accept(call.dropped())?;
        let format = terms.cache.as_ref().and_then(|_| call.format());
        let (answers, told) = (self.answers.as_ref(), work.chain.observation().clone());
        let kept = cache::look_up(answers, terms.cache.as_ref(), request, format, &told).await;
        let stages = Stages::start(work).await?;
        let events = match kept {
            Found::Hit(batches) => {
                work.reserve_hit(terms, &request.model).await?;
                stream::iter(batches.into_iter().map(Ok)).boxed()
            }
            Found::Nothing(keeper) => {
                work.reserve(terms, &request.model, call.estimate()).await?;
                work.calls(&request.model);
                let events = call.send(terms.deadline, &told).await?;
                match keeper {
                    Some(keeper) => work.keeps(keeper, events),
                    None => events,
                }
            }
        };
        // A kept answer is sealed anew: what a model thought can be read by the key alone that it is sealed for.
        Ok(Begun { dropped, stages, events: self.replay.keep(&key, request, events, told) })
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
            let call = self.prepare(&request, &mut chain, &mut trace).await?;
            (Some(call.plan()), terms.losses.accept(call.dropped())?)
        };
        let answer_plugins = chain.answer_plugins();
        Ok(Explanation {
            asked,
            model: request.model,
            steps: trace.into_steps(),
            answer_plugins,
            plan,
            dropped,
        })
    }

    /// Writes the call: in the format of the first plugin that knows the model's, else as Bedrock has one
    /// for all models.
    async fn prepare(
        &self,
        request: &Request,
        chain: &mut Chain,
        trace: &mut Trace,
    ) -> Result<Box<dyn Call>, Failure> {
        let start = trace.start();
        let Some((spoken, encoded)) = chain.model_format(request).await? else {
            return self.upstream.prepare(request).await;
        };
        let plugin = spoken.plugin.clone();
        let call = spoken.prepare(&*self.upstream, request, encoded).await?;
        trace.note(start, &plugin, Hook::ModelFormat.name(), || Effect::Encoded);
        Ok(call)
    }

    /// All that happens to a request before it is written for its model. Gives the answer of a plugin
    /// that answers in the model's place.
    async fn before_the_model(
        &self,
        request: &mut Request,
        chain: &mut Chain,
        terms: &Terms,
        trace: &mut Trace,
    ) -> Result<Option<Batch>, Failure> {
        self.replay.restore(chain.key(), request, chain.observation()).await;
        let plugins = chain.has_any(&[Hook::Route, Hook::Prompt, Hook::Request]);
        let plugins = plugins.then(|| chain.observation().time(Stage::Plugins));
        route::run(chain, request, trace).await?;
        let reply = match prompt::run(chain, request, trace).await? {
            Some(text) => Some(replied(text)),
            None => request::run(chain, request, trace).await?,
        };
        drop(plugins);
        // Behind all of them: no plugin reaches further than the key that it works for.
        request.destination = terms.admit(&mut request.model, &*self.upstream)?;
        terms.tag(&mut request.metadata);
        Ok(reply)
    }
}

/// An answer that has begun.
struct Begun {
    dropped: Vec<String>,
    stages: Stages,
    events: Events,
}

/// The answer that a plugin gave in the model's place.
fn replied(text: String) -> Batch {
    vec![
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::Delta(Delta { index: 0, text }),
        Event::BlockStop(0),
        Event::MessageStop(StopReason::EndTurn),
        Event::Usage(Usage::default()),
    ]
}

#[cfg(test)]
mod tests;
