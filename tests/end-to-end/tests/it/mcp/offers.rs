//! What the operator offers: prompts and resources; and what is suggested while somebody types.

use serde_json::{Value, json};

use super::client::Client;
use crate::harness::{Setup, Stack};

const SETTINGS: &str = r#"
[mcp]
allowed_hosts = ["adit.test"]

[[mcp.prompts]]
name = "review"
title = "Review"
description = "Review some code"
arguments = [
    { name = "language", description = "of the code", required = true, values = ["rust", "ruby", "go"] },
    { name = "tone" },
]
messages = [
    { text = "Review this {language}. {tone}" },
    { role = "assistant", text = "{\"ok\": {language}}" },
    { resource = "docs://style/{language}" },
]

[[mcp.prompts]]
name = "look"
messages = [{ image = "dot.png" }]

[[mcp.resources]]
uri = "docs://style/{language}"
name = "style"
mime = "text/markdown"
text = "The style of {language}: {other}"

[[mcp.resources]]
uri = "docs://dot"
name = "dot"
mime = "image/png"
file = "dot.png"
"#;

fn start() -> Stack {
    let stack = Setup::new().settings(SETTINGS).start();
    stack.write("dot.png", "not really");
    stack
}

#[test]
fn prompts_are_filled_in() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let listed = client.call("prompts/list", json!({}))["prompts"].clone();
        assert_eq!(listed[0]["name"], "review");
        let expected = json!([
            {"name": "language", "description": "of the code", "required": true},
            {"name": "tone", "required": false},
        ]);
        assert_eq!(listed[0]["arguments"], expected);
        let filled =
            client.call("prompts/get", json!({"name": "review", "arguments": {"language": "{tone}"}}));
        let resource = json!({"uri": "docs://style/{tone}", "mimeType": "text/markdown", "text": "The style of {tone}: {other}"});
        assert_eq!(
            filled["messages"],
            json!([
                {"role": "user", "content": {"type": "text", "text": "Review this {tone}. "}},
                {"role": "assistant", "content": {"type": "text", "text": "{\"ok\": {tone}}"}},
                {"role": "user", "content": {"type": "resource", "resource": resource}},
            ])
        );
        let image = client.call("prompts/get", json!({"name": "look"}))["messages"][0]["content"].clone();
        assert_eq!(image, json!({"type": "image", "mimeType": "image/png", "data": "bm90IHJlYWxseQ=="}));
        for arguments in [json!({}), json!({"language": "x", "other": "y"})] {
            let error = client.fail("prompts/get", json!({"name": "review", "arguments": arguments}));
            assert_eq!(error["code"], -32602);
        }
    }
}

#[test]
fn resources_are_read_by_uri_and_by_template() {
    let stack = start();
    let key = stack.key();
    let client = Client::new(&key);
    let uris = |listed: &Value, member: &str| -> Vec<String> {
        listed.as_array().unwrap().iter().map(|one| one[member].as_str().unwrap().to_owned()).collect()
    };
    let listed = client.call("resources/list", json!({}));
    assert_eq!(uris(&listed["resources"], "uri"), ["adit://usage/current", "docs://dot"]);
    let templates = client.call("resources/templates/list", json!({}));
    assert_eq!(
        uris(&templates["resourceTemplates"], "uriTemplate"),
        ["bedrock://models/{id}", "docs://style/{language}"]
    );
    let read = |uri: &str| client.call("resources/read", json!({"uri": uri}))["contents"][0].clone();
    assert_eq!(read("docs://style/go")["text"], "The style of go: {other}");
    assert_eq!(read("docs://dot")["blob"], "bm90IHJlYWxseQ==");
    let usage: Value = serde_json::from_str(read("adit://usage/current")["text"].as_str().unwrap()).unwrap();
    assert_eq!(usage["total"]["requests"], 0);
    for uri in ["docs://style/a/b", "docs://style/", "bedrock://models/none"] {
        assert_eq!(client.fail("resources/read", json!({"uri": uri}))["code"], -32602, "{uri}");
    }
}

#[test]
fn arguments_are_suggested_while_they_are_typed() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let suggested = |reference: Value, name: &str, value: &str| {
            let params = json!({"ref": reference, "argument": {"name": name, "value": value}});
            client.call("completion/complete", params)["completion"]["values"].clone()
        };
        let prompt = json!({"type": "ref/prompt", "name": "review"});
        assert_eq!(suggested(prompt.clone(), "language", "ru"), json!(["rust", "ruby"]));
        assert_eq!(suggested(prompt, "tone", "x"), json!([]));
        let models = json!({"type": "ref/resource", "uri": "bedrock://models/{id}"});
        let models = suggested(models, "id", "nova-lite");
        assert!(models.as_array().unwrap().contains(&json!("amazon.nova-lite-v1:0")), "{models}");
    }
}

#[test]
fn a_settings_file_with_an_offer_that_cannot_be_is_refused() {
    let stack = start();
    for settings in [
        "[[mcp.prompts]]\nname = 'a b'\nmessages = []",
        "[[mcp.prompts]]\nname = 'a'\nmessages = [{ text = 'x', image = 'y.png' }]",
        "[[mcp.prompts]]\nname = 'a'\nmessages = [{ image = 'y.tiff' }]",
        "[[mcp.resources]]\nuri = 'adit://x'\nname = 'x'\ntext = 'x'",
        "[[mcp.resources]]\nuri = 'docs://x'\nname = 'x'",
    ] {
        stack.write("wrong.toml", settings);
        let refusal = stack.refusal(&["--settings", "wrong.toml", "key", "list"]);
        assert!(refusal.contains("wrong.toml"), "{refusal}");
    }
}
