//! A plugin in the real engine, as a key would have it that grants all that the manifest asks for.

use std::path::Path;
use std::sync::Arc;

use sha2::Digest as _;

use super::project::Project;
use crate::config::PluginLimits;
use crate::enabled::{EnabledPlugin, Terms};
use crate::error::Failure;
use crate::ids::KeyId;
use crate::pipeline::{Plugin, Plugins};
use crate::plugin::{Catalog, CatalogError, CheckError, SelfDescription};
use crate::store::SeedRoot;

/// Why a plugin cannot be tried.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// There is no engine.
    #[error("{0}")]
    Engine(#[from] CatalogError),
    /// It does not load, or not with this config.
    #[error("{0}")]
    Check(#[from] CheckError),
    /// It does not load.
    #[error("{}", .0.internal.as_deref().unwrap_or(&.0.message))]
    Bind(Box<Failure>),
}

/// A plugin that is compiled once and may be started with any config.
pub(super) struct Loaded {
    catalog: Catalog,
    enabled: EnabledPlugin,
    limits: PluginLimits,
    folder: std::path::PathBuf,
}

impl Loaded {
    /// Takes the component of a project.
    pub(super) fn open(project: &Project) -> Result<Self, Unusable> {
        let mut enabled = EnabledPlugin::new(project.name.clone(), "{}");
        if let Some(manifest) = &project.manifest {
            let (grants, limits) = (manifest.grants.clone(), manifest.limits.clone());
            enabled.terms = Terms { grants, limits, ..Terms::default() };
        }
        let limits = enabled.terms.limits.over(&PluginLimits { instances: 64, ..PluginLimits::default() });
        let folder = project.component.parent().unwrap_or(Path::new("")).to_owned();
        let catalog = Catalog::open(&folder, &limits)?;
        Ok(Self { catalog, enabled, limits, folder })
    }

    /// What the plugin says of itself with a config.
    pub(super) async fn ask(&self, config: &str) -> Result<SelfDescription, CheckError> {
        self.catalog.ask(&self.enabled.name, config).await
    }

    /// The plugin for a key, with a seed that follows from this text.
    pub(super) async fn bind(
        &self,
        config: &str,
        key: &KeyId,
        seed: &str,
    ) -> Result<Arc<dyn Plugin>, Unusable> {
        let root = SeedRoot::new(sha2::Sha256::digest(seed).into());
        let catalog = Arc::new(Catalog::open(&self.folder, &self.limits)?.with_seed_root(root));
        let enabled = EnabledPlugin { config: config.into(), ..self.enabled.clone() };
        catalog.bind(&enabled, key).await.map_err(|failure| Unusable::Bind(Box::new(failure)))
    }
}
