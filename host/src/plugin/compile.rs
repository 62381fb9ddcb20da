//! Making code of components, where there is a compiler.

use wasmtime::Engine;
use wasmtime::component::Component;

use super::component::Refused;
use crate::catalog::{Artifact, Target};
use crate::enabled::Digest;

/// Compiles a component for this process. Takes tens to hundreds of milliseconds.
#[cfg(feature = "compiler")]
pub(super) fn component(engine: &Engine, wasm: &[u8]) -> Result<Component, Refused> {
    Component::from_binary(engine, wasm).map_err(|fault| Refused::Invalid(super::component::one_line(&fault)))
}

/// Compiles a component ahead of time, with the settings that a host of that kind has.
#[cfg(feature = "compiler")]
pub fn precompile(wasm: &[u8], target: Target) -> Result<Artifact, Refused> {
    let engine = engine_for(target)?;
    let code = engine.precompile_component(wasm);
    let code = code.map_err(|fault| Refused::Invalid(super::component::one_line(&fault)))?;
    Ok(Artifact { target, compatibility: super::compatibility::of(&engine), code })
}

/// The engine that [`precompile`] makes code for.
#[cfg(feature = "compiler")]
pub fn compatibility(target: Target) -> Result<Digest, Refused> {
    Ok(super::compatibility::of(&engine_for(target)?))
}

#[cfg(feature = "compiler")]
fn engine_for(target: Target) -> Result<Engine, Refused> {
    super::engine::code_settings(Some(target))
        .and_then(|settings| Engine::new(&settings))
        .map_err(|fault| Refused::Invalid(super::component::one_line(&fault)))
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

/// There is no compiler.
#[cfg(not(feature = "compiler"))]
pub fn compatibility(_: Target) -> Result<Digest, Refused> {
    Err(Refused::NoCompiler)
}

/// There is nothing that could make a component.
#[cfg(not(feature = "compiler"))]
pub fn component_of(_: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, Refused> {
    Err(Refused::NoCompiler)
}
