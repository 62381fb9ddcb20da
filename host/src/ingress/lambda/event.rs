//! Events become requests.

use axum::body::Body;
use axum::http::{HeaderMap, Request, uri::PathAndQuery};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use lambda_http::aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use lambda_http::request::LambdaRequest;

use crate::http::AwsCaller;

/// The two forms in which requests come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A Function URL (payload format 2.0).
    FunctionUrl,
    /// A REST API (payload format 1.0).
    RestApi,
}

/// A request, and how it came.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request: Request<Body>,
    pub(super) shape: Shape,
}

/// Why an event is no request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the event is of no Function URL and of no REST API: {0}")]
    Unknown(serde_json::Error),
    #[error("the path or the query of the event is none")]
    Path,
    #[error("the body of the event is not base64, as it says that it is")]
    Body,
}

/// Reads an event.
pub(super) fn read(event: &[u8]) -> Result<Event, Unreadable> {
    let function_url = |event| serde_json::from_slice::<ApiGatewayV2httpRequest>(event);
    match function_url(event) {
        Ok(event) => of_function_url(event),
        Err(reason) => match serde_json::from_slice::<ApiGatewayProxyRequest>(event) {
            Ok(event) => of_rest_api(event),
            Err(_) => Err(Unreadable::Unknown(reason)),
        },
    }
}

fn of_function_url(mut event: ApiGatewayV2httpRequest) -> Result<Event, Unreadable> {
    let stage = event.request_context.stage.take();
    let path = without_stage(event.raw_path.as_deref(), stage.as_deref());
    check(&path, event.raw_query_string.as_deref())?;
    event.raw_path = Some(path);
    let authorizer = event.request_context.authorizer.take();
    let caller = authorizer.and_then(|authorizer| authorizer.iam).and_then(|iam| iam.user_arn);
    let body = body(event.body.take(), event.is_base64_encoded)?;
    let headers = std::mem::take(&mut event.headers);
    event.request_context.domain_name = None;
    let request = LambdaRequest::ApiGatewayV2(event).into();
    Ok(Event { request: finished(request, headers, body, caller), shape: Shape::FunctionUrl })
}

fn of_rest_api(mut event: ApiGatewayProxyRequest) -> Result<Event, Unreadable> {
    let stage = event.request_context.stage.take();
    let path = without_stage(event.path.as_deref(), stage.as_deref());
    check(&path, None)?;
    event.path = Some(path);
    let caller = event.request_context.identity.user_arn.take();
    let body = body(event.body.take(), event.is_base64_encoded)?;
    let one_of_each = std::mem::take(&mut event.headers);
    let all = std::mem::take(&mut event.multi_value_headers);
    let headers = if all.is_empty() { one_of_each } else { all };
    event.request_context.domain_name = None;
    let request = LambdaRequest::ApiGatewayV1(event).into();
    Ok(Event { request: finished(request, headers, body, caller), shape: Shape::RestApi })
}

/// A request that was made without its headers and its body, with them. A host or a scheme that a client has
/// thought up is never read as a URL.
fn finished(
    request: Request<lambda_http::Body>,
    headers: HeaderMap,
    body: Bytes,
    caller: Option<String>,
) -> Request<Body> {
    let (mut parts, _) = request.into_parts();
    // What was made of the event itself, such as its cookies.
    let made = std::mem::replace(&mut parts.headers, headers);
    parts.headers.extend(made);
    // Nothing that follows asks for AWS's own words.
    parts.extensions.clear();
    if let Some(arn) = caller.filter(|arn| !arn.is_empty()) {
        parts.extensions.insert(AwsCaller::authenticated(arn));
    }
    Request::from_parts(parts, Body::from(body))
}

/// The path as the client knows it. Whether the stage stands in it depends on how the API was called.
fn without_stage(path: Option<&str>, stage: Option<&str>) -> String {
    let path = path.unwrap_or("/");
    let rest = stage
        .and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'));
    match rest {
        Some("") => "/".to_owned(),
        Some(rest) => rest.to_owned(),
        None => path.to_owned(),
    }
}

/// Refuses what cannot stand in a request.
fn check(path: &str, query: Option<&str>) -> Result<(), Unreadable> {
    let query_is_one = query.is_none_or(|query| PathAndQuery::try_from(format!("/?{query}")).is_ok());
    if path.starts_with('/') && query_is_one { Ok(()) } else { Err(Unreadable::Path) }
}

