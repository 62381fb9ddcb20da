use axum::body::Body;
use axum::extract::State;
use axum::http::Response;

use super::answer::Refusal;
use super::caller::Caller;
use super::terms::Wish;
use super::{App, generation};
use crate::wire::openai::Format;

/// `POST /v1/chat/completions`.
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    generation::serve(&app, &caller, body, Format::Chat, None).await
}

/// `POST /v1/adit/explain`: the same request, and what would become of it. No model is called.
pub(super) async fn explain(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    generation::serve(&app, &caller, body, Format::Chat, Some(Wish::Explanation)).await
}
