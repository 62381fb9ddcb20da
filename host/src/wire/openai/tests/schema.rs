//! OpenAI's own schemas judge what is written, and say what may have to be read.

use std::collections::BTreeSet;

use serde_json::Value;

use super::encode::KINDS;
use super::events::{answer, completion, completion_stream, frames, parse, stream};
use super::validator::Schemas;
use super::{cases, fixture, groups};
use crate::error::Failure;
use crate::wire::openai::fields::{CHAT, COMPLETIONS};
use crate::wire::openai::{Model, UsageChunk, error_body, models};

pub(super) fn schemas() -> Option<Schemas> {
    fixture("openai-schemas.json").map(|document| Schemas::new(&document))
}

#[track_caller]
pub(super) fn judge(schemas: &Schemas, name: &str, value: &Value) {
    assert_eq!(schemas.faults(name, value), Vec::<String>::new(), "{value}");
}

#[test]
fn the_table_of_fields_can_be_searched() {
    for table in [CHAT, COMPLETIONS] {
        assert!(table.fields.is_sorted_by(|one, next| one.name < next.name));
    }
}

/// Members that OpenAI does not document and that clients of other gateways send.
const FROM_ELSEWHERE: [&str; 6] = [
    "additionalModelRequestFields",
    "additional_model_request_fields",
    "anthropic_beta",
    "requestMetadata",
    "thinking",
    "top_k",
];

#[test]
fn the_table_knows_every_field_of_a_request() {
    fn collect(schemas: &Schemas, schema: &Value, names: &mut BTreeSet<String>) {
        names
            .extend(schema["properties"].as_object().into_iter().flat_map(|members| members.keys().cloned()));
        for part in schema["allOf"].as_array().into_iter().flatten() {
            collect(schemas, part, names);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            collect(schemas, schemas.named(reference.rsplit('/').next().unwrap()), names);
        }
    }
    let Some(schemas) = schemas() else { return };
    let mut documented = BTreeSet::new();
    collect(&schemas, schemas.named("CreateChatCompletionRequest"), &mut documented);
    documented.extend(FROM_ELSEWHERE.map(str::to_owned));
    let known: BTreeSet<String> = CHAT.fields.iter().map(|field| field.name.to_owned()).collect();
    assert_eq!(known, documented);
}

#[test]
fn answers_are_what_the_schemas_say() {
    let Some(schemas) = schemas() else { return };
    for (_, case) in groups("answers").into_iter().flat_map(|group| cases(&group)) {
        let events = parse(&case);
        for usage in [UsageChunk::Include, UsageChunk::Omit] {
            let batches = [events.as_slice()];
            judge_frames(&schemas, "CreateChatCompletionStreamResponse", &stream(batches, usage));
            judge_frames(&schemas, "CreateCompletionResponse", &completion_stream(batches, usage));
        }
        if let Ok(whole) = answer(&events) {
            judge(&schemas, "CreateChatCompletionResponse", &serde_json::from_str(&whole).unwrap());
            let whole = completion(&events).unwrap();
            judge(&schemas, "CreateCompletionResponse", &serde_json::from_str(&whole).unwrap());
        }
    }
}

#[track_caller]
fn judge_frames(schemas: &Schemas, name: &str, stream: &str) {
    for mut frame in frames(stream) {
        // The schema of the older format is that of its whole answers: chunks before the last say
        // null there, as OpenAI's own do.
        if name == "CreateCompletionResponse"
            && let Some(reason @ Value::Null) = frame.pointer_mut("/choices/0/finish_reason")
        {
            *reason = "stop".into();
        }
        let name = if frame.get("error").is_some() { "ErrorResponse" } else { name };
        judge(schemas, name, &frame);
    }
}

#[test]
fn errors_and_models_are_what_the_schemas_say() {
    let Some(schemas) = schemas() else { return };
    for kind in KINDS {
        let body = error_body(&Failure::new(kind, "no"));
        judge(&schemas, "ErrorResponse", &serde_json::from_slice(&body).unwrap());
    }
    let model = Model { id: "m".into(), created: 0, owned_by: "amazon".into() };
    judge(&schemas, "ListModelsResponse", &serde_json::from_slice(&models(&[model])).unwrap());
}

#[test]
fn the_validator_finds_faults() {
    let Some(schemas) = schemas() else { return };
    let chunk = serde_json::json!({
        "id": "c", "object": "chat.completion", "created": 1.5, "model": "m",
        "choices": [{"index": 0, "delta": {"content": 1}}],
    });
    let faults = schemas.faults("CreateChatCompletionStreamResponse", &chunk);
    let places: BTreeSet<&str> = faults.iter().map(|fault| fault.split([':', ' ']).next().unwrap()).collect();
    let expected = ["$.choices[0].delta.content", "$.choices[0].finish_reason", "$.created", "$.object"];
    assert_eq!(places, BTreeSet::from(expected));
}
