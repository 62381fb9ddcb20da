//! A request for text, from its key to its last byte: the way of both of OpenAI's formats, and the part
//! of it that all formats share.

use std::borrow::Cow;
use std::convert::Infallible;

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::time::timeout;

use super::answer::{self, Noted, Refusal};
use super::auth::authenticate;
use super::caller::Caller;
use super::terms::{self, Wish};
use super::{App, body, cache, clock, explanation, failure, keep_alive, remote};
use crate::chat::{Batch, Delivery, Request};
use crate::error::Failure;
use crate::ids::RequestId;
use crate::pipeline::{
    CacheNote, Chain, Context, Deadline, Events, Explanation, Finish, Label, Rates, Served,
};
use crate::store::{Key, StoredKey};
use crate::telemetry::{Observation, Operation};
use crate::wire::openai::{Encoder, Format, Head};

/// Serves a request, or says why not.
pub(super) async fn serve(
    app: &App,
    caller: &Caller,
    body: Body,
    format: Format,
    wish: Option<Wish>,
) -> Result<Response<Body>, Refusal> {
    let wish = wish.map_or_else(|| terms::explain(&caller.headers), Ok);
    let noted = Noted::of(caller);
    let answer = async { answer(app, &noted, caller, body, format, wish?).await };
    let answer =
        timeout(caller.time(&app.timeouts), answer).await.unwrap_or_else(|_| Err(failure::too_slow()));
    answer::outcome(caller.id.clone(), noted, answer)
}

async fn answer(
    app: &App,
    noted: &Noted,
    caller: &Caller,
    body: Body,
    format: Format,
    wish: Wish,
) -> Result<Response<Body>, Failure> {
    let deadline = Deadline::after(caller.time(&app.timeouts));
    let key = authenticate(app, caller).await?;
    let Caller { id, headers, observation, .. } = caller;
    let body = body::read(caller, body, app.max_body_bytes).await?;
    let decoded = format.decode(&body)?;
    drop(body);

    let delivery = decoded.request.delivery;
    observation.asked(operation(format), &decoded.request.model, delivery);
    let chain = chain(app, &key, id, noted, format.name(), delivery, deadline).await?;
    let (rates, cache) = (noted.rates.clone(), noted.cache.clone());
    let wanted = Wanted { request: decoded.request, dropped: decoded.dropped, wish, deadline, rates, cache };
    let Served { model, dropped, events, finish } = match run(app, id, &key, headers, chain, wanted).await? {
        Outcome::Served(served) => *served,
        Outcome::Explained(explanation) => {
            let body = Body::from(explanation::body(&explanation));
            return Ok(answer::response(id, "application/json", body, &explanation.dropped));
        }
    };

    let answer_id = format!("{}{}", format.id_prefix(), id.as_str().trim_start_matches("req_"));
    let head = Head { id: &answer_id, model: &model, created: clock::unix_seconds() };
    match delivery {
        Delivery::Streamed => {
            let encoder = format.encoder(&head, decoded.include_usage);
            let frames = streamed(id.clone(), observation.clone(), encoder, events, finish);
            let frames = frames.map(Ok::<_, Infallible>);
            let body = Body::from_stream(keep_alive::during(frames, app.timeouts.keep_alive));
            Ok(answer::response(id, "text/event-stream", body, &dropped))
        }
        Delivery::Whole => {
            let body = whole(format, &head, events).await;
            finish.run().await;
            Ok(answer::response(id, "application/json", Body::from(body?), &dropped))
        }
    }
}

/// What a format asks for.
fn operation(format: Format) -> Operation {
    match format {
        Format::Chat => Operation::Chat,
        Format::Completions => Operation::TextCompletion,
    }
}

/// What a client wants, whatever format it said it in.
pub(super) struct Wanted {
    /// The request.
    pub(super) request: Request,
    /// Fields that are lost already, by the client's names.
    pub(super) dropped: Vec<Cow<'static, str>>,
    pub(super) wish: Wish,
    pub(super) deadline: Deadline,
    /// Told how the limits stand.
    pub(super) rates: Rates,
    /// Told what the response cache does.
    pub(super) cache: CacheNote,
}

/// What came of it.
pub(super) enum Outcome {
    Served(Box<Served>),
    Explained(Box<Explanation>),
}

