//! What answers invocations: a router, or the honest word that there is none yet.

use std::num::NonZeroUsize;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;
use tokio::task::JoinError;
use tokio::time::{Instant, timeout};

use super::source::{Read, Source, SourceError};
use crate::composition::{Composition, CompositionError, Housekeeping, compose};
use crate::config::{Cors, TelemetryFormat};
use crate::error::{Failure, Kind};
use crate::http::{self, Edge, Routes};
use crate::ingress::lambda::Function;
use crate::plugin::{Catalog, CatalogError};
use crate::telemetry::Telemetry;
use crate::unfinished;

/// After a start that failed, none is tried for so long.
const PAUSE: Duration = Duration::from_secs(3);

/// How long one start may take. Lambda gives it 10 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// How old the settings may be. Older ones are read anew, when a request was answered.
const FRESH: Duration = Duration::from_mins(5);

/// How long an invocation waits for what is left to do.
const SETTLING: Duration = Duration::from_secs(15);

/// A clock that stood still for so long while the process was frozen has kept what was remembered from getting old.
/// That is as long as the store remembers keys.
const STOOD_STILL: Duration = Duration::from_secs(30);

/// Plugin instances for each invocation at a time: those of its chain, and those that wait for the next one. Room for
/// more is address space and bookkeeping that a small function does not have.
const INSTANCES: u32 = 32;

/// The function.
pub(super) struct Deployed {
    source: Source,
    /// The most plugin instances.
    instances: u32,
    /// How refusals look, by the settings that were read last.
    refusals: std::sync::Mutex<Refusals>,
    state: Mutex<State>,
}

/// Which pages may read that nothing can be served, and what is told of it.
#[derive(Clone)]
struct Refusals {
    cors: Cors,
    telemetry: TelemetryFormat,
}

enum State {
    /// Nothing was tried yet.
    New,
    /// It was tried then, in vain.
    Broken(Instant),
    Serving(Arc<Serving>),
}

/// Everything, built of the settings.
struct Serving {
    routes: Routes,
    housekeeping: Housekeeping,
    /// What it was built of.
    read: Read,
    /// When it was built.
    built: Moment,
    /// When the settings were looked at.
    looked: std::sync::Mutex<SystemTime>,
}

/// A moment by both clocks. A freeze may stop the one that timers go by.
struct Moment {
    monotonic: Instant,
    wall: SystemTime,
}

impl Moment {
    fn now() -> Self {
        Self { monotonic: Instant::now(), wall: time_of_day() }
    }

    /// For how long the monotonic clock stood still since.
    fn stood_still(&self) -> Duration {
        self.wall.elapsed().unwrap_or_default().saturating_sub(self.monotonic.elapsed())
    }
}

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Composition(#[from] CompositionError),
    #[error(transparent)]
    Plugins(#[from] CatalogError),
    #[error("the plugin engine broke while it started: {0}")]
    Interrupted(#[from] JoinError),
    #[error("AWS did not answer within {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Deployed {
    /// Serves so many invocations at a time.
    pub(super) fn new(source: Source, at_once: NonZeroUsize) -> Self {
        let at_once = u32::try_from(at_once.get()).unwrap_or(u32::MAX);
        let refusals = Refusals { cors: Cors::Off, telemetry: TelemetryFormat::Emf };
        Self {
            source,
            instances: INSTANCES.saturating_mul(at_once),
            refusals: refusals.into(),
            state: Mutex::new(State::New),
        }
    }

    /// Builds everything before the first request. What goes wrong is in the log, and is tried again with a request.
    pub(super) async fn prepare(&self) {
        let _ = self.serving().await;
    }

    /// What serves, or why nothing does. Requests that come while it is built wait for it.
    async fn serving(&self) -> Result<Arc<Serving>, Failure> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Serving(serving) if serving.built.stood_still() < STOOD_STILL => {
                return Ok(Arc::clone(serving));
            }
            State::Broken(tried) if tried.elapsed() < PAUSE => return Err(not_ready()),
            State::New | State::Broken(_) | State::Serving(_) => {}
        }
        // If the request is over before this is, it counts as tried.
        *state = State::Broken(Instant::now());
        let built = timeout(PATIENCE, self.build()).await.unwrap_or(Err(Fault::TooSlow));
        match built {
            Ok(serving) => {
                let serving = Arc::new(serving);
                *state = State::Serving(Arc::clone(&serving));
                Ok(serving)
            }
            Err(fault) => {
                *state = State::Broken(Instant::now());
                tracing::error!(%fault, "nothing can be served; it is tried again with a request, until this is mended");
                Err(not_ready())
            }
        }
    }

    async fn build(&self) -> Result<Serving, Fault> {
        let read = self.source.read().await?;
        Box::pin(self.build_of(read)).await
    }

    async fn build_of(&self, read: Read) -> Result<Serving, Fault> {
        let (mut config, secrets) = self.source.settings(&read)?;
        // CloudWatch makes metrics of these.
        let telemetry = *config.telemetry.get_or_insert(TelemetryFormat::Emf);
        *self.refusals.lock().unwrap_or_else(PoisonError::into_inner) =
            Refusals { cors: config.cors.clone(), telemetry };
        config.limits.instances = config.limits.instances.min(self.instances);
        let (folder, limits) = (config.plugins.clone(), config.limits.clone());
        // While the store is waited for.
        let engine = tokio::task::spawn_blocking(move || Catalog::open(&folder, &limits));
        let store = self.source.store(&mut config).await?;
        let composition = compose(config, secrets, store, engine.await??).await?;
        let Composition { routes, housekeeping, .. } = composition;
        Ok(Serving {
            routes,
            housekeeping,
            read,
            built: Moment::now(),
            looked: std::sync::Mutex::new(time_of_day()),
        })
    }

    /// Reads the settings again, if they are old, and takes what has changed. If that cannot be read or used, all
    /// stays as it is.
    async fn refresh(&self, serving: &Serving) {
        if !serving.is_due() {
            return;
        }
        let renewed = async {
            let read = self.source.read().await?;
            if read == serving.read {
                return Ok(None);
            }
            Box::pin(self.build_of(read)).await.map(Some)
        };
        match timeout(PATIENCE, renewed).await.unwrap_or(Err(Fault::TooSlow)) {
            Ok(None) => {}
            Ok(Some(renewed)) => {
                tracing::info!("the settings have changed");
                serving.housekeeping.flush().await;
                *self.state.lock().await = State::Serving(Arc::new(renewed));
            }
            Err(fault) => {
                tracing::error!(%fault, "the settings have changed, or cannot be read: the older ones count");
            }
        }
    }
}

