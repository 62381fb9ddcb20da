//! Two guardrails: one that blocks a word in the input, one that masks e-mail addresses in the answer.

use serde_json::{Value, json};

use crate::converse::answer::{Answer, Block, Usage};
use crate::converse::request::{
    ContentBlock, GuardContent, GuardrailConfig, Request, SystemBlock, ToolResultBlock,
};
use crate::error::ServiceError;

/// What is not let in, in any case of letters, as a word of its own.
const BLOCKED_WORD: &str = "forbidden";
/// What a blocked request is answered.
const BLOCKED_ANSWER: &str = "Sorry, this is blocked by the guardrail.";
/// What stands for an address.
const MASK: &str = "{EMAIL}";

/// A guardrail of the account, as a request asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Guardrail {
    rule: Rule,
    traced: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Block,
    Mask,
}

impl Guardrail {
    /// The guardrail that a request names, by id or ARN. Only a stream may say how it is processed.
    pub(crate) fn find(request: &Request, streaming: bool) -> Result<Option<Self>, ServiceError> {
        let Some(config) = &request.guardrail_config else { return Ok(None) };
        if config.stream_processing_mode.is_some() && !streaming {
            return Err(ServiceError::validation(
                "Malformed input request: #/guardrailConfig: extraneous key [streamProcessingMode] is not permitted, \
                 please reformat your input and try again.",
            ));
        }
        let rule = rule(config).ok_or_else(|| {
            ServiceError::validation(
                "The guardrail identifier or version provided in the request does not exist.",
            )
        })?;
        let traced = matches!(config.trace.as_deref(), Some("enabled" | "enabled_full"));
        Ok(Some(Self { rule, traced }))
    }

    /// Puts the guardrail between the model's answer and the client.
    pub(crate) fn apply(&self, request: &Request, mut answer: Answer) -> Answer {
        let mut found = Vec::new();
        match self.rule {
            Rule::Block => {
                if evaluated(request).into_iter().any(is_blocked) {
                    found.push(BLOCKED_WORD.to_owned());
                    answer.blocks = vec![Block::text(BLOCKED_ANSWER)];
                    // The model was never asked.
                    answer.usage = Usage::default();
                }
            }
            Rule::Mask => {
                for block in &mut answer.blocks {
                    if let Block::Text(deltas) = block {
                        let (masked, addresses) = mask(&deltas.concat());
                        if !addresses.is_empty() {
                            *block = Block::text(&masked);
                            found.extend(addresses);
                        }
                    }
                }
            }
        }
        if !found.is_empty() {
            "guardrail_intervened".clone_into(&mut answer.stop_reason);
        }
        if self.traced {
            answer.trace = Some(self.trace(&found));
        }
        answer
    }

    fn trace(&self, found: &[String]) -> Value {
        let (id, action, input, output) = match self.rule {
            Rule::Block => {
                let words: Vec<Value> = found
                    .iter()
                    .map(|word| json!({"action": "BLOCKED", "detected": true, "match": word}))
                    .collect();
                ("gr-block", "Guardrail blocked.", json!({"wordPolicy": {"customWords": words}}), json!({}))
            }
            Rule::Mask => {
                let addresses: Vec<Value> = found
                    .iter()
                    .map(|address| {
                        json!({"action": "ANONYMIZED", "detected": true, "match": address, "type": "EMAIL"})
                    })
                    .collect();
                let output = json!({"sensitiveInformationPolicy": {"piiEntities": addresses}});
                ("gr-mask", "Guardrail masked.", json!({}), output)
            }
        };
        if found.is_empty() {
            return json!({"guardrail": {
                "actionReason": "No action.", "inputAssessment": {id: {}}, "outputAssessments": {id: [{}]},
            }});
        }
        json!({"guardrail": {
            "actionReason": action, "inputAssessment": {id: input}, "outputAssessments": {id: [output]},
        }})
    }
}

fn rule(config: &GuardrailConfig) -> Option<Rule> {
    let id = config.guardrail_identifier.as_deref()?;
    let exists = matches!(config.guardrail_version.as_deref(), Some("1" | "DRAFT"));
    match id.rsplit(":guardrail/").next() {
        Some("gr-block") if exists => Some(Rule::Block),
        Some("gr-mask") if exists => Some(Rule::Mask),
        _ => None,
    }
}

/// What is looked at: the guarded content of the messages, or all their text if they have none. Of the
/// system prompt only what is guarded.
/// A text that a policy on content looks at: what is only a source or a question to it is not.
fn checked(content: &GuardContent) -> Option<&str> {
    match content {
        GuardContent::Text { text, qualifiers }
            if qualifiers.is_empty() || qualifiers.iter().any(|qualifier| qualifier == "guard_content") =>
        {
            Some(text)
        }
        GuardContent::Text { .. } | GuardContent::Image(_) => None,
    }
}

