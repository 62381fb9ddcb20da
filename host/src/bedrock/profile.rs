//! Which model stands behind an application inference profile: its ARN does not say it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::{Instant, timeout};

use crate::capability::{self, Capabilities};
use crate::error::Failure;

use super::error;
use super::region::Regions;

/// How long the first request for a profile may be held up. It can be served without an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Bedrock is not asked again about a profile that it did not tell about for so long.
const PAUSE: Duration = Duration::from_mins(1);

/// How many profiles are asked about in that time, but for those that Bedrock has told about. Clients
/// choose the ARNs.
const MOST_UNKNOWN: usize = 256;

/// What the models behind profiles can do.
#[derive(Debug)]
pub(super) struct Profiles {
    regions: Arc<Regions>,
    known: capability::Models,
    /// Profiles that Bedrock is asked about, or did not tell about.
    unknown: Mutex<HashMap<String, Arc<LookUp>>>,
}

/// Bedrock is asked once about a profile, and all who want to know wait for that.
#[derive(Debug)]
struct LookUp {
    begun: Instant,
    /// If the one who asks goes away, the next one who waits asks.
    done: OnceCell<()>,
}

impl Profiles {
    pub(super) fn new(regions: Arc<Regions>, known: capability::Models) -> Self {
        Self { regions, known, unknown: Mutex::default() }
    }

    /// What a model can do. Fails if its ARN leads to a region that neither the operator's list nor one
    /// of the operator's names for models allows.
    ///
    /// Bedrock is asked once about each application inference profile; as long
    /// as it does not tell, the model counts as one that nobody knows.
    pub(super) async fn capabilities(&self, model: &str) -> Result<Arc<Capabilities>, Failure> {
        if !self.known.is_named(model) {
            self.regions.check(model)?;
        }
        if model.contains(":application-inference-profile/")
            && self.known.is_unresolved(model)
            && let Some(look_up) = self.look_up(model, Instant::now())
        {
            look_up.done.get_or_init(|| self.learn(model)).await;
        }
        Ok(self.known.capabilities(model))
    }

    /// The look-up that tells about a profile, begun or not. None if there are too many: a flood of
    /// made-up profiles is not asked about at all.
    fn look_up(&self, profile: &str, now: Instant) -> Option<Arc<LookUp>> {
        let counts = |look_up: &LookUp| now.duration_since(look_up.begun) < PAUSE;
        let mut unknown = self.unknown();
        if let Some(look_up) = unknown.get(profile).filter(|look_up| counts(look_up)) {
            return Some(Arc::clone(look_up));
        }
        if unknown.len() >= MOST_UNKNOWN {
            unknown.retain(|_, look_up| counts(look_up));
        }
        let room = unknown.len() < MOST_UNKNOWN;
        room.then(|| {
            let look_up = Arc::new(LookUp { begun: now, done: OnceCell::new() });
            unknown.insert(profile.to_owned(), Arc::clone(&look_up));
            look_up
        })
    }

    async fn learn(&self, profile: &str) {
        match self.ask(profile).await {
            Ok(found) => {
                self.known.learn(profile, &found);
                self.unknown().remove(profile);
            }
            Err(failure) => {
                tracing::warn!(profile, %failure, "an inference profile cannot be looked up");
            }
        }
    }

    /// The ARN of the first of its models; they are the same one in several regions.
    async fn ask(&self, profile: &str) -> Result<String, Failure> {
        let clients = self.regions.of(profile, &[]).into_iter().next().ok_or_else(error::nowhere)?;
        let call = clients.control().get_inference_profile().inference_profile_identifier(profile).send();
        let answer = timeout(PATIENCE, call).await.map_err(|_| error::silent())?;
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        let model = answer.models().first().and_then(|model| model.model_arn());
        model.map(str::to_owned).ok_or_else(error::broken)
    }

    fn unknown(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<LookUp>>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
