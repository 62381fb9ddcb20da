//! Texts become vectors, by each maker's own interface, past the same plugins.

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Stack};

const TITAN_1: &str = "amazon.titan-embed-text-v1";
const TITAN_2: &str = "amazon.titan-embed-text-v2:0";
const COHERE_3: &str = "cohere.embed-english-v3";
const COHERE_4: &str = "us.cohere.embed-v4:0";
const NOVA: &str = "amazon.nova-2-multimodal-embeddings-v1:0";

fn embed(stack: &Stack, key: &Key<'_>, body: &Value) -> Answer {
    let mut connection = stack.connect();
    connection.post("/v1/embeddings", Some(&key.secret), body.to_string().as_bytes());
    connection.answer()
}

/// The vectors of an answer, each at its place.
fn vectors(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let answer = answer.json();
    let entries = answer["data"].as_array().unwrap();
    for (index, entry) in entries.iter().enumerate() {
        assert_eq!((&entry["index"], &entry["object"]), (&json!(index), &json!("embedding")));
    }
    entries.iter().map(|entry| entry["embedding"].clone()).collect()
}

fn vector(stack: &Stack, key: &Key<'_>, model: &str, text: &str) -> Value {
    vectors(&embed(stack, key, &json!({"model": model, "input": text}))).remove(0)
}

#[test]
fn each_model_makes_its_vectors_in_the_order_of_the_texts() {
    let stack = Stack::with([]);
    let key = stack.key();
    let texts: Vec<String> = (0..20).map(|number| format!("text number {number}")).collect();
    for (model, length, calls) in
        [(TITAN_1, 1536, 20), (TITAN_2, 1024, 20), (COHERE_3, 1024, 1), (COHERE_4, 1536, 1), (NOVA, 3072, 20)]
    {
        let before = stack.sim.requests().len();
        let answer = embed(&stack, &key, &json!({"model": model, "input": texts, "user": "u"}));
        let vectors = vectors(&answer);
        assert_eq!(stack.sim.requests().len() - before, calls, "{model}");
        assert_eq!(vectors[0].as_array().unwrap().len(), length, "{model}");
        for place in [0, 7, 19] {
            assert_eq!(vectors[place], vector(&stack, &key, model, &texts[place]), "{model} {place}");
        }
        let answer = answer.json();
        assert_eq!((&answer["object"], &answer["model"]), (&json!("list"), &json!(model)));
        let tokens = answer["usage"]["prompt_tokens"].as_u64().unwrap();
        assert!(tokens >= 20, "{model}: {tokens} tokens");
        assert_eq!(answer["usage"]["total_tokens"], tokens);
    }
}

#[test]
fn tokens_are_read_as_the_text_that_they_stand_for() {
    let stack = Stack::with([]);
    let key = stack.key();
    let expected = vector(&stack, &key, TITAN_2, "hello world");
    for input in [json!([15339, 1917]), json!([[15339, 1917]])] {
        let body = json!({"model": TITAN_2, "input": input});
        assert_eq!(vectors(&embed(&stack, &key, &body)), std::slice::from_ref(&expected));
        assert_eq!(stack.sim.last_body(), json!({"inputText": "hello world"}));
    }
}

#[test]
fn dimensions_and_encoding_are_the_clients_choice() {
    let stack = Stack::with([]);
    let key = stack.key();
    for (model, dimensions) in [(TITAN_2, 256), (COHERE_4, 512), (NOVA, 384), (COHERE_3, 1024)] {
        let mut body = json!({"model": model, "input": "hello", "dimensions": dimensions});
        let numbers = vectors(&embed(&stack, &key, &body)).remove(0);
        assert_eq!(numbers.as_array().unwrap().len(), dimensions, "{model}");
        body["encoding_format"] = json!("base64");
        let packed = vectors(&embed(&stack, &key, &body)).remove(0);
        // Four bytes a number, and four characters for three bytes.
        assert_eq!(packed.as_str().unwrap().len(), (dimensions * 4).div_ceil(3) * 4, "{model}");
    }
    let answer = embed(&stack, &key, &json!({"model": TITAN_2, "input": "hello", "dimensions": 300}));
    let error = answer.error();
    assert_eq!((answer.status, &error["param"]), (400, &json!("dimensions")));
    assert!(error["message"].as_str().unwrap().contains("1024, 512, 256"), "{error}");
}

#[test]
fn what_has_no_effect_is_reported() {
    let stack = Stack::with([]);
    let key = stack.key();
    let body =
        json!({"model": TITAN_2, "input": "a", "input_type": "search_query", "user": "u", "truncate": "END"});
    assert_eq!(embed(&stack, &key, &body).header("x-adit-dropped"), Some("truncate,input_type"));
    let body = json!({"model": COHERE_3, "input": "a", "input_type": "search_query"});
    assert_eq!(embed(&stack, &key, &body).header("x-adit-dropped"), None);
    assert_eq!(stack.sim.last_body(), json!({"texts": ["a"], "input_type": "search_query"}));
}

