//! Which models a key may use. Looked at after the plugins, so that a router cannot reach further
//! than the key it works for.

use crate::error::{Failure, Kind};
use crate::ids::ModelPattern;

/// Which models a key may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModelPolicy {
    /// All.
    #[default]
    Any,
    /// Those that fit one of these, by the name that was asked for or by the id behind it.
    Only(Vec<ModelPattern>),
}

impl ModelPolicy {
    /// Whether a model may be used. `id` is what stands behind `name`.
    pub fn allows(&self, name: &str, id: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(name) || pattern.matches(id))
            }
        }
    }

    /// What is said of a model that the key may not use.
    pub fn refusal(&self, id: &str) -> Failure {
        let id: String = id.chars().take(200).collect();
        Failure::new(
            Kind::ModelNotAllowed,
            format!("your API key may not use the model `{id}`: `GET /v1/models` lists those it may use"),
        )
        .with_param("model")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_model_is_allowed_by_its_name_or_its_id() {
        let policy =
            ModelPolicy::Only(vec![ModelPattern::parse("fast").unwrap(), "amazon.*".parse().unwrap()]);
        assert!(policy.allows("fast", "anthropic.claude"));
        assert!(policy.allows("cheap", "amazon.nova-lite-v1:0"));
        assert!(!policy.allows("cheap", "anthropic.claude"));
        assert!(ModelPolicy::Any.allows("x", "y"));
    }
}
