use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use wasmtime::component::{Instance as Exports, ResourceTable};
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bindings::adit::plugin::{chat, formats, types};
use super::component::{Compiled, one_line};
use super::engine::Engine;
use super::guest_log::GuestLog;
use super::imports::{Blobs, Imports};
use super::ticker::TICK;
use super::wasi;
use crate::error::{Failure, Kind};
use crate::ids::{PluginName, RequestId};
use crate::pipeline::Context;

/// The most resources of the host that a guest may hold.
const MAX_HANDLES: usize = 256;

/// How much longer than its running time a call may take by the clock: it may wait for a core, but
/// not sleep on a WASI clock for ever.
const PATIENCE: u32 = 20;

/// What the host keeps beside a guest's memory.
pub(super) struct Guest {
    limits: StoreLimits,
    /// Ticks that the call may still run.
    ticks_left: u32,
    pub(super) log: GuestLog,
    pub(super) imports: Imports,
    table: ResourceTable,
    /// Made when the guest first asks for anything of WASI; most never do.
    wasi: Option<WasiCtx>,
}

// These hold types only: nothing to call.
impl types::Host for Guest {}
impl chat::Host for Guest {}
impl formats::Host for Guest {}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let log = &self.log;
        WasiCtxView {
            ctx: self.wasi.get_or_insert_with(|| wasi::context(log.clone())),
            table: &mut self.table,
        }
    }
}

/// What one call may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Time that the guest runs.
    pub(super) time: Duration,
    /// Bytes that it hands back.
    pub(super) output_bytes: usize,
}

impl Budget {
    /// The budget for so many bytes of input: the time is for each `share_bytes` of it, begun or
    /// whole, and what comes back may be twice as long.
    pub(super) fn for_input(self, bytes: usize, share_bytes: usize) -> Self {
        let shares = u32::try_from(bytes / share_bytes.max(1)).unwrap_or(u32::MAX).saturating_add(1);
        Self {
            time: self.time.saturating_mul(shares),
            output_bytes: self.output_bytes.max(bytes.saturating_mul(2)),
        }
    }

    /// By the clock, without what functions of the host take.
    fn patience(self) -> Duration {
        self.time.saturating_mul(PATIENCE)
    }
}

/// A component at work, with a memory of its own.
pub(super) struct Instance {
    store: Store<Guest>,
    exports: Exports,
    engine: Engine,
    plugin: PluginName,
}

impl Instance {
    /// Instantiates; no code of the plugin's author has run after this but what its language needs
    /// to start.
    pub(super) async fn new(
        engine: &Engine,
        compiled: &Compiled,
        plugin: &PluginName,
        request: Option<RequestId>,
        imports: Imports,
    ) -> Result<Self, Failure> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        let limits = StoreLimitsBuilder::new()
            .memory_size(engine.limits.memory_bytes)
            .table_elements(100_000)
            .trap_on_grow_failure(true)
            .build();
        let log = GuestLog::new(plugin.clone(), request);
        let guest = Guest { limits, ticks_left: 0, log, imports, table, wasi: None };
        let mut store = Store::new(&engine.wasmtime, guest);
        store.set_max_component_handles(MAX_HANDLES);
        store.limiter(|guest| &mut guest.limits);
        // Coming back at every tick lets other requests run in between; only ticks in which the
        // guest ran are counted, so a busy machine does not make it look slow.
        store.epoch_deadline_callback(|mut store| {
            let guest = store.data_mut();
            let Some(left) = guest.ticks_left.checked_sub(1) else { return Ok(UpdateDeadline::Interrupt) };
            guest.ticks_left = left;
            Ok(UpdateDeadline::Yield(1))
        });
        let budget = Budget { time: engine.limits.init, output_bytes: engine.limits.request_output_bytes };
        arm(&mut store, budget);
        let ticking = engine.ticker.run();
        let instantiated = patient(budget.patience(), compiled.pre.instantiate_async(&mut store)).await;
        drop(ticking);
        let exports = instantiated.map_err(|fault| failed(plugin, "instantiation", &fault))?;
        Ok(Self { store, exports, engine: engine.clone(), plugin: plugin.clone() })
    }

    /// Lets the guest read these from now on.
    pub(super) fn lend(&mut self, blobs: Blobs) {
        self.store.data_mut().imports.lend(blobs);
    }

    /// Begins with a request: what the plugin may import for it is there from now on.
    pub(super) fn begin(&mut self, context: &Context) {
        self.store.data_mut().imports.begin(context);
    }

    /// Looks something up in the instance.
    pub(super) fn load<T>(
        &mut self,
        load: impl FnOnce(&mut Store<Guest>, &Exports) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        load(&mut self.store, &self.exports).map_err(|fault| failed(&self.plugin, "its exports", &fault))
    }

    /// Runs one call within its budget, which begins anew each time.
    pub(super) async fn call<T>(
        &mut self,
        name: &'static str,
        budget: Budget,
        call: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        arm(&mut self.store, budget);
        let ticking = self.engine.ticker.run();
        let patience = budget.patience().saturating_add(self.store.data().imports.may_wait());
        let answer = patient(patience, call(&mut self.store)).await;
        drop(ticking);
        answer.map_err(|fault| failed(&self.plugin, name, &fault))
    }
}

fn arm(store: &mut Store<Guest>, budget: Budget) {
    let ticks = budget.time.as_millis() / TICK.as_millis();
    store.data_mut().ticks_left = u32::try_from(ticks).unwrap_or(u32::MAX);
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(budget.output_bytes);
}

/// Most calls are done at their first poll and never see a timer.
async fn patient<T>(time: Duration, call: impl Future<Output = wasmtime::Result<T>>) -> wasmtime::Result<T> {
    let mut call = pin!(call);
    let first = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    if let Poll::Ready(answer) = first {
        return answer;
    }
    match tokio::time::timeout(time, call).await {
        Ok(answer) => answer,
        Err(_) => Err(wasmtime::Error::msg("it slept for longer than its time")),
    }
}

/// The client learns which plugin failed, the log learns how.
pub(super) fn failed(plugin: &PluginName, what: &str, fault: &wasmtime::Error) -> Failure {
    if fault.is::<wasmtime::PoolConcurrencyLimitError>() {
        return Failure::new(Kind::Overloaded, "too many requests at the same time; try again in a moment")
            .with_retry_after(Duration::from_secs(1))
            .with_internal("all plugin instances are in use: raise `plugin_limits.instances`");
    }
    let how = match fault.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::Interrupt) => "it ran for longer than its time".to_owned(),
        _ => one_line(fault),
    };
    Failure::plugin(plugin, &format!("{what} failed: {how}"))
}
