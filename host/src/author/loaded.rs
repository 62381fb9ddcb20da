//! A plugin in the real engine, as a key would have it that grants all that the manifest asks for.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::fresh::Fresh;
use super::project::Project;
use crate::config::PluginLimits;
use crate::enabled::{Acknowledged, Digest, EnabledPlugin, Grants};
use crate::error::{Failure, Kind};
use crate::ids::{InvalidId, KeyId};
use crate::pipeline::{Plugin, Plugins};
use crate::plugin::{Catalog, CatalogError, CheckError, SelfDescription, Services};
use crate::store::{SeedRoot, Sqlite};

/// Why a plugin cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// There is no engine.
    #[error("{0}")]
    Engine(#[from] CatalogError),
    /// There is nowhere to keep its values.
    #[error("there is nowhere to keep values for a while: {0}")]
    Data(String),
    /// It does not load, or not with this config.
    #[error("{0}")]
    Check(#[from] CheckError),
    /// It does not load.
    #[error("{}", .0.internal.as_deref().unwrap_or(&.0.message))]
    Bind(Box<Failure>),
}

/// The secret that seeds follow from. Nothing here is anybody's.
const SEED_ROOT: [u8; 32] = [7; 32];

/// A plugin that is compiled once and may be started with any config.
pub(super) struct Loaded {
    catalog: Arc<Catalog>,
    enabled: EnabledPlugin,
    values: Arc<Fresh>,
    _data: TempDir,
}

/// All that there is to grant, for a component that comes without a manifest. No such host exists.
fn everything() -> Grants {
    let mut grants = Grants::default();
    for grant in ["kv", "blobs", "http=nowhere.invalid", "secret=none"] {
        // Each is of the right form: a test says so.
        let _ = grants.add(grant);
    }
    grants
}

impl Loaded {
    /// Takes the component of a project.
    pub(super) fn open(project: &Project) -> Result<Self, Unusable> {
        let mut enabled = EnabledPlugin::new(project.name.clone(), "{}");
        enabled.terms.acknowledged = Acknowledged::Leaks;
        match &project.manifest {
            Some(manifest) => {
                enabled.terms.grants = manifest.grants.clone();
                enabled.terms.limits = manifest.limits.clone();
            }
            None => enabled.terms.grants = everything(),
        }
        // Values are kept as a server keeps them, and go away with this.
        let data = tempfile::tempdir().map_err(|fault| Unusable::Data(fault.to_string()))?;
        let values = Sqlite::open(data.path()).map_err(|fault| Unusable::Data(fault.to_string()))?;
        let values = Arc::new(Fresh::new(values));
        let services = Services { values: Some(values.clone()), ..Services::default() };
        let limits = PluginLimits { instances: 64, ..PluginLimits::default() };
        let folder = project.component.parent().unwrap_or(Path::new(""));
        let catalog = Catalog::open(folder, &limits)?;
        let catalog = catalog.with_seed_root(SeedRoot::new(SEED_ROOT)).with_services(services);
        Ok(Self { catalog: Arc::new(catalog), enabled, values, _data: data })
    }

    /// What the plugin says of itself with a config.
    pub(super) async fn ask(&self, config: &str) -> Result<SelfDescription, CheckError> {
        self.catalog.ask(&EnabledPlugin { config: config.into(), ..self.enabled.clone() }).await
    }

    /// The plugin with a seed that follows from this text, and without any values.
    pub(super) async fn bind(&self, config: &str, seed: &str) -> Result<Arc<dyn Plugin>, Unusable> {
        let enabled = EnabledPlugin { config: config.into(), ..self.enabled.clone() };
        self.values.begin();
        let bound = match key_of(seed) {
            Ok(key) => self.catalog.bind(&enabled, &key).await,
            Err(fault) => Err(Failure::new(Kind::Internal, fault.to_string())),
        };
        bound.map_err(|failure| Unusable::Bind(Box::new(failure)))
    }
}

/// Each key has a seed of its own, so a text stands for one.
fn key_of(seed: &str) -> Result<KeyId, InvalidId> {
    KeyId::parse(Digest::of(seed.as_bytes()).as_str().chars().take(10).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Capability;

    #[test]
    fn everything_is_granted_where_nobody_says_what_is_needed() {
        assert!(Capability::ALL.into_iter().all(|capability| everything().allow(capability)));
    }
}
