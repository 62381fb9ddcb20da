//! What other gateways' tests expect of the same requests, where the collection is at hand.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::capability::Models;
use crate::wire::openai::decode;

use super::super::write;

/// Cases that do not bind Adit, each with the reason.
const NOT_BINDING: &[(&str, &str)] = &[
    ("agentgateway/completions/reasoning.bedrock", "a model that is not known is not made to think"),
    (
        "agentgateway/test_completions_request_metadata_only_uses_bedrock_header",
        "metadata comes from the body here, and in no other form",
    ),
    (
        "agentgateway/test_completions_reasoning_effort_maps_to_enabled_thinking_budget-xhigh",
        "each gateway has budgets of its own",
    ),
    ("envoy/basic-test", "the result stands before its call: what cannot be paired is said as text"),
    ("envoy/test-tool-choice-for-anthropic-claude-model", "chooses a tool that is not there: a 400"),
    ("envoy/test-tool-choices-for-anthropic-claude-model", "chooses a tool that is not there: a 400"),
    ("envoy/test-thinking-parameter-for-anthropic-claude-model", "Claude 3 does not think"),
    ("envoy/test-assistant-message-with-thinking-content", "thinking without a seal is left out"),
    ("envoy/test-reasoning_effort-coexists-with-thinking", "`thinking` wins over `reasoning_effort`"),
    ("envoy/cache-control-on-user-text-message", "Claude 3.5 Sonnet caches nothing on Bedrock"),
    ("envoy/cache-control-on-tool-definition", "Claude 3.5 Sonnet caches nothing on Bedrock"),
    ("envoy/cache-control-on-system-message", "no message at all: a 400"),
];

/// Formats whose cases are not run, each with the number of its cases and the reason.
const NOT_SERVED: &[(&str, usize, &str)] = &[
    ("openai-responses", 4, "the Responses API is not served yet"),
    ("anthropic-messages", 4, "Anthropic's Messages are not served yet"),
    ("anthropic-count-tokens", 1, "Anthropic's Messages are not served yet"),
    ("rerank", 1, "it is no format of OpenAI's"),
];

#[test]
fn a_case_that_is_not_run_is_of_a_format_that_is_not_served() {
    let Some(cases) = cases() else { return };
    for (api, number, reason) in NOT_SERVED {
        assert_eq!(cases.iter().filter(|case| case["api"] == *api).count(), *number, "{api}: {reason}");
    }
    // Those of embeddings are run beside the embeddings.
    let run = |case: &&Value| case["api"] == "openai-chat" || case["api"] == "openai-embeddings";
    let skipped: usize = NOT_SERVED.iter().map(|(_, number, _)| number).sum();
    assert_eq!(cases.iter().filter(run).count() + skipped, cases.len());
}

fn cases() -> Option<Vec<Value>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/translation-cases.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: there are no cases at `{}`", path.display());
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}

#[test]
fn every_case_of_other_gateways_is_met() {
    let Some(cases) = cases() else { return };
    let mut faults = Vec::new();
    let mut met = 0;
    for case in cases.iter().filter(|case| case["api"] == "openai-chat") {
        let id = case["id"].as_str().unwrap();
        let exception = NOT_BINDING.iter().find(|(name, _)| *name == id);
        match (met_by(case), exception) {
            (Ok(()), None) => met += 1,
            (Ok(()), Some(_)) => faults.push(format!("{id}: is met, and so no exception")),
            (Err(_), Some(_)) => {}
            (Err(fault), None) => faults.push(format!("{id}: {fault}")),
        }
    }
    assert!(faults.is_empty(), "{met} are met, these are not:\n{}", faults.join("\n"));
    assert_eq!(met + NOT_BINDING.len(), 51);
}

fn met_by(case: &Value) -> Result<(), String> {
    let request = serde_json::to_vec(&case["request"]).unwrap();
    let written = decode(&request).and_then(|decoded| {
        let capabilities = Models::built_in().capabilities(&decoded.request.model);
        write(&decoded.request, &capabilities)
    });
    let is_refusal = case["match"] == "error";
    let body: Value = match written {
        Err(_) if is_refusal => return Ok(()),
        Err(failure) => return Err(failure.to_string()),
        Ok(_) if is_refusal => return Err("is accepted".to_owned()),
        Ok(written) => serde_json::from_slice(&written.body).unwrap(),
    };
    if case["match"] == "exact" {
        let names_a_limit =
            ["max_tokens", "max_completion_tokens"].iter().any(|name| !case["request"][*name].is_null());
        let expected = level(case["expected_upstream"].clone(), names_a_limit);
        let body = level(body, names_a_limit);
        return if body == expected { Ok(()) } else { Err(format!("\n  {body}\n  {expected}")) };
    }
    for wish in case["asserts"].as_array().unwrap() {
        let found = at(&body, wish["path"].as_str().unwrap());
        if !holds(wish["op"].as_str().unwrap(), &found, &wish["value"]) {
            return Err(format!("{wish} in {body}"));
        }
    }
    Ok(())
}

