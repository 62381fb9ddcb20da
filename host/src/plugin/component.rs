use std::path::Path;

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre};

use super::bindings::exports::adit::plugin::{lifecycle, prompt_hook, route_hook, text_hook};
use super::engine::Engine;
use super::instance::Guest;
use super::wasi;
use crate::pipeline::Hooks;

/// The version of the contract that this host speaks.
const CONTRACT: &str = "0.1.0";

/// Why a file is no plugin.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is WebAssembly, but not of the kind that is wanted.
    #[error("is a core module, not a component: build it for `wasm32-wasip2`")]
    CoreModule,
    /// It is not WebAssembly, or not valid.
    #[error("is not a valid WebAssembly component: {0}")]
    Invalid(String),
    /// It asks for what it may not have.
    #[error("imports {}, which plugins may not use", quoted(.0))]
    Imports(Vec<String>),
    /// It does not have what every plugin has.
    #[error("does not export `adit:plugin/lifecycle@{CONTRACT}`; it exports {}", quoted(.0))]
    NoLifecycle(Vec<String>),
    /// It has nothing that could be called.
    #[error(
        "exports none of the hooks `route-hook`, `prompt-hook` and `text-hook` of `adit:plugin@{CONTRACT}`"
    )]
    NoHook,
    /// An interface has the right name and another shape.
    #[error("does not fit the contract `adit:plugin@{CONTRACT}`: {0}")]
    Mismatch(String),
}

/// A component that is compiled, checked and ready to be instantiated.
pub(super) struct Compiled {
    pub(super) pre: InstancePre<Guest>,
    pub(super) lifecycle: lifecycle::GuestIndices,
    pub(super) route: Option<route_hook::GuestIndices>,
    pub(super) prompt: Option<prompt_hook::GuestIndices>,
    pub(super) text: Option<text_hook::GuestIndices>,
}

impl Compiled {
    /// Reads and compiles a file. Takes tens to hundreds of milliseconds.
    pub(super) fn load(engine: &Engine, file: &Path) -> Result<Self, Refused> {
        Self::from_bytes(engine, &std::fs::read(file)?)
    }

    fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Self, Refused> {
        if bytes.starts_with(b"\0asm\x01\0\0\0") {
            return Err(Refused::CoreModule);
        }
        // Text is for people who write tests; what is loaded is a binary or it is refused.
        if !bytes.starts_with(b"\0asm") {
            return Err(Refused::Invalid("it does not begin as WebAssembly does".to_owned()));
        }
        let component = Component::from_binary(&engine.wasmtime, bytes)
            .map_err(|fault| Refused::Invalid(one_line(&fault)))?;
        check_imports(engine, &component)?;
        let mismatch = |fault: wasmtime::Error| Refused::Mismatch(one_line(&fault));
        let exported = interfaces(engine, &component);
        if !exported.contains(&interface("lifecycle")) {
            return Err(Refused::NoLifecycle(exported));
        }
        let pre = engine.linker.instantiate_pre(&component).map_err(mismatch)?;
        let has = |hook: &str| exported.contains(&interface(hook));
        let compiled = Self {
            lifecycle: lifecycle::GuestIndices::new(&pre).map_err(mismatch)?,
            route: has("route-hook")
                .then(|| route_hook::GuestIndices::new(&pre))
                .transpose()
                .map_err(mismatch)?,
            prompt: has("prompt-hook")
                .then(|| prompt_hook::GuestIndices::new(&pre))
                .transpose()
                .map_err(mismatch)?,
            text: has("text-hook")
                .then(|| text_hook::GuestIndices::new(&pre))
                .transpose()
                .map_err(mismatch)?,
            pre,
        };
        if compiled.hooks() == Hooks::default() { Err(Refused::NoHook) } else { Ok(compiled) }
    }

    pub(super) fn hooks(&self) -> Hooks {
        Hooks { route: self.route.is_some(), prompt: self.prompt.is_some(), text: self.text.is_some() }
    }
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), Refused> {
    let own = interface("types");
    let unknown: Vec<String> = component
        .component_type()
        .imports(&engine.wasmtime)
        .map(|(name, _)| name.to_owned())
        .filter(|name| *name != own && !wasi::is_granted(name))
        .collect();
    if unknown.is_empty() { Ok(()) } else { Err(Refused::Imports(unknown)) }
}

fn interfaces(engine: &Engine, component: &Component) -> Vec<String> {
    let is_interface = |item: &ComponentItem| matches!(item, ComponentItem::ComponentInstance(_));
    let kind = component.component_type();
    kind.exports(&engine.wasmtime)
        .filter(|(_, item)| is_interface(&item.ty))
        .map(|(name, _)| name.to_owned())
        .collect()
}

fn interface(name: &str) -> String {
    format!("adit:plugin/{name}@{CONTRACT}")
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The engine's message without its backtrace and line breaks.
pub(super) fn one_line(fault: &wasmtime::Error) -> String {
    format!("{fault:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
