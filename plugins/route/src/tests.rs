#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use adit_plugin::testing::{Session, context, summary};
use adit_plugin::{Config as _, ConfigError, Failure, Label, RequestContext, RouteVerdict, Summary};
use serde_json::{Value, json};

use crate::{Config, Router};

fn verdict(config: &Value, ctx: RequestContext, request: Summary) -> RouteVerdict {
    let session = Session::<Router>::start(&config.to_string(), ctx);
    session.map(|mut session| session.route(request)).unwrap()
}

/// The model that a request ends up with.
fn routed(config: &Value, request: &Summary) -> String {
    match verdict(config, context(), request.clone()) {
        RouteVerdict::Keep => request.model.clone(),
        RouteVerdict::To(route) => route.model,
        RouteVerdict::Deny(failure) => failure.code,
    }
}

#[test]
fn a_condition_holds_at_its_bounds() {
    let request = Summary {
        message_count: 5,
        prompt_bytes: 1_000,
        tool_count: 2,
        has_images: true,
        max_tokens: Some(256),
        ..summary("gpt-4o")
    };
    let cases = [
        (json!({}), true),
        (json!({"model": "gpt-*"}), true),
        (json!({"model": "claude-*"}), false),
        (json!({"min_prompt_bytes": 1_000, "max_prompt_bytes": 1_000}), true),
        (json!({"min_prompt_bytes": 1_001}), false),
        (json!({"max_prompt_bytes": 999}), false),
        (json!({"min_messages": 5, "max_messages": 5}), true),
        (json!({"min_messages": 6}), false),
        (json!({"max_messages": 4}), false),
        (json!({"has_images": true}), true),
        (json!({"has_images": false}), false),
        (json!({"has_tools": true}), true),
        (json!({"has_tools": false}), false),
        (json!({"min_tools": 2, "max_tools": 2}), true),
        (json!({"min_tools": 3, "has_tools": true}), false),
        (json!({"max_tokens_at_least": 256, "max_tokens_at_most": 256}), true),
        (json!({"max_tokens_at_least": 257}), false),
        (json!({"max_tokens_at_most": 255}), false),
        (json!({"model": "gpt-*", "has_images": false}), false),
    ];
    for (when, holds) in cases {
        let config = json!({"rules": [{"when": when, "to": "chosen"}]});
        assert_eq!(routed(&config, &request) == "chosen", holds, "{when}");
    }
}

#[test]
fn a_bound_on_max_tokens_needs_the_client_to_set_it() {
    let config = json!({"rules": [{"when": {"max_tokens_at_most": 100}, "to": "small"}]});
    assert_eq!(routed(&config, &summary("any")), "any");
}

#[test]
fn labels_have_to_match_together() {
    let config =
        json!({"rules": [{"when": {"label": {"team": "search", "stage": "*-test"}}, "to": "chosen"}]});
    let label = |name: &str, value: &str| Label { name: name.to_owned(), value: value.to_owned() };
    let cases = [
        (vec![label("team", "search"), label("stage", "eu-test")], true),
        (vec![label("team", "search"), label("stage", "live")], false),
        (vec![label("team", "search")], false),
    ];
    for (labels, holds) in cases {
        let mut ctx = context();
        ctx.caller.labels.clone_from(&labels);
        let verdict = verdict(&config, ctx, summary("any"));
        assert_eq!(verdict == RouteVerdict::to("chosen"), holds, "{labels:?}");
    }
}

#[test]
fn the_first_rule_that_holds_wins_and_its_target_may_be_an_alias() {
    let config = json!({
        "aliases": {"small": "us.amazon.nova-lite-v1:0", "gpt-4o": "us.amazon.nova-pro-v1:0"},
        "rules": [
            {"when": {"model": "us.*"}, "to": "rules-never-see-what-an-alias-stands-for"},
            {"when": {"model": "gpt-*", "max_prompt_bytes": 100}, "to": "small"},
            {"when": {"model": "gpt-*"}, "to": "gpt-4o"},
        ],
    });
    let long = Summary { prompt_bytes: 101, ..summary("gpt-4o-mini") };
    assert_eq!(routed(&config, &summary("gpt-4o-mini")), "us.amazon.nova-lite-v1:0");
    assert_eq!(routed(&config, &long), "us.amazon.nova-pro-v1:0");
    assert_eq!(routed(&config, &summary("small")), "us.amazon.nova-lite-v1:0");
}

