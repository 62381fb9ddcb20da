//! `cargo xtask test`: every test there is.

use std::process::Command;

use anyhow::bail;

use crate::command::{self, say};
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{clang, clients, instructions, languages, plugins, python, stacks, workflows};

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
    /// The tests of whole programs once more, with AWS Lambda in front.
    Lambda,
    /// What keeps everything in DynamoDB, once more with moto in its place.
    Dynamodb,
    /// The clients in Python.
    Clients,
    /// The clients in JavaScript.
    ClientsJs,
    /// What calls of plugins cost, in instructions.
    Instructions,
    /// The templates of AWS.
    Stacks,
    /// A deployment in an AWS on this machine. Takes a quarter of an hour, and runs only if it is named.
    Rehearsal,
    /// The workflows of continuous integration.
    Workflows,
}

impl Part {
    const ALL: [Self; 9] = [
        Self::Rust,
        Self::Lambda,
        Self::Dynamodb,
        Self::Clients,
        Self::ClientsJs,
        Self::Instructions,
        Self::Stacks,
        Self::Rehearsal,
        Self::Workflows,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Lambda => "lambda",
            Self::Dynamodb => "dynamodb",
            Self::Clients => "clients",
            Self::ClientsJs => "clients-js",
            Self::Instructions => "instructions",
            Self::Stacks => "stacks",
            Self::Rehearsal => "rehearsal",
            Self::Workflows => "workflows",
        }
    }

    fn run(self, workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
        match self {
            Self::Rust => rust(workspace, built),
            Self::Lambda => lambda(workspace, built),
            Self::Dynamodb => dynamodb(workspace),
            Self::Clients => clients::python(workspace, built),
            Self::ClientsJs => clients::javascript(workspace, built),
            Self::Instructions => {
                let components = instructions::Components { plugins: &built.plugins, guests: &built.guests };
                instructions::check(workspace, components)
            }
            Self::Stacks => stacks::check(workspace, built),
            Self::Rehearsal => stacks::rehearse(workspace, built),
            Self::Workflows => workflows::check(workspace),
        }
    }
}

impl Options {
    fn includes(&self, part: Part) -> bool {
        if self.quick {
            part == Part::Rust
        } else if self.only.is_empty() {
            part != Part::Rehearsal
        } else {
            self.only.contains(&part)
        }
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
            .env("ADIT_BOOTSTRAP_BIN", self.workspace.binary("bootstrap"))
            .env("BEDROCK_SIM_BIN", self.workspace.binary("bedrock-sim"))
            .env("RUNTIME_API_BIN", self.workspace.binary("runtime-api"))
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

/// A second opinion: two stand-ins for DynamoDB seldom have the same fault.
fn dynamodb(workspace: &Workspace) -> anyhow::Result<()> {
    let requirements = workspace.root.join("tests/end-to-end/requirements-moto.txt");
    let python = python::environment(&workspace.target.join("venv-moto"), &requirements)?;
    say("running the tests of the store with moto");
    let mut tests = workspace.cargo();
    tests.env("MOTO_PYTHON", python);
    command::run(tests.args(["test", "--workspace", "--lib", "store::tests::dynamodb"]))
}

fn rust(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    let mut tests = whole_programs(workspace)?;
    say("running the tests written in Rust");
    tests.args(["test", "--workspace", "--no-fail-fast"]);
    if built.languages.is_none() {
        tests.args(["--", "--skip", "languages::"]);
    } else if !clang::ready(workspace) {
        tests.args(["--", "--skip", "languages::a_plugin_in_c_"]);
    }
    command::run(built.tell(&mut tests))
}

fn lambda(workspace: &Workspace, built: &Built<'_>) -> anyhow::Result<()> {
    workspace.build_servers()?;
    let mut tests = whole_programs(workspace)?;
    say("running the tests of whole programs behind AWS Lambda");
    tests.env("ADIT_TEST_INGRESS", "lambda");
    tests.args(["test", "--workspace", "--test", "it", "--no-fail-fast", "--"]);
    for module in WITHOUT_FUNCTION {
        tests.args(["--skip", module]);
    }
    command::run(built.tell(&mut tests))
}

/// What is about commands alone, and the same however requests come in; and what is about the log of a server on this
/// machine: a function writes another one, with metrics.
const WITHOUT_FUNCTION: [&str; 6] =
    ["author::", "languages::", "key_life::", "usage_command::", "telemetry::", "threats::injection::"];

/// Cargo, and what the tests of whole programs need beside what every test does.
fn whole_programs(workspace: &Workspace) -> anyhow::Result<Command> {
    let runtime_only = workspace.build_runtime_only()?;
    let requirements = workspace.root.join("tests/end-to-end/requirements.txt");
    let python = python::environment(&workspace.target.join("venv-s3"), &requirements)?;
    let mut cargo = workspace.cargo();
    cargo
        .env("ADIT_RUNTIME_ONLY_BIN", runtime_only.adit)
        .env("ADIT_RUNTIME_ONLY_BOOTSTRAP_BIN", runtime_only.bootstrap)
        .env("MINISTACK_BIN", python.with_file_name("ministack"));
    Ok(cargo)
}
