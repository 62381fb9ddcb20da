//! Refuses every request with the status that its config says: `{"in": "prompt", "status": 451}`.
use std::rc::Rc;

use adit_plugin::{
    Chunk, Failure, Plugin, PluginError, PromptVerdict, RequestContext, RouteVerdict, Segment, Summary,
    TextKinds, TextVerdict,
};
use guests::Call;
use serde::Deserialize;

struct Deny(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(rename = "in")]
    call: Call,
    status: u16,
}

adit_plugin::json_config!(Settings);

impl Deny {
    fn failure(&self, call: Call) -> Option<Failure> {
        (self.0.call == call).then(|| Failure::new(self.0.status, "not_today", "come back tomorrow"))
    }
}

impl Plugin for Deny {
    type Config = Settings;
    const WANTS: TextKinds = TextKinds::TEXT;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_route(&mut self, _: Summary) -> Result<RouteVerdict, PluginError> {
        Ok(self.failure(Call::Route).map_or(RouteVerdict::Keep, RouteVerdict::Deny))
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        Ok(self.failure(Call::Prompt).map_or(PromptVerdict::Keep, PromptVerdict::Deny))
    }

    fn on_text(&mut self, _: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        Ok(self.failure(Call::Text).map_or(TextVerdict::Pass, TextVerdict::Stop))
    }
}

adit_plugin::register!(Deny: route, prompt, text);
