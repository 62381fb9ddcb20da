//! `cargo xtask tidy`: rules of this repository that no linter knows.
//!
//! Each rule reads text only and is a function from the files to the places that break it.

mod imports;
mod manifests;
mod names;
mod owners;
mod source;
mod text;
mod versions;

use std::path::Path;

use anyhow::bail;
use source::{File, Violation};

use crate::command::say;

/// All rules, in the order in which their findings are told.
fn violations(files: &[File]) -> Vec<Violation> {
    [
        imports::direction(files),
        owners::one_folder_each(files),
        names::no_drawers(files),
        text::no_long_files(files),
        text::no_machine_paths(files),
        text::no_registry_hosts(files),
        text::environment_in_one_place(files),
        manifests::reason_for_each_dependency(files),
        versions::contract_and_sdk_agree(files),
    ]
    .concat()
}

/// Tells what breaks a rule; it is an error when something does.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let files = source::read(root)?;
    let found = violations(&files);
    for violation in &found {
        println!("{violation}");
    }
    say(format_args!(
        "{} files, {} lines in the middle .rs file, {} violations",
        files.len(),
        text::median_lines(&files),
        found.len()
    ));
    if !found.is_empty() {
        bail!("the repository is not tidy");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let found: Vec<String> =
            violations(&source::read(root).unwrap()).iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}
