//! The program that AWS Lambda starts.

use std::process::ExitCode;

fn main() -> ExitCode {
    adit::deployed::run()
}
