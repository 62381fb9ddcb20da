//! A model that says what it is told to.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use crate::chat::{Batch, BlockKind, Event, Json, Request, StopReason, Usage};
use crate::error::Failure;
use crate::pipeline::{
    Call, Chain, Context, Deadline, Estimate, Events, Model, Pipeline, Plan, Plugin, Replay, Terms, Upstream,
};
use crate::telemetry::Observation;

/// What became of a request.
pub(super) struct Passed {
    /// What the model was asked, if it was.
    pub(super) asked: Option<Request>,
    /// What the client reads, a text for each block; or how it ended otherwise.
    pub(super) answer: Result<Vec<String>, Failure>,
}

/// Takes a request through one plugin to a model that answers with these batches, and the answer back.
pub(super) async fn pass(
    plugin: Arc<dyn Plugin>,
    context: Context,
    request: Request,
    answer: Vec<Batch>,
) -> Passed {
    let asked = Arc::new(Mutex::new(None));
    let pipeline = Pipeline::new(Arc::new(Canned { asked: Arc::clone(&asked), answer }), Replay::Off);
    let answer = match pipeline.run(request, Chain::new(context, vec![plugin]), Terms::default()).await {
        Ok(served) => {
            let answer = blocks(served.events).await;
            served.finish.run().await;
            answer
        }
        Err(failure) => Err(failure),
    };
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).take();
    Passed { asked, answer }
}

/// The text of each block, in the order in which they began.
async fn blocks(mut events: Events) -> Result<Vec<String>, Failure> {
    let mut blocks: Vec<(u32, String)> = Vec::new();
    while let Some(batch) = events.try_next().await? {
        for event in batch {
            match event {
                Event::BlockStart(start) => blocks.push((start.index, String::new())),
                Event::Delta(delta) => {
                    let mut newest = blocks.iter_mut().rev();
                    if let Some((_, text)) = newest.find(|(index, _)| *index == delta.index) {
                        text.push_str(&delta.text);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(blocks.into_iter().map(|(_, text)| text).collect())
}

/// The end of an answer with these blocks.
pub(super) fn end(kinds: &[BlockKind]) -> Batch {
    let calls = kinds.iter().any(|kind| matches!(kind, BlockKind::ToolUse { .. }));
    let stop = if calls { StopReason::ToolUse } else { StopReason::EndTurn };
    vec![Event::MessageStop(stop), Event::Usage(Usage::default())]
}

struct Canned {
    asked: Arc<Mutex<Option<Request>>>,
    answer: Vec<Batch>,
}

#[async_trait]
impl Upstream for Canned {
    async fn prepare(&self, request: &Request) -> Result<Box<dyn Call>, Failure> {
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(request.clone());
        Ok(Box::new(CannedCall { model: request.model.clone(), answer: self.answer.clone() }))
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        Ok(Vec::new())
    }
}

struct CannedCall {
    model: String,
    answer: Vec<Batch>,
}

#[async_trait]
impl Call for CannedCall {
    fn dropped(&self) -> &[String] {
        &[]
    }

    fn plan(&self) -> Plan {
        Plan {
            operation: "none",
            region: String::new(),
            model: self.model.clone(),
            family: String::new(),
            body: Json::empty_object(),
            input_tokens: 0,
            max_output_tokens: None,
            prices: None,
        }
    }

    fn estimate(&self) -> Estimate {
        Estimate::default()
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Events, Failure> {
        Ok(stream::iter(self.answer.into_iter().map(Ok)).boxed())
    }
}
