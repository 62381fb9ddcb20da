//! An HTTP client that answers from memory and keeps what it was asked.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
#![cfg_attr(not(test), expect(dead_code, reason = "fuzz targets need less of it than tests"))]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use aws_config::retry::RetryConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame};

use super::sdk::quiet_streams;
use crate::aws::behavior;

#[derive(Debug, Clone, Default)]
pub(super) struct Canned(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    replies: VecDeque<Reply>,
    /// What comes of a request when no reply is left: it fails the test, if this is none.
    otherwise: Option<Reply>,
    requests: Vec<HttpRequest>,
}

/// What comes of a request.
#[derive(Debug, Clone)]
pub(super) enum Reply {
    Response(Response),
    /// No connection.
    Unreachable,
    /// Nothing, ever.
    Silence,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) pieces: Vec<Piece>,
}

/// A step of a body's arrival.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    Bytes(Bytes),
    /// Nothing for now.
    Pause,
    /// Nothing any more, and the end does not come either; the token lives as long as the body.
    Silence {
        _token: Arc<()>,
    },
}

impl Response {
    pub(super) fn json(status: u16, body: &str) -> Self {
        Self::new(status, &[("content-type", "application/json")], &[body.as_bytes()])
    }

    pub(super) fn stream(pieces: Vec<Piece>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/vnd.amazon.eventstream".to_owned())];
        Self { status: 200, headers, pieces }
    }

    pub(super) fn new(status: u16, headers: &[(&str, &str)], pieces: &[&[u8]]) -> Self {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let pieces = pieces.iter().map(|piece| Piece::Bytes(Bytes::copy_from_slice(piece))).collect();
        Self { status, headers, pieces }
    }
}

impl Canned {
    pub(super) fn new<R: Into<Reply>>(replies: impl IntoIterator<Item = R>) -> Self {
        let replies = replies.into_iter().map(Into::into).collect();
        Self(Arc::new(Mutex::new(State { replies, ..State::default() })))
    }

    /// Replaces the replies that are left; whatever is asked after this one is unreachable.
    #[cfg(feature = "fuzzing")]
    pub(super) fn will_reply(&self, reply: Reply) {
        let mut state = self.0.lock().unwrap();
        state.requests.clear();
        state.replies = [reply].into();
        state.otherwise = Some(Reply::Unreachable);
    }

    /// The SDK over this client, with no retries of its own.
    pub(super) fn sdk(&self, region: &str) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(behavior())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::from_keys("sim", "sim", None)))
            .http_client(SharedHttpClient::new(self.clone()))
            .retry_config(RetryConfig::disabled())
            .stalled_stream_protection(quiet_streams())
            .build()
    }

    /// The requests since somebody has looked.
    pub(super) fn requests(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut self.0.lock().unwrap().requests)
    }

    /// The regions of the requests since somebody has looked, by their hosts.
    pub(super) fn regions(&self) -> Vec<String> {
        let region = |request: &HttpRequest| {
            let host = request.uri().strip_prefix("https://bedrock").unwrap().to_owned();
            host.trim_start_matches("-runtime").split('.').nth(1).unwrap().to_owned()
        };
        self.requests().iter().map(region).collect()
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut state = self.0.lock().unwrap();
        state.requests.push(request);
        let reply = state.replies.pop_front().or_else(|| state.otherwise.clone());
        let response = match reply.unwrap() {
            Reply::Response(response) => response,
            Reply::Unreachable => {
                return HttpConnectorFuture::ready(Err(ConnectorError::io("connection refused".into())));
            }
            Reply::Silence => return HttpConnectorFuture::new(std::future::pending()),
        };
        let body = SdkBody::from_body_1_x(Arrival(response.pieces.into()));
        let mut answer = HttpResponse::new(response.status.try_into().unwrap(), body);
        for (name, value) in response.headers {
            answer.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl HttpClient for Canned {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

struct Arrival(VecDeque<Piece>);

impl Body for Arrival {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.pop_front() {
            None => Poll::Ready(None),
            Some(Piece::Bytes(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Piece::Pause) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Some(silence @ Piece::Silence { .. }) => {
                self.0.push_front(silence);
                Poll::Pending
            }
        }
    }
}
