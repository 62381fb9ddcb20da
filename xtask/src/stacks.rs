//! The tests of what runs on AWS: the templates, and a rehearsal in an AWS on this machine.

use std::process::{Command, Stdio};

use crate::command::{self, say};
use crate::python;
use crate::test::Built;
use crate::workspace::Workspace;

/// What needs a stack that is deployed.
const REHEARSAL: &str = "tests/stacks/test_rehearsal.py";

/// Looks at the templates.
pub(crate) fn check(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    say("checking the templates");
    pytest(workspace, built, &["tests/stacks", "--ignore", REHEARSAL])
}

/// Deploys, changes and removes in an AWS on this machine.
pub(crate) fn rehearse(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    say("rehearsing a deployment");
    pytest(workspace, built, &[REHEARSAL])
}

fn pytest(workspace: &Workspace, built: &Built<'_>, arguments: &[&str]) -> anyhow::Result<()> {
    workspace.build_servers()?;
    let requirements = workspace.root.join("xtask/deploy/requirements.txt");
    let python = python::environment(&workspace.target.join("venv-sam"), &requirements)?;
    let requirements = workspace.root.join("tests/end-to-end/requirements.txt");
    let aws = python::environment(&workspace.target.join("venv-s3"), &requirements)?;
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider"]).args(arguments);
    pytest.env("MINISTACK_PYTHON", aws).env("XTASK_BIN", workspace.binary("xtask"));
    pytest.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&workspace.root).stdin(Stdio::null());
    command::run(built.tell(&mut pytest))
}
