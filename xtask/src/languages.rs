//! Building the example plugins that are not written in Rust, each with the tools that its folder pins.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::command::{self, say};
use crate::node::Node;
use crate::python;
use crate::workspace::Workspace;

/// Builds them into `<target>/adit/languages/<name>.wasm`, where sources, contract or tools have changed, and answers
/// these files.
pub(crate) fn build(workspace: &Workspace) -> anyhow::Result<[PathBuf; 2]> {
    std::fs::create_dir_all(folder(workspace))?;
    Ok([
        if_changed(workspace, "examples/plugin-js", "wording", javascript)?,
        if_changed(workspace, "examples/plugin-python", "blocklist", python)?,
    ])
}

/// Where they lie.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("adit/languages")
}

fn javascript(workspace: &Workspace, source: &Path, component: &Path) -> anyhow::Result<()> {
    let node = Node::choose(workspace)?;
    node.install(source)?;
    command::run(node.script(source, "build").args(["--", "--out"]).arg(component))
}

fn python(workspace: &Workspace, source: &Path, component: &Path) -> anyhow::Result<()> {
    let venv = workspace.target.join("componentize-py");
    let tool =
        python::environment(&venv, &source.join("requirements.txt"))?.with_file_name("componentize-py");
    let mut tool = Command::new(tool);
    tool.args(["--quiet", "--world", "redactor", "--wit-path"]).arg(workspace.root.join("wit"));
    tool.args(["componentize", "--stub-wasi", "blocklist", "--output"]).arg(component);
    command::run(tool.current_dir(source).stdin(Stdio::null()))
}

/// Builds a component unless it was built from the very same inputs, which lie beside it.
fn if_changed(
    workspace: &Workspace,
    source: &str,
    name: &str,
    build: fn(&Workspace, &Path, &Path) -> anyhow::Result<()>,
) -> anyhow::Result<PathBuf> {
    let component = folder(workspace).join(name).with_extension("wasm");
    let source_folder = workspace.root.join(source);
    let inputs = [inputs(&workspace.root.join("wit"))?, inputs(&source_folder)?].concat();
    let built_from = component.with_extension("inputs");
    if component.is_file() && std::fs::read_to_string(&built_from).is_ok_and(|built| built == inputs) {
        return Ok(component);
    }
    say(format_args!("building {source}"));
    let partial = component.with_extension("part");
    build(workspace, &source_folder, &partial)?;
    std::fs::rename(&partial, &component)
        .with_context(|| format!("cannot write `{}`", component.display()))?;
    std::fs::write(built_from, inputs)?;
    Ok(component)
}

/// The files of a folder that a component depends on, one after the other.
fn inputs(folder: &Path) -> anyhow::Result<String> {
    let is_input = |path: &Path| {
        let extension = path.extension().and_then(|it| it.to_str());
        extension.is_some_and(|it| ["wit", "js", "json", "py", "txt"].contains(&it))
    };
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|it| it.path())).collect();
    let mut paths: Vec<_> = paths?.into_iter().filter(|path| is_input(path)).collect();
    paths.sort();
    let texts = paths.iter().map(std::fs::read_to_string);
    texts
        .collect::<Result<String, _>>()
        .with_context(|| format!("cannot read what lies in `{}`", folder.display()))
}
