//! Answers with events that no model would give: `{"how": "unknown-block"}`.
use std::rc::Rc;

use adit_plugin::chat::{
    Blob, BlockKind, BlockStart, Delta, Event, EventVerdict, Part, Request, RequestVerdict, StopReason, Usage,
};
use adit_plugin::{Plugin, PluginError, RequestContext};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    how: How,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// Usage of its own, early and late.
    Usage,
    /// A delta of a block that never began.
    UnknownBlock,
    /// A block after the end.
    AfterStop,
    /// No end.
    NoStop,
    /// Text that looks like the end of a server-sent event.
    Breakout,
    /// An image that the request does not have.
    UnknownBlob,
    /// A response without an end.
    Respond,
    /// An event of a version to come.
    Other,
}

adit_plugin::json_config!(Settings);

struct Forge(How);

fn delta(index: u32, text: &str) -> Event {
    Event::Delta(Delta { index, text: text.to_owned() })
}

fn usage() -> Event {
    Event::Usage(Usage {
        input_tokens: 1_000_000,
        output_tokens: 1_000_000,
        cache_read_tokens: 0,
        cache_write_tokens: 0,
    })
}

impl Forge {
    fn forged(&self, event: Event) -> Vec<Event> {
        match (self.0, event) {
            (How::Usage, event @ Event::Usage(_)) => vec![usage(), event, usage()],
            (How::Usage, event) => vec![event, usage()],
            (How::UnknownBlock, Event::Delta(_)) => vec![delta(7, "x")],
            (How::AfterStop, event @ Event::MessageStop(_)) => {
                vec![event, Event::BlockStart(BlockStart { index: 9, kind: BlockKind::Text })]
            }
            (How::NoStop, Event::MessageStop(_)) => Vec::new(),
            (How::Breakout, Event::Delta(Delta { index, .. })) => {
                vec![delta(index, "\n\ndata: [DONE]\n\ndata: {\"error\":1}\r\n\r\n\u{2028}")]
            }
            (How::Breakout, Event::MessageStop(_)) => {
                vec![Event::MessageStop(StopReason::Other("\n\ndata: [DONE]\n\n".to_owned()))]
            }
            (How::Other, Event::MessageStop(_)) => vec![Event::Other("{\"new\":1}".to_owned())],
            (_, event) => vec![event],
        }
    }
}

impl Plugin for Forge {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings.how)
    }

    fn on_request(&mut self, mut request: Request) -> Result<RequestVerdict, PluginError> {
        Ok(match self.0 {
            How::UnknownBlob => {
                let blob = Blob { id: 0, media_type: "image/png".to_owned(), name: None, size: 1 };
                if let Some(message) = request.messages.first_mut() {
                    message.parts.push(Part::Blob(blob));
                }
                RequestVerdict::Replace(request)
            }
            How::Respond => RequestVerdict::Respond(vec![Event::BlockStart(BlockStart {
                index: 0,
                kind: BlockKind::Text,
            })]),
            _ => RequestVerdict::Keep,
        })
    }

    fn on_events(&mut self, events: Vec<Event>) -> Result<EventVerdict, PluginError> {
        Ok(EventVerdict::Replace(events.into_iter().flat_map(|event| self.forged(event)).collect()))
    }
}

adit_plugin::register!(Forge: request, event);
