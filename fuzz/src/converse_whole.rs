use serde_json::Value;
use serde_json::value::RawValue;

use crate::{host, refusal};

const REQUEST: &str = r#"{"model":"anthropic.claude-sonnet-4-5-20250929-v1:0",
"messages":[{"role":"user","content":"Hello"}],
"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]}"#;

/// Bytes as the body of Converse's answer: a completion, or an error that puts the blame on Bedrock.
pub fn converse_whole(data: &[u8]) {
    let answer = host::with(|host| {
        host.memory.will_answer_whole(data);
        host.post("/v1/chat/completions", REQUEST.into())
    });
    if answer.status == 200 {
        let completion: Value = serde_json::from_str(&answer.text).expect("a completion is JSON");
        let choice = &completion["choices"][0];
        assert!(choice["finish_reason"].is_string(), "no reason to end: {completion}");
        for call in choice["message"]["tool_calls"].as_array().into_iter().flatten() {
            let arguments = call["function"]["arguments"].as_str().expect("arguments are text");
            // Not as a `Value`, which may only be 128 deep.
            serde_json::from_str::<&RawValue>(arguments).expect("arguments are JSON");
        }
    } else {
        let error = refusal::parse(&answer.text);
        assert!(answer.status >= 500 && error["type"] == "api_error", "{answer:?}");
        refusal::check_message(error["message"].as_str().expect("a message is text"), data);
    }
}
