//! Puts into answers what could be taken for something else: `{"how": "text"}`. With
//! `{"how": "model", "model": ".."}` it is the name of a model.
use std::rc::Rc;

use adit_plugin::chat::{
    BlockKind, BlockStart, Delta, Event, EventVerdict, Request, RequestVerdict, StopReason, ToolHead,
};
use adit_plugin::{Failure, Plugin, PluginError, RequestContext, RouteVerdict, Summary};
use serde::Deserialize;

/// Ends an event of server-sent events, a line and a JSON string, and is no text to look at. A test has it too.
const EVIL: &str = "\"}]}\n\ndata: [DONE]\n\r\n\r\n{\"done\":true}\n\u{0}\u{1b}[31m\u{2028}\u{feff}data: {\"usage\":{\"total_tokens\":7}}\n\n";

struct Inject(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    how: How,
    model: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum How {
    /// In the text of an answer in the model's place.
    Text,
    /// In the name and the id of a call.
    Tool,
    /// In why the model stopped.
    Stop,
    /// In the name of a model.
    Model,
    /// In code and message of a refusal.
    Refusal,
    /// The same, when the answer has begun.
    LateRefusal,
}

adit_plugin::json_config!(Settings);

fn refusal() -> Failure {
    Failure::new(451, EVIL, EVIL)
}

fn said(kind: BlockKind, text: &str, stop: StopReason) -> RequestVerdict {
    RequestVerdict::Respond(vec![
        Event::BlockStart(BlockStart { index: 0, kind }),
        Event::Delta(Delta { index: 0, text: text.to_owned() }),
        Event::BlockStop(0),
        Event::MessageStop(stop),
    ])
}

impl Plugin for Inject {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }

    fn on_route(&mut self, _: Summary) -> Result<RouteVerdict, PluginError> {
        let model = || self.0.model.clone().unwrap_or_else(|| EVIL.to_owned());
        Ok(if self.0.how == How::Model { RouteVerdict::to(model()) } else { RouteVerdict::Keep })
    }

    fn on_request(&mut self, _: Request) -> Result<RequestVerdict, PluginError> {
        Ok(match self.0.how {
            How::Text => said(BlockKind::Text, EVIL, StopReason::EndTurn),
            How::Stop => said(BlockKind::Text, "fine", StopReason::Other(EVIL.to_owned())),
            How::Tool => {
                let tool = ToolHead { id: EVIL.to_owned(), name: EVIL.to_owned() };
                said(BlockKind::ToolUse(tool), "{}", StopReason::ToolUse)
            }
            How::Refusal => RequestVerdict::Deny(refusal()),
            How::Model | How::LateRefusal => RequestVerdict::Keep,
        })
    }

    fn on_events(&mut self, events: Vec<Event>) -> Result<EventVerdict, PluginError> {
        let is_end = events.iter().any(|event| matches!(event, Event::MessageStop(_)));
        let stops = is_end && self.0.how == How::LateRefusal;
        Ok(if stops { EventVerdict::Stop(refusal()) } else { EventVerdict::Pass })
    }
}

adit_plugin::register!(Inject: route, request, event);
