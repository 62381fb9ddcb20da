use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre};

use super::answers::Answers;
use super::bindings::exports::adit::plugin::{
    client_format, event_hook, finish_hook, lifecycle, model_format, prompt_hook, request_hook, route_hook,
    text_hook, tool_provider,
};
use super::compile;
use super::engine::Engine;
use super::instance::Guest;
use super::wasi;
use crate::enabled::{Capability, Digest, Version};
use crate::ids::ModelPattern;
use crate::pipeline::{Hook, Hooks, HttpRoute, Tool};

/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "0.1.2";

/// Why a file is no plugin.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is WebAssembly, but not of the kind that is wanted.
    #[error(
        "is a core module, not a component, and does not say what it exports: it has no section `component-type`; \
         build it for `wasm32-wasip2`, or with the bindings of the contract for `wasm32-wasip1`"
    )]
    CoreModule,
    /// It is a core module that cannot be made a component.
    #[error("is a core module that cannot be made a component: {0}")]
    NotWrapped(String),
    /// It is not WebAssembly, or not valid.
    #[error("is not a valid WebAssembly component: {0}")]
    Invalid(String),
    /// Nothing can be compiled here.
    #[error(
        "has to be compiled, and this Adit has no compiler: publish the plugin, and enable a release of it"
    )]
    NoCompiler,
    /// It asks for what it may not have.
    #[error("imports {}, which plugins may not use", quoted(.0))]
    Imports(Vec<String>),
    /// It does not have what every plugin has.
    #[error("does not export `adit:plugin/lifecycle@{CONTRACT}`; it exports {}", quoted(.0))]
    NoLifecycle(Vec<String>),
    /// It has nothing that could be called.
    #[error("exports none of the hooks of `adit:plugin@{CONTRACT}`: {}", quoted(&every_hook()))]
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
    pub(super) request: Option<request_hook::GuestIndices>,
    pub(super) event: Option<event_hook::GuestIndices>,
    pub(super) text: Option<text_hook::GuestIndices>,
    pub(super) finish: Option<finish_hook::GuestIndices>,
    pub(super) client_format: Option<client_format::GuestIndices>,
    pub(super) model_format: Option<model_format::GuestIndices>,
    pub(super) tool_provider: Option<tool_provider::GuestIndices>,
    pub(super) routes: Answers<HttpRoute>,
    pub(super) models: Answers<ModelPattern>,
    pub(super) tools: Answers<Tool>,
    /// The digest of what was compiled here; that of nothing, where it was compiled elsewhere.
    pub(super) code: Digest,
    hooks: Hooks,
    /// What it imports of the contract.
    pub(super) imports: Vec<Capability>,
}

impl Compiled {
    /// Compiles and checks a component. Takes tens to hundreds of milliseconds.
    pub(super) fn from_bytes(engine: &Engine, bytes: &[u8]) -> Result<Self, Refused> {
        #[cfg(feature = "compiler")]
        let bytes = &*super::core_module::component_of(bytes)?;
        if bytes.starts_with(b"\0asm\x01\0\0\0") {
            return Err(Refused::CoreModule);
        }
        // Text is for people who write tests; what is loaded is a binary or it is refused.
        if !bytes.starts_with(b"\0asm") {
            return Err(Refused::Invalid("it does not begin as WebAssembly does".to_owned()));
        }
        let compiled = Self::from_component(engine, compile::component(&engine.wasmtime, bytes)?)?;
        Ok(Self { code: Digest::of(bytes), ..compiled })
    }

    /// Checks what was compiled, here or elsewhere.
    #[expect(clippy::needless_pass_by_value, reason = "what is checked is kept")]
    pub(super) fn from_component(engine: &Engine, component: Component) -> Result<Self, Refused> {
        let imports = imports(engine, &component)?;
        let mismatch = |fault: wasmtime::Error| Refused::Mismatch(one_line(&fault));
        let exported = exports(engine, &component);
        if !exported.iter().any(|name| is_contract(name, "lifecycle")) {
            return Err(Refused::NoLifecycle(exported));
        }
        let has = |hook: Hook| exported.iter().any(|name| is_contract(name, hook.interface()));
        let hooks: Hooks = Hook::ALL.into_iter().filter(|hook| has(*hook)).collect();
        if hooks.is_empty() {
            return Err(Refused::NoHook);
        }
        let pre = engine.linker.instantiate_pre(&component).map_err(mismatch)?;
        Self::probe(pre, hooks, imports).map_err(mismatch)
    }

