//! The `adit` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    adit::cli::run()
}
