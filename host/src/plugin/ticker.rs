use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::Engine;

/// How often a guest that was found running comes back to the host.
pub(super) const TICK: Duration = Duration::from_millis(1);

/// How often the thread looks whether any guest runs. Calls take microseconds, so it hardly ever
/// finds one: looking at every tick would cost more than the calls.
const LOOK: Duration = Duration::from_millis(10);

/// Looks without a find after which the thread goes to sleep.
const IDLE_LOOKS: u32 = 5;

/// Moves the engine's epoch on while a call runs, so that a guest that never returns comes back to
/// the host: within `LOOK` for the first time, and then at every tick. Sleeps while no calls are
/// made: an idle server costs nothing.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    running: AtomicU32,
    asleep: AtomicBool,
    ended: AtomicBool,
}

/// A call is running.
pub(super) struct Running<'a>(&'a Shared);

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (for_thread, engine) = (Arc::clone(&shared), engine.weak());
        let handle = thread::Builder::new().name("plugin-ticker".to_owned()).spawn(move || {
            let mut idle_looks = 0;
            while !for_thread.ended.load(Ordering::SeqCst) {
                if for_thread.running.load(Ordering::SeqCst) > 0 {
                    let Some(engine) = engine.upgrade() else { return };
                    engine.increment_epoch();
                    idle_looks = 0;
                    thread::park_timeout(TICK);
                } else if idle_looks < IDLE_LOOKS {
                    idle_looks += 1;
                    thread::park_timeout(LOOK);
                } else {
                    for_thread.sleep();
                    idle_looks = 0;
                }
            }
        })?;
        Ok(Self { shared, thread: handle.thread().clone() })
    }

    /// Ticks until the guard is dropped.
    pub(super) fn run(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
        Running(&self.shared)
    }

    fn wake(&self) {
        self.shared.asleep.store(false, Ordering::SeqCst);
        self.thread.unpark();
    }
}

impl Shared {
    /// A call that begins between the two looks at `running` sees `asleep` and wakes the thread.
    fn sleep(&self) {
        self.asleep.store(true, Ordering::SeqCst);
        while self.running.load(Ordering::SeqCst) == 0
            && self.asleep.load(Ordering::SeqCst)
            && !self.ended.load(Ordering::SeqCst)
        {
            thread::park();
        }
        self.asleep.store(false, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        self.wake();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}
