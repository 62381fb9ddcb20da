//! Drives a plugin that is the wire format of models.

use super::Session;
use crate::chat::{Event, Message, Part, Request, Role, Sampling};
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
    /// When the plugin goes on after its `message-stop`.
    pub fn decode_chunks<B: AsRef<[u8]>>(&mut self, payloads: &[B]) -> Result<Vec<Event>, PluginError> {
        let payloads = payloads.iter().map(|payload| payload.as_ref().to_vec()).collect();
        let events = self.plugin.decode_chunks(payloads)?;
        check(&events);
        Ok(events)
    }

    /// Calls `decode-response`.
    ///
    /// # Panics
    /// When the answer has no `message-stop`, or goes on after it.
    pub fn decode_response(&mut self, body: &[u8]) -> Result<Vec<Event>, PluginError> {
        let events = self.plugin.decode_response(body.to_vec())?;
        check(&events);
        assert!(
            events.iter().any(|event| matches!(event, Event::MessageStop(_))),
            "broken contract: no `message-stop`"
        );
        Ok(events)
    }
}

fn check(events: &[Event]) {
    let stop = events.iter().position(|event| matches!(event, Event::MessageStop(_)));
    let mut after = events.iter().skip(stop.map_or(events.len(), |at| at + 1));
    assert!(
        after.all(|event| matches!(event, Event::Usage(_))),
        "broken contract: events after `message-stop`"
    );
}

/// A request of messages with one text each, for a model, with nothing else set.
pub fn chat_request(model: &str, messages: &[(Role, &str)]) -> Request {
    let message =
        |(role, text): &(Role, &str)| Message { role: *role, parts: vec![Part::Text((*text).to_owned())] };
    Request {
        model: model.to_owned(),
        system: Vec::new(),
        messages: messages.iter().map(message).collect(),
        tools: Vec::new(),
        tool_choice: None,
        sampling: Sampling {
            max_tokens: None,
            temperature: None,
            top_p: None,
            top_k: None,
            stop_sequences: Vec::new(),
        },
        extra: None,
    }
}

/// The deltas of an answer, joined.
pub fn answer_text(events: &[Event]) -> String {
    let text = |event: &Event| match event {
        Event::Delta(delta) => Some(delta.text.clone()),
        _ => None,
    };
    events.iter().filter_map(text).collect()
}
