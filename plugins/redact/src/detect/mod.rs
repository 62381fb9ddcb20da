//! One detector a file: each looks at the text around one position that may mean something, and
//! answers the span of what stands there. `scan` decides which detector looks where.

pub(crate) mod card;
pub(crate) mod credential;
pub(crate) mod custom;
pub(crate) mod email;
pub(crate) mod iban;
pub(crate) mod ip;
pub(crate) mod phone;
mod surroundings;
#[cfg(test)]
mod tests;

use std::ops::Range;

/// What was found. When two findings cover the very same span, the earlier variant wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A match of the operator's pattern with this index.
    Custom(usize),
    Credential,
    Iban,
    Card,
    Email,
    Ip,
    Phone,
}

/// A span of a text, in bytes, that holds something to redact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
}
