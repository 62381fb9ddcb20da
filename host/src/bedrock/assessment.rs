//! What a guardrail found, for the operator's log: which policies acted how often, and on what side.
//! Never the words that they found.

use std::collections::BTreeMap;

use aws_sdk_bedrockruntime::types::{GuardrailAssessment, GuardrailTraceAssessment};

/// Bedrock traces only the guardrails of keys that ask for it (API reference,
/// `GuardrailTraceAssessment`).
pub(super) fn log(trace: &GuardrailTraceAssessment, request_id: Option<&str>) {
    let prompt = findings(trace.input_assessment.iter().flat_map(|found| found.values()));
    let answer = findings(trace.output_assessments.iter().flat_map(|found| found.values().flatten()));
    let bedrock_request = request_id.unwrap_or("unknown");
    tracing::info!(bedrock_request, prompt, answer, "a guardrail has looked at a prompt and its answer");
}

/// Such as `topic BLOCKED 1, word NONE 2`.
fn findings<'a>(assessments: impl Iterator<Item = &'a GuardrailAssessment>) -> String {
    let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for (policy, action) in assessments.flat_map(actions) {
        *counts.entry((policy, action)).or_default() += 1;
    }
    let texts = counts.iter().map(|((policy, action), count)| format!("{policy} {action} {count}"));
    texts.collect::<Vec<_>>().join(", ")
}

/// What each policy did about each thing that it found.
fn actions(found: &GuardrailAssessment) -> Vec<(&'static str, &str)> {
    let mut actions = Vec::new();
    for topic in found.topic_policy.iter().flat_map(|policy| &policy.topics) {
        actions.push(("topic", topic.action.as_str()));
    }
    for filter in found.content_policy.iter().flat_map(|policy| &policy.filters) {
        actions.push(("content", filter.action.as_str()));
    }
    if let Some(policy) = &found.word_policy {
        actions.extend(policy.custom_words.iter().map(|word| ("word", word.action.as_str())));
        actions.extend(policy.managed_word_lists.iter().map(|word| ("word", word.action.as_str())));
    }
    if let Some(policy) = &found.sensitive_information_policy {
        let (entities, regexes) = (&policy.pii_entities, &policy.regexes);
        actions.extend(entities.iter().map(|entity| ("sensitive information", entity.action.as_str())));
        actions.extend(regexes.iter().map(|regex| ("sensitive information", regex.action.as_str())));
    }
    if let Some(policy) = &found.contextual_grounding_policy {
        let filters = policy.filters().iter();
        actions.extend(filters.map(|filter| ("contextual grounding", filter.action.as_str())));
    }
    if let Some(policy) = &found.automated_reasoning_policy {
        actions.extend(policy.findings().iter().map(|_| ("automated reasoning", "FOUND")));
    }
    actions
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use aws_sdk_bedrockruntime::types::{
        GuardrailCustomWord, GuardrailTopic, GuardrailTopicPolicyAction, GuardrailTopicPolicyAssessment,
        GuardrailTopicType, GuardrailWordPolicyAction, GuardrailWordPolicyAssessment,
    };

    use super::*;

    #[test]
    fn counts_what_policies_did_and_quotes_nothing() {
        let topic = GuardrailTopic::builder()
            .name("secret plans")
            .r#type(GuardrailTopicType::Deny)
            .action(GuardrailTopicPolicyAction::Blocked);
        let topics = GuardrailTopicPolicyAssessment::builder().topics(topic.build().unwrap());
        let word =
            |action| GuardrailCustomWord::builder().r#match("a bad word").action(action).build().unwrap();
        let words = GuardrailWordPolicyAssessment::builder()
            .custom_words(word(GuardrailWordPolicyAction::None))
            .custom_words(word(GuardrailWordPolicyAction::Blocked))
            .custom_words(word(GuardrailWordPolicyAction::None))
            .set_managed_word_lists(Some(Vec::new()));
        let assessment = GuardrailAssessment::builder()
            .topic_policy(topics.build().unwrap())
            .word_policy(words.build().unwrap())
            .build();
        assert_eq!(findings([&assessment].into_iter()), "topic BLOCKED 1, word BLOCKED 1, word NONE 2");
        assert_eq!(findings([&GuardrailAssessment::builder().build()].into_iter()), "");
    }
}
