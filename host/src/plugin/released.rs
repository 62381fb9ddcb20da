//! Plugins of the catalog: fetched, verified, and kept by the digest of their release.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use wasmtime::component::Component;

use super::compatibility;
use super::component::{Compiled, Refused, one_line};
use super::engine::Engine;
use super::folder::LoadError;
use crate::catalog::{Catalog, CatalogError, ReleaseStatement};
use crate::enabled::{Digest, Release, Version};
use crate::ids::PluginName;

/// How long a release that was not to be had is not asked for again.
const PAUSE: Duration = Duration::from_secs(5);

/// Why a release cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// There is no catalog.
    #[error("the settings have no `[catalog]`")]
    NoCatalog,
    /// The catalog does not have it, or what it has is refused.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// What it has is no plugin.
    #[error("the component {0}")]
    Component(#[from] Refused),
    /// There is no code for this host, and nothing here that could make it.
    #[error("this Adit has no compiler, and there is no code for it: {fault}{}", remedy(.fault, name, *version))]
    NoCode {
        /// Why.
        fault: CodeError,
        /// The plugin.
        name: PluginName,
        /// The version.
        version: Version,
    },
    /// The thread that compiled it is gone.
    #[error("it could not be compiled")]
    Interrupted,
}

/// Why there is no code for this host.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Plugins are not compiled ahead of time for such machines.
    #[error("nothing is compiled ahead of time for this kind of machine")]
    OtherMachine,
    /// The catalog does not have it, or what it has is refused.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The engine does not take it.
    #[error("the engine refuses it: {0}")]
    Engine(String),
}

/// What makes the code that is missing.
fn remedy(fault: &CodeError, name: &PluginName, version: Version) -> String {
    match fault {
        CodeError::Catalog(CatalogError::Missing(_)) => format!(
            "; whoever publishes `{name}` makes it with `adit plugin precompile {name} {version}`, by an Adit of this \
             version with the compiler"
        ),
        _ => String::new(),
    }
}

/// The releases that were asked for.
#[derive(Default)]
pub(super) struct Released {
    catalog: Option<Catalog>,
    slots: Mutex<HashMap<Digest, Arc<Slot>>>,
}

/// A release. Who comes while it is fetched waits for it, and for no other.
type Slot = tokio::sync::Mutex<Option<Outcome>>;

enum Outcome {
    Ready(Arc<Compiled>),
    Failed(LoadError, Instant),
}

impl Released {
    pub(super) fn new(catalog: Option<Catalog>) -> Self {
        Self { catalog, slots: Mutex::default() }
    }

    /// A release, ready to run. What failed a moment ago is not tried again at once.
    pub(super) async fn load(
        &self,
        engine: &Engine,
        name: &PluginName,
        release: &Release,
    ) -> Result<Arc<Compiled>, LoadError> {
        let slot = {
            let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(release.digest.clone()).or_default())
        };
        let mut outcome = slot.lock().await;
        match &*outcome {
            Some(Outcome::Ready(compiled)) => return Ok(Arc::clone(compiled)),
            Some(Outcome::Failed(fault, at)) if at.elapsed() < PAUSE => return Err(fault.clone()),
            _ => {}
        }
        let loaded = self.fetch(engine, name, release).await.map(Arc::new).map_err(|reason| {
            let (name, version) = (name.clone(), release.version);
            LoadError::Release { name, version, reason: Arc::new(reason) }
        });
        *outcome = Some(match &loaded {
            Ok(compiled) => Outcome::Ready(Arc::clone(compiled)),
            Err(fault) => Outcome::Failed(fault.clone(), Instant::now()),
        });
        loaded
    }

    /// Lets go of the releases that are not in use, and answers how many. Requests that run with one
    /// keep it to their end, and one that somebody waits for stays.
    pub(super) fn keep_only(&self, used: &HashSet<Digest>) -> usize {
        let mut dropped = Vec::new();
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|digest, slot| {
            let keep = used.contains(digest) || Arc::strong_count(slot) > 1;
            if !keep {
                dropped.push(Arc::clone(slot));
            }
            keep
        });
        // Giving code back takes its time, and nobody has to wait for that.
        drop(slots);
        dropped.len()
    }

    async fn fetch(
        &self,
        engine: &Engine,
        name: &PluginName,
        release: &Release,
    ) -> Result<Compiled, ReleaseError> {
        let catalog = self.catalog.as_ref().ok_or(ReleaseError::NoCatalog)?;
        let statement = catalog.pinned(name, release).await?;
        let without_code = match code(catalog, engine, &statement).await {
            Ok(component) => {
                let engine = engine.clone();
                return apart(move || Compiled::from_component(&engine, component)).await;
            }
            Err(fault) => fault,
        };
        if cfg!(not(feature = "compiler")) {
            let (name, version) = (name.clone(), release.version);
            return Err(ReleaseError::NoCode { fault: without_code, name, version });
        }
        tracing::warn!(plugin = %name, version = %release.version, "compiling a release here: {without_code}");
        let (engine, wasm) = (engine.clone(), catalog.content(&statement.wasm).await?);
        apart(move || Compiled::from_bytes(&engine, &wasm)).await
    }
}

