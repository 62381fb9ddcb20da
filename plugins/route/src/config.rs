//! The plugin's options.

use adit_plugin::{ConfigError, pointer};
use serde_json::Value;

use crate::alias::Aliases;
use crate::members::{Faults, Members, list};
use crate::rule::Rule;

/// The plugin's options.
#[derive(Debug)]
pub struct Config {
    pub(crate) rules: Vec<Rule>,
    pub(crate) aliases: Aliases,
}

impl adit_plugin::Config for Config {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        // Not expected: the host hands over well-formed JSON only.
        let value: Value =
            serde_json::from_str(json).map_err(|_| vec![ConfigError::new("", "not well-formed JSON")])?;
        let mut faults = Faults::new();
        match Self::read(value, &mut faults) {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(faults),
        }
    }
}

impl Config {
    fn read(value: Value, faults: &mut Faults) -> Option<Self> {
        let mut members = Members::open(value, "", faults)?;
        let aliases = match members.take("aliases") {
            Some((value, path)) => Aliases::parse(value, &path, faults),
            None => Aliases::default(),
        };
        let rules = match members.take("rules") {
            Some((value, path)) => list(value, &path, faults)?
                .into_iter()
                .enumerate()
                .filter_map(|(index, rule)| Rule::parse(rule, &pointer(&path, &index.to_string()), faults))
                .collect(),
            None => Vec::new(),
        };
        members.close(faults);
        Some(Self { rules, aliases })
    }
}
