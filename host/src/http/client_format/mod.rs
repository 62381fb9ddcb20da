//! A request in a wire format that a plugin of the caller's key speaks: whatever none of the host's
//! own routes takes.
//!
//! The key comes first, so that nobody without one learns which routes there are. What the plugin
//! writes is hostile until it was checked (`response.rs`), and whether an answer is complete is the
//! host's to say (`stream.rs`).

mod last_word;
mod request;
mod response;
mod stream;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Request, Response};
use bytes::Bytes;
use futures::TryStreamExt;

use super::answer::{self, Noted, Refusal};
use super::auth::authenticate;
use super::caller::Caller;
use super::generation::{self, Outcome, Wanted};
use super::terms;
use super::{App, body, clock, explanation, failure, models, request_id};
use crate::chat::{Batch, Delivery};
use crate::error::{Failure, Kind};
use crate::ids::RequestId;
use crate::pipeline::{
    AnswerHead, CacheNote, Chain, ClientFailure, Deadline, Decoded, Events, HttpResponse, Moment, Rates,
    Served, Skipped, Speaker,
};
use crate::store::StoredKey;
use crate::wire::openai;

/// Serves a request that no route of the host takes, or says that there is no such route.
pub(super) async fn serve(State(app): State<App>, request: Request<Body>) -> Result<Response<Body>, Refusal> {
    let (id, noted) = (request_id::new(), Noted::default());
    let answer = Box::pin(answer(&app, &id, &noted, request)).await;
    answer::outcome(id, noted, answer)
}

async fn answer(
    app: &App,
    id: &RequestId,
    noted: &Noted,
    request: Request<Body>,
) -> Result<Response<Body>, Failure> {
    let (parts, body) = request.into_parts();
    let deadline = Deadline::after(Caller::of(&parts).time(&app.timeouts));
    let mut asked = find(app, id, noted, &parts, deadline).await?;
    // The body comes first: who sends it slowly keeps no instance waiting.
    let body = within(deadline, body::read(&parts.headers, body, app.max_body_bytes)).await;
    let speaker = asked.chain.start_speaker(asked.place).await?;
    let answer = Box::pin(async { asked.answer(app, id, &parts, body?, &speaker, deadline).await });
    match within(deadline, answer).await {
        Ok(response) => Ok(response),
        Err(failure) => refused(id, failure, &speaker).await,
    }
}

/// A request and the plugin that it is meant for.
struct Asked {
    key: Arc<StoredKey>,
    chain: Chain,
    /// Which of its plugins.
    place: usize,
    /// Told how the limits stand.
    rates: Rates,
    /// Told what the response cache does.
    cache: CacheNote,
}

/// The first plugin of the key that answers such requests.
async fn find(
    app: &App,
    id: &RequestId,
    noted: &Noted,
    parts: &Parts,
    deadline: Deadline,
) -> Result<Asked, Failure> {
    let key = authenticate(app, &Caller::of(parts)).await?;
    let mut chain = generation::chain(app, &key, id, &noted.skipped, "", Delivery::Whole, deadline).await?;
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    match chain.find_speaker(method, path).await? {
        Some(place) => {
            Ok(Asked { key, chain, place, rates: noted.rates.clone(), cache: noted.cache.clone() })
        }
        None => Err(no_route(path, &noted.skipped)),
    }
}

/// Nobody answers such requests: the routes of a plugin that cannot be had are not known, so without one
/// it cannot be said that there is no such route.
fn no_route(path: &str, skipped: &Skipped) -> Failure {
    let path: String = path.chars().take(200).collect();
    let plugins: Vec<_> = skipped.so_far().iter().map(|plugin| format!("`{plugin}`")).collect();
    if !plugins.is_empty() {
        let message = format!(
            "nothing that runs now answers `{path}`: of your API key's plugins {} cannot be used; ask the operator",
            plugins.join(", ")
        );
        let failure = Failure::new(Kind::PluginUnavailable, message);
        return match skipped.retry_after() {
            Some(pause) => failure.with_retry_after(pause),
            None => failure,
        };
    }
    Failure::new(
        Kind::UnknownRoute,
        format!(
            "there is no `{path}` here; the routes are `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings`, \
             `/v1/models`, `/v1/usage`, and those of your API key's plugins"
        ),
    )
}

