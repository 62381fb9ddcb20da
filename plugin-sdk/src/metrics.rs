//! Numbers that the operator sees: 32 names, each of 1 to 64 lower-case letters, digits, `_` and `.`.
//! A name is for a counter or for a distribution.

use crate::host::metrics as host;

/// Adds to a counter.
pub fn add(name: &str, value: u64) {
    host::add(name, value);
}

/// Notes one value of a distribution.
pub fn observe(name: &str, value: f64) {
    host::observe(name, value);
}
