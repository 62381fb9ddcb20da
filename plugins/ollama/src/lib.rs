//! Speaks the API of Ollama: its clients use the models behind Adit as they use local ones. What is
//! read and written stands in this folder's README.

mod answer;
mod conversation;
mod fault;
mod image;
mod line;
mod members;
mod models;
mod options;
mod request;
mod time;

use std::rc::Rc;

use adit_plugin::chat::Event;
use adit_plugin::formats::{AnswerHead, Decoded, HttpRequest, HttpResponse, HttpRoute, ModelEntry};
use adit_plugin::{ClientFormat, Failure, NoConfig, Plugin, RequestContext};
use serde::Serialize;

use answer::Answer;
use line::{Endpoint, Stamp};
use time::Stopwatch;

/// The version of Ollama whose API this is: clients ask for it to know what they may use.
const OLLAMA_VERSION: &str = "0.13.0";

const JSON: &str = "application/json; charset=utf-8";
const LINES: &str = "application/x-ndjson";

/// One request.
pub struct Ollama {
    stopwatch: Stopwatch,
    asked: Option<Asked>,
    /// The answer that is being streamed.
    answer: Option<Answer>,
}

/// What the answer has to know of the request.
#[derive(Clone)]
struct Asked {
    endpoint: Endpoint,
    /// The model, as the client named it.
    model: String,
}

impl Plugin for Ollama {
    type Config = NoConfig;

    fn start(_: Rc<NoConfig>, _: RequestContext) -> Self {
        Self { stopwatch: Stopwatch::start(), asked: None, answer: None }
    }
}

impl ClientFormat for Ollama {
    fn routes(_: &NoConfig) -> Vec<HttpRoute> {
        vec![
            HttpRoute::new("POST", "/api/chat"),
            HttpRoute::new("POST", "/api/generate"),
            HttpRoute::new("GET", "/api/tags"),
            HttpRoute::new("GET", "/api/version"),
            HttpRoute::new("GET", "/api/ps"),
            HttpRoute::new("GET", "/"),
            HttpRoute::new("HEAD", "/"),
        ]
    }

    fn decode(&mut self, request: HttpRequest) -> Result<Decoded, Failure> {
        let endpoint = match request.path.as_str() {
            "/api/chat" => Endpoint::Chat,
            "/api/generate" => Endpoint::Generate,
            "/api/tags" => return Ok(Decoded::ListModels),
            "/api/version" => return Ok(respond(format!(r#"{{"version":"{OLLAMA_VERSION}"}}"#))),
            // Nothing is loaded, and nothing has to be.
            "/api/ps" => return Ok(respond(r#"{"models":[]}"#)),
            _ => {
                let hello = HttpResponse::new(200, "text/plain; charset=utf-8", "Ollama is running");
                return Ok(Decoded::Respond(hello));
            }
        };
        let read = request::read(endpoint, &request.body)?;
        let asked = Asked { endpoint, model: read.model };
        match read.call {
            Some(call) => {
                self.asked = Some(asked);
                Ok(Decoded::Chat(call))
            }
            // An empty request loads a model, and all models are there.
            None => Ok(respond(Stamp::new(asked.endpoint, asked.model, time::now_ms()).loaded())),
        }
    }

    fn stream_head(&mut self, head: AnswerHead) -> HttpResponse {
        self.answer = Some(self.begin(head));
        HttpResponse::new(200, LINES, Vec::new())
    }

    fn encode_events(&mut self, events: Vec<Event>) -> Vec<u8> {
        self.answer.as_mut().map(|answer| answer.lines(events, &self.stopwatch)).unwrap_or_default()
    }

    fn encode_response(&mut self, head: AnswerHead, events: Vec<Event>) -> HttpResponse {
        HttpResponse::new(200, JSON, self.begin(head).whole(events, &self.stopwatch))
    }

    fn encode_models(&mut self, models: Vec<ModelEntry>) -> HttpResponse {
        HttpResponse::new(200, JSON, models::list(&models))
    }

    fn encode_failure(&mut self, failure: Failure, mid_stream: bool) -> HttpResponse {
        #[derive(Serialize)]
        struct Body<'a> {
            error: &'a str,
        }
        let mut body = line::json(&Body { error: &failure.message });
        if mid_stream {
            body.push(b'\n');
        }
        HttpResponse::new(failure.status, JSON, body)
    }
}

impl Ollama {
    fn begin(&self, head: AnswerHead) -> Answer {
        let asked = self.asked.clone().unwrap_or(Asked { endpoint: Endpoint::Chat, model: head.model });
        Answer::new(Stamp::new(asked.endpoint, asked.model, head.created_ms))
    }
}

fn respond(body: impl Into<Vec<u8>>) -> Decoded {
    Decoded::Respond(HttpResponse::new(200, JSON, body))
}

adit_plugin::register!(Ollama: client-format);
