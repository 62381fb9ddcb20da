use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;

use super::admission::{Inadmissible, admit};
use super::bindings::adit::plugin::types::Descriptor;
use super::bound::Bound;
use super::component::Compiled;
use super::engine::Engine;
use super::folder::{Folder, LoadError, Loaded, Look};
use super::idle::Idle;
use super::imports::{Imports, Services};
use super::released::Released;
use super::session::Initialised;
use super::share::Shares;
use super::tool_provider;
use crate::config::PluginLimits;
use crate::enabled::{Capability, Digest, EnabledPlugin, Release, Terms};
use crate::error::{Failure, Kind};
use crate::health::Health;
use crate::ids::{KeyId, PluginName};
use crate::pipeline::{self, Hook, Plugin, Tool};
use crate::store::SeedRoot;

/// Why there is no catalog.
#[derive(Debug, thiserror::Error)]
#[error("the plugin engine cannot start: {0}")]
pub struct CatalogError(String);

/// Why a plugin cannot be switched on with a config.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no such plugin, or its file is refused.
    #[error("{0}")]
    Plugin(#[from] LoadError),
    /// The key's terms do not allow it.
    #[error("{0}")]
    Terms(#[from] Inadmissible),
    /// The plugin refuses the config: JSON Pointer and message of each fault.
    #[error("the plugin refuses this config")]
    Config(Vec<(String, String)>),
    /// The plugin broke while it read the config.
    #[error("{}", .0.internal.as_deref().unwrap_or(&.0.message))]
    Failed(Failure),
}

/// A plugin file, as `adit plugin list` shows it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The stem of the file.
    pub name: String,
    /// The version that the plugin gives itself, if it starts without a config.
    pub version: Option<String>,
    /// Its hooks.
    pub hooks: Vec<&'static str>,
    /// What it imports of the contract.
    pub imports: Vec<&'static str>,
    /// The file's size.
    pub size_bytes: u64,
    /// Why it cannot be used.
    pub problem: Option<String>,
}

/// What a plugin says of itself, once it has read a config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfDescription {
    /// Its name for itself.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The tools that it offers.
    pub tools: Arc<[Tool]>,
}

/// The plugins of a folder. A component is compiled when it is first asked for, and kept until its
/// file changes.
pub struct Catalog {
    pub(super) engine: Engine,
    folder: Folder,
    released: Released,
    seed_root: Option<Arc<SeedRoot>>,
    services: Arc<Services>,
    /// Where plugins count.
    health: Arc<Health>,
    /// Instances that wait for the next request of their key.
    idle: Arc<Idle>,
    /// How many instances each key has.
    shares: Arc<Shares>,
}

impl Catalog {
    /// The plugins of a folder, which need not exist.
    pub fn open(folder: &Path, limits: &PluginLimits) -> Result<Self, CatalogError> {
        let engine = Engine::new(limits).map_err(|fault| CatalogError(fault.to_string()))?;
        let (folder, released) = (Folder::new(engine.clone(), folder), Released::default());
        let (services, health, idle) = (Arc::default(), Arc::default(), Arc::default());
        let shares = Arc::new(Shares::new(limits.instances_per_key));
        Ok(Self { engine, folder, released, seed_root: None, services, health, idle, shares })
    }

    /// With releases from a catalog of published plugins.
    #[must_use]
    pub fn with_releases(mut self, published: Option<crate::catalog::Catalog>) -> Self {
        self.released = Released::new(published);
        self
    }

    /// With the secret that seeds are derived from. Only a catalog that has it can serve requests.
    #[must_use]
    pub fn with_seed_root(mut self, root: SeedRoot) -> Self {
        self.seed_root = Some(Arc::new(root));
        self
    }

    /// With what stands behind imports. Without it a plugin can be checked.
    #[must_use]
    pub fn with_services(mut self, services: Services) -> Self {
        self.services = Arc::new(services);
        self
    }

    /// With the records in which what plugins count is kept.
    #[must_use]
    pub fn with_health(mut self, health: Arc<Health>) -> Self {
        self.health = health;
        self
    }

    /// Compiles every plugin of the folder now, so that no request waits for it.
    ///
    /// Answers with the plugins that are ready, and with why others are not.
    pub fn load_all(&self) -> (Vec<PluginName>, Vec<LoadError>) {
        let (mut ready, mut refused) = (Vec::new(), Vec::new());
        for name in self.folder.names() {
            match self.load(&name) {
                Ok(_) => ready.push(name),
                Err(fault) => refused.push(fault),
            }
        }
        (ready, refused)
    }

    /// What the folder holds, by name.
    pub async fn list(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        for name in self.folder.names() {
            entries.push(self.entry(&name).await);
        }
        entries
    }

    /// Whether a plugin may run on its terms, and would start with its config within its limits.
    pub async fn check(&self, enabled: &EnabledPlugin) -> Result<(), CheckError> {
        let EnabledPlugin { name, config, release, terms } = enabled;
        let compiled = match release {
            Some(release) => self.released.load(&self.engine, name, release).await?,
            None => self.load(name)?,
        };
        admit(name, &compiled, terms)?;
        self.describe(name, &compiled, config, terms).await.map(drop)
    }

    /// Gets a release now, so that no request waits for it.
    pub async fn preload(&self, name: &PluginName, release: &Release) -> Result<(), LoadError> {
        self.released.load(&self.engine, name, release).await.map(drop)
    }

