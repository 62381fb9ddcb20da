#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may fail loudly, and says when it skips"
)]

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::read;

/// Requests that must be taken or refused, with the message.
const CASES: &str = include_str!("cases.json");
const CLAUDE: &str = "anthropic.claude-3-haiku-20240307-v1:0";

/// Recordings that got 200 but are refused here, with the reason.
const STRICTER: &[(&str, &str)] =
    &[("openllmetry--guardrail-converse", "two user messages in a row, which only Titan took")];

/// A request that is taken, with the members of a case put over it. A member that is null is taken away.
fn build(over: &Value) -> Value {
    let mut request = json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}]});
    for (name, value) in over.as_object().unwrap() {
        if value.is_null() {
            request.as_object_mut().unwrap().remove(name);
        } else {
            request[name] = value.clone();
        }
    }
    request
}

#[test]
fn requests_are_refused_in_the_words_of_the_service() {
    let cases: Vec<Value> = serde_json::from_str(CASES).unwrap();
    for case in cases {
        let model = case["model"].as_str().unwrap_or(CLAUDE);
        let refused =
            read(build(&case["request"]).to_string().as_bytes(), model).err().map(|error| error.message);
        assert_eq!(refused.as_deref(), case["refused"].as_str(), "{}", case["name"]);
    }
}

#[test]
fn a_body_that_is_no_json_or_has_wrong_types_is_a_serialization_error() {
    for (body, message) in [
        ("{", "Unable to parse the request body as JSON"),
        ("[]", "START_ARRAY can not be converted to a Structure"),
        (r#"{"messages": "hi"}"#, "STRING_VALUE can not be converted to a List"),
        (r#"{"inferenceConfig": {"maxTokens": "5"}}"#, "STRING_VALUE can not be converted to an Integer"),
        (r#"{"inferenceConfig": {"maxTokens": 1.5}}"#, "DECIMAL_VALUE can not be converted to an Integer"),
        (
            r#"{"messages": [{"role": "user", "content": [{"image": {"format": "png", "source": {"bytes": "??"}}}]}]}"#,
            "Invalid base64 at messages.0.content.0.image.source.bytes",
        ),
    ] {
        let error = read(body.as_bytes(), CLAUDE).err().unwrap();
        assert_eq!((error.kind.as_ref(), error.message.as_str()), ("SerializationException", message));
    }
}

#[test]
fn model_ids_are_plausible_or_refused() {
    let invalid = Some("The provided model identifier is invalid.");
    let not_a_chat = Some(
        "This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    );
    for (model, expected) in [
        (CLAUDE, None),
        ("us.anthropic.claude-sonnet-4-6", None),
        ("us-gov.amazon.nova-lite-v1:0", None),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/mi1dadi0g15f", None),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0", None),
        ("arn:aws:s3:us-east-1::foundation-model/amazon.nova-lite-v1:0", invalid),
        ("arn:aws:bedrock:us-east-1:123456789012:guardrail/x", invalid),
        ("does-not-exist", invalid),
        ("unknown.model-v1:0", invalid),
        ("us.unknown.model-v1:0", invalid),
        ("anthropic.Claude 3", invalid),
        ("amazon.titan-embed-text-v2:0", not_a_chat),
    ] {
        let refused = read(build(&json!({})).to_string().as_bytes(), model).err().map(|error| error.message);
        assert_eq!(refused.as_deref(), expected, "{model}");
    }
}

/// The recorded Converse requests: id, model, status, request, response body.
fn recordings() -> Vec<(String, String, u64, Value, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/bedrock");
    let Ok(files) = fs::read_dir(&folder) else {
        eprintln!("skipped: no recordings at {}", folder.display());
        return Vec::new();
    };
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap())
        .filter(|recording| {
            ["converse", "converse-stream"].contains(&recording["operation"].as_str().unwrap())
        })
        .map(|recording| {
            let text = |name: &str| recording[name].as_str().unwrap().to_owned();
            let answer = STANDARD.decode(text("response_body_b64")).unwrap();
            let status = recording["response_status"].as_u64().unwrap();
            (text("id"), text("model"), status, recording["request_body"].clone(), answer)
        })
        .collect()
}

#[test]
fn what_the_service_took_is_taken() {
    for (id, model, _, request, _) in recordings().into_iter().filter(|recording| recording.2 == 200) {
        let refused = read(request.to_string().as_bytes(), &model).err().map(|error| error.message);
        let stricter = STRICTER.iter().any(|(name, _)| *name == id);
        assert_eq!(refused.is_some(), stricter, "{id}: {refused:?}");
    }
}

#[test]
fn what_the_service_refused_is_refused_in_the_same_words() {
    for (id, model, _, request, answer) in recordings().into_iter().filter(|recording| recording.2 == 400) {
        let error = read(request.to_string().as_bytes(), &model).err().unwrap();
        let recorded: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(Some(error.message.as_str()), recorded["message"].as_str(), "{id}");
    }
}
