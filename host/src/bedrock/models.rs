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

/// How long it takes until a list that could not be fetched is asked for again.
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
    /// Locked while the lists are fetched, so that many who ask at once make one fetch.
    listing: Mutex<Option<Listing>>,
}

/// What came of the last fetch.
#[derive(Debug)]
struct Listing {
    until: Instant,
    lists: Lists,
    /// Sorted by id.
    models: Result<Arc<[Model]>, Failure>,
}

/// What Bedrock has listed.
#[derive(Debug, Default)]
struct Lists {
    texts: Vec<FoundationModelSummary>,
    vectors: Vec<FoundationModelSummary>,
    images: Vec<FoundationModelSummary>,
    system: Vec<InferenceProfileSummary>,
    application: Vec<InferenceProfileSummary>,
}

impl Models {
    pub(super) fn new(regions: Arc<Regions>, known: capability::Models) -> Self {
        Self { regions, known, listing: Mutex::new(None) }
    }

    /// All that can be called, sorted by id, as it is known `now`. A list that Bedrock refuses is left
    /// out, or is the old one. Fails if nothing at all is known.
    pub(super) async fn list(&self, now: Instant) -> Result<Arc<[Model]>, Failure> {
        let mut listing = self.listing.lock().await;
        if let Some(listing) = listing.as_ref().filter(|listing| now < listing.until) {
            return listing.models.clone();
        }
        let deadline = Deadline::after(PATIENCE);
        // Boxed: all five together would be a large future.
        let (texts, vectors, system, application, images) = futures::join!(
            Box::pin(self.foundation(ModelModality::Text, deadline)),
            Box::pin(self.foundation(ModelModality::Embedding, deadline)),
            Box::pin(self.profiles(InferenceProfileType::SystemDefined, deadline)),
            Box::pin(self.profiles(InferenceProfileType::Application, deadline)),
            Box::pin(self.foundation(ModelModality::Image, deadline)),
        );
        let mut lists = listing.take().map(|old| old.lists).unwrap_or_default();
        let failures = [
            update(&mut lists.texts, "models that write text", texts),
            update(&mut lists.vectors, "models for embeddings", vectors),
            update(&mut lists.images, "models that make images", images),
            update(&mut lists.system, "inference profiles", system),
            update(&mut lists.application, "application inference profiles", application),
        ];
        let failure = failures.into_iter().flatten().next();
        // A failure is remembered as well: all who wait would else wait for one of their own.
        let until = now + if failure.is_some() { REPRIEVE } else { LIFETIME };
        let models = self.models(&lists);
        let models = failure.filter(|_| models.is_empty()).map_or(Ok(models), Err);
        *listing = Some(Listing { until, lists, models: models.clone() });
        models
    }

    fn models(&self, lists: &Lists) -> Arc<[Model]> {
        for profile in &lists.application {
            if let Some(model) = profile.models().first().and_then(|model| model.model_arn()) {
                self.known.learn(profile.inference_profile_arn(), model);
            }
        }
        let converses = lists.texts.iter().filter(|model| converses(model));
        let embeds =
            |model: &&FoundationModelSummary| self.known.capabilities(model.model_id()).embedding.is_some();
        let embeds = lists.vectors.iter().filter(embeds);
        let draws = |model: &&FoundationModelSummary| {
            self.known.capabilities(model.model_id()).image_generation.is_some()
        };
        let draws = lists.images.iter().filter(draws);
        let mut owners =
            owners(converses.chain(embeds).chain(draws), lists.system.iter().chain(&lists.application));
        owners.extend(self.known.aliases().map(|(alias, _)| (alias, OPERATOR)));
        let models = owners.into_iter();
        models.map(|(id, owner)| Model { id: id.to_owned(), owner: owner.to_owned() }).collect()
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

/// Puts a list in the place of the old one, if it could be fetched.
fn update<T>(old: &mut Vec<T>, what: &'static str, new: Result<Vec<T>, Failure>) -> Option<Failure> {
    match new {
        Ok(new) => {
            *old = new;
            None
        }
        Err(failure) => {
            tracing::warn!(what, %failure, "a list cannot be fetched; what is known of it is used");
            Some(failure)
        }
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
