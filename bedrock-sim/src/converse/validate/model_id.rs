//! Model ids: `provider.model`, with or without the prefix of a geography, or an ARN of Bedrock.

use crate::error::ServiceError;

/// Who has models on Bedrock.
const PROVIDERS: &[&str] = &[
    "ai21",
    "amazon",
    "anthropic",
    "cohere",
    "deepseek",
    "google",
    "luma",
    "meta",
    "minimax",
    "mistral",
    "moonshot",
    "moonshotai",
    "nvidia",
    "openai",
    "qwen",
    "stability",
    "twelvelabs",
    "writer",
    "xai",
    "zai",
];
/// What inference profiles put before the model's id.
const GEOGRAPHIES: &[&str] = &["us", "eu", "apac", "jp", "au", "ca", "global", "us-gov"];
/// What an ARN may name.
const RESOURCES: &[&str] = &[
    "application-inference-profile",
    "custom-model",
    "custom-model-deployment",
    "default-prompt-router",
    "foundation-model",
    "imported-model",
    "inference-profile",
    "prompt",
    "prompt-router",
    "provisioned-model",
];

/// The model id without the geography, the ARN and its parts. An ARN that carries no model's name is left as its last part.
pub(crate) fn bare(model: &str) -> &str {
    let id = if model.starts_with("arn:") { model.rsplit('/').next().unwrap_or(model) } else { model };
    match id.split_once('.') {
        Some((geography, rest)) if GEOGRAPHIES.contains(&geography) => rest,
        _ => id,
    }
}

pub(super) fn check(model: &str) -> Result<(), ServiceError> {
    let plausible = match model.strip_prefix("arn:") {
        Some(arn) => is_arn(arn),
        None => is_model(bare(model)),
    };
    if !plausible {
        return Err(ServiceError::validation("The provided model identifier is invalid."));
    }
    if bare(model).contains("embed") {
        return Err(ServiceError::validation(
            "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
        ));
    }
    Ok(())
}

fn is_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(5, ':').collect();
    let [partition, "bedrock", region, _, resource] = parts.as_slice() else { return false };
    let Some((kind, name)) = resource.split_once('/') else { return false };
    partition.starts_with("aws") && !region.is_empty() && RESOURCES.contains(&kind) && !name.is_empty()
}

fn is_model(id: &str) -> bool {
    let Some((provider, name)) = id.split_once('.') else { return false };
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:-".contains(&byte);
    PROVIDERS.contains(&provider) && !name.is_empty() && name.bytes().all(allowed)
}
