use std::sync::Arc;

use futures::future::join_all;

use super::attempt::Watched;
use super::client_format::Speaker;
use super::finish::Work;
use super::hook::{Context, End, Plugin, Plugins};
use super::link::{Link, Skipped};
use super::model_format::{Encoded, Spoken};
use super::tool::{Tool, ToolCall, ToolClient, ToolOutcome};
use super::{Estimate, Hook, Terms};
use crate::capability::{Bare, bare};
use crate::chat::{Delivery, Request, Usage};
use crate::enabled::EnabledPlugin;
use crate::error::{Failure, Kind};
use crate::health::Health;
use crate::ids::{KeyId, PluginName};
use crate::telemetry::Observation;

/// The plugins of one request, in the operator's order.
///
/// A plugin is started when its first hook is due, so one that has nothing to do costs nothing. One
/// that fails, and whose failures the operator has left open, is skipped for the rest of the
/// request.
pub struct Chain {
    context: Context,
    links: Vec<Link>,
    observation: Observation,
}

impl Chain {
    /// The plugins that are switched on, none started. Fails when one is not to be had, and is not
    /// to be skipped then; those that are skipped, now or later, are added to `skipped`. What each of them
    /// does is told to `observation`.
    pub async fn bind(
        plugins: &dyn Plugins,
        enabled: &[EnabledPlugin],
        context: Context,
        health: &Health,
        skipped: &Skipped,
        observation: &Observation,
    ) -> Result<Self, Failure> {
        let links = links(plugins, enabled, &context, health, skipped, observation).await;
        let links = links.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        Ok(Self { context, links, observation: observation.clone() })
    }

    /// As [`Chain::bind`], without the plugins that are not to be had: nothing but tools is asked of this chain, and
    /// what one plugin offers does not wait for another.
    pub async fn bind_for_tools(
        plugins: &dyn Plugins,
        enabled: &[EnabledPlugin],
        context: Context,
        health: &Health,
        skipped: &Skipped,
        observation: &Observation,
    ) -> Self {
        let links = links(plugins, enabled, &context, health, skipped, observation).await;
        let at_hand = links.into_iter().zip(enabled).filter_map(|(link, EnabledPlugin { name, .. })| {
            link.unwrap_or_else(|failure| {
                tracing::warn!(plugin = %name, reason = failure.reason(), "its tools are not offered now");
                None
            })
        });
        let links = at_hand.collect();
        Self { context, links, observation: observation.clone() }
    }

    /// A chain of plugins that are at hand, each on the usual terms.
    pub fn new(context: Context, plugins: Vec<Arc<dyn Plugin>>) -> Self {
        let (health, skipped) = (Health::default(), Skipped::default());
        let links = plugins.into_iter().map(|plugin| {
            let enabled = EnabledPlugin::new(plugin.name().clone(), "{}");
            let record = health.record(plugin.name(), None);
            Link::new(&enabled, &context, record, skipped.clone(), Watched::default()).bound(plugin)
        });
        Self { links: links.collect(), context, observation: Observation::default() }
    }