impl Serving {
    /// Whether the settings have to be looked at again. Says so once.
    fn is_due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = looked.elapsed().unwrap_or_default() >= FRESH;
        if is_due {
            *looked = time_of_day();
        }
        is_due
    }
}

impl Function for Deployed {
    async fn routes(&self) -> Result<Routes, Failure> {
        Ok(self.serving().await?.routes.clone())
    }

    fn refusing(&self, failure: Failure) -> Routes {
        let Refusals { cors, telemetry } =
            self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let edge = Edge { cors, origin_secret: None };
        edge.around(http::refusing(failure, Telemetry::from_environment(telemetry)))
    }

    async fn settle(&self) {
        if timeout(SETTLING, unfinished::done()).await.is_err() {
            tracing::warn!("not everything is settled yet; it goes on with the next request");
        }
        let serving = match &*self.state.lock().await {
            State::Serving(serving) => Arc::clone(serving),
            State::New | State::Broken(_) => return,
        };
        serving.housekeeping.between_requests().await;
        self.refresh(&serving).await;
    }
}

fn time_of_day() -> SystemTime {
    jiff::Timestamp::now().into()
}

fn not_ready() -> Failure {
    let message = "the gateway cannot serve at the moment, because of its settings or of what they name; try again \
                   later, or ask the operator, whose log says why";
    Failure::new(Kind::NotReady, message).with_retry_after(PAUSE)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::fs;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn settings_that_are_wrong_are_tried_again_until_they_are_mended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("adit.toml");
        fs::write(&file, "max_body = 1").unwrap();
        let function =
            Deployed::new(Source::file(file.clone(), folder.path().join("data")), NonZeroUsize::MIN);
        function.prepare().await;
        let refusal = function.routes().await.unwrap_err();
        assert_eq!((refusal.kind, refusal.retry_after), (Kind::NotReady, Some(PAUSE)));
        assert!(!refusal.message.contains("max_body"), "the client learns nothing of the settings");
        function.settle().await;

        fs::write(&file, "[auth]\norigin_secret = 'edge'").unwrap();
        assert!(function.routes().await.is_err(), "not so soon");
        tokio::time::advance(PAUSE).await;
        assert!(function.routes().await.is_err(), "a secret that is not there");

        fs::write(&file, "max_body_bytes = 1").unwrap();
        tokio::time::advance(PAUSE).await;
        drop(function.routes().await.unwrap());
        fs::remove_file(&file).unwrap();
        drop(function.routes().await.unwrap());
        function.settle().await;
    }
}
