//! A plugin in the real engine, as a key would have it that grants all that the manifest asks for.

use std::path::Path;
use std::sync::Arc;

use super::project::Project;
use crate::config::PluginLimits;
use crate::enabled::{Digest, EnabledPlugin, Terms};
use crate::error::{Failure, Kind};
use crate::ids::{InvalidId, KeyId};
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

/// The secret that seeds follow from. Nothing here is anybody's.
const SEED_ROOT: [u8; 32] = [7; 32];

/// A plugin that is compiled once and may be started with any config.
pub(super) struct Loaded {
    catalog: Arc<Catalog>,
    enabled: EnabledPlugin,
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
        let folder = project.component.parent().unwrap_or(Path::new(""));
        let catalog = Catalog::open(folder, &limits)?.with_seed_root(SeedRoot::new(SEED_ROOT));
        Ok(Self { catalog: Arc::new(catalog), enabled })
    }

    /// What the plugin says of itself with a config.
    pub(super) async fn ask(&self, config: &str) -> Result<SelfDescription, CheckError> {
        self.catalog.ask(&self.enabled.name, config).await
    }

    /// The plugin with a seed that follows from this text.
    pub(super) async fn bind(&self, config: &str, seed: &str) -> Result<Arc<dyn Plugin>, Unusable> {
        let enabled = EnabledPlugin { config: config.into(), ..self.enabled.clone() };
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
