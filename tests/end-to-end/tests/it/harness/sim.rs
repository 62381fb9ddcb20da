//! The stand-in for Bedrock, and what it has seen.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

use super::built;
use super::connection::Connection;
use super::process::{PATIENCE, Process};

/// A running `bedrock-sim`.
pub(crate) struct Sim(Process);

impl Sim {
    pub(super) fn start(folder: &Path, script: &Value) -> Self {
        let file = folder.join("script.json");
        std::fs::write(&file, script.to_string()).unwrap();
        let mut command = Command::new(built::bedrock_sim());
        Self(Process::start(command.arg("--script").arg(file)))
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// What reached it so far, each request once it has ended, oldest first.
    pub(crate) fn requests(&self) -> Vec<Value> {
        let records = self.call("GET", "/_sim/requests?settled=true", "");
        records.as_array().unwrap().clone()
    }

    /// What reached it so far, whether it has ended or not.
    pub(crate) fn requests_so_far(&self) -> Vec<Value> {
        self.call("GET", "/_sim/requests", "").as_array().unwrap().clone()
    }

    /// Waits until a request is there.
    pub(crate) fn wait_for_a_request(&self) {
        let begun = Instant::now();
        while self.requests_so_far().is_empty() {
            assert!(begun.elapsed() < PATIENCE, "no request came");
            std::thread::yield_now();
        }
    }

    /// The body of the request that came last.
    pub(crate) fn last_body(&self) -> Value {
        self.requests().pop().unwrap()["body"].take()
    }

    /// Does this for every request from now on. It is a script's `action`.
    pub(crate) fn always(&self, action: &Value) {
        self.run(&json!([{"match": {}, "action": action}]));
    }

    /// Runs another script from now on.
    pub(crate) fn run(&self, rules: &Value) {
        self.call("PUT", "/_sim/script", &rules.to_string());
    }

    fn call(&self, method: &str, path: &str, body: &str) -> Value {
        let mut connection = Connection::open(self.0.address);
        connection.send_request(method, path, &[], body.as_bytes());
        let answer = connection.answer();
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }
}
