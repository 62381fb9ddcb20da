//! What the operator sets, parsed once: `raw` mirrors the file, [`Config`] cannot be wrong.

mod breaker;
mod catalog;
mod cors;
mod fetch;
mod iam;
pub mod mcp;
mod parameters;
mod plugin_limits;
mod raw;
mod s3;
mod secrets;
mod store;
mod telemetry;
mod timeouts;

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use breaker::BreakerSettings;
pub use catalog::{Catalog, CatalogCache, InvalidLocation, Location, PublicKey, S3Access};
pub use cors::{Cors, InvalidOrigin, Origin};
pub use fetch::{Fetch, HostPattern, Hosts};
pub use iam::Iam;
pub use mcp::Mcp;
pub use parameters::{ParameterError, Parameters};
pub use plugin_limits::{Allowance, PluginLimits};
pub use s3::S3Prefix;
pub use secrets::{SecretError, SecretName, SecretSource, SecretValues, Secrets};
pub use store::{InvalidTableName, TableName, Tables};
pub use telemetry::TelemetryFormat;
pub use timeouts::Timeouts;

use crate::capability::{Entries, Models, Operator};
use crate::toml_text::{self, TomlFault};

/// The settings of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where plugins lie, one `<name>.wasm` each. Default: `plugins` in the data folder.
    pub plugins: PathBuf,
    /// The largest request body, in bytes. Default: 32 MiB.
    pub max_body_bytes: usize,
    /// Whether callers that AWS has authenticated need no key. Default: they do.
    pub iam: Iam,
    /// The secret that each request has to bring in `x-adit-origin`, as whatever stands in front of Adit
    /// adds it. Default: none.
    pub origin_secret: Option<SecretName>,
    /// Which web pages may call.
    pub cors: Cors,
    /// The Model Context Protocol. Default: it is served.
    pub mcp: Option<Mcp>,
    /// How Bedrock is reached.
    pub bedrock: Bedrock,
    /// Fetching of what a request names by URL. Default: none, nothing is fetched.
    pub fetch: Option<Fetch>,
    /// What Bedrock may read from S3, with the gateway's role, because a client names it. Default:
    /// nothing.
    pub s3: Vec<S3Prefix>,
    /// What plugins may have put into headers, without seeing it. Default: nothing.
    pub secrets: Secrets,
    /// Hosts that plugins may reach at private addresses, and send secrets to without TLS. Default: none.
    pub private_hosts: Hosts,
    /// Where published plugins come from. Default: nowhere.
    pub catalog: Option<Catalog>,
    /// Where what was fetched of the catalog is kept. Default: `catalog-cache` in the data folder.
    pub catalog_cache: CatalogCache,
    /// Where keys and all that outlives a request are kept. Default: `adit.db` in the data folder.
    pub store: Option<Tables>,
    /// How long an answer may take.
    pub timeouts: Timeouts,
    /// What becomes of the record of each request. Default: the program's own.
    pub telemetry: Option<TelemetryFormat>,
    /// What plugins may use.
    pub limits: PluginLimits,
    /// When a plugin that fails is left alone.
    pub breaker: BreakerSettings,
    /// Where signed thinking is between two turns. Default: in the ids of tool calls.
    pub replay: Replay,
    /// What models can do, what else they are called, and which profile stands for which.
    pub models: Models,
}

/// Where signed thinking is between two turns, for clients that send back no more of a turn than
/// Chat Completions has members for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replay {
    /// Sealed, in the ids of tool calls, which get long.
    #[default]
    Capsule,
    /// In the store, for a week.
    Store,
    /// Nowhere.
    Off,
}

/// How Bedrock is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bedrock {
    /// The regions, the home first. Empty: the one that the AWS environment names.
    pub regions: Vec<String>,
    /// Another address than Amazon's, such as a `bedrock-sim`'s.
    pub endpoint: Option<String>,
    /// How often each region is asked for one answer, the first time included. Default: 3.
    pub max_attempts: NonZeroU32,
}

