//! Who does not have a valid key learns nothing else.

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Stack, says};

/// The checksum at the end of a key: CRC-32 of what stands before it, in 6 base62 digits.
fn checksum(body: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let shifted = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
    let crc =
        !body.bytes().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| shifted(crc)));
    (0..6).rev().map(|place| char::from(DIGITS[(crc / 62_u32.pow(place) % 62) as usize])).collect()
}

/// A well-formed key with this id and another key's secret.
fn forged(id: &str, other: &Key<'_>) -> String {
    let body = format!("adit_{id}_{}", &other.secret[16..59]);
    let forged = format!("{body}{}", checksum(&body));
    assert_eq!(forged.len(), other.secret.len());
    forged
}

fn refused(answer: &Answer) -> String {
    let error = answer.error();
    assert_eq!((answer.status, &error["type"]), (401, &json!("authentication_error")), "{error}");
    assert_eq!((&error["code"], &error["param"]), (&json!("invalid_api_key"), &Value::Null));
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert!(answer.header("x-request-id").is_some_and(|id| id.starts_with("req_")));
    error["message"].as_str().unwrap().to_owned()
}

fn with_authorization(stack: &Stack, value: Option<&str>) -> Answer {
    let mut connection = stack.connect();
    let headers: Vec<_> = value.map(|value| ("authorization", value)).into_iter().collect();
    let body = says("hello").to_string();
    connection.send_request("POST", "/v1/chat/completions", &headers, body.as_bytes());
    connection.answer()
}

#[test]
fn a_header_without_a_key_is_refused() {
    let stack = Stack::with([]);
    let secret = stack.key().secret;
    let basic = format!("Basic {secret}");
    for value in [None, Some(""), Some("Bearer"), Some("Bearer "), Some(&secret), Some(&basic)] {
        refused(&with_authorization(&stack, value));
    }
    let lower_case = format!("bearer {secret}");
    assert_eq!(with_authorization(&stack, Some(&lower_case)).content(), "hello");
}

#[test]
fn a_key_that_is_not_valid_is_refused() {
    let stack = Stack::with([]);
    let (key, other) = (stack.key(), stack.key());
    let id = &key.secret[5..15];
    assert_eq!(forged(id, &key), key.secret, "the checksum of this test is wrong");

    let refusal = |secret: &str| refused(&Key::with_secret(&stack, secret).ask("hello"));
    let unknown = refusal(&forged("aaaaaaaaaa", &key));
    assert_eq!(refusal(&forged(id, &other)), unknown, "an id can be tried out");

    let cut = &key.secret[..64];
    let altered = key.secret.replace(id, "aaaaaaaaaa");
    for malformed in ["sk-proj-1234", "adit_", cut, &altered, &"a".repeat(4000)] {
        let message = refusal(malformed);
        assert!(message.contains("malformed") && !message.contains(malformed), "{message}");
    }

    stack.adit(&["key", "revoke", &key.name]);
    assert!(refusal(&key.secret).contains("revoked"));
    assert_eq!(refusal(&forged(id, &other)), unknown, "that a key is revoked is told to a stranger");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
    assert_eq!(other.ask("hello").content(), "hello");
}

#[test]
fn the_list_of_models_needs_a_key() {
    let stack = Stack::with([]);
    let list = |key: Option<&Key<'_>>| {
        let authorization = key.map(|key| format!("Bearer {}", key.secret));
        let headers: Vec<_> = authorization.iter().map(|value| ("authorization", value.as_str())).collect();
        let mut connection = stack.connect();
        connection.send_request("GET", "/v1/models", &headers, b"");
        connection.answer()
    };
    refused(&list(None));
    let listed = list(Some(&stack.key())).json();
    assert!(listed["data"].as_array().unwrap().iter().any(|model| model["id"] == crate::harness::MODEL));
}
