//! Writes lines of every level, odd ones and too many, and counts.
use std::rc::Rc;

use adit_plugin::{NoConfig, Plugin, PluginError, RequestContext, RouteVerdict, Summary, log, metrics};

struct Lines;

impl Plugin for Lines {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_route(&mut self, _: Summary) -> Result<RouteVerdict, PluginError> {
        log::debug("a line for debugging");
        log::info("a line\nthat breaks\u{1b}[31m");
        log::warn("a warning");
        log::error("x".repeat(5000));
        metrics::add("requests", 1);
        metrics::observe("wait.ms", 1.5);
        metrics::add("No Name", 1);
        for number in 0..100 {
            log::info(format!("line number {number}"));
        }
        Ok(RouteVerdict::Keep)
    }
}

adit_plugin::register!(Lines: route);
