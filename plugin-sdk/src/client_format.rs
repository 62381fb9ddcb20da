//! The trait of a plugin that speaks a wire format of clients.

use crate::chat::Event;
use crate::formats::{AnswerHead, Decoded, HttpRequest, HttpResponse, HttpRoute, ModelEntry};
use crate::{Failure, Plugin};

/// A wire format that clients speak. The plugin reads and writes bodies; the host does the rest:
/// keys, limits, hooks, models, and the connection.
///
/// Register it beside the hooks that the plugin has: `register!(Mine: client-format)`. The session
/// begins before [`decode`](Self::decode), so its context does not say yet how the client wants its
/// answer.
pub trait ClientFormat: Plugin {
    /// The requests that are meant for this plugin. Asked once a config; the host's own routes come
    /// first.
    fn routes(config: &Self::Config) -> Vec<HttpRoute>;

    /// Reads a request. A refusal goes through [`encode_failure`](Self::encode_failure).
    fn decode(&mut self, request: HttpRequest) -> Result<Decoded, Failure>;

    /// Status and headers of a streamed answer, and the first bytes of its body.
    fn stream_head(&mut self, head: AnswerHead) -> HttpResponse;

    /// The wire form of events as they come, or nothing yet. The bytes after `message-stop` and
    /// `usage` complete the answer.
    fn encode_events(&mut self, events: Vec<Event>) -> Vec<u8>;

    /// A whole answer.
    fn encode_response(&mut self, head: AnswerHead, events: Vec<Event>) -> HttpResponse;

    /// The models that the client may ask for.
    fn encode_models(&mut self, models: Vec<ModelEntry>) -> HttpResponse;

    /// A failure. `mid_stream`: the status is sent; only the body counts, and it is the last of the
    /// stream.
    fn encode_failure(&mut self, failure: Failure, mid_stream: bool) -> HttpResponse;
}

impl HttpRoute {
    /// A method, and a path without variables.
    pub fn new(method: impl Into<String>, path: impl Into<String>) -> Self {
        Self { method: method.into(), path: path.into() }
    }
}

impl HttpResponse {
    /// A body of this content type.
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let header = crate::formats::Header { name: "content-type".to_owned(), value: content_type.into() };
        Self { status, headers: vec![header], body: body.into() }
    }
}
