//! What can be called: foundation models and inference profiles.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use aws_sdk_bedrock::types::{
    FoundationModelSummary, InferenceProfileStatus, InferenceProfileSummary, InferenceProfileType,
    InferenceType, ModelModality,
};
use tokio::sync::Mutex;

use crate::error::Failure;
use crate::pipeline::Model;

use super::error;

/// How long a list is used.
const LIFETIME: Duration = Duration::from_mins(5);

/// Models that read and write text, but not through Converse: they rank, speak or watch videos.
const NOT_CONVERSE: [&str; 3] = ["rerank", "sonic", "pegasus"];

/// Bedrock's lists, fetched when they are first asked for.
#[derive(Debug)]
pub(super) struct Models {
    client: aws_sdk_bedrock::Client,
    /// Locked while a list is fetched, so that many who ask at once make one fetch.
    known: Mutex<Option<Known>>,
}

#[derive(Debug)]
struct Known {
    since: Instant,
    models: Vec<Model>,
}

impl Models {
    pub(super) fn new(client: aws_sdk_bedrock::Client) -> Self {
        Self { client, known: Mutex::new(None) }
    }

    /// All that can be called by Converse, sorted by id, as it is known `now`.
    pub(super) async fn list(&self, now: Instant) -> Result<Vec<Model>, Failure> {
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| now.duration_since(known.since) < LIFETIME) {
            return Ok(known.models.clone());
        }
        let models = self.fetch().await?;
        *known = Some(Known { since: now, models: models.clone() });
        Ok(models)
    }

    async fn fetch(&self) -> Result<Vec<Model>, Failure> {
        let foundation = async {
            let call = self.client.list_foundation_models().by_output_modality(ModelModality::Text);
            call.send().await.map_err(|fault| error::of_call(&fault))
        };
        let profiles = async {
            let mut pages = self.client.list_inference_profiles().into_paginator().items().send();
            let mut profiles = Vec::new();
            while let Some(profile) = pages.next().await {
                profiles.push(profile.map_err(|fault| error::of_call(&fault))?);
            }
            Ok(profiles)
        };
        let (foundation, profiles) = futures::try_join!(foundation, profiles)?;
        Ok(merged(foundation.model_summaries(), &profiles))
    }
}

/// Foundation models that can be called by their own id, and profiles of foundation models.
fn merged(foundation: &[FoundationModelSummary], profiles: &[InferenceProfileSummary]) -> Vec<Model> {
    let conversing: HashMap<&str, &FoundationModelSummary> = foundation
        .iter()
        .filter(|model| !NOT_CONVERSE.iter().any(|word| model.model_id().contains(word)))
        .map(|model| (model.model_id(), model))
        .collect();
    let on_demand = conversing
        .values()
        .filter(|model| model.inference_types_supported().contains(&InferenceType::OnDemand))
        .map(|model| (model.model_id(), *model));
    let through_profiles = profiles
        .iter()
        .filter(|profile| *profile.status() == InferenceProfileStatus::Active)
        .filter_map(|profile| Some((profile_id(profile), *conversing.get(foundation_id(profile)?)?)));
    let owners: BTreeMap<&str, &str> = on_demand
        .chain(through_profiles)
        .map(|(id, model)| (id, model.provider_name().unwrap_or("unknown")))
        .collect();
    owners.into_iter().map(|(id, owner)| Model { id: id.to_owned(), owner: owner.to_owned() }).collect()
}

/// A profile that a customer made is called by its ARN, one of Amazon's by its id.
fn profile_id(profile: &InferenceProfileSummary) -> &str {
    match profile.r#type() {
        InferenceProfileType::Application => profile.inference_profile_arn(),
        _ => profile.inference_profile_id(),
    }
}

/// `anthropic.claude-…` of `arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-…`.
fn foundation_id(profile: &InferenceProfileSummary) -> Option<&str> {
    let (_, id) = profile.models().first()?.model_arn()?.rsplit_once('/')?;
    Some(id)
}