impl Default for Bedrock {
    fn default() -> Self {
        Self { regions: Vec::new(), endpoint: None, max_attempts: DEFAULT_ATTEMPTS }
    }
}

const DEFAULT_ATTEMPTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or has a member that is unknown or of the wrong type.
    #[error("`{path}` is not a valid settings file: line {line}: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What.
        message: String,
    },
    /// It names no place for a catalog.
    #[error("`{path}` is not a valid settings file: [catalog] location: {source}")]
    Catalog {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidLocation,
    },
    /// What it says about models cannot be used.
    #[error("`{path}` is not a valid file of models: {fault}")]
    Models {
        /// The file.
        path: PathBuf,
        /// Where, and what.
        fault: TomlFault,
    },
}

impl Config {
    /// The settings of a file, or the defaults where there is none.
    pub fn load(file: Option<&Path>, data: &Path) -> Result<Self, ConfigError> {
        let Some(path) = file else {
            return Self::from_raw(raw::Settings::default(), data, Path::new("."));
        };
        let text = read(path)?;
        let mut raw: raw::Settings = toml_text::read(&text).map_err(|TomlFault { line, message }| {
            ConfigError::Malformed { path: path.to_owned(), line, message }
        })?;
        // Paths in the file are relative to the file, wherever the command is typed.
        let base = path.parent().unwrap_or(Path::new("."));
        let catalog = raw.catalog.take().map(|catalog| Catalog::of(catalog, base)).transpose();
        let catalog = catalog.map_err(|source| ConfigError::Catalog { path: path.to_owned(), source })?;
        Ok(Self { catalog, ..Self::from_raw(raw, data, base)? })
    }

    fn from_raw(raw: raw::Settings, data: &Path, base: &Path) -> Result<Self, ConfigError> {
        let entries = raw.models.map(|file| entries(&base.join(file))).transpose()?;
        let cors = Cors::of(raw.cors.origins);
        Ok(Self {
            plugins: raw.plugins.map_or_else(|| data.join("plugins"), |folder| base.join(folder)),
            max_body_bytes: raw.max_body_bytes.map_or(32 << 20, Into::into),
            iam: if raw.auth.iam { Iam::On } else { Iam::Off },
            origin_secret: raw.auth.origin_secret,
            mcp: Mcp::of(raw.mcp, &cors, base),
            cors,
            bedrock: Bedrock {
                regions: raw.bedrock.regions.0,
                endpoint: raw.bedrock.endpoint.map(|text| text.0),
                max_attempts: raw.bedrock.max_attempts.unwrap_or(DEFAULT_ATTEMPTS),
            },
            replay: match raw.reasoning.replay {
                None | Some(raw::Replay::Capsule) => Replay::Capsule,
                Some(raw::Replay::Store) => Replay::Store,
                Some(raw::Replay::Off) => Replay::Off,
            },
            s3: raw.s3.allow,
            secrets: Secrets::of(raw.secrets, base),
            private_hosts: Hosts::Listed(raw.plugin_http.private_hosts),
            catalog: None,
            catalog_cache: CatalogCache::Folder(data.join("catalog-cache")),
            fetch: Fetch::of(raw.fetch),
            store: raw.store.map(Tables::of),
            timeouts: Timeouts::of(&raw.timeouts),
            telemetry: raw.telemetry.format,
            limits: PluginLimits::from_raw(raw.plugin_limits),
            breaker: BreakerSettings::from_raw(&raw.plugin_breaker),
            models: Models::with(Operator {
                entries: entries.unwrap_or_default(),
                aliases: raw.aliases.into_iter().map(|(name, model)| (name.0, model.0)).collect(),
                profiles: raw.profiles.into_iter().map(|(arn, model)| (arn.0, model.0)).collect(),
            }),
        })
    }
}