impl Asked {
    async fn answer(
        self,
        app: &App,
        id: &RequestId,
        parts: &Parts,
        body: Bytes,
        speaker: &Speaker,
        deadline: Deadline,
    ) -> Result<Response<Body>, Failure> {
        let wish = terms::explain(&parts.headers)?;
        let (request, dropped) = match speaker.decode(&request::of(parts, body)).await? {
            Decoded::Respond(response) => return response::whole(speaker, id, response, &[]),
            Decoded::ListModels => {
                let models = models::allowed(app, &self.key).await?;
                return response::whole(speaker, id, speaker.encode_models(&models).await?, &[]);
            }
            Decoded::Chat { request, dropped } => (*request, dropped),
        };
        let delivery = request.delivery;
        let mut chain = self.chain;
        chain.deliver(delivery);
        let mut fit = openai::Dropped::default();
        for name in dropped {
            fit.note(name);
        }
        let (dropped, rates, cache) = (fit.into_names(), self.rates, self.cache);
        let wanted = Wanted { request, dropped, wish, deadline, rates, cache };
        match generation::run(app, id, &self.key, &parts.headers, chain, wanted).await? {
            Outcome::Explained(explanation) => {
                let body = Body::from(explanation::body(&explanation));
                Ok(answer::response(id, "application/json", body, &explanation.dropped))
            }
            Outcome::Served(served) => {
                let Served { model, dropped, events, finish } = *served;
                let head = head(id, model);
                if delivery == Delivery::Streamed {
                    let response = response::checked(speaker, speaker.stream_head(&head).await?)?;
                    let frames = stream::Frames { id: id.clone(), speaker: speaker.clone(), events, finish };
                    return Ok(frames.into_response(response, &dropped, app.timeouts.keep_alive));
                }
                let response = encoded(speaker, &head, events).await;
                finish.run().await;
                response::whole(speaker, id, response?, &dropped)
            }
        }
    }
}

/// The answer in one piece.
async fn encoded(speaker: &Speaker, head: &AnswerHead, events: Events) -> Result<HttpResponse, Failure> {
    let batches: Vec<Batch> = events.try_collect().await?;
    let events = stream::complete(batches.concat())?;
    speaker.encode_response(head, &events).await
}

fn head(id: &RequestId, model: String) -> AnswerHead {
    let id = id.as_str().trim_start_matches("req_").to_owned();
    AnswerHead { id, model, created_ms: clock::unix_milliseconds() }
}

/// A failure before the first byte: in the plugin's words, or in the host's if it has none.
async fn refused(id: &RequestId, failure: Failure, speaker: &Speaker) -> Result<Response<Body>, Failure> {
    let told = told(&failure);
    let encoded = match speaker.encode_failure(&told, Moment::BeforeAnswer).await {
        Ok(encoded) => response::checked(speaker, encoded),
        Err(fault) => Err(fault),
    };
    match encoded {
        Ok(response) => {
            failure::log(id, &failure);
            Ok(response.into_failure(id, &failure))
        }
        Err(fault) => {
            failure::log(id, &fault);
            Err(failure)
        }
    }
}

/// A failure, as the plugin tells the client of it.
fn told(failure: &Failure) -> ClientFailure {
    ClientFailure {
        status: super::status::of(failure.kind).as_u16(),
        code: openai::error_code(failure).unwrap_or_default().to_owned(),
        message: failure.message.clone(),
    }
}

/// Gives up when the request had all of its time.
async fn within<T>(deadline: Deadline, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    match deadline.left() {
        Some(left) => tokio::time::timeout(left, work).await.unwrap_or_else(|_| Err(failure::too_slow())),
        None => work.await,
    }
}
