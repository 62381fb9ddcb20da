//! Many environments of one function, and those that cannot start.

use std::num::NonZeroUsize;
use std::time::Instant;

use serde_json::json;

use crate::harness::{Answer, Key, PATIENCE, S3, Setup, Stack};

const ENVIRONMENTS: usize = 5;
const REQUESTS_OF_EACH: usize = 6;

/// How many requests pass in a minute.
const LIMIT: usize = 20;

/// Each request has an environment to itself.
fn of_its_own(setup: Setup) -> Setup {
    setup.on_lambda(|function| {
        function.most_environments = NonZeroUsize::new(ENVIRONMENTS).unwrap();
        function.concurrency = NonZeroUsize::MIN;
    })
}

/// Asks from as many clients as there are environments.
fn ask_at_once(stack: &Stack, secret: &str) -> Vec<Answer> {
    let client = || {
        let key = Key::with_secret(stack, secret);
        (0..REQUESTS_OF_EACH).map(|_| key.stream("hello").answer()).collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..ENVIRONMENTS).map(|_| scope.spawn(client)).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

/// No limit is exceeded, nothing is lost, and nothing counted twice.
fn serve_at_once(stack: &Stack, secret: &str) {
    let begun = Instant::now();
    let answers = ask_at_once(stack, secret);
    // A minute's worth may come at once, and one more each three seconds.
    let most = LIMIT + 1 + usize::try_from(begun.elapsed().as_secs()).unwrap() / 3;
    let (fine, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert!(fine.iter().all(|answer| answer.content() == "hello"));
    for answer in refused {
        assert_eq!((answer.status, &answer.error()["code"]), (429, &json!("rate_limit_exceeded")));
    }
    assert!((LIMIT..=most).contains(&fine.len()), "{} of {LIMIT}", fine.len());
    assert!(stack.lambda().emulator().environments().len() > 1);
    stack.lambda().wait_until_idle();
    let used = Key::with_secret(stack, secret).get("/v1/usage").json()["total"].take();
    assert_eq!((&used["requests"], &used["errors"]), (&json!(fine.len()), &json!(0)));
}

#[test]
fn many_environments_share_one_database() {
    let stack = of_its_own(Setup::new()).start();
    let key = stack.key().policy(&["--requests-per-minute", "20"]);
    serve_at_once(&stack, &key.secret);
}

#[test]
fn many_environments_share_one_table() {
    let aws = S3::start_with("s3,dynamodb");
    let settings = format!("[store]\ntable = 'adit'\nendpoint = '{}'", aws.url());
    let stack = of_its_own(Setup::new())
        .settings(&settings)
        .environment("AWS_ENDPOINT_URL", aws.url())
        .environment("AWS_ACCESS_KEY_ID", "test")
        .environment("AWS_SECRET_ACCESS_KEY", "test")
        .start();
    stack.adit(&["store", "create", "--table", "adit"]);
    let secret = stack.adit(&["key", "create", "laptop", "--quiet", "--table", "adit"]);
    stack.adit(&["key", "policy", "laptop", "--requests-per-minute", "20", "--table", "adit"]);
    // The environment that was there before the table is told so with a request.
    wait_for_service(&stack, secret.trim_end());
    serve_at_once(&stack, secret.trim_end());
}

/// Asks until what was mended is noticed.
fn wait_for_service(stack: &Stack, secret: &str) {
    let begun = Instant::now();
    while Key::with_secret(stack, secret).get("/v1/models").status != 200 {
        assert!(begun.elapsed() < PATIENCE, "it does not recover: {}", stack.server().log());
        std::thread::yield_now();
    }
}

#[test]
fn settings_that_are_broken_are_a_503_until_they_are_mended() {
    let stack = Setup::new().settings("max_body_bytes = 'many'").on_lambda(|_| ()).start();
    let key = stack.key();
    let answer = key.ask("hello");
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.header("retry-after").is_some());
    assert!(
        !answer.error()["message"].as_str().unwrap().contains("max_body_bytes"),
        "it is nobody's business"
    );
    stack.server().wait_for_line(&["ERROR", "adit.toml", "line 1", "many"]);
    stack.write("adit.toml", "");
    wait_for_service(&stack, &key.secret);
    assert_eq!(key.stream("hello").answer().content(), "hello");
    // It is the same environment.
    assert_eq!(stack.lambda().emulator().environments().len(), 1);
    assert_eq!(stack.lambda().emulator().faults(), []);
}
