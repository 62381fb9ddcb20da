//! An answer, and its two forms: one JSON object, or the events of a stream.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::converse::tokens;
use crate::frames::Event;

/// What the model says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) blocks: Vec<Block>,
    pub(crate) stop_reason: String,
    pub(crate) usage: Usage,
    /// Milliseconds, as the answer reports them.
    pub(crate) latency: u64,
    pub(crate) service_tier: Option<String>,
    /// What a guardrail found, if that is to be told.
    pub(crate) trace: Option<Value>,
}

/// A block of an answer, already cut into the deltas of a stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Block {
    Text(Vec<String>),
    Reasoning {
        deltas: Vec<String>,
        signature: Option<String>,
    },
    /// Base64.
    Redacted(String),
    /// `fragments` joined are the arguments' JSON; nothing at all means no arguments.
    ToolUse {
        id: String,
        name: String,
        fragments: Vec<String>,
    },
}

/// Tokens used. The cache counts are apart from `input_tokens`, as in the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the members as the service names them")]
pub(crate) struct Usage {
    #[serde(default)]
    pub(crate) input_tokens: u64,
    #[serde(default)]
    pub(crate) output_tokens: u64,
    pub(crate) cache_read_input_tokens: Option<u64>,
    pub(crate) cache_write_input_tokens: Option<u64>,
}

impl Usage {
    fn json(self) -> Value {
        let (read, write) = (self.cache_read_input_tokens, self.cache_write_input_tokens);
        let mut usage = Map::new();
        // The service writes each cache count twice, under an old and a new name.
        for (names, count) in [
            (["cacheReadInputTokenCount", "cacheReadInputTokens"], read),
            (["cacheWriteInputTokenCount", "cacheWriteInputTokens"], write),
        ] {
            if let Some(count) = count {
                usage.extend(names.map(|name| (name.to_owned(), Value::from(count))));
            }
        }
        let total = self.input_tokens + self.output_tokens + read.unwrap_or(0) + write.unwrap_or(0);
        usage.insert("inputTokens".to_owned(), self.input_tokens.into());
        usage.insert("outputTokens".to_owned(), self.output_tokens.into());
        usage.insert("serverToolUsage".to_owned(), json!({}));
        usage.insert("totalTokens".to_owned(), total.into());
        Value::Object(usage)
    }
}

impl Block {
    /// A text in the deltas of the default model.
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(tokens::split(text))
    }

    /// A call whose arguments come as Claude sends them: an empty fragment, then small ones, cut
    /// wherever the count of characters falls, inside an escape too. No arguments are no fragments.
    pub(crate) fn tool_use(id: String, name: String, arguments: &str) -> Self {
        let mut fragments = vec![String::new()];
        if arguments != "{}" {
            let mut lengths = [2, 7, 3, 11, 5].into_iter().cycle();
            let mut letters = arguments.chars().peekable();
            while letters.peek().is_some() {
                fragments.push(letters.by_ref().take(lengths.next().unwrap_or(1)).collect());
            }
        }
        Self::ToolUse { id, name, fragments }
    }

    /// How many tokens it counts for.
    pub(crate) fn tokens(&self) -> u64 {
        match self {
            Self::Text(deltas) | Self::Reasoning { deltas, .. } => tokens::count(&deltas.concat()),
            Self::Redacted(_) => tokens::OF_MEDIA,
            Self::ToolUse { name, fragments, .. } => tokens::count(name) + tokens::count(&fragments.concat()),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Text(deltas) => json!({"text": deltas.concat()}),
            Self::Reasoning { deltas, signature } => {
                let reasoning = match signature {
                    Some(signature) => json!({"text": deltas.concat(), "signature": signature}),
                    None => json!({"text": deltas.concat()}),
                };
                json!({"reasoningContent": {"reasoningText": reasoning}})
            }
            Self::Redacted(base64) => json!({"reasoningContent": {"redactedContent": base64}}),
            Self::ToolUse { id, name, fragments } => {
                let arguments = fragments.concat();
                let input = match serde_json::from_str(&arguments) {
                    Ok(input) => input,
                    Err(_) if arguments.is_empty() => json!({}),
                    Err(_) => Value::String(arguments),
                };
                json!({"toolUse": {"toolUseId": id, "name": name, "input": input, "type": "tool_use"}})
            }
        }
    }

    /// The block's payloads: start (of a call only), deltas. The stop is the same for all.
    fn deltas(&self) -> (Option<Value>, Vec<Value>) {
        match self {
            Self::Text(deltas) => (None, deltas.iter().map(|delta| json!({"text": delta})).collect()),
            Self::Reasoning { deltas, signature } => {
                let texts = deltas.iter().map(|delta| json!({"reasoningContent": {"text": delta}}));
                let signature =
                    signature.iter().map(|signature| json!({"reasoningContent": {"signature": signature}}));
                (None, texts.chain(signature).collect())
            }
            Self::Redacted(base64) => (None, vec![json!({"reasoningContent": {"redactedContent": base64}})]),
            Self::ToolUse { id, name, fragments } => (
                Some(json!({"toolUse": {"name": name, "toolUseId": id, "type": "tool_use"}})),
                fragments.iter().map(|fragment| json!({"toolUse": {"input": fragment}})).collect(),
            ),
        }
    }
}

