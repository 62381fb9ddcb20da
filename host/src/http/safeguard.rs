//! The answer to a request whose handler has none: it broke, or has not begun in the time that the platform gives.

use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use futures::FutureExt;
use tokio::time::timeout_at;

use super::{Routes, TimeLimit, refuse_observed, too_slow};
use crate::error::{Failure, Kind};
use crate::telemetry::Observation;

/// Routes that always answer, and in time.
pub(crate) fn safeguarded(routes: Routes) -> Routes {
    routes.layer(middleware::from_fn(safeguard))
}

async fn safeguard(request: Request, next: Next) -> Response {
    let limit = request.extensions().get::<TimeLimit>().copied();
    let observation: Observation = request.extensions().get().cloned().unwrap_or_default();
    let answering = AssertUnwindSafe(next.run(request)).catch_unwind();
    let answering = answering.map(|answer| answer.map_err(|_panic| broken()));
    let answer = match limit {
        Some(limit) => timeout_at(limit.begun, answering).await.unwrap_or_else(|_| Err(too_slow())),
        None => answering.await,
    };
    answer.unwrap_or_else(|failure| refuse_observed(&failure, &observation))
}

/// The fault is in the log, where the panic has written it.
pub(crate) fn broken() -> Failure {
    Failure::new(Kind::Internal, "internal error")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tokio::time::Instant;
    use tower_service::Service;

    use super::*;
    use crate::http::observed;
    use crate::telemetry::{Outcome, Outlet, Record, Telemetry};

    #[derive(Default)]
    struct Kept(Mutex<Vec<Record>>);

    impl Outlet for Kept {
        fn write(&self, record: &Record) {
            self.0.lock().unwrap().push(record.clone());
        }
    }

    async fn broken() -> &'static str {
        panic!("on purpose")
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_breaks_or_does_not_begin_is_answered_for_and_recorded() {
        let routes = Router::new()
            .route("/broken", get(broken))
            .route("/never", get(async || std::future::pending::<()>().await));
        for (path, status, kind) in [("/broken", 500, Kind::Internal), ("/never", 504, Kind::ModelTimeout)] {
            let kept = Arc::new(Kept::default());
            let mut routes = observed(safeguarded(routes.clone()), Telemetry::to(kept.clone()));
            let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
            request.extensions_mut().insert(TimeLimit { answered: Instant::now(), begun: Instant::now() });
            let response = routes.call(request).await.unwrap();
            assert_eq!(response.status(), status, "{path}");
            let said = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
            assert!(!String::from_utf8_lossy(&said).contains("purpose"), "{path}");
            let records = kept.0.lock().unwrap();
            let told: Vec<_> = records.iter().map(|it| (it.outcome, it.status, it.error)).collect();
            assert_eq!(told, [(Outcome::Failed, Some(status), Some(kind))], "{path}");
        }
    }
}
