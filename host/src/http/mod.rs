//! The HTTP surface: routes, authentication, limits, and the status of every failure.

mod answer;
mod auth;
mod body;
mod cache;
mod caller;
mod chat_completions;
mod client_format;
mod clock;
mod completions;
mod edge;
mod embeddings;
mod explanation;
mod failure;
mod generation;
mod keep_alive;
mod mcp;
mod models;
mod observe;
mod rate_limits;
mod remote;
mod request_id;
mod safeguard;
mod status;
mod terms;
mod usage;

pub(crate) use answer::AWS_REQUEST_ID;
pub use caller::{AwsCaller, TimeLimit};
pub use edge::Edge;
#[cfg(test)]
pub(crate) use failure::response as refusal;
pub use failure::too_slow;
pub use mcp::Mcp;
pub(crate) use safeguard::{broken, safeguarded};

use std::sync::Arc;

use axum::body::Body;
use axum::http::Response;
use axum::routing::{any, get, post};
use axum::{Extension, Router, middleware};

use self::caller::Caller;
use crate::capability::Models;
use crate::config::{Iam, S3Prefix, Timeouts};
use crate::error::{Failure, Kind};
use crate::fetch::Fetcher;
use crate::health::Health;
use crate::metering::Meters;
use crate::pipeline::{EmbeddingPipeline, ImagePipeline, Pipeline, Plugins};
use crate::store::Keys;
use crate::telemetry::{Observation, Telemetry};

/// What the routes share.
#[derive(Clone)]
pub struct App {
    /// Who may call.
    pub keys: Arc<dyn Keys>,
    /// What they may use, and have used.
    pub meters: Arc<dyn Meters>,
    /// Whether callers that AWS has authenticated need no key.
    pub iam: Iam,
    /// The plugins that keys have switched on.
    pub plugins: Arc<dyn Plugins>,
    /// How the plugins are doing.
    pub health: Arc<Health>,
    /// Where requests go.
    pub pipeline: Pipeline,
    /// Where texts go that become vectors.
    pub embeddings: EmbeddingPipeline,
    /// Where images are made.
    pub images: ImagePipeline,
    /// The largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Fetches what a request names by URL, if the operator allows it.
    pub fetcher: Option<Fetcher>,
    /// What Bedrock may read from S3 because a client names it.
    pub s3: Arc<[S3Prefix]>,
    /// How long an answer may take.
    pub timeouts: Timeouts,
    /// What models can do.
    pub models: Models,
    /// The Model Context Protocol, if it is served.
    pub mcp: Option<Mcp>,
    /// What is told of each request.
    pub telemetry: Telemetry,
}

/// What answers requests.
pub type Routes = Router;

/// All routes.
pub fn router(app: App) -> Routes {
    let telemetry = app.telemetry.clone();
    let routes = Router::new()
        .route("/v1/chat/completions", post(chat_completions::create))
        .route("/v1/completions", post(completions::create))
        .route("/v1/adit/explain", post(chat_completions::explain))
        .route("/v1/embeddings", post(embeddings::create))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*id}", get(models::retrieve))
        .route("/v1/usage", get(usage::read));
    let routes = if app.mcp.is_some() { routes.route("/mcp", any(mcp::serve)) } else { routes };
    let routes =
        routes.fallback(client_format::serve).method_not_allowed_fallback(method_not_allowed).with_state(app);
    // Probes are no requests that anybody looks for.
    observed(safeguarded(routes), telemetry).route("/health", get(health))
}

/// Routes that refuse every request, while there are no others.
pub fn refusing(failure: Failure, telemetry: Telemetry) -> Routes {
    let refuse = async move |observation: Option<Extension<Observation>>| {
        let observation = observation.map_or_else(Observation::default, |Extension(observation)| observation);
        refuse_observed(&failure, &observation)
    };
    observed(Router::new().fallback(refuse.clone()), telemetry).route("/health", get(refuse))
}

fn observed(routes: Routes, telemetry: Telemetry) -> Routes {
    if telemetry.is_off() {
        return routes;
    }
    routes.layer(middleware::from_fn_with_state(telemetry, observe::observe))
}

/// Alive. Asks nobody else, so a probe costs nothing and fails only with the process.
async fn health() -> &'static str {
    "ok\n"
}

/// The answer to a request that comes to no route, and a line of the log.
pub fn refuse(failure: &Failure) -> Response<Body> {
    refuse_observed(failure, &Observation::default())
}

fn refuse_observed(failure: &Failure, observation: &Observation) -> Response<Body> {
    let id = request_id::new();
    observation.named(&id);
    failure::log(&id, observation, failure);
    failure::response(&id, failure)
}

async fn method_not_allowed(
    method: axum::http::Method,
    uri: axum::http::Uri,
    caller: Caller,
) -> answer::Refusal {
    let path = uri.path();
    caller.refused(Failure::new(Kind::MethodNotAllowed, format!("`{path}` does not take {method}")))
}
