//! The manifests of the crates.

use super::source::{File, Violation};

/// Above each dependency of a crate stands why it is needed. The workspace's own table only chooses versions.
pub(super) fn reason_for_each_dependency(files: &[File]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.file_name() == "Cargo.toml") {
        let mut in_table = false;
        let mut open_brackets = 0;
        let mut line_before = "";
        for (number, line) in file.lines().map(|(number, line)| (number, line.trim())) {
            let reasoned = line_before.starts_with('#');
            if open_brackets == 0 && line.starts_with('[') {
                let table = dependency_table(line);
                in_table = matches!(table, Table::All);
                if let Table::Of(name) = table
                    && !reasoned
                {
                    found.push(no_reason(file, number, name));
                }
            } else if in_table
                && open_brackets == 0
                && !line.is_empty()
                && !line.starts_with('#')
                && !reasoned
            {
                let name = line.split(['.', '=', ' ']).next().unwrap_or(line);
                found.push(no_reason(file, number, name));
            }
            if !line.starts_with('#') {
                open_brackets += line.matches(['[', '{']).count();
                open_brackets = open_brackets.saturating_sub(line.matches([']', '}']).count());
            }
            line_before = line;
        }
    }
    found
}

enum Table<'l> {
    /// `[dependencies]`: one dependency a line.
    All,
    /// `[dependencies.name]`: one dependency.
    Of(&'l str),
    /// Something else.
    Other,
}

fn dependency_table(header: &str) -> Table<'_> {
    const KINDS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];
    let header = header.trim_start_matches('[').split(']').next().unwrap_or_default();
    if header.starts_with("workspace.") {
        return Table::Other;
    }
    // A target's condition in front of the kind holds dots and quotes of its own.
    let header = header.rsplit_once("'.").map_or(header, |(_, kind)| kind);
    match header.split_once('.') {
        Some((kind, name)) if KINDS.contains(&kind) => Table::Of(name),
        _ if KINDS.contains(&header) => Table::All,
        _ => Table::Other,
    }
}

fn no_reason(file: &File, line: usize, name: &str) -> Violation {
    file.at(line, format!("no comment above `{name}` says why it is needed"))
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::{file, shown};
    use super::*;

    #[test]
    fn catches_a_dependency_without_a_reason() {
        let text = "[dependencies]\n# Why.\nanyhow.workspace = true\nclap = \"4\"\n\n[dev-dependencies.insta]\nversion = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n";
        let files = [file("a/Cargo.toml", text)];
        assert_eq!(
            shown(&reason_for_each_dependency(&files)),
            [
                "a/Cargo.toml:4: no comment above `clap` says why it is needed",
                "a/Cargo.toml:6: no comment above `insta` says why it is needed",
                "a/Cargo.toml:9: no comment above `libc` says why it is needed",
            ]
        );
    }

    #[test]
    fn reads_no_other_table_and_no_inner_line() {
        let text = "[package]\nname = \"a\"\n[dependencies]\n# Why.\nhyper = { version = \"1\", features = [\n  \"client\",\n] }\n\
                    [features]\ndefault = []\n[workspace.dependencies]\nx = \"1\"\n";
        assert_eq!(shown(&reason_for_each_dependency(&[file("Cargo.toml", text)])), Vec::<String>::new());
    }
}
