#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod wire;

use std::convert::Infallible;
use std::io;
use std::sync::Mutex;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::http::Response;
use axum::middleware::map_response;
use axum::routing::{any, get};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::error::Kind;
use crate::telemetry::{Arrival, Outcome, Outlet, Record, Telemetry};
use wire::{FakeApi, Journal, Posted};

/// Routes, and a note of what was settled.
struct Fixture {
    routes: Mutex<Result<Router, Failure>>,
    journal: Journal,
}

impl Fixture {
    fn new(routes: Router) -> Self {
        Self { routes: Mutex::new(Ok(http::safeguarded(routes))), journal: Journal::default() }
    }
}

impl Function for Fixture {
    async fn routes(&self) -> Result<Routes, Failure> {
        self.routes.lock().unwrap().clone()
    }

    fn refusing(&self, failure: Failure) -> Routes {
        http::refusing(failure, Telemetry::off()).layer(map_response(marked))
    }

    async fn settle(&self) {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        self.journal.lock().unwrap().push("settled");
    }
}

/// As whatever stands around routes marks all that they answer.
async fn marked(mut response: Response<Body>) -> Response<Body> {
    response.headers_mut().insert("x-marked", HeaderValue::from_static("yes"));
    response
}

fn url_event(method: &str, path: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"host": "abc.lambda-url.us-east-1.on.aws", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "anonymous", "apiId": "abc", "domainName": "abc.lambda-url.us-east-1.on.aws",
            "domainPrefix": "abc", "requestId": "r", "routeKey": "$default", "stage": "$default",
            "time": "23/Nov/2026:00:00:00 +0000", "timeEpoch": 1,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
        },
        "isBase64Encoded": false,
    })
}

fn soon() -> u64 {
    u64::try_from(
        SystemTime::from(jiff::Timestamp::now()).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis(),
    )
    .unwrap()
        + 60_000
}

/// Serves on a task of its own.
fn spawn(api: &FakeApi, function: Arc<Fixture>) {
    let api = RuntimeApi::at(api.address());
    tokio::spawn(async move { serve(&api, NonZeroUsize::MIN, function).await });
}

/// The prelude and the body of what was posted whole.
fn parts(posted: &[u8]) -> (Value, Vec<u8>) {
    let end = posted.windows(8).position(|window| window == [0; 8]).unwrap();
    (serde_json::from_slice(&posted[..end]).unwrap(), posted[end + 8..].to_vec())
}

#[tokio::test]
async fn a_stream_goes_out_frame_by_frame_and_its_prelude_with_the_first() {
    let (mut frames, body) = mpsc::channel::<Result<Bytes, Infallible>>(1);
    let body = Arc::new(Mutex::new(Some(body)));
    let routes = Router::new().route(
        "/stream",
        get(async move || {
            let body = body.lock().unwrap().take().unwrap();
            ([("content-type", "text/event-stream"), ("set-cookie", "a=1")], Body::from_stream(body))
        }),
    );
    let mut api = FakeApi::start().await;
    frames.send(Ok("data: 1\n\n".into())).await.unwrap();
    spawn(&api, Arc::new(Fixture::new(routes)));
    api.invoke("one", soon(), &url_event("GET", "/stream")).await;

    let mut posted = api.posted().await;
    assert_eq!(posted.path, "/2018-06-01/runtime/invocation/one/response");
    for (name, value) in [
        ("lambda-runtime-function-response-mode", "streaming"),
        ("content-type", "application/vnd.awslambda.http-integration-response"),
        ("transfer-encoding", "chunked"),
        ("lambda-runtime-invocation-id", "inv-one"),
    ] {
        assert_eq!(posted.header(name), Some(value), "{name}");
    }
    let (prelude, first) = parts(&posted.chunk().await.unwrap());
    assert_eq!(prelude["statusCode"], 200);
    assert_eq!(prelude["headers"]["content-type"], "text/event-stream");
    assert_eq!(prelude["headers"]["x-adit-aws-request-id"], "one");
    assert_eq!(prelude["cookies"], json!(["a=1"]));
    assert_eq!(first, b"data: 1\n\n");

    frames.send(Ok("data: 2\n\n".into())).await.unwrap();
    assert_eq!(posted.chunk().await.unwrap(), b"data: 2\n\n");
    drop(frames);
    assert_eq!(posted.chunk().await, None);
}

#[tokio::test]
async fn a_prelude_does_not_wait_for_a_body_that_is_slow() {
    let routes = Router::new()
        .route("/", any(async || Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>())));
    let mut api = FakeApi::start().await;
    spawn(&api, Arc::new(Fixture::new(routes)));
    api.invoke("one", soon(), &url_event("GET", "/")).await;
    let (prelude, body) = parts(&api.posted().await.chunk().await.unwrap());
    assert_eq!((prelude["statusCode"].as_u64(), body.len()), (Some(200), 0));
}

