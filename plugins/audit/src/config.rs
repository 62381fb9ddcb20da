//! The plugin's options.

use adit_plugin::chat::Outcome;
use serde::Deserialize;

/// The plugin's options.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    outcomes: Option<Vec<Named>>,
    pub(crate) labels: Option<Vec<String>>,
}

adit_plugin::json_config!(Config);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Complete,
    Failed,
    Cancelled,
}

impl Config {
    /// Whether requests that end so are recorded.
    pub(crate) fn covers(&self, outcome: Outcome) -> bool {
        let named = match outcome {
            Outcome::Complete => Named::Complete,
            Outcome::Failed => Named::Failed,
            Outcome::Cancelled => Named::Cancelled,
        };
        self.outcomes.as_ref().is_none_or(|outcomes| outcomes.contains(&named))
    }

    /// Whether the record has the key's label of this name.
    pub(crate) fn has_label(&self, name: &str) -> bool {
        self.labels.as_ref().is_none_or(|labels| labels.iter().any(|label| label == name))
    }
}
