//! How the AWS SDK is set up, for every service that is called.

mod connection;
mod endpoint;
pub mod parameters;

use std::sync::LazyLock;

use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

pub use connection::CONNECT_TIMEOUT;
use connection::Proxy;
pub use endpoint::{Endpoint, InvalidEndpoint};

/// Used where neither the settings nor the AWS environment name a region.
const DEFAULT_REGION: &str = "us-east-1";

/// The SDK as the settings and the AWS environment have it, but for retries and timeouts. To load it sends
/// nothing and loads no credentials.
pub fn loader(region: Option<&str>, endpoint: Option<&Endpoint>) -> ConfigLoader {
    // The instance metadata service, the last place where the SDK looks for a region, is left
    // out: where there is none, asking it would hold up the start for seconds.
    let region = RegionProviderChain::first_try(region.map(|region| Region::new(region.to_owned())))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new())
        .or_else(DEFAULT_REGION);
    let is_direct = endpoint.is_some_and(|endpoint| !endpoint.is_encrypted());
    let client = match (is_direct, cfg!(test)) {
        (true, false) => SharedHttpClient::clone(&DIRECT),
        (false, false) => SharedHttpClient::clone(&USUAL),
        // A connection ends with its runtime, and each test has one of its own.
        (true, true) => connection::client(Proxy::None),
        (false, true) => connection::client(Proxy::OfEnvironment),
    };
    let mut loader = aws_config::defaults(behavior()).region(region).http_client(client);
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
    loader
}

/// One for all clients of the process.
static USUAL: LazyLock<SharedHttpClient> = LazyLock::new(|| connection::client(Proxy::OfEnvironment));

/// The same without a proxy.
static DIRECT: LazyLock<SharedHttpClient> = LazyLock::new(|| connection::client(Proxy::None));

/// Pinned, so that an update of the SDK changes nothing by itself.
pub fn behavior() -> BehaviorVersion {
    BehaviorVersion::v2026_01_12()
}
