//! `adit usage`: what was used, by whom, of what, and what it cost.

mod chart;
mod grouped;
mod print;
mod screen;

use anyhow::{anyhow, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::when::Day;
use super::{key_argument, output, store};
use crate::metering::Span;
use grouped::Grouped;
use screen::Screen;

#[derive(Debug, Args)]
pub(super) struct UsageArgs {
    /// What a line is for.
    #[arg(long, value_name = "key|team|model|day", default_value = "key", hide_possible_values = true)]
    by: By,
    /// The first day, in UTC: a day, or `7d` for the last seven.
    #[arg(long, value_name = "DAY", default_value = "30d")]
    since: Day,
    /// The last day, in UTC. Today, unless it is said.
    #[arg(long, value_name = "DAY")]
    until: Option<Day>,
    /// Of one key alone: its id, its unique name, or the whole key.
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Print one JSON document.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print comma-separated values.
    #[arg(long)]
    csv: bool,
}

/// What a line of usage is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    Key,
    Team,
    Model,
    Day,
}

impl By {
    fn word(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Team => "team",
            Self::Model => "model",
            Self::Day => "day",
        }
    }
}

pub(super) async fn run(data: &store::Data, args: UsageArgs) -> anyhow::Result<()> {
    let store = &*store::open(data).await?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let since = args.since.before(today);
    let until = args.until.map_or(today, |day| day.before(today));
    if until < since {
        bail!("the last day, {until}, is before the first one, {since}");
    }
    let key = match &args.key {
        Some(key) => Some(key_argument::find(store, key).await?.id),
        None => None,
    };
    let span = Span { since, until, key };
    let rows = store.usage(&span).await.map_err(|failure| anyhow!("{}", failure.reason()))?;
    let names = store.list().await?.into_iter().map(|key| (key.id, key.name)).collect();
    let usage = Grouped::new(args.by, span, &rows, &names);
    if args.json {
        return output::json(&usage.view());
    }
    let text = if args.csv { usage.csv() } else { usage.text(Screen::of_stdout()) };
    Ok(output::result(&text)?)
}

#[cfg(test)]
mod tests;
