//! What of a request a plugin reads.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use bytes::Bytes;

use crate::pipeline::HttpRequest;

/// The headers that a plugin may read: they describe the body, who reads the answer, and the version
/// of the format. A list of what is allowed, because credentials travel under any name
/// (`authorization`, `cookie`, `x-api-key`, `x-goog-api-key`, `x-amz-security-token`).
const HEADERS: [&str; 6] =
    ["accept", "accept-language", "anthropic-beta", "anthropic-version", "content-type", "user-agent"];

/// The request as the plugin reads it.
pub(super) fn of(parts: &Parts, body: Bytes) -> HttpRequest {
    HttpRequest {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers(&parts.headers),
        body,
    }
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let allowed = headers.iter().filter(|(name, _)| HEADERS.contains(&name.as_str()));
    let text =
        allowed.filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    text.collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use axum::body::Body;
    use axum::http::Request;

    use super::*;

    #[test]
    fn a_plugin_reads_no_credential() {
        let credentials = [
            "authorization",
            "cookie",
            "proxy-authorization",
            "x-api-key",
            "x-goog-api-key",
            "x-amz-security-token",
            "x-amzn-oidc-data",
        ];
        let mut request = Request::post("/api/chat?a=b").header("content-type", "application/json");
        for name in credentials {
            request = request.header(name, "secret");
        }
        let (parts, _) = request.body(Body::empty()).unwrap().into_parts();
        let read = of(&parts, Bytes::from_static(b"{}"));
        assert_eq!((read.path.as_str(), read.query.as_str()), ("/api/chat", "a=b"));
        assert_eq!(read.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }
}
