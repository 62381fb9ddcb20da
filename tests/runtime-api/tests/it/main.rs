//! The stand-in with functions on AWS's own runtime client, and with some that do what no function should.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod client;
mod environments;
mod faults;
mod responses;

use std::path::PathBuf;
use std::time::Duration;

use runtime_api::{Emulator, Function};

/// How long anything may take before a test gives up. No test waits for it when all is well.
const PATIENCE: Duration = Duration::from_secs(30);

/// The example `empty`, which Cargo builds beside this test.
fn empty() -> Function {
    let binary = std::env::current_exe().unwrap();
    let folder: PathBuf = binary.ancestors().nth(2).unwrap().join("examples");
    Function::new(folder.join("empty"))
}

fn start(function: Function) -> Emulator {
    Emulator::start(function).unwrap()
}
