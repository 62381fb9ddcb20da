use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::chat::{Delivery, EmbeddingRequest, ImageRequest, Request};
use crate::enabled::EnabledPlugin;
use crate::error::{Failure, Kind};
use crate::http::answer::Noted;
use crate::http::caller::Caller;
use crate::http::generation::{self, Outcome};
use crate::http::terms::{self, Wish};
use crate::http::{App, embeddings, failure, models, remote, usage};
use crate::ids::{KeyId, PluginName};
use crate::mcp::{Desk, ModelCard};
use crate::pipeline::{
    Chain, Deadline, Drawn, Embedded, Served, Terms, TokenCount, Tool, ToolCall, ToolClient, ToolOutcome,
};
use crate::store::StoredKey;
use crate::telemetry::Operation;

/// What the plugins are told the client speaks.
const FORMAT: &str = "mcp";

/// Does what the tools of one request ask for, as any other request of the key would have it done.
pub(super) struct Clerk {
    pub(super) app: App,
    pub(super) key: Arc<StoredKey>,
    pub(super) caller: Caller,
    pub(super) noted: Noted,
    pub(super) deadline: Deadline,
    /// Whether the call of a tool was booked already: a tool that asks back is called again in the same request.
    pub(super) is_booked: AtomicBool,
}

impl Clerk {
    fn logged<T>(&self, result: Result<T, Failure>) -> Result<T, Failure> {
        result.inspect_err(|failure| self.failed(failure))
    }

    async fn chain(&self) -> Result<Chain, Failure> {
        let Self { app, key, caller, noted, deadline, .. } = self;
        generation::chain(app, key, &caller.id, noted, FORMAT, Delivery::Whole, *deadline).await
    }

    /// Those of the key's plugins that offer tools, as far as they are to be had.
    async fn tool_chain(&self) -> Chain {
        let Self { app, key, caller, noted, deadline, .. } = self;
        let context = generation::context(&key.key, &caller.id, FORMAT, Delivery::Whole, *deadline);
        let Noted { skipped, observation, .. } = noted;
        let enabled = &key.terms.plugins;
        Chain::bind_for_tools(&*app.plugins, enabled, context, &app.health, skipped, observation).await
    }

    /// One of the key's plugins, or why it is not to be had.
    async fn chain_of(&self, enabled: &EnabledPlugin) -> Result<Chain, Failure> {
        let Self { app, key, caller, noted, deadline, .. } = self;
        let context = generation::context(&key.key, &caller.id, FORMAT, Delivery::Whole, *deadline);
        let Noted { skipped, observation, .. } = noted;
        let enabled = std::slice::from_ref(enabled);
        Chain::bind(&*app.plugins, enabled, context, &app.health, skipped, observation).await
    }

    fn enabled(&self, plugin: &PluginName) -> Option<&EnabledPlugin> {
        self.key.terms.plugins.iter().find(|enabled| enabled.name == *plugin)
    }

    async fn called(
        &self,
        plugin: &PluginName,
        call: ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        let Some(enabled) = self.enabled(plugin) else {
            return Err(Failure::invalid("name", format!("your API key has no plugin `{plugin}`")));
        };
        let mut chain = self.chain_of(enabled).await?;
        if self.is_booked.swap(true, Ordering::Relaxed) {
            return chain.call_tool(plugin, call, client).await;
        }
        chain.serve_tool(plugin, call, client, &self.terms()?).await
    }

    /// On which terms the key is served.
    fn terms(&self) -> Result<Terms, Failure> {
        let Self { app, key, caller, noted, deadline, .. } = self;
        let mut terms = terms::of(&key.terms, &caller.headers, Vec::new(), *deadline)?;
        terms.tags = terms::tags(key);
        terms.payer = Some(terms::payer(app, &caller.id, key, noted.rates.clone()));
        Ok(terms)
    }

    async fn counted(&self, mut request: Request) -> Result<TokenCount, Failure> {
        self.caller.observation.asked(Operation::ExecuteTool, &request.model, Delivery::Whole);
        let (terms, chain) = (self.terms()?, self.chain().await?);
        terms::apply(&self.key.terms, &mut request);
        remote::fetch(&self.app, &mut request, self.deadline).await?;
        self.app.pipeline.count(request, chain, terms).await
    }

