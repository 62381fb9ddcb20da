//! A stand-in for AWS Lambda.
//!
//! It starts programs as Lambda starts a function's `bootstrap`, and speaks the Runtime API to them: one request at a
//! time in each environment, more environments as requests come at once, frozen between requests if that is wanted,
//! killed when their time is up. In front it speaks HTTP/1.1: each request becomes an event of a Function URL or of
//! API Gateway, and what the function streams goes to the client chunk by chunk.
//!
//! It is stricter than Lambda: what a program does that the protocol does not allow is kept as a [`Fault`].
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

mod answer;
mod api;
mod emulator;
mod environment;
mod event;
mod fault;
mod front;
mod function;
mod invocation;
mod pool;
mod prelude;
mod process;

pub use emulator::Emulator;
pub use environment::Environment;
pub use fault::Fault;
pub use function::{Between, Front, Function, Identity, Output};
pub use process::Usage;
