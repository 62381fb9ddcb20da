//! A plugin that fails: by default the request fails with it, and where the operator says so it goes on, visibly.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Event, Key, Setup, Stack, built};

const OPEN: &[&str] = &["--on-failure", "open"];
const SKIPPED: &str = "x-adit-plugins-skipped";

/// Plugins that fail, and where. The config of the last one is right, but its file turns bad.
fn failing() -> Vec<(&'static str, Value)> {
    let mut all = Vec::new();
    for guest in ["trap", "spin", "sleep"] {
        for call in ["start", "route", "prompt", "text"] {
            all.push((guest, json!({"in": call})));
        }
    }
    all
}

/// Puts a file of no use, or none, where a plugin was.
fn spoilt(mut stack: Stack, name: &str, bytes: Option<&[u8]>) -> Stack {
    match bytes {
        Some(bytes) => stack.replace_plugin(name, bytes),
        None => fs::remove_file(stack.plugin_path(name)).unwrap(),
    }
    stack.restart();
    stack
}

#[test]
fn by_default_no_answer_comes_without_the_plugin() {
    let stack =
        Setup::new().plugins(["trap", "spin", "sleep"]).settings("[plugin_breaker]\nfailures = 0").start();
    for (guest, config) in failing() {
        let key = stack.key().with(guest, &config);
        let asked = stack.sim.requests().len();
        let answer = key.ask("hello");
        assert_eq!(
            (answer.status, &answer.error()["code"]),
            (500, &json!("plugin_fault")),
            "{guest} {config}"
        );
        assert_eq!(answer.header(SKIPPED), None);
        if config["in"] != "text" {
            assert_eq!(stack.sim.requests().len(), asked, "{guest} {config}: a model was asked");
        }
    }
}

#[test]
fn where_the_operator_says_so_the_request_goes_on_and_says_without_what() {
    let stack = Stack::with(["trap", "spin", "sleep", "hello", "polite"]);
    for (guest, config) in failing() {
        let key =
            stack.key().with("polite", &json!({})).with_terms(guest, &config, OPEN).with("hello", &json!({}));
        let whole = key.ask("hello");
        assert_eq!(
            (whole.content().as_str(), whole.header(SKIPPED)),
            ("HELLO", Some(guest)),
            "{guest} {config}"
        );
        let streamed = key.stream("hello").answer();
        assert_eq!(
            (streamed.content().as_str(), streamed.header(SKIPPED)),
            ("HELLO", Some(guest)),
            "{guest} {config}"
        );
    }
    let line = stack.server().wait_for_line(&["WARN", "skipped", "trap"]);
    assert!(!line.contains("hello"), "{line}");
    let other = stack.key().with("hello", &json!({}));
    assert_eq!(other.ask("a neighbour").content(), "A NEIGHBOUR");
}

#[test]
fn a_plugin_that_is_gone_or_refused_is_no_different() {
    for bytes in [None, Some(b"not a plugin".as_slice())] {
        let stack = Stack::with(["hold", "hello"]);
        let closed = stack.key().with("hold", &json!({})).secret;
        let open = stack.key().with_terms("hold", &json!({}), OPEN).with("hello", &json!({})).secret;
        let stack = spoilt(stack, "hold", bytes);
        let refused = Key::with_secret(&stack, closed).ask("a cat");
        assert_eq!((refused.status, &refused.error()["code"]), (503, &json!("plugin_unavailable")));
        assert_eq!(stack.sim.requests().len(), 0);
        let answer = Key::with_secret(&stack, open).ask("a cat");
        assert_eq!((answer.content().as_str(), answer.header(SKIPPED)), ("A CAT", Some("hold")));
    }
}

#[test]
fn an_init_that_fails_is_no_different() {
    let polite = fs::read(built::plugin("polite")).unwrap();
    let stack = Setup::new().plugin_file("trap", &polite).start();
    let config = json!({"in": "init"});
    let closed = stack.key().with("trap", &config).secret;
    let open = stack.key().with_terms("trap", &config, OPEN).secret;
    let stack = spoilt(stack, "trap", Some(&fs::read(built::plugin("trap")).unwrap()));
    assert_eq!(Key::with_secret(&stack, closed).ask("hello").status, 500);
    let answer = Key::with_secret(&stack, open).ask("hello");
    assert_eq!((answer.content().as_str(), answer.header(SKIPPED)), ("hello", Some("trap")));
}

#[test]
fn what_a_plugin_refuses_stays_refused() {
    let stack = Stack::with(["deny"]);
    let key = stack.key().with_terms("deny", &json!({"in": "prompt", "status": 451}), OPEN);
    assert_eq!(key.ask("hello").status, 451);
}

