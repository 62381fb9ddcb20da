//! All of Adit but the socket: requests go in at the router, and Bedrock answers from memory.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Builder;
use tempfile::TempDir;
use tower_service::Service as _;

use crate::bedrock::Bedrock;
use crate::capability::Models;
use crate::config::{Iam, Timeouts};
use crate::enabled::EnabledPlugin;
use crate::error::{Failure, Kind};
use crate::http::{App, router};
use crate::ids::{KeyId, ModelPattern};
use crate::pipeline::{EmbeddingPipeline, ImagePipeline, Pipeline, Plugin, Plugins, Replay};
use crate::store::{ApiKey, KeyName, Keys as _, NewKey, Policy, Sqlite};
use crate::telemetry::Telemetry;

pub(super) struct Gateway {
    router: Router,
    key: ApiKey,
    _store: TempDir,
}

impl Gateway {
    /// With one key, which may use these models; all, if there is no pattern.
    pub(super) async fn new(bedrock: Bedrock, models: Vec<ModelPattern>) -> Self {
        let store = tempfile::tempdir().unwrap();
        let keys = Sqlite::open(store.path()).unwrap();
        let (key, stored) = keys.create(NewKey::named(KeyName::parse("team-a").unwrap())).await.unwrap();
        keys.set_policy(&stored.id, Policy { models: Some(models), ..Policy::default() }).await.unwrap();
        let (bedrock, keys) = (Arc::new(bedrock), Arc::new(keys));
        let router = router(App {
            keys: keys.clone(),
            meters: keys,
            iam: Iam::Off,
            health: Arc::default(),
            plugins: Arc::new(NoPlugins),
            embeddings: EmbeddingPipeline::new(bedrock.clone()),
            images: ImagePipeline::new(bedrock.clone()),
            pipeline: Pipeline::new(bedrock, Replay::Off),
            max_body_bytes: 1 << 20,
            fetcher: None,
            s3: Arc::new([]),
            timeouts: Timeouts::default(),
            models: Models::default(),
            mcp: None,
            telemetry: Telemetry::off(),
        });
        Self { router, key, _store: store }
    }

    /// The status and the body of the response.
    pub(super) async fn ask(&mut self, request: Builder, body: Body) -> (u16, String) {
        let request = request.header("authorization", format!("Bearer {}", self.key.expose()));
        let response = self.router.call(request.body(body).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }
}

struct NoPlugins;

#[async_trait]
impl Plugins for NoPlugins {
    async fn bind(&self, _: &EnabledPlugin, _: &KeyId) -> Result<Arc<dyn Plugin>, Failure> {
        Err(Failure::new(Kind::PluginFault, "there is none"))
    }
}
