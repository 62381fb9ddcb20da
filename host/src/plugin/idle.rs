use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::component::Compiled;
use super::session::Initialised;
use crate::enabled::Terms;
use crate::ids::{KeyId, PluginName};
use crate::pipeline::TextWish;

/// How long an instance waits for the next request.
const MAX_IDLE: Duration = Duration::from_mins(1);

/// Instances that wait, of all plugins and keys together.
const MAX_INSTANCES: usize = 64;

/// Instances between two requests of the same key.
#[derive(Default)]
pub(super) struct Idle(Mutex<VecDeque<(Owner, Instant, Rested)>>);

/// Whose an instance is. Nobody else ever gets it.
#[derive(Clone)]
pub(super) struct Owner {
    pub(super) compiled: Arc<Compiled>,
    pub(super) plugin: PluginName,
    pub(super) config: Arc<str>,
    pub(super) key: KeyId,
    pub(super) terms: Arc<Terms>,
}

/// An instance that has served requests, and has no session.
pub(super) struct Rested {
    pub(super) initialised: Initialised,
    pub(super) wish: TextWish,
    /// Requests so far.
    pub(super) uses: u32,
}

impl Owner {
    fn is(&self, other: &Self) -> bool {
        let Self { compiled, plugin, config, key, terms } = self;
        Arc::ptr_eq(compiled, &other.compiled)
            && (plugin, config, key, terms) == (&other.plugin, &other.config, &other.key, &other.terms)
    }
}

impl Idle {
    /// The instance of this owner that was used last.
    pub(super) fn take(&self, owner: &Owner) -> Option<Rested> {
        self.sweep();
        let mut instances = self.instances();
        let place = instances.iter().rposition(|(other, _, _)| owner.is(other))?;
        instances.remove(place).map(|(_, _, rested)| rested)
    }

    /// Keeps an instance for its owner. The one that waits longest makes room.
    pub(super) fn put(&self, owner: Owner, rested: Rested) {
        self.sweep();
        let mut instances = self.instances();
        let oldest = if instances.len() < MAX_INSTANCES { None } else { instances.pop_front() };
        instances.push_back((owner, Instant::now(), rested));
        drop(instances);
        drop(oldest);
    }

    /// Ends the one that waits longest, if any does.
    pub(super) fn make_room(&self) -> bool {
        let oldest = self.instances().pop_front();
        oldest.is_some()
    }

    /// Ends those that have waited too long.
    pub(super) fn sweep(&self) {
        loop {
            let mut instances = self.instances();
            let late = instances.pop_front_if(|(_, since, _)| since.elapsed() > MAX_IDLE);
            drop(instances);
            if late.is_none() {
                return;
            }
        }
    }

    fn instances(&self) -> MutexGuard<'_, VecDeque<(Owner, Instant, Rested)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