#[test]
fn in_the_middle_of_an_answer_nothing_of_it_is_lost() {
    let stack = Stack::with(["trap"]);
    let key = stack.key().with_terms("trap", &json!({"in": "later"}), OPEN);
    stack.sim.always(&json!({"textDeltas": vec!["word "; 20], "paceMs": 2}));
    let answer = key.stream("?").answer();
    assert_eq!(answer.content(), "word ".repeat(20));
    assert_eq!(answer.header(SKIPPED), None, "the head was sent before");
    assert!(answer.events().contains(&Event::Done));
    stack.server().wait_for_line(&["skipped", "trap"]);
}

#[test]
fn an_answer_that_is_an_error_says_it_too() {
    let stack = Stack::with(["trap", "fail", "speak"]);
    let key = stack.key().with_terms("trap", &json!({"in": "prompt"}), OPEN);
    stack.sim.always(&json!({"error": {"type": "ValidationException", "message": "no"}}));
    for answer in [key.ask("hello"), key.stream("hello").answer()] {
        assert_eq!((answer.status, answer.header(SKIPPED)), (400, Some("trap")), "{}", answer.text());
    }
    let body = json!({"model": "no-such-model", "input": "hello"});
    let answer = key.post_to("/v1/embeddings", &[], &body);
    assert_eq!((answer.status / 100, answer.header(SKIPPED)), (4, Some("trap")), "{}", answer.text());

    let key = stack
        .key()
        .with("speak", &json!({"how": "well"}))
        .with_terms("trap", &json!({"in": "prompt"}), OPEN)
        .with("fail", &json!({"in": "text"}));
    for answer in [key.post_to("/speak", &[], &json!("hello")), key.ask("hello")] {
        assert!(answer.status >= 400, "{}", answer.text());
        assert_eq!(answer.header(SKIPPED), Some("trap"));
    }
}

#[test]
fn a_format_of_clients_cannot_be_left_out() {
    let stack = Setup::new()
        .plugins(["speak", "hello"])
        .settings("[plugin_breaker]\nfailures = 2\npause_ms = 60000")
        .start();
    let key = stack.key().with_terms("speak", &json!({"how": "trap-decode"}), OPEN).with("hello", &json!({}));
    let speak = || key.post_to("/speak", &[], &json!("hello"));
    for _ in 0..2 {
        let answer = speak();
        assert_eq!((answer.status, &answer.error()["code"]), (500, &json!("plugin_fault")));
        assert_eq!(answer.header(SKIPPED), None);
    }
    // It is left alone now: there may be such a route, and nobody who answers it.
    let answer = speak();
    assert_eq!((answer.status, &answer.error()["code"]), (503, &json!("plugin_unavailable")));
    assert!(answer.error()["message"].as_str().unwrap().contains("`speak`"), "{}", answer.text());
    assert_eq!(answer.header(SKIPPED), Some("speak"));
    let pause: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&pause), "{pause}");
    let whole = key.ask("hello");
    assert_eq!((whole.content().as_str(), whole.header(SKIPPED)), ("HELLO", Some("speak")));
}

#[test]
fn a_format_of_models_is_left_out_until_the_model_is_asked() {
    let stack = Setup::new().plugins(["misformat"]).settings("[plugin_breaker]\nfailures = 0").start();
    let titan =
        json!({"model": "amazon.titan-text-express-v1", "messages": [{"role": "user", "content": "hello"}]});
    let of = |how: &str, options: &[&str]| {
        stack.key().with_terms("misformat", &json!({"how": how}), options).post(&titan)
    };
    let closed = of("spin-in-encode", &[]);
    assert_eq!((closed.status, closed.header(SKIPPED)), (500, None));
    // By Converse, as if the key did not have it.
    let open = of("spin-in-encode", OPEN);
    assert_eq!((open.content().as_str(), open.header(SKIPPED)), ("hello", Some("misformat")));
    // Its answer is nobody else's to read.
    let late = of("spin", OPEN);
    assert_eq!((late.status, late.header(SKIPPED)), (500, None), "{}", late.text());
}

#[test]
fn an_embedding_says_it_too() {
    let stack = Stack::with(["trap"]);
    let key = stack.key().with_terms("trap", &json!({"in": "prompt"}), OPEN);
    let body = json!({"model": "amazon.titan-embed-text-v2:0", "input": "hello"});
    let answer = key.post_to("/v1/embeddings", &[], &body);
    assert_eq!((answer.status, answer.header(SKIPPED)), (200, Some("trap")), "{}", answer.text());
}
