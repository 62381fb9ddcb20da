//! The own format of Amazon Titan Text, for InvokeModel (Bedrock user guide, "Amazon Titan Text
//! models"). The options stand in this folder's README.

mod answer;
mod config;
mod prompt;
mod request;

use std::rc::Rc;

use adit_plugin::chat::{Event, Request};
use adit_plugin::formats::{Delivery, Encoded};
use adit_plugin::{ModelFormat, Plugin, PluginError, RequestContext};

use answer::Reader;
pub use config::Settings;

/// The format at work on one request.
pub struct TitanText {
    /// The client's own stop sequence, if it is one that the model takes.
    stop: Option<String>,
    reader: Reader,
}

impl Plugin for TitanText {
    type Config = Settings;

    fn start(_: Rc<Settings>, _: RequestContext) -> Self {
        Self { stop: None, reader: Reader::default() }
    }
}

impl ModelFormat for TitanText {
    fn models(settings: &Settings) -> Vec<String> {
        settings.models.clone()
    }

    fn encode(&mut self, request: Request, delivery: Delivery) -> Result<Encoded, PluginError> {
        let written = match request::write(&request) {
            Ok(written) => written,
            Err(failure) => return Ok(Encoded::Deny(failure)),
        };
        self.stop = written.stop;
        Ok(Encoded::Invoke(adit_plugin::formats::Invocation {
            body: written.body,
            content_type: "application/json".to_owned(),
            accept: "application/json".to_owned(),
            delivery,
            dropped: written.dropped,
        }))
    }

    fn decode_chunks(&mut self, payloads: Vec<Vec<u8>>) -> Result<Vec<Event>, PluginError> {
        let mut events = Vec::new();
        for payload in payloads {
            self.reader.chunk(&payload, self.stop.is_some(), &mut events)?;
        }
        Ok(events)
    }

    fn decode_response(&mut self, body: Vec<u8>) -> Result<Vec<Event>, PluginError> {
        self.reader.whole(&body, self.stop.is_some())
    }
}

adit_plugin::register!(TitanText: model-format);
