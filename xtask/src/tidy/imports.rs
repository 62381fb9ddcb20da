//! Which module of the host may know which.

use super::source::{File, Violation};

const SOURCE: &str = "host/src/";

/// A module of the host and the modules that it may name. `main`, `bootstrap`, `lib` and `cli` put everything together.
const MAY_IMPORT: [(&str, &[&str]); 28] = [
    ("ids", &["error", "chat", "env"]),
    ("error", &["ids", "chat", "env"]),
    ("chat", &["ids", "error", "env"]),
    ("env", &["ids", "error", "chat"]),
    ("log", &["env"]),
    ("toml_text", &[]),
    ("unfinished", &[]),
    ("aws", &["env"]),
    ("wire", &["chat", "ids", "error"]),
    ("capability", &["toml_text", "chat", "ids"]),
    ("config", &["toml_text", "capability", "ids", "error", "env"]),
    ("enabled", &["config", "ids"]),
    ("metering", &["ids", "error"]),
    ("telemetry", &["chat", "metering", "enabled", "config", "ids", "error", "env"]),
    ("catalog", &["aws", "toml_text", "enabled", "config", "ids"]),
    ("health", &["enabled", "ids", "error", "config"]),
    (
        "pipeline",
        &[
            "unfinished",
            "telemetry",
            "metering",
            "chat",
            "capability",
            "health",
            "enabled",
            "ids",
            "error",
            "config",
        ],
    ),
    (
        "plugin",
        &["catalog", "chat", "pipeline", "health", "store", "enabled", "fetch", "config", "ids", "error"],
    ),
    ("bedrock", &["telemetry", "aws", "chat", "capability", "pipeline", "config", "ids", "error"]),
    ("store", &["aws", "metering", "chat", "pipeline", "health", "enabled", "ids", "error", "config"]),
    ("fetch", &["config"]),
    ("mcp", &["unfinished", "store", "pipeline", "chat", "capability", "config", "ids", "error"]),
    (
        "http",
        &[
            "mcp",
            "telemetry",
            "fetch",
            "wire",
            "chat",
            "capability",
            "metering",
            "pipeline",
            "health",
            "store",
            "enabled",
            "config",
            "ids",
            "error",
        ],
    ),
    ("ingress", &["telemetry", "http", "config", "ids", "error"]),
    (
        "author",
        &[
            "toml_text",
            "catalog",
            "plugin",
            "telemetry",
            "pipeline",
            "wire",
            "chat",
            "store",
            "enabled",
            "config",
            "ids",
            "error",
        ],
    ),
    (
        "composition",
        &[
            "aws",
            "catalog",
            "store",
            "config",
            "fetch",
            "health",
            "pipeline",
            "plugin",
            "bedrock",
            "telemetry",
            "http",
        ],
    ),
    (
        "deployed",
        &[
            "unfinished",
            "log",
            "env",
            "aws",
            "config",
            "store",
            "plugin",
            "composition",
            "telemetry",
            "http",
            "ingress",
            "error",
        ],
    ),
    ("cli", ALL),
];

const ALL: &[&str] = &[
    "aws",
    "log",
    "unfinished",
    "toml_text",
    "catalog",
    "ids",
    "error",
    "chat",
    "env",
    "wire",
    "capability",
    "config",
    "enabled",
    "metering",
    "telemetry",
    "fetch",
    "health",
    "pipeline",
    "plugin",
    "bedrock",
    "store",
    "mcp",
    "http",
    "ingress",
    "composition",
    "author",
];

/// Every `crate::module` in the host is one that the table allows. Test code may name any.
pub(super) fn direction(files: &[File]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_test()) {
        let Some(module) = file.path.strip_prefix(SOURCE).map(module_of) else { continue };
        if ["main", "bootstrap", "lib"].contains(&module) {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == module) else {
            found.push(
                file.at(
                    1,
                    format!("module `{module}` has no line in the table of xtask/src/tidy/imports.rs"),
                ),
            );
            continue;
        };
        for (number, line) in imports(file) {
            for name in line {
                if name != module && !allowed.contains(&name.as_str()) {
                    found.push(file.at(number, format!("`{module}` may not import `{name}`")));
                }
            }
        }
    }
    found
}

