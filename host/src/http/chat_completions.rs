use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};

use super::answer::{self, Refusal};
use super::auth::authenticate;
use super::terms::{self, Wish};
use super::{App, body, clock, explanation, failure, keep_alive, request_id};
use crate::chat::{Batch, Delivery};
use crate::error::Failure;
use crate::ids::RequestId;
use crate::pipeline::{Chain, Context, Deadline, Events, Label, Served};
use crate::store::StoredKey;
use crate::wire::openai::{self, StreamEncoder, UsageChunk};

/// `POST /v1/chat/completions`.
pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let id = request_id::new();
    let wish = terms::explain(&headers).map_err(|failure| Refusal::new(id.clone(), failure))?;
    answer(&app, &id, &headers, body, wish).await.map_err(|failure| Refusal::new(id, failure))
}

/// `POST /v1/adit/explain`: the same request, and what would become of it. No model is called.
pub(super) async fn explain(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let id = request_id::new();
    answer(&app, &id, &headers, body, Wish::Explanation).await.map_err(|failure| Refusal::new(id, failure))
}

async fn answer(
    app: &App,
    id: &RequestId,
    headers: &HeaderMap,
    body: Body,
    wish: Wish,
) -> Result<Response<Body>, Failure> {
    let deadline = Deadline::after(app.timeouts.total);
    let key = authenticate(app, headers).await?;
    let body = body::read(headers, body, app.max_body_bytes).await?;
    let decoded = openai::decode(&body)?;
    openai::refuse_remote(&decoded.request)?;
    drop(body);

    let policy = &key.key.policy;
    let terms = terms::of(policy, headers, decoded.dropped, deadline)?;
    let mut request = decoded.request;
    terms::apply(policy, &mut request);
    let delivery = request.delivery;
    let chain = chain(app, &key, id, delivery).await?;
    if wish == Wish::Explanation {
        let explanation = app.pipeline.explain(request, chain, terms).await?;
        let body = Body::from(explanation::body(&explanation));
        return Ok(answer::response(id, "application/json", body, &explanation.dropped));
    }
    let Served { model, dropped, events } = app.pipeline.run(request, chain, terms).await?;
    tracing::info!(request = id.as_str(), key = key.key.id.as_str(), ?model, ?delivery, "answering");

    match delivery {
        Delivery::Streamed => {
            let frames = streamed(id.clone(), &model, decoded.include_usage, events);
            let body = Body::from_stream(
                keep_alive::during(frames, app.timeouts.keep_alive).map(Ok::<_, Infallible>),
            );
            Ok(answer::response(id, "text/event-stream", body, &dropped))
        }
        Delivery::Whole => {
            let body = Body::from(whole(id, &model, events).await?);
            Ok(answer::response(id, "application/json", body, &dropped))
        }
    }
}

/// The plugins of the key, none started.
async fn chain(
    app: &App,
    key: &Arc<StoredKey>,
    id: &RequestId,
    delivery: Delivery,
) -> Result<Chain, Failure> {
    let key = &key.key;
    let mut plugins = Vec::with_capacity(key.plugins.len());
    for enabled in &key.plugins {
        plugins.push(app.plugins.bind(&enabled.name, &enabled.config, &key.id).await?);
    }
    let label = |label: &crate::store::Label| Label { name: label.name.clone(), value: label.value.clone() };
    let context = Context {
        request: id.clone(),
        key: key.id.clone(),
        labels: key.labels.iter().map(label).collect(),
        client_format: "openai-chat",
        delivery,
    };
    Ok(Chain::new(context, plugins))
}

/// The answer in one piece.
async fn whole(id: &RequestId, model: &str, events: Events) -> Result<Bytes, Failure> {
    let batches: Vec<Batch> = events.try_collect().await?;
    openai::whole(&completion_id(id), model, clock::unix_seconds(), batches.iter().flatten())
}

/// The answer as it comes: one write a batch. It never ends with an `Err`, which some platforms
/// would show to the client as text; a failure is an error frame, and no `[DONE]` follows it.
fn streamed(
    id: RequestId,
    model: &str,
    usage: UsageChunk,
    events: Events,
) -> impl futures::Stream<Item = Bytes> + Send + 'static {
    let encoder = StreamEncoder::new(&completion_id(&id), model, clock::unix_seconds(), usage);
    let frames = stream::unfold(Some((events, encoder, id)), |state| async move {
        let (mut events, mut encoder, id) = state?;
        let mut out = BytesMut::new();
        match events.next().await {
            Some(Ok(batch)) => {
                encoder.batch(&batch, &mut out);
                Some((out.freeze(), Some((events, encoder, id))))
            }
            Some(Err(fault)) => {
                failure::log(&id, &fault);
                encoder.failure(&fault, &mut out);
                Some((out.freeze(), None))
            }
            None => {
                if let Err(incomplete) = encoder.finish(&mut out) {
                    let fault = Failure::from(incomplete);
                    failure::log(&id, &fault);
                    encoder.failure(&fault, &mut out);
                }
                Some((out.freeze(), None))
            }
        }
    });
    frames.filter(|frame| std::future::ready(!frame.is_empty()))
}

fn completion_id(id: &RequestId) -> String {
    format!("chatcmpl-{}", id.as_str().trim_start_matches("req_"))
}
