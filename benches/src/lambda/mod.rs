//! What a cold start of the Lambda function costs, beside a function that does nothing.

mod account;
mod memory_limit;
mod start;

use std::path::PathBuf;
use std::time::Duration;

use account::Account;
use anyhow::Context as _;
use memory_limit::MemoryLimit;
use runtime_api::Function;
use start::{Question, Start};

use crate::report::{Report, millis};

/// What is measured, and what it needs.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Programs {
    /// The function's program, as it is released.
    #[arg(long)]
    bootstrap: PathBuf,
    /// The same in a zip.
    #[arg(long)]
    zip: PathBuf,
    /// The program of a function that does nothing.
    #[arg(long)]
    empty: PathBuf,
    /// The `adit` program.
    #[arg(long)]
    adit: PathBuf,
    /// The `bedrock-sim` program.
    #[arg(long)]
    sim: PathBuf,
    /// The `ministack` program.
    #[arg(long)]
    ministack: PathBuf,
    /// The folder that `cargo xtask plugins` fills.
    #[arg(long)]
    plugins: PathBuf,
    /// The folder with the plugins' manifests.
    #[arg(long)]
    sources: PathBuf,
    /// Starts of each.
    #[arg(long, default_value_t = 15)]
    starts: usize,
}

/// The memory of the smallest function, in MB of 2^20 bytes.
const MEMORY: u64 = 128;

/// What the function is asked: something with an address in it, as the plugins have to do.
const CHAT: &[u8] = br#"{"model": "small", "stream": true, "messages": [{"role": "user", "content": "Please invite jane.doe@example.com to lunch on Friday, somewhere quiet with a garden."}]}"#;

/// Starts both in turn and prints the table.
pub(crate) async fn run(programs: &Programs) -> anyhow::Result<()> {
    let account = Account::open(programs).await?;
    let limit = MemoryLimit::of(MEMORY << 20);
    let authorization = format!("Bearer {}", account.key);
    let chat = Question { path: "/v1/chat/completions", authorization: &authorization, body: CHAT };
    let nothing = Question { path: "/stream", authorization: "", body: b"" };
    let (mut empty, mut adit) = (Vec::new(), Vec::new());
    for _ in 0..programs.starts {
        let function = Function { memory_mb: 128, ..Function::new(&programs.empty) };
        empty.push(
            start::measure(function, limit.as_ref().ok(), &nothing).await.context("the empty function")?,
        );
        let function = Function { memory_mb: 128, ..account.function(&programs.bootstrap) };
        adit.push(start::measure(function, limit.as_ref().ok(), &chat).await.context("Adit")?);
    }
    let mut report = Report::default();
    add(&mut report, &empty, &adit);
    let bytes = |path: &PathBuf| std::fs::metadata(path).map(|metadata| megabytes(metadata.len()));
    let program = format!("the program {}", bytes(&programs.bootstrap)?);
    report.add("zip", bytes(&programs.zip)?, program, "at most 8 MB");
    let held = match limit {
        Ok(_) => format!("{MEMORY} MiB"),
        Err(fault) => format!("none: {fault}"),
    };
    report.add("limit of memory", held, format!("{} starts of each", programs.starts), "128 MiB");
    report.print();
    Ok(())
}

fn add(report: &mut Report, empty: &[Start], adit: &[Start]) {
    type Row = (&'static str, fn(&Start) -> Duration, &'static str);
    let rows: [Row; 6] = [
        ("CPU to the first poll", |start| start.poll_cpu, "at most 2 × empty"),
        ("CPU to the first answered byte", |start| start.byte_cpu, "at most 4 × empty"),
        ("spawn to the first poll", |start| start.poll, ""),
        ("spawn to the first answered byte", |start| start.byte, ""),
        ("a request later, whole", |start| start.warm, ""),
        ("CPU of a request later", |start| start.warm_cpu, ""),
    ];
    for (what, figure, target) in rows {
        let (ours, theirs) = (middle(adit, figure), middle(empty, figure));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        report.add(what, millis(ours), format!("{ratio:.2} × empty, {}", millis(theirs)), target);
    }
    let most = |starts: &[Start]| megabytes(starts.iter().map(|start| start.peak_bytes).max().unwrap_or(0));
    report.add("peak memory", most(adit), format!("empty {}", most(empty)), "at most 48 MB");
    let log = adit.iter().map(|start| start.log_bytes).max().unwrap_or(0);
    report.add("log of a request later", format!("{log} bytes"), String::new(), "");
}

/// The median.
fn middle(starts: &[Start], figure: fn(&Start) -> Duration) -> Duration {
    let mut figures: Vec<_> = starts.iter().map(figure).collect();
    figures.sort();
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// With a digit after the point.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.div_ceil(100_000);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