#[test]
fn what_cannot_be_embedded_is_refused() {
    let stack = Stack::with([]);
    let key = stack.key();
    let cases = [
        (json!({"model": TITAN_2, "input": ""}), 400, "input"),
        (json!({"model": TITAN_2, "input": []}), 400, "input"),
        (json!({"model": TITAN_2, "input": ["a", ""]}), 400, "input[1]"),
        (json!({"model": TITAN_2, "input": ["a", 5]}), 400, "input[1]"),
        (json!({"model": TITAN_2, "input": [100_256]}), 400, "input[0]"),
        (json!({"model": TITAN_2, "input": vec!["a"; 2049]}), 400, "input"),
        (json!({"model": TITAN_2}), 400, "input"),
        (json!({"input": "a"}), 400, "model"),
        (json!({"model": "us.amazon.nova-lite-v1:0", "input": "a"}), 400, "model"),
        (json!({"model": "text-embedding-3-small", "input": "a"}), 404, "model"),
        (json!({"model": COHERE_3, "input": "a".repeat(2049)}), 400, "input"),
    ];
    for (body, status, param) in cases {
        let answer = embed(&stack, &key, &body);
        assert_eq!((answer.status, &answer.error()["param"]), (status, &json!(param)), "{}", answer.text());
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
    let mut connection = stack.connect();
    connection.post("/v1/embeddings", None, b"{}");
    assert_eq!(connection.answer().status, 401);
}

#[test]
fn one_call_that_fails_fails_the_request() {
    let stack = Stack::with([]);
    let key = stack.key();
    let action = json!({"error": {"type": "AccessDeniedException", "message": "no access"}});
    stack.sim.run(&json!([{"match": {"textContains": "number 13"}, "action": action}]));
    let texts: Vec<String> = (0..20).map(|number| format!("number {number}")).collect();
    let answer = embed(&stack, &key, &json!({"model": TITAN_2, "input": texts}));
    assert_eq!((answer.status, &answer.error()["code"]), (403, &json!("model_access_denied")));
}

#[test]
fn no_address_reaches_the_model() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    let input = json!(["nothing personal", "write to ada@example.org", "or to ada@example.org"]);
    for model in [TITAN_2, COHERE_3, NOVA] {
        vectors(&embed(&stack, &key, &json!({"model": model, "input": input})));
    }
    let sent = json!(stack.sim.requests()).to_string();
    assert!(!sent.contains("ada@example.org") && sent.contains("nothing personal"), "{sent}");
    assert_eq!(sent.matches("[EMAIL_").count(), 6, "{sent}");
    // The first tokens of the vocabulary are the visible characters of ASCII.
    let tokens: Vec<u8> = "ada@example.org".bytes().map(|byte| byte - b'!').collect();
    vectors(&embed(&stack, &key, &json!({"model": TITAN_2, "input": [tokens]})));
    let sent = stack.sim.last_body()["inputText"].as_str().unwrap().to_owned();
    assert!(sent.starts_with("[EMAIL_"), "{sent}");

    let key = stack.key().with("redact", &json!({"mode": "block"}));
    let answer = embed(&stack, &key, &json!({"model": TITAN_2, "input": input}));
    assert_eq!((answer.status, &answer.error()["code"]), (400, &json!("content_blocked")));
}

#[test]
fn plugins_choose_the_model_and_cannot_answer_in_its_place() {
    let stack = Stack::with(["route", "respond", "deny"]);
    let key = stack.key().with("route", &json!({"aliases": {"text-embedding-3-small": TITAN_2}}));
    let body = json!({"model": "text-embedding-3-small", "input": "hello"});
    let answer = embed(&stack, &key, &body);
    assert_eq!((answer.status, &answer.json()["model"]), (200, &json!(TITAN_2)));

    let body = json!({"model": TITAN_2, "input": "hello"});
    let answer = embed(&stack, &stack.key().with("respond", &json!({})), &body);
    assert_eq!((answer.status, &answer.error()["type"]), (400, &json!("plugin_error")));
    for hook in ["route", "prompt"] {
        let key = stack.key().with("deny", &json!({"in": hook, "status": 451}));
        assert_eq!(embed(&stack, &key, &body).status, 451, "{hook}");
    }
    // One that reads answers has nothing to read.
    let key = stack.key().with("deny", &json!({"in": "text", "status": 451}));
    assert_eq!(embed(&stack, &key, &body).status, 200);
}
