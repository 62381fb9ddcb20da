//! The way to the tables.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;

use super::memory;
use super::table::Table;
use crate::aws::{self, Endpoint, InvalidEndpoint};
use crate::config;

/// The tables of a store, made or not.
#[derive(Debug, Clone)]
pub struct Tables {
    pub(super) main: Table,
    pub(super) cache: Table,
    pub(super) timing: Timing,
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timing {
    /// A TCP handshake with TLS.
    pub(super) connect: Duration,
    /// One attempt at a call.
    pub(super) attempt: Duration,
    /// A call, with all attempts: short, so that a request is soon told that the store is down.
    pub(super) call: Duration,
    /// An operation of a plugin.
    pub(super) values: Duration,
    /// How long what was read counts as true.
    pub(super) memory: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: aws::CONNECT_TIMEOUT,
            attempt: Duration::from_millis(1500),
            call: Duration::from_secs(3),
            values: Duration::from_millis(500),
            memory: memory::LIFETIME,
        }
    }
}

/// How often a call is tried that AWS throttles or that fails on the way.
const ATTEMPTS: u32 = 3;

impl Tables {
    /// Prepares the way: nothing is sent, and no credentials are loaded, before the first call.
    pub async fn connect(settings: &config::Tables) -> Result<Self, InvalidEndpoint> {
        let timing = Timing::default();
        Ok(Self::over(configured(settings, timing).await?, settings, timing))
    }

    pub(super) fn over(config: Builder, settings: &config::Tables, timing: Timing) -> Self {
        let client = Client::from_conf(config.build());
        let table =
            |name: &config::TableName| Table { client: client.clone(), name: name.as_str().to_owned() };
        Self { main: table(&settings.table), cache: table(&settings.cache_table), timing }
    }
}

pub(super) async fn configured(
    settings: &config::Tables,
    timing: Timing,
) -> Result<Builder, InvalidEndpoint> {
    let endpoint = settings.endpoint.as_deref().map(Endpoint::parse).transpose()?;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(timing.connect)
        .operation_attempt_timeout(timing.attempt)
        .operation_timeout(timing.call)
        .build();
    let shared = aws::loader(settings.region.as_deref(), endpoint.as_ref())
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .load()
        .await;
    Ok(Builder::from(&shared))
}
