//! What mutations begin with.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Files in the order of their names, so that every run is the same.
fn files(folder: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect()
}

/// The files of a target's corpus.
pub(crate) fn corpus(target: &str) -> Vec<Vec<u8>> {
    let seeds = files(&folder("corpus").join(target));
    assert!(!seeds.is_empty(), "`{target}` has seeds");
    seeds
}

/// The requests in a folder of the host's golden files.
pub(crate) fn golden_requests(of: &str) -> Vec<Vec<u8>> {
    let files = files(&folder("../host/tests/golden/openai").join(of));
    let texts = files.iter().map(|file| std::str::from_utf8(file).unwrap());
    let requests = texts.flat_map(str::lines).filter_map(|line| {
        let mut request: Value = serde_json::from_str(line).ok()?;
        let members = request.as_object_mut()?;
        members.entry("model").or_insert("anthropic.claude-sonnet-4-5-20250929-v1:0".into());
        Some(request.to_string().into_bytes())
    });
    requests.collect()
}

/// Recorded bodies of an operation that went well, where the recordings are at hand.
pub(crate) fn recorded(operation: &str) -> Vec<Vec<u8>> {
    let folder = folder("../../shared/fixtures/bedrock");
    let recordings = files(&folder);
    if recordings.is_empty() {
        eprintln!("without recordings: there are none at `{}`", folder.display());
    }
    let parsed = recordings.iter().filter_map(|file| serde_json::from_slice::<Value>(file).ok());
    parsed
        .filter(|recording| recording["operation"] == operation && recording["response_status"] == 200)
        .map(|recording| STANDARD.decode(recording["response_body_b64"].as_str().unwrap()).unwrap())
        .collect()
}
