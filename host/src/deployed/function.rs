//! What answers invocations: a router, or the honest word that there is none yet.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::source::{Read, Source, SourceError};
use crate::composition::{Composition, CompositionError, Housekeeping, compose};
use crate::error::{Failure, Kind};
use crate::http::Routes;
use crate::ingress::lambda::Function;
use crate::unfinished;

/// After a start that failed, none is tried for so long.
const PAUSE: Duration = Duration::from_secs(3);

/// How long one start may take. Lambda gives it 10 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// How old the settings may be. Older ones are read anew, when a request was answered.
const FRESH: Duration = Duration::from_mins(5);

/// How long an invocation waits for what is left to do.
const SETTLING: Duration = Duration::from_secs(15);

/// The function.
pub(super) struct Deployed {
    source: Source,
    state: Mutex<State>,
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
    /// When that was looked at.
    looked: std::sync::Mutex<Instant>,
}

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Composition(#[from] CompositionError),
    #[error("AWS did not answer within {} s", PATIENCE.as_secs())]
    TooSlow,
}

impl Deployed {
    pub(super) fn new(source: Source) -> Self {
        Self { source, state: Mutex::new(State::New) }
    }

    /// Builds everything before the first request. What goes wrong is in the log, and is tried again with a request.
    pub(super) async fn prepare(&self) {
        let _ = self.serving().await;
    }

    /// What serves, or why nothing does. Requests that come while it is built wait for it.
    async fn serving(&self) -> Result<Arc<Serving>, Failure> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Serving(serving) => return Ok(Arc::clone(serving)),
            State::Broken(tried) if tried.elapsed() < PAUSE => return Err(not_ready()),
            State::New | State::Broken(_) => {}
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
        self.build_of(read).await
    }

    async fn build_of(&self, read: Read) -> Result<Serving, Fault> {
        let (mut config, secrets) = self.source.settings(&read)?;
        let store = self.source.store(&mut config).await?;
        let Composition { routes, housekeeping, .. } = compose(config, secrets, store).await?;
        Ok(Serving { routes, housekeeping, read, looked: std::sync::Mutex::new(Instant::now()) })
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
            self.build_of(read).await.map(Some)
        };
        match timeout(PATIENCE, renewed).await.unwrap_or(Err(Fault::TooSlow)) {
            Ok(None) => {}
            Ok(Some(renewed)) => {
                tracing::info!("the settings have changed");
                *self.state.lock().await = State::Serving(Arc::new(renewed));
            }
            Err(fault) => {
                tracing::error!(%fault, "the settings have changed, or cannot be read: the older ones count")
            }
        }
    }
}

impl Serving {
    /// Whether the settings have to be looked at again. Says so once.
    fn is_due(&self) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_due = looked.elapsed() >= FRESH;
        if is_due {
            *looked = Instant::now();
        }
        is_due
    }
}

impl Function for Deployed {
    async fn routes(&self) -> Result<Routes, Failure> {
        Ok(self.serving().await?.routes.clone())
    }

    async fn settle(&self) {
        if timeout(SETTLING, unfinished::done()).await.is_err() {
            tracing::warn!("not everything is settled yet; it goes on with the next request");
        }
        let serving = match &*self.state.lock().await {
            State::Serving(serving) => Arc::clone(serving),
            State::New | State::Broken(_) => return,
        };
        serving.housekeeping.once().await;
        self.refresh(&serving).await;
    }
}

fn not_ready() -> Failure {
    let message = "the gateway cannot serve at the moment, because of its settings or of what they name; try again \
                   later, or ask the operator, whose log says why";
    Failure::new(Kind::NotReady, message).with_retry_after(PAUSE)
}
