//! An API key, and requests with it.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Answer, Connection, MODEL, Server, Stack, Stream};

/// A key of a stack.
pub(crate) struct Key<'s> {
    stack: &'s Stack,
    /// Another server than that of the stack.
    beside: Option<SocketAddr>,
    pub(crate) name: String,
    /// What a client sends.
    pub(crate) secret: String,
}

impl<'s> Key<'s> {
    pub(super) fn new(stack: &'s Stack, name: String, secret: String) -> Self {
        Self { stack, beside: None, name, secret }
    }

    /// What somebody presents as a key.
    pub(crate) fn with_secret(stack: &'s Stack, secret: impl Into<String>) -> Self {
        Self::new(stack, String::new(), secret.into())
    }

    /// The same key for requests to another server.
    pub(crate) fn at(&self, server: &Server) -> Self {
        let beside = Some(server.address());
        Self { stack: self.stack, beside, name: self.name.clone(), secret: self.secret.clone() }
    }

    fn connect(&self) -> Connection {
        self.beside.map_or_else(|| self.stack.connect(), Connection::open)
    }

    /// Switches a plugin on, last in the chain.
    pub(crate) fn with(self, plugin: &str, config: &Value) -> Self {
        self.enable(plugin, config);
        self
    }

    /// Switches a plugin on, last in the chain.
    pub(crate) fn enable(&self, plugin: &str, config: &Value) {
        self.stack.adit(&["key", "plugin", "enable", &self.name, plugin, "--config", &config.to_string()]);
    }

    /// Switches a plugin on, last in the chain, on terms that options name.
    pub(crate) fn with_terms(self, plugin: &str, config: &Value, options: &[&str]) -> Self {
        let enable = ["plugin", "enable", &self.name, plugin, "--config", &config.to_string()];
        self.stack.adit(&[&enable, options].concat());
        self
    }

    /// Switches a plugin off.
    pub(crate) fn disable(&self, plugin: &str) {
        self.stack.adit(&["key", "plugin", "disable", &self.name, plugin]);
    }

    /// Asks for an answer in one piece.
    pub(crate) fn ask(&self, prompt: &str) -> Answer {
        self.post(&says(prompt))
    }

    /// Asks for a streamed answer, and waits for its head.
    pub(crate) fn stream(&self, prompt: &str) -> Stream {
        self.post_for_stream(&says(prompt))
    }

    /// Sends a body, and reads the whole answer.
    pub(crate) fn post(&self, body: &Value) -> Answer {
        self.send(body).answer()
    }

    /// Sends a body with `stream` set to true, and waits for the answer's head.
    pub(crate) fn post_for_stream(&self, body: &Value) -> Stream {
        let mut body = body.clone();
        body["stream"] = json!(true);
        self.send(&body).stream()
    }

    /// Sends a body with a header beside the usual ones, and reads the whole answer.
    pub(crate) fn post_with(&self, header: (&str, &str), body: &Value) -> Answer {
        self.post_to("/v1/chat/completions", &[header], body)
    }

    /// Sends a body to a path, and reads the whole answer.
    pub(crate) fn post_to(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        self.call("POST", path, "application/json", headers, body.to_string().as_bytes()).answer()
    }

    /// As [`post_to`](Self::post_to), and waits for the answer's head alone.
    pub(crate) fn post_for_stream_to(&self, path: &str, headers: &[(&str, &str)], body: &Value) -> Stream {
        self.call("POST", path, "application/json", headers, body.to_string().as_bytes()).stream()
    }

    /// Sends bytes to a path, and reads the whole answer.
    pub(crate) fn post_bytes(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.post_as(path, "application/json", headers, body)
    }

    /// Sends bytes of a media type to a path, and reads the whole answer.
    pub(crate) fn post_as(&self, path: &str, kind: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.call("POST", path, kind, headers, body).answer()
    }

    /// Asks with a method that has no body, and reads the whole answer.
    pub(crate) fn ask_by(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.call(method, path, "application/json", headers, b"").answer()
    }

    fn call(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Connection {
        let mut connection = self.connect();
        let authorization = format!("Bearer {}", self.secret);
        let usual = [("content-type", kind), ("authorization", authorization.as_str())];
        connection.send_request(method, path, &[&usual, headers].concat(), body);
        connection
    }

    /// Reads what stands at a path.
    pub(crate) fn get(&self, path: &str) -> Answer {
        let mut connection = self.connect();
        let authorization = format!("Bearer {}", self.secret);
        connection.send_request("GET", path, &[("authorization", &authorization)], b"");
        connection.answer()
    }

    /// Changes the terms on which it is served.
    pub(crate) fn policy(self, options: &[&str]) -> Self {
        self.stack.adit(&[&["key", "policy", &self.name], options].concat());
        self
    }

    /// Sends a body and waits for nothing.
    pub(crate) fn send(&self, body: &Value) -> Connection {
        let mut connection = self.connect();
        connection.post("/v1/chat/completions", Some(&self.secret), body.to_string().as_bytes());
        connection
    }
}

/// A request with one message.
pub(crate) fn says(prompt: &str) -> Value {
    json!({"model": MODEL, "messages": [{"role": "user", "content": prompt}]})
}
