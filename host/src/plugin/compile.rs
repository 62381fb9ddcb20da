//! Making code of components, where there is a compiler.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::component::Refused;
use crate::catalog::{Artifact, Target};

/// Compiles a component for this process. Takes tens to hundreds of milliseconds.
#[cfg(feature = "compiler")]
pub(super) fn component(engine: &Engine, wasm: &[u8]) -> Result<Component, Refused> {
    Component::from_binary(engine, wasm).map_err(|fault| Refused::Invalid(super::component::one_line(&fault)))
}

/// Compiles a component ahead of time, with the settings that a host of that kind has.
#[cfg(feature = "compiler")]
pub fn precompile(wasm: &[u8], target: Target) -> Result<Artifact, Refused> {
    let invalid = |fault: wasmtime::Error| Refused::Invalid(super::component::one_line(&fault));
    let settings = super::engine::code_settings(Some(target)).map_err(invalid)?;
    let engine = Engine::new(&settings).map_err(invalid)?;
    let code = engine.precompile_component(wasm).map_err(invalid)?;
    Ok(Artifact { target, compatibility: super::compatibility::of(&engine), code })
}

/// There is no compiler.
#[cfg(not(feature = "compiler"))]
pub(super) fn component(_: &Engine, _: &[u8]) -> Result<Component, Refused> {
    Err(Refused::NoCompiler)
}

/// There is no compiler.
#[cfg(not(feature = "compiler"))]
pub fn precompile(_: &[u8], _: Target) -> Result<Artifact, Refused> {
    Err(Refused::NoCompiler)
}
