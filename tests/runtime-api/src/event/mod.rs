//! A client's request as the event that a function gets.

mod rest;
mod url;

use std::net::SocketAddr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::function::{Front, Identity};

/// The account that everything belongs to.
pub(crate) const ACCOUNT: &str = "123456789012";

/// A request that has arrived whole.
pub(crate) struct Arrived<'r> {
    /// Its number at AWS.
    pub(crate) id: &'r str,
    /// When.
    pub(crate) time: Timestamp,
    /// From where.
    pub(crate) source: SocketAddr,
    /// Whom AWS has authenticated.
    pub(crate) identity: Option<&'r Identity>,
    pub(crate) parts: &'r Parts,
    pub(crate) body: &'r Bytes,
}

/// There is nothing at this path, so that no function is asked.
pub(crate) struct NoSuchPath;

/// The event.
pub(crate) fn of(arrived: &Arrived<'_>, front: &Front) -> Result<Value, NoSuchPath> {
    match front {
        Front::Url => Ok(url::event(arrived)),
        Front::Rest { stage } => rest::event(arrived, stage).ok_or(NoSuchPath),
    }
}

impl Arrived<'_> {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// `12/Mar/2020:19:03:58 +0000`
    fn time_of_day(&self) -> String {
        self.time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string()
    }

    /// The body as it stands in an event, and whether it is base64 there.
    fn body(&self, is_text: bool) -> (Value, bool) {
        match std::str::from_utf8(self.body) {
            Ok("") => (Value::Null, false),
            Ok(text) if is_text => (text.into(), false),
            _ => (BASE64_STANDARD.encode(self.body).into(), true),
        }
    }

    /// The headers in which AWS says where the request came from.
    fn added_headers(&self) -> [(&'static str, String); 4] {
        [
            ("x-forwarded-for", self.source.ip().to_string()),
            ("x-forwarded-port", "443".to_owned()),
            ("x-forwarded-proto", "https".to_owned()),
            ("x-amzn-trace-id", trace(self.id)),
        ]
    }
}

/// The trace that a request belongs to: as an id of X-Ray, made of the request's own.
pub(crate) fn trace(id: &str) -> String {
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).collect();
    let (first, rest) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    format!("Root=1-{first}-{rest};Sampled=0")
}

/// All headers, those that are there more than once joined.
fn joined(headers: &HeaderMap) -> Map<String, Value> {
    let value = |name| {
        let values: Vec<_> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        values.join(",")
    };
    headers.keys().map(|name| (name.as_str().to_owned(), value(name).into())).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use serde_json::json;

    use super::*;

    /// The event of a request.
    pub(crate) fn event_of(
        front: &Front,
        identity: Option<&Identity>,
        request: http::Request<&str>,
    ) -> Value {
        let (parts, body) = request.into_parts();
        let body = Bytes::copy_from_slice(body.as_bytes());
        let source = "203.0.113.7:4711".parse().unwrap();
        let arrived = Arrived {
            id: "8f507cfc-0000-4000-8000-000000000001",
            time: "2026-03-12T19:03:58Z".parse().unwrap(),
            source,
            identity,
            parts: &parts,
            body: &body,
        };
        of(&arrived, front).ok().unwrap()
    }

    #[test]
    fn a_trace_is_written_as_x_ray_does() {
        assert_eq!(
            trace("8f507cfc-0000-4000-8000-000000000001"),
            "Root=1-8f507cfc-000040008000000000000001;Sampled=0"
        );
    }

    #[test]
    fn bytes_that_are_no_text_become_base64() {
        let parts = http::Request::new(()).into_parts().0;
        let source = "127.0.0.1:1".parse().unwrap();
        for (body, is_text, expected) in [
            (b"\xff".as_slice(), true, (json!("/w=="), true)),
            (b"a", false, (json!("YQ=="), true)),
            (b"a", true, (json!("a"), false)),
            (b"", true, (Value::Null, false)),
        ] {
            let (time, bytes) = (Timestamp::UNIX_EPOCH, Bytes::from_static(body));
            let arrived = Arrived { id: "", time, source, identity: None, parts: &parts, body: &bytes };
            assert_eq!(arrived.body(is_text), expected, "{body:?}");
        }
    }
}
