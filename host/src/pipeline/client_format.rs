//! A wire format of clients that a plugin speaks. What comes of it is not checked here: statuses
//! and headers are whatever the plugin made them.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::{Mutex, MutexGuard};

use super::attempt::Attempt;
use super::hook::{
    Chunk, EventVerdict, PromptVerdict, Report, RequestVerdict, RouteVerdict, Segment, Session, Summary,
    TextVerdict, TextWish,
};
use super::upstream::Model;
use crate::chat::{Event, Request};
use crate::error::Failure;
use crate::ids::PluginName;

/// What a plugin writes may be this many times what it was given, and a little more.
const GROWTH: usize = 8;
const GROWTH_ALLOWANCE_BYTES: usize = 64 << 10;

/// A plugin at work on one request in a format of its own. After a failure it is not called again,
/// but to write that failure.
#[async_trait]
pub trait ClientFormat: Send {
    /// Reads a request.
    async fn decode(&mut self, request: &HttpRequest) -> Result<Decoded, Failure>;

    /// Status and headers of a streamed answer, and the first bytes of its body.
    async fn stream_head(&mut self, head: &AnswerHead) -> Result<HttpResponse, Failure>;

    /// The wire form of events as they come.
    async fn encode_events(&mut self, events: &[Event]) -> Result<Bytes, Failure>;

    /// A whole answer.
    async fn encode_response(&mut self, head: &AnswerHead, events: &[Event])
    -> Result<HttpResponse, Failure>;

    /// The models that the client may ask for.
    async fn encode_models(&mut self, models: &[Model]) -> Result<HttpResponse, Failure>;

    /// A failure.
    async fn encode_failure(
        &mut self,
        failure: &ClientFailure,
        moment: Moment,
    ) -> Result<HttpResponse, Failure>;
}

/// Requests that a plugin answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRoute {
    /// The method, in upper case.
    pub method: String,
    /// The path, without variables.
    pub path: String,
}

/// A request as a plugin reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// What stands behind the `?`.
    pub query: String,
    /// Names in lower case, and values. No credentials.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A response as a plugin writes it, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded {
    /// A model's answer.
    Chat {
        /// The request.
        request: Box<Request>,
        /// Fields that have no effect, by the client's names.
        dropped: Vec<String>,
    },
    /// The models that there are.
    ListModels,
    /// This, which the plugin says itself.
    Respond(HttpResponse),
}

/// What is known of an answer before it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerHead {
    /// Names the answer.
    pub id: String,
    /// The id or ARN of the model that answers.
    pub model: String,
    /// When it began, in milliseconds since 1970.
    pub created_ms: u64,
}

/// A failure, as a client is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFailure {
    /// The HTTP status.
    pub status: u16,
    /// A stable word for programs.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// When a failure is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Nothing was sent.
    BeforeAnswer,
    /// Behind the beginning of a streamed answer.
    MidStream,
}

/// The plugin that speaks the client's format, at work on one request.
///
/// It may have other hooks, which the same session serves: the chain shares it.
#[derive(Clone)]
pub struct Speaker {
    plugin: PluginName,
    wish: TextWish,
    session: Arc<Mutex<Box<dyn Session>>>,
    attempt: Arc<Attempt>,
}

impl Speaker {
    /// A plugin that has begun with a request that nobody has read yet.
    pub(super) fn new(plugin: PluginName, session: Box<dyn Session>, attempt: Arc<Attempt>) -> Self {
        let wish = session.text_wish();
        Self { plugin, wish, session: Arc::new(Mutex::new(session)), attempt }
    }

    /// See [`ClientFormat::decode`].
    pub async fn decode(&self, request: &HttpRequest) -> Result<Decoded, Failure> {
        let mut turn = self.turn("decode").await;
        let answer = turn.format()?.decode(request).await;
        turn.over(answer)
    }

    /// See [`ClientFormat::stream_head`].
    pub async fn stream_head(&self, head: &AnswerHead) -> Result<HttpResponse, Failure> {
        let mut turn = self.turn("stream-head").await;
        let answer = turn.format()?.stream_head(head).await;
        let response = turn.over(answer)?;
        self.bounded(0, response.body.len())?;
        Ok(response)
    }

    /// See [`ClientFormat::encode_events`].
    pub async fn encode_events(&self, events: &[Event]) -> Result<Bytes, Failure> {
        let mut turn = self.turn("encode-events").await;
        let answer = turn.format()?.encode_events(events).await;
        let body = turn.over(answer)?;
        self.bounded(size(events), body.len())?;
        Ok(body)
    }

