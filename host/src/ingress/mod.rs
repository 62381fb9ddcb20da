//! Where requests come in from.

pub mod lambda;
pub mod local;
