//! Wire formats that plugins speak, and plugins that speak them badly: no request but their own ends, none of
//! them looks as if it had ended well, and nothing reaches a client that the host did not let pass.

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Setup, Stack};

/// What a neighbour asks meanwhile, slowly answered.
const NEIGHBOUR: &str = "the neighbour asks for a long answer, word by word";

fn stack() -> Stack {
    let slowly = json!([{"match": {"textContains": "neighbour"}, "action": {"paceMs": 10}}]);
    Setup::new().plugins(["speak", "redact"]).script(slowly).start()
}

fn speaker<'s>(stack: &'s Stack, how: &str) -> Key<'s> {
    stack.key().with("speak", &json!({"how": how}))
}

fn whole(key: &Key<'_>, prompt: &str) -> Answer {
    key.post_to("/speak", &[], &json!(prompt))
}

fn streamed(key: &Key<'_>, prompt: &str) -> Answer {
    key.post_to("/speak?stream", &[], &json!(prompt))
}

/// All that a server sends, as bytes on the wire, until it hangs up.
fn raw(stack: &Stack, key: &Key<'_>, path: &str) -> String {
    let mut connection = stack.connect();
    let authorization = format!("Bearer {}", key.secret);
    let headers = [("authorization", authorization.as_str()), ("connection", "close")];
    connection.send_request("POST", path, &headers, b"one two three four five six");
    String::from_utf8(connection.rest()).unwrap()
}

/// Asks while a neighbour reads its answer, and answers what came of it.
fn beside_a_neighbour(how: &str, ask: impl Fn(&Key<'_>) -> Answer) -> Answer {
    let stack = stack();
    let (key, neighbour) = (speaker(&stack, how), stack.key());
    let mut meanwhile = neighbour.stream(NEIGHBOUR);
    let first = meanwhile.next_chunk().unwrap();
    let answer = ask(&key);
    assert_eq!(meanwhile.answer_after(first).content(), NEIGHBOUR, "{how}");
    assert_eq!(neighbour.ask("and afterwards?").content(), "and afterwards?", "{how}");
    answer
}

#[test]
fn a_plugin_reads_and_writes_a_format_of_its_own() {
    let stack = stack();
    let key = speaker(&stack, "well");
    let answer = whole(&key, "hello");
    assert_eq!((answer.status, answer.text()), (200, "\"hello\"(end)"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("x-adit-dropped"), Some("mood,unnamed"));
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));

    let answer = streamed(&key, "hello there");
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(answer.header("x-adit-dropped"), Some("mood,unnamed"));
    assert!(answer.text().starts_with("begin\n"), "{}", answer.text());
    assert!(answer.text().ends_with("(end)\n"), "{}", answer.text());
    assert_eq!(answer.text().replace('\n', ""), "begin\"hello there\"(end)");

    let models = key.get("/speak/models");
    let listed: Vec<Value> = key.get("/v1/models").json()["data"].as_array().unwrap().clone();
    let listed: Vec<&str> = listed.iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(models.text().lines().collect::<Vec<_>>(), listed);
}

#[test]
fn its_requests_are_served_on_the_terms_of_the_key() {
    let stack = stack();
    let key = speaker(&stack, "well").policy(&["--model", "us.amazon.nova-micro-*"]);
    assert_eq!(whole(&key, "hello").text(), "failed: 403 model_not_allowed false\n");
    assert_eq!(key.get("/speak/models").text().lines().count(), 1);
    let key = speaker(&stack, "well");
    let strict = key.post_to("/speak", &[("x-adit-strict", "true")], &json!("hello"));
    assert_eq!((strict.status, strict.text()), (400, "failed: 400 unsupported_parameter false\n"));
    let explained = key.post_to("/speak", &[("x-adit-explain", "true")], &json!("hello"));
    assert_eq!(explained.json()["object"], "adit.explanation");
    assert_eq!(explained.json()["model"]["asked"], "us.amazon.nova-lite-v1:0");
    let calls = stack.sim.requests();
    assert!(calls.iter().all(|call| call["method"] == "GET"), "no model is called: {calls:?}");
}

