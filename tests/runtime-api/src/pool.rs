//! Which environment gets which invocation, and when one more is started.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::process::Child;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::answer::Failure;
use crate::api;
use crate::environment::Environment;
use crate::fault::Fault;
use crate::function::{Between, Function};
use crate::invocation::{Answered, Invocation};

/// How long an environment may take until it asks for its first invocation.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// All environments of a function, and the requests that wait for one.
pub(crate) struct Pool {
    pub(crate) function: Function,
    state: Mutex<State>,
    /// Told of each change.
    changed: Condvar,
    runtime: Handle,
}

/// What changes.
#[derive(Default)]
pub(crate) struct State {
    queue: VecDeque<Invocation>,
    alive: BTreeMap<usize, Slots>,
    /// All that were ever started, in their order.
    pub(crate) started: Vec<Arc<Environment>>,
    pub(crate) faults: Vec<Fault>,
    /// How many of them have written their last line.
    silent: usize,
    /// Nothing is started any more.
    closed: bool,
}

/// What an environment that lives has to do.
struct Slots {
    environment: Arc<Environment>,
    /// Questions for work that were not answered yet.
    polls: VecDeque<oneshot::Sender<Work>>,
    /// By id.
    running: BTreeMap<String, Running>,
    is_ready: bool,
    is_frozen: bool,
    /// Its end is Lambda's doing.
    is_killed: bool,
}

/// How far an invocation is.
enum Running {
    /// There is no answer yet.
    Unanswered(oneshot::Sender<Answered>),
    /// The answer comes, or has come and the environment has not asked for more work.
    Answering,
    Answered,
}

/// An invocation, as an environment is told of it.
pub(crate) struct Work {
    pub(crate) invocation: String,
    pub(crate) event: bytes::Bytes,
}

impl Pool {
    pub(crate) fn new(function: Function, runtime: Handle) -> Self {
        Self { function, state: Mutex::default(), changed: Condvar::new(), runtime }
    }

    /// Waits until the state is as wanted. Answers whether it is.
    pub(crate) fn wait_until(&self, patience: Duration, wanted: impl Fn(&State) -> bool) -> bool {
        let waiting = self.changed.wait_timeout_while(self.state(), patience, |state| !wanted(state));
        waiting.is_ok_and(|(_, waited)| !waited.timed_out())
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, fault: Fault) {
        self.change(|state| state.faults.push(fault));
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.changed.notify_all();
        changed
    }

    /// Takes a request in. It is dealt with as soon as an environment has time for it.
    pub(crate) fn invoke(self: &Arc<Self>, invocation: Invocation) {
        self.change(|state| {
            if state.closed || state.load() >= self.most() {
                // The client may have gone.
                let _ = invocation.answer.send(Err(Failure::Throttled));
                return;
            }
            state.queue.push_back(invocation);
            self.deal(state);
        });
    }

    /// Starts environments until there are so many.
    pub(crate) fn provision(self: &Arc<Self>, environments: usize) {
        self.change(|state| while state.alive.len() < environments && self.start(state) {});
    }

    /// How many requests there may be at once.
    fn most(&self) -> usize {
        self.function.most_environments.saturating_mul(self.function.concurrency).get()
    }

    /// Gives work to those who ask for it, and starts environments for what is left.
    fn deal(self: &Arc<Self>, state: &mut State) {
        for slots in state.alive.values_mut() {
            while !slots.polls.is_empty() && !state.queue.is_empty() {
                self.give(slots, &mut state.queue);
            }
        }
        while state.queue.len() > state.free(self.function.concurrency.get())
            && state.alive.len() < self.function.most_environments.get()
            && self.start(state)
        {}
    }

    /// Answers one question of an environment for work.
    fn give(self: &Arc<Self>, slots: &mut Slots, queue: &mut VecDeque<Invocation>) {
        let (Some(poll), Some(invocation)) = (slots.polls.pop_front(), queue.pop_front()) else { return };
        if std::mem::take(&mut slots.is_frozen) {
            slots.environment.thaw();
        }
        let Invocation { id, event, answer } = invocation;
        if let Err(Work { invocation: id, event }) = poll.send(Work { invocation: id.clone(), event }) {
            // Who asked has gone.
            queue.push_front(Invocation { id, event, answer });
            return;
        }
        slots.running.insert(id.clone(), Running::Unanswered(answer));
        self.runtime.spawn(Arc::clone(self).limit(slots.environment.number, id));
    }

    /// Kills an environment when the time of an invocation is up.
    async fn limit(self: Arc<Self>, number: usize, id: String) {
        tokio::time::sleep(self.function.timeout).await;
        self.change(|state| {
            let Some(slots) = state.alive.get_mut(&number) else { return };
            if slots.running.contains_key(&id) {
                state.faults.push(Fault::Timeout);
                slots.kill();
            }
        });
    }

    /// Starts an environment. Answers whether that was possible.
    fn start(self: &Arc<Self>, state: &mut State) -> bool {
        if state.closed {
            return false;
        }
        match self.try_start(state) {
            Ok(()) => true,
            Err(fault) => {
                state.faults.push(Fault::Spawn(fault.to_string()));
                state.fail_queued(usize::MAX);
                false
            }
        }
    }

