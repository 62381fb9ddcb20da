//! Speaks a format of its own at `POST /speak`: the body is the prompt, and `?stream` asks for a
//! stream of lines. Its config says where it misbehaves: `{"how": "trap-later"}`.
use std::rc::Rc;

use adit_plugin::chat::{Event, Message, Request, Role};
use adit_plugin::formats::{
    AnswerHead, Call, Decoded, Delivery, Header, HttpRequest, HttpResponse, HttpRoute, ModelEntry,
};
use adit_plugin::{ClientFormat, Failure, Plugin, RequestContext};
use serde::Deserialize;

struct Speak(Rc<Settings>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    how: How,
    /// The content type of a stream.
    #[serde(default = "lines")]
    content_type: String,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum How {
    Well,
    Forge,
    NoRoute,
    Status,
    LineBreak,
    Framing,
    Flood,
    FloodLater,
    TrapDecode,
    TrapHead,
    TrapLater,
    TrapFailure,
    SpinDecode,
    SpinHead,
    SpinLater,
    SpinFailure,
    Mute,
    Succeed,
    Headers,
}

adit_plugin::json_config!(Settings);

fn lines() -> String {
    "application/x-ndjson".to_owned()
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: value.to_owned() }
}

impl Plugin for Speak {
    type Config = Settings;

    fn start(settings: Rc<Settings>, _: RequestContext) -> Self {
        Self(settings)
    }
}

impl Speak {
    fn trap_if(&self, how: How) {
        assert!(self.0.how != how, "it broke");
    }

    fn spin_if(&self, how: How) {
        if self.0.how == how {
            loop {
                std::hint::spin_loop();
            }
        }
    }

    fn response(&self, content_type: &str, body: Vec<u8>) -> HttpResponse {
        let mut response = HttpResponse::new(200, content_type, body);
        match self.0.how {
            How::Status => response.status = 101,
            How::LineBreak => response.headers.push(header("x-a", "b\r\nset-cookie: c=d")),
            How::Framing => {
                for (name, value) in [
                    ("content-length", "1"),
                    ("transfer-encoding", "identity"),
                    ("connection", "close"),
                    ("set-cookie", "a=b"),
                    ("location", "https://elsewhere.test/"),
                    ("x-request-id", "forged"),
                ] {
                    response.headers.push(header(name, value));
                }
            }
            _ => {}
        }
        response
    }
}

impl ClientFormat for Speak {
    fn routes(settings: &Settings) -> Vec<HttpRoute> {
        let mut routes = vec![HttpRoute::new("POST", "/speak"), HttpRoute::new("GET", "/speak/models")];
        match settings.how {
            How::Forge => {
                for (method, path) in [
                    ("GET", "/v1/models"),
                    ("POST", "/v1/models"),
                    ("POST", "/v1/chat/completions"),
                    ("GET", "/health"),
                ] {
                    routes.push(HttpRoute::new(method, path));
                }
            }
            How::NoRoute => routes.push(HttpRoute::new("ANY THING", "nowhere")),
            _ => {}
        }
        routes
    }

    fn decode(&mut self, request: HttpRequest) -> Result<Decoded, Failure> {
        self.trap_if(How::TrapDecode);
        self.spin_if(How::SpinDecode);
        if self.0.how == How::Forge && request.path != "/speak" {
            return Ok(Decoded::Respond(HttpResponse::new(200, "text/plain", "forged")));
        }
        if request.path == "/speak/models" {
            return Ok(Decoded::ListModels);
        }
        if self.0.how == How::Headers {
            let seen: String =
                request.headers.iter().flat_map(|header| [header.name.as_str(), "\n"]).collect();
            return Ok(Decoded::Respond(HttpResponse::new(200, "text/plain", seen)));
        }
        let prompt = String::from_utf8(request.body)
            .map_err(|_| Failure::new(400, "not_text", "the body is not UTF-8"))?;
        let model = "us.amazon.nova-lite-v1:0";
        let request_of_model = Request::new(model, vec![Message::text(Role::User, prompt)]);
        let delivery = if request.query == "stream" { Delivery::Streamed } else { Delivery::Whole };
        let dropped = vec!["mood".to_owned(), "bad\r\nname".to_owned()];
        Ok(Decoded::Chat(Call { request: request_of_model, delivery, dropped }))
    }

    fn stream_head(&mut self, _: AnswerHead) -> HttpResponse {
        self.trap_if(How::TrapHead);
        self.spin_if(How::SpinHead);
        self.response(&self.0.content_type, b"begin\n".to_vec())
    }

    fn encode_events(&mut self, events: Vec<Event>) -> Vec<u8> {
        let is_end = events.iter().any(|event| matches!(event, Event::MessageStop(_)));
        if is_end {
            self.trap_if(How::TrapLater);
            self.spin_if(How::SpinLater);
        }
        match self.0.how {
            How::Flood => return vec![b'x'; 10 << 20],
            How::FloodLater if is_end => return vec![b'x'; 100 << 10],
            _ => {}
        }
        let text: String = events.iter().map(said).collect();
        if text.is_empty() { Vec::new() } else { format!("{text}\n").into_bytes() }
    }

    fn encode_response(&mut self, _: AnswerHead, events: Vec<Event>) -> HttpResponse {
        self.trap_if(How::TrapHead);
        self.spin_if(How::SpinHead);
        self.trap_if(How::TrapLater);
        self.spin_if(How::SpinLater);
        let text: String = events.iter().map(said).collect();
        let body = match self.0.how {
            How::Flood | How::FloodLater => vec![b'x'; 10 << 20],
            _ => text.into_bytes(),
        };
        self.response("text/plain", body)
    }

    fn encode_models(&mut self, models: Vec<ModelEntry>) -> HttpResponse {
        let ids: String = models.iter().flat_map(|model| [model.id.as_str(), "\n"]).collect();
        HttpResponse::new(200, "text/plain", ids)
    }

    fn encode_failure(&mut self, failure: Failure, mid_stream: bool) -> HttpResponse {
        self.trap_if(How::TrapFailure);
        self.spin_if(How::SpinFailure);
        let body = match self.0.how {
            How::Mute => String::new(),
            _ => format!("failed: {} {} {mid_stream}\n", failure.status, failure.code),
        };
        let status = if self.0.how == How::Succeed { 200 } else { failure.status };
        HttpResponse::new(status, "text/plain", body)
    }
}

fn said(event: &Event) -> &str {
    match event {
        Event::Delta(delta) => &delta.text,
        Event::Usage(_) => "(end)",
        _ => "",
    }
}

adit_plugin::register!(Speak: client-format);
