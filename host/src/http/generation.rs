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
use super::{App, body, cache, clock, explanation, failure, keep_alive, remote, request_id};
use crate::chat::{Batch, Delivery, Request};
use crate::error::Failure;
use crate::ids::RequestId;
use crate::pipeline::{
    CacheNote, Chain, Context, Deadline, Events, Explanation, Finish, Label, Rates, Served, Skipped,
};
use crate::store::StoredKey;
use crate::wire::openai::{Encoder, Format, Head};

/// Serves a request, or says why not.
pub(super) async fn serve(
    app: &App,
    caller: &Caller,
    body: Body,
    format: Format,
    wish: Option<Wish>,
) -> Result<Response<Body>, Refusal> {
    let id = request_id::new();
    let wish = wish.map_or_else(|| terms::explain(&caller.headers), Ok);
    let noted = Noted::default();
    let answer = async { answer(app, &id, &noted, caller, body, format, wish?).await };
    let answer =
        timeout(caller.time(&app.timeouts), answer).await.unwrap_or_else(|_| Err(failure::too_slow()));
    answer::outcome(id, noted, answer)
}

async fn answer(
    app: &App,
    id: &RequestId,
    noted: &Noted,
    caller: &Caller,
    body: Body,
    format: Format,
    wish: Wish,
) -> Result<Response<Body>, Failure> {
    let deadline = Deadline::after(caller.time(&app.timeouts));
    let key = authenticate(app, caller).await?;
    let headers = &caller.headers;
    let body = body::read(headers, body, app.max_body_bytes).await?;
    let decoded = format.decode(&body)?;
    drop(body);

    let delivery = decoded.request.delivery;
    let chain = chain(app, &key, id, &noted.skipped, format.name(), delivery, deadline).await?;
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
            let frames = streamed(id.clone(), format.encoder(&head, decoded.include_usage), events, finish);
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
    tracing::info!(request = id.as_str(), key = key.key.id.as_str(), model = ?served.model, ?delivery, "answering");
    Ok(Outcome::Served(Box::new(served)))
}

/// The plugins of the key, none started. Those that the request goes on without are added to `skipped`.
pub(super) async fn chain(
    app: &App,
    key: &StoredKey,
    id: &RequestId,
    skipped: &Skipped,
    client_format: &'static str,
    delivery: Delivery,
    deadline: Deadline,
) -> Result<Chain, Failure> {
    let (plugins, key) = (&key.terms.plugins, &key.key);
    let label = |label: &crate::store::Label| Label { name: label.name.clone(), value: label.value.clone() };
    let context = Context {
        request: id.clone(),
        key: key.id.clone(),
        labels: key.labels.iter().map(label).collect(),
        client_format: client_format.into(),
        delivery,
        deadline,
    };
    Chain::bind(&*app.plugins, plugins, context, &app.health, skipped).await
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
    encoder: Box<dyn Encoder>,
    events: Events,
    finish: Finish,
) -> impl futures::Stream<Item = Bytes> + Send + 'static {
    let begun = Stage::Answering(events, encoder, finish);
    let frames = stream::unfold(begun, move |stage| {
        let id = id.clone();
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
                    failure::log(&id, &fault);
                    encoder.failure(&fault, &mut out);
                }
                None => {
                    if let Err(incomplete) = encoder.finish(&mut out) {
                        let fault = Failure::from(incomplete);
                        failure::log(&id, &fault);
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
