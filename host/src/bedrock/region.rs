//! The regions, and the SDK's clients for them.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use aws_config::{Region, SdkConfig};
use tokio::time::Instant;

use crate::error::{Failure, Kind};
use crate::pipeline::Deadline;
use crate::telemetry::Observation;

use super::retry::{self, Retries};
use super::warm::Warm;

/// Where Bedrock is called.
#[derive(Debug)]
pub(super) struct Regions {
    sdk: SdkConfig,
    home: Arc<Clients>,
    /// Asked when the home cannot answer, in this order.
    others: Vec<Arc<Clients>>,
    /// Regions that only ARNs of the operator's name.
    foreign: Mutex<HashMap<String, Arc<Clients>>>,
    warm: Mutex<Warm>,
    pub(super) retries: Retries,
}

/// The SDK's clients for one region, made when they are first needed. All share one pool of
/// connections.
#[derive(Debug)]
pub(super) struct Clients {
    sdk: SdkConfig,
    runtime: OnceLock<aws_sdk_bedrockruntime::Client>,
    control: OnceLock<aws_sdk_bedrock::Client>,
}

impl Clients {
    fn new(sdk: SdkConfig) -> Arc<Self> {
        Arc::new(Self { sdk, runtime: OnceLock::new(), control: OnceLock::new() })
    }

    /// The region's name.
    pub(super) fn region(&self) -> &str {
        self.sdk.region().map(Region::as_ref).unwrap_or_default()
    }

    /// The name of the host where models are called.
    fn server(&self) -> String {
        let other =
            self.sdk.endpoint_url().and_then(|url| url.parse::<http::Uri>().ok()?.host().map(str::to_owned));
        other.unwrap_or_else(|| format!("bedrock-runtime.{}.amazonaws.com", self.region()))
    }

    /// Calls models.
    pub(super) fn runtime(&self) -> &aws_sdk_bedrockruntime::Client {
        self.runtime.get_or_init(|| aws_sdk_bedrockruntime::Client::new(&self.sdk))
    }

    /// Says what there is.
    pub(super) fn control(&self) -> &aws_sdk_bedrock::Client {
        self.control.get_or_init(|| aws_sdk_bedrock::Client::new(&self.sdk))
    }
}

impl Regions {
    /// The SDK's own region is the home.
    pub(super) fn new(sdk: SdkConfig, others: &[String], max_attempts: NonZeroU32) -> Self {
        Self {
            home: Clients::new(sdk.clone()),
            others: others.iter().map(|name| Clients::new(at(&sdk, name))).collect(),
            foreign: Mutex::default(),
            warm: Mutex::default(),
            retries: Retries { max_attempts, random: retry::random },
            sdk,
        }
    }

    pub(super) fn home(&self) -> &Arc<Clients> {
        &self.home
    }

    /// Whether a client may name this model. An ARN leads to its own region, which has to be listed: no
    /// prompt leaves the operator's regions because a client says so.
    pub(super) fn check(&self, model: &str) -> Result<(), Failure> {
        let Some(region) = region_of(model) else { return Ok(()) };
        let served: Vec<&str> = self.listed().map(|listed| listed.region()).collect();
        if served.contains(&region) {
            return Ok(());
        }
        let served = served.join("`, `");
        let message =
            format!("`model` is of the region `{region}`, which is not served here; these are: `{served}`");
        Err(Failure::invalid("model", message).with_code("invalid_value"))
    }

    /// Whether a key that may use these regions alone (all, if none is named) can ask for a model.
    pub(super) fn admit(&self, model: &str, within: &[String]) -> Result<(), Failure> {
        let is_open = match region_of(model) {
            Some(region) => is_within(region, within),
            None => self.listed().any(|listed| is_within(listed.region(), within)),
        };
        if is_open {
            return Ok(());
        }
        let within = within.join("`, `");
        let message = format!(
            "your API key may use models in `{within}` alone, and this one cannot be called there; ask the operator"
        );
        Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model").with_code("region_not_allowed"))
    }

