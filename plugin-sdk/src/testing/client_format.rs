use crate::chat::Event;
use crate::formats::{AnswerHead, Decoded, Header, HttpRequest, HttpResponse, ModelEntry};
use crate::{ClientFormat, Failure};

use super::Session;

/// A request with a JSON body, to test with.
pub fn http_request(method: &str, path: &str, body: impl Into<Vec<u8>>) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        query: String::new(),
        headers: vec![Header { name: "content-type".to_owned(), value: "application/json".to_owned() }],
        body: body.into(),
    }
}

/// The answer `answer-1` of a model, begun in the first second of 2026.
pub fn answer_head(model: &str) -> AnswerHead {
    AnswerHead { id: "answer-1".to_owned(), model: model.to_owned(), created_ms: 1_767_225_600_000 }
}

/// For plugins that speak a wire format of clients.
impl<P: ClientFormat> Session<P> {
    /// Reads a request of the client's; [`http_request`] makes a plain one.
    pub fn decode(&mut self, request: HttpRequest) -> Result<Decoded, Failure> {
        self.plugin.decode(request)
    }

    /// Writes an answer as it comes, a call for each batch of events. Returns the head and the
    /// whole body.
    ///
    /// # Panics
    /// When the body is not UTF-8.
    pub fn encode_stream(&mut self, head: AnswerHead, batches: Vec<Vec<Event>>) -> (HttpResponse, String) {
        let mut head = self.plugin.stream_head(head);
        let mut body = std::mem::take(&mut head.body);
        for batch in batches {
            body.extend(self.plugin.encode_events(batch));
        }
        (head, text(body))
    }

    /// Writes an answer in one piece. Returns the head and the body.
    ///
    /// # Panics
    /// When the body is not UTF-8.
    pub fn encode_response(&mut self, head: AnswerHead, events: Vec<Event>) -> (HttpResponse, String) {
        split(self.plugin.encode_response(head, events))
    }

    /// Writes the list of models.
    ///
    /// # Panics
    /// When the body is not UTF-8.
    pub fn encode_models(&mut self, models: Vec<ModelEntry>) -> (HttpResponse, String) {
        split(self.plugin.encode_models(models))
    }

    /// Writes a failure, before the first byte of an answer or behind some of it.
    ///
    /// # Panics
    /// When the body is not UTF-8.
    pub fn encode_failure(&mut self, failure: Failure, mid_stream: bool) -> (HttpResponse, String) {
        split(self.plugin.encode_failure(failure, mid_stream))
    }
}

fn split(mut response: HttpResponse) -> (HttpResponse, String) {
    let body = std::mem::take(&mut response.body);
    (response, text(body))
}

fn text(body: Vec<u8>) -> String {
    match String::from_utf8(body) {
        Ok(text) => text,
        Err(fault) => panic!("the body is not UTF-8: {fault}"),
    }
}
