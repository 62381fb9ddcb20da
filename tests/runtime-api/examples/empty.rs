//! A function that does next to nothing, on AWS's own runtime client.
//!
//! It is what the emulator is tested with, and the floor of what a cold start costs. What it answers is named by the
//! path:
//!
//! * `/echo`: what it got, as JSON.
//! * `/stream`: three chunks.
//! * `/endless`: chunks of 64 KiB until somebody stops it.
//! * `/broken`: a chunk, then an error in the body.
//! * `/stuck`: a chunk, then nothing.
//! * `/error`: an error instead of an answer.
//! * `/exit`: the process ends.

use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt as _};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use lambda_http::request::RequestContext;
use lambda_http::{Error, Request, RequestExt as _, Response, run_with_streaming_response, service_fn};

type Body = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Error>>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run_with_streaming_response(service_fn(answer)).await
}

async fn answer(request: Request) -> Result<Response<Body>, Error> {
    let response = Response::builder().header("content-type", "text/plain").header("set-cookie", "a=b");
    let said = |text: &str| Ok(Frame::data(Bytes::from(text.to_owned())));
    let frames = match request.raw_http_path() {
        "/stream" => stream::iter(["one", "two", "three"].map(said)).boxed(),
        "/endless" => stream::repeat_with(|| Ok(Frame::data(Bytes::from(vec![b'x'; 1 << 16])))).boxed(),
        "/broken" => stream::iter([said("one"), Err(Error::from("a secret reason"))]).boxed(),
        "/stuck" => stream::iter([said("one")]).chain(stream::pending()).boxed(),
        "/error" => return Err(Error::from("a reason")),
        "/exit" => std::process::exit(7),
        _ => stream::iter([said(&echo(&request).to_string())]).boxed(),
    };
    Ok(response.status(207).body(StreamBody::new(frames))?)
}

fn echo(request: &Request) -> serde_json::Value {
    let caller = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context
            .authorizer
            .as_ref()
            .and_then(|authorizer| authorizer.iam.as_ref())
            .and_then(|iam| iam.user_arn.clone()),
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.user_arn.clone(),
        _ => None,
    };
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let remaining = request.lambda_context().deadline();
    serde_json::json!({
        "method": request.method().as_str(),
        "path": request.raw_http_path(),
        "uri": request.uri().path(),
        "query": request.uri().query(),
        "header": header("x-test"),
        "cookie": header("cookie"),
        "body": String::from_utf8_lossy(request.body()),
        "caller": caller,
        "deadline": remaining.duration_since(std::time::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs() > 0,
    })
}