    /// Where a model is asked for: in the region that its ARN names, and there alone; else where its
    /// prompt cache is warm, and then in the others. In none but these regions, if any is named.
    pub(super) fn of(&self, model: &str, within: &[String]) -> Vec<Arc<Clients>> {
        let mut clients: Vec<_> = if let Some(region) = region_of(model) {
            vec![self.named(region)]
        } else {
            let order = self.warm().order(model, 1 + self.others.len(), Instant::now());
            order.into_iter().filter_map(|place| self.listed().nth(place)).cloned().collect()
        };
        clients.retain(|clients| is_within(clients.region(), within));
        clients
    }

    /// Calls a model: see [`Retries::run`]. `told` learns of each attempt.
    pub(super) async fn call<T, F>(
        &self,
        model: &str,
        within: &[String],
        deadline: Deadline,
        told: &Observation,
        attempt: impl Fn(Arc<Clients>) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let attempt = |clients: Arc<Clients>| {
            told.attempted(clients.region(), || clients.server());
            attempt(clients)
        };
        let (clients, answer) = self.retries.run(&self.of(model, within), deadline, attempt).await?;
        if region_of(model).is_none()
            && let Some(place) = self.listed().position(|listed| Arc::ptr_eq(listed, &clients))
        {
            self.warm().note(model, place, Instant::now());
        }
        Ok(answer)
    }

    /// The clients for a region, listed or not.
    fn named(&self, region: &str) -> Arc<Clients> {
        if let Some(listed) = self.listed().find(|listed| listed.region() == region) {
            return Arc::clone(listed);
        }
        let mut foreign = self.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = foreign.get(region) {
            return Arc::clone(known);
        }
        let made = Clients::new(at(&self.sdk, region));
        foreign.insert(region.to_owned(), Arc::clone(&made));
        made
    }

    fn listed(&self) -> impl Iterator<Item = &Arc<Clients>> {
        std::iter::once(&self.home).chain(&self.others)
    }

    fn warm(&self) -> std::sync::MutexGuard<'_, Warm> {
        self.warm.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_within(region: &str, within: &[String]) -> bool {
    within.is_empty() || within.iter().any(|allowed| allowed == region)
}

fn at(sdk: &SdkConfig, region: &str) -> SdkConfig {
    sdk.to_builder().region(Region::new(region.to_owned())).build()
}

/// The region that an ARN of Bedrock names: `us-east-1` of `arn:aws:bedrock:us-east-1:…`. It becomes
/// part of the address that gets the gateway's credentials, so it has to look like a region.
fn region_of(model: &str) -> Option<&str> {
    let mut fields = model.strip_prefix("arn:")?.split(':');
    let region = fields.nth(2)?;
    let (area, number) = region.rsplit_once('-')?;
    let words = area.split('-');
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let valid = region.len() <= 32
        && words.clone().count() >= 2
        && words.clone().all(is_word)
        && !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit());
    valid.then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_names_its_region() {
        for (arn, region) in [
            ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", Some("us-east-1")),
            ("arn:aws-us-gov:bedrock:us-gov-west-1:1:inference-profile/x", Some("us-gov-west-1")),
            ("arn:aws-eusc:bedrock:eusc-de-east-1:1:provisioned-model/x", Some("eusc-de-east-1")),
            ("us.amazon.nova-lite-v1:0", None),
            ("arn:aws:bedrock:::x", None),
            ("arn:aws:bedrock", None),
        ] {
            assert_eq!(region_of(arn), region, "{arn}");
        }
    }

    #[test]
    fn what_does_not_look_like_a_region_gets_into_no_address() {
        for text in
            ["s3", "evil.com/", "us-east-1.evil.com", "us-east-1@x", "us--1", "us-east-", "US-EAST-1", "a-1"]
        {
            assert_eq!(region_of(&format!("arn:aws:bedrock:{text}:1:inference-profile/x")), None, "{text}");
        }
        let long = format!("us-{}-1", "e".repeat(40));
        assert_eq!(region_of(&format!("arn:aws:bedrock:{long}:1:inference-profile/x")), None);
    }
}
