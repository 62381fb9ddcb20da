//! WebAssembly plugins: the only place that knows wasmtime.
//!
//! A component is compiled and checked once ([`Catalog`]), and gets a fresh instance for every
//! request ([`crate::pipeline::Session`]), which may use a little memory, a little time, what it was
//! granted, and nothing else.

mod admission;
mod answers;
mod bindings;
mod bound;
mod catalog;
mod client_format;
mod compatibility;
mod compile;
mod component;
mod convert;
#[cfg(feature = "compiler")]
mod core_module;
mod engine;
mod folder;
mod guest_log;
mod idle;
mod imports;
mod inspect;
mod instance;
mod lent;
mod model_format;
mod released;
mod session;
mod share;
mod ticker;
mod tool_provider;
mod wasi;

pub use admission::Inadmissible;
pub use catalog::{Catalog, CatalogError, CheckError, Entry, SelfDescription};
#[cfg(not(feature = "compiler"))]
pub use compile::component_of;
pub use compile::{compatibility, precompile};
pub use component::{CONTRACT, Refused};
#[cfg(feature = "compiler")]
pub use core_module::{component_of, is_core_module};
pub use folder::LoadError;
pub use imports::Services;
pub use inspect::Inspected;
pub use released::{CodeError, ReleaseError};
pub use wasi::is_granted;
