use std::cell::OnceCell;

use serde_json::{Value, json};

use crate::{frames, hash, host, refusal, sse};

const PREFIX: &str = "adit1_";

/// An answer in which a thought leads to a call.
const THOUGHT: &str = r#"messageStart {"role":"assistant"}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"I should look."}}}
contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2VhbA=="}}}
contentBlockStop {"contentBlockIndex":0}
contentBlockStart {"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"t1","name":"look"}}}
contentBlockStop {"contentBlockIndex":1}
messageStop {"stopReason":"tool_use"}
"#;

/// Lines as ids of calls that come back with the history: as they are, behind the mark of ids that
/// hold thinking, and spliced into an id that holds some. The request is served or refused, and only
/// an id that came from Adit brings thinking back.
pub fn tool_capsule(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let real = real();
    assert!(thinks(&[real]), "an id that Adit gave brings the thinking back");
    let lines: Vec<&str> = text.lines().take(8).collect();
    let mut ids = Vec::new();
    for line in lines.iter().filter(|line| !line.contains(real)) {
        let place = hash(line.as_bytes()) % real.len();
        ids.push((*line).to_owned());
        ids.push(format!("{PREFIX}{line}"));
        ids.push(format!("{}{line}{}", &real[..place], &real[(place + line.len()).min(real.len())..]));
    }
    ids.retain(|id| id != real);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert!(!thinks(&ids), "an id that Adit never gave brings thinking");
}

/// An id that holds thinking. All hosts seal with the same secret, but for another key each.
fn real() -> &'static str {
    thread_local! {
        static REAL: OnceCell<&'static str> = const { OnceCell::new() };
    }
    REAL.with(|real| *real.get_or_init(|| make_real().leak()))
}

fn make_real() -> String {
    let request = json!({
        "model": "anthropic.claude-sonnet-4-5-20250929-v1:0", "stream": true, "tools": tools(),
        "messages": [{"role": "user", "content": "Hello"}],
    });
    let body = frames::body(THOUGHT.as_bytes());
    let answer = host::with(|host| {
        host.memory.will_answer_streamed(&body, body.len());
        host.post("/v1/chat/completions", request.to_string().into())
    });
    let joined = sse::joined(&answer.text);
    let id = joined.calls.first().and_then(|call| call.id.as_str()).expect("the call has an id");
    assert!(id.starts_with(PREFIX), "the id holds thinking: {id}");
    id.to_owned()
}

fn tools() -> Value {
    json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}])
}

/// Whether thinking stands in what the model would get, if calls of these ids came back.
fn thinks(ids: &[&str]) -> bool {
    let calls = ids
        .iter()
        .map(|id| json!({"id": id, "type": "function", "function": {"name": "look", "arguments": "{}"}}));
    let results = ids.iter().map(|id| json!({"role": "tool", "tool_call_id": id, "content": "seen"}));
    let mut messages = vec![
        json!({"role": "user", "content": "Hello"}),
        json!({"role": "assistant", "content": "I look.", "tool_calls": calls.collect::<Vec<_>>()}),
    ];
    messages.extend(results);
    let request = json!({
        "model": "anthropic.claude-sonnet-4-5-20250929-v1:0", "tools": tools(), "messages": messages,
        "thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 4000,
    });
    let answer = host::with(|host| host.post("/v1/adit/explain", request.to_string().into()));
    if answer.status != 200 {
        assert!((400..500).contains(&answer.status), "{answer:?}");
        refusal::parse(&answer.text);
        return false;
    }
    let explanation: Value = serde_json::from_str(&answer.text).expect("an explanation is JSON");
    let messages = explanation["request"]["body"]["messages"].as_array().expect("a body has messages");
    let mut blocks = messages.iter().flat_map(|message| message["content"].as_array().into_iter().flatten());
    blocks.any(|block| block.get("reasoningContent").is_some())
}
