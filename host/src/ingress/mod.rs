//! Where requests come in from.

pub mod local;
