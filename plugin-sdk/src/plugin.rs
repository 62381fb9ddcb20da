//! The trait that a plugin implements.

use std::rc::Rc;

use crate::chat::{Event, EventVerdict, Report, Request, RequestVerdict};
use crate::{
    Chunk, Config, Outcome, PluginError, PromptVerdict, RequestContext, RouteVerdict, Segment, Summary,
    TextKinds, TextVerdict,
};

/// A plugin. `Self` is what it remembers about one request.
///
/// A hook is called only if [`register!`](crate::register) names it. An `Err` from a hook means
/// that the plugin could not do its work; to refuse a request, answer with a verdict.
pub trait Plugin: Sized + 'static {
    /// Read once an instance: when the plugin is switched on, and at the start of a request.
    type Config: Config;

    /// The kinds of answer text that [`on_text`](Self::on_text) wants. The host skips the call
    /// for all others.
    const WANTS: TextKinds = TextKinds::empty();

    /// The most bytes that [`on_text`](Self::on_text) leaves unconsumed.
    const WINDOW: u32 = 0;

    /// As [`WANTS`](Self::WANTS), for a plugin whose wish depends on its config.
    fn wants(_config: &Self::Config) -> TextKinds {
        Self::WANTS
    }

    /// Starts on a request.
    fn start(config: Rc<Self::Config>, ctx: RequestContext) -> Self;

    /// Hook `route`: chooses the model, or refuses the request.
    fn on_route(&mut self, _request: Summary) -> Result<RouteVerdict, PluginError> {
        Ok(RouteVerdict::Keep)
    }

    /// Hook `prompt`: every string that a model would read.
    fn on_prompt(&mut self, _segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        Ok(PromptVerdict::Keep)
    }

    /// Hook `request`: the whole request, after every prompt hook.
    fn on_request(&mut self, _request: Request) -> Result<RequestVerdict, PluginError> {
        Ok(RequestVerdict::Keep)
    }

    /// Hook `event`: events of the answer, before any text hook.
    fn on_events(&mut self, _events: Vec<Event>) -> Result<EventVerdict, PluginError> {
        Ok(EventVerdict::Pass)
    }

    /// Hook `finish`: the request is over.
    fn on_finish(&mut self, _report: Report) {}

    /// Hook `text`: the answer's text while it streams, as all the chunks of one call.
    ///
    /// Asks [`on_chunk`](Self::on_chunk) for each, and answers `pass` when none changed anything.
    fn on_text(&mut self, chunks: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        let mut outcomes = Vec::with_capacity(chunks.len());
        let mut unchanged = true;
        for chunk in chunks {
            let length = chunk.text.len();
            let outcome = self.on_chunk(chunk)?;
            unchanged &= outcome.output.is_none() && outcome.consumed as usize == length;
            outcomes.push(outcome);
        }
        Ok(if unchanged { TextVerdict::Pass } else { TextVerdict::Rewrite(outcomes) })
    }

    /// Hook `text`, one chunk at a time: for a plugin that treats every chunk alike.
    fn on_chunk(&mut self, chunk: Chunk) -> Result<Outcome, PluginError> {
        Ok(Outcome::pass(&chunk))
    }
}
