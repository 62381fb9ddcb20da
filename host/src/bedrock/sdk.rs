//! How the SDK is set up for Bedrock.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;

use crate::aws::{self, Endpoint};

/// The SDK as the settings and the AWS environment have it. Nothing is sent, and no credentials are
/// loaded.
///
/// A Bedrock API key in `AWS_BEARER_TOKEN_BEDROCK` goes before all other credentials; the SDK reads
/// it itself.
pub(super) async fn load(region: Option<&String>, endpoint: Option<&Endpoint>) -> SdkConfig {
    aws::loader(region.map(String::as_str), endpoint)
        // `retry` does it.
        .retry_config(RetryConfig::disabled())
        // The rest is ours, and belongs to the request: a long answer is no fault.
        .timeout_config(TimeoutConfig::builder().connect_timeout(aws::CONNECT_TIMEOUT).build())
        .stalled_stream_protection(quiet_streams())
        .load()
        .await
}

/// Off: a model that thinks may say nothing for minutes.
pub(super) fn quiet_streams() -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::disabled()
}
