//! Requests become events of two formats, and both become the same requests again.

use runtime_api::{Front, Identity};
use serde_json::{Value, json};

use crate::harness::{Key, Setup, Stack, says};

/// Each of the two ways in, with what paths begin with there.
fn fronts() -> [(Front, &'static str); 2] {
    [(Front::Url, ""), (Front::Rest { stage: "dev".to_owned() }, "/dev")]
}

fn behind(front: &Front) -> Setup {
    let front = front.clone();
    Setup::new().on_lambda(move |function| function.front = front.clone())
}

#[test]
fn every_route_answers_behind_both_ways_in() {
    for (front, begin) in fronts() {
        let stack = behind(&front).plugins(["hello"]).start();
        let key = stack.key().with("hello", &json!({}));
        let path = format!("{begin}/v1/chat/completions");
        assert_eq!(key.post_to(&path, &[], &says("hello")).content(), "HELLO", "{front:?}");
        let mut streamed = says("hello");
        streamed["stream"] = json!(true);
        let answer = key.post_to(&path, &[], &streamed);
        assert!(answer.is_stream() && answer.content() == "HELLO", "{front:?}");
        let models = key.get(&format!("{begin}/v1/models")).json();
        assert_eq!(models["object"], "list", "{front:?}");
        let name = "us.amazon.nova-lite-v1%3A0";
        assert_eq!(key.get(&format!("{begin}/v1/models/{name}")).json()["id"], "us.amazon.nova-lite-v1:0");
        assert_eq!(key.get(&format!("{begin}/nothing")).error()["code"], "unknown_url", "{front:?}");
    }
}

#[test]
fn a_query_reaches_the_route() {
    for (front, begin) in fronts() {
        let stack = behind(&front).start();
        let usage = stack.key().get(&format!("{begin}/v1/usage?since=2020-01-01&until=2020-01-31")).json();
        assert_eq!(usage["until"], "2020-01-31", "{front:?}");
    }
}

#[test]
fn a_body_may_be_any_bytes() {
    for (front, begin) in fronts() {
        let stack = behind(&front).start();
        let key = stack.key();
        let text = "żółw 🐢 \u{0}\u{7f}";
        let path = format!("{begin}/v1/chat/completions");
        // Not a type of text: a Function URL sends it as base64.
        for content_type in ["application/json", "application/octet-stream"] {
            let mut connection = stack.connect();
            let authorization = format!("Bearer {}", key.secret);
            let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
            connection.send_request("POST", &path, &headers, says(text).to_string().as_bytes());
            assert_eq!(connection.answer().content(), text, "{front:?} {content_type}");
        }
        let mut connection = stack.connect();
        connection.post(&path, Some(&key.secret), b"{\"model\": \"\xff\"}");
        assert_eq!(connection.answer().error()["code"], "invalid_json", "{front:?}");
    }
}

#[test]
fn a_caller_that_iam_knows_counts_as_the_key_that_names_it() {
    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/app-search/i-1";
    for (front, begin) in fronts() {
        let stack = Setup::new()
            .settings("[auth]\niam = true")
            .on_lambda(move |function| {
                function.front = front.clone();
                function.identity =
                    Some(Identity { arn: ARN.to_owned(), account: "123456789012".to_owned() });
            })
            .start();
        assert_eq!(without_key(&stack, begin).status, 401);
        let key = stack.key();
        let pattern = "arn:aws:sts::123456789012:assumed-role/app-*/*";
        stack.adit(&["key", "principal", "add", &key.name, pattern]);
        assert_eq!(without_key(&stack, begin).content(), "hello");
        assert_eq!(usage(&key, begin)["requests"], 1);
        // A key that is presented goes before.
        let path = format!("{begin}/v1/chat/completions");
        assert_eq!(Key::with_secret(&stack, "adit_wrong").post_to(&path, &[], &says("hello")).status, 401);
    }
}

#[test]
fn a_caller_that_only_says_who_it_is_needs_a_key() {
    for (front, begin) in fronts() {
        let stack = behind(&front).settings("[auth]\niam = true").start();
        let key = stack.key();
        stack.adit(&["key", "principal", "add", &key.name, "arn:aws:iam::123456789012:user/alice"]);
        let mut connection = stack.connect();
        let said = r#"{"authorizer":{"iam":{"userArn":"arn:aws:iam::123456789012:user/alice"}}}"#;
        let headers = [
            ("content-type", "application/json"),
            ("x-amzn-request-context", said),
            ("x-amz-user-arn", "arn:aws:iam::123456789012:user/alice"),
        ];
        let path = format!("{begin}/v1/chat/completions");
        connection.send_request("POST", &path, &headers, says("hello").to_string().as_bytes());
        assert_eq!(connection.answer().status, 401);
    }
}

fn without_key(stack: &Stack, begin: &str) -> crate::harness::Answer {
    let mut connection = stack.connect();
    let path = format!("{begin}/v1/chat/completions");
    connection.post(&path, None, says("hello").to_string().as_bytes());
    connection.answer()
}

fn usage(key: &Key<'_>, begin: &str) -> Value {
    key.get(&format!("{begin}/v1/usage")).json()["total"].take()
}
