//! Texts become vectors, by InvokeModel: Converse makes none, and each maker's models have a body of
//! their own.
//!
//! `plan` decides what a model is asked, `body` writes it, `answer` reads what comes back; those are
//! pure. `call` does the calling.

mod answer;
mod body;
mod call;
mod plan;

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use self::answer::Answer;
use self::plan::Plan;
use super::Bedrock;
use super::region::Regions;
use crate::capability::Prices;
use crate::chat::{EmbeddingRequest, Embeddings};
use crate::error::Failure;
use crate::pipeline::{Deadline, Embedder, EmbeddingCall, Estimate};
use crate::telemetry::Observation;

/// How many calls of one request are under way. Models that take one text a call need many, and the
/// account's limit on calls is shared with everybody.
const MOST_CALLS: usize = 8;

#[async_trait]
impl Embedder for Bedrock {
    async fn prepare_embedding(&self, request: EmbeddingRequest) -> Result<Box<dyn EmbeddingCall>, Failure> {
        let capabilities = self.profiles.capabilities(&request.model).await?;
        self.regions.admit(request.called(), &request.destination.regions)?;
        let plan = Plan::new(request, &capabilities)?;
        Ok(Box::new(InvokeCalls { regions: Arc::clone(&self.regions), plan, prices: capabilities.prices }))
    }
}

/// As many calls as the texts of one request take.
struct InvokeCalls {
    regions: Arc<Regions>,
    plan: Plan,
    prices: Option<Prices>,
}

#[async_trait]
impl EmbeddingCall for InvokeCalls {
    fn dropped(&self) -> &[String] {
        &self.plan.dropped
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: self.plan.input_tokens(), max_output_tokens: Some(0), prices: self.prices }
    }

    /// The first call that fails ends the others.
    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Embeddings, Failure> {
        let Self { regions, plan, prices: _ } = &*self;
        let calls = (0..plan.calls()).map(|place| async move {
            let attempt = |clients| call::invoke(clients, plan, plan.texts(place), told);
            let answer = regions.call(&plan.model, &plan.regions, deadline, told, attempt).await?;
            Ok::<(usize, Answer), Failure>((place, answer))
        });
        let mut answers: Vec<_> = stream::iter(calls).buffer_unordered(MOST_CALLS).try_collect().await?;
        answers.sort_unstable_by_key(|(place, _)| *place);

        let mut embeddings = Embeddings::default();
        for (_, answer) in answers {
            embeddings.vectors.extend(answer.vectors);
            embeddings.input_tokens += answer.input_tokens;
        }
        Ok(embeddings)
    }
}
