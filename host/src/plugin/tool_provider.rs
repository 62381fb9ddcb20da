//! A plugin that offers tools.

use std::sync::Arc;

use super::component::Compiled;
use super::convert::{self, Called};
use super::imports::ClientLine;
use super::instance::Budget;
use super::session::{Initialised, Session};
use crate::error::Failure;
use crate::ids::PluginName;
use crate::pipeline::{Tool, ToolCall, ToolClient, ToolOutcome};

/// The arguments for which the time of a hook is meant; longer ones have as many times more.
const ARGUMENTS_SHARE_BYTES: usize = 1 << 20;

/// What the list of tools may be, in bytes.
const TOOLS_BYTES: usize = 1 << 20;

/// Asks a plugin for its tools.
pub(super) async fn tools(
    compiled: &Compiled,
    initialised: Initialised,
    plugin: &PluginName,
) -> Result<Arc<[Tool]>, Failure> {
    let Some(indices) = &compiled.tool_provider else { return Ok(Arc::new([])) };
    let mut instance = initialised.instance;
    let provider = instance.load(|store, component| indices.load(store, component))?;
    let budget = Budget::new(instance.allowance().init, TOOLS_BYTES);
    let tools =
        instance.call("list-tools", budget, async |store| provider.call_list_tools(store).await).await?;
    convert::offered(plugin, tools).map_err(|how| Failure::plugin(plugin, &how))
}

impl Session {
    /// Does what one of the plugin's tools does.
    pub(super) async fn answer_tool_call(
        &mut self,
        call: &ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        let Some(provider) = &self.tool_provider else {
            return Err(Failure::plugin(&self.plugin, "it offers no tools"));
        };
        let budget = self.once.for_input(bytes(call), ARGUMENTS_SHARE_BYTES);
        let (resource, called) = (self.resource, Called::of(call));
        let answers = called.answers();
        self.instance.connect(ClientLine::new(client));
        let answer = self
            .instance
            .call("call-tool", budget, async |store| {
                provider.call_call_tool(store, resource, called.call(&answers)).await
            })
            .await;
        // Whatever it says later is of no call.
        self.instance.connect(ClientLine::default());
        let outcome = answer?.map_err(|error| self.reported("call-tool", error))?;
        convert::outcome(outcome).map_err(|fault| self.broken("call-tool", &fault))
    }
}

fn bytes(call: &ToolCall) -> usize {
    let resumed = call.resumed.iter().flat_map(|resumed| &resumed.answers);
    call.arguments.as_str().len() + resumed.map(|answer| answer.body.as_str().len()).sum::<usize>()
}