/// What a file of the operator's says about models.
fn entries(path: &Path) -> Result<Entries, ConfigError> {
    Entries::parse(&read(path)?).map_err(|fault| ConfigError::Models { path: path.to_owned(), fault })
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })
}

fn millis(value: Option<NonZeroU64>, default: Duration) -> Duration {
    value.map_or(default, |ms| Duration::from_millis(ms.get()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("adit.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(Some(&file), Path::new("data"))
    }

    #[test]
    fn has_a_default_for_everything() {
        let config = Config::load(None, Path::new("data")).unwrap();
        assert_eq!(config.plugins, Path::new("data/plugins"));
        assert_eq!(config.max_body_bytes, 33_554_432);
        assert_eq!(config, load("").unwrap());
    }

    #[test]
    fn reads_each_setting() {
        let config = load(
            "max_body_bytes = 1000\n[bedrock]\nregion = 'eu-west-1'\n[plugin_limits]\nstream_hook_ms = 7\ninstances = 4",
        )
        .unwrap();
        assert_eq!(config.max_body_bytes, 1000);
        assert_eq!(config.bedrock.regions, ["eu-west-1"]);
        assert_eq!(config.limits.usual.stream_hook, Duration::from_millis(7));
        assert_eq!(config.limits.instances, 4);
    }

    #[test]
    fn reads_what_single_plugins_may_use_and_the_most_that_any_may() {
        let limits = load(
            "[plugin_limits]\nmemory_bytes = 1000\nmax_init_ms = 1\nmax_memory_bytes = 3000\n\
             [plugin_limits.of.redact]\nmemory_bytes = 4000\n[plugin_breaker]\nfailures = 2",
        )
        .unwrap();
        assert_eq!(limits.breaker, BreakerSettings { failures: 2, pause: Duration::from_secs(10) });
        let limits = limits.limits;
        let of = |name| limits.of(&crate::ids::PluginName::parse(name).unwrap()).memory_bytes;
        assert_eq!((of("redact"), of("route")), (4000, 1000));
        assert_eq!(limits.most.memory_bytes, 4000, "what the settings give is not too much");
        assert_eq!(limits.most.init, Duration::from_millis(100));
        assert!(load("[plugin_limits.of.Redact]\nmemory_bytes = 1").is_err());
        assert!(load("[plugin_limits.of.redact]\ninstances = 1").is_err());
    }

    #[test]
    fn reads_what_the_operator_says_about_models() {
        const PROFILE: &str = "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/x";
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("adit.toml");
        let settings = format!(
            "models = 'mine.toml'\n[aliases]\n'gpt-4o' = 'us.mine.large'\n[profiles]\n'{PROFILE}' = 'mine.large'"
        );
        std::fs::write(&file, settings).unwrap();
        let load = || Config::load(Some(&file), Path::new("data"));
        assert!(load().unwrap_err().to_string().starts_with("cannot read `"));

        let entries = folder.path().join("mine.toml");
        std::fs::write(&entries, "[[model]]\npattern = 'mine.*'\nfamily = 'Mine'").unwrap();
        let models = load().unwrap().models;
        assert_eq!(models.resolve_alias("gpt-4o"), "us.mine.large");
        assert_eq!(models.capabilities(models.resolve_alias("gpt-4o")).family, "Mine");
        assert_eq!(models.capabilities(PROFILE).family, "Mine");

        std::fs::write(&entries, "[[model]]\npattern = 'us.mine.*'").unwrap();
        let fault = load().unwrap_err().to_string();
        assert!(
            fault.contains("mine.toml` is not a valid file of models: line 2: `us.mine.*` fits"),
            "{fault}"
        );
    }

    #[test]
    fn refuses_a_profile_that_says_nothing() {
        const ARN: &str = "arn:aws:bedrock:us-east-1:012345678901:application-inference-profile/x";
        assert!(load(&format!("[profiles]\n'{ARN}' = '{ARN}'")).is_err());
        assert!(load("[aliases]\n'gpt-4o' = ' '").is_err());
        let fault = load("[profiles]\n'amazon.nova' = 'amazon.nova'").unwrap_err().to_string();
        assert!(fault.contains("line 2: `amazon.nova` needs no line"), "{fault}");
    }

    #[test]
    fn reads_how_bedrock_is_reached() {
        let config = load(
            "[bedrock]\nregions = ['us-east-1', 'us-west-2']\nmax_attempts = 1\n\
             [timeouts]\ntotal_ms = 5000\nidle_ms = 6\nfirst_event_ms = 7\nkeep_alive_ms = 0\nsettle_ms = 8",
        )
        .unwrap();
        assert_eq!(config.bedrock.regions, ["us-east-1", "us-west-2"]);
        assert_eq!(config.bedrock.max_attempts.get(), 1);
        let expected = Timeouts {
            total: Duration::from_secs(5),
            idle: Duration::from_millis(6),
            first_event: Some(Duration::from_millis(7)),
            keep_alive: None,
            settle: Duration::from_millis(8),
        };
        assert_eq!(config.timeouts, expected);
    }

    #[test]
    fn reads_where_published_plugins_come_from() {
        let key = PublicKey::from_bytes([7; 32]);
        let text =
            format!("[catalog]\nlocation = 's3://plugins/team'\ntrusted_keys = ['{key}']\npath_style = true");
        let catalog = load(&text).unwrap().catalog.unwrap();
        assert_eq!(catalog.location.to_string(), "s3://plugins/team/");
        assert_eq!((catalog.trusted_keys, catalog.s3.path_style), (vec![key], true));
        assert_eq!(load("").unwrap().catalog, None);
        for text in [
            "",
            "location = 's3://'",
            "location = 'a'\ntrusted_keys = ['x']",
            "location = 'a'\nallow_unsigned = true",
        ] {
            assert!(load(&format!("[catalog]\n{text}")).is_err(), "{text}");
        }
    }

    #[test]
    fn everybody_needs_a_key_unless_the_operator_says_otherwise() {
        assert_eq!(load("[auth]").unwrap().iam, Iam::Off);
        assert_eq!(load("[auth]\niam = true").unwrap().iam, Iam::On);
    }

    #[test]
    fn reads_who_may_stand_in_front() {
        let config = load("[auth]\norigin_secret = 'edge'\n[cors]\norigins = ['https://app.test']").unwrap();
        assert_eq!(config.origin_secret.unwrap().as_str(), "edge");
        assert!(matches!(config.cors, Cors::Origins(origins) if origins.len() == 1));
        assert!(load("[cors]\norigins = ['app.test']").is_err());
    }

    #[test]
    fn the_program_chooses_the_form_of_records_unless_the_operator_does() {
        assert_eq!(load("[telemetry]").unwrap().telemetry, None);
        assert_eq!(load("[telemetry]\nformat = 'emf'").unwrap().telemetry, Some(TelemetryFormat::Emf));
        assert!(load("[telemetry]\nformat = 'xml'").is_err());
    }

    #[test]
    fn regions_are_said_once() {
        for regions in
            ["region = 'a'\nregions = ['b']", "regions = []", "regions = ['a', 'a']", "regions = ['']"]
        {
            assert!(load(&format!("[bedrock]\n{regions}")).is_err(), "{regions}");
        }
    }

    #[test]
    fn refuses_what_it_does_not_know_by_name() {
        let fault = load("\nmax_body = 1").unwrap_err().to_string();
        assert!(fault.contains("line 2: unknown field `max_body`"), "{fault}");
        assert!(!fault.contains('\n'), "{fault}");
        assert!(load("[plugin_limits]\ninit_ms = 0").is_err());
        assert!(load("[bedrock]\nregion = ''").is_err());
        assert!(load("[bedrock]\nmax_attempts = 0").is_err());
        let fault = load("[bedrock]\nregoin = 'a'").unwrap_err().to_string();
        assert!(fault.contains("line 2: unknown field `regoin`"), "{fault}");
    }
}
