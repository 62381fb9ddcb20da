//! The log, on stderr.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::env;

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

/// [`env::LOG`] cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not a log filter: {source}", env::LOG)]
pub struct InvalidFilter {
    source: ParseError,
}

/// At finer levels the SDK writes whole requests and answers, which are nobody's business here, and
/// the code generator writes millions of lines. The SDK of the Model Context Protocol shows messages at any level but
/// the highest. No filter of the operator's opens these.
const QUIET: [(&str, LevelFilter); 7] = [
    ("aws_", LevelFilter::INFO),
    ("hyper", LevelFilter::INFO),
    ("h2", LevelFilter::INFO),
    ("cranelift", LevelFilter::INFO),
    ("wasmtime", LevelFilter::INFO),
    ("regalloc2", LevelFilter::INFO),
    ("rmcp", LevelFilter::OFF),
];

/// Starts the log. What is logged is decided by [`env::LOG`], or by `default`.
pub fn start(default: &str, format: Format) -> Result<(), InvalidFilter> {
    let wanted = env::read(env::LOG).unwrap_or_else(|| default.to_owned());
    let wanted: Targets = wanted.parse().map_err(|source| InvalidFilter { source })?;
    // A filter that speaks of some parts only leaves errors of the others in.
    let others = wanted.default_level().unwrap_or(LevelFilter::ERROR);
    begin(wanted.with_default(others), format);
    Ok(())
}

fn begin(wanted: Targets, format: Format) {
    let quiet = Targets::new().with_default(LevelFilter::TRACE).with_targets(QUIET);
    let log = tracing_subscriber::registry().with(wanted).with(quiet);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match format {
        Format::Text => log.with(lines.with_ansi(io::stderr().is_terminal())).init(),
        Format::Json => log.with(lines.json()).init(),
    }
}
