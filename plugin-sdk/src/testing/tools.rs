//! Drives a plugin that offers tools.

use super::Session;
use crate::tools::{Abilities, Tool, ToolCall, ToolOutcome, ToolResult};
use crate::{Config, ConfigError, PluginError, ToolProvider};

/// The tools that a plugin offers with a config.
pub fn tools<P: ToolProvider>(config: &str) -> Result<Vec<Tool>, Vec<ConfigError>> {
    Ok(P::list_tools(&P::Config::parse(config)?))
}

/// The first call of a tool, by a client that can be asked for nothing.
pub fn tool_call(name: &str, arguments: &str) -> ToolCall {
    ToolCall {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        abilities: Abilities::empty(),
        resumed: None,
    }
}

impl<P: ToolProvider> Session<P> {
    /// Calls a tool with arguments in JSON.
    ///
    /// # Panics
    /// When the plugin answers with an error of its own, or needs input.
    pub fn call_tool(&mut self, name: &str, arguments: &str) -> ToolResult {
        match self.call(tool_call(name, arguments)) {
            Ok(ToolOutcome::Done(result)) => result,
            Ok(ToolOutcome::NeedsInput(needed)) => panic!("the tool needs input: {needed:?}"),
            Err(error) => panic!("the plugin failed: {error:?}"),
        }
    }

    /// Calls a tool; [`tool_call`] makes a plain call.
    pub fn call(&mut self, call: ToolCall) -> Result<ToolOutcome, PluginError> {
        self.plugin.call_tool(call)
    }
}