/// Takes a request through the pipeline, on the terms of its key.
pub(super) async fn run(
    app: &App,
    id: &RequestId,
    key: &StoredKey,
    headers: &HeaderMap,
    chain: Chain,
    wanted: Wanted,
) -> Result<Outcome, Failure> {
    let Wanted { mut request, dropped, wish, deadline, rates, cache } = wanted;
    let policy = &key.terms;
    let mut terms = terms::of(policy, headers, dropped, deadline)?;
    terms.tags = terms::tags(key);
    terms.payer = Some(terms::payer(app, id, key, rates));
    terms.cache = cache::terms(key, headers, cache)?;
    terms::apply(policy, &mut request);
    remote::fetch(app, &mut request, deadline).await?;
    if wish == Wish::Explanation {
        let explanation = app.pipeline.explain(request, chain, terms).await?;
        return Ok(Outcome::Explained(Box::new(explanation)));
    }
    let delivery = request.delivery;
    let served = app.pipeline.run(request, chain, terms).await?;
    tracing::debug!(request = id.as_str(), key = key.key.id.as_str(), model = ?served.model, ?delivery, "answering");
    Ok(Outcome::Served(Box::new(served)))
}

/// The plugins of the key, none started. What they do is noted.
pub(super) async fn chain(
    app: &App,
    key: &StoredKey,
    id: &RequestId,
    noted: &Noted,
    client_format: &'static str,
    delivery: Delivery,
    deadline: Deadline,
) -> Result<Chain, Failure> {
    let context = context(&key.key, id, client_format, delivery, deadline);
    let Noted { skipped, observation, .. } = noted;
    Chain::bind(&*app.plugins, &key.terms.plugins, context, &app.health, skipped, observation).await
}

/// What plugins are told of a request.
pub(super) fn context(
    key: &Key,
    id: &RequestId,
    client_format: &'static str,
    delivery: Delivery,
    deadline: Deadline,
) -> Context {
    let label = |label: &crate::store::Label| Label { name: label.name.clone(), value: label.value.clone() };
    Context {
        request: id.clone(),
        key: key.id.clone(),
        labels: key.labels.iter().map(label).collect(),
        client_format: client_format.into(),
        delivery,
        deadline,
    }
}

/// The answer in one piece.
async fn whole(format: Format, head: &Head<'_>, events: Events) -> Result<Bytes, Failure> {
    let batches: Vec<Batch> = events.try_collect().await?;
    format.whole(head, &batches)
}

/// The answer as it comes: one write a batch. It never ends with an `Err`, which some platforms
/// would show to the client as text; a failure is an error frame, and no `[DONE]` follows it.
fn streamed(
    id: RequestId,
    observation: Observation,
    encoder: Box<dyn Encoder>,
    events: Events,
    finish: Finish,
) -> impl futures::Stream<Item = Bytes> + Send + 'static {
    let begun = Stage::Answering(events, encoder, finish);
    let frames = stream::unfold(begun, move |stage| {
        let (id, observation) = (id.clone(), observation.clone());
        async move {
            let (mut events, mut encoder, finish) = match stage {
                Stage::Answering(events, encoder, finish) => (events, encoder, finish),
                Stage::Over(finish) => {
                    finish.run().await;
                    return None;
                }
            };
            let mut out = BytesMut::new();
            match events.next().await {
                Some(Ok(batch)) => {
                    encoder.batch(&batch, &mut out);
                    return Some((out.freeze(), Stage::Answering(events, encoder, finish)));
                }
                Some(Err(fault)) => {
                    failure::log(&id, &observation, &fault);
                    encoder.failure(&fault, &mut out);
                }
                None => {
                    if let Err(incomplete) = encoder.finish(&mut out) {
                        let fault = Failure::from(incomplete);
                        failure::log(&id, &observation, &fault);
                        encoder.failure(&fault, &mut out);
                    }
                }
            }
            Some((out.freeze(), Stage::Over(finish)))
        }
    });
    frames.filter(|frame| std::future::ready(!frame.is_empty()))
}

/// How far a stream is.
enum Stage {
    Answering(Events, Box<dyn Encoder>, Finish),
    /// The last frame was handed out. The stream ends when the bill is settled and the finish hooks have
    /// run: some platforms stop everything at its end.
    Over(Finish),
}
