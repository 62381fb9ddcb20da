use jiff::Timestamp;

use super::Policy;
use crate::enabled::EnabledPlugin;
use crate::ids::TeamName;

/// Keys that belong together, and what they have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// Its name.
    pub name: TeamName,
    /// When it was made, to the millisecond.
    pub created: Timestamp,
    /// The plugins that run for every key of it, in their order, unless a key has one switched off.
    pub plugins: Vec<EnabledPlugin>,
    /// On which terms its keys are served where they have none of their own, and what they may use
    /// together.
    pub policy: Policy,
}
