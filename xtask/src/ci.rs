//! `cargo xtask ci`: all that has to be green, the quick checks first.

use crate::command::{self, say};
use crate::workspace::Workspace;
use crate::{test, tidy};

/// Runs the checks in turn and stops at the first that fails.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    say("tidy");
    tidy::run(&workspace.root)?;
    say("format");
    command::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    say("lints");
    command::run(workspace.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))?;
    test::run(workspace, &test::Options { quick: false, only: Vec::new() })
}