fn body(text: Option<String>, is_base64: bool) -> Result<Bytes, Unreadable> {
    match text {
        None => Ok(Bytes::new()),
        Some(text) if is_base64 => STANDARD.decode(text).map(Bytes::from).map_err(|_| Unreadable::Body),
        Some(text) => Ok(Bytes::from(text)),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use serde_json::{Value, json};

    use super::*;

    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/app/i-0abc";

    /// An event of a REST API; AWS sends each header twice.
    fn rest(path: &str) -> Value {
        json!({
            "resource": "/{proxy+}", "path": path, "httpMethod": "POST",
            "headers": {"Host": "x.execute-api.us-east-1.amazonaws.com", "X-Tag": "b"},
            "multiValueHeaders": {"Host": ["x.execute-api.us-east-1.amazonaws.com"], "X-Tag": ["a", "b"]},
            "queryStringParameters": null, "multiValueQueryStringParameters": null,
            "pathParameters": {"proxy": "v1/models"}, "stageVariables": null,
            "requestContext": {
                "resourceId": "r", "resourcePath": "/{proxy+}", "httpMethod": "POST", "path": format!("/dev{path}"),
                "accountId": "123456789012", "protocol": "HTTP/1.1", "stage": "dev", "domainPrefix": "x",
                "requestTimeEpoch": 1, "requestId": "r", "apiId": "x",
                "domainName": "x.execute-api.us-east-1.amazonaws.com",
                "identity": {"sourceIp": "192.0.2.1", "userArn": null, "userAgent": "t"},
            },
            "body": null, "isBase64Encoded": false,
        })
    }

    /// An event of a Function URL.
    fn url(path: &str) -> Value {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": {"host": "abc.lambda-url.us-east-1.on.aws", "x-forwarded-proto": "https"},
            "requestContext": {
                "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.us-east-1.on.aws",
                "domainPrefix": "abc", "requestId": "r", "routeKey": "$default", "stage": "$default",
                "time": "23/Nov/2026:00:00:00 +0000", "timeEpoch": 1,
                "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            },
            "isBase64Encoded": false,
        })
    }

    fn event(event: &Value) -> Result<Event, Unreadable> {
        read(event.to_string().as_bytes())
    }

    async fn body(event: Event) -> Bytes {
        axum::body::to_bytes(event.request.into_body(), 1 << 20).await.unwrap()
    }

    #[tokio::test]
    async fn both_events_become_the_same_request() {
        for (mut made, shape) in
            [(url("/v1/models"), Shape::FunctionUrl), (rest("/v1/models"), Shape::RestApi)]
        {
            made["body"] = "{\"a\":1}".into();
            let read = event(&made).unwrap();
            assert_eq!((read.shape, read.request.method().as_str()), (shape, "POST"));
            assert_eq!(read.request.uri().path(), "/v1/models");
            assert!(read.request.headers().contains_key("host"));
            assert!(read.request.extensions().get::<AwsCaller>().is_none());
            assert_eq!(&body(read).await[..], b"{\"a\":1}");
        }
    }

    #[test]
    fn a_stage_in_the_path_is_no_part_of_the_route() {
        for (path, expected) in [
            ("/dev/v1/models", "/v1/models"),
            ("/v1/models", "/v1/models"),
            ("/dev", "/"),
            ("/develop", "/develop"),
            ("/", "/"),
        ] {
            assert_eq!(event(&rest(path)).unwrap().request.uri().path(), expected);
            let mut made = url(path);
            made["requestContext"]["stage"] = "dev".into();
            assert_eq!(event(&made).unwrap().request.uri().path(), expected);
        }
    }

    #[test]
    fn queries_headers_and_cookies_keep_all_their_values() {
        let mut made = rest("/v1/usage");
        made["multiValueQueryStringParameters"] = json!({"by": ["key", "mo del"]});
        made["queryStringParameters"] = json!({"by": "mo del"});
        let read = event(&made).unwrap().request;
        let query: Vec<_> = url::form_urlencoded::parse(read.uri().query().unwrap().as_bytes()).collect();
        assert_eq!(query, [("by".into(), "key".into()), ("by".into(), "mo del".into())]);
        let tags: Vec<_> = read.headers().get_all("x-tag").iter().collect();
        assert_eq!(tags, ["a", "b"], "and none of them twice");

        let mut made = url("/v1/usage");
        made["rawQueryString"] = "by=key&by=mo+del%2F".into();
        made["cookies"] = json!(["a=1", "b=2"]);
        let read = event(&made).unwrap().request;
        assert_eq!(read.uri().query(), Some("by=key&by=mo+del%2F"));
        assert_eq!(read.headers()["cookie"], "a=1; b=2");
    }

    #[tokio::test]
    async fn a_body_in_base64_is_bytes() {
        for mut made in [url("/"), rest("/")] {
            made["isBase64Encoded"] = true.into();
            made["body"] = "AP+A".into();
            assert_eq!(&body(event(&made).unwrap()).await[..], [0, 255, 128]);
            made["body"] = "AP+".into();
            assert!(matches!(event(&made), Err(Unreadable::Body)));
        }
    }

    #[test]
    fn whom_aws_has_authenticated_comes_from_the_context_and_from_no_header() {
        let mut of_url = url("/");
        of_url["requestContext"]["authorizer"] = json!({"iam": {
            "accessKey": "AKIA", "accountId": "1", "callerId": "c", "cognitoIdentity": null,
            "principalOrgId": "o", "userArn": ARN, "userId": "u",
        }});
        let mut of_rest = rest("/");
        of_rest["requestContext"]["identity"]["userArn"] = ARN.into();
        for made in [of_url, of_rest] {
            let caller = event(&made).unwrap().request.extensions().get::<AwsCaller>().cloned();
            assert_eq!(caller, Some(AwsCaller::authenticated(ARN)));
        }
        for mut made in [url("/"), rest("/")] {
            made["headers"]["x-amzn-request-context"] = ARN.into();
            made["userArn"] = ARN.into();
            assert_eq!(event(&made).unwrap().request.extensions().get::<AwsCaller>(), None);
        }
    }

    #[test]
    fn nothing_that_a_client_thinks_up_keeps_an_event_from_being_read() {
        let mut made = url("/");
        made["headers"] = json!({"host": "a b:%", "x-forwarded-proto": "ht tp://"});
        assert_eq!(event(&made).unwrap().request.uri().path(), "/");
        made["rawQueryString"] = "a=\u{7f} b".into();
        assert!(matches!(event(&made), Err(Unreadable::Path)));
        for path in ["", "v1", "//", "/\u{e9}/../x", "/%ff"] {
            let _ = event(&url(path));
            let _ = event(&rest(path));
        }
        assert!(matches!(read(b"{}"), Err(Unreadable::Unknown(_))));
        assert!(matches!(read(b"x"), Err(Unreadable::Unknown(_))));
    }
}
