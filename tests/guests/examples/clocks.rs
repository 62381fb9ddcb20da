//! Answers with what its clocks say, in nanoseconds, as often as they change within one call.
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use adit_plugin::{NoConfig, Plugin, PluginError, PromptVerdict, RequestContext, Segment};

struct Clocks;

impl Plugin for Clocks {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    #[expect(clippy::disallowed_methods, reason = "what the guest is for")]
    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let begun = Instant::now();
        let mut seen: Vec<u128> = Vec::new();
        while seen.len() < 20 {
            for now in [begun.elapsed(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()] {
                let now = now.as_nanos();
                if !seen.contains(&now) {
                    seen.push(now);
                }
            }
        }
        let seen: Vec<_> = seen.iter().map(ToString::to_string).collect();
        Ok(PromptVerdict::Respond(seen.join(" ")))
    }
}

adit_plugin::register!(Clocks: prompt);
