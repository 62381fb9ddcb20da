//! What a client reads.

use serde_json::Value;

/// Status and headers.
pub(crate) struct Head {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
}

/// A whole answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: Head,
    body: Vec<u8>,
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// A JSON object: a part of the answer, or an error.
    Data(Value),
    /// `[DONE]`
    Done,
}

impl Head {
    pub(super) fn new(status: u16, headers: Vec<(String, String)>) -> Self {
        Self { status, headers }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.headers.retain(|(known, _)| known != name);
    }

    pub(super) fn with_body(self, body: Vec<u8>) -> Answer {
        Answer { status: self.status, head: self, body }
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.header(name)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    /// What the model said: in one piece, or put together from a stream that has ended well.
    pub(crate) fn content(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text());
        if !self.is_stream() {
            return self.json()["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
        }
        let events = self.events();
        assert_eq!(events.last(), Some(&Event::Done), "{}", self.text());
        events.iter().filter_map(Event::text).collect()
    }

    /// The arguments of the only tool call.
    pub(crate) fn arguments(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        let arguments: String = if self.is_stream() {
            let pointer = "/choices/0/delta/tool_calls/0/function/arguments";
            self.events()
                .iter()
                .filter_map(|event| event.data()?.pointer(pointer)?.as_str().map(str::to_owned))
                .collect()
        } else {
            let pointer = "/choices/0/message/tool_calls/0/function/arguments";
            self.json().pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
        };
        serde_json::from_str(&arguments).unwrap_or_else(|_| panic!("not JSON: {arguments}"))
    }

    /// The error: of the body, or of the last frame of a stream that did not end well.
    pub(crate) fn error(&self) -> Value {
        let body = if self.is_stream() {
            let events = self.events();
            assert!(!events.contains(&Event::Done), "a failed stream ends with `[DONE]`: {}", self.text());
            events.last().and_then(Event::data).unwrap().clone()
        } else {
            assert!(self.status >= 400, "{}", self.text());
            self.json()
        };
        let error = body["error"].clone();
        let members: Vec<_> =
            error.as_object().unwrap_or_else(|| panic!("no error: {body}")).keys().collect();
        assert_eq!(members, ["code", "message", "param", "type"], "{body}");
        error
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let text = self.text();
        text.split_terminator("\n\n").map(Event::parse).collect()
    }

    /// Whether it came as server-sent events.
    pub(crate) fn is_stream(&self) -> bool {
        self.header("content-type") == Some("text/event-stream")
    }
}

impl Event {
    pub(crate) fn parse(frame: &str) -> Self {
        match frame.strip_prefix("data: ").unwrap_or_else(|| panic!("not an event: `{frame}`")) {
            "[DONE]" => Self::Done,
            json => Self::Data(serde_json::from_str(json).unwrap_or_else(|_| panic!("not JSON: `{json}`"))),
        }
    }

    /// The JSON object.
    pub(crate) fn data(&self) -> Option<&Value> {
        match self {
            Self::Data(data) => Some(data),
            Self::Done => None,
        }
    }

    /// The text that it adds to the answer.
    pub(crate) fn text(&self) -> Option<&str> {
        self.data()?.pointer("/choices/0/delta/content")?.as_str()
    }
}