/// Compiling and linking take their time.
async fn apart(
    work: impl FnOnce() -> Result<Compiled, Refused> + Send + 'static,
) -> Result<Compiled, ReleaseError> {
    let compiled = tokio::task::spawn_blocking(work).await.map_err(|_| ReleaseError::Interrupted)?;
    Ok(compiled?)
}

/// The code that the publisher has made for this very engine.
async fn code(
    catalog: &Catalog,
    engine: &Engine,
    statement: &ReleaseStatement,
) -> Result<Component, CodeError> {
    let here = compatibility::here(&engine.wasmtime);
    let (target, compatibility) = here.ok_or(CodeError::OtherMachine)?;
    let file = catalog.artifact(&statement.wasm.digest, target, &compatibility).await?;
    map(engine, file.path()).map_err(|fault| CodeError::Engine(one_line(&fault)))
}

#[expect(unsafe_code, reason = "compiled code is code: the engine cannot check what it does")]
fn map(engine: &Engine, file: &Path) -> wasmtime::Result<Component> {
    // SAFETY: a key that the operator trusts has signed the digest of this file, together with the
    // full version and the settings of this engine, as what this engine's own compiler made. The
    // file was compared with the digest right now. It lies in a folder that only this user can
    // write, where files are renamed into place and never written to, or in memory, where nobody
    // else can open it: so it stays as it is.
    unsafe { Component::deserialize_file(&engine.wasmtime, file) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::config::PluginLimits;

    #[tokio::test]
    async fn what_no_key_uses_is_let_go_unless_somebody_waits_for_it() {
        let engine = Engine::new(&PluginLimits { instances: 4, ..PluginLimits::default() }).unwrap();
        let released = Released::default();
        let name = PluginName::parse("guard").unwrap();
        let release = |text: &str| Release {
            version: Version::parse("1.0.0").unwrap(),
            digest: Digest::of(text.as_bytes()),
        };
        for text in ["used", "unused", "awaited"] {
            assert!(released.load(&engine, &name, &release(text)).await.is_err(), "there is no catalog");
        }
        let slot = |text: &str| released.slots.lock().unwrap().get(&release(text).digest).cloned();
        let awaited = slot("awaited");
        let used = HashSet::from([release("used").digest]);
        assert_eq!(released.keep_only(&used), 1);
        assert!(slot("used").is_some() && slot("unused").is_none() && awaited.is_some());
        drop(awaited);
        assert_eq!((released.keep_only(&used), released.keep_only(&used)), (1, 0));
    }

    #[test]
    fn a_host_without_code_says_which_command_makes_it() {
        let no_code = |fault| ReleaseError::NoCode {
            fault,
            name: PluginName::parse("guard").unwrap(),
            version: Version::parse("1.2.3").unwrap(),
        };
        let missing = no_code(CatalogError::Missing("artifacts/x".to_owned()).into()).to_string();
        assert!(missing.contains("`adit plugin precompile guard 1.2.3`"), "{missing}");
        assert!(!no_code(CodeError::OtherMachine).to_string().contains("precompile"));
    }
}
