//! A function as a stack deploys it: without a compiler, with its settings in Parameter Store, its tables in DynamoDB and
//! its plugins in a bucket.

use std::fs;
use std::num::NonZeroUsize;
use std::time::Instant;

use serde_json::json;

use crate::harness::{Key, PATIENCE, S3, Setup, Stack, built};

const PLUGIN: &str = "plugin-hello";

/// Everything of AWS on this machine, and a function that finds its settings there, once they are there.
fn deployed() -> (S3, Stack) {
    let aws = S3::start_with("s3,dynamodb,ssm");
    let stack = Setup::new()
        .runtime_only()
        .environment("AWS_ENDPOINT_URL", aws.url())
        .environment("AWS_ACCESS_KEY_ID", "test")
        .environment("AWS_SECRET_ACCESS_KEY", "test")
        .on_lambda(|function| {
            function.environment.retain(|(name, _)| name != "ADIT_CONFIG" && name != "ADIT_DATA");
            function.environment.push(("ADIT_PARAMETERS".into(), "/adit/test".into()));
            function.concurrency = NonZeroUsize::MIN;
        })
        .start();
    (aws, stack)
}

/// Publishes a plugin, and writes all parameters. Answers the secret of a key that has the plugin.
fn fill(aws: &S3, stack: &Stack) -> String {
    stack.adit(&["store", "create", "--table", "adit"]);
    let public = stack.adit(&["plugin", "keygen", "key"]);
    let settings = format!(
        "[catalog]\nlocation = 's3://plugins/team'\ntrusted_keys = ['{}']\nendpoint = '{}'",
        public.trim_end(),
        aws.url()
    );
    stack.write("adit.toml", &settings);
    stack.write("plugin.toml", &format!("name = '{PLUGIN}'\nversion = '0.1.0'"));
    fs::create_dir_all(stack.folder().join("dist")).unwrap();
    fs::copy(built::plugin("hello"), stack.folder().join(format!("dist/{PLUGIN}.wasm"))).unwrap();
    stack.adit(&["plugin", "publish", "--key", "key", "--settings", "adit.toml"]);
    let secret = stack.adit(&["key", "create", "laptop", "--quiet", "--table", "adit"]);
    let enable = ["plugin", "enable", "laptop", PLUGIN, "--version", "0.1.0"];
    stack.adit(&[&enable[..], &["--table", "adit", "--settings", "adit.toml"]].concat());

    for (name, kind, value) in [
        ("cache-table", "String", "adit-cache"),
        ("catalog", "String", "s3://plugins/team"),
        ("trusted-keys", "String", public.trim_end()),
        ("settings", "String", "max_body_bytes = 1000"),
        ("settings/models", "String", "[timeouts]\nkeep_alive_ms = 20"),
        ("secrets/token", "SecureString", "not for clients"),
        ("table", "String", "adit"),
    ] {
        aws.put_parameter(&format!("/adit/test/{name}"), kind, value);
    }
    secret.trim_end().to_owned()
}

fn wait_for_service(stack: &Stack, key: &Key<'_>) {
    let begun = Instant::now();
    while key.get("/v1/models").status != 200 {
        assert!(begun.elapsed() < PATIENCE, "it does not recover: {}", stack.server().log());
        std::thread::yield_now();
    }
}

#[test]
fn a_chat_is_streamed_through_a_published_plugin() {
    let (aws, stack) = deployed();
    let nothing = Key::with_secret(&stack, "adit_none").ask("hello");
    assert_eq!(nothing.status, 503, "{}", nothing.text());
    stack.server().wait_for_line(&["ERROR", "/adit/test"]);

    let secret = fill(&aws, &stack);
    let key = Key::with_secret(&stack, secret);
    wait_for_service(&stack, &key);
    stack.sim.always(&json!({"textDeltas": ["one ", "two ", "three"]}));
    let answer = key.stream("count").answer();
    assert!(answer.is_stream() && answer.content() == "ONE TWO THREE", "{}", answer.text());
    assert_eq!(key.ask("count").content(), "ONE TWO THREE");
    // The settings count.
    assert_eq!(key.ask(&"x".repeat(1000)).status, 413);
    assert_eq!(Key::with_secret(&stack, "adit_none").ask("hello").status, 401);
    stack.lambda().wait_until_idle();
    let used = stack.adit(&["usage", "--json", "--table", "adit"]);
    let used: serde_json::Value = serde_json::from_str(&used).unwrap();
    assert_eq!(used["total"]["requests"], 2, "{used}");
    assert!(!stack.stop().contains("not for clients"));
}

#[test]
fn an_environment_that_starts_later_serves_at_once() {
    let (aws, stack) = deployed();
    let secret = fill(&aws, &stack);
    assert!(stack.lambda().emulator().reclaim(PATIENCE));
    let key = Key::with_secret(&stack, secret);
    assert_eq!(key.stream("hello").answer().content(), "HELLO");
    assert_eq!(stack.lambda().emulator().environments().len(), 2);
}
