//! From a request to its answer.

use std::convert::Infallible;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, USER_AGENT};
use hyper::http::request::Parts;
use hyper::{Request, Response};
use serde_json::Value;

use crate::answered::{Answered, JSON, Refused};
use crate::authentication::{self, Caller};
use crate::catalog::{Catalog, Endpoint};
use crate::converse::answer::Answer;
use crate::converse::guardrail::Guardrail;
use crate::converse::request::{ContentBlock, Request as Conversation};
use crate::converse::{count, model, validate};
use crate::delivery::{Body, Delivery};
use crate::error::ServiceError;
use crate::frames;
use crate::framing::Framing;
use crate::introspection;
use crate::invoke;
use crate::journal::{Arrival, Journal};
use crate::openai;
use crate::route::Route;
use crate::script::{Action, Facts, Script};

/// Bytes of the largest request body that is read.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

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
        let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
            let error = ServiceError::validation("Input is too long for requested model.");
            return Ok(refused(&route, error).response(0));
        };
        let body = body.to_bytes();
        if let Route::Introspection(what) = route {
            return Ok(introspection::answer(&self, what, parts.uri.query(), &body).await);
        }
        let caller = authentication::caller(&parts.headers);
        let mut ticket = self.journal.open(arrival(&parts, &route, caller.as_ref().ok(), body.clone()));
        let answered = match caller {
            Ok(caller) => self.respond(&route, &caller, &parts, &body).await,
            Err(error) => Err(refused(&route, error)),
        };
        match answered {
            Ok(answered) => Ok(answered.response(ticket)),
            Err(refused) => {
                ticket.status(refused.status);
                ticket.finish(refused.outcome);
                Ok(refused.response(ticket.number()))
            }
        }
    }

    async fn respond(
        &self,
        route: &Route,
        caller: &Caller,
        parts: &Parts,
        body: &Bytes,
    ) -> Result<Answered, Refused> {
        let query = parts.uri.query();
        let Some(operation) = route.operation() else {
            return Err(ServiceError::unknown_operation().into());
        };
        let script = Arc::clone(&self.script.read().unwrap_or_else(PoisonError::into_inner));
        let choose = |model: &str, text: &str| {
            script.choose(&Facts { operation, model, region: caller.region.as_deref(), text })
        };
        match route {
            Route::Converse { model, streaming } => {
                let resolved = self.conversing(model)?;
                let conversation = validate::read(body, resolved)?;
                let guardrail = Guardrail::find(&conversation, *streaming)?;
                let action = choose(model, &last_text(&conversation));
                before(route, action).await?;
                let answer = || {
                    let answer = applied(action, model::answer(&conversation, resolved));
                    match &guardrail {
                        Some(guardrail) => guardrail.apply(&conversation, answer),
                        None => answer,
                    }
                };
                self.converse(answer, *streaming, action)
            }
            Route::CountTokens { model } => {
                let conversation = count::read(body, model)?;
                let action = choose(model, &last_text(&conversation));
                before(route, action).await?;
                self.whole(&count::answer(&conversation, model), action)
            }
            Route::InvokeModel { model, streaming } => {
                let resolved = self.catalog.resolve(model);
                if let Some(prompt) = invoke::titan_text::read(body, resolved) {
                    let prompt = prompt?;
                    let guardrail = guardrail(parts)?;
                    let action = choose(model, prompt.said());
                    before(route, action).await?;
                    let answer = applied(action, prompt.answer()?);
                    let (answer, found) = prompt.guarded(guardrail, answer)?;
                    return self.generated(&answer, found, *streaming, action);
                }
                if *streaming {
                    let message = "The model is unsupported for streaming.";
                    return Err(ServiceError::validation(message).into());
                }
                let invocation = invoke::answer(body, resolved)?;
                let action = choose(model, &invocation.texts.join("\n"));
                before(route, action).await?;
                let mut answered = self.whole(&invocation.answer, action)?;
                if let Some(tokens) = invocation.input_tokens {
                    answered = answered.with_header("x-amzn-bedrock-input-token-count", tokens.to_string());
                }
                Ok(answered.with_header("x-amzn-bedrock-invocation-latency", "1".to_owned()))
            }
            Route::ChatCompletions => {
                let chat = openai::read(body)?;
                self.chatting(&chat.model)?;
                let action = choose(&chat.model, &last_text(&chat.conversation));
                before(route, action).await?;
                self.chat(&chat, action)
            }
            _ => {
                let action = choose("", "");
                before(route, action).await?;
                let list = match route {
                    Route::ListInferenceProfiles => self.catalog.profiles(query)?,
                    Route::GetInferenceProfile { id } => self.catalog.profile(id)?,
                    _ => self.catalog.models(query),
                };
                match action {
                    Some(Action { raw: Some(raw), .. }) => Ok(Answered::raw(raw, JSON, None)),
                    _ => Ok(Answered::json(&list)),
                }
            }
        }
    }

    /// The model that answers: of an application profile the one behind it. Models of the other endpoint are refused.
    fn conversing<'a>(&'a self, model: &'a str) -> Result<&'a str, ServiceError> {
        let resolved = self.catalog.resolve(model);
        match self.catalog.endpoints(resolved) {
            Some(endpoints) if !endpoints.contains(&Endpoint::Converse) => Err(ServiceError::validation(
                "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
            )),
            _ => Ok(resolved),
        }
    }

    fn chatting(&self, model: &str) -> Result<(), openai::Error> {
        match self.catalog.endpoints(model) {
            Some(endpoints) if endpoints.contains(&Endpoint::ChatCompletions) => Ok(()),
            Some(_) => Err(openai::Error::elsewhere(model)),
            None => Err(openai::Error::no_model(model)),
        }
    }

    fn converse(
        &self,
        answer: impl FnOnce() -> Answer,
        streaming: bool,
        action: Option<&Action>,
    ) -> Result<Answered, Refused> {
        if streaming && let Some(Action { raw: Some(_), .. }) = action {
            return self.stream(Framing::EventStream, Vec::new(), action);
        }
        let answer = answer();
        if !streaming {
            return self.whole(&answer.json(), action);
        }
        self.events(answer.events(), action)
    }

    /// The answer of Titan Text.
    fn generated(
        &self,
        answer: &Answer,
        guardrail: Option<&str>,
        streaming: bool,
        action: Option<&Action>,
    ) -> Result<Answered, Refused> {
        if streaming {
            return self.events(invoke::titan_text::chunks(answer, guardrail), action);
        }
        let answered = self.whole(&invoke::titan_text::whole(answer, guardrail), action)?;
        Ok(answered
            .with_header("x-amzn-bedrock-input-token-count", answer.usage.input_tokens.to_string())
            .with_header("x-amzn-bedrock-output-token-count", answer.usage.output_tokens.to_string())
            .with_header("x-amzn-bedrock-invocation-latency", "1".to_owned()))
    }

    /// A stream of these events.
    fn events(&self, events: Vec<frames::Event>, action: Option<&Action>) -> Result<Answered, Refused> {
        let events = events.into_iter().enumerate();
        let frames: Result<Vec<Bytes>, _> =
            events.map(|(position, event)| frames::event(event, position)).collect();
        let frames = frames.map_err(|error| ServiceError::internal(error.to_string()))?;
        self.stream(Framing::EventStream, frames, action)
    }

    fn chat(&self, chat: &openai::Chat, action: Option<&Action>) -> Result<Answered, Refused> {
        let answer = applied(action, model::answer(&chat.conversation, &chat.model));
        if chat.stream {
            self.stream(Framing::ServerSentEvents, openai::chunks(chat, &answer), action)
        } else {
            self.whole(&openai::completion(chat, &answer), action)
        }
    }

    /// A JSON answer, or the recorded one, in the writes that the action wants.
    fn whole(&self, body: &Value, action: Option<&Action>) -> Result<Answered, Refused> {
        match action {
            Some(Action { raw: Some(raw), .. }) => {
                let frames = Framing::EventStream.frames_of(&raw.body);
                Ok(Answered::raw(raw, JSON, Some(self.plan(Framing::EventStream, frames, action)?)))
            }
            Some(Action { exception_after: None, cut_after: None, split_bytes: None, .. }) | None => {
                Ok(Answered::json(body))
            }
            Some(_) => {
                let delivery = self.plan(Framing::EventStream, vec![body.to_string().into()], action)?;
                Ok(Answered::delivery(JSON, delivery))
            }
        }
    }

    /// A stream of these events, or the recorded one.
    fn stream(
        &self,
        framing: Framing,
        events: Vec<Bytes>,
        action: Option<&Action>,
    ) -> Result<Answered, Refused> {
        if let Some(Action { raw: Some(raw), .. }) = action {
            let delivery = self.plan(framing, framing.frames_of(&raw.body), action)?;
            return Ok(Answered::raw(raw, framing.content_type(), Some(delivery)));
        }
        Ok(Answered::delivery(framing.content_type(), self.plan(framing, events, action)?))
    }

    fn plan(
        &self,
        framing: Framing,
        frames: Vec<Bytes>,
        action: Option<&Action>,
    ) -> Result<Delivery, ServiceError> {
        Delivery::plan(framing, frames, action.unwrap_or(&Action::default()), self.pace)
            .map_err(|error| ServiceError::internal(error.to_string()))
    }
}

