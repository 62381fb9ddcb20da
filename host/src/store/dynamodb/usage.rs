//! Usage: an item for each day, key, team and model, which is only ever added to. Those of a key and a month
//! lie together; for all keys, the index names them by their months.

use jiff::civil::Date;

use super::super::StoreError;
use super::super::record::damaged;
use super::Dynamo;
use super::expression::Expression;
use super::item::{Item, text};
use super::many::Sorted;
use super::place::{INDEX_PK, INDEX_SK, Place, usage_of_all, usage_of_key};
use super::table::{Outcome, Reading};
use crate::ids::{KeyId, TeamName};
use crate::metering::{self, Charge, Row, Span, Tally};

impl Dynamo {
    /// Adds to what was used, once for each request: see [`noted`](super::noted).
    pub(super) async fn note_usage(&self, row: &Row, charge: &Charge) -> Result<(), StoreError> {
        let Row { place, tally } = row;
        let metering::Place { day, key, team, model } = place;
        let at = Place::usage(place);
        let mut update = Expression::new()
            .set(INDEX_PK, text(usage_of_all(*day)))
            .set(INDEX_SK, text(format!("{day}#{key}#{}", at.sk)))
            .set("day", text(day.to_string()))
            .set("key", text(key.as_str()))
            .set("model", text(model));
        if let Some(team) = team {
            update = update.set("team", text(team.as_str()));
        }
        for (name, count) in tally.counts().into_iter().filter(|(_, count)| *count > 0) {
            update = update.add(name, count);
        }
        let (Outcome::Done(item) | Outcome::Refused(item)) =
            self.main.update(&at, self.noted.once(&at, charge, update)).await?;
        self.noted.answered(&at, charge, &item);
        Ok(())
    }

    /// Month by month.
    pub(super) async fn usage_in(&self, span: &Span) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for month in months(span) {
            // `$` comes right after `#`: all of the last day is in.
            let days = Sorted::Between(span.since.to_string(), format!("{}$", span.until));
            let items = match &span.key {
                Some(key) => self.main.query(&usage_of_key(key, month), days, Reading::Consistent).await?,
                None => self.main.listed(&usage_of_all(month), days).await?,
            };
            for item in &items {
                rows.push(read(item)?);
            }
        }
        rows.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(rows)
    }
}

/// The first days of all months that a span touches.
fn months(span: &Span) -> impl Iterator<Item = Date> {
    let first = Some(span.since.first_of_month()).filter(|first| *first <= span.until);
    let until = span.until;
    std::iter::successors(first, move |month| {
        month.last_of_month().tomorrow().ok().filter(|next| *next <= until)
    })
}

fn read(item: &Item) -> Result<Row, StoreError> {
    let mut counts = [0; 9];
    for ((name, _), count) in Tally::default().counts().iter().zip(&mut counts) {
        *count = item.maybe_number(name)?.unwrap_or_default();
    }
    Ok(Row {
        place: metering::Place {
            day: item.text("day")?.parse().map_err(damaged)?,
            key: KeyId::parse(item.text("key")?).map_err(damaged)?,
            team: item.maybe_text("team")?.map(TeamName::parse).transpose().map_err(damaged)?,
            model: item.text("model")?.to_owned(),
        },
        tally: Tally::from_counts(counts),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_touches_its_months() {
        let months = |since: Date, until: Date| {
            months(&Span { since, until, key: None }).map(|month| month.to_string()).collect::<Vec<_>>()
        };
        let day = jiff::civil::date;
        assert_eq!(months(day(2026, 11, 30), day(2027, 1, 1)), ["2026-11-01", "2026-12-01", "2027-01-01"]);
        assert_eq!(months(day(2026, 11, 5), day(2026, 11, 5)), ["2026-11-01"]);
        assert!(months(day(2026, 12, 5), day(2026, 11, 5)).is_empty());
    }
}
