//! A program that listens, and what it says.

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
    /// Its stderr.
    log: Log,
    /// Its stdout, but for the first line.
    output: Log,
    /// End when the program has closed both.
    reading: Vec<JoinHandle<()>>,
}

/// The lines that were written so far.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<(Mutex<Vec<String>>, Condvar)>);

impl Process {
    /// Starts it, and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (log, output) = (Log::default(), Log::default());
        let logging = log.follow(BufReader::new(child.stderr.take().unwrap()));
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        stdout.read_line(&mut first).unwrap();
        let address = first.trim_end().strip_prefix("listening on http://").and_then(|it| it.parse().ok());
        let Some(address) = address else {
            child.wait().unwrap();
            panic!("it does not listen: `{first}`, {}", log.text());
        };
        let reading = vec![logging, output.follow(stdout)];
        Self { child, address, log, output, reading }
    }

    /// All that it has written to stderr.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// All that it has written to stdout since it listens.
    pub(crate) fn output(&self) -> String {
        self.output.text()
    }

    /// Waits for a line on stdout that holds all of these.
    pub(crate) fn wait_for_output(&self, parts: &[&str]) -> String {
        self.output.wait_for_line(parts)
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
        for reading in self.reading.drain(..) {
            reading.join().unwrap();
        }
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
    fn follow(&self, reader: impl BufRead + Send + 'static) -> JoinHandle<()> {
        let log = self.clone();
        std::thread::spawn(move || reader.lines().map_while(Result::ok).for_each(|line| log.push(line)))
    }

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
