//! What is wrong with arguments that fit their schema and still make no sense.

use adit_plugin::tools::ToolOutcome;

/// Why a call cannot be done, for the model that made it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal(String);

impl Refusal {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// As the client is told.
    pub(crate) fn told(self) -> ToolOutcome {
        ToolOutcome::error(self.0)
    }
}
