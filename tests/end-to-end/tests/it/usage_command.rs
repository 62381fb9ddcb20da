//! `adit usage`: what was used, as a table with a chart, and for programs.

use rusqlite::{Connection, params};
use serde_json::{Value, json};

use crate::harness::Stack;

const LITE: &str = "amazon.nova-lite-v1:0";
const PRO: &str = "amazon.nova-pro-v1:0";

/// A stack with one key, and what it and a key that is gone have used. Answers the id of the key.
fn used() -> (Stack, String) {
    let stack = Stack::with([]);
    let name = stack.key().name;
    let keys: Value = serde_json::from_str(&stack.adit(&["key", "list", "--json"])).unwrap();
    assert_eq!(keys[0]["name"], name);
    let id = keys[0]["id"].as_str().unwrap().to_owned();
    let store = Connection::open(stack.data_path("adit.db")).unwrap();
    for (day, key, team, model, requests, input, nanodollars) in [
        ("2026-11-01", id.as_str(), "search", LITE, 3, 1000, 1_i64),
        ("2026-11-02", &id, "search", PRO, 1, 500, 999_999_999),
        ("2026-11-02", "gonegonego", "", LITE, 2, 9_007_199_254_740_993_i64, 3_000_000_000),
        ("2026-10-01", &id, "", LITE, 7, 7, 7),
    ] {
        let row = "INSERT INTO usage (day, key, team, model, requests, errors, cache_hits, estimated, input_tokens, \
                   output_tokens, cache_read_tokens, cache_write_tokens, cost_nanodollars) \
                   VALUES (?1, ?2, ?3, ?4, ?5, 1, 0, 0, ?6, 10, 0, 0, ?7)";
        store.execute(row, params![day, key, team, model, requests, input, nanodollars]).unwrap();
    }
    (stack, id)
}

const NOVEMBER: [&str; 5] = ["usage", "--since", "2026-11-01", "--until", "2026-11-30"];

fn november(stack: &Stack, options: &[&str]) -> String {
    stack.adit(&[&NOVEMBER, options].concat())
}

#[test]
fn a_table_has_exact_sums_and_a_chart_below() {
    let (stack, id) = used();
    let text = november(&stack, &[]);
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[1].starts_with("gonegonego ") && lines[1].ends_with("  $3.00"), "{text}");
    assert!(lines[2].starts_with(&id) && lines[2].ends_with("  $1.00"), "{text}");
    let total: Vec<_> = lines[3].split_whitespace().collect();
    assert_eq!(total, ["total", "6", "3", "0", "9007199254742493", "30", "0", "0", "$4.00"]);
    let bars: Vec<_> = lines[6..].iter().map(|line| line.matches('#').count()).collect();
    assert!(lines[7].starts_with(&format!("{id} key-0 $1.00 #")), "{text}");
    assert!(lines[5] == "cost in US dollars" && bars[0] == 3 * bars[1], "{text}");
    assert!(lines[6..].iter().all(|line| line.len() <= 80) && text.is_ascii(), "{text}");
}

#[test]
fn usage_is_added_up_by_what_is_asked_for() {
    let (stack, id) = used();
    let of = |by: &str| {
        let json: Value = serde_json::from_str(&november(&stack, &["--by", by, "--json"])).unwrap();
        let usage = json["usage"].as_array().unwrap().clone();
        usage.iter().map(|one| (one["of"].clone(), one["cost_nanodollars"].clone())).collect::<Vec<_>>()
    };
    let sum = |of: Value, nanodollars: u64| (of, json!(nanodollars));
    assert_eq!(of("key"), [sum(json!("gonegonego"), 3_000_000_000), sum(json!(id), 1_000_000_000)]);
    assert_eq!(of("team"), [sum(Value::Null, 3_000_000_000), sum(json!("search"), 1_000_000_000)]);
    assert_eq!(of("model"), [sum(json!(LITE), 3_000_000_001), sum(json!(PRO), 999_999_999)]);
    assert_eq!(of("day"), [sum(json!("2026-11-01"), 1), sum(json!("2026-11-02"), 3_999_999_999)]);

    let csv = november(&stack, &["--by", "day", "--key", &id, "--csv"]);
    let lines: Vec<_> = csv.lines().collect();
    assert_eq!(
        lines[1..],
        ["2026-11-01,3,1,0,0,1000,10,0,0,0.000000001", "2026-11-02,1,1,0,0,500,10,0,0,0.999999999"]
    );
}

#[test]
fn what_cannot_be_answered_is_said_in_a_line() {
    let (stack, _) = used();
    assert_eq!(
        stack.adit(&["usage", "--since", "2025-01-01", "--until", "2025-01-31"]).trim_end(),
        "nothing was used from 2025-01-01 to 2025-01-31"
    );
    let refusal = stack.refusal(&["usage", "--since", "2026-11-30", "--until", "2026-11-01"]);
    assert_eq!(refusal.trim_end(), "error: the last day, 2026-11-01, is before the first one, 2026-11-30");
    assert!(stack.refusal(&["usage", "--key", "nobody"]).contains("no key with the id or name `nobody`"));
    for options in [["--since", "soon"], ["--by", "colour"], ["--since", "7h"]] {
        let output = stack.prepared(&[&["usage"], &options[..]].concat()).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
}
