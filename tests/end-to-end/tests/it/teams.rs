//! What the keys of a team have in common, and what one of them has for itself.

use serde_json::{Value, json};

use crate::harness::{Key, Stack, says};

const PROMPT: &str = "write to alice@example.org";
const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn is_redacted(stack: &Stack, key: &Key<'_>) -> bool {
    assert_eq!(key.ask(PROMPT).content(), PROMPT);
    !stack.sim.last_body().to_string().contains("alice")
}

/// A team, and two keys of it.
fn with_team(stack: &Stack) -> [Key<'_>; 2] {
    stack.adit(&["team", "create", "search"]);
    [(); 2].map(|()| {
        let key = stack.key();
        stack.adit(&["key", "edit", &key.name, "--team", "search"]);
        key
    })
}

#[test]
fn a_plugin_of_the_team_runs_for_each_key_but_those_that_have_it_switched_off() {
    let stack = Stack::with(["redact", "hello"]);
    let [key, other] = with_team(&stack);
    assert!(!is_redacted(&stack, &key));
    stack.adit(&["team", "plugin", "enable", "search", "redact"]);
    assert!(is_redacted(&stack, &key) && is_redacted(&stack, &other));

    key.disable("redact");
    assert!(!is_redacted(&stack, &key), "it is switched off for the key");
    assert!(is_redacted(&stack, &other), "it is switched off for another key");
    let refusal = stack.refusal(&["key", "plugin", "disable", &key.name, "redact"]);
    assert!(refusal.contains("`redact` is not enabled for key"), "{refusal}");

    stack.adit(&["key", "plugin", "enable", &key.name, "redact"]);
    assert!(is_redacted(&stack, &key), "it runs again, as for the team");
    key.enable("redact", &json!({"mode": "block"}));
    assert_eq!(key.ask(PROMPT).status, 400, "it runs on the key's own terms");
    assert!(is_redacted(&stack, &other));

    key.enable("hello", &json!({}));
    let listed = stack.adit(&["key", "plugin", "list", &key.name, "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0], json!({"name": "redact", "config": {"mode": "block"}, "from": "key"}));
    assert_eq!((&listed[1]["name"], &listed[1]["from"]), (&json!("hello"), &json!("key")));

    stack.adit(&["key", "edit", &other.name, "--no-team"]);
    assert!(!is_redacted(&stack, &other), "the key is no longer of the team");
}

#[test]
fn terms_of_the_team_count_where_a_key_has_none_of_its_own() {
    let stack = Stack::with([]);
    let [key, other] = with_team(&stack);
    let asks_claude =
        |key: &Key<'_>| key.post(&json!({"model": CLAUDE, "messages": says("hi")["messages"]})).status;
    assert_eq!(asks_claude(&key), 200);
    stack.adit(&["team", "policy", "search", "--model", "us.amazon.*"]);
    assert_eq!((asks_claude(&key), asks_claude(&other)), (403, 403));
    let key = key.policy(&["--all-models"]);
    assert_eq!((asks_claude(&key), asks_claude(&other)), (200, 403));
    let key = key.policy(&["--inherit", "models"]);
    assert_eq!(asks_claude(&key), 403);
    stack.adit(&["team", "policy", "search", "--inherit", "models"]);
    assert_eq!(asks_claude(&key), 200);
}

#[test]
fn a_team_is_shown_and_goes_only_when_its_keys_have_gone() {
    let stack = Stack::with(["redact"]);
    let [key, other] = with_team(&stack);
    stack.adit(&["team", "plugin", "enable", "search", "redact"]);
    stack.adit(&["team", "policy", "search", "--budget", "money-per-month=20"]);
    let shown: Value = serde_json::from_str(&stack.adit(&["team", "show", "search", "--json"])).unwrap();
    assert_eq!(shown["policy"]["limits"]["budgets"], json!({"money_per_month": "20.00"}));
    assert_eq!(
        (&shown["plugins"][0]["name"], shown["keys"].as_array().unwrap().len()),
        (&json!("redact"), 2)
    );
    let text = stack.adit(&["team", "show", "search"]);
    assert!(text.contains("money-per-month:     $20.00") && text.contains(&key.name), "{text}");
    assert!(stack.adit(&["key", "list"]).contains("  search  "));

    for (command, reason) in [
        (vec!["team", "remove", "search"], "team `search` still has 2 keys"),
        (vec!["team", "create", "search"], "there is a team `search` already"),
        (vec!["team", "show", "sales"], "there is no team `sales`"),
        (vec!["team", "policy", "sales", "--all-models"], "there is no team `sales`"),
        (vec!["team", "plugin", "enable", "sales", "redact"], "there is no team `sales`"),
        (vec!["team", "plugin", "disable", "search", "route"], "`route` is not enabled for team `search`"),
        (vec!["key", "create", "new", "--team", "sales"], "there is no team `sales`"),
        (vec!["key", "edit", &key.name, "--team", "sales"], "there is no team `sales`"),
        (vec!["response-cache", "purge", "--team", "sales"], "there is no team `sales`"),
    ] {
        let refusal = stack.refusal(&command);
        assert!(
            refusal.contains(reason) && refusal.trim_end().lines().count() == 1,
            "{command:?}: {refusal}"
        );
    }
    stack.adit(&["key", "revoke", &key.name]);
    stack.adit(&["key", "edit", &other.name, "--no-team"]);
    stack.adit(&["team", "remove", "search"]);
    assert_eq!(stack.adit(&["team", "list", "--json"]).trim(), "[]");
    assert_eq!(other.ask("hello").content(), "hello");
}