#[tokio::test]
async fn a_whole_answer_and_one_without_a_body_have_the_same_form() {
    let routes = Router::new().route("/", any(async || "whole"));
    let mut api = FakeApi::start().await;
    spawn(&api, Arc::new(Fixture::new(routes)));
    for (method, path, status, body) in [
        ("GET", "/", 200, "whole"),
        ("HEAD", "/", 200, ""),
        ("OPTIONS", "/", 200, "whole"),
        ("GET", "/no", 404, ""),
    ] {
        api.invoke("one", soon(), &url_event(method, path)).await;
        let (prelude, posted) = parts(&api.posted().await.whole().await);
        assert_eq!(prelude["statusCode"], status);
        assert_eq!(prelude["headers"]["content-length"], Value::Null, "a stream has no length");
        assert_eq!(String::from_utf8(posted).unwrap(), body, "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_fails_is_told_in_trailers_alone() {
    let routes = Router::new().route(
        "/",
        any(async || {
            let failure = futures::stream::once(async {
                tokio::task::yield_now().await;
                Err(io::Error::other("no word of this"))
            });
            Body::from_stream(futures::stream::iter([Ok(Bytes::from("data: 1\n\n"))]).chain(failure))
        }),
    );
    let mut api = FakeApi::start().await;
    spawn(&api, Arc::new(Fixture::new(routes.route("/fine", any(async || "fine")))));
    api.invoke("one", soon(), &url_event("GET", "/")).await;
    let mut posted = api.posted().await;
    let (prelude, body) = parts(&posted.chunk().await.unwrap());
    assert_eq!((prelude["statusCode"].as_u64(), &body[..]), (Some(200), &b"data: 1\n\n"[..]));
    let (rest, trailers) = posted.all().await;
    assert_eq!(rest, b"", "what went wrong is nobody's data");
    let (kind, said) = trailers.trim_end().split_once('\n').unwrap();
    assert_eq!(kind, "lambda-runtime-function-error-type: Adit.BrokenAnswer");
    let said = said.strip_prefix("lambda-runtime-function-error-body: ").unwrap();
    let said: Value = serde_json::from_slice(&BASE64_STANDARD.decode(said).unwrap()).unwrap();
    assert_eq!(said["errorType"], "Adit.BrokenAnswer");

    api.invoke("two", soon(), &url_event("GET", "/fine")).await;
    assert_eq!(parts(&api.posted().await.whole().await).1, b"fine");
}

#[tokio::test]
async fn everything_is_settled_before_the_next_poll() {
    let fixture = Arc::new(Fixture::new(Router::new().route("/", any(async || "x"))));
    let journal = Arc::clone(&fixture.journal);
    let mut api = FakeApi::noting(Arc::clone(&journal)).await;
    spawn(&api, fixture);
    for id in ["one", "two"] {
        api.invoke(id, soon(), &url_event("GET", "/")).await;
        api.posted().await.whole().await;
    }
    assert_eq!(journal.lock().unwrap()[..3], ["polled", "settled", "polled"]);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_an_honest_refusal() {
    let routes = Router::new()
        .route("/never", any(async || std::future::pending::<Bytes>().await))
        .route("/limit", any(async |limit: axum::Extension<TimeLimit>| format!("{:?}", limit.answered)));
    let (function, mut api) = (Fixture::new(routes), FakeApi::start().await);
    let mut connection = RuntimeApi::at(api.address()).connection();
    let now = Instant::now();
    let later = now + std::time::Duration::from_mins(1);
    let budget = Budget { answered: now, begun: now, sent: later, settled: later };
    for (path, status, said) in
        [("/never", 504, "took too long".to_owned()), ("/limit", 200, format!("{now:?}"))]
    {
        let event = url_event("GET", path);
        let (invocation, ()) = tokio::join!(connection.next(), api.invoke("one", soon(), &event));
        let (mut invocation, budget) =
            (invocation.unwrap(), Budget { begun: if status == 504 { now } else { later }, ..budget });
        let (sent, answer) =
            tokio::join!(invoke(&mut connection, &mut invocation, budget, &function), async {
                api.posted().await.whole().await
            });
        sent.unwrap();
        let (prelude, body) = parts(&answer);
        assert_eq!(prelude["statusCode"], status);
        assert!(String::from_utf8(body).unwrap().contains(&said), "{path}");
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_an_error_of_this_request_alone() {
    let panicking = Router::new().route(
        "/",
        any(async |uri: axum::http::Uri| {
            assert_eq!(uri.query(), None, "on purpose");
            "fine"
        }),
    );
    let mut api = FakeApi::start().await;
    spawn(&api, Arc::new(Fixture::new(panicking)));
    let mut event = url_event("GET", "/");
    event["rawQueryString"] = "panic".into();
    api.invoke("one", soon(), &event).await;
    assert_eq!(parts(&api.posted().await.whole().await).0["statusCode"], 500);
    api.invoke("two", soon(), &url_event("GET", "/")).await;
    assert_eq!(parts(&api.posted().await.whole().await).1, b"fine");
}

#[tokio::test]
async fn what_is_no_request_is_an_error_of_the_invocation() {
    let mut api = FakeApi::start().await;
    spawn(&api, Arc::new(Fixture::new(Router::new())));
    api.invoke("one", soon(), &json!({"Records": []})).await;
    let posted: Posted = api.posted().await;
    assert_eq!(posted.path, "/2018-06-01/runtime/invocation/one/error");
    assert_eq!(posted.header("lambda-runtime-function-error-type"), Some("Adit.UnreadableEvent"));
}

#[tokio::test]
async fn without_routes_each_request_is_told_so_until_there_are_some() {
    let fixture = Arc::new(Fixture::new(Router::new().route("/", any(async || "x"))));
    let routes =
        std::mem::replace(&mut *fixture.routes.lock().unwrap(), Err(Failure::new(Kind::NotReady, "not yet")));
    let mut api = FakeApi::start().await;
    spawn(&api, Arc::clone(&fixture));
    api.invoke("one", soon(), &url_event("GET", "/")).await;
    let (prelude, body) = parts(&api.posted().await.whole().await);
    assert_eq!((&prelude["statusCode"], &prelude["headers"]["x-marked"]), (&json!(503), &json!("yes")));
    assert!(String::from_utf8(body).unwrap().contains("gateway_not_ready"));
    *fixture.routes.lock().unwrap() = routes;
    api.invoke("two", soon(), &url_event("GET", "/")).await;
    assert_eq!(parts(&api.posted().await.whole().await).0["statusCode"], 200);
}

#[tokio::test]
async fn as_many_invocations_run_at_a_time_as_lambda_allows() {
    let together = Arc::new(tokio::sync::Barrier::new(2));
    let routes = Router::new().route(
        "/",
        any(async move || {
            together.wait().await;
            "met"
        }),
    );
    let mut api = FakeApi::start().await;
    let (address, function) = (api.address(), Arc::new(Fixture::new(routes)));
    tokio::spawn(async move {
        serve(&RuntimeApi::at(address), NonZeroUsize::MIN.saturating_add(1), function).await
    });
    api.invoke("one", soon(), &url_event("GET", "/")).await;
    api.invoke("two", soon(), &url_event("GET", "/")).await;
    for _ in 0..2 {
        assert_eq!(parts(&api.posted().await.whole().await).1, b"met");
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_is_let_go_of_before_anything_is_settled() {
    struct Noted(Journal);
    impl Drop for Noted {
        fn drop(&mut self) {
            self.0.lock().unwrap().push("dropped");
        }
    }
    let journal = Journal::default();
    let noted = Arc::clone(&journal);
    let routes = Router::new().route(
        "/",
        any(async move || {
            let held = Noted(noted);
            Body::from_stream(futures::stream::once(async move {
                let _held = held;
                std::future::pending::<Result<Bytes, Infallible>>().await
            }))
        }),
    );
    // As a request that is observed.
    let records = Arc::new(Kept::default());
    let telemetry = Telemetry::to(records.clone());
    let observed = map_response(move |mut response: Response<Body>| {
        let observation = telemetry.begin(Arrival::default());
        observation.answers(200);
        response.extensions_mut().insert(observation);
        std::future::ready(response)
    });
    let (function, mut api) = (Fixture::new(routes.layer(observed)), FakeApi::start().await);
    let mut connection = RuntimeApi::at(api.address()).connection();
    let (now, event) = (Instant::now(), url_event("GET", "/"));
    let later = now + std::time::Duration::from_mins(1);
    let budget = Budget { answered: later, begun: later, sent: now, settled: later };
    let (invocation, ()) = tokio::join!(connection.next(), api.invoke("one", soon(), &event));
    invoke(&mut connection, &mut invocation.unwrap(), budget, &function).await.unwrap();
    assert_eq!(journal.lock().unwrap()[..], ["dropped"]);
    assert_eq!(records.0.lock().unwrap()[..], [(Outcome::Cut, Some(Kind::ModelTimeout))]);
}

/// How requests ended.
#[derive(Default)]
struct Kept(Mutex<Vec<(Outcome, Option<Kind>)>>);

impl Outlet for Kept {
    fn write(&self, record: &Record) {
        self.0.lock().unwrap().push((record.outcome, record.error));
    }
}
