//! The plugin folder: each file is compiled when it is first asked for, and again when it has
//! changed.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::component::{Compiled, Refused};
use super::engine::Engine;
use super::released::ReleaseError;
use crate::enabled::Version;
use crate::ids::PluginName;

/// How often a file is looked at, at most.
const LOOK: Duration = Duration::from_secs(1);

/// How long a changed file has to be left alone before it counts: somebody may be writing it.
const REST: Duration = Duration::from_secs(1);

/// Why a plugin is not to be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LoadError {
    /// No file of that name.
    #[error("there is no plugin `{name}`: `{file}` does not exist")]
    Missing {
        /// The plugin.
        name: PluginName,
        /// Where it would be.
        file: PathBuf,
    },
    /// The file is no plugin.
    #[error("`{file}` {reason}")]
    Refused {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: Arc<Refused>,
    },
    /// The release is not to be had.
    #[error("the plugin `{name}` {version} cannot be used: {reason}")]
    Release {
        /// The plugin.
        name: PluginName,
        /// The version that was enabled.
        version: Version,
        /// Why.
        reason: Arc<ReleaseError>,
    },
}

pub(super) type Loaded = Result<Arc<Compiled>, LoadError>;

/// The files of the folder that were asked for.
pub(super) struct Folder {
    engine: Engine,
    path: PathBuf,
    known: Mutex<HashMap<PluginName, Known>>,
}

/// A file that was read.
struct Known {
    /// What runs, or why nothing does. A file that is refused does not end what ran before it.
    loaded: Loaded,
    /// The file that was tried last; none if it was gone.
    stamp: Option<Stamp>,
    looked: Instant,
}

/// Tells a file from what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    size_bytes: u64,
    inode: u64,
}

/// What a look at a file has shown.
pub(super) enum Look {
    /// Nothing new.
    Same(Loaded),
    /// It has changed. Until it is loaded this runs.
    Changed(Arc<Compiled>),
    /// It has to be loaded before anything runs.
    Unknown,
}

impl Stamp {
    fn of(file: &Path) -> Option<Self> {
        let file = std::fs::metadata(file).ok()?;
        Some(Self { modified: file.modified().ok()?, size_bytes: file.len(), inode: file.ino() })
    }

    /// Whether nobody has written to it for a moment. A time to come is that of a copy.
    fn rests(self) -> bool {
        self.modified.elapsed().map_or(true, |age| age >= REST)
    }
}

impl Folder {
    pub(super) fn new(engine: Engine, path: &Path) -> Self {
        Self { engine, path: path.to_owned(), known: Mutex::default() }
    }

    /// What the folder holds, by name.
    pub(super) fn names(&self) -> Vec<PluginName> {
        let folder = match std::fs::read_dir(&self.path) {
            Ok(folder) => folder,
            Err(fault) => {
                tracing::warn!("there are no plugins: `{}` cannot be read: {fault}", self.path.display());
                return Vec::new();
            }
        };
        let mut names: Vec<_> = folder
            .filter_map(|entry| {
                let path = entry.ok()?.path();
                let stem = path.file_stem().filter(|_| path.extension().is_some_and(|it| it == "wasm"))?;
                let name = PluginName::parse(stem.to_string_lossy());
                name.inspect_err(|fault| tracing::warn!("`{}` is left out: {fault}", path.display())).ok()
            })
            .collect();
        names.sort();
        names
    }

    /// Where a plugin lies.
    pub(super) fn file(&self, name: &PluginName) -> PathBuf {
        self.path.join(format!("{name}.wasm"))
    }

    /// What is known of a plugin. Looks at its file now and then; that takes microseconds.
    pub(super) fn look(&self, name: &PluginName, now: Instant) -> Look {
        let mut known = self.known();
        let Some(plugin) = known.get_mut(name) else { return Look::Unknown };
        if now.saturating_duration_since(plugin.looked) < LOOK {
            return Look::Same(plugin.loaded.clone());
        }
        plugin.looked = now;
        let stamp = Stamp::of(&self.file(name));
        if stamp == plugin.stamp {
            return Look::Same(plugin.loaded.clone());
        }
        match (&plugin.loaded, stamp) {
            (Ok(older), Some(stamp)) if stamp.rests() => {
                // Nobody else loads it meanwhile.
                plugin.stamp = Some(stamp);
                Look::Changed(Arc::clone(older))
            }
            (Ok(older), Some(_)) => Look::Same(Ok(Arc::clone(older))),
            (Ok(older), None) => {
                plugin.stamp = None;
                let plugin = name.as_str();
                tracing::warn!(plugin, "the file of the plugin is gone; what was loaded before runs on");
                Look::Same(Ok(Arc::clone(older)))
            }
            (Err(_), _) => Look::Unknown,
        }
    }

    /// The plugins that were asked for and whose files have changed. Each is named once.
    pub(super) fn changed(&self, now: Instant) -> Vec<PluginName> {
        let names: Vec<_> = self.known().keys().cloned().collect();
        names.into_iter().filter(|name| matches!(self.look(name, now), Look::Changed(_))).collect()
    }

    /// What runs, compiled now if nothing does. Takes tens to hundreds of milliseconds then.
    pub(super) fn loaded(&self, name: &PluginName, now: Instant) -> Loaded {
        match self.look(name, now) {
            Look::Same(loaded) => loaded,
            Look::Changed(_) | Look::Unknown => self.load(name, now),
        }
    }

