//! The programs that a deployment needs, and whose credentials they use.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::command::{self, say};
use crate::python;
use crate::workspace::Workspace;

/// SAM, Adit, and what asks AWS for the rest.
pub(super) struct Tools {
    python: PathBuf,
    cloud: PathBuf,
    adit: PathBuf,
    /// What `adit` fetches of catalogs lies here. Everything else is the stack's.
    data: PathBuf,
    /// Whose credentials are used.
    pub(super) identity: Identity,
}

/// An account and a region of AWS.
pub(super) struct Identity {
    pub(super) account: String,
    pub(super) region: String,
}

impl Tools {
    /// Installs what is missing into Cargo's target folder, and asks AWS whose credentials these are.
    pub(super) fn ready(workspace: &Workspace) -> anyhow::Result<Self> {
        let requirements = workspace.root.join("xtask/deploy/requirements.txt");
        let mut tools = Self {
            python: python::environment(&workspace.target.join("venv-sam"), &requirements)?,
            cloud: workspace.root.join("xtask/deploy/cloud.py"),
            adit: workspace.binary("adit"),
            data: workspace.target.join("adit/deploy-data"),
            identity: Identity { account: String::new(), region: String::new() },
        };
        let identity = tools.ask(&["identity"], None)?;
        tools.identity =
            Identity { account: text_of(&identity, "account")?, region: text_of(&identity, "region")? };
        Ok(tools)
    }

    /// Takes the `adit` that manages the deployment, or builds it.
    pub(super) fn choose_adit(&mut self, workspace: &Workspace, built: Option<&Path>) -> anyhow::Result<()> {
        if let Some(built) = built {
            built.clone_into(&mut self.adit);
            return Ok(());
        }
        say("building adit");
        command::run(workspace.cargo().args(["build", "--package", "adit", "--bins"]))
    }

    /// `sam` with these arguments.
    pub(super) fn sam(&self, arguments: &[&str]) -> Command {
        let mut sam = self.with_region(Command::new(self.python.with_file_name("sam")));
        sam.args(arguments).env("SAM_CLI_TELEMETRY", "0");
        sam
    }

    /// `cfn-lint`.
    pub(super) fn lint(&self) -> Command {
        Command::new(self.python.with_file_name("cfn-lint"))
    }

    /// `adit` with these arguments.
    pub(super) fn adit(&self, arguments: &[&str]) -> Command {
        let mut adit = self.with_region(Command::new(&self.adit));
        adit.arg("--data").arg(&self.data).args(arguments).stdin(Stdio::null());
        adit
    }

    /// What AWS answers to a command of `xtask/deploy/cloud.py`.
    pub(super) fn ask(&self, arguments: &[&str], input: Option<&Value>) -> anyhow::Result<Value> {
        let mut python = self.with_region(Command::new(&self.python));
        python.arg(&self.cloud).args(arguments).stdout(Stdio::piped());
        let mut child = python.stdin(Stdio::piped()).spawn().context("cannot start Python")?;
        let stdin = child.stdin.take().context("the input is piped")?;
        if let Some(input) = input {
            serde_json::to_writer(&stdin, input)?;
        }
        drop(stdin);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("{} did not work: see above", arguments.join(" "));
        }
        serde_json::from_slice(&output.stdout).context("no JSON came from Python")
    }

    /// Some tools read one of these variables, and some the other.
    fn with_region(&self, mut command: Command) -> Command {
        if !self.identity.region.is_empty() {
            command.env("AWS_REGION", &self.identity.region).env("AWS_DEFAULT_REGION", &self.identity.region);
        }
        command
    }
}

/// A member that is a text.
pub(super) fn text_of(value: &Value, name: &str) -> anyhow::Result<String> {
    let text = value.get(name).and_then(Value::as_str).with_context(|| format!("there is no `{name}`"))?;
    Ok(text.to_owned())
}
