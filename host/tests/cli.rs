//! The operator's commands, typed at the program itself.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

fn adit(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_adit"));
    command.arg("--data").arg(data).args(arguments).env_remove("ADIT_LOG");
    command
}

/// What a command that succeeds prints as its result.
fn result(data: &Path, arguments: &[&str]) -> String {
    let output = adit(data, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// What a command that fails prints on stderr, once it is known that it has no result.
fn error(data: &Path, arguments: &[&str]) -> String {
    let output = adit(data, arguments).output().unwrap();
    assert_eq!(
        (output.status.code(), output.stdout.len()),
        (Some(1), 0),
        "{arguments:?}: {}",
        stderr(&output)
    );
    stderr(&output)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn keys(data: &Path) -> Value {
    serde_json::from_str(&result(data, &["key", "list", "--json"])).unwrap()
}

#[test]
fn makes_lists_and_revokes_a_key() {
    let data = TempDir::new().unwrap();
    let data = data.path();
    let printed = result(data, &["key", "create", "laptop", "--label", "team=search", "--quiet"]);
    let key = printed.trim_end();
    let id = &key[5..15];
    assert_eq!((key.len(), printed.len()), (65, 66));

    let listed = keys(data);
    assert_eq!(listed[0]["id"], id);
    assert_eq!(listed[0]["labels"], json!({ "team": "search" }));
    assert_eq!((&listed[0]["revoked"], &listed[0]["plugins"]), (&Value::Null, &json!([])));
    assert!(!listed.to_string().contains(&key[16..36]), "the secret is listed");

    result(data, &["key", "revoke", "laptop"]);
    assert!(keys(data)[0]["revoked"].is_string());
    let table = result(data, &["key", "list"]);
    let expected = format!(
        "ID          NAME    TEAM  EXPIRES  STATE    PLUGINS  LABELS\n{id}  laptop                 revoked           team=search\n"
    );
    assert_eq!(table, expected);
}

#[test]
fn says_once_that_a_key_is_not_shown_again() {
    let data = TempDir::new().unwrap();
    let output = adit(data.path(), &["key", "create", "laptop"]).output().unwrap();
    let id = String::from_utf8(output.stdout.clone()).unwrap().get(5..15).unwrap().to_owned();
    assert_eq!(stderr(&output), format!("Keep key `{id}` (laptop) now: it is not shown again.\n"));
    let quiet = adit(data.path(), &["key", "create", "ci", "--quiet"]).output().unwrap();
    assert_eq!(stderr(&quiet), "");
}

#[test]
fn switches_on_no_plugin_that_cannot_be_used() {
    let data = TempDir::new().unwrap();
    let data = data.path();
    result(data, &["key", "create", "laptop", "--quiet"]);
    fs::create_dir(data.join("plugins")).unwrap();
    let file = data.join("plugins/broken.wasm");
    fs::write(&file, "not WebAssembly").unwrap();

    let missing = error(data, &["key", "plugin", "enable", "laptop", "redact"]);
    assert!(missing.starts_with("error: there is no plugin `redact`: "), "{missing}");
    let broken = error(data, &["key", "plugin", "enable", "laptop", "broken"]);
    assert!(broken.starts_with(&format!("error: `{}` is not a valid", file.display())), "{broken}");
    let config = error(data, &["key", "plugin", "enable", "laptop", "redact", "--config", "{"]);
    assert!(config.starts_with("error: the config is not JSON: "), "{config}");
    let absent = error(data, &["key", "plugin", "enable", "laptop", "redact", "--config", "@/no/such/file"]);
    assert!(absent.starts_with("error: cannot read `/no/such/file`: "), "{absent}");
    for text in [missing, broken, config, absent] {
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    assert_eq!(keys(data)[0]["plugins"], json!([]));
    assert_eq!(result(data, &["key", "plugin", "list", "laptop", "--json"]), "[]\n");
    let plugins: Value = serde_json::from_str(&result(data, &["plugin", "list", "--json"])).unwrap();
    assert_eq!((&plugins[0]["name"], plugins[0]["problem"].is_string()), (&json!("broken"), true));
}

#[test]
fn fails_with_one_line_that_says_why() {
    let data = TempDir::new().unwrap();
    let data = data.path();
    result(data, &["key", "create", "laptop", "--quiet"]);
    let id = keys(data)[0]["id"].as_str().unwrap().to_owned();
    let nobody = "error: there is no key with the id or name `nobody`\n";
    assert_eq!(error(data, &["key", "revoke", "nobody"]), nobody);
    assert_eq!(error(data, &["key", "plugin", "list", "nobody"]), nobody);
    assert_eq!(
        error(data, &["key", "plugin", "disable", "laptop", "redact"]),
        format!("error: plugin `redact` is not enabled for key `{id}`\n")
    );
    assert_eq!(
        error(data, &["key", "create", "ci", "--label", "a=1", "--label", "a=2"]),
        "error: label `a` is given twice\n"
    );

    let file = data.join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(
        error(&file, &["key", "list"]),
        format!("error: cannot open `{}`: not a directory\n", file.display())
    );
}

#[test]
fn ends_with_2_when_it_is_used_wrongly() {
    let data = TempDir::new().unwrap();
    for arguments in
        [&["key"][..], &["key", "create", ""], &["key", "create", "a", "--label", "b"], &["sing"]]
    {
        let output = adit(data.path(), arguments).output().unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}");
    }
    assert!(!data.path().join("adit.db").exists());
}

#[test]
fn ends_quietly_when_nobody_reads_its_result() {
    let data = TempDir::new().unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = adit(data.path(), &["key", "list"]).stdout(writer).output().unwrap();
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
}