/// `chat/event.rs` and `chat.rs` belong to `chat`.
fn module_of(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The modules that a file names after `crate::`, by the line where the path begins.
fn imports(file: &File) -> Vec<(usize, Vec<String>)> {
    let code: Vec<(usize, &str)> = file.code().collect();
    let mut found = Vec::new();
    for (index, (number, line)) in code.iter().enumerate() {
        for (start, marker) in line.match_indices("crate::") {
            let rest = line.get(start + marker.len()..).unwrap_or_default();
            if line
                .get(..start)
                .is_some_and(|before| before.ends_with(['$', '_']) || before.ends_with(char::is_alphanumeric))
            {
                continue;
            }
            let names = if rest.starts_with('{') {
                // A group may go on over the next lines.
                let group: String =
                    std::iter::once(rest).chain(code.iter().skip(index + 1).map(|(_, line)| *line)).collect();
                first_names(&group)
            } else {
                vec![word(rest).to_owned()]
            };
            found.push((*number, names));
        }
    }
    found
}

/// The first name of each path in a group: `{chat::{A, B}, ids}` has `chat` and `ids`.
fn first_names(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    let mut path_begins = false;
    for (start, character) in group.char_indices() {
        match character {
            '{' => {
                depth += 1;
                path_begins = depth == 1;
            }
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    break;
                }
            }
            ',' => path_begins = depth == 1,
            character if character.is_whitespace() => {}
            _ if path_begins => {
                names.push(word(group.get(start..).unwrap_or_default()).to_owned());
                path_begins = false;
            }
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> &str {
    let end =
        text.find(|character: char| !character.is_alphanumeric() && character != '_').unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::{file, shown};
    use super::*;

    #[test]
    fn catches_an_import_against_the_direction() {
        let files = [
            file(
                "host/src/wire/openai/request.rs",
                "use crate::chat::Request;\nuse crate::bedrock::Client;\n",
            ),
            file("host/src/error.rs", "fn f() { crate::http::answer() }\n"),
        ];
        assert_eq!(
            shown(&direction(&files)),
            [
                "host/src/wire/openai/request.rs:2: `wire` may not import `bedrock`",
                "host/src/error.rs:1: `error` may not import `http`",
            ]
        );
    }

    #[test]
    fn looks_into_groups() {
        let files = [file(
            "host/src/store/key.rs",
            "use crate::{\n    ids::{KeyId, RequestId},\n    cli, config,\n};\n",
        )];
        assert_eq!(shown(&direction(&files)), ["host/src/store/key.rs:1: `store` may not import `cli`"]);
    }

    #[test]
    fn catches_a_module_without_a_line_in_the_table() {
        let files = [file("host/src/drawer/mod.rs", "")];
        assert_eq!(
            shown(&direction(&files)),
            [
                "host/src/drawer/mod.rs:1: module `drawer` has no line in the table of xtask/src/tidy/imports.rs"
            ]
        );
    }

    #[test]
    fn leaves_the_top_the_tests_and_other_crates_alone() {
        let files = [
            file("host/src/main.rs", "use crate::bedrock::Client;"),
            file("host/src/chat/event.rs", "use crate::chat::Part;\nuse crate::ids::KeyId;"),
            file("host/src/chat/tests.rs", "use crate::http::Router;"),
            file(
                "host/src/ids.rs",
                "//! See [`crate::http`].\n#[cfg(test)]\nmod tests {\nuse crate::http::Router;\n}",
            ),
            file("bedrock-sim/src/lib.rs", "use crate::http::Router;"),
        ];
        assert_eq!(shown(&direction(&files)), Vec::<String>::new());
    }
}
