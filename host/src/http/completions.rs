use axum::body::Body;
use axum::extract::State;
use axum::http::Response;

use super::answer::Refusal;
use super::caller::Caller;
use super::{App, generation};
use crate::wire::openai::Format;

/// `POST /v1/completions`, OpenAI's older format.
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    generation::serve(&app, &caller, body, Format::Completions, None).await
}
