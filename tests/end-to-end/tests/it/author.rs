//! The commands of authors, from an empty folder on, as `docs/plugins` has them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Setup, built};

/// The hooks that every language has a template for, in the order of the contract.
const HOOKS: &str = "route,prompt,request,event,text,finish";

/// A command of authors, typed in a folder.
fn adit(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(built::adit());
    command.current_dir(folder).args(["--data", "data", "plugin"]).args(arguments).env_remove("ADIT_LOG");
    // What is built is kept between runs of the tests: the first build takes minutes.
    command.env("CARGO_TARGET_DIR", built::authors_target()).envs(built::wasm_environment()).output().unwrap()
}

fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = adit(folder, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "adit plugin {arguments:?}: {stdout}\n{stderr}");
    stdout
}

/// What a command that fails says, on both streams.
fn failed(folder: &Path, arguments: &[&str]) -> String {
    let output = adit(folder, arguments);
    assert_eq!(output.status.code(), Some(1), "adit plugin {arguments:?}");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, bytes).unwrap();
    file.to_str().unwrap().to_owned()
}

/// From nothing to an answer that the plugin has rewritten.
fn from_an_empty_folder_to_an_answer(language: &str) {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    done(here, &["new", "code-name", "--lang", language, "--hooks", HOOKS]);
    let again = failed(here, &["new", "code-name", "--lang", language]);
    assert!(again.contains("exists already"), "{again}");

    let home = here.join("code-name");
    let early = failed(&home, &["test"]);
    assert!(early.contains("run `adit plugin build` first"), "{early}");

    let report = done(&home, &["build"]);
    assert!(report.contains("plugin    code-name 0.1.0") && report.ends_with("result    good\n"), "{report}");
    let component = home.join("dist/code-name.wasm");
    let component = component.to_str().unwrap();
    let report: Value = serde_json::from_str(&done(here, &["check", component, "--json"])).unwrap();
    assert_eq!(
        (&report["good"], &report["hooks"]),
        (&json!(true), &json!(HOOKS.split(',').collect::<Vec<_>>()))
    );
    let imports = json!(["log"]);
    assert_eq!((&report["capabilities"], &report["config_faults"]), (&imports, &json!([])));

    let tested = done(&home, &["test"]);
    assert!(tested.contains("7 passed, 0 failed"), "{tested}");
    if language == "rust" {
        // Nothing of it depends on the language, and a component with an interpreter takes long to compile.
        golden_files_are_compared_and_written(&home);
    }

    let played = done(&home, &["run", component, "--answer", "Tell the project."]);
    assert!(played.contains("on-prompt") && played.contains("µs"), "{played}");
    assert!(played.ends_with("the client reads\n  \"Tell Bluebird.\"\n"), "{played}");

    let settings = published(here, &home);
    let stack = Setup::new().settings(&settings).start();
    let key = stack.key();
    let enable =
        ["plugin", "enable", &key.name, "code-name", "--version", "0.1.0", "--settings", "adit.toml"];
    let config = ["--as-requested", "--config", r#"{"house_rule":"Be brief.","log_from_tokens":0}"#];
    stack.adit(&[&enable[..], &config].concat());
    assert_eq!(key.ask("Is Bluebird done?").content(), "Is Bluebird done?");
    let asked = stack.sim.last_body().to_string();
    assert!(asked.contains("Is the project done?") && asked.contains("Be brief."), "{asked}");
    stack.server().wait_for_line(&["a request cost", "code-name"]);
}

/// Publishes what was built, and answers the settings of a server that trusts its publisher.
fn published(here: &Path, home: &Path) -> String {
    let public = done(here, &["keygen", "publisher.key"]);
    let publish = ["publish", "--key", "../publisher.key", "--catalog", "../catalog"];
    assert!(done(home, &publish).starts_with("code-name 0.1.0 "));
    let again = failed(home, &publish);
    assert!(again.contains("is published already"), "{again}");
    let catalog = here.join("catalog");
    format!("[catalog]\nlocation = '{}'\ntrusted_keys = ['{}']\n", catalog.display(), public.trim_end())
}

fn golden_files_are_compared_and_written(home: &Path) {
    let file = home.join("tests/text.toml");
    let right = fs::read_to_string(&file).unwrap();
    fs::write(&file, right.replace("about Bluebird,", "about Redbird,")).unwrap();
    let wrong = failed(home, &["test"]);
    assert!(wrong.contains("test text ... FAILED") && wrong.contains("answer[0]: expected"), "{wrong}");
    assert!(wrong.contains("6 passed, 1 failed"), "{wrong}");
    let updated = done(home, &["test", "--update"]);
    assert!(updated.contains("test text ... updated"), "{updated}");
    assert!(done(home, &["test"]).contains("7 passed, 0 failed"));
    assert!(fs::read_to_string(&file).unwrap().starts_with("# The model says"), "the comment is gone");
}

#[test]
fn a_plugin_in_rust_comes_from_an_empty_folder() {
    from_an_empty_folder_to_an_answer("rust");
}

/// Left out with the other tests of plugins that are not in Rust: their tools are large.
mod languages {
    #[test]
    fn a_plugin_in_javascript_comes_from_an_empty_folder() {
        super::from_an_empty_folder_to_an_answer("js");
    }

    #[test]
    fn a_plugin_in_python_comes_from_an_empty_folder() {
        super::from_an_empty_folder_to_an_answer("python");
    }
}

#[test]
fn names_and_hooks_that_build_nothing_are_refused_in_one_line() {
    let folder = TempDir::new().unwrap();
    for (arguments, why) in [
        (["new", "1st", "--hooks", "text"], "begin with a letter"),
        (["new", "core", "--hooks", "text"], "compilers know another thing by it"),
        (["new", "mine", "--hooks", "client-format"], "`finish`, or copy `plugins/ollama`"),
    ] {
        let said = failed(folder.path(), &arguments);
        assert!(said.contains(why) && said.lines().count() == 1, "{said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_no_plugin_is_said_to_be_none() {
    let folder = TempDir::new().unwrap();
    for command in ["build", "test"] {
        assert!(failed(folder.path(), &[command]).contains("holds no `plugin.toml`"));
    }
    write(folder.path(), "plugin.toml", "name = 'mine'\nversion = '0.1.0'\n");
    assert!(failed(folder.path(), &["build"]).contains("cannot tell how to build"));
}

/// Broken files, and what is said of each.
fn broken() -> Vec<(&'static str, Vec<u8>, Vec<&'static str>)> {
    let text = |text: &str| wat::parse_str(text).unwrap();
    let exporting = |interface: &str, inner: &str| {
        text(&format!(r#"(component (instance $it {inner}) (export "{interface}" (instance $it)))"#))
    };
    vec![
        ("words", b"not wasm".to_vec(), vec!["it is not WebAssembly"]),
        ("text", b"(component)".to_vec(), vec!["it is the text form"]),
        ("core", text("(module)"), vec!["it is a core module", "no section `component-type`"]),
        ("empty", text("(component)"), vec!["it does not export `lifecycle`", "it has no hook"]),
        (
            "socket",
            text(r#"(component (import "wasi:sockets/tcp@0.2.6" (instance)))"#),
            vec![
                "it imports `wasi:sockets/tcp@0.2.6`, which no plugin may use; requests to other hosts go through",
            ],
        ),
        ("newer", exporting("adit:plugin/lifecycle@0.9.0", ""), vec!["that is a newer contract than 0.1."]),
        (
            "unknown",
            exporting("adit:plugin/smell-hook@0.1.0", ""),
            vec!["the contract has no interface `smell-hook`"],
        ),
        (
            "misfit",
            exporting("adit:plugin/lifecycle@0.1.0", ""),
            vec![
                "`lifecycle` has another shape: the function `init` is missing",
                "`constructor` of `session`",
            ],
        ),
        (
            "shape",
            text(
                r#"(component
                  (core module $m (memory (export "m") 1) (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable)
                    (func (export "f") (param i32 i32) (result i32) unreachable))
                  (core instance $i (instantiate $m))
                  (func $init (param "config" string) (result string)
                    (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "r"))))
                  (instance $it (export "init" (func $init)))
                  (export "adit:plugin/lifecycle@0.1.0" (instance $it)))"#,
            ),
            vec!["the function `init` differs in what it answers: it is `string`, not a result"],
        ),
        (
            "half",
            {
                let whole = fs::read(built::plugin("hold")).unwrap();
                whole.split_at(whole.len() / 2).0.to_vec()
            },
            vec!["it is no component that can be read"],
        ),
        (
            "hookless",
            fs::read(built::plugin("hookless")).unwrap(),
            vec!["it has no hook: it would never be called"],
        ),
    ]
}

#[test]
fn check_says_in_words_what_is_wrong_with_a_component() {
    let folder = TempDir::new().unwrap();
    for (name, bytes, reasons) in broken() {
        let file = write(folder.path(), &format!("{name}.wasm"), bytes);
        let said = failed(folder.path(), &["check", &file]);
        for reason in reasons {
            assert!(
                said.lines().any(|line| line.starts_with("problem") && line.contains(reason)),
                "{name}: {said}"
            );
        }
        let said = adit(folder.path(), &["check", &file, "--json"]);
        assert_eq!(said.status.code(), Some(1));
        let report: Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(report["good"], json!(false), "{name}");
    }
}

#[test]
fn check_says_where_the_manifest_and_the_component_disagree() {
    let folder = TempDir::new().unwrap();
    let file = write(folder.path(), "polite.wasm", fs::read(built::plugin("polite")).unwrap());
    write(folder.path(), "polite.toml", "name = 'rude'\nversion = '9.9.9'\n[grants]\nkv = true\n");
    let said = failed(folder.path(), &["check", &file]);
    assert!(said.contains("the manifest says name `rude`, and the component says"), "{said}");
    assert!(said.contains("the manifest says version `9.9.9`, and the component says"), "{said}");
    assert!(said.contains("the manifest asks for `kv`, which the component does not import"), "{said}");
    write(folder.path(), "polite.toml", "name = 'polite'\n");
    let said = failed(folder.path(), &["check", &file]);
    assert!(said.contains("is not a valid manifest") && said.contains("version"), "{said}");
}

#[test]
fn a_core_module_for_wasi_0_1_is_a_plugin() {
    let Some(core) = built::core_module() else {
        eprintln!("skipped: there is no compiler for wasm32-wasip1");
        return;
    };
    let folder = TempDir::new().unwrap();
    let bytes = fs::read(&core).unwrap();
    assert!(bytes.starts_with(b"\0asm\x01\0\0\0"), "`{}` is no core module", core.display());
    let file = write(folder.path(), "shout.wasm", &bytes);
    let report = done(folder.path(), &["check", &file]);
    assert!(
        report.contains("a core module for WASI 0.1") && report.ends_with("result    good\n"),
        "{report}"
    );
    let tests = "[[answer]]\ntext = 'straße'\n[expect]\nanswer = ['STRASSE']\n";
    write(folder.path(), "tests/upper.toml", tests);
    assert!(done(folder.path(), &["test", &file]).contains("1 passed, 0 failed"));
    assert!(done(folder.path(), &["run", &file, "--answer", "so"]).ends_with("the client reads\n  \"SO\"\n"));

    let stack = Setup::new().plugin_file("shout", &bytes).start();
    let key = stack.key().with("shout", &json!({}));
    assert_eq!(key.stream("so it is").answer().content(), "SO IT IS");
}

#[test]
fn a_conversation_may_come_from_stdin_and_a_refusal_is_shown() {
    use std::io::Write as _;
    let folder = TempDir::new().unwrap();
    let file: PathBuf = built::plugin("redact");
    let mut command = Command::new(built::adit());
    command.current_dir(folder.path()).args(["plugin", "run", file.to_str().unwrap(), "--conversation", "-"]);
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).spawn().unwrap();
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "I am alice@example.org"}]});
    child.stdin.take().unwrap().write_all(body.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && said.contains("edit 0: \"I am [EMAIL_"), "{said}");
    let wrong = write(folder.path(), "wrong.json", "{\"model\":\"m\"}");
    let said = failed(folder.path(), &["run", file.to_str().unwrap(), "--conversation", &wrong]);
    assert!(said.contains("the request is refused before any plugin: messages"), "{said}");
}
