use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};

use super::answer::{self, Refusal};
use super::auth::authenticate;
use super::{App, request_id};
use crate::wire::openai;

/// When Bedrock opened to the public, 2023-09-28. It does not say when a model came, and the
/// field has to be stable.
const CREATED: u64 = 1_695_859_200;

/// `GET /v1/models`: what can be asked for, as Bedrock lists it.
pub(super) async fn list(State(app): State<App>, headers: HeaderMap) -> Result<Response<Body>, Refusal> {
    let id = request_id::new();
    let refuse = |failure| Refusal::new(id.clone(), failure);
    authenticate(&app, &headers).await.map_err(refuse)?;
    let models = app.pipeline.upstream().models().await.map_err(refuse)?;
    let models: Vec<_> = models
        .into_iter()
        .map(|model| openai::Model { id: model.id, created: CREATED, owned_by: model.owner })
        .collect();
    Ok(answer::response(&id, "application/json", Body::from(openai::models(&models)), &[]))
}
