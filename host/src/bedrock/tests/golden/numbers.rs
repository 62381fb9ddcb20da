//! Translation has hard cases, and each has a number; so has each habit of Bedrock's streams. No number
//! may be without its file.

use std::collections::BTreeSet;
use std::path::Path;

use super::{files, golden};

/// Cases 1 to 45, but this one: 37 is about the Responses API, which Adit does not serve.
const NO_CASE: [u32; 1] = [37];

/// Habits 1 to 10, but this one: 10 is about the stream of InvokeModel, which Adit does not call.
const NO_STREAM: [u32; 1] = [10];

#[test]
fn every_numbered_case_has_a_file() {
    let expected: BTreeSet<u32> = (1..=45).filter(|number| !NO_CASE.contains(number)).collect();
    assert_eq!(numbers("case-"), expected);
}

#[test]
fn every_numbered_habit_of_streams_has_a_file() {
    let expected: BTreeSet<u32> = (1..=10).filter(|number| !NO_STREAM.contains(number)).collect();
    assert_eq!(numbers("stream-"), expected);
}

/// The numbers for which there is a snapshot whose name begins like this.
fn numbers(prefix: &str) -> BTreeSet<u32> {
    let number = |name: &String| {
        let (number, _) = name.strip_prefix(prefix)?.split_once('-')?;
        number.parse().ok()
    };
    snapshots(&golden()).iter().filter_map(number).collect()
}

/// The names of the snapshots in a folder, at any depth.
fn snapshots(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for path in files(folder) {
        if path.is_dir() {
            names.extend(snapshots(&path));
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    names
}
