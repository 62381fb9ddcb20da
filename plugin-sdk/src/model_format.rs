//! The trait of a plugin that is the wire format of models.

use crate::chat::{Event, Request};
use crate::formats::{Delivery, Encoded};
use crate::{Plugin, PluginError};

/// The wire format of models that are called by InvokeModel: `register!(Mine: model-format)`.
///
/// The host calls the model, as often and wherever it takes, and counts the tokens itself. A format runs
/// in a session of its own; no hook of the same plugin shares it.
pub trait ModelFormat: Plugin {
    /// The ids of the models; `*` stands for any characters. An id without its geography fits too. Asked
    /// once for each config.
    fn models(config: &Self::Config) -> Vec<String>;

    /// Writes a request. `delivery` is how the client wants the answer; the invocation says how the model
    /// is asked for it.
    fn encode(&mut self, request: Request, delivery: Delivery) -> Result<Encoded, PluginError>;

    /// Reads a part of a streamed answer: complete payloads, in order. After the last one the events have
    /// to have held a `message-stop`.
    fn decode_chunks(&mut self, payloads: Vec<Vec<u8>>) -> Result<Vec<Event>, PluginError>;

    /// Reads an answer that came in one piece.
    fn decode_response(&mut self, body: Vec<u8>) -> Result<Vec<Event>, PluginError>;
}
