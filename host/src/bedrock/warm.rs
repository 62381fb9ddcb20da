//! Where a model's prompt cache is warm.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

/// How long Bedrock keeps a prompt by itself (user guide, "Prompt caching").
const KEPT: Duration = Duration::from_mins(5);

/// How many models are remembered.
const MOST_MODELS: usize = 256;

/// Models that were last answered elsewhere than at home. To go home costs each of their
/// conversations its cache, so they stay until nobody has used it for [`KEPT`].
#[derive(Debug, Default)]
pub(super) struct Warm(HashMap<String, Stay>);

#[derive(Debug, Clone, Copy)]
struct Stay {
    region: usize,
    last: Instant,
}

impl Stay {
    fn is_warm(self, now: Instant) -> bool {
        now.duration_since(self.last) < KEPT
    }
}

impl Warm {
    /// The places of the regions in the order in which a model is asked for there; the home is 0.
    pub(super) fn order(&self, model: &str, regions: usize, now: Instant) -> Vec<usize> {
        let stay = self.0.get(model).filter(|stay| stay.is_warm(now));
        let first = stay.map_or(0, |stay| stay.region);
        std::iter::once(first).chain((0..regions).filter(|region| *region != first)).collect()
    }

    /// Notes where a model has answered.
    pub(super) fn note(&mut self, model: &str, region: usize, now: Instant) {
        if region == 0 {
            self.0.remove(model);
            return;
        }
        if self.0.len() >= MOST_MODELS && !self.0.contains_key(model) {
            self.0.retain(|_, stay| stay.is_warm(now));
            if self.0.len() >= MOST_MODELS {
                self.0.clear();
            }
        }
        self.0.insert(model.to_owned(), Stay { region, last: now });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_where_it_is_warm_and_then_goes_home() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut warm = Warm::default();
        assert_eq!(warm.order("m", 3, start), [0, 1, 2]);
        warm.note("m", 2, start);
        assert_eq!(warm.order("m", 3, after(299)), [2, 0, 1]);
        assert_eq!(warm.order("another", 3, after(299)), [0, 1, 2]);
        warm.note("m", 2, after(299));
        assert_eq!(warm.order("m", 3, after(598)), [2, 0, 1]);
        assert_eq!(warm.order("m", 3, after(599)), [0, 1, 2]);
        warm.note("m", 0, after(300));
        assert_eq!(warm.order("m", 3, after(300)), [0, 1, 2]);
    }

    #[test]
    fn remembers_only_so_many() {
        let start = Instant::now();
        let mut warm = Warm::default();
        for model in 0..10 * MOST_MODELS {
            warm.note(&model.to_string(), 1, start);
            assert!(warm.0.len() <= MOST_MODELS);
        }
        let later = start + KEPT;
        warm.note("late", 1, later);
        assert_eq!(warm.order("late", 2, later), [1, 0]);
    }
}
