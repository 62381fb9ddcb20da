//! How many instances one key may have at the same time, so that it leaves some to its neighbours.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ids::KeyId;

/// The places that keys have taken.
pub(super) struct Shares {
    /// Of one key.
    most: u32,
    taken: Mutex<HashMap<KeyId, u32>>,
}

/// The place of one instance; it is free again when this is dropped.
pub(super) struct Place {
    shares: Arc<Shares>,
    key: KeyId,
}

impl Shares {
    /// So many places for each key.
    pub(super) fn new(most: u32) -> Self {
        Self { most, taken: Mutex::default() }
    }

    /// The places that each key has.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// Takes a place of a key, if one is free.
    pub(super) fn take(self: &Arc<Self>, key: &KeyId) -> Option<Place> {
        let mut taken = self.taken();
        let count = taken.get(key).copied().unwrap_or_default();
        if count >= self.most {
            return None;
        }
        taken.insert(key.clone(), count + 1);
        Some(Place { shares: Arc::clone(self), key: key.clone() })
    }

    fn taken(&self) -> MutexGuard<'_, HashMap<KeyId, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.shares.taken();
        match taken.get_mut(&self.key) {
            Some(count) if *count > 1 => *count -= 1,
            // Nothing is kept of a key that is at rest.
            _ => drop(taken.remove(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_key_has_its_places_and_not_those_of_others() {
        let (one, two) = (KeyId::parse("aaaaaaaaa1").unwrap(), KeyId::parse("aaaaaaaaa2").unwrap());
        let shares = Arc::new(Shares::new(2));
        let (first, second) = (shares.take(&one).unwrap(), shares.take(&one).unwrap());
        assert!(shares.take(&one).is_none());
        let other = shares.take(&two).unwrap();
        drop(first);
        let third = shares.take(&one).unwrap();
        assert!(shares.take(&one).is_none());
        drop((second, third, other));
        assert!(shares.taken().is_empty());
    }
}
