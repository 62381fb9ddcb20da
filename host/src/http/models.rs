use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::Response;

use super::answer::{self, Refusal};
use super::auth::authenticate;
use super::caller::Caller;
use super::{App, terms};
use crate::error::{Failure, Kind};
use crate::pipeline::Model;
use crate::store::StoredKey;
use crate::wire::openai;

/// When Bedrock opened to the public, 2023-09-28. It does not say when a model came, and the
/// field has to be stable.
const CREATED: u64 = 1_695_859_200;

/// Who made the names that an operator gives models.
const OPERATOR: &str = "adit";

/// `GET /v1/models`: what the key may ask for, as Bedrock and the operator's aliases have it.
pub(super) async fn list(State(app): State<App>, caller: Caller) -> Result<Response<Body>, Refusal> {
    match listed(&app, &caller).await {
        Ok(models) => {
            let body = Body::from(openai::models(&models));
            Ok(answer::response(&caller.id, "application/json", body, &[]))
        }
        Err(failure) => Err(caller.refused(failure)),
    }
}

/// `GET /v1/models/{id}`: one of them. An ARN holds slashes, which clients may leave as they are.
pub(super) async fn retrieve(
    State(app): State<App>,
    wanted: Result<Path<String>, PathRejection>,
    caller: Caller,
) -> Result<Response<Body>, Refusal> {
    let models = match listed(&app, &caller).await {
        Ok(models) => models,
        Err(failure) => return Err(caller.refused(failure)),
    };
    // A path that is not UTF-8 names nothing.
    let wanted = wanted.map_or_else(|_| char::REPLACEMENT_CHARACTER.into(), |Path(wanted)| wanted);
    match models.iter().find(|model| model.id == wanted) {
        Some(model) => {
            let body = Body::from(openai::model(model));
            Ok(answer::response(&caller.id, "application/json", body, &[]))
        }
        None => Err(caller.refused(unknown(&wanted))),
    }
}

/// The models that the key of this request may ask for, in OpenAI's words.
async fn listed(app: &App, caller: &Caller) -> Result<Vec<openai::Model>, Failure> {
    let key = authenticate(app, caller).await?;
    let models = allowed(app, &key).await?.into_iter();
    Ok(models.map(|model| openai::Model { id: model.id, created: CREATED, owned_by: model.owner }).collect())
}

/// The models that a key may ask for in the formats of clients: none of them asks for images.
pub(super) async fn allowed(app: &App, key: &StoredKey) -> Result<Vec<Model>, Failure> {
    let mut models = all_allowed(app, key).await?;
    let upstream = app.pipeline.upstream();
    models.retain(|model| {
        let name = key.terms.aliases.get(&model.id).unwrap_or(&model.id);
        app.models.capabilities(&upstream.resolve(name)).image_generation.is_none()
    });
    Ok(models)
}

/// The models that a key may ask for, whatever they make.
pub(super) async fn all_allowed(app: &App, key: &StoredKey) -> Result<Vec<Model>, Failure> {
    let policy = terms::models(&key.terms);
    let upstream = app.pipeline.upstream();
    let mut models = upstream.models().await?;
    models.retain(|model| !key.terms.aliases.contains_key(&model.id));
    let named = key.terms.aliases.keys().map(|name| Model { id: name.clone(), owner: OPERATOR.to_owned() });
    models.extend(named);
    models.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    models.retain(|model| {
        let name = key.terms.aliases.get(&model.id).unwrap_or(&model.id);
        let id = upstream.resolve(name);
        policy.allows(&model.id, &id) || policy.allows(name, &id)
    });
    Ok(models)
}

fn unknown(wanted: &str) -> Failure {
    let wanted: String = wanted.chars().take(200).collect();
    let message = format!("there is no model `{wanted}` that your API key may use: see `GET /v1/models`");
    Failure::new(Kind::ModelNotFound, message).with_param("model")
}
