//! Rows of usage, added up.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::By;
use crate::ids::KeyId;
use crate::metering::{Money, Place, Row, Span, Tally};
use crate::store::KeyName;

/// Usage by what was asked for: days in their order, all else with the most expensive first.
pub(super) struct Grouped {
    pub(super) by: By,
    pub(super) span: Span,
    pub(super) groups: Vec<Group>,
    pub(super) total: Tally,
}

/// What was used in one group.
pub(super) struct Group {
    /// The key's id, the team, the model or the day. Empty: keys without a team.
    pub(super) id: String,
    /// What a key is called.
    pub(super) name: Option<String>,
    pub(super) tally: Tally,
}

impl Grouped {
    pub(super) fn new(by: By, span: Span, rows: &[Row], names: &BTreeMap<KeyId, KeyName>) -> Self {
        let mut sums: BTreeMap<String, Tally> = BTreeMap::new();
        let mut total = Tally::default();
        for row in rows {
            sums.entry(group_of(by, &row.place)).or_default().add(&row.tally);
            total.add(&row.tally);
        }
        let name = |id: &str| match by {
            By::Key => KeyId::parse(id).ok().and_then(|id| names.get(&id)).map(ToString::to_string),
            By::Team | By::Model | By::Day => None,
        };
        let mut groups: Vec<_> =
            sums.into_iter().map(|(id, tally)| Group { name: name(&id), id, tally }).collect();
        if by != By::Day {
            groups.sort_by_key(|group| Reverse((group.tally.cost_nanodollars, tokens(&group.tally))));
        }
        Self { by, span, groups, total }
    }
}

impl Group {
    /// What stands at the head of a line.
    pub(super) fn words(&self, by: By) -> String {
        match (&self.name, by) {
            (Some(name), _) => format!("{} {name}", self.id),
            (None, By::Team) if self.id.is_empty() => "(no team)".to_owned(),
            (None, _) => self.id.clone(),
        }
    }
}

fn group_of(by: By, place: &Place) -> String {
    match by {
        By::Key => place.key.to_string(),
        By::Team => place.team.as_ref().map(ToString::to_string).unwrap_or_default(),
        By::Model => place.model.clone(),
        By::Day => place.day.to_string(),
    }
}

/// Tokens of all kinds.
pub(super) fn tokens(tally: &Tally) -> u64 {
    [tally.input_tokens, tally.output_tokens, tally.cache_read_tokens, tally.cache_write_tokens]
        .into_iter()
        .fold(0, u64::saturating_add)
}

/// What it cost, in dollars.
pub(super) fn cost(tally: &Tally) -> Money {
    Money::from_nanodollars(tally.cost_nanodollars)
}
