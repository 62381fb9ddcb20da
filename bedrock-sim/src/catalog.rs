//! The models and inference profiles there are, as ListFoundationModels and ListInferenceProfiles give them.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ServiceError;
use crate::route::parameter;

/// The Region that ARNs name.
const REGION: &str = "us-east-1";
/// Where the profiles of the United States send requests.
const PROFILE_REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];
/// The account that owns the profiles.
const ACCOUNT: &str = "123456789012";
/// Profiles on a page, at most and by default.
const PAGE: usize = 1000;

/// The built-in list.
#[derive(Debug, Deserialize)]
pub(crate) struct Catalog {
    models: Vec<Model>,
    profiles: Vec<Profile>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    id: String,
    name: String,
    provider: String,
    #[serde(default = "text")]
    input: Vec<String>,
    #[serde(default = "text")]
    output: Vec<String>,
    #[serde(default = "yes")]
    streaming: bool,
    #[serde(default = "on_demand")]
    inference: Vec<String>,
    #[serde(default = "active")]
    lifecycle: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    id: String,
    name: String,
}

fn text() -> Vec<String> {
    vec!["TEXT".to_owned()]
}

fn yes() -> bool {
    true
}

fn on_demand() -> Vec<String> {
    vec!["ON_DEMAND".to_owned()]
}

fn active() -> String {
    "ACTIVE".to_owned()
}

impl Catalog {
    pub(crate) fn built_in() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("catalog.json"))
    }

    /// The answer of ListFoundationModels, with its filters `byProvider`, `byOutputModality` and `byInferenceType`.
    pub(crate) fn models(&self, query: Option<&str>) -> Value {
        let provider = parameter(query, "byProvider");
        let output = parameter(query, "byOutputModality");
        let inference = parameter(query, "byInferenceType");
        let summaries: Vec<Value> = self
            .models
            .iter()
            .filter(|model| {
                provider.as_ref().is_none_or(|provider| provider.eq_ignore_ascii_case(&model.provider))
                    && output.as_ref().is_none_or(|output| model.output.contains(output))
                    && inference.as_ref().is_none_or(|inference| model.inference.contains(inference))
            })
            .map(Model::summary)
            .collect();
        json!({"modelSummaries": summaries})
    }

    /// The answer of ListInferenceProfiles, in pages of `maxResults`; `nextToken` is the place to go on from.
    pub(crate) fn profiles(&self, query: Option<&str>) -> Result<Value, ServiceError> {
        let size = match parameter(query, "maxResults").map(|size| size.parse::<usize>()) {
            None => PAGE,
            Some(Ok(size @ 1..=PAGE)) => size,
            Some(_) => {
                return Err(ServiceError::validation(
                    "1 validation error detected: Value at 'maxResults' failed to satisfy constraint: \
                     Member must have value between 1 and 1000, inclusive",
                ));
            }
        };
        let start = match parameter(query, "nextToken").map(|token| token.parse::<usize>()) {
            None => 0,
            Some(Ok(start)) if start < self.profiles.len() => start,
            Some(_) => return Err(ServiceError::validation("The provided nextToken is invalid.")),
        };
        // All built-in profiles are AWS's own.
        let listed: &[Profile] =
            if parameter(query, "type").as_deref() == Some("APPLICATION") { &[] } else { &self.profiles };
        let page: Vec<Value> = listed.iter().skip(start).take(size).map(Profile::summary).collect();
        let end = start + size;
        if end < listed.len() {
            return Ok(json!({"inferenceProfileSummaries": page, "nextToken": end.to_string()}));
        }
        Ok(json!({"inferenceProfileSummaries": page}))
    }
}

impl Model {
    fn summary(&self) -> Value {
        json!({
            "customizationsSupported": [],
            "inferenceTypesSupported": self.inference,
            "inputModalities": self.input,
            "modelArn": format!("arn:aws:bedrock:{REGION}::foundation-model/{}", self.id),
            "modelId": self.id,
            "modelLifecycle": {"status": self.lifecycle},
            "modelName": self.name,
            "outputModalities": self.output,
            "providerName": self.provider,
            "responseStreamingSupported": self.streaming,
        })
    }
}

impl Profile {
    fn summary(&self) -> Value {
        let model = self.id.split_once('.').map_or(self.id.as_str(), |(_, model)| model);
        let models = PROFILE_REGIONS
            .map(|region| json!({"modelArn": format!("arn:aws:bedrock:{region}::foundation-model/{model}")}));
        json!({
            "createdAt": "2025-10-01T00:00:00Z",
            "description": format!("Routes requests to {} in {}.", self.name, PROFILE_REGIONS.join(", ")),
            "inferenceProfileArn": format!("arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{}", self.id),
            "inferenceProfileId": self.id,
            "inferenceProfileName": self.name,
            "models": models,
            "status": "ACTIVE",
            "type": "SYSTEM_DEFINED",
            "updatedAt": "2025-10-01T00:00:00Z",
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn profiles_come_in_pages() {
        let catalog = Catalog::built_in().unwrap();
        let mut ids = Vec::new();
        let mut query = "maxResults=3".to_owned();
        loop {
            let page = catalog.profiles(Some(&query)).unwrap();
            let summaries = page["inferenceProfileSummaries"].as_array().unwrap();
            assert!(summaries.len() <= 3);
            ids.extend(
                summaries.iter().map(|summary| summary["inferenceProfileId"].as_str().unwrap().to_owned()),
            );
            match page["nextToken"].as_str() {
                Some(token) => query = format!("maxResults=3&nextToken={token}"),
                None => break,
            }
        }
        let all: Vec<_> = catalog.profiles.iter().map(|profile| profile.id.clone()).collect();
        assert_eq!(ids, all);
        assert!(catalog.profiles(Some("nextToken=x")).is_err());
        assert!(catalog.profiles(Some("maxResults=0")).is_err());
    }

    #[test]
    fn each_profile_has_its_model_in_the_list() {
        let catalog = Catalog::built_in().unwrap();
        for profile in &catalog.profiles {
            let (_, model) = profile.id.split_once('.').unwrap();
            assert!(catalog.models.iter().any(|known| known.id == model), "{model}");
        }
    }

    #[test]
    fn models_can_be_filtered() {
        let catalog = Catalog::built_in().unwrap();
        let count = |query: &str| catalog.models(Some(query))["modelSummaries"].as_array().unwrap().len();
        assert_eq!(count("byOutputModality=EMBEDDING"), 2);
        assert_eq!(count("byProvider=meta"), 1);
        assert!(count("") > 12);
    }
}
