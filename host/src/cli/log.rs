//! The log, on stderr.

use std::io::{self, IsTerminal};

use anyhow::anyhow;
use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::env;

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// At finer levels the SDK writes whole requests and answers, which are nobody's business here, and
/// the code generator writes millions of lines.
const QUIET: &str = "aws_=info,hyper=info,h2=info,cranelift=info,wasmtime=info,regalloc2=info";

/// Starts the log. What is logged is decided by [`env::LOG`], or by `default`.
pub(super) fn start(default: &str, format: LogFormat) -> anyhow::Result<()> {
    let wanted = env::read(env::LOG).unwrap_or_else(|| default.to_owned());
    EnvFilter::try_new(&wanted).map_err(|error| anyhow!("`{}` is not a log filter: {error}", env::LOG))?;
    // Later directives win over earlier ones for the same target, and longer targets over shorter.
    let filter = EnvFilter::try_new(format!("{wanted},{QUIET}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
