//! A client of the protocol.

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Stream};

/// The last revision with sessions.
pub(super) const OLD: &str = "2025-11-25";

/// The first one without.
pub(super) const NEW: &str = "2026-07-28";

/// What a client of the older era says first.
pub(super) fn initialize() -> Value {
    let params = json!({
        "protocolVersion": OLD,
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    });
    json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})
}

/// A client that has shaken hands, or one that need not.
pub(super) struct Client<'k, 's> {
    pub(super) key: &'k Key<'s>,
    /// The session, in the older era.
    pub(super) session: Option<String>,
}

impl<'k, 's> Client<'k, 's> {
    /// One of the older era, with a session.
    pub(super) fn old(key: &'k Key<'s>) -> Self {
        let answer = key.post_to("/mcp", &ACCEPT, &initialize());
        let session = answer.header("mcp-session-id").map(ToOwned::to_owned);
        let client = Self { key, session };
        assert_eq!(message(&answer)["result"]["protocolVersion"], OLD);
        assert!(client.session.as_ref().is_some_and(|id| id.len() == 32), "{}", answer.text());
        let initialized = client.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        assert_eq!((initialized.status, initialized.text()), (202, ""));
        client
    }

    /// One of the newer era.
    pub(super) fn new(key: &'k Key<'s>) -> Self {
        Self { key, session: None }
    }

    /// One of each.
    pub(super) fn both(key: &'k Key<'s>) -> [Self; 2] {
        [Self::old(key), Self::new(key)]
    }

    /// Calls a method, and reads the result.
    pub(super) fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.request(method, params);
        let message = message(&answer);
        assert_eq!(answer.status, 200, "{message}");
        assert!(message["error"].is_null(), "{message}");
        message["result"].clone()
    }

    /// Calls a method that fails, and reads the error.
    pub(super) fn fail(&self, method: &str, params: Value) -> Value {
        message(&self.request(method, params))["error"].clone()
    }

    /// Calls a tool, and reads its result.
    pub(super) fn tool(&self, name: &str, arguments: &Value) -> Value {
        self.call("tools/call", json!({"name": name, "arguments": arguments}))
    }

    /// Calls a tool that fails, and reads what it says to the model.
    pub(super) fn tool_failure(&self, name: &str, arguments: &Value) -> String {
        let result = self.tool(name, arguments);
        assert_eq!(result["isError"], true, "{result}");
        text(&result)
    }

    /// Calls a method.
    pub(super) fn request(&self, method: &str, params: Value) -> Answer {
        let (headers, body) = self.written(method, params);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.key.post_to("/mcp", &headers, &body)
    }

    /// Calls a method, and waits for the head of the answer.
    pub(super) fn stream(&self, method: &str, params: Value) -> Stream {
        let (headers, body) = self.written(method, params);
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.key.post_for_stream_to("/mcp", &headers, &body)
    }

    /// The headers and the body of a request.
    pub(super) fn written(&self, method: &str, mut params: Value) -> (Vec<(&'static str, String)>, Value) {
        let mut headers: Vec<(&'static str, String)> =
            ACCEPT.map(|(name, value)| (name, value.to_owned())).into();
        if let Some(session) = &self.session {
            headers.push(("mcp-session-id", session.clone()));
            headers.push(("mcp-protocol-version", OLD.to_owned()));
        } else {
            headers.push(("mcp-protocol-version", NEW.to_owned()));
            headers.push(("mcp-method", method.to_owned()));
            if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
                headers.push(("mcp-name", name.to_owned()));
            }
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!(NEW);
            meta["io.modelcontextprotocol/clientInfo"] = json!({"name": "test", "version": "1"});
            meta["io.modelcontextprotocol/clientCapabilities"] = json!({});
        }
        (headers, json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}))
    }

    /// Sends a message as it is.
    pub(super) fn post(&self, message: &Value) -> Answer {
        let mut headers = ACCEPT.to_vec();
        headers.extend(self.session.as_deref().map(|session| ("mcp-session-id", session)));
        self.key.post_to("/mcp", &headers, message)
    }
}

/// What every client takes.
pub(super) const ACCEPT: [(&str, &str); 1] = [("accept", "application/json, text/event-stream")];

/// All messages of an answer.
pub(super) fn messages(answer: &Answer) -> Vec<Value> {
    if !answer.is_stream() {
        return vec![answer.json()];
    }
    let data = answer.text().lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter(|json| !json.is_empty()).map(|json| serde_json::from_str(json).unwrap()).collect()
}

/// The last message of an answer: the result, or the error.
pub(super) fn message(answer: &Answer) -> Value {
    messages(answer).pop().unwrap_or_else(|| panic!("no message: {}", answer.text()))
}

/// The first text of a tool's result.
pub(super) fn text(result: &Value) -> String {
    result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {result}")).to_owned()
}
