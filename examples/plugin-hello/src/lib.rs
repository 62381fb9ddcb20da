//! Upper-cases the answer's text.
use adit_plugin::{Chunk, NoConfig, Outcome, Plugin, PluginError, RequestContext, TextKinds};
use std::rc::Rc;
pub struct Hello;
impl Plugin for Hello {
    type Config = NoConfig;
    const WANTS: TextKinds = TextKinds::TEXT;
    fn start(_config: Rc<NoConfig>, _ctx: RequestContext) -> Self {
        Self
    }
    fn on_chunk(&mut self, chunk: Chunk) -> Result<Outcome, PluginError> {
        Ok(Outcome::replace(&chunk, chunk.text.to_uppercase()))
    }
}
adit_plugin::register!(Hello: text);
