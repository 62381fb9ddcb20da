use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant as Moment};

use wasmtime::component::{Instance as Exports, ResourceTable};
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::bindings::adit::plugin::{chat, formats, tools, types};
use super::component::{Compiled, one_line};
use super::engine::Engine;
use super::guest_log::GuestLog;
use super::imports::{Blobs, ClientLine, Imports};
use super::ticker::TICK;
use super::wasi;
use crate::config::Allowance;
use crate::error::{Failure, Fault, Kind};
use crate::ids::{PluginName, RequestId};
use crate::pipeline::Context;

/// The most resources of the host that a guest may hold.
const MAX_HANDLES: usize = 256;

/// How much longer than its running time a call may take by the clock: it may wait for a core, but
/// not sleep on a WASI clock for ever.
const PATIENCE: u32 = 20;

/// The most entries of a table. The pool has room for no more.
pub(super) const MAX_TABLE_ELEMENTS: usize = 20_000;

/// What the host keeps beside a guest's memory.
pub(super) struct Guest {
    memory: Memory,
    /// Ticks that the call may still run.
    ticks_left: u32,
    pub(super) log: GuestLog,
    pub(super) imports: Imports,
    table: ResourceTable,
    /// Made when the guest first asks for anything of WASI; most never do.
    wasi: Option<WasiCtx>,
}

/// What a guest has of memory, and may have: in bytes, all its memories together.
struct Memory {
    used: usize,
    limit: usize,
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        if used > self.limit {
            let limit = self.limit;
            wasmtime::bail!("its memory would grow to {used} bytes, and its limit is {limit}");
        }
        self.used = used;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > MAX_TABLE_ELEMENTS {
            wasmtime::bail!("a table would grow to {desired} entries, and the limit is {MAX_TABLE_ELEMENTS}");
        }
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }
}

// These hold types only: nothing to call.
impl types::Host for Guest {}
impl chat::Host for Guest {}
impl formats::Host for Guest {}
impl tools::Host for Guest {}

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
    /// What of this it has for long input, and has beyond the time of the whole request.
    pub(super) extra: Duration,
    /// Bytes that it hands back.
    pub(super) output_bytes: usize,
}

impl Budget {
    /// So much time and output, whatever the input.
    pub(super) fn new(time: Duration, output_bytes: usize) -> Self {
        Self { time, extra: Duration::ZERO, output_bytes }
    }

    /// The budget for so many bytes of input: the time is for each `share_bytes` of it, begun or
    /// whole, and what comes back may be twice as long.
    pub(super) fn for_input(self, bytes: usize, share_bytes: usize) -> Self {
        let shares = u32::try_from(bytes / share_bytes.max(1)).unwrap_or(u32::MAX).saturating_add(1);
        let time = self.time.saturating_mul(shares);
        Self {
            time,
            extra: time.saturating_sub(self.time),
            output_bytes: self.output_bytes.max(bytes.saturating_mul(2)),
        }
    }
}

