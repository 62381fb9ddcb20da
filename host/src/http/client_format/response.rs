//! What of a plugin's response reaches the client.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use bytes::Bytes;

use crate::error::Failure;
use crate::http::{answer, failure, status};
use crate::ids::RequestId;
use crate::pipeline::{HttpResponse, Speaker};

/// The headers that a plugin may set. They describe the body; all others are dropped, because they
/// frame a message, open a browser's doors, or send a client and its prompt elsewhere (`location`,
/// `alt-svc`).
const HEADERS: [HeaderName; 4] =
    [header::CACHE_CONTROL, header::CONTENT_LANGUAGE, header::CONTENT_TYPE, header::RETRY_AFTER];

/// Most headers of a response, dropped ones counted too, and most bytes of them.
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 16 << 10;

/// A response that is fit to be sent.
#[derive(Debug)]
pub(super) struct Checked {
    status: StatusCode,
    headers: HeaderMap,
    pub(super) body: Bytes,
}

/// Checks a response. A plugin that breaks a rule has broken the request with it.
pub(super) fn checked(speaker: &Speaker, response: HttpResponse) -> Result<Checked, Failure> {
    check(response).map_err(|how| speaker.broke(&how))
}

/// Checks a whole answer, and adds what every answer has.
pub(super) fn whole(
    speaker: &Speaker,
    id: &RequestId,
    response: HttpResponse,
    dropped: &[String],
) -> Result<Response<Body>, Failure> {
    let mut checked = checked(speaker, response)?;
    let body = Body::from(std::mem::take(&mut checked.body));
    Ok(checked.into_response(id, body, dropped))
}

fn check(response: HttpResponse) -> Result<Checked, String> {
    let HttpResponse { status, headers, body } = response;
    // 1xx are no answers, and a redirect would take the prompt to where the plugin says.
    let status = match status {
        200..300 | 400..600 => StatusCode::from_u16(status).map_err(|_| format!("its status is {status}"))?,
        _ => return Err(format!("its status is {status}: it has to be from 200 to 299 or from 400 to 599")),
    };
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(format!("its headers are {} with {bytes} bytes", headers.len()));
    }
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "a header has no valid name")?;
        let value =
            HeaderValue::from_str(&value).map_err(|_| format!("the header `{name}` has no valid value"))?;
        if HEADERS.contains(&name) {
            kept.insert(name, value);
        }
    }
    Ok(Checked { status, headers: kept, body })
}

impl Checked {
    /// What the body is said to be.
    pub(super) fn content_type(&self) -> &str {
        self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// With the headers that every answer has.
    pub(super) fn into_response(self, id: &RequestId, body: Body, dropped: &[String]) -> Response<Body> {
        let mut response = self.bare(body);
        answer::mark(id, dropped, response.headers_mut());
        response
    }

    /// With the headers that every failure has. It is never a success.
    pub(super) fn into_failure(mut self, id: &RequestId, failure: &Failure) -> Response<Body> {
        if !self.status.is_client_error() && !self.status.is_server_error() {
            self.status = status::of(failure.kind);
        }
        let body = Body::from(std::mem::take(&mut self.body));
        let mut response = self.bare(body);
        failure::mark(id, failure, response.headers_mut());
        response
    }

    fn bare(self, body: Body) -> Response<Body> {
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn response(status: u16, headers: &[(&str, &str)]) -> HttpResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        HttpResponse { status, headers, body: Bytes::new() }
    }

    #[test]
    fn refuses_a_status_that_is_no_answer_of_its_own() {
        for status in [0, 99, 100, 101, 199, 301, 307, 399, 600, 999, u16::MAX] {
            assert!(check(response(status, &[])).is_err(), "{status}");
        }
        for status in [200, 299, 400, 429, 599] {
            assert_eq!(check(response(status, &[])).unwrap().status, status);
        }
    }

    #[test]
    fn refuses_headers_that_end_a_line() {
        for (name, value) in [
            ("content-type", "text/plain\r\nset-cookie: a=b"),
            ("content-type", "text/plain\n"),
            ("content-type\r\nx: y", "z"),
            ("content type", "z"),
            ("", "z"),
            ("x-dropped-anyway", "a\0b"),
        ] {
            assert!(check(response(200, &[(name, value)])).is_err(), "{name:?}: {value:?}");
        }
        let many = vec![("x-a", "b"); MAX_HEADERS + 1];
        assert!(check(response(200, &many)).is_err());
        let long = "x".repeat(MAX_HEADER_BYTES);
        assert!(check(response(200, &[("content-type", &long)])).is_err());
    }

    #[test]
    fn keeps_what_describes_the_body_alone() {
        let headers = [
            ("Content-Type", "application/x-ndjson"),
            ("content-length", "1"),
            ("transfer-encoding", "chunked"),
            ("connection", "close"),
            ("set-cookie", "a=b"),
            ("location", "https://elsewhere.test/"),
            ("alt-svc", "h2=\"elsewhere.test:443\""),
            ("x-request-id", "forged"),
            ("x-adit-dropped", "forged"),
            ("x-accel-redirect", "/etc/passwd"),
        ];
        let checked = check(response(200, &headers)).unwrap();
        assert_eq!(checked.content_type(), "application/x-ndjson");
        assert_eq!(checked.headers.len(), 1);
    }

    #[test]
    fn a_failure_is_never_a_success() {
        let failure = Failure::new(crate::error::Kind::ModelNotFound, "no such model");
        let id = RequestId::parse("r").unwrap();
        for (written, sent) in [(200, 404), (204, 404), (400, 400), (503, 503)] {
            let checked = check(response(written, &[])).unwrap();
            assert_eq!(checked.into_failure(&id, &failure).status(), sent);
        }
    }
}
