use async_trait::async_trait;
use futures::stream::BoxStream;

use crate::chat::{Batch, Request};
use crate::error::Failure;

/// The batches of an answer. An `Err` is the last item: the answer is not complete.
///
/// Dropping the stream ends the call of the model.
pub type Events = BoxStream<'static, Result<Batch, Failure>>;

/// An answer that has begun.
pub struct Answer {
    /// What the model says. The first batch is there already, so a failure before it is an error
    /// of [`Upstream::call`] and can still become an HTTP status.
    pub events: Events,
    /// Request fields that this model's interface cannot carry, by their OpenAI names.
    pub dropped: Vec<String>,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("dropped", &self.dropped).finish_non_exhaustive()
    }
}

/// A model that can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id to ask for: a foundation model's or an inference profile's.
    pub id: String,
    /// Who made it.
    pub owner: String,
}

/// Where models are called.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// Calls a model and waits for its first event.
    async fn call(&self, request: &Request) -> Result<Answer, Failure>;

    /// What can be called.
    async fn models(&self) -> Result<Vec<Model>, Failure>;
}
