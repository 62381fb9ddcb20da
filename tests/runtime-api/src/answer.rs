//! What a client gets.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use crate::event;
use crate::function::Front;
use crate::invocation::Cut;
use crate::prelude::Prelude;

/// A body that may end before it is complete.
pub(crate) type Body = UnsyncBoxBody<Bytes, Cut>;

/// Why a function has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It failed, was killed, or answered something that is none of HTTP.
    Function,
    /// No environment is free, and there may not be one more.
    Throttled,
    /// The request is larger than an event may be.
    TooLarge,
    /// The path is not below the stage.
    NoSuchPath,
}

impl Failure {
    /// What AWS answers in the function's place.
    pub(crate) fn response(self, front: &Front) -> Response<Body> {
        let rest = matches!(front, Front::Rest { .. });
        let (status, text) = match self {
            Self::Function if rest => (StatusCode::BAD_GATEWAY, r#"{"message": "Internal server error"}"#),
            Self::Function => (StatusCode::BAD_GATEWAY, "Internal Server Error"),
            Self::Throttled if rest => (StatusCode::TOO_MANY_REQUESTS, r#"{"message":"Too Many Requests"}"#),
            Self::Throttled => (
                StatusCode::TOO_MANY_REQUESTS,
                r#"{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#,
            ),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, r#"{"message":"Request Too Long"}"#),
            Self::NoSuchPath => (StatusCode::FORBIDDEN, r#"{"message":"Missing Authentication Token"}"#),
        };
        let mut response = Response::new(whole(text));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

/// A body in one piece.
pub(crate) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// The response that a function has given in one piece, as JSON.
pub(crate) fn buffered(payload: &[u8], front: &Front) -> Result<Response<Body>, String> {
    let mut payload: Value = serde_json::from_slice(payload).map_err(|fault| fault.to_string())?;
    let members = payload.as_object_mut();
    let Some(members) = members.filter(|members| members.contains_key("statusCode")) else {
        // A Function URL takes any JSON for a body. API Gateway does not.
        return match front {
            Front::Url => Ok(json(payload.to_string())),
            Front::Rest { .. } => Err("there is no `statusCode`".to_owned()),
        };
    };
    let body = members.remove("body").unwrap_or_default();
    let is_base64 = members.remove("isBase64Encoded").is_some_and(|flag| flag == Value::Bool(true));
    let body = match body {
        Value::Null => Bytes::new(),
        Value::String(text) if is_base64 => {
            BASE64_STANDARD.decode(text).map_err(|fault| fault.to_string())?.into()
        }
        Value::String(text) => text.into(),
        _ => return Err("`body` is no text".to_owned()),
    };
    members.retain(|_, value| !value.is_null());
    let prelude: Prelude = serde_json::from_value(payload).map_err(|fault| fault.to_string())?;
    Ok(Response::from_parts(prelude.into_parts()?, whole(body)))
}

fn json(text: String) -> Response<Body> {
    let mut response = Response::new(whole(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Changes the head of a function's response as AWS does on its way to the client.
pub(crate) fn dress(response: &mut Response<Body>, id: &str, front: &Front) {
    const OF_THE_CONNECTION: [&str; 6] =
        ["connection", "content-length", "date", "server", "transfer-encoding", "www-authenticate"];
    let headers = response.headers_mut();
    for name in OF_THE_CONNECTION {
        // A Function URL lets this one pass.
        if name == "www-authenticate" && *front == Front::Url {
            continue;
        }
        if let Some(value) = headers.remove(name) {
            let remapped = header::HeaderName::try_from(format!("x-amzn-remapped-{name}"));
            if let Ok(remapped) = remapped {
                headers.insert(remapped, value);
            }
        }
    }
    for (name, value) in [("x-amzn-requestid", id), ("x-amzn-trace-id", &event::trace(id))] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    fn rest() -> Front {
        Front::Rest { stage: "dev".to_owned() }
    }

    #[tokio::test]
    async fn a_buffered_response_is_read_as_http() {
        let payload = br#"{"statusCode":418,"headers":{"a":"b"},"multiValueHeaders":{"c":["d","e"]},
            "body":"YQ==","isBase64Encoded":true}"#;
        let response = buffered(payload, &rest()).unwrap();
        assert_eq!(response.status(), 418);
        assert_eq!(response.headers()["a"], "b");
        assert_eq!(response.headers().get_all("c").iter().count(), 2);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "a");
    }

    #[tokio::test]
    async fn other_json_is_a_body_behind_a_function_url_alone() {
        let response = buffered(br#"{"a":1}"#, &Front::Url).unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), r#"{"a":1}"#);
        assert!(buffered(br#"{"a":1}"#, &rest()).is_err());
    }

    #[test]
    fn headers_of_the_connection_are_renamed() {
        let mut response = Response::new(whole(""));
        for name in ["content-length", "www-authenticate", "x-other"] {
            response.headers_mut().insert(name, HeaderValue::from_static("1"));
        }
        dress(&mut response, "id", &rest());
        let mut names: Vec<_> = response.headers().keys().map(header::HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "x-amzn-remapped-content-length",
                "x-amzn-remapped-www-authenticate",
                "x-amzn-requestid",
                "x-amzn-trace-id",
                "x-other"
            ]
        );
    }
}
