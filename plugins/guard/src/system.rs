//! Instructions that the client cannot change.

use adit_plugin::chat::{Part, Request};
use serde::Deserialize;

/// Instructions that every request has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct System {
    pub(crate) text: String,
    #[serde(default)]
    others: Others,
}

/// What becomes of the client's own instructions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Others {
    /// They stand behind.
    #[default]
    Keep,
    /// They are left out.
    Drop,
}

impl System {
    /// Puts the instructions where the model reads them first. Tells whether anything changed: a
    /// request that has them already is left alone.
    pub(crate) fn pin(&self, request: &mut Request) -> bool {
        let is_pinned = |part: &Part| matches!(part, Part::Text(text) if *text == self.text);
        let stands = request.system.first().is_some_and(is_pinned);
        match self.others {
            Others::Keep if stands => false,
            Others::Drop if stands && request.system.len() == 1 => false,
            Others::Keep => {
                request.system.insert(0, Part::Text(self.text.clone()));
                true
            }
            Others::Drop => {
                request.system = vec![Part::Text(self.text.clone())];
                true
            }
        }
    }
}
