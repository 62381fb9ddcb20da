use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Config, Engine as Wasmtime, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::bindings::adit::plugin::{chat, formats, tools, types};
use super::instance::{Guest, MAX_TABLE_ELEMENTS};
use super::ticker::Ticker;
use super::{imports, wasi};
use crate::catalog::Target;
use crate::config::PluginLimits;

/// The stack of a guest, in bytes, and of the fiber that it runs on.
const GUEST_STACK_BYTES: usize = 512 << 10;
const FIBER_STACK_BYTES: usize = 1 << 20;

/// What all plugins share: the code generator, what may be imported, the pool of instances, and
/// the clock that ends calls which run too long.
#[derive(Clone)]
pub(super) struct Engine {
    pub(super) wasmtime: Wasmtime,
    pub(super) linker: Arc<Linker<Guest>>,
    pub(super) ticker: Arc<Ticker>,
    pub(super) limits: Arc<PluginLimits>,
}

impl Engine {
    pub(super) fn new(limits: &PluginLimits) -> wasmtime::Result<Self> {
        let wasmtime = Wasmtime::new(&settings(limits)?)?;
        let mut linker = Linker::new(&wasmtime);
        wasi::link(&mut linker)?;
        imports::link(&mut linker)?;
        types::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        chat::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        formats::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        tools::add_to_linker::<Guest, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        Ok(Self {
            ticker: Arc::new(Ticker::start(&wasmtime)?),
            wasmtime,
            linker: Arc::new(linker),
            limits: Arc::new(limits.clone()),
        })
    }
}

fn settings(limits: &PluginLimits) -> wasmtime::Result<Config> {
    let mut config = code_settings(Target::HERE)?;
    config.max_wasm_stack(GUEST_STACK_BYTES);
    config.async_stack_size(FIBER_STACK_BYTES);
    // A trap is reported by name; symbolised backtraces of guests would only fill the log.
    config.wasm_backtrace_max_frames(None);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    Ok(config)
}

/// All settings that compiled code depends on: the same whether it is compiled here and now, or
/// ahead of time for a machine of some kind. No kind takes anything from the machine that compiles.
pub(super) fn code_settings(target: Option<Target>) -> wasmtime::Result<Config> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    #[cfg(feature = "compiler")]
    if let Some(target) = target {
        config.target(target.triple())?;
        for flag in processor_flags(target) {
            enable(&mut config, flag);
        }
    }
    #[cfg(not(feature = "compiler"))]
    let _ = target;
    Ok(config)
}

/// What a processor of this kind has, in Cranelift's words.
#[cfg(feature = "compiler")]
fn processor_flags(target: Target) -> &'static [&'static str] {
    match target {
        Target::X86_64Linux => {
            &["has_cmpxchg16b", "has_popcnt", "has_sse3", "has_ssse3", "has_sse41", "has_sse42"]
        }
        Target::Aarch64Linux => &[],
    }
}

#[cfg(feature = "compiler")]
#[expect(unsafe_code, reason = "Cranelift trusts that the processor has what it is told")]
fn enable(config: &mut Config, flag: &str) {
    // SAFETY: these flags only name instructions, and wasmtime looks whether the processor has them
    // before it loads code that was compiled with them.
    unsafe { config.cranelift_flag_enable(flag) };
}

/// Room for `limits.instances` components. All but the stacks are counters, or address space until
/// they are used.
fn pool(limits: &PluginLimits) -> PoolingAllocationConfig {
    /// A Rust component has one core module of its own and up to three that adapt WASI; one with an
    /// interpreter inside has many more.
    const CORE_INSTANCES: u32 = 64;
    const TABLES: u32 = 16;
    /// Of each component, on average.
    const USUAL_CORE_INSTANCES: u32 = 16;
    const USUAL_TABLES: u32 = 4;
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(limits.instances);
    pool.total_core_instances(limits.instances.saturating_mul(USUAL_CORE_INSTANCES).max(CORE_INSTANCES));
    pool.total_memories(limits.instances);
    pool.total_tables(limits.instances.saturating_mul(USUAL_TABLES).max(TABLES));
    pool.total_stacks(limits.instances);
    pool.max_core_instances_per_component(CORE_INSTANCES);
    pool.max_memories_per_component(1);
    pool.max_tables_per_component(TABLES);
    pool.table_elements(MAX_TABLE_ELEMENTS);
    pool.max_memory_size(limits.most.memory_bytes);
    // Memory that is zeroed by hand is cheaper than memory that is given back and faulted in again.
    pool.linear_memory_keep_resident(64 << 10);
    pool.table_keep_resident(4 << 10);
    pool
}
