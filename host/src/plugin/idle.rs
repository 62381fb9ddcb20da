use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

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
pub(super) struct Idle<O = Owner, R = Rested>(Mutex<VecDeque<(O, Instant, R)>>);

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

impl PartialEq for Owner {
    fn eq(&self, other: &Self) -> bool {
        let Self { compiled, plugin, config, key, terms } = self;
        Arc::ptr_eq(compiled, &other.compiled)
            && (plugin, config, key, terms) == (&other.plugin, &other.config, &other.key, &other.terms)
    }
}

impl<O, R> Default for Idle<O, R> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<O: PartialEq, R> Idle<O, R> {
    /// The instance of this owner that was used last.
    pub(super) fn take(&self, owner: &O) -> Option<R> {
        self.sweep();
        let mut instances = self.instances();
        let place = instances.iter().rposition(|(other, _, _)| owner == other)?;
        instances.remove(place).map(|(_, _, rested)| rested)
    }

    /// Keeps an instance for its owner. The one that waits longest makes room.
    pub(super) fn put(&self, owner: O, rested: R) {
        self.sweep();
        let mut instances = self.instances();
        let oldest = if instances.len() < MAX_INSTANCES { None } else { instances.pop_front() };
        instances.push_back((owner, Instant::now(), rested));
        drop(instances);
        drop(oldest);
    }

    /// Ends the one that waits longest of those whose owner is such a one, if any does.
    pub(super) fn make_room(&self, is_wanted: impl Fn(&O) -> bool) -> bool {
        let mut instances = self.instances();
        let place = instances.iter().position(|(owner, _, _)| is_wanted(owner));
        let oldest = place.and_then(|place| instances.remove(place));
        drop(instances);
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

    fn instances(&self) -> MutexGuard<'_, VecDeque<(O, Instant, R)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    /// Ends with an instance.
    type Alive = Arc<()>;

    fn instance() -> (Alive, std::sync::Weak<()>) {
        let alive = Arc::new(());
        let seen = Arc::downgrade(&alive);
        (alive, seen)
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_has_waited_too_long_ends_and_is_handed_to_nobody() {
        let idle = Idle::<&str, Alive>::default();
        let (first, second) = (instance(), instance());
        idle.put("key", first.0);
        tokio::time::advance(MAX_IDLE).await;
        idle.put("key", second.0);
        assert!(first.1.upgrade().is_some(), "a minute is not too long");
        tokio::time::advance(Duration::from_millis(1)).await;
        idle.sweep();
        assert!(first.1.upgrade().is_none() && second.1.upgrade().is_some());
        tokio::time::advance(MAX_IDLE).await;
        assert!(idle.take(&"key").is_none());
        assert!(second.1.upgrade().is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_one_that_waits_longest_makes_room_and_each_has_one_owner() {
        let idle = Idle::<usize, usize>::default();
        for number in 0..=MAX_INSTANCES {
            idle.put(number % 2, number);
        }
        assert_eq!((idle.take(&1), idle.take(&2)), (Some(MAX_INSTANCES - 1), None));
        assert!(idle.make_room(|owner| *owner == 0) && !idle.make_room(|owner| *owner == 2));
        let left: Vec<usize> = std::iter::from_fn(|| idle.take(&0)).collect();
        // The first was pushed out, and the next of this owner has made room.
        assert_eq!((left.first(), left.last()), (Some(&MAX_INSTANCES), Some(&4)));
        assert_eq!(idle.take(&1).unwrap(), MAX_INSTANCES - 3);
    }
}
