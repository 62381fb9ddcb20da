use jiff::civil::Date;

use super::stores::{Stores, charge, id, noon};
use crate::ids::TeamName;
use crate::metering::{Amounts, Place, Row, Settlement, Span, Tally};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn row(on: &str, key: &str, team: Option<&str>, model: &str, requests: u64) -> Row {
    let team = team.map(|team| TeamName::parse(team).unwrap());
    let tally = Tally {
        requests,
        input_tokens: 10 * requests,
        cost_nanodollars: 1_000_000_007 * requests,
        ..Tally::default()
    };
    Row { place: Place { day: day(on), key: id(key), team, model: model.to_owned() }, tally }
}

pub(super) async fn usage_is_summed_by_day_key_team_and_model(stores: &Stores) {
    const A: &str = "aaaaaaaaaa";
    const B: &str = "bbbbbbbbbb";
    let arn = format!("arn:aws:bedrock:us-east-1:123456789012:inference-profile/{}#{}", "x".repeat(900), "y");
    let rows = [
        row("2026-10-31", A, None, "m", 1),
        row("2026-11-01", A, None, "m", 2),
        row("2026-11-01", A, Some("search"), "m", 3),
        row("2026-11-01", A, Some("search"), "n#1", 4),
        row("2026-11-01", B, None, &arn, 5),
        row("2026-11-30", A, None, "m", 6),
        row("2026-12-01", A, None, "m", 7),
    ];
    for turn in 0..2 {
        let store = if turn == 0 { &stores.one } else { &stores.other };
        for usage in &rows {
            let (from, used) = (Vec::new(), Amounts::default());
            let charge = charge(&format!("turn-{turn}"), noon(), 0);
            let settlement = Settlement { from, charge, used, usage: usage.clone() };
            store.settle(&settlement).await.unwrap();
        }
    }
    let twice = |rows: &[Row]| -> Vec<Row> {
        let doubled = rows.iter().map(|row| {
            let mut tally = row.tally;
            tally.add(&row.tally);
            Row { tally, ..row.clone() }
        });
        doubled.collect()
    };
    let span =
        |since, until, key: Option<&str>| Span { since: day(since), until: day(until), key: key.map(id) };
    for (asked, expected) in [
        (span("2026-10-01", "2026-12-31", None), twice(&rows)),
        (span("2026-11-01", "2026-11-30", None), twice(&rows[1..6])),
        (span("2026-11-02", "2026-11-29", None), Vec::new()),
        (span("2026-11-01", "2026-11-01", Some(B)), twice(&rows[4..5])),
        (span("2026-10-31", "2026-11-01", Some(A)), twice(&rows[..4])),
        (span("2026-12-01", "2026-11-01", None), Vec::new()),
    ] {
        assert_eq!(stores.one.usage(&asked).await.unwrap(), expected, "{asked:?}");
    }
}
