use std::collections::BTreeMap;
use std::num::NonZeroU32;

use super::Budget;

/// What a key or a team may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests in a minute.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens in a minute: estimated when a request begins, as they were when it has ended.
    pub tokens_per_minute: Option<NonZeroU32>,
    /// Requests at a time.
    pub concurrent_requests: Option<NonZeroU32>,
    /// Nanodollars and tokens in a day and a month. Zero lets nothing pass.
    pub budgets: BTreeMap<Budget, u64>,
}

impl Limits {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.requests_per_minute.is_none() && !self.need_settling()
    }

    /// Whether something has to be given back after a request.
    pub fn need_settling(&self) -> bool {
        self.tokens_per_minute.is_some() || self.concurrent_requests.is_some() || !self.budgets.is_empty()
    }
}
