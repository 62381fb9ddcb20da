#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
use std::collections::BTreeMap;

use super::screen::Drawing;
use super::*;
use crate::ids::{KeyId, TeamName};
use crate::metering::{Place, Row, Tally};
use crate::store::KeyName;

const PLAIN: Screen = Screen { width: 80, drawing: Drawing::Plain };

fn row(day: &str, key: &str, team: Option<&str>, model: &str, cost_nanodollars: u64) -> Row {
    Row {
        place: Place {
            day: day.parse().unwrap(),
            key: KeyId::parse(key).unwrap(),
            team: team.map(|team| TeamName::parse(team).unwrap()),
            model: model.to_owned(),
        },
        tally: Tally {
            requests: 2,
            errors: 1,
            input_tokens: 1000,
            output_tokens: 50,
            cost_nanodollars,
            ..Tally::default()
        },
    }
}

fn grouped(by: By, rows: &[Row]) -> Grouped {
    let names = [(KeyId::parse("aaaaaaaaaa").unwrap(), KeyName::parse("laptop, old").unwrap())];
    let span = Span { since: "2026-11-01".parse().unwrap(), until: "2026-11-23".parse().unwrap(), key: None };
    Grouped::new(by, span, rows, &BTreeMap::from(names))
}

fn rows() -> [Row; 3] {
    [
        row("2026-11-22", "aaaaaaaaaa", Some("search"), "amazon.nova-lite-v1:0", 1),
        row("2026-11-22", "bbbbbbbbbb", None, "amazon.nova-lite-v1:0", 4_000_000_000),
        row("2026-11-23", "aaaaaaaaaa", Some("search"), "amazon.nova-pro-v1:0", 999_999_999),
    ]
}

#[test]
fn adds_up_exactly_and_draws_what_was_spent() {
    let expected = "\
KEY                     REQUESTS  ERRORS  HITS    IN  OUT  READ  WRITE   COST
bbbbbbbbbb                     2       1     0  1000   50     0      0  $4.00
aaaaaaaaaa laptop, old         4       2     0  2000  100     0      0  $1.00
total                          6       3     0  3000  150     0      0  $5.00

cost in US dollars
bbbbbbbbbb             $4.00 ###################################################
aaaaaaaaaa laptop, old $1.00 #############";
    assert_eq!(grouped(By::Key, &rows()).text(PLAIN), expected);
}

#[test]
fn groups_by_day_in_order_and_by_model_and_team_with_the_dearest_first() {
    let ids = |by| grouped(by, &rows()).groups.iter().map(|group| group.words(by)).collect::<Vec<_>>();
    assert_eq!(ids(By::Day), ["2026-11-22", "2026-11-23"]);
    assert_eq!(ids(By::Model), ["amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0"]);
    assert_eq!(ids(By::Team), ["(no team)", "search"]);
}

#[test]
fn a_terminal_gets_blocks_to_the_eighth_of_a_column_over_its_whole_width() {
    let screen = Screen { width: 118, drawing: Drawing::Blocks };
    let text = grouped(By::Day, &rows()).text(screen);
    let lines: Vec<_> = text.lines().rev().take(2).collect();
    assert!(lines.iter().any(|line| line.chars().count() == 118 && line.ends_with('█')), "{text}");
    assert!(lines.iter().any(|line| line.ends_with(['▏', '▎', '▍', '▌', '▋', '▊', '▉'])), "{text}");
}

#[test]
fn a_narrow_screen_cuts_names_and_no_numbers() {
    let screen = Screen { width: 60, drawing: Drawing::Plain };
    let text = grouped(By::Model, &rows()).text(screen);
    assert!(text.contains("\namazon.nova-l~  ") && text.contains("$4.000000001"), "{text}");
}

#[test]
fn what_has_no_price_is_drawn_by_tokens() {
    let text = grouped(By::Day, &[row("2026-11-22", "aaaaaaaaaa", None, "mine", 0)]).text(PLAIN);
    assert!(text.contains("\n\ntokens\n2026-11-22 1050 ####"), "{text}");
    let nothing = grouped(By::Day, &[]).text(PLAIN);
    assert_eq!(nothing, "nothing was used from 2026-11-01 to 2026-11-23");
}

#[test]
fn programs_get_csv_and_json() {
    let csv = grouped(By::Key, &rows()).csv();
    let expected = "\
key,name,requests,errors,cache_hits,estimated,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd
bbbbbbbbbb,,2,1,0,0,1000,50,0,0,4.00
aaaaaaaaaa,\"laptop, old\",4,2,0,0,2000,100,0,0,1.00";
    assert_eq!(csv, expected);
    assert_eq!(
        grouped(By::Day, &rows()).csv().lines().nth(1),
        Some("2026-11-22,4,2,0,0,2000,100,0,0,4.000000001")
    );

    let json = serde_json::to_value(grouped(By::Team, &rows()).view()).unwrap();
    let usage = json.get("usage").unwrap().as_array().unwrap();
    let of: Vec<_> = usage.iter().map(|group| group.get("of").unwrap().as_str()).collect();
    assert_eq!(of, [None, Some("search")]);
    let total = json.get("total").unwrap();
    assert_eq!(total.get("cost_usd").unwrap(), 5.0);
    assert_eq!(total.get("cost_nanodollars").unwrap(), 5_000_000_000_u64);
}
