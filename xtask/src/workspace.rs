//! Where things lie.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::command;

/// The folders that a chore works in.
pub(crate) struct Workspace {
    /// The repository.
    pub(crate) root: PathBuf,
    /// Cargo's target folder, wherever the user has put it.
    pub(crate) target: PathBuf,
}

/// The programs without their compiler.
pub(crate) struct RuntimeOnly {
    /// `adit`
    pub(crate) adit: PathBuf,
    /// What AWS Lambda starts.
    pub(crate) bootstrap: PathBuf,
}

impl Workspace {
    /// The workspace that this binary was built from.
    pub(crate) fn find() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .context("xtask lies in a folder of the workspace")?;
        let output = cargo(root)
            .args(["metadata", "--format-version=1", "--no-deps"])
            .stderr(std::process::Stdio::inherit())
            .output()
            .context("cannot run `cargo metadata`")?;
        let metadata: serde_json::Value =
            serde_json::from_slice(&output.stdout).context("`cargo metadata` did not answer with JSON")?;
        let target = metadata
            .get("target_directory")
            .and_then(serde_json::Value::as_str)
            .context("`cargo metadata` names no target folder")?;
        Ok(Self { root: root.to_owned(), target: target.into() })
    }

    /// Cargo, run at the root.
    pub(crate) fn cargo(&self) -> Command {
        cargo(&self.root)
    }

    /// A program that runs Cargo, run at the root.
    pub(crate) fn cargo_named(&self, program: impl AsRef<OsStr>) -> Command {
        named(program, &self.root)
    }

    /// Builds `adit` and `bedrock-sim` with the dev profile.
    pub(crate) fn build_servers(&self) -> anyhow::Result<()> {
        command::say("building adit and bedrock-sim");
        let mut cargo = self.cargo();
        // The whole workspace and the examples select the same features of dependencies as the tests do.
        // Otherwise building and testing would each compile hundreds of crates anew.
        command::run(cargo.args(["build", "--workspace", "--bins", "--examples"]))
    }

    /// Builds an `adit` and a `bootstrap` without the compiler, and answers where they lie: beside the usual ones,
    /// which stay.
    pub(crate) fn build_runtime_only(&self) -> anyhow::Result<RuntimeOnly> {
        command::say("building adit without its compiler");
        let target = self.target.join("runtime-only");
        let mut cargo = self.cargo();
        cargo.args([
            "build",
            "--package",
            "adit",
            "--bins",
            "--examples",
            "--no-default-features",
            "--features",
            "sqlite",
        ]);
        // What both builds have in common is compiled once: only what is finished goes elsewhere.
        let shared = format!("build.build-dir={:?}", self.target.display().to_string());
        command::run(cargo.arg("--config").arg(shared).arg("--target-dir").arg(&target))?;
        let keep = |name: &str| {
            let kept = self.binary(&format!("{name}-runtime-only"));
            std::fs::copy(target.join("debug").join(name), &kept)
                .with_context(|| format!("cannot copy `{name}`"))?;
            anyhow::Ok(kept)
        };
        Ok(RuntimeOnly { adit: keep("adit")?, bootstrap: keep("bootstrap")? })
    }

    /// Cargo's target folder for WebAssembly. Apart from the native one: neither waits for the other's lock.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// Where a native binary of the dev profile lies.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }
}

fn cargo(root: &Path) -> Command {
    named(command::variable("CARGO").as_deref().unwrap_or("cargo"), root)
}

fn named(program: impl AsRef<OsStr>, root: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root);
    // `cargo xtask` runs us with variables about the package `xtask`. Build scripts that look at them (ring's)
    // would run again whenever Cargo is started by us and by hand in turn, and half of Adit be built anew.
    for name in command::variables_of_package() {
        command.env_remove(name);
    }
    command
}
