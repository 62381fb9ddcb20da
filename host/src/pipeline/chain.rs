use std::sync::Arc;

use super::Hook;
use super::client_format::Speaker;
use super::hook::{Context, Plugin, Session};
use super::model_format::Spoken;
use crate::capability::{Bare, bare};
use crate::error::Failure;
use crate::ids::{KeyId, PluginName};

/// The plugins of one request, in the operator's order.
///
/// A plugin is started when its first hook is due, so one that has nothing to do costs nothing.
pub struct Chain {
    context: Context,
    links: Vec<Link>,
}

/// A plugin in a chain.
pub(super) struct Link {
    plugin: Arc<dyn Plugin>,
    session: Option<Box<dyn Session>>,
    /// Whether a call has begun and not come back.
    is_called: bool,
}

impl Chain {
    /// A chain of plugins, none started.
    pub fn new(context: Context, plugins: Vec<Arc<dyn Plugin>>) -> Self {
        let links =
            plugins.into_iter().map(|plugin| Link { plugin, session: None, is_called: false }).collect();
        Self { context, links }
    }

    /// With the plugin at this place started: it has read the request, and speaks for it.
    #[must_use]
    pub fn spoken_by(mut self, place: usize, speaker: &Speaker) -> Self {
        if let Some(link) = self.links.get_mut(place) {
            link.session = Some(Box::new(speaker.clone()));
        }
        self
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
        self.links
            .iter_mut()
            .filter(move |link| link.plugin.hooks().has(hook))
            .map(move |link| (context, link))
    }

    /// The first plugin that knows the format of a model, begun; none if there is none.
    pub(super) async fn model_format(&mut self, model: &str) -> Result<Option<Spoken>, Failure> {
        let (Bare::Id(bare) | Bare::Opaque(bare)) = bare(model);
        for Link { plugin, .. } in &mut self.links {
            if !plugin.hooks().has(Hook::ModelFormat) {
                continue;
            }
            let models = plugin.models().await?;
            if models.iter().any(|pattern| pattern.matches(model) || pattern.matches(bare)) {
                let format = plugin.model_format(&self.context).await?;
                return Ok(Some(Spoken { plugin: plugin.name().clone(), format }));
            }
        }
        Ok(None)
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
        Self { context: self.context.clone(), links: std::mem::take(&mut self.links) }
    }
}

impl Link {
    /// The plugin's name.
    pub(super) fn name(&self) -> &PluginName {
        self.plugin.name()
    }

    /// Whether the plugin has the hook.
    pub(super) fn has(&self, hook: Hook) -> bool {
        self.plugin.hooks().has(hook)
    }

    /// The plugin's session for one call, started now if it was not before. One that was left in the
    /// middle of a call, as when the client goes away, cannot be called again: another takes its place.
    pub(super) async fn session(&mut self, context: &Context) -> Result<&mut Box<dyn Session>, Failure> {
        let session = match self.session.take() {
            Some(session) if !self.is_called => session,
            _ => self.plugin.start(context).await?,
        };
        self.is_called = true;
        Ok(self.session.insert(session))
    }

    /// Gives the session's memory back.
    pub(super) fn end(&mut self) {
        self.session = None;
    }

    /// What the call has answered. A session that failed is not called again.
    pub(super) fn answered<T>(&mut self, answer: Result<T, Failure>) -> Result<T, Failure> {
        self.is_called = answer.is_err();
        answer
    }
}
