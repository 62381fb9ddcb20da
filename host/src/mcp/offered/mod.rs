//! Tools that plugins offer.

mod call;
mod headers;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmcp::model::{
    CallToolResult, ContentBlock, JsonObject, LoggingLevel, Resource, ResourceContents, Tool as Listed,
    ToolAnnotations,
};
use serde_json::Value;
use tokio::sync::mpsc;

pub(super) use call::{Caller, call};

use super::client::Client;
use crate::chat::Json;
use crate::ids::PluginName;
use crate::pipeline::{LogLevel, ResourceBody, Tool, ToolClient, ToolContent, ToolHints, ToolResult};

/// The longest name of a tool that all clients take.
const LONGEST_NAME: usize = 64;

/// How much of what a tool says waits for a slow client. The rest is not told.
const WAITING: usize = 64;

/// What clients call a tool of a plugin: no plugin has an underscore in its name.
pub(super) fn full_name(plugin: &PluginName, tool: &str) -> String {
    format!("{plugin}_{tool}")
}

/// The plugin and the tool that clients call so.
pub(super) fn divided(name: &str) -> Option<(PluginName, &str)> {
    let (plugin, tool) = name.split_once('_')?;
    Some((PluginName::parse(plugin).ok()?, tool))
}

/// A tool as a client is told of it; none if no client could call it.
pub(super) fn listed(plugin: &PluginName, tool: &Tool) -> Option<Listed> {
    let name = full_name(plugin, &tool.name);
    if name.len() > LONGEST_NAME {
        tracing::warn!(tool = name, "a tool of a plugin is not listed: its name is too long");
        return None;
    }
    let mut listed = Listed::new(name, tool.description.clone(), object(&tool.input_schema)?);
    listed.title.clone_from(&tool.title);
    listed.output_schema = tool.output_schema.as_ref().and_then(object).map(Arc::new);
    let ToolHints { read_only, destructive, idempotent, open_world } = tool.hints;
    if tool.hints != ToolHints::default() {
        let hints = ToolAnnotations::from_raw(None, read_only, destructive, idempotent, open_world);
        listed.annotations = Some(hints);
    }
    Some(listed)
}

fn object(json: &Json) -> Option<JsonObject> {
    serde_json::from_str(json.as_str()).ok()
}

/// What a tool answers, as a client is told.
pub(super) fn result(result: ToolResult) -> CallToolResult {
    let ToolResult { content, structured, is_error } = result;
    let content: Vec<ContentBlock> = content.into_iter().map(block).collect();
    let mut result = if is_error { CallToolResult::error(content) } else { CallToolResult::success(content) };
    result.structured_content = structured.and_then(|json| serde_json::from_str(json.as_str()).ok());
    if let (true, Some(structured)) = (result.content.is_empty(), &result.structured_content) {
        // For clients that read no structured content.
        result.content.push(ContentBlock::text(structured.to_string()));
    }
    result
}

fn block(content: ToolContent) -> ContentBlock {
    match content {
        ToolContent::Text(text) => ContentBlock::text(text),
        ToolContent::Image { mime, data } => ContentBlock::image(STANDARD.encode(data), mime),
        ToolContent::Audio { mime, data } => ContentBlock::audio(STANDARD.encode(data), mime),
        ToolContent::Resource { uri, mime, body } => {
            let contents = match body {
                ResourceBody::Text(text) => ResourceContents::text(text, uri),
                ResourceBody::Bytes(bytes) => ResourceContents::blob(STANDARD.encode(bytes), uri),
            };
            ContentBlock::resource(match mime {
                Some(mime) => contents.with_mime_type(mime),
                None => contents,
            })
        }
        ToolContent::ResourceLink { uri, name, mime, description } => {
            let mut resource = Resource::new(uri, name);
            (resource.mime_type, resource.description) = (mime, description);
            ContentBlock::resource_link(resource)
        }
    }
}

/// What a tool says while it is called.
pub(super) enum Said {
    Progress { done: f64, total: Option<f64>, message: Option<String> },
    Logged { level: LoggingLevel, data: Value },
}

/// Hands on what a tool says, and drops what is too much.
pub(super) struct Voice(mpsc::Sender<Said>);

impl Voice {
    pub(super) fn new() -> (Arc<Self>, mpsc::Receiver<Said>) {
        let (sender, said) = mpsc::channel(WAITING);
        (Arc::new(Self(sender)), said)
    }
}

impl ToolClient for Voice {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        let message = message.map(ToOwned::to_owned);
        let _ = self.0.try_send(Said::Progress { done, total, message });
    }

    fn log(&self, level: LogLevel, data: &Json) {
        let level = match level {
            LogLevel::Debug => LoggingLevel::Debug,
            LogLevel::Info => LoggingLevel::Info,
            LogLevel::Notice => LoggingLevel::Notice,
            LogLevel::Warning => LoggingLevel::Warning,
            LogLevel::Error => LoggingLevel::Error,
            LogLevel::Critical => LoggingLevel::Critical,
            LogLevel::Alert => LoggingLevel::Alert,
            LogLevel::Emergency => LoggingLevel::Emergency,
        };
        if let Ok(data) = serde_json::from_str(data.as_str()) {
            let _ = self.0.try_send(Said::Logged { level, data });
        }
    }
}

impl Said {
    /// Tells the client.
    pub(super) async fn tell(self, client: &Client, plugin: &PluginName) {
        match self {
            Self::Progress { done, total, message } => client.progress(done, total, message.as_deref()).await,
            Self::Logged { level, data } => client.log(level, plugin.as_str(), data).await,
        }
    }
}
