//! Writes one record of every request. The options stand in this folder's README.

mod config;
mod record;

use std::rc::Rc;

use adit_plugin::chat::Report;
use adit_plugin::{Plugin, RequestContext};

pub use config::Config;

/// The auditor of one request.
pub struct Audit {
    config: Rc<Config>,
    context: RequestContext,
}

impl Plugin for Audit {
    type Config = Config;

    fn start(config: Rc<Config>, context: RequestContext) -> Self {
        Self { config, context }
    }

    fn on_finish(&mut self, report: Report) {
        if self.config.covers(report.outcome) {
            write(&record::of(&self.config, &self.context, &report));
        }
    }
}

#[expect(clippy::print_stdout, reason = "what a plugin writes to its output is a line in the operator's log")]
fn write(record: &str) {
    println!("{record}");
}

adit_plugin::register!(Audit: finish);
