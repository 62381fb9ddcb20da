use adit_plugin::{Config, ConfigError};
use serde::Deserialize;

/// The options.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The models that are asked in this format; `*` stands for any characters.
    #[serde(default = "titan_text")]
    pub(crate) models: Vec<String>,
}

fn titan_text() -> Vec<String> {
    vec!["amazon.titan-text-*".to_owned()]
}

impl Config for Settings {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        let settings: Self = adit_plugin::json_config(json)?;
        let mut faults = Vec::new();
        if !(1..=64).contains(&settings.models.len()) {
            faults.push(ConfigError::new("/models", "expected 1 to 64 patterns"));
        }
        for (index, pattern) in settings.models.iter().enumerate() {
            let visible = pattern.bytes().all(|byte| byte.is_ascii_graphic());
            if !(1..=256).contains(&pattern.len()) || !visible {
                let path = format!("/models/{index}");
                faults.push(ConfigError::new(path, "expected 1 to 256 visible characters"));
            }
        }
        if faults.is_empty() { Ok(settings) } else { Err(faults) }
    }
}
