//! From a request to its answer.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING, USER_AGENT,
};
use hyper::http::request::Parts;
use hyper::{Request, Response};
use serde_json::Value;

use crate::authentication;
use crate::catalog::Catalog;
use crate::converse::request::{ContentBlock, Request as Conversation};
use crate::converse::{model, validate};
use crate::delivery::{Body, Delivery, frames_of, whole};
use crate::error::ServiceError;
use crate::frames;
use crate::introspection;
use crate::journal::{Arrival, Journal, Outcome, Ticket};
use crate::route::Route;
use crate::script::{Action, Facts, Raw, Script};

/// Bytes of the largest request body that is read.
const LARGEST_BODY: usize = 64 * 1024 * 1024;
const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
const JSON: &str = "application/json";

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) journal: Arc<Journal>,
    script: RwLock<Arc<Script>>,
    /// What a cleared script goes back to.
    first_script: Arc<Script>,
    catalog: Catalog,
    pace: Duration,
}

impl Service {
    pub(crate) fn new(script: Script, catalog: Catalog, pace: Duration) -> Self {
        let script = Arc::new(script);
        let journal = Arc::new(Journal::new());
        Self { journal, script: RwLock::new(Arc::clone(&script)), first_script: script, catalog, pace }
    }

    pub(crate) fn set_script(&self, script: Script) {
        *self.script.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(script);
    }

    pub(crate) fn clear_script(&self) {
        *self.script.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&self.first_script);
    }

    /// Answers one request. When the client goes away the server drops this future, or the body it returned,
    /// and with it the ticket.
    pub(crate) async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let (parts, body) = request.into_parts();
        let route = Route::parse(&parts.method, parts.uri.path());
        let body = match Limited::new(body, LARGEST_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => {
                return Ok(refusal(&ServiceError::validation("Input is too long for requested model."), 0));
            }
        };
        if let Route::Introspection(what) = route {
            return Ok(introspection::answer(&self, what, parts.uri.query(), &body).await);
        }
        let mut ticket = self.journal.open(arrival(&parts, &route, body.clone()));
        match self.respond(&route, &parts, &body).await {
            Ok(answered) => Ok(answered.response(ticket)),
            Err(refused) => {
                ticket.status(refused.error.status);
                ticket.finish(refused.outcome);
                Ok(refusal(&refused.error, ticket.number()))
            }
        }
    }

    async fn respond(&self, route: &Route, parts: &Parts, body: &Bytes) -> Result<Answered, Refused> {
        authentication::check(&parts.headers)?;
        let Some(operation) = route.operation() else {
            return Err(ServiceError::unknown_operation().into());
        };
        let script = Arc::clone(&self.script.read().unwrap_or_else(PoisonError::into_inner));
        if let Route::Converse { model, streaming } = route {
            let conversation = validate::read(body, model)?;
            let text = last_text(&conversation);
            let action = script.choose(&Facts { operation, model, text: &text });
            if let Some(action) = action {
                before(action).await?;
            }
            return self.converse(&conversation, model, *streaming, action);
        }
        let action = script.choose(&Facts { operation, model: "", text: "" });
        if let Some(action) = action {
            before(action).await?;
        }
        let query = parts.uri.query();
        let list = match route {
            Route::ListInferenceProfiles => self.catalog.profiles(query)?,
            _ => self.catalog.models(query),
        };
        match action {
            Some(Action { raw: Some(raw), .. }) => Ok(Answered::raw(raw, JSON, None)),
            _ => Ok(Answered::json(&list)),
        }
    }

    fn converse(
        &self,
        conversation: &Conversation,
        model: &str,
        streaming: bool,
        action: Option<&Action>,
    ) -> Result<Answered, Refused> {
        let default = Action::default();
        let plan = |frames: Vec<Bytes>| {
            Delivery::plan(frames, action.unwrap_or(&default), self.pace)
                .map_err(|error| ServiceError::internal(error.to_string()))
        };
        let content_type = if streaming { EVENT_STREAM } else { JSON };
        if let Some(Action { raw: Some(raw), .. }) = action {
            return Ok(Answered::raw(raw, content_type, Some(plan(frames_of(&raw.body))?)));
        }
        let mut answer = model::answer(conversation, model);
        if let Some(action) = action {
            answer = action.apply(answer);
        }
        if !streaming {
            let body = answer.json();
            return match action {
                Some(Action { exception_after: None, cut_after: None, split_bytes: None, .. }) | None => {
                    Ok(Answered::json(&body))
                }
                Some(_) => Ok(Answered::delivery(JSON, plan(vec![body.to_string().into()])?)),
            };
        }
        let frames: Result<Vec<Bytes>, _> = answer
            .events()
            .into_iter()
            .enumerate()
            .map(|(position, event)| frames::event(event, position))
            .collect();
        let frames = frames.map_err(|error| ServiceError::internal(error.to_string()))?;
        Ok(Answered::delivery(EVENT_STREAM, plan(frames)?))
    }
}

