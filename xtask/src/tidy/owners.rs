//! Heavy dependencies, each known to one part of the host only.

use super::source::{File, Violation, after_word};

const SOURCE: &str = "host/src/";

/// Crates, and where in the host they may be named. A name that ends in `_` stands for all that begin so.
const OWNERS: [(&str, &[&str]); 20] = [
    ("wasmtime", &["plugin/"]),
    ("wasmtime_wasi", &["plugin/"]),
    ("aws_sdk_s3", &["catalog/"]),
    ("aws_sdk_dynamodb", &["store/dynamodb/"]),
    ("aws_sdk_ssm", &["aws/"]),
    ("aws_", &["aws/", "bedrock/", "catalog/", "store/dynamodb/", "ingress/lambda/event.rs"]),
    ("lambda_http", &["ingress/lambda/"]),
    ("tower_http", &["http/"]),
    ("rusqlite", &["store/"]),
    ("rmcp", &["mcp/"]),
    ("axum", &["http/", "ingress/"]),
    ("hyper", &["ingress/lambda/"]),
    ("hyper_util", &["fetch/", "ingress/lambda/"]),
    ("hyper_rustls", &["fetch/"]),
    ("rustls", &["fetch/"]),
    ("clap", &["cli/", "main.rs"]),
    ("include_dir", &["author/"]),
    ("wit_component", &["plugin/"]),
    ("wit_parser", &["author/"]),
    ("toml", &["author/", "toml_text.rs"]),
];

/// A crate is named only by its owners. Test code may name any.
pub(super) fn one_folder_each(files: &[File]) -> Vec<Violation> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_test()) {
        let Some(path) = file.path.strip_prefix(SOURCE) else { continue };
        for (number, line) in file.code() {
            for (name, owners) in OWNERS {
                if names_crate(line, name) && !owners.iter().any(|owner| path.starts_with(owner)) {
                    let owners = owners.join(" and ");
                    found.push(file.at(number, format!("`{name}` belongs to {owners} alone")));
                }
            }
        }
    }
    found
}

fn names_crate(line: &str, name: &str) -> bool {
    if name.ends_with('_') {
        return line.match_indices(name).any(|(start, _)| {
            let before = line.get(..start).unwrap_or_default();
            let rest = line.get(start..).unwrap_or_default();
            let inside = |character: char| character.is_alphanumeric() || character == '_';
            !before.ends_with(inside) && rest.trim_start_matches(inside).starts_with("::")
        });
    }
    after_word(line, name).is_some_and(|rest| rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::{file, shown};
    use super::*;

    #[test]
    fn catches_a_crate_outside_its_folder() {
        let files = [
            file(
                "host/src/pipeline/mod.rs",
                "use wasmtime::Store;\nfn f(_: aws_sdk_bedrockruntime::Client) {}",
            ),
            file("host/src/cli/mod.rs", "#[derive(clap::Parser)]\nstruct A(rusqlite::Row, axum::Router);"),
        ];
        assert_eq!(
            shown(&one_folder_each(&files)),
            [
                "host/src/pipeline/mod.rs:1: `wasmtime` belongs to plugin/ alone",
                "host/src/pipeline/mod.rs:2: `aws_` belongs to aws/ and bedrock/ and catalog/ and store/dynamodb/ and ingress/lambda/event.rs alone",
                "host/src/cli/mod.rs:2: `rusqlite` belongs to store/ alone",
                "host/src/cli/mod.rs:2: `axum` belongs to http/ and ingress/ alone",
            ]
        );
    }

    #[test]
    fn lets_the_owner_and_everything_outside_the_host_be() {
        let files = [
            file("host/src/plugin/engine.rs", "use wasmtime::Engine;\nuse wasmtime_wasi::WasiCtx;"),
            file("host/src/bedrock/client.rs", "use aws_config::Region;"),
            file("host/src/ids.rs", "// wasmtime::Engine\nlet aws_region = 1; let toml = 2;"),
            file("host/src/http/tests.rs", "use rusqlite::Row;"),
            file("bedrock-sim/src/frames.rs", "use aws_smithy_types::Blob;"),
        ];
        assert_eq!(shown(&one_folder_each(&files)), Vec::<String>::new());
    }
}
