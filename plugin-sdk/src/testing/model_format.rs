//! Drives a plugin that is the wire format of models.

use super::Session;
use super::order::Order;
use crate::chat::{Event, Message, Request, Role};
use crate::formats::{Delivery, Encoded};
use crate::{ModelFormat, PluginError};

impl<P: ModelFormat> Session<P> {
    /// Calls `encode`.
    ///
    /// # Panics
    /// When the plugin answers with an error.
    pub fn encode(&mut self, request: Request, delivery: Delivery) -> Encoded {
        match self.plugin.encode(request, delivery) {
            Ok(encoded) => encoded,
            Err(error) => panic!("the plugin failed: {error:?}"),
        }
    }

    /// Calls `decode-chunks` with payloads that arrived together.
    ///
    /// # Panics
    /// When the events of all calls so far are not the beginning of one answer.
    pub fn decode_chunks<B: AsRef<[u8]>>(&mut self, payloads: &[B]) -> Result<Vec<Event>, PluginError> {
        let payloads = payloads.iter().map(|payload| payload.as_ref().to_vec()).collect();
        let events = self.plugin.decode_chunks(payloads)?;
        self.order.goes_on(&events);
        Ok(events)
    }

    /// Calls `decode-response`.
    ///
    /// # Panics
    /// When the events are no complete answer.
    pub fn decode_response(&mut self, body: &[u8]) -> Result<Vec<Event>, PluginError> {
        let events = self.plugin.decode_response(body.to_vec())?;
        Order::check(&events);
        Ok(events)
    }
}

/// A request of messages with one text each, for a model, with nothing else set.
pub fn chat_request(model: &str, messages: &[(Role, &str)]) -> Request {
    Request::new(model, messages.iter().map(|(role, text)| Message::text(*role, *text)).collect())
}

/// The deltas of an answer, joined.
pub fn answer_text(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Delta(delta) => Some(delta.text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}