/// An answer that is not an error.
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    content: Content,
}

enum Content {
    Whole(Bytes),
    Delivered(Delivery),
}

/// An error answer and whose fault it is.
struct Refused {
    error: ServiceError,
    outcome: Outcome,
}

impl From<ServiceError> for Refused {
    fn from(error: ServiceError) -> Self {
        Self { error, outcome: Outcome::Refused }
    }
}

impl Answered {
    fn json(body: &Value) -> Self {
        Self { status: 200, headers: content_type(JSON), content: Content::Whole(body.to_string().into()) }
    }

    fn delivery(kind: &str, delivery: Delivery) -> Self {
        Self { status: 200, headers: content_type(kind), content: Content::Delivered(delivery) }
    }

    fn raw(raw: &Raw, kind: &str, delivery: Option<Delivery>) -> Self {
        let mut headers = content_type(kind);
        headers.extend(raw.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        // How the body is framed is the server's own business.
        for name in [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION] {
            headers.remove(name.as_str());
        }
        let content = delivery.map_or_else(|| Content::Whole(raw.body.clone()), Content::Delivered);
        Self { status: raw.status.unwrap_or(200), headers, content }
    }

    fn response(mut self, mut ticket: Ticket) -> Response<Body> {
        ticket.status(self.status);
        self.headers.entry("x-amzn-requestid".to_owned()).or_insert_with(|| request_id(ticket.number()));
        let body = match self.content {
            Content::Whole(bytes) => {
                ticket.finish(Outcome::Complete);
                whole(bytes)
            }
            Content::Delivered(delivery) => delivery.body(ticket),
        };
        let mut response = Response::builder().status(self.status);
        for (name, value) in self.headers {
            response = response.header(name, value);
        }
        response.body(body).unwrap_or_else(|error| refusal(&ServiceError::internal(error.to_string()), 0))
    }
}

/// What comes before any answer: the delay, then a scripted error or silence.
async fn before(action: &Action) -> Result<(), Refused> {
    if action.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(action.delay_ms)).await;
    }
    if action.hang {
        std::future::pending::<()>().await;
    }
    match &action.error {
        Some(fault) => Err(Refused { error: fault.service_error(), outcome: Outcome::Fault }),
        None => Ok(()),
    }
}

fn refusal(error: &ServiceError, n: u64) -> Response<Body> {
    let mut response = Response::new(whole(error.body().to_string().into()));
    *response.status_mut() = error.status.try_into().unwrap_or_default();
    let retry_after = error.retry_after.map(|seconds| (RETRY_AFTER.as_str(), seconds.to_string()));
    let headers = [
        (CONTENT_TYPE.as_str(), JSON.to_owned()),
        ("x-amzn-errortype", error.header()),
        ("x-amzn-requestid", request_id(n)),
    ];
    for (name, value) in headers.into_iter().chain(retry_after) {
        if let Ok(value) = value.try_into() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

fn content_type(kind: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(CONTENT_TYPE.as_str().to_owned(), kind.to_owned())])
}

/// Looks like the service's; the last part is the request's number.
fn request_id(n: u64) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

fn last_text(conversation: &Conversation) -> String {
    let texts = conversation.last_user_turn().iter().filter_map(|block| match block {
        ContentBlock::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn arrival(parts: &Parts, route: &Route, body: Bytes) -> Arrival {
    let text =
        |name| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    // Of the credentials only their kind is kept.
    let scheme = text(AUTHORIZATION).and_then(|value| value.split(' ').next().map(str::to_owned));
    let headers =
        [(CONTENT_TYPE, text(CONTENT_TYPE)), (USER_AGENT, text(USER_AGENT)), (AUTHORIZATION, scheme)];
    Arrival {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        operation: route.operation(),
        model_id: route.model().map(str::to_owned),
        headers: headers.into_iter().filter_map(|(name, value)| Some((name.to_string(), value?))).collect(),
        body,
    }
}
