#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};

use super::answer;

const NOVA: &str = "amazon.nova-2-multimodal-embeddings-v1:0";

fn invoke(model: &str, body: &Value) -> Value {
    answer(body.to_string().as_bytes(), model).unwrap().answer
}

fn nova(parameters: &Value) -> Value {
    json!({"schemaVersion": "nova-multimodal-embed-v1", "taskType": "SINGLE_EMBEDDING", "singleEmbeddingParams": parameters})
}

fn length(vector: &Value) -> usize {
    vector.as_array().unwrap().len()
}

#[test]
fn each_family_answers_in_its_own_shape() {
    let first = invoke("amazon.titan-embed-text-v1", &json!({"inputText": "one two"}));
    assert_eq!((length(&first["embedding"]), &first["inputTextTokenCount"]), (1536, &json!(2)));

    let second = invoke(
        "amazon.titan-embed-text-v2:0",
        &json!({"inputText": "one", "dimensions": 256, "normalize": true}),
    );
    assert_eq!(length(&second["embedding"]), 256);
    assert_eq!(second["embeddingsByType"], json!({"float": second["embedding"]}));
    let binary =
        invoke("amazon.titan-embed-text-v2:0", &json!({"inputText": "one", "embeddingTypes": ["binary"]}));
    assert_eq!((length(&binary["embeddingsByType"]["binary"]), binary.get("embedding")), (1024, None));

    let body = json!({"texts": ["Hello World!", "b"], "input_type": "search_query"});
    let third = invoke("cohere.embed-english-v3", &body);
    assert_eq!((length(&third["embeddings"]), length(&third["embeddings"][1])), (2, 1024));
    assert_eq!(
        (&third["texts"][0], &third["response_type"]),
        (&json!("hello world!"), &json!("embeddings_floats"))
    );

    let body = json!({"texts": ["a"], "input_type": "clustering", "embedding_types": ["float", "int8"], "output_dimension": 512});
    let fourth = invoke("us.cohere.embed-v4:0", &body);
    assert_eq!(fourth["response_type"], "embeddings_by_type");
    assert_eq!(
        (length(&fourth["embeddings"]["float"][0]), length(&fourth["embeddings"]["int8"][0])),
        (512, 512)
    );

    let text = json!({"truncationMode": "NONE", "value": "one"});
    let answer = invoke(
        NOVA,
        &nova(&json!({"embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": 384, "text": text})),
    );
    assert_eq!(answer["embeddings"][0]["embeddingType"], "TEXT");
    assert_eq!(length(&answer["embeddings"][0]["embedding"]), 384);
}

#[test]
fn what_the_schema_does_not_allow_is_refused() {
    let many: Vec<&str> = vec!["a"; 97];
    let text = json!({"truncationMode": "END", "value": ""});
    let cases = [
        (
            "amazon.titan-embed-text-v1",
            json!({"inputText": "a", "dimensions": 256}),
            "#: extraneous key [dimensions] is not permitted",
        ),
        (
            "amazon.titan-embed-text-v2:0",
            json!({"inputText": ""}),
            "#/inputText: expected minLength: 1, actual: 0",
        ),
        (
            "amazon.titan-embed-text-v2:0",
            json!({"inputText": "a", "dimensions": 100}),
            "#/dimensions: 100 is not a valid enum value",
        ),
        (
            "amazon.titan-embed-text-v2:0",
            json!({"inputText": ["a"]}),
            "#/inputText: expected type: String, found: JSONArray",
        ),
        (
            "cohere.embed-english-v3",
            json!({"inputText": "a"}),
            "#: required key [texts] not found#: required key [input_type] not found#: extraneous key [inputText] is not permitted",
        ),
        (
            "cohere.embed-multilingual-v3",
            json!({"texts": many, "input_type": "search_query"}),
            "#/texts: expected maximum item count: 96, found: 97",
        ),
        (
            "cohere.embed-english-v3",
            json!({"texts": ["a"], "input_type": "search_query", "output_dimension": 256}),
            "#: extraneous key [output_dimension] is not permitted",
        ),
        (
            "cohere.embed-v4:0",
            json!({"texts": [""], "input_type": "query", "truncate": "END"}),
            "#/texts/0: expected minLength: 1, actual: 0#/input_type: query is not a valid enum value#/truncate: END is not a valid enum value",
        ),
        (
            NOVA,
            nova(&json!({"embeddingDimension": 512, "text": text})),
            "#/singleEmbeddingParams: required key [embeddingPurpose] not found\
             #/singleEmbeddingParams/embeddingDimension: 512 is not a valid enum value\
             #/singleEmbeddingParams/text/value: expected minLength: 1, actual: 0",
        ),
    ];
    for (model, body, violations) in cases {
        let error = answer(body.to_string().as_bytes(), model).err().unwrap();
        let expected =
            format!("Malformed input request: {violations}, please reformat your input and try again.");
        assert_eq!((error.kind.as_ref(), error.message), ("ValidationException", expected), "{model}");
    }
}

#[test]
fn a_text_is_as_long_as_the_model_reads() {
    let long = "a ".repeat(8193);
    let refused = answer(json!({"inputText": long}).to_string().as_bytes(), "amazon.titan-embed-text-v1");
    assert!(
        refused.err().unwrap().message.contains("Max input tokens: 8192, request input token count: 8193")
    );
    let parameters = |mode: &str| json!({"embeddingPurpose": "CLUSTERING", "text": {"truncationMode": mode, "value": long}});
    assert!(answer(nova(&parameters("NONE")).to_string().as_bytes(), NOVA).is_err());
    assert_eq!(invoke(NOVA, &nova(&parameters("END")))["embeddings"][0]["truncatedCharLength"], 16384);
}

#[test]
fn other_models_are_not_invoked() {
    let error = answer(b"{}", "amazon.nova-lite-v1:0").err().unwrap();
    assert!(error.message.starts_with("The stand-in does not know how to invoke"), "{}", error.message);
}
