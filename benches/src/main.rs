//! Measures Adit beside the *floor*: a bare proxy that forwards the same bytes, frame by frame, and
//! understands nothing. Both run as processes of their own, in the same run, before the same
//! stand-in for Bedrock, so their ratio means something on any machine.

mod client;
mod components;
mod floor;
mod hooks;
mod idle;
mod inputs;
mod instructions;
mod lambda;
mod loading;
mod memory;
mod passage;
mod proxy;
mod report;
mod server;
mod stage;
mod streams;
mod turns;

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
        #[command(flatten)]
        components: components::Components,
        /// What is called.
        scene: stage::Scene,
        /// How many times.
        calls: u32,
    },
    /// The start of the Lambda function, as a table.
    Lambda(lambda::Programs),
    /// Everything, as a table. This package's README says what its rows are.
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
    #[command(flatten)]
    components: components::Components,
    /// Requests a measurement.
    #[arg(long, default_value_t = 1400)]
    requests: usize,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Floor { upstream } => floor::run(upstream).await,
        Command::Repeat { components, scene, calls } => instructions::run(&components, scene, calls).await,
        Command::Lambda(programs) => lambda::run(&programs).await,
        Command::Run(programs) => {
            let mut report = report::Report::default();
            let folder = programs.components.gather()?;
            streams::measure(&programs, &mut report).await?;
            idle::measure(&programs, folder.path(), &mut report).await?;
            loading::measure(folder.path(), &mut report).await?;
            hooks::measure(folder.path(), &mut report).await?;
            memory::measure(folder.path(), &mut report).await?;
            report.print();
            Ok(())
        }
    }
}
