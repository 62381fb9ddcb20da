//! Requests to hosts that the operator allows. Needs a grant such as `http=api.example.com`.
//!
//! A request that the plugin serves has 2 calls, 256 KiB each way and 2 s for both. There are none
//! before the session begins.

use crate::host::http as host;

pub use crate::bindings::plain::adit::plugin::http::{Fault, Header, Request, Response};

/// Sends a request and waits for the whole answer. Follows no redirect.
pub fn send(request: &Request) -> Result<Response, Fault> {
    host::send(request)
}

impl Request {
    /// A request without headers and body, which may take as long as there is time.
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self { method: method.into(), url: url.into(), headers: Vec::new(), body: Vec::new(), timeout_ms: 0 }
    }

    /// `GET`
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// `POST`
    pub fn post(url: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::new("POST", url) }
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(Header { name: name.into(), value: value.into() });
        self
    }

    /// Gives up after so many milliseconds.
    #[must_use]
    pub fn timeout_ms(mut self, timeout_ms: u32) -> Self {
        self.timeout_ms = timeout_ms;
        self
    }
}

impl Response {
    /// A plain answer, for tests.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The value of the first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}
