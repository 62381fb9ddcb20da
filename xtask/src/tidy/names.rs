//! Names of files and folders.

use super::source::{File, Violation, has_extension};

/// Names under which anything could be put away, and so nothing can be found.
const DRAWERS: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc", "shared"];

/// No file and no folder is a drawer. `types` is one in Rust; WIT's own name for it is fine.
pub(super) fn no_drawers(files: &[File]) -> Vec<Violation> {
    files
        .iter()
        .filter_map(|file| {
            let drawer = file.path.split('/').find(|part| {
                let stem = part.split('.').next().unwrap_or(part);
                let is_folder = *part != file.file_name();
                DRAWERS.contains(&stem) || (stem == "types" && (is_folder || has_extension(part, "rs")))
            })?;
            Some(file.at(1, format!("`{drawer}` is a drawer; name it after the one thing in it")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::{file, shown};
    use super::*;

    #[test]
    fn catches_a_drawer() {
        let paths = [
            "host/src/utils.rs",
            "host/src/common/mod.rs",
            "host/src/chat/types.rs",
            "tests/clients/helpers.py",
        ];
        let files = paths.map(|path| file(path, ""));
        assert_eq!(
            shown(&no_drawers(&files)),
            [
                "host/src/utils.rs:1: `utils.rs` is a drawer; name it after the one thing in it",
                "host/src/common/mod.rs:1: `common` is a drawer; name it after the one thing in it",
                "host/src/chat/types.rs:1: `types.rs` is a drawer; name it after the one thing in it",
                "tests/clients/helpers.py:1: `helpers.py` is a drawer; name it after the one thing in it",
            ]
        );
    }

    #[test]
    fn lets_other_names_be() {
        let files = ["wit/types.wit", "host/src/chat/event.rs", "host/src/commonwealth.rs"]
            .map(|path| file(path, ""));
        assert_eq!(shown(&no_drawers(&files)), Vec::<String>::new());
    }
}