#[test]
fn keeps_a_model_that_nothing_changes() {
    let config = json!({"aliases": {"gpt-*": "nova"}, "rules": [{"when": {"model": "nova"}, "to": "nova"}]});
    for model in ["nova", "claude"] {
        assert_eq!(verdict(&config, context(), summary(model)), RouteVerdict::Keep);
    }
    assert_eq!(verdict(&json!({}), context(), summary("gpt-4o")), RouteVerdict::Keep);
}

#[test]
fn denies_with_the_words_of_the_config() {
    let deny = json!({"status": 403, "code": "too_large", "message": "Ask for less."});
    let config = json!({"rules": [{"when": {"min_prompt_bytes": 50}, "deny": deny}]});
    let expected = RouteVerdict::Deny(Failure::new(403, "too_large", "Ask for less."));
    assert_eq!(verdict(&config, context(), summary("any")), expected);
}

#[test]
fn a_key_keeps_its_share_of_a_split() {
    let config = json!({"rules": [{"to": [{"model": "a", "weight": 1}, {"model": "b", "weight": 1}]}]});
    let of_key = |number: u32| {
        let mut ctx = context();
        ctx.seed = format!("{number:064x}");
        verdict(&config, ctx, summary("any"))
    };
    let chosen: Vec<_> = (0..32).map(of_key).collect();
    assert!(chosen.contains(&RouteVerdict::to("a")) && chosen.contains(&RouteVerdict::to("b")));
    assert_eq!(chosen, (0..32).map(of_key).collect::<Vec<_>>());
}

#[test]
fn reports_every_fault_at_once() {
    let config = json!({
        "alias": {},
        "aliases": {"a/b?": "x", "c": "d*", "e": 5},
        "rules": [
            "no object",
            {"when": {"model": "", "min_tools": -1, "has_images": "yes", "min_messages": 3, "max_messages": 2, "label": {}}, "to": "x"},
            {"to": []},
            {"to": [{"model": "x", "weight": 0}, {"model": "y", "weight": 0}]},
            {"to": [{"model": "x"}, {"model": " ", "weight": 1.5, "wait": 1}]},
            {"to": "x", "deny": {"status": 200, "code": "c", "message": "m"}},
            {"deny": {"status": 200, "code": "", "massage": "m"}},
            {"when": {"label": {"team": "[ab]"}, "colour": 1}, "to": 7},
        ],
    });
    let faults = Config::parse(&config.to_string()).unwrap_err();
    let expected = [
        ("/aliases/a~1b?", "`?` has no place in a pattern: only `*` is special"),
        ("/aliases/c", "a model id holds no `*` and no space"),
        ("/aliases/e", "expected a string that is not empty"),
        ("/rules/0", "expected an object"),
        ("/rules/1/when/model", "expected a string that is not empty"),
        ("/rules/1/when/min_messages", "is above `max_messages`"),
        ("/rules/1/when/min_tools", "expected a whole number, 0 or more"),
        ("/rules/1/when/has_images", "expected `true` or `false`"),
        ("/rules/1/when/label", "expected at least one member"),
        ("/rules/2/to", "expected a list that is not empty"),
        ("/rules/3/to", "the weights add up to zero"),
        ("/rules/4/to/0", "member `weight` is missing"),
        ("/rules/4/to/1/model", "a model id holds no `*` and no space"),
        ("/rules/4/to/1/weight", "expected a whole number from 0 to 4294967295"),
        ("/rules/4/to/1/wait", "unknown member"),
        ("/rules/5", "expected either `to` or `deny`"),
        ("/rules/6/deny/status", "expected an HTTP status from 400 to 599"),
        ("/rules/6/deny/code", "expected a string that is not empty"),
        ("/rules/6/deny", "member `message` is missing"),
        ("/rules/6/deny/massage", "unknown member"),
        ("/rules/7/when/label/team", "`[` has no place in a pattern: only `*` is special"),
        ("/rules/7/when/colour", "unknown member"),
        ("/rules/7/to", "expected a model id or a list of models with weights"),
        ("/alias", "unknown member"),
    ];
    let mut expected = expected.into_iter().map(|(path, message)| ConfigError::new(path, message));
    for fault in faults {
        assert_eq!(Some(fault), expected.next());
    }
    assert_eq!(expected.next(), None);
}

#[test]
fn refuses_lists_and_configs_of_the_wrong_kind() {
    for (json, path) in [
        ("[]", ""),
        ("null", ""),
        (r#"{"rules":[]}"#, "/rules"),
        (r#"{"aliases":{}}"#, "/aliases"),
        ("{", ""),
    ] {
        let faults = Config::parse(json).unwrap_err();
        let paths: Vec<_> = faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(paths, [path], "{json}");
    }
}
