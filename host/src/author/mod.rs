//! The author's side: looking into a component, trying it without a server, and beginning a new one.
//!
//! What is tried runs in the real engine and passes the real pipeline; only the model is canned.

pub mod build;
pub mod check;
pub mod golden;
pub mod new;
pub mod run;

mod canned;
mod contract;
mod fresh;
mod loaded;
mod project;
mod watched;

pub use loaded::Unusable;
pub use project::{Project, ProjectFault};
