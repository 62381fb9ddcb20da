//! AWS Lambda: requests come as events of a Function URL or a REST API, one invocation each, and answers are
//! streamed back through the Runtime API
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
//!
//! The loop is our own. AWS's client waits for an ACK between two small writes, writes what goes wrong with
//! a body into the client's stream, and knows no moment between the end of an answer and the next poll. Lambda
//! freezes the process as soon as it polls, so that moment is when everything gets done that is left to do.

mod answer;
mod budget;
mod event;
mod runtime_api;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use axum::http::HeaderValue;
use futures::FutureExt;
use futures::future::select_all;
use tokio::time::timeout_at;
use tower_service::Service;
use tracing::Instrument;

use crate::error::Failure;
use crate::http::{self, AWS_REQUEST_ID, Routes, TimeLimit};
use crate::telemetry::{self, ClientRequestId, Observation};
use budget::Budget;
use event::Event;
use runtime_api::{Connection, Invocation};
pub use runtime_api::{RuntimeApi, RuntimeApiError};

/// What serves the invocations.
pub trait Function: Send + Sync {
    /// The routes, or why there are none at the moment.
    fn routes(&self) -> impl Future<Output = Result<Routes, Failure>> + Send;

    /// Routes that refuse every request for this reason.
    fn refusing(&self, failure: Failure) -> Routes;

    /// Does what is left to do of the requests that were answered. The process may be frozen when this is done.
    fn settle(&self) -> impl Future<Output = ()> + Send;
}

/// Answers invocations, so many at a time, for as long as there is a Runtime API.
pub async fn serve(
    api: &RuntimeApi,
    at_once: NonZeroUsize,
    function: Arc<impl Function + 'static>,
) -> Result<Infallible, RuntimeApiError> {
    let pollers = (0..at_once.get()).map(|_| tokio::spawn(poll(api.connection(), Arc::clone(&function))));
    let (ended, ..) = select_all(pollers).await;
    ended.unwrap_or_else(|fault| resume_unwind(fault.into_panic()))
}

async fn poll(
    mut connection: Connection,
    function: Arc<impl Function>,
) -> Result<Infallible, RuntimeApiError> {
    loop {
        let mut invocation = connection.next().await?;
        // After a freeze: whatever was closed in the meantime is noticed before anything is sent.
        tokio::task::yield_now().await;
        let budget = Budget::until(invocation.deadline_ms);
        let span = tracing::info_span!(
            "invocation",
            aws_request = %invocation.id,
            trace = invocation.trace.as_deref(),
            client_request = tracing::field::Empty,
        );
        if let Err(fault) =
            invoke(&mut connection, &mut invocation, budget, &*function).instrument(span).await
        {
            // The client has left, or the platform has ended the invocation: there is nobody to tell.
            tracing::warn!(aws_request = %invocation.id, %fault, "an answer was not sent to its end");
        }
        if timeout_at(budget.settled, function.settle()).await.is_err() {
            tracing::error!(
                aws_request = %invocation.id,
                "not everything of the request is settled, and its time is over; the function may need a longer timeout"
            );
        }
    }
}

/// One invocation, from its event to the last byte of its answer. What fails here is the way back.
async fn invoke(
    connection: &mut Connection,
    invocation: &mut Invocation,
    budget: Budget,
    function: &impl Function,
) -> Result<(), RuntimeApiError> {
    let Event { mut request, shape } = match event::read(&std::mem::take(&mut invocation.event)) {
        Ok(event) => event,
        Err(unreadable) => {
            tracing::warn!(%unreadable, "refused an invocation");
            return connection.fail(invocation, "Adit.UnreadableEvent", &unreadable.to_string()).await;
        }
    };
    let client_request = request.headers().get("x-client-request-id").and_then(|id| id.to_str().ok());
    if let Some(id) = client_request.filter(|id| ClientRequestId::parse(id).is_some()) {
        tracing::Span::current().record("client_request", id);
    }
    let known = telemetry::Invocation::new(&*invocation.id, invocation.trace.as_deref());
    request.extensions_mut().insert(known);
    request.extensions_mut().insert(TimeLimit { answered: budget.answered, begun: budget.begun });

    let mut routes = routes(function, budget).await;
    let mut response = routes.call(request).await.unwrap_or_else(|never| match never {});
    let observation = response.extensions_mut().remove::<Observation>();
    if let Ok(id) = HeaderValue::from_str(&invocation.id) {
        response.headers_mut().insert(AWS_REQUEST_ID, id);
    }
    let (answer, _held) = answer::over_the_wire(response, shape);
    let sending = connection.respond(invocation, answer);
    match timeout_at(budget.sent, sending).await {
        Ok(sent) => sent,
        Err(_too_late) => {
            connection.close().await;
            if let Some(observation) = observation {
                observation.failed(&http::too_slow());
            }
            tracing::warn!("an answer was cut: the time of the invocation is over");
            Ok(())
        }
    }
}

/// What answers an invocation, if only that it cannot be served. All that it answers passes the function's routes,
/// so that a page of a browser can read it, and there is a record of it.
async fn routes(function: &impl Function, budget: Budget) -> Routes {
    let ready = AssertUnwindSafe(function.routes()).catch_unwind();
    let failure = match timeout_at(budget.begun, ready).await {
        Ok(Ok(Ok(routes))) => return routes,
        Ok(Ok(Err(failure))) => failure,
        Ok(Err(_panic)) => http::broken(),
        Err(_too_late) => http::too_slow(),
    };
    function.refusing(failure)
}