    /// Finds the functions of the hooks that the component has.
    fn probe(pre: InstancePre<Guest>, hooks: Hooks, imports: Vec<Capability>) -> wasmtime::Result<Self> {
        fn found<T>(
            pre: &InstancePre<Guest>,
            has: bool,
            indices: impl FnOnce(&InstancePre<Guest>) -> wasmtime::Result<T>,
        ) -> wasmtime::Result<Option<T>> {
            has.then(|| indices(pre)).transpose()
        }
        Ok(Self {
            lifecycle: lifecycle::GuestIndices::new(&pre)?,
            route: found(&pre, hooks.has(Hook::Route), route_hook::GuestIndices::new)?,
            prompt: found(&pre, hooks.has(Hook::Prompt), prompt_hook::GuestIndices::new)?,
            request: found(&pre, hooks.has(Hook::Request), request_hook::GuestIndices::new)?,
            event: found(&pre, hooks.has(Hook::Event), event_hook::GuestIndices::new)?,
            text: found(&pre, hooks.has(Hook::Text), text_hook::GuestIndices::new)?,
            finish: found(&pre, hooks.has(Hook::Finish), finish_hook::GuestIndices::new)?,
            client_format: found(&pre, hooks.has(Hook::ClientFormat), client_format::GuestIndices::new)?,
            model_format: found(&pre, hooks.has(Hook::ModelFormat), model_format::GuestIndices::new)?,
            tool_provider: found(&pre, hooks.has(Hook::ToolProvider), tool_provider::GuestIndices::new)?,
            routes: Answers::default(),
            models: Answers::default(),
            tools: Answers::default(),
            code: Digest::of(b""),
            hooks,
            imports,
            pre,
        })
    }

    pub(super) fn hooks(&self) -> Hooks {
        self.hooks
    }

    /// The version of the contract that it was built for.
    pub(super) fn contract(&self, engine: &Engine) -> Option<Version> {
        let exports = exports(engine, self.pre.component());
        let version = exports.iter().find_map(|name| name.strip_prefix("adit:plugin/lifecycle@"))?;
        Version::parse(version).ok()
    }
}

/// What a component imports of the contract, unless it imports anything that no plugin may have.
fn imports(engine: &Engine, component: &Component) -> Result<Vec<Capability>, Refused> {
    let names: Vec<String> =
        component.component_type().imports(&engine.wasmtime).map(|(name, _)| name.to_owned()).collect();
    let imported =
        |capability: &Capability| names.iter().any(|name| is_contract(name, capability.interface()));
    let imports: Vec<_> = Capability::ALL.into_iter().filter(imported).collect();
    let known = |name: &String| {
        wasi::is_granted(name)
            || ["types", "chat", "formats", "tools"].into_iter().any(|interface| is_contract(name, interface))
            || imports.iter().any(|capability| is_contract(name, capability.interface()))
    };
    let unknown: Vec<String> = names.iter().filter(|name| !known(name)).cloned().collect();
    if unknown.is_empty() { Ok(imports) } else { Err(Refused::Imports(unknown)) }
}

fn exports(engine: &Engine, component: &Component) -> Vec<String> {
    let is_interface = |item: &ComponentItem| matches!(item, ComponentItem::ComponentInstance(_));
    let kind = component.component_type();
    kind.exports(&engine.wasmtime)
        .filter(|(_, item)| is_interface(&item.ty))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Whether an import or export is this interface of the contract, in this version or one that it
/// is compatible with.
fn is_contract(name: &str, interface: &str) -> bool {
    let Some(version) = name
        .strip_prefix("adit:plugin/")
        .and_then(|rest| rest.strip_prefix(interface))
        .and_then(|rest| rest.strip_prefix('@'))
    else {
        return false;
    };
    // Below 1.0, the first two numbers have to be the same, and the third may be smaller.
    match (Version::parse(version), Version::parse(CONTRACT)) {
        (Ok(theirs), Ok(ours)) => theirs.is_compatible_with(ours),
        _ => false,
    }
}

fn every_hook() -> Vec<String> {
    Hook::ALL.into_iter().map(|hook| hook.interface().to_owned()).collect()
}

fn quoted(names: &[String]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The engine's message without its backtrace and line breaks.
pub(super) fn one_line(fault: &impl std::fmt::Display) -> String {
    format!("{fault:#}").split_whitespace().collect::<Vec<_>>().join(" ")
}
