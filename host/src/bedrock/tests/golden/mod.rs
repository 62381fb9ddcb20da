//! What comes of Bedrock's answers, by the numbered files of `tests/golden`.

#![expect(clippy::panic, reason = "a test may fail loudly")]

mod embeddings;
mod gateway;
mod models;
mod numbers;
mod streams;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Runs every case of every group in a folder of `tests/golden` and compares what they give with the
/// snapshot beside each group. A case is a line `# what it shows` and what follows it.
fn check(folder: &str, run: impl Fn(&str) -> String) {
    let folder = golden().join(folder);
    let groups = files(&folder).into_iter().filter(|path| path.extension().is_some_and(|end| end == "cases"));
    for group in groups {
        let text = std::fs::read_to_string(&group).unwrap();
        let mut report = String::new();
        for case in text.trim_start_matches("# ").split("\n# ") {
            let (name, input) = case.split_once('\n').unwrap();
            writeln!(report, "# {name}\n{}\n", run(input.trim()).trim_end()).unwrap();
        }
        insta::with_settings!({
            snapshot_path => &folder,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(group.file_stem().unwrap().to_str().unwrap(), report);
        });
    }
}

/// What a folder holds, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}
