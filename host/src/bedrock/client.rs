//! Calls Bedrock.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use aws_config::SdkConfig;

use crate::aws::{Endpoint, InvalidEndpoint};
use crate::capability::{self, Backend};
use crate::chat::Request;
use crate::config;
use crate::error::{Failure, Kind};
use crate::pipeline::{Call, CountedBy, Deadline, Invocation, InvokeCall, Model, Upstream};
use crate::telemetry::Observation;

use super::call::ConverseCall;
use super::models::Models;
use super::openai::{self, OpenAiCall};
use super::profile::Profiles;
use super::region::Regions;
use super::target::Target;
use super::{count, estimate, invoke, request, sdk};

/// API reference, `Converse`, `modelId`.
const MAX_MODEL_ID_BYTES: usize = 2048;

/// Amazon Bedrock, in one region or several.
#[derive(Debug)]
pub struct Bedrock {
    pub(super) regions: Arc<Regions>,
    timeouts: config::Timeouts,
    known: capability::Models,
    pub(super) profiles: Profiles,
    pub(super) models: Models,
}

impl Bedrock {
    /// Prepares the way to Bedrock; nothing is sent, and no credentials are loaded, before the
    /// first call. `known` says what models can do. Fails if the endpoint of the settings is not an
    /// HTTP URL.
    pub async fn connect(
        settings: &config::Bedrock,
        timeouts: &config::Timeouts,
        known: capability::Models,
    ) -> Result<Self, InvalidEndpoint> {
        let endpoint = settings.endpoint.as_deref().map(Endpoint::parse).transpose()?;
        let sdk = sdk::load(settings.regions.first(), endpoint.as_ref()).await;
        Ok(Self::over(sdk, settings, timeouts, known))
    }

    /// Over a given SDK configuration, which has the home region.
    pub(super) fn over(
        sdk: SdkConfig,
        settings: &config::Bedrock,
        timeouts: &config::Timeouts,
        known: capability::Models,
    ) -> Self {
        let others = settings.regions.get(1..).unwrap_or_default();
        let regions = Arc::new(Regions::new(sdk, others, settings.max_attempts));
        Self {
            timeouts: *timeouts,
            profiles: Profiles::new(Arc::clone(&regions), known.clone()),
            models: Models::new(Arc::clone(&regions), known.clone()),
            regions,
            known,
        }
    }
}

#[async_trait]
impl Upstream for Bedrock {
    fn resolve<'a>(&'a self, name: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(self.known.resolve_alias(name))
    }

    async fn prepare(&self, request: &Request) -> Result<Box<dyn Call>, Failure> {
        let target = self.target(request).await?;
        Ok(match target.capabilities.backend {
            Backend::Converse => {
                let written = request::write(request, &target.capabilities)?;
                let target = Target { delivery: written.delivery, ..target };
                Box::new(ConverseCall { target, written })
            }
            Backend::OpenAi => {
                let written = openai::write(request, &target.capabilities)?;
                Box::new(OpenAiCall { target, written, guardrail: request.guardrail.clone() })
            }
        })
    }

    async fn prepare_invocation(
        &self,
        request: &Request,
        invocation: Invocation,
    ) -> Result<Box<dyn InvokeCall>, Failure> {
        let target = self.target(request).await?;
        Ok(Box::new(invoke::prepare(request, invocation, target)?))
    }

    async fn count_tokens(
        &self,
        request: &Request,
        deadline: Deadline,
        told: &Observation,
    ) -> Result<(u64, CountedBy), Failure> {
        count::tokens(&self.target(request).await?, request, deadline, told).await
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        Ok(self.models.list(Instant::now()).await?.to_vec())
    }
}

impl Bedrock {
    /// Which model a request is for, and what is known of it.
    async fn target(&self, request: &Request) -> Result<Target, Failure> {
        if request.model.is_empty() || request.model.len() > MAX_MODEL_ID_BYTES {
            let message = "bedrock knows no model with an empty name, or with one of more than 2048 bytes";
            return Err(Failure::new(Kind::ModelNotFound, message).with_param("model"));
        }
        let capabilities = self.profiles.capabilities(&request.model).await?;
        let within = request.destination.regions.clone();
        self.regions.admit(request.called(), &within)?;
        Ok(Target {
            regions: Arc::clone(&self.regions),
            idle: self.timeouts.idle,
            first_event: self.timeouts.first_event,
            keep_alive: self.timeouts.keep_alive,
            model: request.called().to_owned(),
            within,
            delivery: request.delivery,
            input_tokens: estimate::input_tokens(request),
            max_tokens: request.sampling.max_tokens,
            capabilities,
        })
    }
}
