//! Computes for some milliseconds in each call of a text hook: never too long, but often.
use std::rc::Rc;
use std::time::{Duration, Instant};

use adit_plugin::{Chunk, Plugin, PluginError, RequestContext, TextKinds, TextVerdict};
use serde::Deserialize;

/// `{"ms": 3}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Work {
    ms: u64,
}

adit_plugin::json_config!(Work);

struct Burn(Rc<Work>);

impl Plugin for Burn {
    type Config = Work;
    const WANTS: TextKinds = TextKinds::TEXT;

    fn start(work: Rc<Work>, _: RequestContext) -> Self {
        Self(work)
    }

    fn on_text(&mut self, _: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(self.0.ms) {
            std::hint::spin_loop();
        }
        Ok(TextVerdict::Pass)
    }
}

adit_plugin::register!(Burn: text);
