//! Files that a request names by URL: fetched only if the operator allows it, and only from where
//! everybody may look.

use serde_json::{Value, json};

use crate::harness::{Setup, Stack, says};

fn shows(url: &str) -> Value {
    let mut request = says("ignored");
    request["messages"] = json!([{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": url}},
    ]}]);
    request
}

#[test]
fn nothing_is_fetched_unless_the_operator_allows_it() {
    let stack = Stack::with([]);
    let answer = stack.key().post(&shows("https://images.example.com/cat.png"));
    let error = answer.error();
    assert_eq!((answer.status, &error["param"]), (400, &json!("messages[0].content[1].image_url.url")));
    assert!(error["message"].as_str().unwrap().contains("data:image/png;base64"), "{error}");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn nothing_is_read_from_s3_but_what_the_operator_opened() {
    let stack = Setup::new().settings("[s3]\nallow = [\"s3://media/public/\"]").start();
    let key = stack.key();
    assert_eq!(key.post(&shows("s3://media/public/cat.png")).status, 200);
    let sent = stack.sim.last_body();
    assert_eq!(
        sent["messages"][0]["content"][1]["image"]["source"]["s3Location"]["uri"],
        "s3://media/public/cat.png"
    );
    for url in ["s3://media/private/cat.png", "s3://other/public/cat.png"] {
        let answer = key.post(&shows(url));
        assert_eq!((answer.status, &answer.error()["param"]), (400, &json!("messages")), "{url}");
    }
    assert_eq!(Stack::with([]).key().post(&shows("s3://media/public/cat.png")).status, 400);
}

#[test]
fn no_address_is_asked_that_is_not_public() {
    let stack = Setup::new().settings("[fetch]\nenabled = true\ntimeout_ms = 2000").start();
    let key = stack.key();
    for url in [
        "http://127.0.0.1/cat.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/cat.png",
        "http://2130706433/cat.png",
        "http://localhost/cat.png",
        "http://user:secret@images.example.com/cat.png",
        "http://images.example.com:22/cat.png",
    ] {
        let answer = key.post(&shows(url));
        let error = answer.error();
        assert_eq!(
            (answer.status, &error["param"]),
            (400, &json!("messages[0].content[1].image_url.url")),
            "{url}"
        );
        assert!(!error["message"].as_str().unwrap().contains("secret"), "{error}");
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}