    /// Lets go of what was loaded of releases that are not among these, and answers how many they were.
    pub fn keep_only(&self, used: &HashSet<Digest>) -> usize {
        self.released.keep_only(used)
    }

    /// What a plugin says of itself on its terms.
    pub async fn ask(&self, enabled: &EnabledPlugin) -> Result<SelfDescription, CheckError> {
        let EnabledPlugin { name, config, terms, .. } = enabled;
        let compiled = self.load(name)?;
        admit(name, &compiled, terms)?;
        self.describe(name, &compiled, config, terms).await
    }

    pub(super) async fn describe(
        &self,
        name: &PluginName,
        compiled: &Compiled,
        config: &str,
        terms: &Terms,
    ) -> Result<SelfDescription, CheckError> {
        let (services, grants) = (Arc::clone(&self.services), Arc::new(terms.grants.clone()));
        let imports = Imports::new(name.clone(), services, grants, Arc::default());
        let allowance = terms.limits.over(&self.engine.limits, name);
        let answer = Initialised::new(&self.engine, compiled, name, None, imports, config, allowance)
            .await
            .map_err(CheckError::Failed)?;
        let (initialised, descriptor) = answer.map_err(CheckError::Config)?;
        let tools = tool_provider::tools(compiled, initialised, name).await.map_err(CheckError::Failed)?;
        let Descriptor { name, version, wants: _, window: _ } = descriptor;
        Ok(SelfDescription { name, version, tools })
    }

    async fn entry(&self, name: &PluginName) -> Entry {
        let mut entry = Entry {
            name: name.to_string(),
            version: None,
            hooks: Vec::new(),
            imports: Vec::new(),
            size_bytes: std::fs::metadata(self.folder.file(name)).map_or(0, |file| file.len()),
            problem: None,
        };
        match self.load(name) {
            Ok(compiled) => {
                entry.hooks = compiled.hooks().iter().map(Hook::name).collect();
                entry.imports =
                    compiled.imports.iter().map(|import| Capability::interface(*import)).collect();
                let described = self.describe(name, &compiled, "{}", &Terms::default()).await;
                entry.version = described.ok().map(|said| said.version);
            }
            Err(fault) => entry.problem = Some(fault.to_string()),
        }
        entry
    }

    fn load(&self, name: &PluginName) -> Loaded {
        self.folder.loaded(name, Instant::now())
    }

    /// Compiles on a thread that may block.
    async fn load_apart(self: &Arc<Self>, name: &PluginName) -> Loaded {
        let (catalog, wanted) = (Arc::clone(self), name.clone());
        let loaded = tokio::task::spawn_blocking(move || catalog.folder.load(&wanted, Instant::now())).await;
        loaded
            .unwrap_or_else(|_| Err(LoadError::Missing { name: name.clone(), file: self.folder.file(name) }))
    }

    /// A plugin of the folder. One that has changed goes on as it was until it is compiled.
    async fn of_folder(self: &Arc<Self>, name: &PluginName) -> Loaded {
        match self.folder.look(name, Instant::now()) {
            Look::Same(loaded) => loaded,
            Look::Changed(older) => {
                let (catalog, name) = (Arc::clone(self), name.clone());
                tokio::spawn(async move { catalog.load_apart(&name).await.map(drop) });
                Ok(older)
            }
            Look::Unknown => self.load_apart(name).await,
        }
    }

    /// What is to be done now and then: files that have changed are loaded, and instances end that
    /// waited too long.
    pub async fn tidy_up(self: &Arc<Self>) {
        self.idle.sweep();
        for name in self.folder.changed(Instant::now()) {
            // What came of it is in the log.
            let _ = self.load_apart(&name).await;
        }
    }
}

/// Binds plugins of a catalog that is shared by all requests.
#[async_trait]
impl pipeline::Plugins for Arc<Catalog> {
    async fn bind(&self, enabled: &EnabledPlugin, key: &KeyId) -> Result<Arc<dyn Plugin>, Failure> {
        let EnabledPlugin { name, config, release, terms } = enabled;
        let loaded = match release {
            Some(release) => self.released.load(&self.engine, name, release).await,
            None => self.of_folder(name).await,
        };
        let unusable = |reason: String| {
            let message =
                format!("the plugin `{name}` cannot be used, and this key requires it; ask the operator");
            Failure::new(Kind::PluginUnavailable, message).with_internal(reason)
        };
        let compiled = loaded.map_err(|fault| unusable(fault.to_string()))?;
        admit(name, &compiled, terms).map_err(|fault| unusable(fault.to_string()))?;
        let Some(seed_root) = &self.seed_root else {
            return Err(
                Failure::new(Kind::Internal, "internal error").with_internal("the catalog has no seed root")
            );
        };
        Ok(Arc::new(Bound {
            engine: self.engine.clone(),
            compiled,
            name: name.clone(),
            release: release.clone(),
            key: key.clone(),
            shares: Arc::clone(&self.shares),
            config: Arc::clone(config),
            seed_root: Arc::clone(seed_root),
            services: Arc::clone(&self.services),
            recorder: Arc::clone(self.health.record(name, release.as_ref()).recorder()),
            terms: Arc::new(terms.clone()),
            idle: Arc::clone(&self.idle),
        }))
    }
}
