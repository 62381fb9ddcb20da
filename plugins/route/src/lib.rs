//! Chooses the model by rules. The options stand in this folder's README.

mod alias;
mod config;
mod glob;
mod members;
mod rule;
mod split;
#[cfg(test)]
mod tests;

use std::rc::Rc;

use adit_plugin::{Plugin, PluginError, RequestContext, RouteVerdict, Summary};

pub use config::Config;
use rule::Action;

/// The router of one request.
pub struct Router {
    config: Rc<Config>,
    ctx: RequestContext,
}

impl Plugin for Router {
    type Config = Config;

    fn start(config: Rc<Config>, ctx: RequestContext) -> Self {
        Self { config, ctx }
    }

    fn on_route(&mut self, request: Summary) -> Result<RouteVerdict, PluginError> {
        let labels = &self.ctx.caller.labels;
        let mut rules = self.config.rules.iter();
        let rule = rules.find(|rule| rule.when.holds(&request, labels));
        let chosen = match rule.map(|rule| &rule.action) {
            Some(Action::Deny(failure)) => return Ok(RouteVerdict::Deny(failure.clone())),
            Some(Action::To(split)) => split.choose(&self.ctx.seed),
            None => &request.model,
        };
        let model = self.config.aliases.resolve(chosen);
        Ok(if model == request.model { RouteVerdict::Keep } else { RouteVerdict::to(model) })
    }
}

adit_plugin::register!(Router: route);
