//! Debian's packages, where this user may install them.

use std::process::{Command, Stdio};

use crate::command::{output, run};

/// Whether packages can be installed without a question.
pub(crate) fn may_install() -> bool {
    output(Command::new("id").arg("-u")).as_deref() == Some("0") && has_program("apt-get")
}

/// Installs packages.
pub(crate) fn install(packages: &[&str]) -> anyhow::Result<()> {
    run(apt_get().args(["update", "--quiet"]))?;
    run(apt_get().args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages))
}

/// Whether a program can be run.
pub(crate) fn has_program(name: &str) -> bool {
    Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
    command
}
