use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};

use super::answer::Refusal;
use super::{App, generation};
use crate::wire::openai::Format;

/// `POST /v1/completions`, OpenAI's older format.
pub(super) async fn create(
    State(app): State<App>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    generation::serve(&app, &headers, body, Format::Completions, None).await
}