    async fn drawn(&self, request: ImageRequest) -> Result<Drawn, Failure> {
        self.caller.observation.asked(Operation::GenerateContent, &request.model, Delivery::Whole);
        if self.key.terms.guardrail.is_some() {
            // As for embeddings: a policy is never left out silently.
            let message =
                "your API key has a guardrail, which cannot check images that are made; ask the operator";
            return Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model"));
        }
        let (terms, chain) = (self.terms()?, self.chain().await?);
        self.app.images.run(request, chain, terms).await
    }

    async fn generate(&self, request: Request) -> Result<Served, Failure> {
        let Self { app, key, caller, noted, deadline, .. } = self;
        let delivery = request.delivery;
        caller.observation.asked(Operation::Chat, &request.model, delivery);
        let chain = generation::chain(app, key, &caller.id, noted, FORMAT, delivery, *deadline).await?;
        let wanted = generation::Wanted {
            request,
            dropped: Vec::new(),
            wish: Wish::Answer,
            deadline: *deadline,
            rates: noted.rates.clone(),
            cache: noted.cache.clone(),
        };
        match generation::run(app, &caller.id, key, &caller.headers, chain, wanted).await? {
            Outcome::Served(served) => Ok(*served),
            // Nobody has asked for one.
            Outcome::Explained(_) => Err(Failure::new(Kind::Internal, "internal error")),
        }
    }
}

#[async_trait]
impl Desk for Clerk {
    async fn chat(&self, request: Request) -> Result<Served, Failure> {
        self.logged(self.generate(request).await)
    }

    async fn embed(&self, request: EmbeddingRequest) -> Result<Embedded, Failure> {
        let wanted =
            embeddings::Wanted { request, dropped: Vec::new(), format: FORMAT, deadline: self.deadline };
        self.logged(embeddings::run(&self.app, &self.noted, &self.caller, &self.key, wanted).await)
    }

    async fn count(&self, request: Request) -> Result<TokenCount, Failure> {
        self.logged(self.counted(request).await)
    }

    async fn draw(&self, request: ImageRequest) -> Result<Drawn, Failure> {
        self.logged(self.drawn(request).await)
    }

    async fn models(&self) -> Result<Vec<ModelCard>, Failure> {
        let allowed = self.logged(models::all_allowed(&self.app, &self.key).await)?;
        let card = |model: crate::pipeline::Model| {
            let own = self.key.terms.aliases.get(&model.id);
            let name = own.unwrap_or(&model.id);
            let resolved = self.app.models.resolve_alias(name).to_owned();
            let capabilities = self.app.models.capabilities(&resolved);
            ModelCard { id: model.id, owner: model.owner, model: resolved, capabilities }
        };
        Ok(allowed.into_iter().map(card).collect())
    }

    async fn usage(&self, since: Option<&str>, until: Option<&str>) -> Result<serde_json::Value, Failure> {
        self.logged(usage::report(&self.app, &self.key, since, until).await)
    }

    async fn tools(&self) -> Result<Vec<(PluginName, Tool)>, Failure> {
        // Nobody waits for plugins that are not there.
        if self.key.terms.plugins.is_empty() {
            return Ok(Vec::new());
        }
        self.logged(self.tool_chain().await.tools().await)
    }

    async fn available(&self, plugin: &PluginName) -> Result<(), Failure> {
        let Some(enabled) = self.enabled(plugin) else { return Ok(()) };
        self.logged(self.chain_of(enabled).await.map(drop))
    }

    async fn call_tool(
        &self,
        plugin: &PluginName,
        call: ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        self.logged(self.called(plugin, call, client).await)
    }

    fn key(&self) -> &KeyId {
        &self.key.key.id
    }

    fn asked(&self, method: &'static str, tool: Option<&str>) {
        self.caller.observation.mcp(method, tool);
    }

    fn failed(&self, failure: &Failure) {
        failure::log(&self.caller.id, &self.caller.observation, failure);
    }

    fn time_left(&self) -> Option<Duration> {
        self.deadline.left()
    }
}
