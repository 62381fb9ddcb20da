//! What can be called: foundation models, inference profiles, and the operator's names for them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_bedrock::types::{
    FoundationModelSummary, InferenceProfileStatus, InferenceProfileSummary, InferenceProfileType,
    InferenceType, ModelModality,
};
use tokio::sync::Mutex;

use crate::capability;
use crate::error::Failure;
use crate::pipeline::{Deadline, Model};

use super::error;
use super::region::{Clients, Regions};

/// How long a list is used.
const LIFETIME: Duration = Duration::from_mins(5);

/// How long an old list is used when a new one cannot be fetched.
const REPRIEVE: Duration = Duration::from_mins(1);

/// How long all lists may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who owns the names that the operator gave.
const OPERATOR: &str = "adit";

/// Models that read and write text, but not through Converse: they rank, speak or watch videos.
const NOT_CONVERSE: [&str; 3] = ["rerank", "sonic", "pegasus"];

/// Bedrock's lists for the home region, fetched when they are first asked for.
#[derive(Debug)]
pub(super) struct Models {
    regions: Arc<Regions>,
    known: capability::Models,
    /// Locked while a list is fetched, so that many who ask at once make one fetch.
    list: Mutex<Option<List>>,
}

#[derive(Debug)]
struct List {
    until: Instant,
    /// Sorted by id.
    models: Arc<[Model]>,
}

impl Models {
    pub(super) fn new(regions: Arc<Regions>, known: capability::Models) -> Self {
        Self { regions, known, list: Mutex::new(None) }
    }

    /// All that can be called, sorted by id, as it is known `now`.
    pub(super) async fn list(&self, now: Instant) -> Result<Arc<[Model]>, Failure> {
        let mut list = self.list.lock().await;
        if let Some(list) = list.as_ref().filter(|list| now < list.until) {
            return Ok(Arc::clone(&list.models));
        }
        match (self.fetch().await, list.as_mut()) {
            (Ok(models), _) => {
                *list = Some(List { until: now + LIFETIME, models: Arc::clone(&models) });
                Ok(models)
            }
            (Err(failure), Some(old)) => {
                tracing::warn!(%failure, "the list of models cannot be fetched; the old one is used");
                old.until = now + REPRIEVE;
                Ok(Arc::clone(&old.models))
            }
            (Err(failure), None) => Err(failure),
        }
    }

    async fn fetch(&self) -> Result<Arc<[Model]>, Failure> {
        let deadline = Deadline::after(PATIENCE);
        let (texts, vectors, system, application) = futures::try_join!(
            self.foundation(ModelModality::Text, deadline),
            self.foundation(ModelModality::Embedding, deadline),
            self.profiles(InferenceProfileType::SystemDefined, deadline),
            self.profiles(InferenceProfileType::Application, deadline),
        )?;
        for profile in &application {
            if let Some(model) = profile.models().first().and_then(|model| model.model_arn()) {
                self.known.learn(profile.inference_profile_arn(), model);
            }
        }
        let converses = texts.iter().filter(|model| converses(model));
        let embeds =
            |model: &&FoundationModelSummary| self.known.capabilities(model.model_id()).embedding.is_some();
        let embeds = vectors.iter().filter(embeds);
        let mut owners = owners(converses.chain(embeds), system.iter().chain(&application));
        owners.extend(self.known.aliases().map(|(alias, _)| (alias, OPERATOR)));
        let models = owners.into_iter();
        Ok(models.map(|(id, owner)| Model { id: id.to_owned(), owner: owner.to_owned() }).collect())
    }

    async fn foundation(
        &self,
        output: ModelModality,
        deadline: Deadline,
    ) -> Result<Vec<FoundationModelSummary>, Failure> {
        self.at_home(deadline, |clients| {
            let call = clients.control().list_foundation_models().by_output_modality(output.clone());
            async move {
                let answer = call.send().await;
                let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
                Ok(answer.model_summaries.unwrap_or_default())
            }
        })
        .await
    }

    async fn profiles(
        &self,
        kind: InferenceProfileType,
        deadline: Deadline,
    ) -> Result<Vec<InferenceProfileSummary>, Failure> {
        self.at_home(deadline, |clients| {
            let call = clients.control().list_inference_profiles().type_equals(kind.clone());
            async move {
                let mut pages = call.into_paginator().items().send();
                let mut profiles = Vec::new();
                while let Some(profile) = pages.next().await {
                    profiles.push(profile.map_err(|fault| error::of_call(&fault, clients.region()))?);
                }
                Ok(profiles)
            }
        })
        .await
    }

    async fn at_home<T, F>(
        &self,
        deadline: Deadline,
        attempt: impl Fn(Arc<Clients>) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let home = [Arc::clone(self.regions.home())];
        let (_, answer) = self.regions.retries.run(&home, deadline, attempt).await?;
        Ok(answer)
    }
}

fn converses(model: &FoundationModelSummary) -> bool {
    !NOT_CONVERSE.iter().any(|word| model.model_id().contains(word))
}

/// Foundation models that can be called by their own id, and profiles of foundation models; with
/// who made them.
fn owners<'a>(
    foundation: impl Iterator<Item = &'a FoundationModelSummary>,
    profiles: impl Iterator<Item = &'a InferenceProfileSummary>,
) -> BTreeMap<&'a str, &'a str> {
    let foundation: HashMap<&str, &FoundationModelSummary> =
        foundation.map(|model| (model.model_id(), model)).collect();
    let on_demand = foundation
        .values()
        .filter(|model| model.inference_types_supported().contains(&InferenceType::OnDemand))
        .map(|model| (model.model_id(), *model));
    let through_profiles = profiles
        .filter(|profile| *profile.status() == InferenceProfileStatus::Active)
        .filter_map(|profile| Some((profile_id(profile), *foundation.get(foundation_id(profile)?)?)));
    on_demand
        .chain(through_profiles)
        .map(|(id, model)| (id, model.provider_name().unwrap_or("unknown")))
        .collect()
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
