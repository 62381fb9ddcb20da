//! Bodies within the limit of bytes that would keep a core busy for minutes, if what is in them were
//! compared each with each.

use crate::wire::openai::{Decoded, decode};

fn many(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(",")
}

fn refused(members: &str) -> (String, String) {
    let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}],{members}}}"#);
    let failure = decode(body.as_bytes()).unwrap_err();
    (failure.param.unwrap_or_default(), failure.message)
}

fn read(messages: &str, members: &str) -> Decoded {
    let body = format!(r#"{{"model":"m","messages":[{messages}]{members}}}"#);
    assert!(body.len() < 32 << 20);
    decode(body.as_bytes()).unwrap()
}

#[test]
fn too_many_of_anything_is_a_400_that_says_how_many_there_may_be() {
    let messages = many(100_001, |_| r#"{"role":"user","content":"a"}"#.to_owned());
    let failure = decode(format!(r#"{{"model":"m","messages":[{messages}]}}"#).as_bytes()).unwrap_err();
    assert_eq!(failure.message, "`messages` must hold at most 100000 messages");

    let tools = many(4097, |place| format!(r#"{{"type":"function","function":{{"name":"f{place}"}}}}"#));
    assert_eq!(refused(&format!(r#""tools":[{tools}]"#)).1, "`tools` must hold at most 4096 tools");

    let members = many(10_001, |place| format!(r#""{place}":1"#));
    let (param, _) = refused(&format!(r#""additional_model_request_fields":{{{members}}}"#));
    assert_eq!(param, "additional_model_request_fields");
    assert_eq!(refused(&members).1, "the body must have at most 10000 members");
}

#[test]
fn very_many_answers_beside_very_many_calls_take_no_time() {
    let calls = many(150_000, |place| format!(r#"{{"id":"{place}","function":{{"name":"f"}}}}"#));
    let answers = many(90_000, |_| r#"{"role":"assistant","content":"a"}"#.to_owned());
    let messages =
        format!(r#"{{"role":"user","content":"a"}},{{"role":"assistant","tool_calls":[{calls}]}},{answers}"#);
    assert_eq!(read(&messages, "").request.messages.len(), 3);
}

#[test]
fn very_many_allowed_tools_take_no_time() {
    let name = "f".repeat(40);
    let tools =
        many(4096, |place| format!(r#"{{"type":"function","function":{{"name":"{name}{place:04}"}}}}"#));
    let allowed = many(350_000, |_| format!(r#"{{"function":{{"name":"{name}4095"}}}}"#));
    let members = format!(
        r#","tools":[{tools}],"tool_choice":{{"type":"allowed_tools","allowed_tools":{{"mode":"auto","tools":[{allowed}]}}}}"#
    );
    assert_eq!(read(r#"{"role":"user","content":"Hi"}"#, &members).request.tools.len(), 1);
}
