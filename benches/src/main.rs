//! Measures Adit beside the *floor*: a bare proxy that forwards the same bytes, frame by frame, and
//! understands nothing. Both run as processes of their own, in the same run, before the same
//! stand-in for Bedrock, so their ratio means something on any machine.

mod client;
mod floor;
mod hooks;
mod instructions;
mod report;
mod server;
mod streams;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// What can be run.
#[derive(Debug, Parser)]
enum Command {
    /// The floor, as a process of its own.
    Floor {
        /// Where it forwards to.
        #[arg(long)]
        upstream: SocketAddr,
    },
    /// One kind of call, so many times.
    Repeat {
        /// A folder with `redact.wasm`, `route.wasm` and `hello.wasm`.
        #[arg(long)]
        plugins: PathBuf,
        /// What is called.
        scene: instructions::Scene,
        /// How many times.
        calls: u32,
    },
    /// Everything, as a table.
    Run(Programs),
}

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
struct Programs {
    /// The `adit` program.
    #[arg(long)]
    adit: PathBuf,
    /// The `bedrock-sim` program.
    #[arg(long)]
    sim: PathBuf,
    /// A folder with `redact.wasm`, `route.wasm` and `hello.wasm`.
    #[arg(long)]
    plugins: PathBuf,
    /// Requests a measurement.
    #[arg(long, default_value_t = 1400)]
    requests: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Floor { upstream } => floor::run(upstream).await,
        Command::Repeat { plugins, scene, calls } => instructions::run(&plugins, scene, calls).await,
        Command::Run(programs) => {
            let mut report = report::Report::default();
            streams::measure(&programs, &mut report).await?;
            hooks::measure(&programs, &mut report).await?;
            report.print();
            Ok(())
        }
    }
}
