//! A Bedrock API key in the place of AWS credentials.

use serde_json::Value;

use crate::harness::{Answer, Setup, Stack};

const TOKEN: &str = "bedrock-api-key-c2VjcmV0LXRva2Vu";

fn models(stack: &Stack) -> Answer {
    let mut connection = stack.connect();
    let authorization = format!("Bearer {}", stack.key().secret);
    connection.send_request("GET", "/v1/models", &[("authorization", &authorization)], b"");
    connection.answer()
}

/// How the requests of each operation were signed.
fn schemes(stack: &Stack) -> Vec<(Value, Value)> {
    assert_eq!(stack.key().ask("hello").content(), "hello");
    assert_eq!(stack.key().stream("hello").answer().content(), "hello");
    assert_eq!(models(stack).status, 200);
    let mut schemes: Vec<_> = stack
        .sim
        .requests()
        .iter()
        .map(|request| (request["operation"].clone(), request["headers"]["authorization"].clone()))
        .collect();
    schemes.sort_by_key(|(operation, _)| operation.to_string());
    schemes.dedup();
    schemes
}

fn all(scheme: &str) -> Vec<(Value, Value)> {
    let operations = ["Converse", "ConverseStream", "ListFoundationModels", "ListInferenceProfiles"];
    operations.into_iter().map(|operation| (operation.into(), scheme.into())).collect()
}

/// As AWS documents it: the key goes before all other credentials.
#[test]
fn a_bedrock_api_key_is_used_before_other_credentials_and_is_never_logged() {
    let stack = Setup::new()
        .environment("AWS_BEARER_TOKEN_BEDROCK", TOKEN)
        .environment("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .environment("AWS_SECRET_ACCESS_KEY", "secret-of-the-example")
        .environment("ADIT_LOG", "trace")
        .start();
    assert_eq!(schemes(&stack), all("Bearer"));
    let log = stack.stop();
    assert!(log.contains("complete"), "there is a log");
    assert!(!log.contains(TOKEN) && !log.contains("secret-of-the-example"));
}

#[test]
fn without_one_requests_are_signed() {
    assert_eq!(schemes(&Setup::new().start()), all("AWS4-HMAC-SHA256"));
}
