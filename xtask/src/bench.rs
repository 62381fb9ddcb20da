//! `cargo xtask bench`: what Adit costs, beside a proxy that understands nothing.

use std::process::Command;

use crate::command::{self, say};
use crate::plugins;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;

/// How long it takes, and how sure the figures are.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Requests for each figure.
    #[arg(long, default_value_t = 1400)]
    requests: usize,
}

/// Builds everything as it is released, and prints the table.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let toolchain = WasmToolchain::choose()?;
    let plugins = plugins::build(workspace, &toolchain)?;
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
