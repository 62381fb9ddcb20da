//! Calls Bedrock.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::tls;

use crate::capability;
use crate::chat::Request;
use crate::config;
use crate::error::{Failure, Kind};
use crate::pipeline::{Call, Model, Upstream};

use super::call::ConverseCall;
use super::endpoint::{Endpoint, InvalidEndpoint};
use super::models::Models;
use super::request;

/// Used where neither the settings nor the AWS environment name a region.
const DEFAULT_REGION: &str = "us-east-1";

/// A TCP handshake that is lost once is repeated after 1 s, twice after 3 s.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

/// Until the answer begins. AWS's own limit for a model is 60 minutes (user guide, "Inference request
/// parameters for Anthropic Claude").
pub(super) const READ_TIMEOUT: Duration = Duration::from_hours(1);

/// Within an answer that has begun. Models that think are silent for minutes; a connection that was
/// lost on the way is silent for ever.
const LONGEST_SILENCE: Duration = Duration::from_mins(15);

/// API reference, `Converse`, `modelId`.
const MAX_MODEL_ID_BYTES: usize = 2048;

/// The first one counts.
const MAX_ATTEMPTS: u32 = 3;

/// Amazon Bedrock in one region.
#[derive(Debug)]
pub struct Bedrock {
    runtime: aws_sdk_bedrockruntime::Client,
    pub(super) longest_silence: Duration,
    pub(super) models: Models,
    known: capability::Models,
}

impl Bedrock {
    /// Prepares the way to Bedrock; nothing is sent, and no credentials are loaded, before the
    /// first call. Fails if the endpoint of the settings is not an HTTP URL.
    pub async fn connect(settings: &config::Bedrock) -> Result<Self, InvalidEndpoint> {
        let endpoint = settings.endpoint.as_deref().map(Endpoint::parse).transpose()?;
        // The instance metadata service, the last place where the SDK looks for a region, is left
        // out: where there is none, asking it would hold up the start for seconds.
        let region = RegionProviderChain::first_try(settings.region.clone().map(Region::new))
            .or_else(EnvironmentVariableRegionProvider::new())
            .or_else(ProfileFileRegionProvider::new())
            .or_else(DEFAULT_REGION);
        // One pool of connections for everything. TCP_NODELAY is on by default.
        let http_client = aws_smithy_http_client::Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let mut loader = aws_config::defaults(behavior())
            .region(region)
            .http_client(http_client)
            .retry_config(retries())
            .timeout_config(timeouts())
            .stalled_stream_protection(quiet_streams());
        if let Some(endpoint) = endpoint {
            if endpoint.is_local() {
                // A simulator takes any signature: a first run needs no AWS account. Credentials in
                // the environment win, as the endpoint may also lead on to Amazon.
                loader = loader.credentials_provider(
                    CredentialsProviderChain::first_try(
                        "Environment",
                        EnvironmentVariableCredentialsProvider::new(),
                    )
                    .or_else("Simulator", Credentials::from_keys("sim", "sim", None)),
                );
            }
            loader = loader.endpoint_url(endpoint.url());
        }
        Ok(Self::over(&loader.load().await))
    }

    /// Over a given SDK configuration.
    pub(super) fn over(sdk: &SdkConfig) -> Self {
        Self {
            runtime: aws_sdk_bedrockruntime::Client::new(sdk),
            longest_silence: LONGEST_SILENCE,
            models: Models::new(aws_sdk_bedrock::Client::new(sdk)),
            known: capability::Models::built_in(),
        }
    }
}

/// Pinned, so that an update of the SDK changes nothing by itself.
pub(super) fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}

/// Only until an answer begins: the SDK never repeats a call whose body is being read.
pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS)
}

/// None for the whole operation: a long answer is no fault.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).build()
}

/// Off: a model that thinks may say nothing for minutes.
pub(super) fn quiet_streams() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}

#[async_trait]
impl Upstream for Bedrock {
    async fn prepare(&self, request: &Request) -> Result<Box<dyn Call>, Failure> {
        if request.model.is_empty() || request.model.len() > MAX_MODEL_ID_BYTES {
            let message = "bedrock knows no model with an empty name, or with one of more than 2048 bytes";
            return Err(Failure::new(Kind::ModelNotFound, message).with_param("model"));
        }
        let written = request::write(request, &self.known.capabilities(&request.model))?;
        Ok(Box::new(ConverseCall {
            runtime: self.runtime.clone(),
            longest_silence: self.longest_silence,
            model: request.model.clone(),
            delivery: request.delivery,
            written,
        }))
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        self.models.list(Instant::now()).await
    }
}
