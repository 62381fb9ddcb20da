//! `bootstrap` behind a stand-in for AWS Lambda, in the place of a server that listens by itself.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use runtime_api::{Emulator, Environment, Fault, Function};
use serde_json::Value;

use super::process::{Log, PATIENCE, resident_bytes};

/// How many requests one environment takes at once, where a test does not say.
const AT_ONCE: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// A function that is deployed. Ends with its value.
pub(crate) struct Lambda {
    emulator: Emulator,
    log: Log,
}

/// The function whose settings and data lie in a folder. One environment serves many requests at once.
pub(super) fn function(program: &Path, folder: &Path, upstream: &str) -> Function {
    let mut function = Function::new(program);
    folder.clone_into(&mut function.folder);
    (function.most_environments, function.concurrency) = (NonZeroUsize::MIN, AT_ONCE);
    function
        .variable("ADIT_CONFIG", folder.join("adit.toml"))
        .variable("ADIT_DATA", folder.join("data"))
        .variable("ADIT_UPSTREAM", upstream)
}

impl Lambda {
    /// Starts one environment, and waits until it asks for work.
    pub(super) fn start(mut function: Function) -> Self {
        let log = Log::default();
        let lines = log.clone();
        function.output = Arc::new(move |line| lines.push(as_text(line)));
        let emulator = Emulator::start(function).unwrap();
        assert!(emulator.provision(1, PATIENCE), "it does not ask for work: {}", log.text());
        Self { emulator, log }
    }

    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.emulator.address()
    }

    /// All that it has written.
    pub(crate) fn log(&self) -> String {
        self.log.text()
    }

    /// The lines that are no words of the log, but records of requests.
    pub(crate) fn records(&self) -> String {
        let log = self.log.text();
        log.lines().filter(|line| line.starts_with('{')).collect::<Vec<_>>().join("\n")
    }

    /// Waits for a line that holds all of these.
    pub(crate) fn wait_for_line(&self, parts: &[&str]) -> String {
        self.log.wait_for_line(parts)
    }

    /// Memory that is in use by the environment that was started last, in bytes.
    pub(crate) fn resident_bytes(&self) -> u64 {
        resident_bytes(self.environment().process_id())
    }

    /// The environment that was started last.
    pub(crate) fn environment(&self) -> Arc<Environment> {
        self.emulator.environments().pop().unwrap()
    }

    /// What stands in for Lambda.
    pub(crate) fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Waits until nothing is left to do for any request.
    pub(crate) fn wait_until_idle(&self) {
        assert!(self.emulator.wait_until_idle(PATIENCE), "it asks for no more work: {}", self.log());
    }

    /// Ends it as Lambda does: once it asks for more work, without a word.
    pub(crate) fn stop(&mut self) {
        self.wait_until_idle();
        self.kill();
    }

    /// Ends it whatever it does.
    pub(crate) fn kill(&mut self) {
        assert!(self.emulator.reclaim(PATIENCE));
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        // A test that kills it in the middle of an answer, lets the answer break, or waits for its deadline, knows what
        // it does.
        let is_meant = |fault: &Fault| matches!(fault, Fault::CutOff | Fault::Stream(_) | Fault::Timeout);
        let faults: Vec<_> = self.emulator.faults().into_iter().filter(|fault| !is_meant(fault)).collect();
        assert!(faults.is_empty(), "{faults:?}\n{}", self.log());
    }
}

/// A line of a log in JSON as the same line of a log in text, so that a test may look for the same words.
fn as_text(line: &str) -> String {
    let Ok(Value::Object(mut record)) = serde_json::from_str(line) else { return line.to_owned() };
    let Some(Value::Object(mut fields)) = record.remove("fields") else { return line.to_owned() };
    let text = |value: Option<Value>| value.map(|value| in_one_line(&value)).unwrap_or_default();
    let mut words = vec![
        text(record.remove("timestamp")),
        text(record.remove("level")),
        format!("{}:", text(record.remove("target"))),
        text(fields.remove("message")),
    ];
    words.extend(fields.iter().map(|(name, value)| format!("{name}={}", in_one_line(value))));
    words.join(" ")
}

/// A value as it stands in a log in text: what would begin a line or move the cursor is written in other characters.
fn in_one_line(value: &Value) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let escaped = |character: char| match character {
        character if character.is_control() => character.escape_default().to_string(),
        character => character.to_string(),
    };
    text.chars().map(escaped).collect()
}
