//! The models and inference profiles there are, as ListFoundationModels, ListInferenceProfiles and GetInferenceProfile
//! give them, and where each model can be asked.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::converse::validate::bare;
use crate::error::ServiceError;
use crate::route::parameter;

/// The Region that ARNs name.
const REGION: &str = "us-east-1";
/// Where the profiles of the United States send requests.
const PROFILE_REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];
/// The account that owns the profiles.
const ACCOUNT: &str = "123456789012";
/// When all profiles were made.
const CREATED: &str = "2025-10-01T00:00:00Z";
/// Profiles on a page, at most and by default.
const PAGE: usize = 1000;

/// The built-in list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Catalog {
    models: Vec<Model>,
    profiles: Vec<Profile>,
    application_profiles: Vec<ApplicationProfile>,
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
    #[serde(default = "converse")]
    endpoints: Vec<Endpoint>,
}

/// Where a model that talks can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Endpoint {
    Converse,
    ChatCompletions,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    id: String,
    name: String,
}

/// A profile that an account made for itself, of a model or of one of AWS's profiles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationProfile {
    id: String,
    name: String,
    model: String,
}

fn converse() -> Vec<Endpoint> {
    vec![Endpoint::Converse]
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
        // Unless asked for, an account's own profiles are not listed.
        let listed: Vec<Value> = match parameter(query, "type").as_deref() {
            None | Some("SYSTEM_DEFINED") => self.profiles.iter().map(Profile::summary).collect(),
            Some("APPLICATION") => {
                self.application_profiles.iter().map(ApplicationProfile::summary).collect()
            }
            Some(_) => {
                return Err(ServiceError::validation(
                    "1 validation error detected: Value at 'typeEquals' failed to satisfy constraint: \
                     Member must satisfy enum value set: [SYSTEM_DEFINED, APPLICATION]",
                ));
            }
        };
        let start = match parameter(query, "nextToken").map(|token| token.parse::<usize>()) {
            None => 0,
            Some(Ok(start)) if start < listed.len() => start,
            Some(_) => return Err(ServiceError::validation("The provided nextToken is invalid.")),
        };
        let page: Vec<&Value> = listed.iter().skip(start).take(size).collect();
        let end = start + size;
        if end < listed.len() {
            return Ok(json!({"inferenceProfileSummaries": page, "nextToken": end.to_string()}));
        }
        Ok(json!({"inferenceProfileSummaries": page}))
    }

    /// The answer of GetInferenceProfile, by id or ARN.
    pub(crate) fn profile(&self, id: &str) -> Result<Value, ServiceError> {
        let name = last_part(id);
        let system = self.profiles.iter().find(|profile| profile.id == name).map(Profile::summary);
        system.or_else(|| self.application_profile(name).map(ApplicationProfile::summary)).ok_or_else(|| {
            ServiceError::new(
                404,
                "ResourceNotFoundException",
                format!("The provided inference profile identifier is not found: {id}"),
            )
        })
    }

    /// The model behind the ARN of an application profile; any other id is its own model.
    pub(crate) fn resolve<'a>(&'a self, model: &'a str) -> &'a str {
        if !model.contains(":application-inference-profile/") {
            return model;
        }
        self.application_profile(last_part(model)).map_or(model, |profile| &profile.model)
    }

    /// Where a model of the list can be asked; none for a model that is not in it. Embedding models are nowhere.
    pub(crate) fn endpoints(&self, model: &str) -> Option<&[Endpoint]> {
        let id = bare(model);
        let model = self.models.iter().find(|known| known.id == id)?;
        Some(if model.output.iter().any(|output| output == "TEXT") { &model.endpoints } else { &[] })
    }

    fn application_profile(&self, id: &str) -> Option<&ApplicationProfile> {
        self.application_profiles.iter().find(|profile| profile.id == id)
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
        json!({
            "createdAt": CREATED,
            "description": format!("Routes requests to {} in {}.", self.name, PROFILE_REGIONS.join(", ")),
            "inferenceProfileArn": format!("arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{}", self.id),
            "inferenceProfileId": self.id,
            "inferenceProfileName": self.name,
            "models": model_arns(&self.id),
            "status": "ACTIVE",
            "type": "SYSTEM_DEFINED",
            "updatedAt": CREATED,
        })
    }
}

impl ApplicationProfile {
    fn summary(&self) -> Value {
        let arn = format!("arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/{}", self.id);
        json!({
            "createdAt": CREATED,
            "inferenceProfileArn": arn,
            "inferenceProfileId": self.id,
            "inferenceProfileName": self.name,
            "models": model_arns(&self.model),
            "status": "ACTIVE",
            "type": "APPLICATION",
            "updatedAt": CREATED,
        })
    }
}

/// The model in each Region that a profile sends requests to; a model without a geography stays where it is.
fn model_arns(id: &str) -> Vec<Value> {
    let model = bare(id);
    let regions: &[&str] = if model == id { &[REGION] } else { &PROFILE_REGIONS };
    let arn =
        |region: &&str| json!({"modelArn": format!("arn:aws:bedrock:{region}::foundation-model/{model}")});
    regions.iter().map(arn).collect()
}

/// An id, or what is after the slash of an ARN.
fn last_part(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
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
        assert_eq!(count("byOutputModality=EMBEDDING"), 6);
        assert_eq!(count("byProvider=meta"), 1);
        assert!(count("") > 12);
    }
    #[test]
    fn an_application_profile_stands_for_its_model() {
        let catalog = Catalog::built_in().unwrap();
        let listed = catalog.profiles(Some("type=APPLICATION")).unwrap();
        let listed = listed["inferenceProfileSummaries"].as_array().unwrap();
        assert_eq!(listed.len(), 2);
        for summary in listed {
            let arn = summary["inferenceProfileArn"].as_str().unwrap();
            assert_eq!(catalog.profile(arn).unwrap(), *summary);
            assert_eq!(catalog.profile(summary["inferenceProfileId"].as_str().unwrap()).unwrap(), *summary);
            let model = catalog.resolve(arn);
            assert_eq!(catalog.endpoints(model), Some(&[Endpoint::Converse][..]), "{model}");
            assert!(summary["models"][0]["modelArn"].as_str().unwrap().ends_with(bare(model)));
        }
        assert_eq!(catalog.profile("us.amazon.nova-lite-v1:0").unwrap()["type"], "SYSTEM_DEFINED");
        assert_eq!(catalog.profile("nothing").err().unwrap().status, 404);
        let unknown = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/unknown";
        assert_eq!(catalog.resolve(unknown), unknown);
    }

    #[test]
    fn some_models_are_at_one_endpoint_only() {
        let catalog = Catalog::built_in().unwrap();
        let (converse, chat) = (Endpoint::Converse, Endpoint::ChatCompletions);
        for (model, expected) in [
            ("us.amazon.nova-lite-v1:0", Some(&[converse][..])),
            ("openai.gpt-5.6-luna", Some(&[chat][..])),
            ("openai.gpt-oss-120b-1:0", Some(&[converse, chat][..])),
            ("cohere.embed-english-v3", Some(&[][..])),
            ("amazon.unknown", None),
        ] {
            assert_eq!(catalog.endpoints(model), expected, "{model}");
        }
    }
}
