//! The tests of what runs on AWS: the templates, and a rehearsal in an AWS on this machine.

use std::process::{Command, Stdio};

use crate::command::{self, say};
use crate::python;
use crate::test::Built;
use crate::workspace::Workspace;

/// Runs `tests/stacks`.
pub(crate) fn test(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    workspace.build_servers()?;
    let requirements = workspace.root.join("xtask/deploy/requirements.txt");
    let python = python::environment(&workspace.target.join("venv-sam"), &requirements)?;
    let requirements = workspace.root.join("tests/end-to-end/requirements.txt");
    let aws = python::environment(&workspace.target.join("venv-s3"), &requirements)?;
    say("checking the templates, and rehearsing a deployment");
    let mut pytest = Command::new(python);
    pytest.args(["-m", "pytest", "-p", "no:cacheprovider"]).arg(workspace.root.join("tests/stacks"));
    pytest.env("MINISTACK_PYTHON", aws).env("XTASK_BIN", workspace.binary("xtask"));
    pytest.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&workspace.root).stdin(Stdio::null());
    command::run(built.tell(&mut pytest))
}
