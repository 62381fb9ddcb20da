//! A request on its way through the pipeline, to a model that answers at once, and back.

use std::collections::BTreeMap;
use std::sync::Arc;

use adit::chat::{Batch, Event, Json, Request, StopReason, Usage};
use adit::enabled::EnabledPlugin;
use adit::error::Failure;
use adit::health::Health;
use adit::pipeline::{
    Call, Chain, Deadline, Estimate, Events, Losses, Model, ModelPolicy, Pipeline, Plan, Replay, Skipped,
    Terms, Upstream,
};
use adit::plugin::Catalog;
use adit::telemetry::Observation;
use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};

use crate::components::{context, enabled};
use crate::inputs::{beginning, request};

/// Plugins that have no hook for a chat completion of a model of Converse: formats of other clients
/// and of other models.
pub(crate) const IDLE: [&str; 10] = [
    "ollama",
    "titan-text",
    "ollama",
    "titan-text",
    "ollama",
    "titan-text",
    "ollama",
    "titan-text",
    "ollama",
    "titan-text",
];

/// What a request needs to pass.
pub(crate) struct Passage {
    pipeline: Pipeline,
    engine: Arc<Catalog>,
    enabled: Vec<EnabledPlugin>,
    health: Health,
    request: Request,
}

impl Passage {
    /// A key with these plugins.
    pub(crate) fn new(engine: &Arc<Catalog>, plugins: &[&str]) -> anyhow::Result<Self> {
        Ok(Self {
            pipeline: Pipeline::new(Arc::new(Canned), Replay::Off),
            engine: Arc::clone(engine),
            enabled: plugins.iter().map(|name| enabled(name)).collect::<anyhow::Result<_>>()?,
            health: Health::default(),
            request: request(),
        })
    }

    /// One request, and its answer to the end.
    pub(crate) async fn pass(&self) -> anyhow::Result<()> {
        let chain = Chain::bind(
            &self.engine,
            &self.enabled,
            context()?,
            &self.health,
            &Skipped::default(),
            &Observation::default(),
        )
        .await?;
        let terms = Terms {
            models: ModelPolicy::Any,
            aliases: BTreeMap::new(),
            profiles: BTreeMap::new(),
            regions: Vec::new(),
            tags: Vec::new(),
            payer: None,
            cache: None,
            losses: Losses::Report(Vec::new()),
            deadline: Deadline::Never,
        };
        let served = self.pipeline.run(self.request.clone(), chain, terms).await?;
        served.events.try_for_each(async |_| Ok(())).await?;
        served.finish.run().await;
        Ok(())
    }
}

/// A model that says nothing.
struct Canned;

#[async_trait]
impl Upstream for Canned {
    async fn prepare(&self, _: &Request) -> Result<Box<dyn Call>, Failure> {
        Ok(Box::new(Self))
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Call for Canned {
    fn dropped(&self) -> &[String] {
        &[]
    }

    fn plan(&self) -> Plan {
        Plan {
            operation: "none",
            region: String::new(),
            model: String::new(),
            family: String::new(),
            body: Json::empty_object(),
            input_tokens: 0,
            max_output_tokens: None,
            prices: None,
        }
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 0, max_output_tokens: None, prices: None }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Events, Failure> {
        let answer: Batch = vec![
            beginning(),
            Event::BlockStop(0),
            Event::MessageStop(StopReason::EndTurn),
            Event::Usage(Usage::default()),
        ];
        Ok(stream::iter([Ok(answer)]).boxed())
    }
}
