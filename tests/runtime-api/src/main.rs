//! Runs a program as AWS Lambda would, on this machine.

#![expect(clippy::print_stdout, reason = "it says where it listens")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use runtime_api::{Between, Emulator, Front, Function, Identity};

/// Run a program that speaks Lambda's Runtime API, with HTTP in front.
#[derive(Parser)]
struct Options {
    /// The program: a function's `bootstrap`.
    program: PathBuf,
    /// Where to listen, on this machine. 0 takes a free port.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Send events of a REST API with this stage, which each path begins with. Without it: events of a Function URL.
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// Who calls, for IAM.
    #[arg(long, value_name = "ARN")]
    caller: Option<String>,
    /// How long a request may take, in seconds.
    #[arg(long, default_value_t = 30)]
    timeout: u64,
    /// How many environments there may be.
    #[arg(long, default_value_t = NonZeroUsize::MIN.saturating_add(9))]
    environments: NonZeroUsize,
    /// How many requests each takes at once.
    #[arg(long, default_value_t = NonZeroUsize::MIN)]
    concurrency: NonZeroUsize,
    /// Stop processes that have nothing to do, as Lambda does.
    #[arg(long)]
    freeze: bool,
    /// Set a variable for the program.
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let mut function = Function::new(options.program);
    function.timeout = Duration::from_secs(options.timeout);
    function.most_environments = options.environments;
    function.concurrency = options.concurrency;
    function.output = Arc::new(|line| eprintln!("{line}"));
    if let Some(stage) = options.stage {
        function.front = Front::Rest { stage };
    }
    if options.freeze {
        function.between = Between::Frozen;
    }
    function.identity = options.caller.map(|arn| {
        let account = arn.split(':').nth(4).unwrap_or_default().to_owned();
        Identity { arn, account }
    });
    for variable in options.variables {
        let (name, value) = variable.split_once('=').with_context(|| format!("`{variable}` has no `=`"))?;
        function = function.variable(name, value);
    }
    let emulator = Emulator::start_on(function, options.port)?;
    println!("listening on http://{}", emulator.address());
    // Faults are told as they come, until somebody ends us.
    while emulator.wait_for_fault(Duration::MAX, |_| true) {
        for fault in emulator.take_faults() {
            eprintln!("fault: {fault}");
        }
    }
    Ok(())
}
