//! Bytes as the body of a request.

use adit::error::Kind;
use adit::wire::openai::{self, Format};
use serde_json::Value;

use crate::{host, refusal};

/// One of each way to write a request, and one that no capability data knows.
const MODELS: [&str; 12] = [
    "anthropic.claude-opus-5",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-3-7-sonnet-20250219-v1:0",
    "anthropic.claude-3-haiku-20240307-v1:0",
    "anthropic.claude-v2",
    "amazon.nova-lite-v1:0",
    "amazon.nova-2-lite-v1:0",
    "amazon.titan-text-express-v1",
    "deepseek.r1-v1:0",
    "meta.llama3-1-70b-instruct-v1:0",
    "openai.gpt-oss-120b-1:0",
    "nobody.knows-this-v1:0",
];

/// Bytes as the body of `POST /v1/chat/completions`: refused with a line that says why, or written
/// for any model, or refused for that model.
pub fn chat_request(data: &[u8]) {
    let decodes = read_and_write(data, Format::Chat);
    if let Some(explanation) = send("/v1/adit/explain", data) {
        let explanation: Value = serde_json::from_str(&explanation).expect("an explanation is JSON");
        assert!(decodes && explanation["request"]["body"].is_object(), "{explanation}");
    }
    assert_eq!(send("/v1/chat/completions", data), None, "nobody answers");
}

/// The same for `POST /v1/completions`.
pub fn completion_request(data: &[u8]) {
    read_and_write(data, Format::Completions);
    assert_eq!(send("/v1/completions", data), None, "nobody answers");
}

/// The same for `POST /v1/embeddings`, for the model that the request names.
pub fn embedding_request(data: &[u8]) {
    assert_eq!(send("/v1/embeddings", data), None, "nobody answers");
}

/// Whether it can be read.
fn read_and_write(data: &[u8], format: Format) -> bool {
    let mut request = match format.decode(data) {
        Ok(decoded) => decoded.request,
        Err(failure) => {
            assert_eq!(failure.kind, Kind::InvalidRequest, "{failure}");
            refusal::check(&failure, data);
            return false;
        }
    };
    if let Err(failure) = openai::refuse_remote(&request) {
        refusal::check(&failure, data);
        return true;
    }
    for model in MODELS {
        model.clone_into(&mut request.model);
        host::with(|host| match host.block_on(host.upstream.prepare(&request)) {
            Ok(call) => {
                let plan = call.plan();
                let body: Value = serde_json::from_str(plan.body.as_str()).expect("a body is JSON");
                assert!(body["messages"].is_array(), "`{model}` is asked nothing: {body}");
            }
            Err(failure) => refusal::check(&failure, data),
        });
    }
    true
}

/// Sends bytes through everything that stands before and after, to a Bedrock that cannot be reached:
/// that is the one failure that is not the client's.
fn send(path: &str, data: &[u8]) -> Option<String> {
    let answer = host::with(|host| host.post(path, data.to_vec()));
    if answer.status == 200 {
        return Some(answer.text);
    }
    let error = refusal::parse(&answer.text);
    let unreachable = answer.status == 502 && error["code"] == "upstream_unreachable";
    assert!((400..500).contains(&answer.status) || unreachable, "{answer:?}");
    refusal::check_message(error["message"].as_str().expect("a message is text"), data);
    None
}
