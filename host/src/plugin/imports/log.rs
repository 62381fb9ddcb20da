//! `log`: lines in the operator's log, of the same budget as the plugin's output.

use super::super::bindings::adit::plugin::log::{Host, Level};
use super::super::instance::Guest;

impl Host for Guest {
    fn write(&mut self, level: Level, message: String) {
        let level = match level {
            Level::Debug => tracing::Level::DEBUG,
            Level::Info => tracing::Level::INFO,
            Level::Warn => tracing::Level::WARN,
            Level::Error => tracing::Level::ERROR,
        };
        self.log.line(level, &message);
    }
}
