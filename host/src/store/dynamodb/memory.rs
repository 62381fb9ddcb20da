//! What was read a little while ago, so that not every request has to ask.
//!
//! Nothing is used that was read longer ago than [`LIFETIME`]: that is how long a change may take until
//! every process goes by it. A process forgets at once what it changes itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::super::{Principals, StoredKey, Team};
use crate::enabled::Rollout;
use crate::ids::{KeyId, TeamName};

/// How long what was read counts as true.
pub(super) const LIFETIME: Duration = Duration::from_secs(30);

/// The most keys, so that a process that serves very many does not grow for ever.
const MOST_KEYS: usize = 20_000;

/// Something that was read, and when the reading began.
#[derive(Debug, Clone)]
pub(super) struct Read<T> {
    pub(super) value: T,
    pub(super) at: Instant,
}

pub(super) struct Memory {
    lifetime: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    changes: u64,
    keys: HashMap<KeyId, Read<Arc<StoredKey>>>,
    teams: HashMap<TeamName, Read<Option<Arc<Team>>>>,
    rollouts: Option<Read<Arc<[Rollout]>>>,
    principals: Option<Read<Arc<Principals>>>,
}

/// The moment before a reading: what was read then is not kept if this process has changed something
/// since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    changes: u64,
    pub(super) at: Instant,
}

impl Memory {
    pub(super) fn new(lifetime: Duration) -> Self {
        Self { lifetime, state: Mutex::default() }
    }

    pub(super) fn now(&self) -> Moment {
        Moment { changes: self.state().changes, at: Instant::now() }
    }

    /// To be called after every change of keys, teams and rollouts.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        *state = State { changes: state.changes.wrapping_add(1), ..State::default() };
    }

    pub(super) fn key(&self, id: &KeyId) -> Option<Arc<StoredKey>> {
        self.fresh(self.state().keys.get(id)).map(|read| read.value)
    }

    /// The team that a key was in when it was last read, however long ago.
    pub(super) fn last_team(&self, id: &KeyId) -> Option<TeamName> {
        self.state().keys.get(id)?.value.key.team.clone()
    }

    pub(super) fn team(&self, name: &TeamName) -> Option<Read<Option<Arc<Team>>>> {
        self.fresh(self.state().teams.get(name))
    }

    pub(super) fn rollouts(&self) -> Option<Read<Arc<[Rollout]>>> {
        self.fresh(self.state().rollouts.as_ref())
    }

    pub(super) fn principals(&self) -> Option<Arc<Principals>> {
        self.fresh(self.state().principals.as_ref()).map(|read| read.value)
    }

    /// A key counts from when the oldest of its parts was read.
    pub(super) fn keep_key(&self, before: Moment, read: Read<Arc<StoredKey>>) {
        if let Some(mut state) = self.unchanged(before) {
            if state.keys.len() >= MOST_KEYS {
                state.keys.clear();
            }
            state.keys.insert(read.value.key.id.clone(), read);
        }
    }

    pub(super) fn keep_team(&self, before: Moment, name: &TeamName, read: Read<Option<Arc<Team>>>) {
        if let Some(mut state) = self.unchanged(before) {
            state.teams.insert(name.clone(), read);
        }
    }

    pub(super) fn keep_rollouts(&self, before: Moment, read: Read<Arc<[Rollout]>>) {
        if let Some(mut state) = self.unchanged(before) {
            state.rollouts = Some(read);
        }
    }

    pub(super) fn keep_principals(&self, before: Moment, value: Arc<Principals>) {
        if let Some(mut state) = self.unchanged(before) {
            state.principals = Some(Read { value, at: before.at });
        }
    }

    fn fresh<T: Clone>(&self, read: Option<&Read<T>>) -> Option<Read<T>> {
        read.filter(|read| read.at.elapsed() < self.lifetime).cloned()
    }

    fn unchanged(&self, before: Moment) -> Option<MutexGuard<'_, State>> {
        let state = self.state();
        (state.changes == before.changes).then_some(state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
