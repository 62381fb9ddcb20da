//! Never consumes anything, and wants as much held for it as there is.
use std::rc::Rc;

use adit_plugin::{Chunk, NoConfig, Outcome, Plugin, PluginError, RequestContext, TextKinds};

struct Linger;

impl Plugin for Linger {
    type Config = NoConfig;
    const WANTS: TextKinds = TextKinds::all();
    const WINDOW: u32 = u32::MAX;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_chunk(&mut self, _: Chunk) -> Result<Outcome, PluginError> {
        Ok(Outcome::hold(0))
    }
}

adit_plugin::register!(Linger: text);