#[test]
fn the_plugins_beside_it_see_its_requests() {
    let stack = stack();
    let prompt = "Write to jane.doe@example.com today.";
    for first in ["speak", "redact"] {
        let second = if first == "speak" { "redact" } else { "speak" };
        let config = |plugin| if plugin == "speak" { json!({"how": "well"}) } else { json!({}) };
        let key = stack.key().with(first, &config(first)).with(second, &config(second));
        assert_eq!(whole(&key, prompt).text(), format!("\"{prompt}\"(end)"));
        assert_eq!(streamed(&key, prompt).text().replace('\n', ""), format!("begin\"{prompt}\"(end)"));
    }
    let seen = Value::from(stack.sim.requests()).to_string();
    assert!(!seen.contains("jane.doe"), "{seen}");
}

#[test]
fn nobody_without_a_key_learns_which_routes_there_are() {
    let stack = stack();
    let key = speaker(&stack, "well");
    assert_eq!(whole(&key, "hello").status, 200);
    for path in ["/speak", "/nowhere"] {
        for secret in ["adit_nonsense", key.secret.replace("adit_", "adit_x").as_str()] {
            let stranger = Key::with_secret(&stack, secret);
            assert_eq!(stranger.post_to(path, &[], &json!("hello")).status, 401, "{path}");
        }
        let mut connection = stack.connect();
        connection.send_request("POST", path, &[], b"");
        assert_eq!(connection.answer().status, 401, "{path}");
    }
    let other = stack.key();
    assert_eq!(whole(&other, "hello").error()["code"], "unknown_url");
    assert_eq!(key.get("/speak").error()["code"], "unknown_url");
    key.disable("speak");
    assert_eq!(whole(&key, "hello").status, 404);
}

#[test]
fn a_plugin_reads_no_credential() {
    let stack = stack();
    let key = speaker(&stack, "headers");
    let headers = [("x-api-key", "a"), ("cookie", "b"), ("x-amz-security-token", "c"), ("user-agent", "d")];
    let answer = key.post_to("/speak", &headers, &json!("hello"));
    assert_eq!(answer.text(), "content-type\nuser-agent\n");
}

#[test]
fn the_routes_of_the_host_come_first() {
    let answer = beside_a_neighbour("forge", |key| {
        assert_eq!(key.ask("hello").content(), "hello");
        assert_eq!(key.get("/health").text(), "ok\n");
        assert_eq!(key.post_to("/v1/models", &[], &json!({})).status, 405);
        key.get("/v1/models")
    });
    assert_eq!(answer.json()["object"], "list");
}

#[test]
fn a_route_that_is_none_breaks_what_the_plugin_would_answer_alone() {
    let answer = beside_a_neighbour("no-route", |key| {
        assert_eq!(key.ask("hello").content(), "hello");
        whole(key, "hello")
    });
    assert_eq!((answer.status, &answer.error()["code"]), (500, &json!("plugin_fault")));
}

#[test]
fn a_response_that_no_client_should_read_is_refused() {
    for how in ["status", "line-break", "flood", "trap-head"] {
        for ask in [whole, streamed] {
            // The plugin still has words for its own failure, unless it is trapped.
            let answer = beside_a_neighbour(how, |key| ask(key, "hello"));
            if answer.status == 200 {
                // Streamed, and the flood came behind the head.
                assert_eq!(how, "flood");
                let last: Value = serde_json::from_str(answer.text().lines().last().unwrap()).unwrap();
                assert!(last["error"].as_str().unwrap().contains("`speak`"), "{last}");
            } else {
                assert_eq!(answer.status, 500, "{how}: {}", answer.text());
                assert!(answer.text().contains("plugin_fault"), "{how}: {}", answer.text());
            }
            assert_eq!(answer.header("set-cookie"), None);
            assert!(answer.text().len() < 10_000, "{how}: flooded");
        }
    }
}