fn evaluated(request: &Request) -> Vec<&str> {
    let blocks = || request.messages.iter().flat_map(|message| &message.content);
    let mut texts: Vec<&str> = request
        .system()
        .iter()
        .filter_map(|block| match block {
            SystemBlock::GuardContent(content) => checked(content),
            _ => None,
        })
        .collect();
    if blocks().any(|block| matches!(block, ContentBlock::GuardContent(_))) {
        texts.extend(blocks().filter_map(|block| match block {
            ContentBlock::GuardContent(content) => checked(content),
            _ => None,
        }));
        return texts;
    }
    for block in blocks() {
        match block {
            ContentBlock::Text(text) => texts.push(text),
            ContentBlock::ToolResult(result) => {
                texts.extend(result.content.iter().filter_map(|part| match part {
                    ToolResultBlock::Text(text) => Some(text.as_str()),
                    _ => None,
                }));
            }
            _ => {}
        }
    }
    texts
}

fn is_blocked(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case(BLOCKED_WORD))
}

/// The text with its addresses masked, and the addresses.
fn mask(text: &str) -> (String, Vec<String>) {
    let in_name = |letter: char| letter.is_ascii_alphanumeric() || "._%+-".contains(letter);
    let in_domain = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
    let mut masked = String::new();
    let mut addresses = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        let kept = before.trim_end_matches(in_name);
        let name = before.strip_prefix(kept).unwrap_or_default();
        let tail = after.trim_start_matches(in_domain);
        // A full stop after an address ends the sentence.
        let domain = after.strip_suffix(tail).unwrap_or_default().trim_end_matches(['.', '-']);
        if name.is_empty() || !domain.contains('.') {
            masked.push_str(before);
            masked.push('@');
            rest = after;
        } else {
            masked.push_str(kept);
            masked.push_str(MASK);
            addresses.push(format!("{name}@{domain}"));
            rest = after.strip_prefix(domain).unwrap_or_default();
        }
    }
    masked.push_str(rest);
    (masked, addresses)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;
    use crate::converse::model;

    fn request(id: &str, content: &Value) -> Request {
        let config = json!({"guardrailIdentifier": id, "guardrailVersion": "DRAFT", "trace": "enabled"});
        let messages = json!([{"role": "user", "content": content}]);
        serde_json::from_value(json!({"messages": messages, "guardrailConfig": config})).unwrap()
    }

    fn guarded(id: &str, content: &Value) -> Value {
        let request = request(id, content);
        let guardrail = Guardrail::find(&request, false).unwrap().unwrap();
        guardrail.apply(&request, model::answer(&request, "amazon.nova-lite-v1:0")).json()
    }

    #[test]
    fn a_word_is_blocked_where_it_is_evaluated() {
        let guard = |text: &str| json!({"guardContent": {"text": {"text": text}}});
        let cases = [
            (json!([{"text": "a Forbidden word"}]), true),
            (json!([{"text": "unforbidden"}]), false),
            (json!([{"text": "forbidden"}, guard("fine")]), false),
            (json!([{"text": "fine"}, guard("forbidden")]), true),
        ];
        for (content, blocked) in cases {
            let answer = guarded("gr-block", &content);
            let text = answer.pointer("/output/message/content/0/text").unwrap();
            assert_eq!(text == BLOCKED_ANSWER, blocked, "{content}");
            let reason = if blocked { "guardrail_intervened" } else { "end_turn" };
            assert_eq!(answer.pointer("/stopReason").unwrap(), reason, "{content}");
            let action = if blocked { "Guardrail blocked." } else { "No action." };
            assert_eq!(answer.pointer("/trace/guardrail/actionReason").unwrap(), action);
        }
    }

    #[test]
    fn addresses_in_the_answer_are_masked() {
        let answer = guarded("gr-mask", &json!([{"text": "Ask a.b+c@example.co.uk. Or @me, x@y."}]));
        let text = answer.pointer("/output/message/content/0/text").unwrap();
        assert_eq!(text, "Ask {EMAIL}. Or @me, x@y.");
        assert_eq!(answer.pointer("/stopReason").unwrap(), "guardrail_intervened");
        let entity =
            "/trace/guardrail/outputAssessments/gr-mask/0/sensitiveInformationPolicy/piiEntities/0/match";
        assert_eq!(answer.pointer(entity).unwrap(), "a.b+c@example.co.uk");
        let plain = guarded("gr-mask", &json!([{"text": "nothing here"}]));
        assert_eq!(plain.pointer("/stopReason").unwrap(), "end_turn");
    }

    #[test]
    fn other_guardrails_do_not_exist() {
        let content = json!([{"text": "hi"}]);
        let arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/gr-block";
        assert!(Guardrail::find(&request(arn, &content), false).is_ok());
        let error = Guardrail::find(&request("gr-other", &content), false).err().unwrap();
        let message = "The guardrail identifier or version provided in the request does not exist.";
        assert_eq!(error.message, message);
        let mut sync = request("gr-block", &content);
        sync.guardrail_config.as_mut().unwrap().stream_processing_mode = Some("sync".to_owned());
        assert!(Guardrail::find(&sync, true).is_ok());
        assert!(Guardrail::find(&sync, false).is_err());
    }
}
