use std::sync::Arc;

use super::Hook;
use super::hook::{Context, Plugin, Session, TextWish};
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
}

impl Chain {
    /// A chain of plugins, none started.
    pub fn new(context: Context, plugins: Vec<Arc<dyn Plugin>>) -> Self {
        let links = plugins.into_iter().map(|plugin| Link { plugin, session: None }).collect();
        Self { context, links }
    }

    /// Whose request it is.
    pub(super) fn key(&self) -> &KeyId {
        &self.context.key
    }

    /// The plugins that would see the answer, in the order in which they would.
    pub(super) fn text_plugins(&self) -> Vec<PluginName> {
        let seeing = self.links.iter().rev().filter(|link| link.plugin.hooks().has(Hook::Text));
        seeing.map(|link| link.plugin.name().clone()).collect()
    }

    /// The plugins that have a hook, in order, with what they are told at their start.
    pub(super) fn with_hook(&mut self, hook: Hook) -> impl Iterator<Item = (&Context, &mut Link)> {
        let context = &self.context;
        self.links
            .iter_mut()
            .filter(move |link| link.plugin.hooks().has(hook))
            .map(move |link| (context, link))
    }

    /// Ends the plugins that have nothing to do with the answer: the model may take minutes.
    pub(super) fn keep_text_plugins(&mut self) {
        self.links.retain(|link| link.plugin.hooks().has(Hook::Text));
    }

    /// Starts the plugins that are left, and gives those back that want any text, the last plugin
    /// first.
    pub(super) async fn into_text_sessions(
        self,
    ) -> Result<Vec<(PluginName, TextWish, Box<dyn Session>)>, Failure> {
        let mut sessions = Vec::new();
        for mut link in self.links.into_iter().rev() {
            let wish = link.session(&self.context).await?.text_wish();
            if let Some(session) = link.session.filter(|_| wish.any()) {
                sessions.push((link.plugin.name().clone(), wish, session));
            }
        }
        Ok(sessions)
    }
}

impl Link {
    /// The plugin's name.
    pub(super) fn name(&self) -> &PluginName {
        self.plugin.name()
    }

    /// The plugin's session, started now if it was not before.
    pub(super) async fn session(&mut self, context: &Context) -> Result<&mut Box<dyn Session>, Failure> {
        let session = match self.session.take() {
            Some(session) => session,
            None => self.plugin.start(context).await?,
        };
        Ok(self.session.insert(session))
    }
}
