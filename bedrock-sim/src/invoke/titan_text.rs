//! Amazon Titan Text (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-text.html>).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::schema::{self, Schema, optional, required};
use crate::converse::answer::{Answer, Block};
use crate::converse::guardrail::Guardrail;
use crate::converse::request::Request as Conversation;
use crate::converse::validate::bare;
use crate::converse::{model, tokens};
use crate::error::ServiceError;
use crate::frames::Event;

const TEXT: Schema = Schema::Text { least: 1, most: 42_000 };
/// The service takes no other stop sequence, and one alone.
const STOPS: Schema = Schema::List { of: &Schema::TitanStop, least: 0, most: 1 };

macro_rules! schemas {
    ($($name:ident: $most:literal),*) => {
        $(static $name: Schema = Schema::Object(&[
            required("inputText", &TEXT),
            optional("textGenerationConfig", &Schema::Object(&[
                optional("temperature", &Schema::Fraction),
                optional("topP", &Schema::Fraction),
                optional("maxTokenCount", &Schema::Whole { least: 0, most: $most }),
                optional("stopSequences", &STOPS),
            ])),
        ]);)*
    };
}

schemas! { LITE: 4096, EXPRESS: 8192, PREMIER: 3072 }

/// How an answer begins.
const OPENING: &str = "\n";

/// A request that the service would take.
#[derive(Debug)]
pub(crate) struct Prompt {
    text: String,
    config: Map<String, Value>,
}

/// Checks the body, if `model` is one of these.
pub(crate) fn read(body: &[u8], model: &str) -> Option<Result<Prompt, ServiceError>> {
    let schema = match bare(model) {
        "amazon.titan-text-lite-v1" => &LITE,
        "amazon.titan-text-express-v1" => &EXPRESS,
        "amazon.titan-text-premier-v1:0" => &PREMIER,
        _ => return None,
    };
    Some(super::json(body).and_then(|body| {
        schema::check(&body, schema)?;
        let text = body.get("inputText").and_then(Value::as_str).unwrap_or_default().to_owned();
        let config = body.get("textGenerationConfig").and_then(Value::as_object);
        Ok(Prompt { text, config: config.cloned().unwrap_or_default() })
    }))
}

impl Prompt {
    /// What the user said last; all of a text without turns.
    pub(crate) fn said(&self) -> &str {
        let last = match self.text.rsplit_once("\nUser: ") {
            Some((_, last)) => last,
            None => self.text.strip_prefix("User: ").unwrap_or(&self.text),
        };
        last.split_once("\nBot:").map_or(last, |(said, _)| said)
    }

    /// What the model answers: what was said, as in Converse.
    pub(crate) fn answer(&self) -> Result<Answer, ServiceError> {
        let conversation = conversation(json!({
            "messages": [{"role": "user", "content": [{"text": self.said()}]}],
            "inferenceConfig": {
                "maxTokens": self.config.get("maxTokenCount").unwrap_or(&json!(512)),
                "stopSequences": self.config.get("stopSequences").unwrap_or(&json!([])),
            },
        }))?;
        let mut answer = model::answer(&conversation, "amazon.titan-text");
        answer.usage.input_tokens = tokens::count(&self.text);
        if let Some(Block::Text(deltas)) = answer.blocks.first_mut()
            && let Some(first) = deltas.first_mut()
        {
            first.insert_str(0, OPENING);
        }
        Ok(answer)
    }

    /// The answer as a guardrail leaves it, and what it did. All of the text is looked at.
    pub(crate) fn guarded(
        &self,
        guardrail: Option<(&str, &str)>,
        answer: Answer,
    ) -> Result<(Answer, Option<&'static str>), ServiceError> {
        let Some((id, version)) = guardrail else { return Ok((answer, None)) };
        let conversation = conversation(json!({
            "messages": [{"role": "user", "content": [{"text": self.text}]}],
            "guardrailConfig": {"guardrailIdentifier": id, "guardrailVersion": version},
        }))?;
        let Some(guardrail) = Guardrail::find(&conversation, false)? else { return Ok((answer, None)) };
        let mut answer = guardrail.apply(&conversation, answer);
        if answer.stop_reason != "guardrail_intervened" {
            return Ok((answer, Some("NONE")));
        }
        "end_turn".clone_into(&mut answer.stop_reason);
        Ok((answer, Some("INTERVENED")))
    }
}

fn conversation(json: Value) -> Result<Conversation, ServiceError> {
    serde_json::from_value(json).map_err(|error| ServiceError::internal(error.to_string()))
}

/// The body of an answer in one piece.
pub(crate) fn whole(answer: &Answer, guardrail: Option<&str>) -> Value {
    let result = json!({
        "tokenCount": answer.usage.output_tokens,
        "outputText": deltas(answer).concat(),
        "completionReason": reason(answer),
    });
    let mut body = json!({"inputTextTokenCount": answer.usage.input_tokens, "results": [result]});
    if let (Some(body), Some(action)) = (body.as_object_mut(), guardrail) {
        body.insert("amazon-bedrock-guardrailAction".to_owned(), action.into());
    }
    body
}

