//! A limit on what a process may have resident, as Lambda sets one: by a control group of the kernel.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Where the kernel shows control groups: all resources in one tree (version 2), or memory in one of its own.
const TREE: &str = "/sys/fs/cgroup";
const MEMORY_TREE: &str = "/sys/fs/cgroup/memory";

/// A control group of ours. Goes with the value, when no process is left in it.
pub(crate) struct MemoryLimit {
    folder: PathBuf,
}

impl MemoryLimit {
    /// Makes one, if this user may: usually root alone may.
    pub(crate) fn of(bytes: u64) -> io::Result<Self> {
        let name = format!("adit-bench-{}", std::process::id());
        let (folder, limit) = if Path::new(TREE).join("cgroup.controllers").exists() {
            fs::write(Path::new(TREE).join("cgroup.subtree_control"), "+memory")?;
            (Path::new(TREE).join(name), "memory.max")
        } else {
            (Path::new(MEMORY_TREE).join(name), "memory.limit_in_bytes")
        };
        fs::create_dir(&folder)?;
        let group = Self { folder };
        fs::write(group.folder.join(limit), bytes.to_string())?;
        Ok(group)
    }

    /// Holds a process to it from now on.
    pub(crate) fn hold(&self, process: u32) -> io::Result<()> {
        fs::write(self.folder.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        // A group that a process is still in stays; it holds nobody else.
        let _ = fs::remove_dir(&self.folder);
    }
}
