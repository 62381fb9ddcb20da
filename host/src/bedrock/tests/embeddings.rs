//! Texts that become vectors: what each model is asked, and what is made of its answers.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::chat::{EmbeddingRequest, Embeddings, Purpose};
use crate::error::Kind;
use crate::pipeline::Embedder;
use crate::telemetry::Observation;

use super::canned::{Canned, Piece, Response};
use super::replay::recordings;
use super::*;

const TITAN_1: &str = "amazon.titan-embed-text-v1";
const TITAN_2: &str = "amazon.titan-embed-text-v2:0";
const COHERE_3: &str = "cohere.embed-english-v3";
const COHERE_4: &str = "us.cohere.embed-v4:0";
const NOVA: &str = "amazon.nova-2-multimodal-embeddings-v1:0";

fn embed_request(model: &str, inputs: &[&str]) -> EmbeddingRequest {
    EmbeddingRequest::new(model, inputs.iter().map(|input| (*input).to_owned()).collect())
}

/// The vectors, and what was left out.
async fn embed_and_report(
    http: &Canned,
    request: &EmbeddingRequest,
) -> Result<(Embeddings, Vec<String>), Failure> {
    let call = bedrock(http).prepare_embedding(request.clone()).await?;
    let dropped = call.dropped().to_vec();
    Ok((call.send(Deadline::Never, &Observation::default()).await?, dropped))
}

async fn embed(http: &Canned, request: &EmbeddingRequest) -> Result<Embeddings, Failure> {
    Ok(embed_and_report(http, request).await?.0)
}

/// The cases of other gateways, where they are at hand.
fn translation_cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/translation-cases.json");
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return Vec::new();
    };
    serde_json::from_slice(&text).unwrap()
}

/// Titan's answer: a vector of one number, and how many tokens it took.
fn titan(number: f32, tokens: u64) -> Response {
    Response::json(200, &json!({"embedding": [number], "inputTextTokenCount": tokens}).to_string())
}

/// With the token count in the head.
fn counted(body: &Value, tokens: &str) -> Response {
    let headers = [("content-type", "application/json"), ("x-amzn-bedrock-input-token-count", tokens)];
    Response::new(200, &headers, &[body.to_string().as_bytes()])
}

