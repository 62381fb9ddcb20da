//! Which release of a plugin is switched on.

use std::str::FromStr;

use anyhow::{anyhow, bail};

use super::key_plugin::fault_lines;
use crate::catalog::{Catalog, Published, Schema, Wanted};
use crate::config::Config;
use crate::enabled::{InvalidRelease, Version};
use crate::ids::PluginName;
use crate::plugin::CheckError;
use crate::store::Store;

/// What was typed after `--version`.
#[derive(Debug, Clone, Copy)]
pub(super) struct WantedRelease(Wanted);

impl FromStr for WantedRelease {
    type Err = InvalidRelease;

    fn from_str(text: &str) -> Result<Self, InvalidRelease> {
        Ok(Self(if text == "latest" { Wanted::Latest } else { Wanted::Exactly(Version::parse(text)?) }))
    }
}

/// The catalog of the settings.
pub(super) async fn catalog(settings: &Config) -> Option<Catalog> {
    match &settings.catalog {
        Some(catalog) => Some(Catalog::open(catalog, &settings.catalog_cache).await),
        None => None,
    }
}

/// Finds the release that is wanted.
pub(super) async fn pin(
    keys: &dyn Store,
    catalog: Option<&Catalog>,
    plugin: &PluginName,
    WantedRelease(wanted): WantedRelease,
) -> anyhow::Result<Published> {
    let Some(catalog) = catalog else {
        bail!(
            "there is no catalog: name one in `[catalog]` of the settings, and the settings with `--settings`, or a stack with `--stack`"
        );
    };
    let published = catalog.resolve(plugin, wanted).await?;
    let version = published.release.version;
    if wanted == Wanted::Latest
        && let Some(newest) = keys.newest_release(plugin).await?
        && version < newest
    {
        bail!(
            "the newest release of `{plugin}` in the catalog is {version}, but {newest} was enabled before: \
             the catalog may have been rolled back; name a version to go back on purpose"
        );
    }
    Ok(published)
}

/// Whether a config fits the schema of a release.
pub(super) async fn check_config(
    catalog: Option<&Catalog>,
    published: &Published,
    config: &str,
) -> anyhow::Result<()> {
    let (Some(catalog), Some(schema)) = (catalog, &published.statement.schema) else { return Ok(()) };
    let faults = Schema::parse(&catalog.content(schema).await?)?.faults(config);
    if faults.is_empty() { Ok(()) } else { Err(anyhow!("{}", fault_lines(&CheckError::Config(faults)))) }
}