    /// The first plugin that answers such requests in a wire format of its own, by its place.
    pub async fn find_speaker(&mut self, method: &str, path: &str) -> Result<Option<usize>, Failure> {
        for (place, link) in self.links.iter_mut().enumerate() {
            let routes = link.routes().await?;
            if routes.iter().any(|route| route.method == method && route.path == path) {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// Starts the plugin at a place as the one that speaks the client's format: its other hooks run in
    /// the same session.
    pub async fn start_speaker(&mut self, place: usize) -> Result<Speaker, Failure> {
        let Some(link) = self.links.get_mut(place) else {
            return Err(Failure::new(Kind::Internal, "internal error"));
        };
        self.context.client_format = link.name().to_string().into();
        link.speak(&self.context).await
    }

    /// How the client wants the answer, now that its request was read.
    pub fn deliver(&mut self, delivery: Delivery) {
        self.context.delivery = delivery;
    }

    /// What is told of the request.
    pub(super) fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Whose request it is.
    pub(super) fn key(&self) -> &KeyId {
        &self.context.key
    }

    /// The plugins that would see the answer, in the order in which they would.
    pub(super) fn answer_plugins(&self) -> Vec<PluginName> {
        let seeing = |hook| self.links.iter().rev().filter(move |link| link.has(hook));
        let mut names: Vec<PluginName> = Vec::new();
        for link in seeing(Hook::Event).chain(seeing(Hook::Text)) {
            if !names.contains(link.name()) {
                names.push(link.name().clone());
            }
        }
        names
    }

    /// Whether any plugin has one of these hooks.
    pub(super) fn has_any(&self, hooks: &[Hook]) -> bool {
        self.links.iter().any(|link| hooks.iter().any(|hook| link.has(*hook)))
    }

    /// The plugins that have a hook, in order, with what they are told at their start.
    pub(super) fn with_hook(&mut self, hook: Hook) -> impl Iterator<Item = (&Context, &mut Link)> {
        let context = &self.context;
        self.links.iter_mut().filter(move |link| link.has(hook)).map(move |link| (context, link))
    }

    /// The first plugin that knows the format of the request's model, begun, and what it makes of the
    /// request; none if there is none.
    pub(super) async fn model_format(
        &mut self,
        request: &Request,
    ) -> Result<Option<(Spoken, Encoded)>, Failure> {
        let model = request.model.as_str();
        let (Bare::Id(bare) | Bare::Opaque(bare)) = bare(model);
        for link in self.links.iter_mut().filter(|link| link.has(Hook::ModelFormat)) {
            let models = link.models().await?;
            if models.iter().any(|pattern| pattern.matches(model) || pattern.matches(bare))
                && let Some(spoken) = link.model_format(&self.context, request).await?
            {
                return Ok(Some(spoken));
            }
        }
        Ok(None)
    }

    /// The tools that plugins offer, in the plugins' order, each with its plugin's name. Those of a plugin that
    /// fails are missing.
    pub async fn tools(&mut self) -> Result<Vec<(PluginName, Tool)>, Failure> {
        let mut all = Vec::new();
        for (_, link) in self.with_hook(Hook::ToolProvider) {
            let tools = link.tools().await?;
            all.extend(tools.iter().map(|tool| (link.name().clone(), tool.clone())));
        }
        Ok(all)
    }

    /// Calls a tool of a plugin, as a request of the key: limits on requests count it, and it costs nothing. Usage
    /// has it under the plugin's name.
    pub async fn serve_tool(
        mut self,
        plugin: &PluginName,
        call: ToolCall,
        client: Arc<dyn ToolClient>,
        terms: &Terms,
    ) -> Result<ToolOutcome, Failure> {
        let mut tools = self.take();
        // No plugin is left in it: the end of a call is no news for finish hooks, which hear of models.
        let mut work = Work::new(self, plugin.as_str(), terms.deadline);
        let nothing = Estimate { max_output_tokens: Some(0), ..Estimate::default() };
        work.reserve(terms, plugin.as_str(), nothing).await?;
        work.cost(Usage::default());
        let outcome = tools.call_tool(plugin, call, client).await;
        let end = outcome.as_ref().map_or_else(|failure| End::Failed(failure.clone()), |_| End::Complete);
        work.finish(end).await;
        outcome
    }

    /// Calls a tool of a plugin. A failure of the plugin is the call's, whatever its failure policy; a tool
    /// that does not exist is an invalid request.
    pub async fn call_tool(
        &mut self,
        plugin: &PluginName,
        call: ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        let name = call.name.as_str();
        let unknown = || Failure::invalid("name", format!("the plugin `{plugin}` offers no tool `{name}`"));
        let mut offering = self.with_hook(Hook::ToolProvider);
        let (context, link) = offering.find(|(_, link)| link.name() == plugin).ok_or_else(unknown)?;
        let tools = link.tools().await?;
        let tool = tools.iter().find(|tool| tool.name == name).ok_or_else(unknown)?;
        link.call_tool(context, tool, &call, client).await
    }

    /// Ends the plugins that have nothing to do with what follows: the model may take minutes.
    pub(super) fn keep(&mut self, hooks: &[Hook]) {
        self.links.retain(|link| hooks.iter().any(|hook| link.has(*hook)));
    }

    /// The places of the plugins that have a hook, the last plugin first.
    pub(super) fn places(&self, hook: Hook) -> Vec<usize> {
        let places = self.links.iter().enumerate().rev().filter(|(_, link)| link.has(hook));
        places.map(|(place, _)| place).collect()
    }

    /// The plugin at a place, with what it is told at its start.
    pub(super) fn at(&mut self, place: usize) -> Option<(&Context, &mut Link)> {
        Some((&self.context, self.links.get_mut(place)?))
    }

    /// What is left of the chain; nothing is left here.
    pub(super) fn take(&mut self) -> Self {
        Self {
            context: self.context.clone(),
            links: std::mem::take(&mut self.links),
            observation: self.observation.clone(),
        }
    }
}

/// All at once: each may have to be fetched.
async fn links(
    plugins: &dyn Plugins,
    enabled: &[EnabledPlugin],
    context: &Context,
    health: &Health,
    skipped: &Skipped,
    observation: &Observation,
) -> Vec<Result<Option<Link>, Failure>> {
    let links = enabled.iter().enumerate().map(|(place, enabled)| {
        let record = health.record(&enabled.name, enabled.release.as_ref());
        let watched = Watched { observation: observation.clone(), place };
        let link = Link::new(enabled, context, record, skipped.clone(), watched);
        link.bind(plugins.bind(enabled, &context.key))
    });
    join_all(links).await
}
