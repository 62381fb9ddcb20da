//! The stand-in as a whole.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};

use crate::environment::Environment;
use crate::fault::Fault;
use crate::front;
use crate::function::Function;
use crate::pool::{Pool, State};

/// A running stand-in. Everything that it has started ends with the value.
///
/// Its own work is done by a thread of its own, so that it may be used from anywhere.
pub struct Emulator {
    address: SocketAddr,
    pool: Arc<Pool>,
    runtime: Option<Runtime>,
}

impl Emulator {
    /// Listens on a free port of this machine. No environment is started until a request comes.
    pub fn start(function: Function) -> io::Result<Self> {
        Self::start_on(function, 0)
    }

    /// Listens on this port.
    pub fn start_on(function: Function, port: u16) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let inside = runtime.enter();
        let listener = front::listen(port, function.socket_buffer_bytes)?;
        let address = listener.local_addr()?;
        drop(inside);
        let pool = Arc::new(Pool::new(function, runtime.handle().clone()));
        runtime.spawn(front::serve(listener, Arc::clone(&pool)));
        Ok(Self { address, pool, runtime: Some(runtime) })
    }

    /// Where clients connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts environments ahead of requests, until there are so many, and waits until each has asked for work.
    /// Answers whether they have within this time.
    pub fn provision(&self, environments: usize, patience: Duration) -> bool {
        self.pool.provision(environments);
        let concurrency = self.pool.function.concurrency;
        let are_there = self
            .pool
            .wait_until(patience, |state| state.alive() < environments || state.is_idle(concurrency));
        are_there && self.pool.state().alive() >= environments
    }

    /// All environments that were ever started, in their order.
    pub fn environments(&self) -> Vec<Arc<Environment>> {
        self.pool.state().started.clone()
    }

    /// What went wrong so far.
    pub fn faults(&self) -> Vec<Fault> {
        self.pool.state().faults.clone()
    }

    /// What went wrong since the last time somebody asked for it here.
    pub fn take_faults(&self) -> Vec<Fault> {
        std::mem::take(&mut self.pool.state().faults)
    }

    /// Waits until something went wrong that is as wanted. Answers whether it has within this time.
    pub fn wait_for_fault(&self, patience: Duration, wanted: impl Fn(&Fault) -> bool) -> bool {
        self.pool.wait_until(patience, |state| state.faults.iter().any(&wanted))
    }

    /// Waits until no environment has anything to do: each has asked for more work after its last answer.
    /// Answers whether that was so within this time.
    pub fn wait_until_idle(&self, patience: Duration) -> bool {
        let concurrency = self.pool.function.concurrency;
        self.pool.wait_until(patience, |state| state.is_idle(concurrency))
    }

    /// Kills all environments, as Lambda does with those that it needs no more: without a word. The next request
    /// starts another; those that requests start before this returns are killed too. Answers whether all that they
    /// wrote was read within this time.
    pub fn reclaim(&self, patience: Duration) -> bool {
        let begun = Instant::now();
        loop {
            self.pool.kill_all();
            if self.pool.wait_until(patience.min(Self::ANOTHER_LOOK), State::is_silent) {
                return true;
            }
            if begun.elapsed() >= patience {
                return false;
            }
        }
    }

    /// How long what was killed has before it is seen whether others have been started.
    const ANOTHER_LOOK: Duration = Duration::from_millis(50);
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.pool.close();
        // Nothing outlives us: neither a process nor what it might still write.
        self.pool.wait_until(Duration::from_secs(10), |state| state.alive() == 0);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
