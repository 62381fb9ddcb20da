//! Adit in this thread, with one key, no plugins, and a Bedrock that answers from memory.

use std::sync::Arc;

use adit::bedrock::fuzz::Memory;
use adit::capability::Models;
use adit::config::{Iam, Timeouts};
use adit::enabled::EnabledPlugin;
use adit::error::{Failure, Kind};
use adit::http::{App, router};
use adit::ids::KeyId;
use adit::pipeline::{EmbeddingPipeline, ImagePipeline, Pipeline, Plugin, Plugins, Replay, Upstream};
use adit::store::{KeyName, Keys as _, NewKey, Sqlite};
use adit::telemetry::Telemetry;
use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use tower_service::Service as _;

const MAX_BODY_BYTES: usize = 1 << 20;

/// Everything that a request meets.
pub(crate) struct Host {
    runtime: Runtime,
    router: Router,
    authorization: String,
    /// What Bedrock answers.
    pub(crate) memory: Memory,
    /// Where requests are written for their models.
    pub(crate) upstream: Arc<dyn Upstream>,
    _data: TempDir,
}

/// What a client gets.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

thread_local! {
    static HOST: Host = Host::new();
}

/// Works with this thread's host.
pub(crate) fn with<T>(work: impl FnOnce(&Host) -> T) -> T {
    HOST.with(work)
}

impl Host {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let data = TempDir::new().expect("there is a place for temporary files");
        let keys = Sqlite::open(data.path()).expect("an empty folder becomes a store");
        let name = KeyName::parse("fuzz").expect("a name");
        let (key, _) = runtime.block_on(keys.create(NewKey::named(name))).expect("a key is made");
        let memory = Memory::default();
        let bedrock = Arc::new(memory.bedrock());
        let upstream: Arc<dyn Upstream> = bedrock.clone();
        let pipeline = Pipeline::new(Arc::clone(&upstream), Replay::Capsule([7; 32]));
        let keys = Arc::new(keys);
        let router = router(App {
            keys: keys.clone(),
            meters: keys,
            iam: Iam::Off,
            health: Arc::default(),
            plugins: Arc::new(NoPlugins),
            pipeline,
            embeddings: EmbeddingPipeline::new(bedrock.clone()),
            images: ImagePipeline::new(bedrock.clone()),
            max_body_bytes: MAX_BODY_BYTES,
            fetcher: None,
            s3: Arc::new([]),
            timeouts: Timeouts::default(),
            models: Models::default(),
            mcp: None,
            telemetry: Telemetry::off(),
        });
        let authorization = format!("Bearer {}", key.expose());
        Self { runtime, router, authorization, memory, upstream, _data: data }
    }

    /// Waits for something.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Sends a request, and reads its answer to the end.
    pub(crate) fn post(&self, path: &str, body: Vec<u8>) -> Answer {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, &self.authorization)
            .body(Body::from(body))
            .expect("the parts of a request are well-formed");
        self.block_on(async {
            let Ok(response) = self.router.clone().call(request).await;
            let status = response.status().as_u16();
            let bytes = to_bytes(response.into_body(), usize::MAX).await;
            let text = String::from_utf8(bytes.expect("an answer never breaks").into());
            Answer { status, text: text.expect("an answer is UTF-8") }
        })
    }
}

struct NoPlugins;

#[async_trait]
impl Plugins for NoPlugins {
    async fn bind(&self, enabled: &EnabledPlugin, _: &KeyId) -> Result<Arc<dyn Plugin>, Failure> {
        let name = &enabled.name;
        Err(Failure::new(Kind::PluginUnavailable, format!("there is no plugin `{name}` here")))
    }
}
