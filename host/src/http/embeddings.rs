use axum::body::Body;
use axum::extract::State;
use axum::http::Response;

use super::answer::{self, Noted, Refusal};
use super::auth::authenticate;
use super::caller::Caller;
use super::generation::chain;
use super::terms::{self, Wish};
use super::{App, body, request_id};
use crate::chat::Delivery;
use crate::error::{Failure, Kind};
use crate::ids::RequestId;
use crate::pipeline::{Deadline, Embedded};
use crate::wire::openai::embeddings;

/// `POST /v1/embeddings`.
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let id = request_id::new();
    let noted = Noted::default();
    let answer = answer(&app, &id, &noted, &caller, body).await;
    answer::outcome(id, noted, answer)
}

async fn answer(
    app: &App,
    id: &RequestId,
    noted: &Noted,
    caller: &Caller,
    body: Body,
) -> Result<Response<Body>, Failure> {
    let deadline = Deadline::after(caller.time(&app.timeouts));
    let key = authenticate(app, caller).await?;
    let headers = &caller.headers;
    if terms::explain(headers)? == Wish::Explanation {
        let message = "`x-adit-explain` does not explain embeddings: leave the header out";
        return Err(Failure::invalid("x-adit-explain", message).with_code("unsupported_parameter"));
    }
    let body = body::read(headers, body, app.max_body_bytes).await?;
    let decoded = embeddings::decode(&body)?;
    drop(body);

    if key.terms.guardrail.is_some() {
        // A policy is never left out silently, and Bedrock's guardrails check conversations alone.
        let message = "your API key has a guardrail, which cannot check embeddings; ask the operator";
        return Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model"));
    }
    let mut terms = terms::of(&key.terms, headers, decoded.dropped, deadline)?;
    terms.tags = terms::tags(&key);
    terms.payer = Some(terms::payer(app, id, &key, noted.rates.clone()));
    let chain = chain(app, &key, id, &noted.skipped, "openai-embeddings", Delivery::Whole, deadline).await?;
    let Embedded { model, dropped, embeddings: made } =
        app.embeddings.run(decoded.request, chain, terms).await?;
    tracing::info!(request = id.as_str(), key = key.key.id.as_str(), ?model, "embedded");

    let body = Body::from(embeddings::answer(&model, decoded.format, &made)?);
    Ok(answer::response(id, "application/json", body, &dropped))
}