    /// Compiles a file. What ran before goes on if it is refused.
    pub(super) fn load(&self, name: &PluginName, now: Instant) -> Loaded {
        let file = self.file(name);
        let stamp = Stamp::of(&file);
        let loaded = match stamp {
            None => Err(LoadError::Missing { name: name.clone(), file }),
            Some(stamp) => self
                .compile(&file, stamp)
                .map(Arc::new)
                .map_err(|reason| LoadError::Refused { file, reason: Arc::new(reason) }),
        };
        let mut known = self.known();
        let (plugin, before) = (name.as_str(), known.remove(name));
        let loaded = match (loaded, before.map(|before| before.loaded)) {
            (Err(fault), Some(Ok(older))) => {
                tracing::error!(plugin, %fault, "the changed plugin is refused; what was loaded before runs on");
                Ok(older)
            }
            (Ok(newer), Some(_)) => {
                tracing::info!(plugin, "the changed plugin counts from now on");
                Ok(newer)
            }
            (loaded, _) => loaded,
        };
        // A file that is not there is not remembered: names of any kind would fill the memory.
        if stamp.is_some() || loaded.is_ok() {
            known.insert(name.clone(), Known { loaded: loaded.clone(), stamp, looked: now });
        }
        loaded
    }

    fn compile(&self, file: &Path, stamp: Stamp) -> Result<Compiled, Refused> {
        let bytes = std::fs::read(file)?;
        if Stamp::of(file) != Some(stamp) {
            return Err(Refused::Unreadable(std::io::Error::other("somebody is writing it")));
        }
        Compiled::from_bytes(&self.engine, &bytes)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PluginName, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::fs::{self, File, FileTimes};

    use super::*;
    use crate::config::PluginLimits;

    /// A component that is a plugin of the contract of 0.1.0, and another one.
    fn plugins() -> [Vec<u8>; 2] {
        let released = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/released/0.1.0");
        ["hello", "route"].map(|name| fs::read(released.join(name).with_extension("wasm")).unwrap())
    }

    struct Place {
        folder: Folder,
        name: PluginName,
        _files: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Self {
            let files = tempfile::tempdir().unwrap();
            let engine = Engine::new(&PluginLimits { instances: 4, ..PluginLimits::default() }).unwrap();
            let folder = Folder::new(engine, files.path());
            Self { folder, name: PluginName::parse("p").unwrap(), _files: files }
        }

        /// Writes the file, as if so many seconds ago.
        fn write(&self, bytes: &[u8], seconds_ago: u64) {
            let file = self.folder.file(&self.name);
            fs::write(&file, bytes).unwrap();
            let written = File::open(&file).unwrap();
            let modified = written.metadata().unwrap().modified().unwrap() - Duration::from_secs(seconds_ago);
            written.set_times(FileTimes::new().set_modified(modified)).unwrap();
        }

        /// What requests get at that time, once what has changed is loaded.
        fn at(&self, now: Instant) -> Loaded {
            self.folder.loaded(&self.name, now)
        }
    }

    #[test]
    fn a_changed_file_counts_once_nobody_writes_to_it() {
        let [one, other] = plugins();
        let (place, begun) = (Place::new(), Instant::now());
        place.write(&one, 100);
        let first = place.at(begun).unwrap();

        place.write(&other, 0);
        let second = LOOK;
        assert!(Arc::ptr_eq(&first, &place.at(begun + second).unwrap()), "it may not be whole yet");
        place.write(&other, 5);
        let late = begun + second * 2;
        assert!(
            Arc::ptr_eq(&first, &place.at(begun + second * 3 / 2).unwrap()),
            "not looked at all the time"
        );
        assert!(
            matches!(place.folder.look(&place.name, late), Look::Changed(older) if Arc::ptr_eq(&older, &first))
        );
        assert!(matches!(place.folder.look(&place.name, late + second), Look::Same(_)), "one loads it");
        let newer = place.folder.load(&place.name, late).unwrap();
        assert!(!Arc::ptr_eq(&first, &newer));
        assert!(Arc::ptr_eq(&newer, &place.at(late + second * 2).unwrap()));
    }

    #[test]
    fn what_ran_runs_on_when_its_file_is_refused_or_gone() {
        let [one, other] = plugins();
        let (place, begun) = (Place::new(), Instant::now());
        place.write(&one, 100);
        let first = place.at(begun).unwrap();
        let (half, _) = other.split_at(other.len() / 2);
        place.write(half, 50);
        assert!(Arc::ptr_eq(&first, &place.at(begun + LOOK).unwrap()));
        fs::remove_file(place.folder.file(&place.name)).unwrap();
        assert!(Arc::ptr_eq(&first, &place.at(begun + LOOK * 2).unwrap()));
        place.write(&other, 20);
        assert!(!Arc::ptr_eq(&first, &place.at(begun + LOOK * 3).unwrap()));
    }

    #[test]
    fn a_file_that_was_refused_at_first_is_tried_again_when_it_has_changed() {
        let [one, _] = plugins();
        let (place, begun) = (Place::new(), Instant::now());
        assert!(matches!(place.at(begun), Err(LoadError::Missing { .. })));
        place.write(b"no plugin", 0);
        assert!(matches!(place.at(begun), Err(LoadError::Refused { .. })));
        assert!(place.at(begun + LOOK).is_err());
        place.write(&one, 0);
        place.at(begun + LOOK * 2).unwrap();
    }
}