/// The chunks of a streamed answer. The last one has the counts.
pub(crate) fn chunks(answer: &Answer, guardrail: Option<&str>) -> Vec<Event> {
    let mut deltas = deltas(answer);
    if deltas.is_empty() {
        deltas.push(String::new());
    }
    let last = deltas.len() - 1;
    let usage = answer.usage;
    let chunk = |(index, delta): (usize, String)| {
        let mut chunk = Map::new();
        let is_last = index == last;
        for (name, value) in [
            ("outputText", json!(delta)),
            ("index", json!(0)),
            ("totalOutputTextTokenCount", json!(is_last.then_some(usage.output_tokens))),
            ("completionReason", json!(is_last.then(|| reason(answer)))),
            ("inputTextTokenCount", json!(usage.input_tokens)),
        ] {
            chunk.insert(name.to_owned(), value);
        }
        if is_last {
            let metrics = json!({"inputTokenCount": usage.input_tokens, "outputTokenCount": usage.output_tokens,
                "invocationLatency": answer.latency, "firstByteLatency": answer.latency});
            chunk.insert("amazon-bedrock-invocationMetrics".to_owned(), metrics);
            chunk
                .extend(guardrail.map(|action| ("amazon-bedrock-guardrailAction".to_owned(), action.into())));
        }
        let bytes = STANDARD.encode(Value::Object(chunk).to_string());
        Event { kind: "chunk", payload: Map::from_iter([("bytes".to_owned(), bytes.into())]) }
    };
    deltas.into_iter().enumerate().map(chunk).collect()
}

fn deltas(answer: &Answer) -> Vec<String> {
    let texts = answer.blocks.iter().filter_map(|block| match block {
        Block::Text(deltas) => Some(deltas.clone()),
        _ => None,
    });
    texts.flatten().collect()
}

/// A script may name any reason of its own.
fn reason(answer: &Answer) -> &str {
    match answer.stop_reason.as_str() {
        "end_turn" => "FINISH",
        "max_tokens" => "LENGTH",
        "stop_sequence" => "STOP_CRITERIA_MET",
        "content_filtered" => "CONTENT_FILTERED",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    const EXPRESS: &str = "amazon.titan-text-express-v1";

    fn prompt(body: &Value) -> Result<Prompt, String> {
        read(body.to_string().as_bytes(), EXPRESS).unwrap().map_err(|error| error.message)
    }

    #[test]
    fn repeats_what_was_said_last() {
        for (text, said) in [
            ("no turns", "no turns"),
            ("User: hello\nBot:", "hello"),
            ("Be kind.\n\nUser: a\nBot: b\nUser: c\nd\nBot:", "c\nd"),
            ("User: a\nBot: and then", "a"),
        ] {
            assert_eq!(prompt(&json!({"inputText": text})).unwrap().said(), said);
        }
    }

    #[test]
    fn stops_where_it_has_to() {
        let ended = |text: &str, config: Value| {
            let prompt = prompt(&json!({"inputText": text, "textGenerationConfig": config})).unwrap();
            let result = whole(&prompt.answer().unwrap(), None);
            let at = |pointer| result.pointer(pointer).unwrap().clone();
            (at("/results/0/outputText"), at("/results/0/completionReason"))
        };
        assert_eq!(ended("User: a b c\nBot:", json!({})), (json!("\na b c"), json!("FINISH")));
        let two = json!({"maxTokenCount": 2});
        assert_eq!(ended("User: a b c\nBot:", two), (json!("\na b "), json!("LENGTH")));
        let stop = json!({"stopSequences": ["|"]});
        assert_eq!(ended("User: a|b\nBot:", stop), (json!("\na"), json!("STOP_CRITERIA_MET")));
    }

    #[test]
    fn refuses_what_the_service_refuses() {
        let config = |config: Value| json!({"inputText": "a", "textGenerationConfig": config});
        for (body, expected) in [
            (json!({}), "#: required key [inputText] not found"),
            (json!({"inputText": "a", "prompt": "b"}), "#: extraneous key [prompt] is not permitted"),
            (config(json!({"top_p": 1})), "#/textGenerationConfig: extraneous key [top_p] is not permitted"),
            (config(json!({"topP": 1.5})), "#/textGenerationConfig/topP: 1.5 is not less or equal to 1"),
            (
                config(json!({"maxTokenCount": 9000})),
                "#/textGenerationConfig/maxTokenCount: 9000 is not less or equal to 8192",
            ),
            (
                config(json!({"stopSequences": ["END"]})),
                r"#/textGenerationConfig/stopSequences/0: string [END] does not match pattern ^(\|+|User:)$",
            ),
            (
                config(json!({"stopSequences": ["|", "||"]})),
                "#/textGenerationConfig/stopSequences: expected maximum item count: 1, found: 2",
            ),
        ] {
            let message = prompt(&body).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_last_chunk_has_the_counts() {
        let prompt = prompt(&json!({"inputText": "User: one two\nBot:"})).unwrap();
        let chunks = chunks(&prompt.answer().unwrap(), Some("NONE"));
        let read = |event: &Event| -> Value {
            let bytes = STANDARD.decode(event.payload.get("bytes").unwrap().as_str().unwrap()).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        let (first, last) = (read(chunks.first().unwrap()), read(chunks.last().unwrap()));
        assert_eq!((chunks.len(), first.get("outputText")), (2, Some(&json!("\none "))));
        assert_eq!(first.get("completionReason"), Some(&Value::Null));
        assert_eq!(last.pointer("/amazon-bedrock-invocationMetrics/outputTokenCount"), Some(&json!(2)));
        assert_eq!(last.get("amazon-bedrock-guardrailAction"), Some(&json!("NONE")));
        assert_eq!(last.get("completionReason"), Some(&json!("FINISH")));
    }
}
