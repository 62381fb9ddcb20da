//! Answers with everything that its instance was ever shown. Panics when it is told to.
use std::cell::RefCell;
use std::rc::Rc;

use adit_plugin::{NoConfig, Plugin, PluginError, PromptVerdict, RequestContext, Segment};

thread_local! {
    static SHOWN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Remember;

impl Plugin for Remember {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        SHOWN.with_borrow_mut(|shown| {
            shown.extend(segments.into_iter().map(|segment| segment.text));
            assert!(shown.last().is_none_or(|text| text != "panic"), "this plugin does what it is told");
            Ok(PromptVerdict::Respond(shown.join(" | ")))
        })
    }
}

adit_plugin::register!(Remember: prompt);
