//! Answers in the model's place.
use std::rc::Rc;

use adit_plugin::{NoConfig, Plugin, PluginError, PromptVerdict, RequestContext, Segment};

struct Respond;

impl Plugin for Respond {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        Ok(PromptVerdict::Respond("No model was asked.".to_owned()))
    }
}

adit_plugin::register!(Respond: prompt);