impl Answer {
    /// The body of a Converse answer.
    pub(crate) fn json(&self) -> Value {
        let content: Vec<Value> = self.blocks.iter().map(Block::json).collect();
        let mut body = self.metadata();
        body.insert("output".to_owned(), json!({"message": {"content": content, "role": "assistant"}}));
        body.insert("stopReason".to_owned(), self.stop_reason.as_str().into());
        Value::Object(body)
    }

    /// What a whole answer has beside the output, and what ends a stream.
    fn metadata(&self) -> Map<String, Value> {
        let mut metadata = Map::new();
        metadata.insert("metrics".to_owned(), json!({"latencyMs": self.latency}));
        metadata.insert("usage".to_owned(), self.usage.json());
        metadata
            .extend(self.service_tier.iter().map(|tier| ("serviceTier".to_owned(), json!({"type": tier}))));
        metadata.extend(self.trace.iter().map(|trace| ("trace".to_owned(), trace.clone())));
        metadata
    }

    /// The events of a ConverseStream answer: start, blocks, stop, and the usage last.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut events = vec![of("messageStart", [("role", "assistant".into())])];
        for (index, block) in self.blocks.iter().enumerate() {
            let index = || ("contentBlockIndex", Value::from(index));
            let (start, deltas) = block.deltas();
            events.extend(start.map(|start| of("contentBlockStart", [index(), ("start", start)])));
            events
                .extend(deltas.into_iter().map(|delta| of("contentBlockDelta", [index(), ("delta", delta)])));
            events.push(of("contentBlockStop", [index()]));
        }
        events.push(of("messageStop", [("stopReason", self.stop_reason.as_str().into())]));
        events.push(Event { kind: "metadata", payload: self.metadata() });
        events
    }
}

fn of<const N: usize>(kind: &'static str, members: [(&str, Value); N]) -> Event {
    Event { kind, payload: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(blocks: Vec<Block>) -> Answer {
        Answer {
            blocks,
            stop_reason: "end_turn".to_owned(),
            usage: Usage::default(),
            latency: 1,
            service_tier: None,
            trace: None,
        }
    }

    #[test]
    fn only_a_call_has_a_start_and_all_blocks_have_a_stop() {
        let call = Block::tool_use("t1".to_owned(), "f".to_owned(), r#"{"a":"ü"}"#);
        let reasoning = Block::Reasoning { deltas: vec!["hm".to_owned()], signature: Some("s".to_owned()) };
        let kinds: Vec<_> = answer(vec![reasoning, Block::text("a b"), call])
            .events()
            .into_iter()
            .map(|event| event.kind)
            .collect();
        let expected = "messageStart contentBlockDelta contentBlockDelta contentBlockStop \
            contentBlockDelta contentBlockDelta contentBlockStop \
            contentBlockStart contentBlockDelta contentBlockDelta contentBlockDelta contentBlockStop \
            messageStop metadata";
        assert_eq!(kinds.join(" "), expected);
    }

    #[test]
    fn arguments_come_in_fragments_and_no_arguments_as_nothing() {
        let fragments = |arguments: &str| match Block::tool_use(String::new(), String::new(), arguments) {
            Block::ToolUse { fragments, .. } => fragments,
            other => unreachable!("{other:?}"),
        };
        assert_eq!(fragments("{}"), [""]);
        let cut = fragments(r#"{"city":"Z\u00fcrich 東京"}"#);
        assert_eq!(cut.first().map(String::as_str), Some(""));
        assert_eq!(cut.concat(), r#"{"city":"Z\u00fcrich 東京"}"#);
        assert!(cut.len() > 4, "{cut:?}");
    }

    #[test]
    fn the_total_counts_the_cache() {
        let usage = Usage {
            input_tokens: 11,
            output_tokens: 236,
            cache_read_input_tokens: Some(0),
            cache_write_input_tokens: Some(1028),
        };
        assert_eq!(
            usage.json(),
            json!({"cacheReadInputTokenCount": 0, "cacheReadInputTokens": 0, "cacheWriteInputTokenCount": 1028,
                "cacheWriteInputTokens": 1028, "inputTokens": 11, "outputTokens": 236, "serverToolUsage": {},
                "totalTokens": 1275})
        );
    }
}
