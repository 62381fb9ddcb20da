//! The paths below `/_sim`: what was received, and which script runs.

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde_json::json;

use crate::delivery::{Body, whole};
use crate::route::{Introspection, parameter};
use crate::script::Script;
use crate::service::Service;

pub(crate) async fn answer(
    service: &Service,
    what: Introspection,
    query: Option<&str>,
    body: &Bytes,
) -> Response<Body> {
    match what {
        Introspection::Requests | Introspection::LastRequest => {
            if parameter(query, "settled").as_deref() == Some("true") {
                service.journal.settled().await;
            }
            if what == Introspection::Requests {
                return reply(StatusCode::OK, &service.journal.records());
            }
            match service.journal.last() {
                Some(record) => reply(StatusCode::OK, &record),
                None => reply(StatusCode::NOT_FOUND, &json!({"message": "no request so far"})),
            }
        }
        Introspection::ClearRequests => {
            service.journal.clear();
            reply(StatusCode::OK, &json!({}))
        }
        Introspection::SetScript => match Script::parse(&String::from_utf8_lossy(body)) {
            Ok(script) => {
                service.set_script(script);
                reply(StatusCode::OK, &json!({}))
            }
            Err(error) => reply(StatusCode::BAD_REQUEST, &json!({"message": error.to_string()})),
        },
        Introspection::ClearScript => {
            service.clear_script();
            reply(StatusCode::OK, &json!({}))
        }
    }
}

fn reply(status: StatusCode, body: &impl serde::Serialize) -> Response<Body> {
    let body = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(whole(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