    /// See [`ClientFormat::encode_response`].
    pub async fn encode_response(
        &self,
        head: &AnswerHead,
        events: &[Event],
    ) -> Result<HttpResponse, Failure> {
        let mut turn = self.turn("encode-response").await;
        let answer = turn.format()?.encode_response(head, events).await;
        let response = turn.over(answer)?;
        self.bounded(size(events), response.body.len())?;
        Ok(response)
    }

    /// See [`ClientFormat::encode_models`].
    pub async fn encode_models(&self, models: &[Model]) -> Result<HttpResponse, Failure> {
        let mut turn = self.turn("encode-models").await;
        let answer = turn.format()?.encode_models(models).await;
        turn.over(answer)
    }

    /// See [`ClientFormat::encode_failure`].
    pub async fn encode_failure(
        &self,
        failure: &ClientFailure,
        moment: Moment,
    ) -> Result<HttpResponse, Failure> {
        let mut turn = self.turn("encode-failure").await;
        let answer = turn.format()?.encode_failure(failure, moment).await;
        let response = turn.over(answer)?;
        self.bounded(failure.message.len(), response.body.len())?;
        Ok(response)
    }

    /// The plugin has written what cannot be sent.
    pub fn broke(&self, how: &str) -> Failure {
        self.failed(Failure::plugin(&self.plugin, how))
    }

    /// Begins a call of a function of the format, by its name in the contract.
    async fn turn(&self, call: &'static str) -> Turn<'_> {
        let session = self.session.lock().await;
        Turn { speaker: self, session, call, begun: Instant::now() }
    }

    /// Hands on a failure. Nothing of a plugin that has failed serves another request.
    fn failed(&self, failure: Failure) -> Failure {
        if failure.is_of_a_plugin() {
            self.condemned();
        }
        self.attempt.noted(failure)
    }

    fn condemned(&self) {
        // Nobody else is in the middle of a call when one has just failed.
        if let Ok(mut session) = self.session.try_lock() {
            session.condemn();
        }
    }

    fn bounded(&self, input: usize, output: usize) -> Result<(), Failure> {
        if output <= most_output(input) {
            return Ok(());
        }
        let most = most_output(input);
        Err(self.broke(&format!("it wrote {output} bytes for {input}, the limit is {most}")))
    }
}

/// A call of a function of the format.
struct Turn<'s> {
    speaker: &'s Speaker,
    session: MutexGuard<'s, Box<dyn Session>>,
    call: &'static str,
    begun: Instant,
}

impl Turn<'_> {
    fn format(&mut self) -> Result<&mut (dyn ClientFormat + '_), Failure> {
        let plugin = &self.speaker.plugin;
        self.session.client_format().ok_or_else(|| Failure::plugin(plugin, "it speaks no client's format"))
    }

    /// Notes what came of it.
    fn over<T>(self, answer: Result<T, Failure>) -> Result<T, Failure> {
        let Self { speaker, session, call, begun } = self;
        drop(session);
        speaker.attempt.called(call, begun, &answer);
        answer.map_err(|failure| speaker.failed(failure))
    }
}

/// Most bytes that may be written for so many.
pub(crate) fn most_output(input: usize) -> usize {
    input.saturating_mul(GROWTH).saturating_add(GROWTH_ALLOWANCE_BYTES)
}

/// What events hold, in bytes; each counts for a little even if it holds nothing.
pub(crate) fn size(events: &[Event]) -> usize {
    /// About what a format needs around an event.
    const ENVELOPE_BYTES: usize = 64;
    let held = |event: &Event| match event {
        Event::Delta(delta) => delta.text.len(),
        Event::Signature { value, .. } => value.len(),
        Event::RedactedReasoning { data, .. } => data.len(),
        Event::BlockStart(_) | Event::BlockStop(_) | Event::MessageStop(_) | Event::Usage(_) => 0,
    };
    events.iter().map(|event| held(event) + ENVELOPE_BYTES).sum()
}

/// The hooks that the chain calls.
#[async_trait]
impl Session for Speaker {
    fn text_wish(&self) -> TextWish {
        self.wish
    }

    fn condemn(&mut self) {
        self.condemned();
    }

    async fn on_route(&mut self, summary: &Summary) -> Result<RouteVerdict, Failure> {
        self.session.lock().await.on_route(summary).await
    }

    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        self.session.lock().await.on_prompt(segments).await
    }

    async fn on_request(&mut self, request: &Request) -> Result<RequestVerdict, Failure> {
        self.session.lock().await.on_request(request).await
    }

    async fn on_events(&mut self, events: &[Event]) -> Result<EventVerdict, Failure> {
        self.session.lock().await.on_events(events).await
    }

    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        self.session.lock().await.on_text(chunks).await
    }

    async fn on_finish(&mut self, report: &Report) -> Result<(), Failure> {
        self.session.lock().await.on_finish(report).await
    }
}
