//! Repeats what the prompt says where an operator reads: `{"how": "panic"}`.
use std::rc::Rc;

use adit_plugin::{Failure, Plugin, PluginError, PromptVerdict, RequestContext, Segment, log};
use serde::Deserialize;

struct Tattle(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    how: How,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum How {
    Panic,
    Log,
    Print,
    Error,
    Deny,
}

adit_plugin::json_config!(Settings);

impl Plugin for Tattle {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    #[expect(clippy::panic, clippy::print_stdout, reason = "what the guest is for")]
    fn on_prompt(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let heard = segments.first().map_or("", |segment| &segment.text);
        let heard = format!("{heard}\n2026-01-01 ERROR a forged line\u{1b}[31m\r").repeat(1000);
        match self.0.how {
            How::Panic => panic!("{heard}"),
            How::Error => Err(PluginError::new(heard.clone(), heard)),
            How::Deny => Ok(PromptVerdict::Deny(Failure::new(403, heard.clone(), heard))),
            How::Log => {
                (0..100).for_each(|_| log::error(&heard));
                Ok(PromptVerdict::Keep)
            }
            How::Print => {
                println!("{heard}");
                Ok(PromptVerdict::Keep)
            }
        }
    }
}

adit_plugin::register!(Tattle: prompt);
