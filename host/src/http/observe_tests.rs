#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{get, post};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use tower_service::Service;

use super::*;
use crate::telemetry::{Outcome, Outlet, Record};

#[derive(Default)]
struct Kept(Mutex<Vec<Record>>);

impl Outlet for Kept {
    fn write(&self, record: &Record) {
        self.0.lock().unwrap().push(record.clone());
    }
}

fn routes(kept: &Arc<Kept>) -> Router {
    let stream = || async {
        let frames = stream::iter(["one", "two"]).map(|frame| Ok::<_, axum::Error>(Bytes::from(frame)));
        Body::from_stream(frames)
    };
    let telemetry = Telemetry::to(kept.clone());
    Router::new()
        .route("/whole/{*id}", get(|| async { "whole" }))
        .route("/empty", post(|| async { StatusCode::NO_CONTENT }))
        .route("/stream", get(stream))
        .layer(middleware::from_fn_with_state(telemetry, observe))
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

/// The record of a request whose body is read so many frames far.
async fn record(request: Request, frames: usize) -> Record {
    let kept = Arc::new(Kept::default());
    let mut body = routes(&kept).call(request).await.unwrap().into_body();
    for _ in 0..frames {
        let _ = body.frame().await;
    }
    drop(body);
    let mut records = kept.0.lock().unwrap();
    assert_eq!(records.len(), 1);
    records.remove(0)
}

#[tokio::test]
async fn an_answer_is_complete_when_its_last_frame_was_taken() {
    for (method, path, frames, outcome) in [
        ("GET", "/whole/a", 1, Outcome::Complete),
        ("GET", "/whole/a", 0, Outcome::ClientLeft),
        ("POST", "/empty", 0, Outcome::Complete),
        ("HEAD", "/whole/a", 0, Outcome::Complete),
        ("GET", "/stream", 3, Outcome::Complete),
        ("GET", "/stream", 2, Outcome::ClientLeft),
        ("GET", "/nowhere", 0, Outcome::Refused),
    ] {
        let record = record(request(method, path, &[]), frames).await;
        assert_eq!(record.outcome, outcome, "{method} {path} {frames}");
    }
}

#[tokio::test]
async fn the_path_is_the_routes_and_never_the_clients() {
    let route = |record: Record| record.route.map(|route| route.as_str().to_owned());
    assert_eq!(
        route(record(request("GET", "/whole/secret?a=secret", &[]), 1).await).unwrap(),
        "/whole/{*id}"
    );
    assert_eq!(route(record(request("GET", "/secret", &[]), 1).await), None);
    assert_eq!(record(request("SECRET", "/stream", &[]), 1).await.method, "_OTHER");
}

#[tokio::test]
async fn ids_of_the_client_are_kept_and_those_of_aws_go_before() {
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("x-request-id", "mine"), ("traceparent", traceparent)];
    let mut sent = request("GET", "/stream", &headers);
    let told = record(request("GET", "/stream", &headers), 3).await;
    assert_eq!(told.client_request.unwrap().as_str(), "mine");
    assert_eq!(told.trace.unwrap().as_str(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(told.invocation, None);

    let header = "Root=1-5f84c596-5c35bd4b6b3ce4f4d3d0b1a2;Parent=53995c3f42cd8ad8;Sampled=1";
    sent.extensions_mut().insert(Invocation::new("8476a536", Some(header)));
    let told = record(sent, 3).await;
    assert_eq!(told.trace.unwrap().as_str(), "1-5f84c596-5c35bd4b6b3ce4f4d3d0b1a2");
    assert_eq!(told.invocation.as_deref(), Some("8476a536"));

    let odd = [("x-client-request-id", "two words"), ("traceparent", "x")];
    let told = record(request("GET", "/stream", &odd), 3).await;
    assert_eq!((told.client_request, told.trace), (None, None));
}
