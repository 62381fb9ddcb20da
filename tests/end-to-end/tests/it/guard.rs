//! What the plugin `guard` lets through, in either direction.

use serde_json::{Value, json};

use crate::harness::{Answer, Event, Key, Stack, says};

const ADDRESS: &str = "alice@example.org";

fn falcon(place: &str) -> Value {
    json!({"deny": [{"terms": ["project falcon"], "in": place, "message": "Not here."}]})
}

fn both(key: &Key<'_>, request: &Value) -> [Answer; 2] {
    [key.post(request), key.post_for_stream(request).answer()]
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    let error = answer.error();
    assert_eq!((answer.status, &error["code"]), (status, &json!(code)), "{error}");
    assert_eq!(error["type"], "plugin_error", "{error}");
}

/// The first block of JSON in the plugin's README.
fn config_of_the_readme() -> Value {
    let readme = include_str!("../../../../plugins/guard/README.md");
    let (_, after) = readme.split_once("```json\n").unwrap();
    serde_json::from_str(after.split_once("```").unwrap().0).unwrap()
}

#[test]
fn a_request_that_breaks_a_rule_calls_no_model() {
    let stack = Stack::with(["guard"]);
    let with_system = |text: &str| {
        let mut request = says("hello");
        request["messages"].as_array_mut().unwrap().insert(0, json!({"role": "system", "content": text}));
        request
    };
    let mut with_tool = says("hello");
    with_tool["tools"] = json!([{"type": "function", "function": {
        "name": "find", "description": "finds Project Falcon", "parameters": {"type": "object"},
    }}]);
    let mut with_file = says("hello");
    with_file["messages"][0]["content"] = json!([
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
    ]);
    let mut history = says("PROJECT\n falcon?");
    let turns = [json!({"role": "assistant", "content": "no"}), json!({"role": "user", "content": "why?"})];
    history["messages"].as_array_mut().unwrap().extend(turns);
    let medicine =
        json!({"topics": [{"name": "medicine", "terms": ["dose", "pill", "doctor"], "at_least": 2}]});
    let rows = [
        (falcon("prompt"), says("what of Project  Falcon?"), 403, "content_denied"),
        (falcon("both"), history, 403, "content_denied"),
        (falcon("prompt"), with_system("You know of project falcon."), 403, "content_denied"),
        (falcon("prompt"), with_tool.clone(), 403, "content_denied"),
        (medicine, says("which dose of the pill?"), 403, "topic_denied"),
        (json!({"limits": {"prompt_bytes": 4}}), says("hello"), 400, "request_too_large"),
        (json!({"limits": {"tools": 0}}), with_tool, 400, "request_too_large"),
        (json!({"limits": {"files": 0}}), with_file, 400, "request_too_large"),
    ];
    for (config, request, status, code) in rows {
        let key = stack.key().with("guard", &config);
        for answer in both(&key, &request) {
            assert_refused(&answer, status, code);
        }
        assert_eq!(key.ask("a b").content(), "a b", "{config}");
    }
    assert!(
        stack
            .sim
            .requests()
            .iter()
            .all(|request| request["body"]["messages"][0]["content"][0]["text"] == "a b")
    );
}

#[test]
fn instructions_stand_in_front_and_the_answers_limit_is_lowered() {
    let stack = Stack::with(["guard"]);
    let mut request = says("hello");
    let system = json!({"role": "system", "content": "Speak Latin."});
    request["messages"].as_array_mut().unwrap().insert(0, system);
    request["max_tokens"] = json!(500);
    for (others, expected) in [
        ("keep", json!([{"text": "No advice on project falcon."}, {"text": "Speak Latin."}])),
        ("drop", json!([{"text": "No advice on project falcon."}])),
    ] {
        let mut config = falcon("both");
        // What the operator says himself breaks no rule.
        config["system"] = json!({"text": "No advice on project falcon.", "others": others});
        config["limits"] = json!({"max_tokens": 70});
        let key = stack.key().with("guard", &config);
        for answer in both(&key, &request) {
            assert_eq!(answer.content(), "hello");
            let body = stack.sim.last_body();
            assert_eq!((&body["system"], &body["inferenceConfig"]["maxTokens"]), (&expected, &json!(70)));
        }
    }
}