/// An error in the shape of the endpoint.
fn refused(route: &Route, error: ServiceError) -> Refused {
    match route {
        Route::ChatCompletions => openai::Error::from(error).into(),
        _ => error.into(),
    }
}

/// The model's answer with the content that a script has instead.
fn applied(action: Option<&Action>, answer: Answer) -> Answer {
    match action {
        Some(action) => action.apply(answer),
        None => answer,
    }
}

/// What comes before any answer: the delay, then a scripted error or silence.
async fn before(route: &Route, action: Option<&Action>) -> Result<(), Refused> {
    let Some(action) = action else { return Ok(()) };
    if action.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(action.delay_ms)).await;
    }
    if action.hang {
        std::future::pending::<()>().await;
    }
    match &action.error {
        Some(fault) => Err(refused(route, fault.service_error()).scripted()),
        None => Ok(()),
    }
}

fn last_text(conversation: &Conversation) -> String {
    let texts = conversation.last_user_turn().iter().filter_map(|block| match block {
        ContentBlock::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// Where a guardrail is named outside Converse.
const GUARDRAIL: [&str; 3] =
    ["x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion", "x-amzn-bedrock-trace"];

/// The guardrail that an InvokeModel names, with its version. It reads JSON alone.
fn guardrail(parts: &Parts) -> Result<Option<(&str, &str)>, ServiceError> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let [id, version, _] = GUARDRAIL.map(header);
    let Some(id) = id else { return Ok(None) };
    let version = version.ok_or_else(|| {
        ServiceError::validation("The guardrail identifier is provided without a guardrail version.")
    })?;
    if header(CONTENT_TYPE.as_str()) != Some(JSON) {
        return Err(ServiceError::validation("A guardrail needs the content type application/json."));
    }
    Ok(Some((id, version)))
}

fn arrival(parts: &Parts, route: &Route, caller: Option<&Caller>, body: Bytes) -> Arrival {
    let text =
        |name| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    // Of the credentials only their kind is kept.
    let scheme = text(AUTHORIZATION).and_then(|value| value.split(' ').next().map(str::to_owned));
    let guardrail = GUARDRAIL.map(HeaderName::from_static);
    let headers =
        [CONTENT_TYPE, USER_AGENT].into_iter().chain(guardrail).map(|name| (name.clone(), text(name)));
    let headers = headers.chain([(AUTHORIZATION, scheme)]);
    let model_id = match route {
        Route::ChatCompletions => openai::model_of(&body),
        _ => route.model().map(str::to_owned),
    };
    Arrival {
        method: parts.method.to_string(),
        path: parts.uri.path_and_query().map_or_else(String::new, ToString::to_string),
        operation: route.operation(),
        model_id,
        authentication: caller.map(|caller| caller.authentication),
        region: caller.and_then(|caller| caller.region.clone()),
        headers: headers.filter_map(|(name, value)| Some((name.to_string(), value?))).collect(),
        body,
    }
}
