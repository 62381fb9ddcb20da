//! The foundation model that an id or ARN speaks of.

/// Geographies of cross-Region inference profiles, as their ids begin (Bedrock User Guide,
/// "Supported Regions and models for inference profiles").
const GEOGRAPHIES: [&str; 9] = ["us.", "eu.", "apac.", "jp.", "au.", "ca.", "in.", "global.", "us-gov."];

/// What an id or ARN says about the model behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bare<'m> {
    /// The id of a foundation model, without geography: `anthropic.claude-sonnet-4-6`. A name that
    /// is no id of Bedrock's counts as one, which no entry knows.
    Id(&'m str),
    /// An ARN that does not name its model: an application inference profile, provisioned throughput,
    /// a custom or imported model, a prompt router.
    Opaque(&'m str),
}

/// Takes an id or ARN apart: `us.anthropic.claude-sonnet-4-6`, and the ARNs of foundation models and
/// of Amazon's inference profiles, all have the id `anthropic.claude-sonnet-4-6`.
pub fn bare(model: &str) -> Bare<'_> {
    if !model.starts_with("arn:") {
        return Bare::Id(without_geography(model));
    }
    // arn:partition:service:region:account:kind/id; an id may have colons of its own.
    let resource = model.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split_once('/') {
        Some(("foundation-model" | "inference-profile", id)) if !id.is_empty() => {
            Bare::Id(without_geography(id))
        }
        _ => Bare::Opaque(model),
    }
}

/// Whether an id begins with a geography, which [`bare`] takes away.
pub(super) fn has_geography(id: &str) -> bool {
    GEOGRAPHIES.iter().any(|geography| id.starts_with(geography))
}

fn without_geography(id: &str) -> &str {
    GEOGRAPHIES.iter().find_map(|geography| id.strip_prefix(geography)).unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_foundation_model() {
        let table = [
            ("anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"),
            ("us.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"),
            ("us-gov.anthropic.claude-sonnet-4-6", "anthropic.claude-sonnet-4-6"),
            ("global.amazon.nova-2-lite-v1:0", "amazon.nova-2-lite-v1:0"),
            ("apac.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
            (
                "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
                "anthropic.claude-3-haiku-20240307-v1:0",
            ),
            (
                "arn:aws-us-gov:bedrock:us-gov-west-1:012345678901:inference-profile/us-gov.anthropic.claude-x-v1:0",
                "anthropic.claude-x-v1:0",
            ),
            ("gpt-4o", "gpt-4o"),
            // Only a whole label is a geography.
            ("useful.model", "useful.model"),
            ("", ""),
        ];
        for (model, id) in table {
            assert_eq!(bare(model), Bare::Id(id), "{model}");
        }
    }

    #[test]
    fn says_when_an_arn_names_no_model() {
        for kind in [
            "application-inference-profile/mi1dadi0g15f",
            "provisioned-model/abc",
            "imported-model/abc",
            "custom-model-deployment/abc",
            "default-prompt-router/anthropic.claude:1",
            "inference-profile/",
            "nonsense",
        ] {
            let arn = format!("arn:aws:bedrock:us-east-1:012345678901:{kind}");
            assert_eq!(bare(&arn), Bare::Opaque(&arn));
        }
        assert_eq!(bare("arn:"), Bare::Opaque("arn:"));
    }
}
