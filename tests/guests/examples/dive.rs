//! Calls itself so often as its config says, and asks the host for something at the bottom:
//! `{"depth": 1000, "ask": "log"}`.
use std::rc::Rc;

use adit_plugin::http::{self, Request};
use adit_plugin::{Plugin, PluginError, PromptVerdict, RequestContext, Segment, kv, log};
use serde::Deserialize;

struct Dive(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    depth: u64,
    ask: Ask,
    #[serde(default)]
    url: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Ask {
    Nothing,
    Log,
    Output,
    Values,
    Http,
}

adit_plugin::json_config!(Settings);

impl Settings {
    fn ask(&self) -> u64 {
        match self.ask {
            Ask::Nothing => {}
            Ask::Log => log::info("from the bottom"),
            Ask::Output => report(),
            Ask::Values => drop(kv::increment("dives", 1, 0)),
            Ask::Http => drop(http::send(&Request::get(self.url.as_str()))),
        }
        1
    }

    /// Nothing of a call can be thrown away before the next one has come back.
    #[inline(never)]
    fn dive(&self, depth: u64, mark: u64) -> u64 {
        if depth == 0 {
            return self.ask().wrapping_add(mark);
        }
        let below = self.dive(depth - 1, mark.rotate_left(7) ^ depth);
        below.rotate_left(if below > mark { 7 } else { 11 }) ^ mark
    }
}

#[expect(clippy::print_stdout, reason = "what the guest is for")]
fn report() {
    println!("from the bottom");
}

impl Plugin for Dive {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        // The depth is in the prompt where a test looks for the deepest one.
        let asked = segments.first().and_then(|segment| segment.text.parse().ok());
        let mark = self.0.dive(asked.unwrap_or(self.0.depth), 1);
        std::hint::black_box(mark);
        Ok(PromptVerdict::Respond("up again".to_owned()))
    }
}

adit_plugin::register!(Dive: prompt);
