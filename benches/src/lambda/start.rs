//! One fresh start of a function: from the spawn of its process to the end of its first answers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use runtime_api::{Emulator, Environment, Function};

use super::memory_limit::MemoryLimit;
use crate::client::Connection;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Requests after the first one.
const WARM: u32 = 20;

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) path: &'a str,
    pub(crate) authorization: &'a str,
    pub(crate) body: &'a [u8],
}

/// What a start took. Times on a processor are those of all threads, user and system.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    /// Until it asked for work.
    pub(crate) poll: Duration,
    pub(crate) poll_cpu: Duration,
    /// Until the first byte of a body was at the client, less the time between asking for work and getting it.
    pub(crate) byte: Duration,
    pub(crate) byte_cpu: Duration,
    /// A request afterwards.
    pub(crate) warm: Duration,
    pub(crate) warm_cpu: Duration,
    /// The most memory that was resident, in bytes.
    pub(crate) peak_bytes: u64,
    /// What was written to the log for a request afterwards, in bytes.
    pub(crate) log_bytes: u64,
}

/// What a function has written.
#[derive(Default)]
struct Log {
    bytes: AtomicU64,
    /// The last line, which says what went wrong.
    last: Mutex<String>,
}

impl Log {
    fn add(&self, line: &str) {
        self.bytes.fetch_add(line.len() as u64 + 1, Relaxed);
        line.clone_into(&mut self.last.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Starts it, and asks.
pub(crate) async fn measure(
    function: Function,
    limit: Option<&MemoryLimit>,
    question: &Question<'_>,
) -> anyhow::Result<Start> {
    let log = Arc::new(Log::default());
    let heard = Arc::clone(&log);
    let function = Function { output: Arc::new(move |line: &str| heard.add(line)), ..function };
    let started = ask_a_new_one(function, limit, question, &log).await;
    started.with_context(|| {
        format!("its last line was `{}`", log.last.lock().unwrap_or_else(PoisonError::into_inner))
    })
}

async fn ask_a_new_one(
    function: Function,
    limit: Option<&MemoryLimit>,
    question: &Question<'_>,
    log: &Log,
) -> anyhow::Result<Start> {
    let emulator = Emulator::start(function).context("cannot start the emulator")?;
    let environment = provision(&emulator, limit)?;
    let poll = environment.first_poll().context("it has not asked for work")?;
    let at_poll = environment.usage().context("it has ended")?;

    let mut connection = Connection::open(emulator.address()).await?;
    let begun = Instant::now();
    ask(&mut connection, question).await?;
    connection.chunk().await?.context("an empty answer")?;
    let byte = poll + begun.elapsed();
    let at_byte = environment.usage().context("it has ended")?;
    while connection.chunk().await?.is_some() {}
    idle(&emulator)?;

    let written_before = log.bytes.load(Relaxed);
    let before = environment.usage().context("it has ended")?;
    let mut warm = Vec::new();
    for _ in 0..WARM {
        let begun = Instant::now();
        ask(&mut connection, question).await?;
        while connection.chunk().await?.is_some() {}
        warm.push(begun.elapsed());
        idle(&emulator)?;
    }
    warm.sort();
    let after = environment.usage().context("it has ended")?;
    if let Some(fault) = emulator.faults().first() {
        bail!("the function did what it may not: {fault}");
    }
    Ok(Start {
        poll,
        poll_cpu: at_poll.cpu,
        byte,
        byte_cpu: at_byte.cpu,
        warm: warm.get(warm.len() / 2).copied().unwrap_or_default(),
        warm_cpu: after.cpu.saturating_sub(before.cpu) / WARM,
        peak_bytes: after.peak_resident_bytes,
        log_bytes: (log.bytes.load(Relaxed) - written_before) / u64::from(WARM),
    })
}

/// Starts an environment, and holds its process to the limit before it has done much.
fn provision(emulator: &Emulator, limit: Option<&MemoryLimit>) -> anyhow::Result<Arc<Environment>> {
    thread::scope(|scope| {
        let ready = scope.spawn(|| emulator.provision(1, PATIENCE));
        let begun = Instant::now();
        let environment = loop {
            if let Some(environment) = emulator.environments().first().cloned() {
                break environment;
            }
            if begun.elapsed() > PATIENCE || !emulator.faults().is_empty() {
                bail!("no process was started: {:?}", emulator.faults());
            }
            thread::yield_now();
        };
        if let Some(limit) = limit {
            limit.hold(environment.process_id()).context("cannot limit the memory of the process")?;
        }
        if !ready.join().unwrap_or(false) {
            bail!("it has not asked for work in time: {:?}", emulator.faults());
        }
        Ok(environment)
    })
}

async fn ask(connection: &mut Connection, question: &Question<'_>) -> anyhow::Result<()> {
    Ok(connection.send(question.path, question.authorization, question.body).await?)
}

fn idle(emulator: &Emulator) -> anyhow::Result<()> {
    if !emulator.wait_until_idle(PATIENCE) {
        bail!("it has not asked for more work");
    }
    Ok(())
}
