//! `cargo xtask bench`: what Adit costs, beside a proxy that understands nothing.

use std::path::Path;
use std::process::Command;

use crate::command::{self, say};
use crate::lambda_zip::{self, Architecture};
use crate::plugins;
use crate::python;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;

/// How long it takes, and how sure the figures are.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Requests for each figure.
    #[arg(long, default_value_t = 1400)]
    requests: usize,
    /// Measure the start of the Lambda function instead.
    #[arg(long)]
    lambda: bool,
    /// Starts of the Lambda function for each figure.
    #[arg(long, default_value_t = 15, requires = "lambda")]
    starts: usize,
}

/// Builds everything as it is released, and prints the table.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let toolchain = WasmToolchain::choose()?;
    let plugins = plugins::build(workspace, &toolchain)?;
    if options.lambda {
        return lambda(workspace, &plugins, options.starts);
    }
    let guests = plugins::build_guests(workspace, &toolchain)?;
    say("building adit, bedrock-sim and the benchmarks as they are released (minutes, the first time)");
    let packages = ["--package", "adit", "--package", "bedrock-sim", "--package", "benches"];
    command::run(workspace.cargo().args(["build", "--release"]).args(packages))?;
    say("measuring; a machine with other work to do blurs the figures");
    let built = workspace.target.join("release");
    let mut bench = Command::new(built.join("benches"));
    bench.arg("run").arg("--adit").arg(built.join("adit")).arg("--sim").arg(built.join("bedrock-sim"));
    bench.arg("--plugins").arg(plugins).arg("--guests").arg(guests);
    bench.args(["--requests", &options.requests.to_string()]);
    command::run(&mut bench)
}

/// The function and the one beside it as they are released; what only helps to measure them as it is developed.
fn lambda(workspace: &Workspace, plugins: &Path, starts: usize) -> anyhow::Result<()> {
    let built = lambda_zip::build(workspace, Architecture::HERE)?;
    let empty = lambda_zip::build_empty(workspace, Architecture::HERE)?;
    say("building adit, bedrock-sim and the benchmarks");
    command::run(workspace.cargo().args([
        "build",
        "--package",
        "adit",
        "--package",
        "bedrock-sim",
        "--package",
        "benches",
    ]))?;
    let requirements = workspace.root.join("tests/end-to-end/requirements.txt");
    let python = python::environment(&workspace.target.join("venv-s3"), &requirements)?;
    say("measuring; a machine with other work to do blurs the figures");
    let mut bench = Command::new(workspace.binary("benches"));
    bench
        .arg("lambda")
        .arg("--bootstrap")
        .arg(built.join("bootstrap"))
        .arg("--zip")
        .arg(built.join("bootstrap.zip"));
    bench.arg("--empty").arg(empty).arg("--adit").arg(workspace.binary("adit"));
    bench.arg("--sim").arg(workspace.binary("bedrock-sim"));
    bench.arg("--ministack").arg(python.with_file_name("ministack"));
    bench.arg("--plugins").arg(plugins).arg("--sources").arg(workspace.root.join("plugins"));
    command::run(bench.args(["--starts", &starts.to_string()]))
}
