//! `metrics`: numbers that the operator sees.

use super::super::bindings::adit::plugin::metrics::Host;
use super::super::instance::Guest;
use crate::health::NotKept;

impl Host for Guest {
    fn add(&mut self, name: String, value: u64) {
        let kept = self.imports.recorder.add(&name, value);
        self.note(&name, kept);
    }

    fn observe(&mut self, name: String, value: f64) {
        let kept = self.imports.recorder.observe(&name, value);
        self.note(&name, kept);
    }
}

impl Guest {
    /// The function has no answer, so the author learns it from the log.
    fn note(&self, name: &str, kept: Result<(), NotKept>) {
        if let Err(reason) = kept {
            self.log.line(tracing::Level::WARN, &format!("the metric `{name}` is not kept: {reason}"));
        }
    }
}
