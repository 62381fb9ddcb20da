//! What the guests have in common: a test says in its config where one misbehaves.

use std::rc::Rc;

use adit_plugin::chat::{Event, EventVerdict, Report, Request, RequestVerdict};
use adit_plugin::{
    Chunk, Plugin, PluginError, PromptVerdict, RequestContext, RouteVerdict, Segment, Summary, TextKinds,
    TextVerdict,
};
use serde::Deserialize;

/// What a plugin should not do.
pub trait Misbehaviour: 'static {
    /// Does it.
    fn happen() -> Result<(), PluginError>;
}

/// A plugin that changes nothing, but misbehaves in one place: `{"in": "prompt"}`.
pub struct Misbehaving<M: Misbehaviour> {
    place: Rc<Place>,
    text_calls: u32,
    misbehaviour: std::marker::PhantomData<M>,
}

/// Where it happens.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The call of the host.
    #[serde(rename = "in")]
    pub call: Call,
    /// What a test looks for where it should not be.
    #[serde(default)]
    pub secret: String,
}

adit_plugin::json_config!(Place);

/// A call of the host.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    /// `init`
    Init,
    /// The constructor of a session.
    Start,
    /// `on-route`
    Route,
    /// `on-prompt`
    Prompt,
    /// `on-text`
    Text,
    /// `on-text`, but not the first one.
    Later,
    /// `on-request`
    Request,
    /// `on-events`
    Events,
    /// `on-finish`
    Finish,
    /// The destructor of a session.
    Drop,
}

impl Place {
    fn reached<M: Misbehaviour>(&self, call: Call) -> Result<(), PluginError> {
        if self.call == call { M::happen() } else { Ok(()) }
    }
}

impl<M: Misbehaviour> Drop for Misbehaving<M> {
    fn drop(&mut self) {
        // There is nobody to report an error to.
        let _ = self.place.reached::<M>(Call::Drop);
    }
}

impl<M: Misbehaviour> Plugin for Misbehaving<M> {
    type Config = Place;

    // A part of `init`.
    fn wants(place: &Place) -> TextKinds {
        // `init` has no way to report an error that is not the config's.
        let _ = place.reached::<M>(Call::Init);
        TextKinds::TEXT
    }

    fn start(place: Rc<Place>, _: RequestContext) -> Self {
        let _ = place.reached::<M>(Call::Start);
        Self { place, text_calls: 0, misbehaviour: std::marker::PhantomData }
    }

    fn on_route(&mut self, _: Summary) -> Result<RouteVerdict, PluginError> {
        self.place.reached::<M>(Call::Route).map(|()| RouteVerdict::Keep)
    }

    fn on_prompt(&mut self, _: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        self.place.reached::<M>(Call::Prompt).map(|()| PromptVerdict::Keep)
    }

    fn on_text(&mut self, _: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        self.text_calls += 1;
        if self.text_calls > 1 {
            self.place.reached::<M>(Call::Later)?;
        }
        self.place.reached::<M>(Call::Text).map(|()| TextVerdict::Pass)
    }

    fn on_request(&mut self, _: Request) -> Result<RequestVerdict, PluginError> {
        self.place.reached::<M>(Call::Request).map(|()| RequestVerdict::Keep)
    }

    fn on_events(&mut self, _: Vec<Event>) -> Result<EventVerdict, PluginError> {
        self.place.reached::<M>(Call::Events).map(|()| EventVerdict::Pass)
    }

    fn on_finish(&mut self, _: Report) {
        // There is nobody to report an error to.
        let _ = self.place.reached::<M>(Call::Finish);
    }
}
