//! `/mcp`, in both eras of the protocol, by plain HTTP: what a client of any make would see.

mod chat;
mod client;
mod count;
mod images;
mod offers;
mod plugins;
mod refusals;
mod sessions;
mod tools;

use crate::harness::{Setup, Stack};

/// The name of the server that the tests' connections send.
const SETTINGS: &str = "[mcp]\nallowed_hosts = ['adit.test']\n";

fn start() -> Stack {
    Setup::new().settings(SETTINGS).start()
}