    fn try_start(self: &Arc<Self>, state: &mut State) -> std::io::Result<()> {
        let _inside = self.runtime.enter();
        let number = state.started.len();
        let (listener, address) = api::listen(self.function.socket_buffer_bytes)?;
        let (environment, child, output) = Environment::spawn(number, &self.function, address)?;
        let environment = Arc::new(environment);
        state.started.push(Arc::clone(&environment));
        state.alive.insert(number, Slots::new(Arc::clone(&environment)));
        let serving = self.runtime.spawn(api::serve(listener, Arc::clone(self), environment));
        self.runtime.spawn(Arc::clone(self).limit_init(number));
        let pool = Arc::clone(self);
        thread::spawn(move || {
            let status = wait(child);
            serving.abort();
            pool.ended(number, status);
            // A thread that forwards lines has nothing to say about its end.
            let _ = output.map(thread::JoinHandle::join);
            pool.change(|state| state.silent += 1);
        });
        Ok(())
    }

    async fn limit_init(self: Arc<Self>, number: usize) {
        tokio::time::sleep(INIT_TIMEOUT).await;
        self.change(|state| {
            let Some(slots) = state.alive.get_mut(&number).filter(|slots| !slots.is_ready) else { return };
            state.faults.push(Fault::InitTimeout);
            slots.kill();
        });
    }

    /// A process is no more.
    fn ended(self: &Arc<Self>, number: usize, status: String) {
        self.change(|state| {
            let Some(slots) = state.alive.remove(&number) else { return };
            if !slots.is_killed && !state.closed {
                state.faults.push(Fault::Exited(status));
            }
            for running in slots.running.into_values() {
                if let Running::Unanswered(answer) = running {
                    // The client may have gone.
                    let _ = answer.send(Err(Failure::Function));
                }
            }
            if !slots.is_ready {
                state.fail_queued(self.function.concurrency.get());
            }
            self.deal(state);
        });
    }

    /// An environment asks for work.
    pub(crate) fn poll(self: &Arc<Self>, number: usize) -> Option<oneshot::Receiver<Work>> {
        let (sender, receiver) = oneshot::channel();
        let concurrency = self.function.concurrency.get();
        self.change(|state| {
            let slots = state.alive.get_mut(&number)?;
            slots.is_ready = true;
            slots.environment.note_poll();
            slots.running.retain(|_, running| !matches!(running, Running::Answered));
            slots.polls.retain(|poll| !poll.is_closed());
            if slots.running.len() + slots.polls.len() >= concurrency {
                state.faults.push(Fault::PolledWhileBusy);
            }
            slots.polls.push_back(sender);
            self.deal(state);
            let slots = state.alive.get_mut(&number)?;
            let is_idle = slots.running.is_empty() && slots.polls.len() == concurrency;
            if is_idle && self.function.between == Between::Frozen {
                slots.is_frozen = true;
                slots.environment.freeze();
            }
            Some(receiver)
        })
    }

    /// An environment begins to answer an invocation. Nothing if it has none with this id that waits for it.
    pub(crate) fn answer(&self, number: usize, id: &str) -> Option<oneshot::Sender<Answered>> {
        self.change(|state| {
            let running = state.alive.get_mut(&number)?.running.get_mut(id)?;
            match std::mem::replace(running, Running::Answering) {
                Running::Unanswered(answer) => Some(answer),
                before => {
                    *running = before;
                    None
                }
            }
        })
    }

    /// An environment has answered an invocation to the end.
    pub(crate) fn answered(&self, number: usize, id: &str) {
        let asks_for_itself = self.function.concurrency.get() > 1;
        self.change(|state| {
            let Some(slots) = state.alive.get_mut(&number) else { return };
            // With several at once nobody can tell which of them a question for work follows.
            if asks_for_itself {
                slots.running.remove(id);
            } else if let Some(running) = slots.running.get_mut(id) {
                *running = Running::Answered;
            }
        });
    }

    /// Kills all environments, and starts no more.
    pub(crate) fn close(&self) {
        self.change(|state| state.closed = true);
        self.kill_all();
    }

    /// Kills all environments.
    pub(crate) fn kill_all(&self) {
        self.change(|state| state.alive.values_mut().for_each(Slots::kill));
    }
}

impl State {
    /// How many requests are there.
    fn load(&self) -> usize {
        let busy: usize = self.alive.values().map(Slots::busy).sum();
        busy + self.queue.len()
    }

    /// How many requests environments that live could take now or soon.
    fn free(&self, concurrency: usize) -> usize {
        let living = self.alive.values().filter(|slots| !slots.is_killed);
        living.map(|slots| concurrency.saturating_sub(slots.busy())).sum()
    }

    fn fail_queued(&mut self, most: usize) {
        let count = most.min(self.queue.len());
        for invocation in self.queue.drain(..count) {
            // The client may have gone.
            let _ = invocation.answer.send(Err(Failure::Function));
        }
    }

    /// Whether all that were ever started have ended, and all that they wrote has been read.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent == self.started.len()
    }

    /// How many environments live.
    pub(crate) fn alive(&self) -> usize {
        self.alive.len()
    }

    /// Whether each environment that lives has asked for as much work as it may have, and has none: whatever was left
    /// to do after an answer is done.
    pub(crate) fn is_idle(&self, concurrency: NonZeroUsize) -> bool {
        let is_idle = |slots: &Slots| slots.running.is_empty() && slots.polls.len() >= concurrency.get();
        self.queue.is_empty() && self.alive.values().all(is_idle)
    }
}

impl Slots {
    fn new(environment: Arc<Environment>) -> Self {
        let (polls, running) = (VecDeque::new(), BTreeMap::new());
        Self { environment, polls, running, is_ready: false, is_frozen: false, is_killed: false }
    }

    /// How many requests wait for the end of their answer.
    fn busy(&self) -> usize {
        self.running.values().filter(|running| !matches!(running, Running::Answered)).count()
    }

    fn kill(&mut self) {
        self.is_killed = true;
        self.environment.kill();
    }
}

fn wait(mut child: Child) -> String {
    child.wait().map_or_else(|fault| fault.to_string(), |status| status.to_string())
}
