//! What may not stand in a file.

use super::source::{File, Violation, after_word, has_extension};

/// More lines than this and nobody reads the file to its end.
const MOST_LINES: usize = 600;

/// No Rust file is long, tests included.
pub(super) fn no_long_files(files: &[File]) -> Vec<Violation> {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.map(|file| (file, file.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| file.at(lines, format!("{lines} lines, at most {MOST_LINES} are allowed")))
        .collect()
}

/// The lines of the file in the middle, when the Rust files are ordered by length.
pub(super) fn median_lines(files: &[File]) -> usize {
    let mut lines: Vec<usize> =
        files.iter().filter(|file| file.is_rust()).map(|file| file.lines().count()).collect();
    lines.sort_unstable();
    lines.get(lines.len() / 2).copied().unwrap_or_default()
}

// Written in two parts, or this file would break its own rule.
const MACHINE_FOLDERS: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Use", "rs/"),
    concat!(":\\Use", "rs\\"),
];

/// No path leads into the folders of one person's machine.
pub(super) fn no_machine_paths(files: &[File]) -> Vec<Violation> {
    each_line(files, |line| {
        let folder = MACHINE_FOLDERS.iter().find(|folder| {
            line.match_indices(*folder).any(|(start, _)| {
                let before = line.get(..start).and_then(|before| before.chars().next_back());
                // `a/ho.. me/b` is a relative path, and `~`, `$X`, `{x}` stand for a folder that differs.
                !before.is_some_and(|character| character.is_alphanumeric() || "._-~}*".contains(character))
                    || folder.starts_with(':')
            })
        })?;
        Some(format!("`{folder}` is a path of one machine"))
    })
}

const REGISTRY_HOSTS: [&str; 9] = [
    concat!("crates", ".io"),
    concat!("static.rust-lang", ".org"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("npmjs", ".org"),
    concat!("npmjs", ".com"),
    concat!("deb.debian", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("repo.maven.apache", ".org"),
];

/// No package registry is named: which one is used is the business of the user's own tools.
///
/// Lock files are exempt; Cargo writes the name of the registry there.
pub(super) fn no_registry_hosts(files: &[File]) -> Vec<Violation> {
    let mut found = each_line(files, |line| {
        let host = REGISTRY_HOSTS.iter().find(|host| line.contains(*host))?;
        Some(format!("`{host}` is the name of a package registry"))
    });
    found.retain(|violation| !violation.is_in("Cargo.lock"));
    found
}

/// Only `host/src/env.rs` reads the environment, so that it can list what is read. Tests, chores and a
/// build script, which Cargo speaks to by it, may, too.
pub(super) fn environment_in_one_place(files: &[File]) -> Vec<Violation> {
    let mut found = Vec::new();
    let exempt = |file: &File| {
        ["host/src/env.rs", "host/build.rs"].contains(&file.path.as_str())
            || file.path.starts_with("xtask/")
            || file.is_test()
    };
    for file in files.iter().filter(|file| file.is_rust() && !exempt(file)) {
        for (number, line) in file.code() {
            let reads = ["var", "var_os", "vars", "vars_os"]
                .iter()
                .any(|function| after_word(line, &format!("env::{function}")).is_some());
            if reads {
                found.push(file.at(number, "only host/src/env.rs reads the environment"));
            }
        }
    }
    found
}

fn each_line(files: &[File], fault: impl Fn(&str) -> Option<String>) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !has_extension(&file.path, "wasm")) {
        found.extend(file.lines().filter_map(|(number, line)| Some(file.at(number, fault(line)?))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::{file, shown};
    use super::*;

    #[test]
    fn catches_a_long_file() {
        let files = [
            file("a.rs", &"x\n".repeat(600)),
            file("b.rs", &"x\n".repeat(601)),
            file("c.md", &"x\n".repeat(999)),
        ];
        assert_eq!(shown(&no_long_files(&files)), ["b.rs:601: 601 lines, at most 600 are allowed"]);
        assert_eq!(median_lines(&files), 601);
    }

    #[test]
    fn catches_a_path_of_one_machine() {
        let files = [file("a.md", concat!("cd /wo", "rk/main\n"))];
        assert_eq!(
            shown(&no_machine_paths(&files)),
            [concat!("a.md:1: `/wo", "rk/` is a path of one machine")]
        );
        let files = [file("a.md", concat!("frame/wo", "rk/x and ~/wo", "rk/y and /usr/bin/env\n"))];
        assert_eq!(shown(&no_machine_paths(&files)), Vec::<String>::new());
    }

    #[test]
    fn catches_the_name_of_a_registry() {
        let line = concat!("see crates", ".io\n");
        let files = [file("a.md", line), file("Cargo.lock", line)];
        assert_eq!(
            shown(&no_registry_hosts(&files)),
            [concat!("a.md:1: `crates", ".io` is the name of a package registry")]
        );
    }

    #[test]
    fn catches_a_look_at_the_environment() {
        let text =
            "fn f() { std::env::var(\"HOME\"); }\n// std::env::var\nenv!(\"CARGO\"); std::env::args();\n";
        let paths = ["host/src/cli/mod.rs", "host/src/env.rs", "host/tests/it.rs", "xtask/src/main.rs"];
        let files = paths.map(|path| file(path, text));
        assert_eq!(
            shown(&environment_in_one_place(&files)),
            ["host/src/cli/mod.rs:1: only host/src/env.rs reads the environment"]
        );
    }
}
