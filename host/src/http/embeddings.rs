use std::borrow::Cow;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use tokio::time::timeout;

use super::answer::{self, Noted, Refusal};
use super::auth::authenticate;
use super::caller::Caller;
use super::generation::chain;
use super::terms::{self, Wish};
use super::{App, body, failure};
use crate::chat::{Delivery, EmbeddingRequest};
use crate::error::{Failure, Kind};
use crate::pipeline::{Deadline, Embedded};
use crate::store::StoredKey;
use crate::telemetry::Operation;
use crate::wire::openai::embeddings;

/// `POST /v1/embeddings`.
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let noted = Noted::of(&caller);
    let answer = answer(&app, &noted, &caller, body).await;
    answer::outcome(caller.id, noted, answer)
}

async fn answer(app: &App, noted: &Noted, caller: &Caller, body: Body) -> Result<Response<Body>, Failure> {
    let deadline = Deadline::after(caller.time(&app.timeouts));
    let key = authenticate(app, caller).await?;
    let Caller { id, headers, .. } = caller;
    if terms::explain(headers)? == Wish::Explanation {
        let message = "`x-adit-explain` does not explain embeddings: leave the header out";
        return Err(Failure::invalid("x-adit-explain", message).with_code("unsupported_parameter"));
    }
    let body = timeout(caller.time(&app.timeouts), body::read(caller, body, app.max_body_bytes));
    let body = body.await.unwrap_or_else(|_| Err(failure::too_slow()))?;
    let decoded = embeddings::decode(&body)?;
    drop(body);
    let wanted =
        Wanted { request: decoded.request, dropped: decoded.dropped, format: "openai-embeddings", deadline };
    let Embedded { model, dropped, embeddings: made } = run(app, noted, caller, &key, wanted).await?;
    let body = Body::from(embeddings::answer(&model, decoded.format, &made)?);
    Ok(answer::response(id, "application/json", body, &dropped))
}

/// What a client wants, whatever format it said it in.
pub(super) struct Wanted {
    pub(super) request: EmbeddingRequest,
    /// Fields that are lost already, by the client's names.
    pub(super) dropped: Vec<Cow<'static, str>>,
    /// The client's format.
    pub(super) format: &'static str,
    pub(super) deadline: Deadline,
}

/// Takes a request through the pipeline, on the terms of its key.
pub(super) async fn run(
    app: &App,
    noted: &Noted,
    caller: &Caller,
    key: &StoredKey,
    wanted: Wanted,
) -> Result<Embedded, Failure> {
    let Wanted { request, dropped, format, deadline } = wanted;
    let Caller { id, headers, observation, .. } = caller;
    observation.asked(Operation::Embeddings, &request.model, Delivery::Whole);
    if key.terms.guardrail.is_some() {
        // A policy is never left out silently, and Bedrock's guardrails check conversations alone.
        let message = "your API key has a guardrail, which cannot check embeddings; ask the operator";
        return Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model"));
    }
    let mut terms = terms::of(&key.terms, headers, dropped, deadline)?;
    terms.tags = terms::tags(key);
    terms.payer = Some(terms::payer(app, id, key, noted.rates.clone()));
    let chain = chain(app, key, id, noted, format, Delivery::Whole, deadline).await?;
    let embedded = app.embeddings.run(request, chain, terms).await?;
    tracing::debug!(request = id.as_str(), key = key.key.id.as_str(), model = ?embedded.model, "embedded");
    Ok(embedded)
}
