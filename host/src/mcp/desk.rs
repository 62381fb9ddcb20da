use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::capability::Capabilities;
use crate::chat::{EmbeddingRequest, ImageRequest, Request};
use crate::error::Failure;
use crate::ids::{KeyId, PluginName};
use crate::pipeline::{Drawn, Embedded, Served, TokenCount, Tool, ToolCall, ToolClient, ToolOutcome};

/// What a tool asks Adit for, on behalf of the caller of one request: as the caller's key, on its terms, at its cost.
/// A failure was logged before it comes back.
#[async_trait]
pub trait Desk: Send + Sync {
    /// Takes a request through the key's plugins to the model. Whoever drops the events ends the call.
    async fn chat(&self, request: Request) -> Result<Served, Failure>;

    /// Turns texts into vectors.
    async fn embed(&self, request: EmbeddingRequest) -> Result<Embedded, Failure>;

    /// Counts the tokens of a request's prompt, behind the key's plugins.
    async fn count(&self, request: Request) -> Result<TokenCount, Failure>;

    /// Makes images.
    async fn draw(&self, request: ImageRequest) -> Result<Drawn, Failure>;

    /// The models that the key may ask for, sorted by id.
    async fn models(&self) -> Result<Vec<ModelCard>, Failure>;

    /// What the key has used between two days (`YYYY-MM-DD`), and what is left of its limits: a JSON object.
    async fn usage(&self, since: Option<&str>, until: Option<&str>) -> Result<serde_json::Value, Failure>;

    /// The tools of the key's plugins, in the plugins' order.
    async fn tools(&self) -> Result<Vec<(PluginName, Tool)>, Failure>;

    /// Why a plugin of the key's, if it is one, is not to be had.
    async fn available(&self, plugin: &PluginName) -> Result<(), Failure>;

    /// Calls one of them.
    async fn call_tool(
        &self,
        plugin: &PluginName,
        call: ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure>;

    /// Whose desk it is.
    fn key(&self) -> &KeyId;

    /// Tells the operator what is asked for: a method of the protocol, and a tool that there is.
    fn asked(&self, method: &'static str, tool: Option<&str>);

    /// Tells the operator of a failure behind the first word of an answer.
    fn failed(&self, failure: &Failure);

    /// How long the answer may still take; none without an end to it.
    fn time_left(&self) -> Option<Duration>;
}

/// A model that a key may ask for.
#[derive(Debug, Clone)]
pub struct ModelCard {
    /// The name to ask for: an id, or a name that the operator gave.
    pub id: String,
    /// Who made the model, or the operator, who named it.
    pub owner: String,
    /// The id or ARN behind the name.
    pub model: String,
    /// What it can do.
    pub capabilities: Arc<Capabilities>,
}

/// The [`Desk`] of a request, in its extensions.
#[derive(Clone)]
pub(super) struct Guest(pub(super) Arc<dyn Desk>);