/// What a path leads to: dots, `[2]`, and `[*]` for each.
fn at<'v>(body: &'v Value, path: &str) -> Vec<&'v Value> {
    let path = path.replace('[', ".[");
    path.split('.').filter(|step| !step.is_empty()).fold(vec![body], |found, step| {
        let each = found.into_iter();
        match step.strip_prefix('[').map(|step| step.trim_end_matches(']')) {
            Some("*") => each.filter_map(Value::as_array).flatten().collect(),
            Some(place) => each.filter_map(|value| value.get(place.parse::<usize>().unwrap())).collect(),
            None => each.filter_map(|value| value.get(step)).collect(),
        }
    })
}

fn holds(op: &str, found: &[&Value], wanted: &Value) -> bool {
    let one = found.first().copied().unwrap_or(&Value::Null);
    match op {
        "eq" => one == wanted,
        "len" => one.as_array().is_some_and(|list| Some(list.len() as u64) == wanted.as_u64()),
        "present" => !found.is_empty(),
        "absent" => found.is_empty(),
        "is-object" => one.is_object(),
        "none-blank" => found.iter().all(|text| text.as_str().is_some_and(|text| !text.trim().is_empty())),
        "none-empty" => found.iter().all(|list| list.as_array().is_some_and(|list| !list.is_empty())),
        "json-string-eq" => {
            one.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()).as_ref() == Some(wanted)
        }
        "regex" => one.as_str().is_some_and(|text| fits(wanted.as_str().unwrap(), text)),
        op => panic!("no case has the operation `{op}`"),
    }
}

/// The two patterns of the collection: `^[letters]{1,most}$`.
fn fits(pattern: &str, text: &str) -> bool {
    let allowed = match pattern {
        "^[a-zA-Z0-9_-]{1,64}$" => (64, "_-"),
        r"^[a-zA-Z0-9 ()\[\]-]{1,200}$" => (200, " ()[]-"),
        pattern => panic!("no case has the pattern `{pattern}`"),
    };
    (1..=allowed.0).contains(&text.len())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || allowed.1.contains(character))
}

/// A body in which what says the same is the same: each of these cases is one gateway's reading.
fn level(body: Value, names_a_limit: bool) -> Value {
    let mut body = leveled(body);
    if !names_a_limit && let Some(config) = body.get_mut("inferenceConfig").and_then(Value::as_object_mut) {
        config.remove("maxTokens");
    }
    for tool in body.pointer_mut("/toolConfig/tools").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(spec) = tool.get_mut("toolSpec").and_then(Value::as_object_mut) {
            let schema = spec.entry("inputSchema").or_insert(json!({}));
            let is_open = schema["json"].get("properties").is_none_or(|all| all == &json!({}));
            if is_open {
                *schema = json!({ "json": { "type": "object" } });
            }
            // Each gateway's placeholder has its own name and words.
            if ["agentgateway_dummy_do_not_call", "no_tool_available"]
                .iter()
                .any(|name| spec["name"] == *name)
            {
                *spec = Map::from_iter([("name".to_owned(), json!("placeholder"))]);
            }
        }
    }
    // Some leave it out, though Converse demands one.
    if body["toolConfig"]["tools"] == json!([{ "toolSpec": { "name": "placeholder" } }]) {
        body["toolConfig"] = Value::Null;
    }
    if let Some(messages) = body.get_mut("messages").and_then(Value::as_array_mut) {
        let mut merged: Vec<Value> = Vec::new();
        for message in messages.drain(..) {
            match merged.last_mut() {
                Some(last) if last["role"] == message["role"] => {
                    let content = message["content"].as_array().unwrap().clone();
                    last["content"].as_array_mut().unwrap().extend(content);
                }
                _ => merged.push(message),
            }
        }
        *messages = merged;
    }
    leveled(body)
}

/// Without null and empty members, success, and the choice that is the default; numbers as floats.
fn leveled(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .filter(|(name, value)| {
                    let is_default = match name.as_str() {
                        "status" => value == "success",
                        "toolChoice" => *value == json!({ "auto": {} }),
                        _ => false,
                    };
                    !is_default
                })
                .map(|(name, value)| (name, leveled(value)))
                .filter(|(name, value)| {
                    let is_empty = match value {
                        Value::Null => true,
                        Value::Object(members) => {
                            members.is_empty() && name != "input" && name != "properties"
                        }
                        Value::Array(values) => values.is_empty(),
                        _ => false,
                    };
                    !is_empty
                })
                .collect(),
        ),
        Value::Array(values) => Value::Array(values.into_iter().map(leveled).collect()),
        // Converse takes them with 32 bits.
        Value::Number(number) => json!(number.to_string().parse::<f32>().unwrap()),
        value => value,
    }
}