/// The bodies of the requests, in order.
fn bodies(http: &Canned) -> Vec<Value> {
    let requests = http.requests();
    requests.iter().map(|sent| serde_json::from_slice(sent.body().bytes().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn each_api_has_a_body_of_its_own() {
    let chosen = |model, dimensions, purpose| EmbeddingRequest {
        dimensions: Some(dimensions),
        purpose: Some(purpose),
        ..embed_request(model, &["a"])
    };
    let plain = json!({"embedding": [1], "embeddings": [[1]]});
    let nova = json!({"embeddings": [{"embeddingType": "TEXT", "embedding": [1]}]});
    let nova_body =
        |parameters: Value| json!({"taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters});
    let nova_text = json!({"truncationMode": "NONE", "value": "a"});
    let cases = [
        (embed_request(TITAN_1, &["a"]), &plain, json!({"inputText": "a"})),
        (chosen(TITAN_1, 1536, Purpose::Query), &plain, json!({"inputText": "a"})),
        (embed_request(TITAN_2, &["a"]), &plain, json!({"inputText": "a"})),
        (chosen(TITAN_2, 256, Purpose::Query), &plain, json!({"inputText": "a", "dimensions": 256})),
        (embed_request(COHERE_3, &["a"]), &plain, json!({"texts": ["a"], "input_type": "search_document"})),
        (
            chosen(COHERE_3, 1024, Purpose::Classification),
            &plain,
            json!({"texts": ["a"], "input_type": "classification"}),
        ),
        (
            embed_request(COHERE_4, &["a"]),
            &plain,
            json!({"texts": ["a"], "input_type": "search_document", "embedding_types": ["float"]}),
        ),
        (
            chosen(COHERE_4, 512, Purpose::Clustering),
            &json!({"embeddings": {"float": [[1]]}, "response_type": "embeddings_by_type"}),
            json!({
                "texts": ["a"], "input_type": "clustering", "embedding_types": ["float"], "output_dimension": 512,
            }),
        ),
        (
            embed_request(NOVA, &["a"]),
            &nova,
            nova_body(json!({"embeddingPurpose": "GENERIC_INDEX", "text": nova_text})),
        ),
        (
            chosen(NOVA, 384, Purpose::Query),
            &nova,
            nova_body(
                json!({"embeddingPurpose": "TEXT_RETRIEVAL", "embeddingDimension": 384, "text": nova_text}),
            ),
        ),
    ];
    for (request, answer, expected) in cases {
        let http = Canned::new([counted(answer, "3")]);
        let (embeddings, dropped) = embed_and_report(&http, &request).await.unwrap();
        assert_eq!((embeddings.vectors, embeddings.input_tokens), (vec![vec![1.0]], 3), "{}", request.model);
        assert_eq!(bodies(&http), [expected], "{}", request.model);
        let is_told = !request.model.contains("titan") || request.purpose.is_none();
        assert_eq!(dropped.is_empty(), is_told, "{}", request.model);
    }
}

#[tokio::test]
async fn a_call_names_the_model_as_it_was_asked_for() {
    let http = Canned::new([titan(1.0, 1)]);
    let arn = "arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0";
    embed(&http, &embed_request(arn, &["a"])).await.unwrap();
    assert_eq!(
        http.requests().remove(0).uri(),
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/\
         arn%3Aaws%3Abedrock%3Aus-east-1%3A%3Afoundation-model%2Famazon.titan-embed-text-v2%3A0/invoke"
    );
}

#[tokio::test]
async fn vectors_keep_the_order_of_the_texts_whichever_comes_first() {
    // The first answers arrive last.
    let slow = |number: u8| {
        let mut response = titan(f32::from(number), u64::from(number));
        response.pieces.splice(0..0, vec![Piece::Pause; usize::from(30 - number)]);
        response
    };
    let http = Canned::new((0..30).map(slow));
    let texts: Vec<String> = (0..30).map(|number| format!("text {number}")).collect();
    let request = EmbeddingRequest { inputs: texts.clone(), ..embed_request(TITAN_2, &[]) };
    let embeddings = embed(&http, &request).await.unwrap();
    assert_eq!(embeddings.vectors, (0..30_u8).map(|number| vec![f32::from(number)]).collect::<Vec<_>>());
    assert_eq!(embeddings.input_tokens, (0..30).sum::<u64>());
    assert_eq!(bodies(&http), texts.iter().map(|text| json!({"inputText": text})).collect::<Vec<_>>());
}

#[tokio::test]
async fn cohere_gets_96_texts_a_call() {
    let answer = |first: u32, count: u32| {
        counted(&json!({"embeddings": (first..first + count).map(|n| [n]).collect::<Vec<_>>()}), "100")
    };
    let http = Canned::new([answer(0, 96), answer(96, 96), answer(192, 1)]);
    let inputs: Vec<String> = (0..193).map(|number| number.to_string()).collect();
    let embeddings =
        embed(&http, &EmbeddingRequest { inputs, ..embed_request(COHERE_3, &[]) }).await.unwrap();
    let expected: Vec<Vec<f32>> = (0..193_u16).map(|number| vec![f32::from(number)]).collect();
    assert_eq!((embeddings.vectors, embeddings.input_tokens), (expected, 300));
    let sizes: Vec<usize> =
        bodies(&http).iter().map(|body| body["texts"].as_array().unwrap().len()).collect();
    assert_eq!(sizes, [96, 96, 1]);
}

#[tokio::test]
async fn a_call_that_fails_ends_the_others() {
    let open = Arc::new(());
    let silence = || {
        let mut response = titan(1.0, 1);
        response.pieces = vec![Piece::Silence { _token: Arc::clone(&open) }];
        response
    };
    let headers = [("content-type", "application/json"), ("x-amzn-errortype", "ThrottlingException")];
    let refused = Response::new(429, &headers, &[br#"{"message":"Too many requests"}"#]);
    let http = Canned::new([silence(), silence(), refused]);
    let failure = embed(&http, &embed_request(TITAN_2, &["a", "b", "c"])).await.unwrap_err();
    assert_eq!(failure.kind, Kind::Throttled);
    assert_eq!(Arc::strong_count(&open), 1, "the calls that were under way are gone");
}

#[tokio::test]
async fn an_answer_that_is_not_one_vector_a_text_is_broken() {
    for (model, body) in [
        (TITAN_2, json!({"embedding": []})),
        (TITAN_2, json!({"embeddings": [[1]]})),
        (TITAN_2, json!({"embedding": [1e300]})),
        (TITAN_2, json!({"embedding": ["1"]})),
        (COHERE_3, json!({"embeddings": []})),
        (COHERE_3, json!({"embeddings": [[1], [2]]})),
        (COHERE_4, json!({"embeddings": {"int8": [[1]]}})),
        (NOVA, json!({"embeddings": []})),
        (NOVA, json!({})),
    ] {
        let http = Canned::new([counted(&body, "1")]);
        let failure = embed(&http, &embed_request(model, &["a"])).await.unwrap_err();
        assert_eq!(failure.kind, Kind::UnreadableAnswer, "{model} {body}");
    }
}

#[tokio::test]
async fn what_a_model_cannot_do_is_refused_before_any_call() {
    let of_length =
        |model, dimensions| EmbeddingRequest { dimensions: Some(dimensions), ..embed_request(model, &["a"]) };
    let long = "ü".repeat(2049);
    let cases = [
        (of_length(TITAN_1, 256), Kind::InvalidRequest, "dimensions", "one of 1536"),
        (of_length(TITAN_2, 1536), Kind::InvalidRequest, "dimensions", "one of 1024, 512, 256"),
        (of_length(COHERE_3, 512), Kind::InvalidRequest, "dimensions", "one of 1024"),
        (of_length(COHERE_4, 100), Kind::InvalidRequest, "dimensions", "one of 1536, 1024, 512, 256"),
        (of_length(NOVA, 1536), Kind::InvalidRequest, "dimensions", "one of 3072, 1024, 384, 256"),
        (embed_request(COHERE_3, &["a", &long]), Kind::ContextLength, "input[1]", "2048 characters"),
        (embed_request(COHERE_3, &[&long]), Kind::ContextLength, "input", "2048 characters"),
        (embed_request("text-embedding-3-small", &["a"]), Kind::ModelNotFound, "model", TITAN_2),
        (embed_request("", &["a"]), Kind::ModelNotFound, "model", TITAN_2),
        (
            embed_request("us.anthropic.claude-sonnet-4-6", &["a"]),
            Kind::InvalidRequest,
            "model",
            "make no embeddings",
        ),
    ];
    let http = Canned::default();
    for (request, kind, param, says) in cases {
        let failure = embed(&http, &request).await.unwrap_err();
        assert_eq!((failure.kind, failure.param.as_deref()), (kind, Some(param)), "{failure}");
        assert!(failure.message.contains(says), "{}", failure.message);
    }
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn recorded_answers_are_read_whole() {
    for recording in recordings() {
        if recording.operation != "invoke" || !recording.model.contains("embed") {
            continue;
        }
        let body: Value = serde_json::from_slice(&recording.body()).unwrap();
        let texts: Vec<&str> = recording.request_body["texts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap())
            .collect();
        let http = Canned::new([recording.response(vec![Piece::Bytes(recording.body())])]);
        let embeddings = embed(&http, &embed_request(&recording.model, &texts)).await.unwrap();
        let expected: Vec<Vec<f32>> = serde_json::from_value(body["embeddings"].clone()).unwrap();
        assert_eq!(embeddings.vectors, expected, "{}", recording.id);
        let tokens = &recording.response_headers["x-amzn-bedrock-input-token-count"];
        assert_eq!(embeddings.input_tokens.to_string(), *tokens, "{}", recording.id);
        assert_eq!(bodies(&http)[0]["texts"], recording.request_body["texts"], "{}", recording.id);
    }
}

/// As other gateways translate. They embed every text as a question, Adit as a document: it is what most
/// texts are that somebody embeds, and `input_type` says otherwise.
#[tokio::test]
async fn asks_what_other_gateways_ask() {
    for case in translation_cases().iter().filter(|case| case["api"] == "openai-embeddings") {
        let asked = &case["request"];
        let inputs = match &asked["input"] {
            Value::String(text) => vec![text.clone()],
            list => serde_json::from_value(list.clone()).unwrap(),
        };
        let is_titan = case["id"].as_str().unwrap().contains("titan");
        let model = if is_titan { TITAN_2 } else { COHERE_3 };
        let dimensions = asked["dimensions"].as_u64().map(|number| u32::try_from(number).unwrap());
        let request = EmbeddingRequest { inputs, dimensions, ..embed_request(model, &[]) };
        let vectors = vec![[1]; request.inputs.len()];
        let http = Canned::new([counted(&json!({"embedding": [1], "embeddings": vectors}), "1")]);
        embed(&http, &request).await.unwrap();
        let mut expected = case["expected_upstream"].clone();
        if expected["input_type"] == "search_query" {
            expected["input_type"] = json!("search_document");
        }
        assert_eq!(bodies(&http), [expected], "{}", case["id"]);
    }
}
