//! What a plugin may import is what the operator granted it: refused by name without, and within its
//! budgets with it.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Key, Setup, Stack, Web, built, fine};

const SECRET: &str = "marzipan-is-secret";

/// A stack whose plugins may reach loopback, and have a secret.
fn calling() -> Setup {
    Setup::new().plugins(["call"]).environment("CALL_KEY", SECRET).environment("ADIT_LOG", "debug").settings(
        "[secrets]\napi-key = { env = \"CALL_KEY\" }\n[plugin_http]\nprivate_hosts = [\"127.0.0.1\"]",
    )
}

/// Switches a plugin on with these grants, and with the acknowledgement.
fn grant(stack: &Stack, key: &Key<'_>, plugin: &str, config: &Value, grants: &[&str]) {
    let config = config.to_string();
    let mut command = vec!["key", "plugin", "enable", &key.name, plugin, "--config", &config];
    command.extend(["--settings", "adit.toml", "--acknowledge"]);
    command.extend(grants.iter().flat_map(|grant| ["--grant", grant]));
    stack.adit(&command);
}

fn caller<'s>(stack: &'s Stack, config: &Value, grants: &[&str]) -> Key<'s> {
    let key = stack.key();
    grant(stack, &key, "call", config, grants);
    key
}

const CALL: [&str; 2] = ["http=127.0.0.1", "secret=api-key"];

#[test]
fn a_plugin_is_not_enabled_without_its_grants() {
    let stack = Setup::new()
        .plugins(["keep", "call", "lines"])
        .settings("[secrets]\nknown = { env = \"HOME\" }")
        .start();
    let key = stack.key();
    let refusal = |plugin: &str, options: &[&str]| {
        let command = ["key", "plugin", "enable", &key.name, plugin, "--settings", "adit.toml"];
        stack.refusal(&[&command, options].concat())
    };
    for (plugin, options, expected) in [
        ("keep", vec![], "error: plugin `keep` imports `kv` without a grant: add `--grant kv`\n"),
        (
            "call",
            vec!["--grant", "kv"],
            "error: plugin `call` imports `secrets` and `http` without a grant: add `--grant secret=NAME --grant http=HOST`\n",
        ),
        (
            "keep",
            vec!["--grant", "kv"],
            "error: plugin `keep` reads prompts or answers (`prompt`), and could keep them in `kv`: \
             add `--acknowledge` if it is trusted with that\n",
        ),
        (
            "keep",
            vec!["--grant", "files"],
            "error: `files` is not a grant: write `kv`, `blobs`, `http=HOST` or `secret=NAME`\n",
        ),
        (
            "call",
            vec!["--grant", "secret=unknown"],
            "error: there is no secret `unknown`: name it in `[secrets]` of the settings file, and pass that with `--settings`\n",
        ),
    ] {
        assert_eq!(refusal(plugin, &options), expected);
    }
    assert_eq!(stack.adit(&["key", "plugin", "list", &key.name, "--json"]).trim(), "[]");
    // What every plugin has needs no grant.
    key.enable("lines", &json!({}));
    let listed: Value = serde_json::from_str(&stack.adit(&["plugin", "list", "--json"])).unwrap();
    assert_eq!(listed[0]["imports"], json!(["log", "secrets", "http"]));
}

#[test]
fn a_plugin_that_came_to_import_more_is_refused_by_name() {
    let polite = fs::read(built::plugin("polite")).unwrap();
    let mut stack = Setup::new().plugin_file("keep", &polite).start();
    let name = stack.key().with("keep", &json!({})).name;
    let secret = stack.key().with("keep", &json!({})).secret;
    stack.replace_plugin("keep", &fs::read(built::plugin("keep")).unwrap());
    stack.restart();
    let error = Key::with_secret(&stack, secret).ask("count n").error();
    assert_eq!(error["code"], "plugin_unavailable", "{error}");
    stack.server().wait_for_line(&["plugin `keep` imports `kv` without a grant: add `--grant kv`"]);
    stack.adit(&["key", "plugin", "enable", &name, "keep", "--grant", "kv", "--acknowledge"]);
}

