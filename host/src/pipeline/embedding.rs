//! The shape of an embedding's way: the hooks in front of a model, then the model.
//!
//! ```text
//! route hooks ► prompt hooks ► embedder ► finish hooks
//! ```
//!
//! There is no text on the way back, so no other hook runs, and the plugins that have no finish hook
//! end before the model is called.

use std::sync::Arc;

use async_trait::async_trait;

use super::chain::Chain;
use super::finish::Work;
use super::hook::End;
use super::trace::Trace;
use super::{Deadline, Estimate, Hook, Terms, Upstream, prompt, route};
use crate::chat::{EmbeddingRequest, Embeddings, Usage};
use crate::error::{Failure, Kind};
use crate::telemetry::{Observation, Stage};

/// Where texts become vectors.
#[async_trait]
pub trait Embedder: Upstream {
    /// Writes the calls without making them: whatever is wrong with the request shows here.
    async fn prepare_embedding(&self, request: EmbeddingRequest) -> Result<Box<dyn EmbeddingCall>, Failure>;
}

/// An embedding that can be made and is not yet.
#[async_trait]
pub trait EmbeddingCall: Send {
    /// Request fields that the model cannot be told, by the names that clients use.
    fn dropped(&self) -> &[String];

    /// What the calls may use.
    fn estimate(&self) -> Estimate;

    /// One vector for each input, or a failure for all. `told` learns where and how often was called.
    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Embeddings, Failure>;
}

/// What a request for embeddings passes.
#[derive(Clone)]
pub struct EmbeddingPipeline {
    embedder: Arc<dyn Embedder>,
}

/// Vectors, and where they come from.
#[derive(Debug)]
pub struct Embedded {
    /// The id or ARN of the model that was asked, after routing.
    pub model: String,
    /// Request fields that had no effect, by the names that clients use.
    pub dropped: Vec<String>,
    /// What it answered.
    pub embeddings: Embeddings,
}

impl EmbeddingPipeline {
    /// A pipeline that ends at `embedder`.
    pub fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self { embedder }
    }

    /// Takes a request through the plugins to the model.
    pub async fn run(
        &self,
        request: EmbeddingRequest,
        chain: Chain,
        terms: Terms,
    ) -> Result<Embedded, Failure> {
        let mut work = Work::new(chain, &request.model, terms.deadline);
        let made = self.make(request, &mut work, terms).await;
        let end = made.as_ref().map_or_else(|failure| End::Failed(failure.clone()), |_| End::Complete);
        work.finish(end).await;
        made
    }

    async fn make(
        &self,
        mut request: EmbeddingRequest,
        work: &mut Work,
        terms: Terms,
    ) -> Result<Embedded, Failure> {
        let trace = &mut Trace::Off;
        let plugins = work.chain.observation().time(Stage::Plugins);
        route::run(&mut work.chain, &mut request, trace).await?;
        if prompt::run(&mut work.chain, &mut request, trace).await?.is_some() {
            return Err(Failure::new(
                Kind::PluginDenied(400),
                "a plugin answered in the model's place with a text, and a text is no embedding; ask the operator",
            ));
        }
        drop(plugins);
        work.chain.keep(&[Hook::Finish]);
        request.destination = terms.admit(&mut request.model, &*self.embedder)?;
        terms.tag(&mut request.metadata);
        let model = request.model.clone();
        let call = self.embedder.prepare_embedding(request).await?;
        let dropped = terms.losses.accept(call.dropped())?;
        work.reserve(&terms, &model, call.estimate()).await?;
        work.calls(&model);
        let embeddings = call.send(terms.deadline, work.chain.observation()).await?;
        work.cost(Usage { input_tokens: embeddings.input_tokens, ..Usage::default() });
        Ok(Embedded { model, dropped, embeddings })
    }
}

#[cfg(test)]
#[path = "embedding_tests.rs"]
mod tests;
