//! Python with packages of its own, apart from the machine's.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use crate::command::{self, say};

/// The interpreter of a virtual environment with exactly these requirements, made anew when they have changed.
pub(crate) fn environment(folder: &Path, requirements: &Path) -> anyhow::Result<PathBuf> {
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(requirements)
        .with_context(|| format!("cannot read `{}`", requirements.display()))?;
    let installed = folder.join("requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|text| text == wanted) && starts(&python) {
        return Ok(python);
    }
    say(format_args!("making a Python environment in {}", folder.display()));
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder)).context(
        "Python's venv module does not work; on Debian and Ubuntu it is in the package python3-venv",
    )?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    command::run(pip.arg(requirements).stdin(Stdio::null()))?;
    std::fs::write(installed, wanted)?;
    Ok(python)
}

fn starts(python: &Path) -> bool {
    command::output(Command::new(python).arg("--version")).is_some()
}
