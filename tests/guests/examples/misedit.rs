//! Edits a segment that does not exist.
use std::rc::Rc;

use adit_plugin::{Edit, NoConfig, Plugin, PluginError, PromptVerdict, RequestContext, Segment};

struct Misedit;

impl Plugin for Misedit {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        Ok(PromptVerdict::Edit(vec![Edit { id: 999, text: "no such segment".to_owned() }]))
    }
}

adit_plugin::register!(Misedit: prompt);