#[test]
fn values_outlive_requests_and_those_of_two_tenants_never_mix() {
    let stack = Stack::with(["keep"]);
    let tenant = |name: &str, label: &str| {
        let secret = stack.adit(&["key", "create", name, "--quiet", "--label", label]);
        let mut key = Key::with_secret(&stack, secret.trim_end());
        key.name = name.to_owned();
        key
    };
    let (one, other) = (stack.key(), stack.key());
    let (here, there, elsewhere) =
        (tenant("a", "tenant=t"), tenant("b", "tenant=t"), tenant("c", "tenant=u"));
    for key in [&one, &other, &here, &there, &elsewhere] {
        grant(&stack, key, "keep", &json!({}), &["kv"]);
    }
    for (key, expected) in
        [(&one, "1"), (&other, "1"), (&one, "2"), (&here, "1"), (&there, "2"), (&elsewhere, "1")]
    {
        assert_eq!(key.ask("count n").content(), expected);
    }
    assert_eq!(one.ask("set k 5, find k, delete k, find k").content(), "set, 5 bytes, deleted, nothing");
    assert_eq!(other.ask("find k").content(), "nothing");
}

#[test]
fn values_have_quotas() {
    let stack = Stack::with(["keep"]);
    let key = stack.key();
    grant(&stack, &key, "keep", &json!({}), &["kv"]);
    let long = "x".repeat(257);
    let asked = key.ask(&format!("set k 65536, set k 65537, find {long}, find-often, find k"));
    let expected = "set, quota: a value has at most 65536 bytes, quota: a key has 1 to 256 bytes, \
                    quota: a request has 64 operations, quota: a request has 64 operations";
    assert_eq!(asked.content(), expected);
    let filling: Vec<_> = (0..20).map(|number| format!("set {number} 65536")).collect();
    let filled = key.ask(&filling.join(", ")).content();
    assert!(filled.starts_with("set, set") && filled.ends_with("more than 1048576 bytes"), "{filled}");
}

