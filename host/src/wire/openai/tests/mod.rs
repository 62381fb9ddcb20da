#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod completions;
mod decode;
mod embeddings;
mod encode;
mod events;
mod hostile;
mod property;
mod schema;
mod show;
mod validator;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Runs every case of every group in the folder `tests/golden/openai/KIND` and compares what they
/// give with the snapshot beside each group.
fn check(kind: &str, run: impl Fn(&str) -> String) {
    for group in groups(kind) {
        let mut report = String::new();
        for (name, input) in cases(&group) {
            writeln!(report, "# {name}\n{}\n", run(&input).trim_end()).unwrap();
        }
        check_snapshot(&group, &report);
    }
}

/// Compares a text with the snapshot at that path in `tests/golden/openai`.
fn check_snapshot(path: &str, text: &str) {
    let path = golden().join(path);
    insta::with_settings!({
        snapshot_path => path.parent().unwrap(),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(path.file_name().unwrap().to_str().unwrap(), text);
    });
}

/// The groups of a kind, each as `KIND/GROUP`.
fn groups(kind: &str) -> Vec<String> {
    let files = std::fs::read_dir(golden().join(kind)).unwrap().map(|entry| entry.unwrap().path());
    let mut groups: Vec<String> = files
        .filter(|path| path.extension().is_some_and(|ending| ending == "cases"))
        .map(|path| format!("{kind}/{}", path.file_stem().unwrap().to_str().unwrap()))
        .collect();
    groups.sort();
    groups
}

/// The cases of a group, by name. A case is a line `# what it shows` and what follows it.
fn cases(group: &str) -> Vec<(String, String)> {
    let path = golden().join(format!("{group}.cases"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases = text.split("\n# ").map(|case| case.trim_start_matches("# ").split_once('\n').unwrap());
    cases.map(|(name, input)| (name.to_owned(), input.trim().to_owned())).collect()
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/openai")
}

/// A file of recorded data, which stands outside the repository and may be missing.
fn fixture(name: &str) -> Option<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures").join(name);
    let Ok(text) = std::fs::read(&path) else {
        eprintln!("skipped: there is no {}", path.display());
        return None;
    };
    Some(serde_json::from_slice(&text).unwrap())
}
