//! A program that listens, and what it says on stderr.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long anything may take before a test gives up. No test waits for it when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. Ends with its value.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    log: Log,
    /// Ends when the program has closed its stderr.
    logging: Option<JoinHandle<()>>,
}

/// The lines that were written so far.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Process {
    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::default();
        let (reader, writing) = (BufReader::new(child.stderr.take().unwrap()), log.clone());
        let logging = std::thread::spawn(move || {
            reader.lines().map_while(Result::ok).for_each(|line| writing.push(line));
        });
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("listening on http://").and_then(|it| it.parse().ok());
        let Some(address) = address else {
            child.wait().unwrap();
            panic!("it does not listen: `{first}`, {}", log.text());
        };
        Self { child, address, log, logging: Some(logging) }
    }

    /// All that it has written to stderr.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// Waits for a line on stderr that holds all of these.
    pub(crate) fn wait_for_line(&self, parts: &[&str]) -> String {
        self.log.wait_for_line(parts)
    }

    /// Memory that is in use, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.child.id())
    }

    /// Ends it as an operator does, and waits until it has.
    pub(crate) fn stop(&mut self) {
        let ended = Command::new("sh").args(["-c", &format!("kill {}", self.child.id())]).status().unwrap();
        assert!(ended.success());
        self.child.wait().unwrap();
        self.logging.take().unwrap().join().unwrap();
    }

    /// Ends it as `kill -9` does: it gets no chance to tidy up.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Memory that a process has in use, in bytes.
pub(super) fn resident_bytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

impl Log {
    pub(super) fn push(&self, line: String) {
        self.0.0.lock().unwrap().push(line);
        self.0.1.notify_all();
    }

    pub(super) fn text(&self) -> String {
        self.0.0.lock().unwrap().join("\n")
    }

    /// Waits for a line that holds all of these.
    pub(super) fn wait_for_line(&self, parts: &[&str]) -> String {
        let is_it = |line: &&String| parts.iter().all(|part| line.contains(part));
        let lines = self.0.0.lock().unwrap();
        let waiting =
            self.0.1.wait_timeout_while(lines, PATIENCE, |lines| !lines.iter().any(|line| is_it(&line)));
        let (lines, _) = waiting.unwrap();
        let found = lines.iter().find(is_it).cloned();
        drop(lines);
        found.unwrap_or_else(|| panic!("no line with {parts:?} in the log:\n{}", self.text()))
    }
}