/// A component at work, with a memory of its own.
pub(super) struct Instance {
    store: Store<Guest>,
    exports: Exports,
    engine: Engine,
    plugin: PluginName,
    allowance: Allowance,
    /// Of the time for all calls of the request.
    time_left: Duration,
    /// A call failed, or was given up: nobody knows what state it is in.
    broken: bool,
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
        allowance: Allowance,
    ) -> Result<Self, Failure> {
        let mut table = ResourceTable::new();
        table.set_max_capacity(MAX_HANDLES);
        let memory = Memory { used: 0, limit: allowance.memory_bytes };
        let log = GuestLog::new(plugin.clone(), request);
        let guest = Guest { memory, ticks_left: 0, log, imports, table, wasi: None };
        let mut store = Store::new(&engine.wasmtime, guest);
        store.set_max_component_handles(MAX_HANDLES);
        store.limiter(|guest| &mut guest.memory);
        // Coming back at every tick lets other requests run in between; only ticks in which the
        // guest ran are counted, so a busy machine does not make it look slow.
        store.epoch_deadline_callback(|mut store| {
            let guest = store.data_mut();
            let Some(left) = guest.ticks_left.checked_sub(1) else { return Ok(UpdateDeadline::Interrupt) };
            guest.ticks_left = left;
            Ok(UpdateDeadline::Yield(1))
        });
        arm(&mut store, allowance.init, engine.limits.request_output_bytes);
        let ticking = engine.ticker.run();
        let by_the_clock = allowance.init.saturating_mul(PATIENCE);
        let instantiated = patient(by_the_clock, compiled.pre.instantiate_async(&mut store)).await;
        drop(ticking);
        let exports = instantiated.1.map_err(|fault| failed(plugin, "instantiation", &fault))?;
        Ok(Self {
            store,
            exports,
            engine: engine.clone(),
            plugin: plugin.clone(),
            allowance,
            time_left: Duration::ZERO,
            broken: false,
        })
    }

    /// What it may use.
    pub(super) fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// Linear memory that it has, in bytes. It never gets less.
    pub(super) fn memory_bytes(&self) -> usize {
        self.store.data().memory.used
    }

    /// Whether it must not be used for another request.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// It has said something that it should not, or broken off.
    pub(super) fn condemn(&mut self) {
        self.broken = true;
    }

    /// Runs `init`, whose time is not that of any request.
    pub(super) async fn init<T>(
        &mut self,
        call: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let budget = Budget::new(self.allowance.init, self.engine.limits.request_output_bytes);
        self.time_left = budget.time;
        let answer = self.call("init", budget, call).await;
        self.time_left = self.allowance.request_total;
        answer
    }

    /// Lets the guest read these from now on.
    pub(super) fn lend(&mut self, blobs: Blobs) {
        self.store.data_mut().imports.lend(blobs);
    }

    /// Lets the guest speak to this client from now on.
    pub(super) fn connect(&mut self, line: ClientLine) {
        self.store.data_mut().imports.connect(line);
    }

    /// Begins with a request: its time, its lines in the log and what the plugin may import for it.
    pub(super) fn begin(&mut self, context: &Context) {
        self.time_left = self.allowance.request_total;
        let guest = self.store.data_mut();
        guest.log.begin(Some(context.request.clone()));
        guest.imports.begin(context);
    }

    /// Looks something up in the instance.
    pub(super) fn load<T>(
        &mut self,
        load: impl FnOnce(&mut Store<Guest>, &Exports) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        load(&mut self.store, &self.exports).map_err(|fault| failed(&self.plugin, "its exports", &fault))
    }

    /// Runs one call within its budget, which begins anew each time, and within what is left of the
    /// request's.
    pub(super) async fn call<T>(
        &mut self,
        name: &'static str,
        budget: Budget,
        call: impl AsyncFnOnce(&mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        self.time_left = self.time_left.saturating_add(budget.extra);
        let time = budget.time.min(self.time_left);
        // Whoever gives up a call leaves it like this.
        self.broken = true;
        let armed = arm(&mut self.store, time, budget.output_bytes);
        let ticking = self.engine.ticker.run();
        let patience = time.saturating_mul(PATIENCE).saturating_add(self.store.data().imports.may_wait());
        let begun = Moment::now();
        let (polls, answer) = patient(patience, call(&mut self.store)).await;
        drop(ticking);
        let ran = match polls {
            Polls::One => begun.elapsed(),
            // Between the polls, others ran.
            Polls::Many => TICK.saturating_mul(armed - self.store.data().ticks_left),
        };
        self.time_left = self.time_left.saturating_sub(ran);
        match answer {
            Ok(answer) => {
                self.broken = false;
                Ok(answer)
            }
            Err(fault) if time < budget.time && is_timeout(&fault) => {
                let most = self.allowance.request_total.as_millis();
                let how =
                    format!("{name} failed: its calls of one request ran for longer than {most} ms together");
                Err(Failure::plugin(&self.plugin, &how).with_fault(Fault::Timeout))
            }
            Err(fault) => Err(failed(&self.plugin, name, &fault)),
        }
    }
}

/// Gives the ticks that the call may run.
fn arm(store: &mut Store<Guest>, time: Duration, output_bytes: usize) -> u32 {
    let ticks = u32::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(u32::MAX);
    store.data_mut().ticks_left = ticks;
    store.set_epoch_deadline(1);
    store.set_hostcall_fuel(output_bytes);
    ticks
}

/// How often a call was polled.
#[derive(Clone, Copy)]
enum Polls {
    One,
    Many,
}

/// It slept for longer than its time.
#[derive(Debug, thiserror::Error)]
#[error("it slept for longer than its time")]
struct Overslept;

fn is_timeout(fault: &wasmtime::Error) -> bool {
    fault.is::<Overslept>() || matches!(fault.downcast_ref(), Some(wasmtime::Trap::Interrupt))
}

/// Most calls are done at their first poll and never see a timer.
async fn patient<T>(
    time: Duration,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> (Polls, wasmtime::Result<T>) {
    let mut call = pin!(call);
    let first = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    if let Poll::Ready(answer) = first {
        return (Polls::One, answer);
    }
    let answer = match tokio::time::timeout(time, call).await {
        Ok(answer) => answer,
        Err(_) => Err(wasmtime::Error::from(Overslept)),
    };
    (Polls::Many, answer)
}

/// The client learns which plugin failed, the log learns how.
pub(super) fn failed(plugin: &PluginName, what: &str, fault: &wasmtime::Error) -> Failure {
    if fault.is::<wasmtime::PoolConcurrencyLimitError>() {
        return Failure::new(Kind::Overloaded, "too many requests at the same time; try again in a moment")
            .with_retry_after(Duration::from_secs(1))
            .with_internal("all plugin instances are in use: raise `plugin_limits.instances`");
    }
    let (how, cause) = match fault.downcast_ref::<wasmtime::Trap>() {
        Some(wasmtime::Trap::Interrupt) => ("it ran for longer than its time".to_owned(), Fault::Timeout),
        _ if is_timeout(fault) => (one_line(fault), Fault::Timeout),
        _ => (one_line(fault), Fault::Trap),
    };
    Failure::plugin(plugin, &format!("{what} failed: {how}")).with_fault(cause)
}