#[test]
fn headers_that_are_the_hosts_business_are_dropped() {
    let stack = stack();
    let key = speaker(&stack, "framing");
    for answer in [whole(&key, "hello"), streamed(&key, "hello")] {
        assert_eq!(answer.status, 200);
        assert!(answer.text().ends_with("(end)") || answer.text().ends_with("(end)\n"), "{}", answer.text());
        for name in ["set-cookie", "location"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
        assert_ne!(answer.header("x-request-id"), Some("forged"));
    }
}

#[test]
fn a_plugin_that_breaks_behind_the_first_byte_never_ends_well() {
    for how in ["trap-later", "flood-later"] {
        let answer = beside_a_neighbour(how, |key| streamed(key, "one two three four five six"));
        assert_eq!(answer.status, 200);
        let last: Value = serde_json::from_str(answer.text().lines().last().unwrap()).unwrap();
        assert!(last["error"].as_str().unwrap().contains("the plugin `speak` failed"), "{how}: {last}");
        assert!(!answer.text().contains("(end)"), "{}", answer.text());
    }
}

#[test]
fn the_hosts_last_word_fits_the_kind_of_stream() {
    let stack = stack();
    let events = json!({"how": "trap-later", "content_type": "text/event-stream"});
    let answer = streamed(&stack.key().with("speak", &events), "one two three four five six");
    let last = answer.text().trim_end().rsplit("\n\n").next().unwrap().strip_prefix("data: ").unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["error"]["code"], "plugin_fault");

    // What nobody can add a line to is cut off: the last chunk never comes, and with it may go all that
    // waited to be written: then a client sees nothing, or what AWS Lambda says of a function that said nothing.
    for content_type in ["text/plain", "application/x-ndjson"] {
        let config = json!({"how": "trap-later", "content_type": content_type});
        let key = stack.key().with("speak", &config);
        let sent = raw(&stack, &key, "/speak?stream");
        let cut = content_type == "text/plain";
        let unsaid = sent.is_empty() || sent.starts_with("HTTP/1.1 502 ");
        assert!(sent.starts_with("HTTP/1.1 200 OK\r\n") || (cut && unsaid), "{sent}");
        assert_eq!(sent.ends_with("0\r\n\r\n"), !cut, "{sent}");
    }
}

#[test]
fn a_failure_of_the_model_is_told_by_the_plugin_or_else_by_the_host() {
    let stack = stack();
    let breaks = json!({"textDeltas": vec!["word "; 9], "exceptionAfter":
        {"events": 4, "type": "throttlingException", "message": "Too many requests"}});
    stack.sim.always(&breaks);
    let well = streamed(&speaker(&stack, "well"), "?");
    assert!(well.text().ends_with("failed: 429 rate_limit_exceeded true\n"), "{}", well.text());
    for how in ["mute", "trap-failure"] {
        let answer = streamed(&speaker(&stack, how), "?");
        let last: Value = serde_json::from_str(answer.text().lines().last().unwrap()).unwrap();
        assert!(last["error"].is_string(), "{how}: {last}");
    }

    stack.sim.always(&json!({"error": {"type": "ThrottlingException", "message": "Too many requests"}}));
    for ask in [whole, streamed] {
        let well = ask(&speaker(&stack, "well"), "?");
        assert_eq!((well.status, well.text()), (429, "failed: 429 rate_limit_exceeded false\n"));
        let silent = ask(&speaker(&stack, "trap-failure"), "?");
        assert_eq!((silent.status, &silent.error()["code"]), (429, &json!("rate_limit_exceeded")));
        let lying = ask(&speaker(&stack, "succeed"), "?");
        assert_eq!(lying.status, 429);
    }
}

#[test]
fn a_plugin_that_breaks_while_it_reads_is_blamed() {
    for ask in [whole, streamed] {
        let answer = beside_a_neighbour("trap-decode", |key| ask(key, "hello"));
        assert_eq!((answer.status, &answer.error()["code"]), (500, &json!("plugin_fault")));
    }
}

#[test]
fn bodies_are_bounded_and_read_before_a_plugin_starts() {
    let stack = Setup::new().plugins(["speak"]).settings("max_body_bytes = 1000").start();
    let key = speaker(&stack, "well");
    let answer = whole(&key, &"x".repeat(2000));
    assert_eq!((answer.status, answer.text()), (413, "failed: 413 request_too_large false\n"));
}

#[test]
fn a_quiet_stream_that_has_no_room_for_comments_gets_none() {
    let settings = "[timeouts]\nkeep_alive_ms = 20\nidle_ms = 500";
    let stack = Setup::new().plugins(["speak"]).settings(settings).start();
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}}));
    // The last one has events that never end, so that every comment would stand inside of one.
    for content_type in ["application/x-ndjson", "text/plain", "text/event-stream"] {
        let config = json!({"how": "well", "content_type": content_type});
        let answer = streamed(&stack.key().with("speak", &config), "?");
        assert!(answer.text().ends_with("failed: 504 model_timeout true\n"), "{}", answer.text());
        assert_eq!(answer.text().replace('\n', ""), "beginone two failed: 504 model_timeout true");
    }
}
