//! The shape of an image's way: the hooks in front of a model, then the model, as for embeddings. There is no text
//! on the way back.

use std::sync::Arc;

use async_trait::async_trait;

use super::chain::Chain;
use super::finish::Work;
use super::hook::End;
use super::trace::Trace;
use super::{Deadline, Estimate, Hook, Terms, Upstream, prompt, route};
use crate::chat::{ImageRequest, Picture, Usage};
use crate::error::{Failure, Kind};
use crate::telemetry::{Observation, Stage};

/// Where images are made.
#[async_trait]
pub trait Illustrator: Upstream {
    /// Writes the call without making it: whatever is wrong with the request shows here.
    async fn prepare_images(&self, request: ImageRequest) -> Result<Box<dyn ImageCall>, Failure>;
}

/// A call for images that can be made and is not yet.
#[async_trait]
pub trait ImageCall: Send {
    /// What the model cannot be told, by the names that clients use.
    fn dropped(&self) -> &[String];

    /// What the call may use: an image counts as so many tokens of an answer.
    fn estimate(&self) -> Estimate;

    /// The images, and what they cost. `told` learns where and how often was called.
    async fn send(
        self: Box<Self>,
        deadline: Deadline,
        told: &Observation,
    ) -> Result<(Vec<Picture>, Usage), Failure>;
}

/// What a request for images passes.
#[derive(Clone)]
pub struct ImagePipeline {
    illustrator: Arc<dyn Illustrator>,
}

/// Images, and where they come from.
#[derive(Debug)]
pub struct Drawn {
    /// The id or ARN of the model that was asked, after routing.
    pub model: String,
    /// What had no effect, by the names that clients use.
    pub dropped: Vec<String>,
    /// What it made.
    pub pictures: Vec<Picture>,
}

impl ImagePipeline {
    /// A pipeline that ends at `illustrator`.
    pub fn new(illustrator: Arc<dyn Illustrator>) -> Self {
        Self { illustrator }
    }

    /// Takes a request through the plugins to the model.
    pub async fn run(&self, request: ImageRequest, chain: Chain, terms: Terms) -> Result<Drawn, Failure> {
        let mut work = Work::new(chain, &request.model, terms.deadline);
        let made = self.make(request, &mut work, terms).await;
        let end = made.as_ref().map_or_else(|failure| End::Failed(failure.clone()), |_| End::Complete);
        work.finish(end).await;
        made
    }

    async fn make(&self, mut request: ImageRequest, work: &mut Work, terms: Terms) -> Result<Drawn, Failure> {
        let trace = &mut Trace::Off;
        let plugins = work.chain.observation().time(Stage::Plugins);
        route::run(&mut work.chain, &mut request, trace).await?;
        if prompt::run(&mut work.chain, &mut request, trace).await?.is_some() {
            return Err(Failure::new(
                Kind::PluginDenied(400),
                "a plugin answered in the model's place with a text, and a text is no image; ask the operator",
            ));
        }
        drop(plugins);
        work.chain.keep(&[Hook::Finish]);
        request.destination = terms.admit(&mut request.model, &*self.illustrator)?;
        terms.tag(&mut request.metadata);
        let model = request.model.clone();
        let call = self.illustrator.prepare_images(request).await?;
        let dropped = terms.losses.accept(call.dropped())?;
        work.reserve(&terms, &model, call.estimate()).await?;
        work.calls(&model);
        // A model that was told to draw draws, and is paid, even if nobody waits for it any more.
        let estimate = call.estimate();
        let all = Usage {
            input_tokens: estimate.input_tokens,
            output_tokens: estimate.max_output_tokens.unwrap_or_default(),
            ..Usage::default()
        };
        work.cost(all);
        let sent = call.send(terms.deadline, work.chain.observation()).await;
        let used = match &sent {
            Ok((_, usage)) => *usage,
            Err(failure) if matches!(failure.kind, Kind::ModelTimeout | Kind::UnreadableAnswer) => all,
            Err(_) => Usage::default(),
        };
        work.cost(used);
        let (pictures, _) = sent?;
        Ok(Drawn { model, dropped, pictures })
    }
}

#[cfg(test)]
#[path = "image_tests.rs"]
mod tests;
