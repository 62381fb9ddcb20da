//! The shape of an embedding's way: the hooks in front of a model, then the model.
//!
//! ```text
//! route hooks ► prompt hooks ► embedder
//! ```
//!
//! There is no text on the way back, so no text hook runs, and the plugins end before the model is
//! called.

use std::sync::Arc;

use async_trait::async_trait;

use super::chain::Chain;
use super::trace::Trace;
use super::{Deadline, Terms, Upstream, prompt, route};
use crate::chat::{EmbeddingRequest, Embeddings};
use crate::error::{Failure, Kind};

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

    /// One vector for each input, or a failure for all.
    async fn send(self: Box<Self>, deadline: Deadline) -> Result<Embeddings, Failure>;
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
        mut request: EmbeddingRequest,
        mut chain: Chain,
        terms: Terms,
    ) -> Result<Embedded, Failure> {
        let trace = &mut Trace::Off;
        route::run(&mut chain, &mut request, trace).await?;
        if prompt::run(&mut chain, &mut request, trace).await?.is_some() {
            return Err(Failure::new(
                Kind::PluginDenied(400),
                "a plugin answered in the model's place with a text, and a text is no embedding; ask the operator",
            ));
        }
        drop(chain);
        terms.models.admit(&mut request.model, &*self.embedder)?;
        let model = request.model.clone();
        let call = self.embedder.prepare_embedding(request).await?;
        let dropped = terms.losses.accept(call.dropped())?;
        let embeddings = call.send(terms.deadline).await?;
        Ok(Embedded { model, dropped, embeddings })
    }
}

#[cfg(test)]
#[path = "embedding_tests.rs"]
mod tests;
