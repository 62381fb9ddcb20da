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
