//! Changes that know nothing of what the bytes mean.

use crate::random::Random;

/// Changes some bytes. `other` is where foreign pieces come from.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(16)).min(bytes.len());
    match random.below(6) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
        1 if at < bytes.len() => bytes[at] = random.byte(),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        4 => {
            let start = random.below(other.len());
            let length = random.below((other.len() - start).min(64) + 1);
            bytes.splice(at..end, other[start..start + length].iter().copied());
        }
        5 => bytes.truncate(at),
        _ => bytes.insert(at, random.byte()),
    }
}
