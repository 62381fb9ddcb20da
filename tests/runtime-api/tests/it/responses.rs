//! What clients and functions see of each other.

use runtime_api::{Fault, Front, Identity};
use serde_json::json;

use crate::client::{fetch, request};
use crate::{empty, start};

#[test]
fn a_request_reaches_the_function_behind_a_function_url() {
    let emulator = start(empty());
    let headers = "x-test: yes\r\ncookie: a=b; c=d\r\ncontent-type: application/json\r\n";
    let response = request(&emulator, "POST", "/echo?x=%20&y=1", headers, "{}");
    assert_eq!((response.status, response.header("set-cookie")), (207, Some("a=b")));
    assert_eq!(
        response.json(),
        json!({
            "method": "POST", "path": "/echo", "uri": "/echo", "query": "x=%20&y=1", "header": "yes",
            "cookie": "a=b; c=d", "body": "{}", "caller": null, "deadline": true,
        })
    );
    assert_eq!(emulator.faults(), []);
}

#[test]
fn a_request_reaches_the_function_behind_a_rest_api() {
    let mut function = empty();
    function.front = Front::Rest { stage: "dev".to_owned() };
    let emulator = start(function);
    let echo = request(&emulator, "POST", "/dev/echo?x=%20&y=1", "cookie: a=b\r\n", "{}").json();
    // What AWS's own translation makes of the stage, unless it is told to leave it out.
    assert_eq!((&echo["path"], &echo["uri"]), (&json!("/echo"), &json!("/dev/echo")));
    assert_eq!((&echo["cookie"], &echo["body"]), (&json!("a=b"), &json!("{}")));
    let elsewhere = fetch(&emulator, "/echo");
    assert_eq!(
        (elsewhere.status, elsewhere.text().as_str()),
        (403, r#"{"message":"Missing Authentication Token"}"#)
    );
    assert_eq!(emulator.faults(), []);
}

#[test]
fn a_caller_that_iam_knows_stands_in_events_of_both_formats() {
    let arn = "arn:aws:iam::123456789012:user/alice";
    for (front, path) in [(Front::Url, "/echo"), (Front::Rest { stage: "dev".to_owned() }, "/dev/echo")] {
        let mut function = empty();
        function.front = front;
        function.identity = Some(Identity { arn: arn.to_owned(), account: "123456789012".to_owned() });
        assert_eq!(fetch(&start(function), path).json()["caller"], arn);
    }
}

#[test]
fn chunks_stay_as_the_function_wrote_them() {
    let emulator = start(empty());
    let (chunks, is_whole) = fetch(&emulator, "/stream").chunks();
    assert_eq!((chunks, is_whole), (vec!["one".to_owned(), "two".to_owned(), "three".to_owned()], true));
    assert_eq!(emulator.faults(), []);
}

#[test]
fn a_chunk_is_there_before_the_next_is_made() {
    let emulator = start(empty());
    let mut response = fetch(&emulator, "/stuck");
    assert_eq!(response.chunk(), Ok(Some(b"one".to_vec())));
}

#[test]
fn an_error_is_a_502_that_does_not_say_why() {
    let emulator = start(empty());
    let response = fetch(&emulator, "/error");
    assert_eq!((response.status, response.text().as_str()), (502, "Internal Server Error"));
    assert!(matches!(emulator.faults().as_slice(), [Fault::Function(said)] if said.contains("a reason")));
    // The environment goes on.
    assert_eq!(fetch(&emulator, "/stream").status, 207);
    assert_eq!(emulator.environments().len(), 1);
}

#[test]
fn the_text_of_the_runtime_in_a_body_is_seen() {
    let emulator = start(empty());
    let (chunks, is_whole) = fetch(&emulator, "/broken").chunks();
    // AWS's own client does this: the client cannot tell it from what the function has said.
    assert!(is_whole && chunks.concat().contains("Runtime.StreamError"), "{chunks:?}");
    assert_eq!(emulator.faults(), [Fault::RuntimeText]);
}

#[test]
fn a_request_that_no_event_has_room_for_reaches_nobody() {
    let emulator = start(empty());
    let response = request(&emulator, "POST", "/echo", "", &"x".repeat(6 * 1024 * 1024));
    assert_eq!(response.status, 413);
    assert!(emulator.environments().is_empty());
}
