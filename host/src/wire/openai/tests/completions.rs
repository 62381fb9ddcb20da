use super::check;
use super::events::{completion, completion_stream, frames, parse};
use super::show::{show, with_defaults};
use crate::wire::openai::{UsageChunk, completions};

#[test]
fn prompts() {
    check("completions", |case| show(&completions::decode(&with_defaults(case, &[("model", r#""m""#)]))));
}

#[test]
fn an_answer_is_its_text_alone() {
    let events = parse(
        "reasoning 0\ndelta 0 \"hm\"\nsignature 0 s\nstop 0\ntext 1\ndelta 1 \"\"\ndelta 1 \"Hi \"\ndelta 1 \"you\"\nstop 1\nend max_tokens\nusage 1 2 0 0",
    );
    let whole: serde_json::Value = serde_json::from_str(&completion(&events).unwrap()).unwrap();
    let choice =
        serde_json::json!({"text": "Hi you", "index": 0, "logprobs": null, "finish_reason": "length"});
    assert_eq!(whole["choices"], serde_json::json!([choice]));
    assert_eq!(whole["usage"]["total_tokens"], 3);

    let stream = completion_stream([events.as_slice()], UsageChunk::Include);
    assert!(stream.ends_with("data: [DONE]\n\n"));
    let frames = frames(&stream);
    let texts: Vec<&str> = frames.iter().filter_map(|frame| frame["choices"][0]["text"].as_str()).collect();
    assert_eq!(texts, ["Hi ", "you", ""]);
    assert_eq!(frames[2]["choices"][0]["finish_reason"], "length");
    assert_eq!((&frames[3]["choices"], &frames[3]["usage"]), (&serde_json::json!([]), &whole["usage"]));
}

#[test]
fn an_end_never_waits_for_tools() {
    let events = parse("tool 0 c f\ndelta 0 \"{}\"\nstop 0\nend tool_use");
    let whole: serde_json::Value = serde_json::from_str(&completion(&events).unwrap()).unwrap();
    assert_eq!(whole["choices"][0]["finish_reason"], "stop");
    assert_eq!(whole["choices"][0]["text"], "");
}

#[test]
fn an_answer_that_was_cut_off_is_never_called_done() {
    let events = parse("text 0\ndelta 0 \"Hi\"");
    assert!(completion(&events).is_err());
    let stream = completion_stream([events.as_slice()], UsageChunk::Omit);
    assert!(!stream.contains("[DONE]"));
    assert!(frames(&stream).last().unwrap().get("error").is_some());
}
