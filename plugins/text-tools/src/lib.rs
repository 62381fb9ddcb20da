//! Tools for MCP clients that look at a text: count it, split it, find things in it. Nothing leaves the plugin.

mod arguments;
mod chunk;
mod config;
mod count;
mod extract;
mod schema;

use std::rc::Rc;

use adit_plugin::tools::{Tool, ToolCall, ToolOutcome, ToolResult};
use adit_plugin::{Plugin, PluginError, RequestContext, ToolProvider};

use arguments::Refusal;
pub use config::{Name, Settings};

/// The plugin. It remembers nothing from one call to the next.
pub struct TextTools;

impl Plugin for TextTools {
    type Config = Settings;

    fn start(_: Rc<Settings>, _: RequestContext) -> Self {
        Self
    }
}

impl ToolProvider for TextTools {
    fn list_tools(settings: &Settings) -> Vec<Tool> {
        settings.tools().into_iter().map(schema::tool).collect()
    }

    fn call_tool(&mut self, call: ToolCall) -> Result<ToolOutcome, PluginError> {
        let result = match call.name.as_str() {
            "count" => call.parse().map(|arguments| ToolResult::structured(&count::run(&arguments))),
            "chunk" => call.parse().and_then(|arguments| {
                let chunked = chunk::run(&arguments).map_err(Refusal::told)?;
                Ok(ToolResult::structured(&chunked))
            }),
            "extract" => call.parse().map(|arguments| ToolResult::structured(&extract::run(&arguments))),
            // The host calls only what is listed.
            other => return Err(PluginError::new("unknown_tool", format!("there is no tool `{other}`"))),
        };
        match result {
            Ok(result) => result.map(ToolOutcome::Done),
            Err(refused) => Ok(refused),
        }
    }
}

adit_plugin::register!(TextTools: tool-provider);
