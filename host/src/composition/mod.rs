//! Everything that answers requests, put together once, wherever they come in from.

mod housekeeping;
mod preload;

use std::sync::Arc;

use secrecy::SecretString;

use crate::aws::InvalidEndpoint;
use crate::bedrock::Bedrock;
use crate::catalog;
use crate::config::{self, Config, SecretName, SecretValues, TelemetryFormat};
use crate::fetch::{Fetcher, NoCertificates, Outbound};
use crate::health::Health;
use crate::http::{self, App, Edge, Mcp, Routes};
use crate::pipeline::{EmbeddingPipeline, ImagePipeline, Pipeline, Replay};
use crate::plugin::{Catalog, Services};
use crate::store::{SeedRoot, Store, StoreError};
use crate::telemetry::Telemetry;

pub use housekeeping::Housekeeping;
pub use preload::{preload_folder, preload_releases};

/// What answers requests, and what looks after it.
pub struct Composition {
    /// What answers.
    pub routes: Routes,
    /// What is to be done beside requests.
    pub housekeeping: Housekeeping,
    /// The plugins, which load when a key first needs them.
    pub plugins: Arc<Catalog>,
}

/// Why there is nothing that could answer requests.
#[derive(Debug, thiserror::Error)]
pub enum CompositionError {
    /// Nothing tells this process from others.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address of Bedrock is none.
    #[error(transparent)]
    Endpoint(#[from] InvalidEndpoint),
    /// Every request would be refused.
    #[error("`origin_secret` in `[auth]` names the secret `{}`, and there is none of this name", .0.as_str())]
    NoOriginSecret(SecretName),
    /// Nothing could be fetched.
    #[error(transparent)]
    Fetch(#[from] NoCertificates),
}

/// Puts everything together, around a store and a plugin engine that are ready. Nothing is sent, and no plugin is
/// loaded.
pub async fn compose(
    config: Config,
    secrets: SecretValues,
    store: Arc<dyn Store>,
    plugins: Catalog,
) -> Result<Composition, CompositionError> {
    let health = Arc::new(Health::new(config.breaker));
    let edge = Edge {
        cors: config.cors.clone(),
        origin_secret: config.origin_secret.as_ref().map(|name| origin_secret(name, &secrets)).transpose()?,
    };
    let services = Services {
        values: Some(store.clone()),
        outbound: Outbound::new(config.private_hosts.clone()),
        secrets,
    };
    let plugins = plugins
        .with_releases(published(&config).await)
        .with_seed_root(SeedRoot::new(*store.seed_root().expose()))
        .with_services(services)
        .with_health(Arc::clone(&health));
    let plugins = Arc::new(plugins);
    let models = config.models;
    let upstream = Arc::new(Bedrock::connect(&config.bedrock, &config.timeouts, models.clone()).await?);
    let replay = match config.replay {
        config::Replay::Capsule => Replay::Capsule(*store.seed_root().expose()),
        config::Replay::Store => Replay::Store(store.clone()),
        config::Replay::Off => Replay::Off,
    };
    let app = App {
        keys: store.clone().served_keys(),
        meters: store.clone(),
        iam: config.iam,
        plugins: Arc::new(Arc::clone(&plugins)),
        health: Arc::clone(&health),
        embeddings: EmbeddingPipeline::new(upstream.clone()),
        images: ImagePipeline::new(upstream.clone()),
        pipeline: Pipeline::new(upstream, replay).with_answers(store.clone()),
        max_body_bytes: config.max_body_bytes,
        fetcher: config.fetch.as_ref().map(Fetcher::new).transpose()?,
        s3: config.s3.into(),
        timeouts: config.timeouts,
        models,
        mcp: config.mcp.map(|settings| Mcp::new(settings, store.clone(), *store.seed_root().expose())),
        telemetry: Telemetry::from_environment(config.telemetry.unwrap_or(TelemetryFormat::Text)),
    };
    let housekeeping = Housekeeping::new(Arc::clone(&plugins), health, store)?;
    Ok(Composition { routes: edge.around(http::router(app)), housekeeping, plugins })
}

fn origin_secret(name: &SecretName, secrets: &SecretValues) -> Result<SecretString, CompositionError> {
    secrets.find(name).cloned().ok_or_else(|| CompositionError::NoOriginSecret(name.clone()))
}

/// The catalog of the settings.
async fn published(config: &Config) -> Option<catalog::Catalog> {
    match &config.catalog {
        Some(catalog) => Some(catalog::Catalog::open(catalog, &config.catalog_cache).await),
        None => None,
    }
}
