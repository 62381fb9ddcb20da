//! `cargo xtask test`: every test there is.

use std::process::Command;

use anyhow::bail;

use crate::command::{self, say};
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{clang, clients, instructions, languages, plugins, python, workflows};

/// What is tested.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Leave out the tests with real clients and with plugins in other languages.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Run these parts alone.
    #[arg(long, value_name = "PART", value_delimiter = ',', conflicts_with = "quick")]
    pub(crate) only: Vec<Part>,
}

/// A part of the tests. Each takes its ports from the system, and they run one after the other.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    /// All that Cargo runs.
    Rust,
    /// The clients in Python.
    Clients,
    /// The clients in JavaScript.
    ClientsJs,
    /// What calls of plugins cost, in instructions.
    Instructions,
    /// The workflows of continuous integration.
    Workflows,
}

impl Part {
    const ALL: [Self; 5] = [Self::Rust, Self::Clients, Self::ClientsJs, Self::Instructions, Self::Workflows];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Clients => "clients",
            Self::ClientsJs => "clients-js",
            Self::Instructions => "instructions",
            Self::Workflows => "workflows",
        }
    }

    fn run(self, workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
        match self {
            Self::Rust => rust(workspace, built),
            Self::Clients => clients::python(workspace, built),
            Self::ClientsJs => clients::javascript(workspace, built),
            Self::Instructions => {
                let components = instructions::Components { plugins: &built.plugins, guests: &built.guests };
                instructions::check(workspace, components)
            }
            Self::Workflows => workflows::check(workspace),
        }
    }
}

impl Options {
    fn includes(&self, part: Part) -> bool {
        if self.quick { part == Part::Rust } else { self.only.is_empty() || self.only.contains(&part) }
    }

    fn includes_languages(&self) -> bool {
        !self.quick && self.includes(Part::Rust)
    }
}

/// Where tests find what was built for them. Unset, they look in the usual target folder.
pub(crate) struct Built<'a> {
    workspace: &'a Workspace,
    plugins: std::path::PathBuf,
    guests: std::path::PathBuf,
    /// The plugins in other languages, if they are tested.
    languages: Option<std::path::PathBuf>,
    core_module: Option<std::path::PathBuf>,
    /// What a build for WebAssembly needs in its environment.
    wasm_environment: String,
}

impl Built<'_> {
    /// Tells a test runner.
    pub(crate) fn tell<'c>(&self, runner: &'c mut Command) -> &'c mut Command {
        if let Some(languages) = &self.languages {
            runner.env("ADIT_TEST_LANGUAGES", languages);
        }
        if let Some(core_module) = &self.core_module {
            runner.env("ADIT_TEST_CORE_MODULE", core_module);
        }
        runner
            .env("ADIT_TEST_WASM_ENVIRONMENT", &self.wasm_environment)
            .env("ADIT_TEST_PLUGINS", &self.plugins)
            .env("ADIT_TEST_GUESTS", &self.guests)
            .env("ADIT_BIN", self.workspace.binary("adit"))
            .env("BEDROCK_SIM_BIN", self.workspace.binary("bedrock-sim"))
    }
}

/// Builds the plugins first, then runs the parts, all of them even when one fails.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let toolchain = WasmToolchain::choose()?;
    let built = Built {
        workspace,
        plugins: plugins::build(workspace, &toolchain)?,
        guests: plugins::build_guests(workspace, &toolchain)?,
        languages: if options.includes_languages() {
            languages::build(workspace)?;
            Some(languages::folder(workspace))
        } else {
            None
        },
        core_module: plugins::build_core_module(workspace, &toolchain)?,
        wasm_environment: toolchain.environment(),
    };

    let parts = Part::ALL.into_iter().filter(|part| options.includes(*part));
    let parts: Vec<_> = parts.map(|part| (part.name(), part.run(workspace, &built))).collect();
    let mut failed = Vec::new();
    for (part, result) in &parts {
        match result {
            Ok(()) => say(format_args!("{part}: passed")),
            Err(fault) => {
                say(format_args!("{part}: FAILED: {fault:#}"));
                failed.push(*part);
            }
        }
    }
    println!("parts: {} passed, {} failed", parts.len() - failed.len(), failed.len());
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn rust(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    let runtime_only = workspace.build_runtime_only()?;
    let requirements = workspace.root.join("tests/end-to-end/requirements.txt");
    let python = python::environment(&workspace.target.join("venv-s3"), &requirements)?;
    say("running the tests written in Rust");
    let mut tests = workspace.cargo();
    tests.env("ADIT_RUNTIME_ONLY_BIN", runtime_only).env("MINISTACK_BIN", python.with_file_name("ministack"));
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    if built.languages.is_none() {
        tests.args(["--", "--skip", "languages::"]);
    } else if !clang::ready(workspace) {
        tests.args(["--", "--skip", "languages::a_plugin_in_c_"]);
    }
    command::run(built.tell(&mut tests))
}
