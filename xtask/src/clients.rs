//! The tests with real clients, each language with packages of its own.

use std::process::{Command, Stdio};

use crate::command::{self, say};
use crate::node::Node;
use crate::python;
use crate::test::Built;
use crate::workspace::Workspace;

/// Runs `tests/clients` against the real binaries.
pub(crate) fn python(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    workspace.build_servers()?;
    let folder = workspace.root.join("tests/clients");
    let python = python::environment(&workspace.target.join("venv"), &folder.join("requirements.txt"))?;
    say("running the tests with clients in Python");
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider"]).arg(&folder);
    // Nothing is written into the repository.
    pytest.env("PYTHONDONTWRITEBYTECODE", "1");
    run(workspace, built, &mut pytest)
}

/// Runs `tests/clients-js` against the real binaries.
pub(crate) fn javascript(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    workspace.build_servers()?;
    let folder = workspace.root.join("tests/clients-js");
    let node = Node::choose(workspace)?;
    node.install(&folder)?;
    say("running the tests with clients in JavaScript");
    let mut tests = node.command();
    // Its own limit, in milliseconds, is none.
    tests.args(["--test", "--test-reporter=spec", "--test-timeout=120000"]).arg(folder.join("*.test.mjs"));
    run(workspace, built, &mut tests)
}

fn run(workspace: &Workspace, built: &Built<'_>, runner: &mut Command) -> anyhow::Result<()> {
    // A proxy is not asked for the way to loopback.
    runner.env("NO_PROXY", "127.0.0.1").current_dir(&workspace.root).stdin(Stdio::null());
    command::run(built.tell(runner))
}
