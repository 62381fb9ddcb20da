//! Turns every `cat` into a `dog`, also one that comes in pieces: it waits for the rest of the word.
use std::rc::Rc;

use adit_plugin::{Chunk, NoConfig, Outcome, Plugin, PluginError, RequestContext, TextKinds};

struct Hold;

impl Plugin for Hold {
    type Config = NoConfig;
    const WANTS: TextKinds = TextKinds::TEXT;
    const WINDOW: u32 = 2;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self
    }

    fn on_chunk(&mut self, chunk: Chunk) -> Result<Outcome, PluginError> {
        let begun = |begin: &&&str| !chunk.final_ && chunk.text.ends_with(**begin);
        let held = ["ca", "c"].iter().find(begun).map_or(0, |begin| begin.len());
        let consumed = chunk.text.len() - held;
        let text = chunk.text.get(..consumed).unwrap_or_default();
        Ok(Outcome::replace_front(consumed, text.replace("cat", "dog")))
    }
}

adit_plugin::register!(Hold: text);
