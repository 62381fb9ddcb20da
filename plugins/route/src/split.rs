//! A choice between models by weight, the same for every request of a key.

use adit_plugin::{ConfigError, pointer};
use serde_json::Value;

use crate::members::{Faults, Members, list, model};

/// Models with weights, at least one of them above zero.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    shares: Vec<Share>,
    /// The model that takes what is left of the line.
    last: String,
    total: u64,
}

#[derive(Debug, PartialEq, Eq)]
struct Share {
    model: String,
    weight: u32,
}

impl Split {
    /// Reads a model id, or a list of `{"model", "weight"}`.
    pub(crate) fn parse(value: Value, path: &str, faults: &mut Faults) -> Option<Self> {
        if value.is_string() {
            return model(value, path, faults).map(Self::one);
        }
        if !value.is_array() {
            faults.push(ConfigError::new(path, "expected a model id or a list of models with weights"));
            return None;
        }
        let elements = list(value, path, faults)?;
        let count = elements.len();
        let shares: Vec<Share> = elements
            .into_iter()
            .enumerate()
            .filter_map(|(index, element)| Share::parse(element, &pointer(path, &index.to_string()), faults))
            .collect();
        if shares.len() < count {
            return None;
        }
        let split = Self::new(shares);
        if split.is_none() {
            faults.push(ConfigError::new(path, "the weights add up to zero"));
        }
        split
    }

    fn one(model: String) -> Self {
        Self { shares: Vec::new(), last: model, total: 1 }
    }

    /// None if the weights add up to zero.
    fn new(mut shares: Vec<Share>) -> Option<Self> {
        shares.retain(|share| share.weight > 0);
        let total = shares.iter().map(|share| u64::from(share.weight)).sum();
        let last = shares.pop()?.model;
        Some(Self { shares, last, total })
    }

    /// The model for the key with that seed.
    ///
    /// The shares lie in order on a line, and a key has one point on it: when weights change, only
    /// the keys change model whose point another share now covers.
    pub(crate) fn choose(&self, seed: &str) -> &str {
        // Scaled from 64 bits to the sum of the weights, rounded down: always below it.
        let point = (u128::from(hash(seed)) * u128::from(self.total)) >> 64;
        let mut end = 0;
        for share in &self.shares {
            end += u128::from(share.weight);
            if point < end {
                return &share.model;
            }
        }
        &self.last
    }
}

impl Share {
    fn parse(value: Value, path: &str, faults: &mut Faults) -> Option<Self> {
        let mut members = Members::open(value, path, faults)?;
        let name = members.required("model", faults);
        let name = name.and_then(|(value, path)| model(value, &path, faults));
        let weight = members.required("weight", faults).and_then(|(value, path)| {
            let weight = value.as_u64().and_then(|weight| u32::try_from(weight).ok());
            if weight.is_none() {
                faults.push(ConfigError::new(path, "expected a whole number from 0 to 4294967295"));
            }
            weight
        });
        members.close(faults);
        Some(Self { model: name?, weight: weight? })
    }
}

/// FNV-1a with a final mix (the 64-bit finaliser of MurmurHash3), so that all bits depend on all
/// of the text. It only has to spread keys evenly: the seed is secret and long.
fn hash(text: &str) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    state = (state ^ (state >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    state = (state ^ (state >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    state ^ (state >> 33)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn split(weights: &[u32]) -> Split {
        let share = |(weight, name): (&u32, char)| Share { model: name.to_string(), weight: *weight };
        Split::new(weights.iter().zip('a'..).map(share).collect()).unwrap()
    }

    fn seeds() -> impl Iterator<Item = String> {
        (0..10_000).map(|number| format!("{number:064x}"))
    }

    #[test]
    fn models_get_keys_in_proportion_to_their_weights() {
        let split = split(&[5, 0, 20, 75]);
        for (model, expected) in [("a", 500), ("b", 0), ("c", 2_000), ("d", 7_500)] {
            let count = seeds().filter(|seed| split.choose(seed) == model).count();
            // Three standard deviations of the widest share are 130 keys.
            assert!(count.abs_diff(expected) <= 130, "{model}: {count} of {expected}");
        }
    }

    #[test]
    fn a_model_that_takes_no_weight_gets_no_key() {
        let split = split(&[1, 0]);
        assert!(seeds().all(|seed| split.choose(&seed) == "a"));
    }

    #[test]
    fn a_growing_first_share_keeps_the_keys_it_had() {
        let (before, after) = (split(&[5, 95]), split(&[10, 90]));
        let mut kept = seeds().filter(|seed| before.choose(seed) == "a");
        assert!(kept.all(|seed| after.choose(&seed) == "a"));
    }

    #[test]
    fn the_choice_for_a_seed_is_fixed() {
        // These values are a promise: another hash would move keys between models.
        let chosen: String = seeds().take(12).map(|seed| split(&[1, 1]).choose(&seed).to_owned()).collect();
        assert_eq!(chosen, "aabbaaababaa");
    }
}
