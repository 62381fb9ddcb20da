//! Runs the stand-in as a process of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use bedrock_sim::{Options, Script, Sim};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for Amazon Bedrock: real wire protocol, deterministic answers, faults by script.
#[derive(Debug, Parser)]
#[command(name = "bedrock-sim", version)]
struct Arguments {
    /// Address to listen on; port 0 chooses a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// JSON file with the rules to run.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// Milliseconds between two events of a stream.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pace_ms: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let script = match &arguments.script {
        Some(path) => {
            let json = std::fs::read_to_string(path)
                .with_context(|| format!("reading `{}` failed", path.display()))?;
            Script::parse(&json).with_context(|| format!("`{}` is no script", path.display()))?
        }
        None => Script::default(),
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let sim = Sim::start(Options {
        listen: arguments.listen,
        script,
        pace: Duration::from_millis(arguments.pace_ms),
    })
    .await?;
    announce(&sim);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "who starts the process reads its address from the first line")]
fn announce(sim: &Sim) {
    println!("listening on {}", sim.url());
}