#[test]
fn an_answer_is_stopped_before_the_first_letter_of_a_term_wherever_it_is_cut() {
    let stack = Stack::with(["guard"]);
    let key = stack.key().with("guard", &falcon("answer"));
    let said = "It is é (Project \r\n Falcon), they say";
    for cut in (0..=said.len()).filter(|cut| said.is_char_boundary(*cut)) {
        let (one, other) = said.split_at(cut);
        for action in
            [json!({"textDeltas": [one, other]}), json!({"textDeltas": [one, other], "splitBytes": 7})]
        {
            stack.sim.always(&action);
            let [whole, streamed] = both(&key, &says("tell me"));
            assert_refused(&whole, 403, "content_denied");
            let error = streamed.error();
            assert_eq!((&error["code"], &error["message"]), (&json!("content_denied"), &json!("Not here.")));
            for answer in [whole, streamed] {
                let text = answer.text().to_lowercase();
                assert!(!text.contains("project") && !text.contains("falcon"), "cut at {cut}: {text}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_stopped_in_the_middle_has_no_finish_reason_and_the_model_is_left() {
    let stack = Stack::with(["guard"]);
    let key = stack.key().with("guard", &falcon("answer"));
    let term = vec!["pro", "ject", " ", "fal", "con", ". "];
    let deltas = [vec!["word "; 50], term, vec!["more "; 200]].concat();
    stack.sim.always(&json!({"textDeltas": deltas, "paceMs": 5}));
    let answer = key.stream("tell me").answer();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.error()["code"], "content_denied");
    let events = answer.events();
    let text: String = events.iter().filter_map(Event::text).collect();
    assert_eq!(text, "word ".repeat(50));
    let reasons = events.iter().filter_map(|event| event.data()?.pointer("/choices/0/finish_reason"));
    assert!(reasons.into_iter().all(Value::is_null), "{}", answer.text());
    assert_eq!(stack.sim.requests()[0]["outcome"], "clientLeft");
}

#[test]
fn what_redact_has_replaced_is_found_in_answers_alone_and_only_by_a_guard_in_front() {
    let stack = Stack::with(["guard", "redact"]);
    let config = |place: &str| json!({"deny": [{"terms": [ADDRESS], "in": place}]});
    let (guard_first, redact_first) = (["guard", "redact"], ["redact", "guard"]);
    let chain = |plugins: [&str; 2], place: &str| {
        plugins.into_iter().fold(stack.key(), |key, plugin| {
            let config = if plugin == "guard" { config(place) } else { json!({}) };
            key.with(plugin, &config)
        })
    };
    let said = format!("write to {ADDRESS}");
    for (plugins, place) in [(guard_first, "prompt"), (redact_first, "prompt"), (redact_first, "answer")] {
        for answer in both(&chain(plugins, place), &says(&said)) {
            assert_eq!(answer.content(), said, "{plugins:?}, {place}");
        }
    }
    let key = chain(guard_first, "answer");
    assert_refused(&key.ask(&said), 403, "content_denied");
    let streamed = key.stream(&said).answer();
    assert_eq!(streamed.error()["code"], "content_denied");
    assert!(!streamed.text().contains(ADDRESS), "{}", streamed.text());
    assert!(stack.sim.requests().iter().all(|request| !request["body"].to_string().contains(ADDRESS)));
}

#[test]
fn many_terms_read_a_long_prompt_within_the_usual_time() {
    let stack = Stack::with(["guard"]);
    let terms: Vec<String> =
        ('a'..='z').cycle().zip(0..100).map(|(first, number)| format!("{first}e project {number}")).collect();
    let key = stack.key().with("guard", &json!({"deny": [{"terms": terms}]}));
    let prompt = "See the secret sauce, said some of them. ".repeat(25_000);
    let mut request = says(&prompt);
    request["max_tokens"] = json!(10);
    let answer = key.post(&request);
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[test]
fn the_config_of_the_readme_works_and_a_wrong_one_is_refused_with_all_its_faults() {
    let stack = Stack::with(["guard"]);
    let key = stack.key().with("guard", &config_of_the_readme());
    assert_eq!(key.ask("hello").content(), "hello");
    assert_refused(&key.ask("about the Falcon-9X"), 403, "content_denied");

    let config = json!({
        "deny": [{"terms": []}, {"terms": ["a", ""]}],
        "topics": [{"name": "x", "terms": ["a"], "at_least": 2}],
        "system": {"text": " "},
    });
    let enable = |config: &Value| {
        let other = stack.key();
        stack.refusal(&["key", "plugin", "enable", &other.name, "guard", "--config", &config.to_string()])
    };
    let refusal = enable(&config);
    for pointer in ["/deny/0/terms: ", "/deny/1/terms/1: ", "/topics/0/at_least: ", "/system/text: "] {
        assert!(refusal.contains(pointer), "{pointer}: {refusal}");
    }
    for (config, pointer) in [
        (json!({"limits": {"max_tokens": 0}}), "/limits/max_tokens: "),
        (json!({"deny": [{"terms": ["a"], "in": "answers"}]}), "/deny/0/in: "),
        (json!({"deni": []}), "/deni: "),
    ] {
        let refusal = enable(&config);
        assert!(refusal.contains(pointer), "{pointer}: {refusal}");
    }
}
