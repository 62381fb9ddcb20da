//! Where the files of a plugin are.

use std::path::{Path, PathBuf};

use crate::catalog::{DIST, InvalidManifest, MANIFEST, Manifest, manifest_of};
use crate::ids::PluginName;

/// Why there is no plugin here.
#[derive(Debug, thiserror::Error)]
pub enum ProjectFault {
    /// Nothing was built yet.
    #[error("`{0}` does not exist: run `adit plugin build` first")]
    NotBuilt(PathBuf),
    /// No file.
    #[error("`{0}` does not exist")]
    Missing(PathBuf),
    /// A folder without a manifest.
    #[error("`{0}` holds no `plugin.toml`: it is not the folder of a plugin")]
    NoManifest(PathBuf),
    /// A file whose name is no name of a plugin.
    #[error("`{file}` has to be called after its plugin: {fault}")]
    Name {
        /// The file.
        file: PathBuf,
        /// Why.
        fault: crate::ids::InvalidId,
    },
    /// The manifest cannot be used.
    #[error("{0}")]
    Manifest(#[from] InvalidManifest),
}

/// A plugin on its author's disk.
#[derive(Debug)]
pub struct Project {
    /// Its name: the component's file is called after it.
    pub name: PluginName,
    /// The component.
    pub component: PathBuf,
    /// The manifest, if there is one.
    pub manifest: Option<Manifest>,
    /// Where its golden conversations are.
    pub tests: PathBuf,
}

impl Project {
    /// The plugin of a folder with a `plugin.toml`, or of a component's file.
    pub fn find(path: &Path) -> Result<Self, ProjectFault> {
        if path.is_dir() {
            let manifest = load_manifest(path)?;
            let component = path.join(DIST).join(format!("{}.wasm", manifest.name));
            if !component.exists() {
                return Err(ProjectFault::NotBuilt(component));
            }
            let (name, tests) = (manifest.name.clone(), path.join("tests"));
            return Ok(Self { name, component, manifest: Some(manifest), tests });
        }
        if !path.exists() {
            return Err(ProjectFault::Missing(path.to_owned()));
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name =
            PluginName::parse(stem).map_err(|fault| ProjectFault::Name { file: path.to_owned(), fault })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let home = if folder.ends_with(DIST) { folder.parent().unwrap_or(folder) } else { folder };
        let manifest = manifest_of(path).map(|file| Manifest::load(&file)).transpose()?;
        Ok(Self { name, component: path.to_owned(), manifest, tests: home.join("tests") })
    }
}

/// The manifest of the folder of a plugin.
pub(super) fn load_manifest(folder: &Path) -> Result<Manifest, ProjectFault> {
    let file = folder.join(MANIFEST);
    if !file.exists() {
        return Err(ProjectFault::NoManifest(folder.to_owned()));
    }
    Ok(Manifest::load(&file)?)
}
