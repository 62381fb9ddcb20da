//! Usage as a table, as CSV and as JSON.

use std::iter::once;

use serde::Serialize;

use super::chart::{self, Bar};
use super::grouped::{Group, Grouped, cost, tokens};
use super::screen::Screen;
use crate::metering::{Money, Tally};

/// The least that is left of a name on a narrow screen.
const NAME: usize = 14;
const GAP: usize = 2;
const HEADINGS: [&str; 8] = ["REQUESTS", "ERRORS", "HITS", "IN", "OUT", "READ", "WRITE", "COST"];

impl Grouped {
    pub(super) fn text(&self, screen: Screen) -> String {
        let (since, until) = (self.span.since, self.span.until);
        if self.groups.is_empty() {
            return format!("nothing was used from {since} to {until}");
        }
        let chart = self.chart(screen);
        format!("{}\n\n{chart}", self.table(screen))
    }

    /// Names to the left, numbers to the right, and the sum in the last line. Numbers are never cut.
    fn table(&self, screen: Screen) -> String {
        let names: Vec<_> = self.groups.iter().map(|group| group.words(self.by)).collect();
        let tallies = self.groups.iter().map(|group| &group.tally).chain(once(&self.total));
        let rows: Vec<[String; 8]> = once(HEADINGS.map(str::to_owned)).chain(tallies.map(numbers)).collect();
        let mut widths = [0; 8];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.len().max(*width);
            }
        }
        let taken: usize = widths.iter().map(|width| width + GAP).sum();
        let longest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default().max(5);
        let room = longest.min(screen.width.saturating_sub(taken).max(NAME));
        let heading = self.by.word().to_uppercase();
        let heads = once(heading.as_str()).chain(names.iter().map(String::as_str)).chain(once("total"));
        let lines = heads.zip(&rows).map(|(head, row)| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("  {cell:>width$}"));
            format!("{}{}", chart::fitted(head, room, screen.drawing), cells.collect::<String>())
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What each group cost; where nothing has a price, how many tokens there were.
    fn chart(&self, screen: Screen) -> String {
        let free = self.total.cost_nanodollars == 0;
        let heading = if free { "tokens" } else { "cost in US dollars" };
        let bar = |group: &Group| Bar {
            name: group.words(self.by),
            value: if free { tokens(&group.tally) } else { group.tally.cost_nanodollars },
            words: if free { tokens(&group.tally).to_string() } else { dollars(cost(&group.tally)) },
        };
        let bars: Vec<_> = self.groups.iter().map(bar).collect();
        format!("{heading}\n{}", chart::draw(&bars, screen))
    }

    /// With a line of headings. Sums are left to who reads it.
    pub(super) fn csv(&self) -> String {
        let counts = Tally::default().counts().map(|(name, _)| name);
        let counts = counts.into_iter().filter(|name| *name != COST);
        let name = self.has_names().then_some("name");
        let heading = once(self.by.word()).chain(name).chain(counts).chain(once("cost_usd"));
        let heading = heading.collect::<Vec<_>>().join(",");
        let lines = self.groups.iter().map(|group| {
            let name = self.has_names().then(|| quoted(group.name.as_deref().unwrap_or_default()));
            let counts = group.tally.counts().into_iter().filter(|(name, _)| *name != COST);
            let counts = counts.map(|(_, count)| count.to_string());
            let cells = once(quoted(&group.id)).chain(name).chain(counts);
            cells.chain(once(cost(&group.tally).to_string())).collect::<Vec<_>>().join(",")
        });
        once(heading).chain(lines).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn view(&self) -> View<'_> {
        View {
            by: self.by.word(),
            since: self.span.since.to_string(),
            until: self.span.until.to_string(),
            usage: self.groups.iter().map(GroupView::of).collect(),
            total: TallyView::of(&self.total),
        }
    }

    fn has_names(&self) -> bool {
        self.by == super::By::Key
    }
}

const COST: &str = "cost_nanodollars";

fn numbers(tally: &Tally) -> [String; 8] {
    [
        tally.requests.to_string(),
        tally.errors.to_string(),
        tally.cache_hits.to_string(),
        tally.input_tokens.to_string(),
        tally.output_tokens.to_string(),
        tally.cache_read_tokens.to_string(),
        tally.cache_write_tokens.to_string(),
        dollars(cost(tally)),
    ]
}

fn dollars(money: Money) -> String {
    format!("${money}")
}

/// A cell of CSV (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// Usage in JSON.
#[derive(Serialize)]
pub(super) struct View<'a> {
    by: &'static str,
    since: String,
    until: String,
    usage: Vec<GroupView<'a>>,
    total: TallyView,
}

#[derive(Serialize)]
struct GroupView<'a> {
    /// The key's id, the team, the model or the day. Null: keys without a team.
    of: Option<&'a str>,
    /// Of a key that is still there.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(flatten)]
    tally: TallyView,
}

impl<'a> GroupView<'a> {
    fn of(group: &'a Group) -> Self {
        Self {
            of: Some(group.id.as_str()).filter(|id| !id.is_empty()),
            name: group.name.as_deref(),
            tally: TallyView::of(&group.tally),
        }
    }
}

#[derive(Serialize)]
struct TallyView {
    #[serde(flatten)]
    tally: Tally,
    /// For who only reads: `cost_nanodollars` is exact.
    cost_usd: f64,
}

impl TallyView {
    fn of(tally: &Tally) -> Self {
        Self { tally: *tally, cost_usd: cost(tally).dollars() }
    }
}
