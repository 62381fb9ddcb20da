//! Which model stands behind an application inference profile: its ARN does not say it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::capability::{self, Capabilities};
use crate::error::Failure;

use super::error;
use super::region::Regions;

/// How long the first request for a profile may be held up. It can be served without an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Bedrock is not asked again about a profile that it did not tell about for so long.
const PAUSE: Duration = Duration::from_mins(1);

/// How many such profiles are remembered. Clients choose the ARNs.
const MOST_UNKNOWN: usize = 256;

/// What the models behind profiles can do.
#[derive(Debug)]
pub(super) struct Profiles {
    regions: Arc<Regions>,
    known: capability::Models,
    /// Profiles that Bedrock did not tell about, and when it was asked.
    unknown: Mutex<HashMap<String, Instant>>,
}

impl Profiles {
    pub(super) fn new(regions: Arc<Regions>, known: capability::Models) -> Self {
        Self { regions, known, unknown: Mutex::default() }
    }

    /// What a model can do. Bedrock is asked once about each application inference profile; as long
    /// as it does not tell, the model counts as one that nobody knows.
    pub(super) async fn capabilities(&self, model: &str) -> Arc<Capabilities> {
        if model.contains(":application-inference-profile/")
            && self.known.is_unresolved(model)
            && self.begin(model, Instant::now())
        {
            match self.ask(model).await {
                Ok(found) => {
                    self.known.learn(model, &found);
                    self.unknown().remove(model);
                }
                Err(failure) => {
                    tracing::warn!(profile = model, %failure, "an inference profile cannot be looked up");
                }
            }
        }
        self.known.capabilities(model)
    }

    /// Whether to ask about a profile now. Until an answer is there it counts as unknown, so that
    /// many requests at once ask once.
    fn begin(&self, profile: &str, now: Instant) -> bool {
        let mut unknown = self.unknown();
        if unknown.get(profile).is_some_and(|asked| now.duration_since(*asked) < PAUSE) {
            return false;
        }
        if unknown.len() >= MOST_UNKNOWN {
            unknown.retain(|_, asked| now.duration_since(*asked) < PAUSE);
        }
        // A flood of made-up profiles is not asked about at all.
        let room = unknown.len() < MOST_UNKNOWN;
        if room {
            unknown.insert(profile.to_owned(), now);
        }
        room
    }

    /// The ARN of the first of its models; they are the same one in several regions.
    async fn ask(&self, profile: &str) -> Result<String, Failure> {
        let clients = self.regions.of(profile).into_iter().next().ok_or_else(error::nowhere)?;
        let call = clients.control().get_inference_profile().inference_profile_identifier(profile).send();
        let answer = timeout(PATIENCE, call).await.map_err(|_| error::silent())?;
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        let model = answer.models().first().and_then(|model| model.model_arn());
        model.map(str::to_owned).ok_or_else(error::broken)
    }

    fn unknown(&self) -> std::sync::MutexGuard<'_, HashMap<String, Instant>> {
        self.unknown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