#[test]
fn a_store_that_is_held_by_somebody_else_is_unavailable_to_the_plugin_and_nobody_waits() {
    let stack = Stack::with(["keep"]);
    let key = stack.key();
    grant(&stack, &key, "keep", &json!({}), &["kv"]);
    assert_eq!(key.ask("count n").content(), "1");
    let holder = rusqlite::Connection::open(stack.data_path("adit.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(key.ask("count n, set k 1, find k").content(), "unavailable, unavailable, nothing");
    holder.execute_batch("ROLLBACK").unwrap();
    assert_eq!(key.ask("count n").content(), "2");
}

#[test]
fn a_secret_reaches_the_host_and_neither_the_plugin_nor_the_log() {
    let stack = calling().start();
    // It repeats what it was sent.
    let web = Web::start(fine);
    let key = caller(&stack, &json!({"secret": "api-key"}), &CALL);
    let answer = key.ask(&web.url("/v1?q=1")).content();
    let sent = web.requests().remove(0);
    assert!(sent.starts_with("POST /v1?q=1 HTTP/1.1\r\n") && sent.ends_with("\r\n\r\na body"), "{sent}");
    assert!(sent.contains(&format!("authorization: Bearer {SECRET}\r\n")), "{sent}");
    assert!(
        answer.starts_with("200 POST /v1") && answer.contains("authorization: Bearer adit-secret-"),
        "{answer}"
    );
    assert!(!answer.contains(SECRET), "{answer}");
    // Each instance has a reference of its own.
    assert_ne!(key.ask(&web.url("/v1?q=1")).content(), answer);

    let ungranted = caller(&stack, &json!({"secret": "other"}), &CALL);
    assert_eq!(ungranted.ask(&web.url("/")).content(), "no secret");
    let open = caller(&stack, &json!({"secret": "api-key"}), &["http=api.example.com", "secret=api-key"]);
    let expected = "denied: a secret is sent to `api.example.com` over `https:` only";
    assert_eq!(open.ask("http://api.example.com/").content(), expected);
    assert_eq!(web.requests().len(), 2);
    let log = stack.stop();
    assert!(log.contains("calls with adit-secret-"), "{log}");
    assert!(!log.contains(SECRET), "{log}");
}

#[test]
fn a_secret_that_is_not_there_keeps_the_server_from_starting() {
    let stack = calling().start();
    let fault = stack.refusal(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
        stack.write("bad.toml", "[secrets]\ns = { env = \"NOT_SET\" }"),
    ]);
    assert!(
        fault.contains("the secret `s` cannot be used: the environment variable `NOT_SET` is not set"),
        "{fault}"
    );
}

#[test]
fn hosts_and_addresses_that_were_not_granted_are_not_asked() {
    let private = Web::start(|_| fine("inside"));
    let stack = Setup::new()
        .plugins(["call"])
        .environment("CALL_KEY", SECRET)
        .settings("[secrets]\napi-key = { env = \"CALL_KEY\" }")
        .start();
    let grants = ["http=127.0.0.1", "http=localhost", "http=169.254.169.254", "secret=api-key"];
    let key = caller(&stack, &json!({}), &grants);
    let port = private.url("").rsplit(':').next().unwrap().to_owned();
    for (url, expected) in [
        (private.url("/"), "denied: `127.0.0.1` is no public address"),
        (format!("http://localhost:{port}/"), "denied: `localhost` is no public address"),
        (
            "http://169.254.169.254/latest/meta-data/".to_owned(),
            "denied: `169.254.169.254` is no public address",
        ),
        ("https://api.example.com/".to_owned(), "denied: the host `api.example.com` is not granted"),
        ("https://me:word@127.0.0.1/".to_owned(), "denied: the URL holds a user name or a password"),
        ("file:///etc/passwd".to_owned(), "denied: the URL is neither `https:` nor `http:`"),
    ] {
        assert_eq!(key.ask(&url).content(), expected);
    }
    assert_eq!(private.requests(), Vec::<String>::new());
}

#[test]
fn redirects_are_not_followed_and_the_host_s_headers_not_taken() {
    let stack = calling().start();
    let end = Web::start(|_| fine("the end"));
    let location = end.url("/end");
    let start = Web::start(move |_| {
        format!(
            "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 5\r\nconnection: close\r\n\r\nmoved"
        )
    });
    assert_eq!(caller(&stack, &json!({}), &CALL).ask(&start.url("/")).content(), "302 moved");
    assert_eq!((start.requests().len(), end.requests().len()), (1, 0));
    for (header, expected) in [
        ("Host", "denied: the header `host` is the host's"),
        ("content-length", "denied: the header `content-length` is the host's"),
        ("transfer-encoding", "denied: the header `transfer-encoding` is the host's"),
        ("x\r\ny", "denied: the name of a header is none"),
    ] {
        let key = caller(&stack, &json!({"header": header}), &CALL);
        assert_eq!(key.ask(&end.url("/")).content(), expected, "{header:?}");
    }
    assert_eq!(end.requests().len(), 0);
}

#[test]
fn calls_end_with_their_number_their_bytes_and_their_time() {
    let stack = calling().start();
    let key = caller(&stack, &json!({}), &CALL);
    let small = Web::start(|_| fine("small"));
    let url = small.url("/");
    assert_eq!(key.ask(&format!("{url}\n{url}\n{url}")).content(), "200 small\n200 small\nbudget");
    let large = Web::start(|_| fine(&"x".repeat((256 << 10) + 1)));
    assert_eq!(key.ask(&large.url("/")).content(), "budget");
    // The answer never comes: the call ends, the hook goes on, and there is no time for a second one.
    let silent = Web::start(|_| String::new());
    assert_eq!(key.ask(&format!("{}\n{url}", silent.url("/"))).content(), "timeout\nbudget");
}

#[test]
fn lines_have_a_level_and_a_limit() {
    let stack = Setup::new().plugins(["lines"]).environment("ADIT_LOG", "debug").start();
    let key = stack.key().with("lines", &json!({}));
    assert_eq!(key.ask("hello").content(), "hello");
    let log = stack.stop();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("adit::plugin::output")).collect();
    assert_eq!(lines.len(), 64, "{log}");
    for (level, text) in [
        ("DEBUG", "a line for debugging"),
        ("INFO", r"a line\nthat breaks\u{1b}[31m"),
        ("WARN", "a warning"),
        ("ERROR", "xxxxx"),
        ("WARN", "the metric `No Name` is not kept: a name has 1 to 64 lower-case letters"),
    ] {
        assert!(
            lines.iter().any(|line| line.contains(level) && line.contains(text)),
            "{level} {text}: {log}"
        );
    }
    assert!(lines.iter().all(|line| line.len() < (2 << 10) + 200), "{log}");
    assert!(log.contains("the plugin wrote 64 lines; the rest is dropped"), "{log}");
}
