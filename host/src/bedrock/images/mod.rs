//! Images, by InvokeModel: each maker's models have a body of their own.

mod answer;
mod body;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_smithy_types::Blob;
use tokio::time::timeout;

use self::body::Written;
use super::region::{Clients, Regions};
use super::request::{Dropped, Metadata};
use super::{Bedrock, error};
use crate::capability::{ImageGeneration, Prices};
use crate::chat::{ImageRequest, ImageSize, Picture, Usage};
use crate::error::{Failure, Kind};
use crate::pipeline::{Deadline, Estimate, Illustrator, ImageCall};
use crate::telemetry::Observation;

/// For one attempt. Large images take the better part of a minute.
const PATIENCE: Duration = Duration::from_mins(5);

#[async_trait]
impl Illustrator for Bedrock {
    async fn prepare_images(&self, request: ImageRequest) -> Result<Box<dyn ImageCall>, Failure> {
        let capabilities = self.profiles.capabilities(&request.model).await?;
        self.regions.admit(request.called(), &request.destination.regions)?;
        let Some(generation) = capabilities.image_generation else {
            let message = "this model makes no images; choose one that does";
            return Err(Failure::new(Kind::ModelNotFound, message).with_param("model"));
        };
        if request.count == 0 || request.count > generation.max_images {
            let message = format!("this model makes 1 to {} images at once", generation.max_images);
            return Err(Failure::invalid("count", message));
        }
        let mut dropped = Dropped::default();
        let metadata = Metadata::of(&request.metadata, &mut dropped);
        let metadata = (!metadata.is_empty()).then(|| serde_json::to_string(&metadata).ok()).flatten();
        let Written { body, dropped: unsaid } = body::write(&request, generation.api)?;
        for name in &unsaid {
            dropped.note(name);
        }
        let (regions, prices) = (Arc::clone(&self.regions), capabilities.prices);
        Ok(Box::new(InvokeCall { regions, request, generation, prices, body, metadata, dropped: dropped.0 }))
    }
}

struct InvokeCall {
    regions: Arc<Regions>,
    request: ImageRequest,
    generation: ImageGeneration,
    prices: Option<Prices>,
    body: Vec<u8>,
    /// What Bedrock notes with the call, as a JSON object.
    metadata: Option<String>,
    dropped: Vec<String>,
}

#[async_trait]
impl ImageCall for InvokeCall {
    fn dropped(&self) -> &[String] {
        &self.dropped
    }

    fn estimate(&self) -> Estimate {
        let tokens = u64::from(self.request.count) * self.tokens_each();
        Estimate { input_tokens: 0, max_output_tokens: Some(tokens), prices: self.prices }
    }

    async fn send(
        self: Box<Self>,
        deadline: Deadline,
        told: &Observation,
    ) -> Result<(Vec<Picture>, Usage), Failure> {
        let call = &*self;
        let attempt = |clients| call.invoke(clients, told);
        let regions = &call.request.destination.regions;
        let pictures = call.regions.call(call.request.called(), regions, deadline, told, attempt).await?;
        let output_tokens = pictures.len() as u64 * call.tokens_each();
        Ok((pictures, Usage { output_tokens, ..Usage::default() }))
    }
}

impl InvokeCall {
    fn tokens_each(&self) -> u64 {
        self.generation.tokens(self.request.size.map(ImageSize::pixels))
    }

    async fn invoke(&self, clients: Arc<Clients>, told: &Observation) -> Result<Vec<Picture>, Failure> {
        let call = clients
            .runtime()
            .invoke_model()
            .model_id(self.request.called())
            .content_type("application/json")
            .accept("application/json")
            .body(Blob::new(self.body.clone()))
            .set_request_metadata(self.metadata.clone());
        let answer = timeout(PATIENCE, call.send()).await.map_err(|_| error::silent())?;
        told.bedrock_request(answer.request_id());
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        answer::read(self.generation.api, answer.body.as_ref())
    }
}
