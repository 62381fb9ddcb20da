use adit_plugin::{Config, ConfigError, json_config};
use serde::Deserialize;

/// A tool.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Name {
    /// How long a text is.
    Count,
    /// A text in pieces.
    Chunk,
    /// What is found in a text.
    Extract,
}

/// The options.
#[derive(Debug, Default)]
pub struct Settings {
    tools: Option<Vec<Name>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    tools: Option<Vec<Name>>,
}

impl Settings {
    /// The tools that are offered, in their order.
    pub fn tools(&self) -> Vec<Name> {
        let all = [Name::Count, Name::Chunk, Name::Extract].into_iter();
        all.filter(|name| self.tools.as_ref().is_none_or(|tools| tools.contains(name))).collect()
    }
}

impl Config for Settings {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        let Raw { tools } = json_config(json)?;
        if tools.as_ref().is_some_and(Vec::is_empty) {
            return Err(vec![ConfigError::new("/tools", "expected one tool or more; leave it out for all")]);
        }
        Ok(Self { tools })
    }
}
