//! Tools that plugins offer, as an operator and an author see them.

use std::fs;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Setup, Stack, built};

/// A tool of a plugin in the real engine, without a server.
fn call(plugin: &str, tool: &str, arguments: &Value) -> Output {
    let mut adit = Command::new(built::adit());
    adit.args(["plugin", "run"]).arg(built::plugin(plugin));
    adit.args(["--tool", tool, "--arguments", &arguments.to_string()]).output().unwrap()
}

fn shown(plugin: &str, tool: &str, arguments: &Value) -> String {
    let output = call(plugin, tool, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn text_tools_counts_splits_and_extracts() {
    let counted = shown("text-tools", "count", &json!({"text": "one two\nthree"}));
    assert!(counted.contains(r#"structured {"characters":13,"words":3,"#), "{counted}");
    let text = "One sentence. ".repeat(8_000);
    let chunked = shown("text-tools", "chunk", &json!({"text": text, "size": 1000, "overlap": 100}));
    assert!(chunked.contains(r#""index":100"#) && !chunked.contains("failed:"), "{}", &chunked[..200]);
    let found = shown("text-tools", "extract", &json!({"text": text + "a@b.io", "kinds": ["emails"]}));
    assert!(found.contains(r#"structured {"emails":["a@b.io"]}"#), "{}", &found[..200]);
}

#[test]
fn a_list_that_clients_could_not_use_keeps_a_plugin_from_being_enabled() {
    let stack = Stack::with(["mistool"]);
    let key = stack.key();
    for (list, why) in [
        ("twice", "two tools of the name"),
        ("name", "other characters than letters"),
        ("long", "a name of 72 characters"),
        ("schema", "whose `type` is not `object`"),
        ("not-json", "that is no JSON object"),
        ("no-description", "no description"),
        ("many", "at most 128 are taken"),
        ("trap", "list-tools failed"),
        ("spin", "it ran for longer than its time"),
    ] {
        let config = json!({ "list": list }).to_string();
        let refusal = stack.refusal(&["key", "plugin", "enable", &key.name, "mistool", "--config", &config]);
        assert!(refusal.contains(why), "{list}: {refusal}");
    }
    stack.adit(&["key", "plugin", "enable", &key.name, "mistool"]);
    let answer = key.ask("hello");
    assert_eq!(answer.content(), "hello", "a chat has nothing to do with tools");
}

#[test]
fn tools_belong_to_plugins_whose_names_leave_room_for_theirs() {
    let good = fs::read(built::plugin("text-tools")).unwrap();
    let stack = Setup::new().plugin_file("my_tools", &good).plugin_file("bedrock", &good).start();
    let key = stack.key();
    let refusal = stack.refusal(&["key", "plugin", "enable", &key.name, "my_tools"]);
    assert!(refusal.contains("must hold no `_`"), "{refusal}");
    let refusal = stack.refusal(&["key", "plugin", "enable", &key.name, "bedrock"]);
    assert!(refusal.contains("Adit's own tools"), "{refusal}");
}

#[test]
fn a_tool_that_breaks_the_contract_fails_and_says_how_to_the_operator_alone() {
    for (tool, why) in [
        ("spin", "it ran for longer than its time"),
        ("huge", "call-tool failed"),
        ("many", "call-tool failed"),
        ("not-json", "structured content that is no JSON object"),
        ("array", "structured content that is no JSON object"),
        ("no-structured", "without the structured content"),
        ("trap", "call-tool failed"),
        ("fail", "call-tool reported `tired`"),
        ("bad-uri", "a URI that is none"),
        ("no-input", "0 requests for input"),
        ("state", "a state of 1048576 bytes"),
    ] {
        let shown = shown("mistool", tool, &json!({}));
        let (client, log) = shown.split_once("the log reads").unwrap();
        let (_, client) = client.split_once("the client reads a failure").unwrap();
        assert!(log.contains(why), "{tool}: {shown}");
        assert!(client.contains("the plugin `mistool` failed") && !client.contains(why), "{tool}: {shown}");
    }
}

#[test]
fn a_tool_that_floods_its_client_is_heard_up_to_a_limit() {
    let heard = |tool: &str| shown("mistool", tool, &json!({}));
    let progress = heard("flood-progress");
    assert_eq!(progress.matches("\n  progress ").count(), 1000, "{}", &progress[..200]);
    let log = heard("flood-log");
    assert_eq!(log.matches("\n  info: ").count(), 26, "256 KiB hold so many lines of 10 KB");
    for shown in [progress, log] {
        assert!(shown.contains("flooded"), "the call goes on");
    }
}

#[test]
fn the_tools_of_the_conformance_suites_do_what_they_should() {
    let heard = shown("conformance", "tool_with_progress", &json!({}));
    for done in ["progress 0 of 100", "progress 50 of 100", "progress 100 of 100"] {
        assert!(heard.contains(done), "{heard}");
    }
    let heard = shown("conformance", "tool_with_logging", &json!({}));
    assert!(heard.contains(r#"info: "Tool processing data""#), "{heard}");
    let asked = shown("conformance", "sampling", &json!({"prompt": "Say yes."}));
    assert!(asked.contains(r#"asks answer: sampling ["Say yes."], 100 tokens"#), "{asked}");
    let asked = shown("conformance", "input_required_result_multiple_inputs", &json!({}));
    assert!(
        asked.contains("asks client_roots: roots") && asked.contains("state \"asked for three\""),
        "{asked}"
    );
}

#[test]
fn golden_files_call_tools() {
    let folder = TempDir::new().unwrap();
    let test = |plugin: &str, file: &str, options: &[&str]| {
        let component = folder.path().join(plugin).with_extension("wasm");
        fs::copy(built::plugin(plugin), &component).unwrap();
        fs::create_dir_all(folder.path().join("tests")).unwrap();
        fs::write(folder.path().join("tests/one.toml"), file).unwrap();
        let mut adit = Command::new(built::adit());
        let output = adit.args(["plugin", "test"]).arg(component).args(options).output().unwrap();
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let goes_on = "[call]\ntool = 'input_required_result_elicitation'\nstate = ''\n\
                   answers = { user_name = { action = 'accept', content = { name = 'Alice' } } }\n";
    let (good, said) = test("conformance", goes_on, &["--update"]);
    assert!(good && said.contains("test one ... updated"), "{said}");
    let written = fs::read_to_string(folder.path().join("tests/one.toml")).unwrap();
    assert!(written.starts_with(goes_on) && written.contains(r#"content = ["Hello, Alice!"]"#), "{written}");
    assert!(test("conformance", &written, &[]).0);
    let (good, said) = test("conformance", &written.replace("Alice!", "Bob!"), &[]);
    assert!(!good && said.contains(r#"expected ["Hello, Bob!"], found ["Hello, Alice!"]"#), "{said}");
    let (good, said) = test("mistool", "[call]\ntool = 'misfit'\n", &["--update"]);
    assert!(!good && said.contains("is a required property, says the output schema"), "{said}");
    let fault =
        "[call]\ntool = 'nothing'\n[expect]\nfault = 'the plugin `mistool` offers no tool `nothing`'\n";
    assert!(test("mistool", fault, &[]).0);
}

#[test]
fn a_check_names_the_tools() {
    let check = |plugin: &str, options: &[&str]| {
        let mut adit = Command::new(built::adit());
        let output =
            adit.args(["plugin", "check"]).arg(built::plugin(plugin)).args(options).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let report = check("text-tools", &[]);
    assert!(report.contains("tools     count, chunk, extract"), "{report}");
    assert!(report.contains("hooks     tool-provider (world `toolbox`)"), "{report}");
    let report: Value = serde_json::from_str(&check("text-tools", &["--json"])).unwrap();
    assert_eq!(report["tools"], json!(["count", "chunk", "extract"]));
    let report = check("conformance", &[]);
    assert!(
        report.contains("adit:plugin/tool-client@0.1.2: tells the client of a tool call how far it is"),
        "{report}"
    );
}
