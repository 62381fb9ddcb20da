//! `bedrock_generate_image`: images of Amazon's and Stability's models.

use serde_json::{Value, json};

use super::client::{Client, text};
use super::{SETTINGS, start};
use crate::harness::{MODEL, Setup};
use crate::limits::settled;

const CANVAS: &str = "amazon.nova-canvas-v1:0";
const STABLE: &str = "stability.stable-image-core-v1:1";

#[test]
fn images_come_back_as_images() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let arguments = json!({
            "model": CANVAS, "prompt": "a cat", "negative_prompt": "dogs", "count": 2,
            "width": 1280, "height": 720, "seed": 7,
        });
        let result = client.tool("bedrock_generate_image", &arguments);
        assert_eq!(
            (&result["isError"], &result["_meta"]["adit/answer"]["model"]),
            (&json!(false), &json!(CANVAS))
        );
        let content = result["content"].as_array().unwrap();
        assert_eq!(content.len(), 2);
        for block in content {
            assert_eq!((&block["type"], &block["mimeType"]), (&json!("image"), &json!("image/png")));
            assert!(block["data"].as_str().unwrap().starts_with("iVBORw0KGgo"));
        }
        assert_eq!(
            stack.sim.last_body(),
            json!({
                "taskType": "TEXT_IMAGE",
                "textToImageParams": {"text": "a cat", "negativeText": "dogs"},
                "imageGenerationConfig": {"numberOfImages": 2, "width": 1280, "height": 720, "seed": 7},
            })
        );
    }
}

#[test]
fn what_a_model_cannot_be_told_is_said() {
    let stack = start();
    let key = stack.key();
    let client = Client::new(&key);
    let arguments = json!({"model": STABLE, "prompt": "a cat", "width": 1000, "height": 999});
    let result = client.tool("bedrock_generate_image", &arguments);
    assert_eq!(result["content"][0]["type"], "image");
    assert_eq!(result["content"][1]["text"], "[without effect for this model: size]");
    let strict = [("x-adit-strict", "true")];
    let (headers, body) =
        client.written("tools/call", json!({"name": "bedrock_generate_image", "arguments": arguments}));
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).chain(strict).collect();
    let refused = key.post_to("/mcp", &headers, &body).json()["result"].clone();
    assert!(refused["isError"] == true && text(&refused).contains("size"), "{refused}");
}

#[test]
fn what_is_personal_does_not_leave_to_be_drawn() {
    let stack = Setup::new().settings(SETTINGS).plugins(["redact"]).start();
    let key = stack.key().with("redact", &json!({}));
    let arguments = json!({
        "model": CANVAS, "prompt": "a card for alice@example.org", "negative_prompt": "bob@example.org",
    });
    Client::new(&key).tool("bedrock_generate_image", &arguments);
    let body = stack.sim.last_body();
    assert!(body.to_string().contains("a card for"), "{body}");
    assert!(!body.to_string().contains("example.org"), "{body}");
}

#[test]
fn an_image_is_paid_for_by_the_key() {
    let stack = start();
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000"]);
    let client = Client::new(&key);
    let arguments = json!({"model": CANVAS, "prompt": "a cat"});
    client.tool("bedrock_generate_image", &arguments);
    settled(&key, 1000);
    let report = client.tool("usage_report", &json!({}))["structuredContent"].clone();
    assert_eq!((&report["total"]["requests"], &report["total"]["cost_usd"]), (&json!(1), &json!(0.04)));
    let said = client.tool_failure("bedrock_generate_image", &arguments);
    assert!(said.contains("used up"), "{said}");
    assert_eq!(stack.sim.requests().len(), 1);
}

#[test]
fn what_cannot_be_drawn_is_not_asked_for() {
    let stack = start();
    let key = stack.key().policy(&["--model", "amazon.*", "--model", "us.amazon.*"]);
    let client = Client::new(&key);
    for (arguments, expected) in [
        (json!({"model": STABLE, "prompt": "a cat"}), "model"),
        (json!({"model": MODEL, "prompt": "a cat"}), "makes no images"),
        (json!({"model": CANVAS}), "missing field `prompt`"),
        (json!({"model": CANVAS, "prompt": " "}), "says nothing"),
        (json!({"model": CANVAS, "prompt": "a cat", "width": 512}), "both of `width` and `height`"),
        (json!({"model": CANVAS, "prompt": "a cat", "count": 6}), "1 to 5 images"),
        (json!({"model": CANVAS, "prompt": "a cat", "count": 0}), "1 to 5 images"),
        (json!({"model": CANVAS, "prompt": "a cat", "style": "x"}), "unknown field `style`"),
    ] {
        let said = client.tool_failure("bedrock_generate_image", &arguments);
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn what_a_filter_keeps_back_is_a_result_that_says_so() {
    let stack = start();
    let key = stack.key();
    let client = Client::new(&key);
    for model in [CANVAS, STABLE] {
        let arguments = json!({"model": model, "prompt": "a forbidden cat"});
        let said = client.tool_failure("bedrock_generate_image", &arguments);
        assert!(said.contains("filters"), "{said}");
        assert!(!said.contains("forbidden"), "{said}");
    }
    assert_eq!(client.tool("usage_report", &json!({}))["structuredContent"]["total"]["cost_usd"], json!(0.0));
}

#[test]
fn models_that_draw_are_listed_for_tools_alone() {
    let stack = start();
    let key = stack.key();
    let client = Client::new(&key);
    let models =
        client.tool("bedrock_list_models", &json!({"does": "images"}))["structuredContent"]["models"].clone();
    let listed: Vec<(&str, f64)> = models
        .as_array()
        .unwrap()
        .iter()
        .map(|model| (model["id"].as_str().unwrap(), model["usd_per_image"].as_f64().unwrap()))
        .collect();
    assert_eq!(listed, [(CANVAS, 0.04), ("amazon.titan-image-generator-v2:0", 0.01), (STABLE, 0.04)]);
    let listed = key.get("/v1/models").text().to_owned();
    assert!(listed.contains(MODEL) && !listed.contains(CANVAS), "{listed}");
}
