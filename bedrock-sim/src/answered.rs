//! What goes back to the client: an answer or an error, each in the words of the endpoint that was asked.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::Response;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING};
use serde_json::Value;

use crate::delivery::{Body, Delivery, whole};
use crate::error::ServiceError;
use crate::journal::{Outcome, Ticket};
use crate::script::Raw;

/// The content type of every whole answer.
pub(crate) const JSON: &str = "application/json";

/// An answer that is not an error.
#[derive(Debug)]
pub(crate) struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Whole(Bytes),
    Delivered(Delivery),
}

/// An error answer and whose fault it is.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    pub(crate) outcome: Outcome,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Answered {
    pub(crate) fn json(body: &Value) -> Self {
        Self { status: 200, headers: content_type(JSON), content: Content::Whole(body.to_string().into()) }
    }

    pub(crate) fn delivery(kind: &str, delivery: Delivery) -> Self {
        Self { status: 200, headers: content_type(kind), content: Content::Delivered(delivery) }
    }

    /// A recorded answer, whole or in the writes of a delivery.
    pub(crate) fn raw(raw: &Raw, kind: &str, delivery: Option<Delivery>) -> Self {
        let mut headers = content_type(kind);
        headers.extend(raw.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        // How the body is framed is the server's own business.
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            headers.remove(name.as_str());
        }
        let content = delivery.map_or_else(|| Content::Whole(raw.body.clone()), Content::Delivered);
        Self { status: raw.status.unwrap_or(200), headers, content }
    }

    pub(crate) fn with_header(mut self, name: &str, value: String) -> Self {
        self.headers.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn response(mut self, mut ticket: Ticket) -> Response<Body> {
        ticket.status(self.status);
        self.headers.entry("x-amzn-requestid".to_owned()).or_insert_with(|| request_id(ticket.number()));
        let body = match self.content {
            Content::Whole(bytes) => {
                ticket.finish(Outcome::Complete);
                whole(bytes)
            }
            Content::Delivered(delivery) => delivery.body(ticket),
        };
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response
            .body(body)
            .unwrap_or_else(|error| Refused::from(ServiceError::internal(error.to_string())).response(0))
    }
}

impl Refused {
    /// `retry_after` is in seconds.
    pub(crate) fn new(status: u16, body: Value, retry_after: Option<u64>) -> Self {
        let mut headers = content_type(JSON);
        let seconds = retry_after.map(|seconds| (RETRY_AFTER.as_str().to_owned(), seconds.to_string()));
        headers.extend(seconds);
        Self { status, outcome: Outcome::Refused, headers, body }
    }

    /// The same error, but because a script wanted it.
    pub(crate) fn scripted(self) -> Self {
        Self { outcome: Outcome::Fault, ..self }
    }

    pub(crate) fn response(self, n: u64) -> Response<Body> {
        let mut response = Response::new(whole(self.body.to_string().into()));
        *response.status_mut() = self.status.try_into().unwrap_or_default();
        let id = ("x-amzn-requestid".to_owned(), request_id(n));
        for (name, value) in self.headers.into_iter().chain([id]) {
            if let (Ok(name), Ok(value)) = (name.parse::<hyper::header::HeaderName>(), value.try_into()) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

impl From<ServiceError> for Refused {
    fn from(error: ServiceError) -> Self {
        let mut refused = Self::new(error.status, error.body(), error.retry_after);
        refused.headers.insert("x-amzn-errortype".to_owned(), error.header());
        refused
    }
}

fn content_type(kind: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(CONTENT_TYPE.as_str().to_owned(), kind.to_owned())])
}

/// Looks like the service's; the last part is the request's number.
fn request_id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}
