//! What may not be said.

use std::collections::BTreeSet;

use adit_plugin::Failure;
use adit_plugin::chat::Request;

use crate::reading::{newest_turn, of_message, pieces};
use crate::terms::Terms;

/// Words and phrases that end a request or an answer.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) terms: Terms,
    pub(crate) places: Places,
    pub(crate) failure: Failure,
}

/// Where a rule holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Places {
    pub(crate) prompt: bool,
    pub(crate) answer: bool,
}

impl Rule {
    /// Whether any term stands in the request.
    pub(crate) fn is_in(&self, request: &Request) -> bool {
        pieces(request).any(|piece| piece.has(&mut |text| self.terms.are_in(text, |_| true)))
    }
}

/// A topic that is not talked about: several of its terms in one turn of the caller's.
#[derive(Debug)]
pub(crate) struct Topic {
    pub(crate) terms: Terms,
    pub(crate) at_least: usize,
    pub(crate) failure: Failure,
}

impl Topic {
    /// Whether the caller's newest turn is about it.
    pub(crate) fn is_in(&self, request: &Request) -> bool {
        let Some(turn) = newest_turn(request) else { return false };
        let mut found = BTreeSet::new();
        let mut is_about = |text: &str| {
            self.terms.are_in(text, |number| {
                found.insert(number);
                found.len() >= self.at_least
            })
        };
        of_message(turn).any(|piece| piece.has(&mut is_about))
    }
}
