//! The tools that are there by themselves.

use serde_json::{Value, json};

use super::client::{Client, text};
use super::start;
use crate::harness::MODEL;

#[test]
fn tools_are_listed_in_one_order_with_schemas() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let listed = client.call("tools/list", json!({}));
        assert_eq!(listed, client.call("tools/list", json!({})));
        assert_eq!((&listed["cacheScope"], listed["ttlMs"].is_u64()), (&json!("private"), true));
        let tools = listed["tools"].as_array().unwrap();
        let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(
            names,
            [
                "bedrock_chat",
                "bedrock_list_models",
                "bedrock_describe_model",
                "bedrock_embed",
                "bedrock_count_tokens",
                "bedrock_generate_image",
                "usage_report"
            ]
        );
        for tool in tools {
            assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
            assert!(tool["description"].as_str().unwrap().len() > 40, "{tool}");
            assert_eq!(tool["annotations"]["destructiveHint"], false, "{tool}");
        }
    }
}

#[test]
fn models_are_those_of_the_key_and_described_by_their_data() {
    let stack = start();
    let key = stack.key().policy(&["--model", "amazon.nova-lite*", "--model", "amazon.titan-embed*"]);
    let client = Client::new(&key);
    let models = client.tool("bedrock_list_models", &json!({}))["structuredContent"]["models"].clone();
    let ids: Vec<&str> =
        models.as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"amazon.nova-lite-v1:0"), "{ids:?}");
    assert!(ids.iter().all(|id| id.contains("nova-lite") || id.contains("titan-embed")), "{ids:?}");
    let narrow = json!({"filter": "NOVA", "does": "chat"});
    let narrow = client.tool("bedrock_list_models", &narrow)["structuredContent"]["models"].clone();
    assert!(narrow.as_array().unwrap().iter().all(|model| model["does"] == "chat"), "{narrow}");

    let one = client.tool("bedrock_describe_model", &json!({"model": "amazon.nova-lite-v1:0"}));
    let described = &one["structuredContent"];
    assert_eq!((&described["input_usd_per_million"], &described["tools"]), (&json!(0.06), &json!(true)));
    assert_eq!(serde_json::from_str::<Value>(&text(&one)).unwrap(), *described);
    let resource = client.call("resources/read", json!({"uri": "bedrock://models/amazon.nova-lite-v1%3A0"}));
    let resource: Value = serde_json::from_str(resource["contents"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!(resource, *described);
    let said = client.tool_failure("bedrock_describe_model", &json!({"model": "nova-lite"}));
    assert!(said.contains("did you mean `") && said.contains("amazon.nova-lite"), "{said}");
}

#[test]
fn texts_become_vectors() {
    let stack = start();
    let key = stack.key();
    let client = Client::old(&key);
    let arguments = json!({"model": "amazon.titan-embed-text-v2:0", "input": ["a", "b"], "dimensions": 256});
    let made = client.tool("bedrock_embed", &arguments)["structuredContent"].clone();
    let vectors = made["embeddings"].as_array().unwrap();
    assert_eq!((vectors.len(), vectors[1].as_array().unwrap().len()), (2, 256));
    let said = client.tool_failure("bedrock_embed", &json!({"model": MODEL, "input": "a"}));
    assert!(!said.is_empty());
}

#[test]
fn arguments_that_do_not_fit_are_a_result_that_helps_to_correct_them() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        for (tool, arguments, expected) in [
            ("bedrock_chat", json!({"prompt": "x"}), "missing field `model`"),
            ("bedrock_chat", json!({"model": MODEL}), "`prompt` or `messages` is missing"),
            ("bedrock_chat", json!({"model": MODEL, "promt": "x"}), "unknown field `promt`"),
            (
                "bedrock_chat",
                json!({"model": MODEL, "messages": [{"role": "system", "content": "x"}]}),
                "messages[0].role",
            ),
            ("bedrock_chat", json!({"model": MODEL, "prompt": "x", "images": [{"data": "?"}]}), "base64"),
            ("bedrock_embed", json!({"model": MODEL, "input": []}), "1 to 2048"),
            ("usage_report", json!({"since": "yesterday"}), "since"),
        ] {
            let said = client.tool_failure(tool, &arguments);
            assert!(said.contains(expected), "{said}");
        }
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}
