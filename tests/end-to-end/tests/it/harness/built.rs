//! Where the programs and the plugins lie.
//!
//! `cargo xtask test` says so in the environment. Without it they are looked for in the target folder that holds this
//! test's own binary.

use std::path::{Path, PathBuf};

/// `adit`
pub(crate) fn adit() -> PathBuf {
    file("ADIT_BIN", "debug/adit")
}

/// `adit` without its compiler
pub(crate) fn runtime_only() -> PathBuf {
    file("ADIT_RUNTIME_ONLY_BIN", "debug/adit-runtime-only")
}

/// What AWS Lambda starts
pub(crate) fn bootstrap() -> PathBuf {
    file("ADIT_BOOTSTRAP_BIN", "debug/bootstrap")
}

/// `bootstrap` without its compiler
pub(crate) fn runtime_only_bootstrap() -> PathBuf {
    file("ADIT_RUNTIME_ONLY_BOOTSTRAP_BIN", "debug/bootstrap-runtime-only")
}

/// Services of AWS on this machine
pub(crate) fn ministack() -> PathBuf {
    file("MINISTACK_BIN", "venv-s3/bin/ministack")
}

/// `bedrock-sim`
pub(crate) fn bedrock_sim() -> PathBuf {
    file("BEDROCK_SIM_BIN", "debug/bedrock-sim")
}

/// The component of a plugin that is for everybody, or of a guest that is only for tests.
pub(crate) fn plugin(name: &str) -> PathBuf {
    let (variable, folder) = match name {
        "audit" | "guard" | "ollama" | "redact" | "route" | "text-tools" | "titan-text" | "hello" => {
            ("ADIT_TEST_PLUGINS", "adit/plugins")
        }
        "wording" | "blocklist" => ("ADIT_TEST_LANGUAGES", "adit/languages"),
        _ => ("ADIT_TEST_GUESTS", "wasm/wasm32-wasip2/plugin/examples"),
    };
    let folder = variable_of(variable).unwrap_or_else(|| target().join(folder));
    existing(folder.join(name).with_extension("wasm"))
}

/// A plugin as a core module for WASI 0.1, if this machine's toolchain can build one.
pub(crate) fn core_module() -> Option<PathBuf> {
    let default = || target().join("wasm/wasm32-wasip1/plugin/plugin_hello.wasm");
    Some(variable_of("ADIT_TEST_CORE_MODULE").unwrap_or_else(default)).filter(|file| file.is_file())
}

/// Where plugins of authors are built. The first build takes minutes, so it is kept.
pub(crate) fn authors_target() -> PathBuf {
    target().join("wasm-author")
}

/// What a build for WebAssembly needs in its environment.
pub(crate) fn wasm_environment() -> Vec<(String, String)> {
    let lines = variable_of("ADIT_TEST_WASM_ENVIRONMENT").unwrap_or_default();
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    lines.to_str().unwrap().lines().filter_map(pair).collect()
}

fn file(variable: &str, default: &str) -> PathBuf {
    existing(variable_of(variable).unwrap_or_else(|| target().join(default)))
}

/// This binary is `<target>/<profile>/deps/it-<hash>`.
fn target() -> PathBuf {
    let binary = std::env::current_exe().unwrap();
    binary.ancestors().nth(3).map(Path::to_owned).unwrap()
}

/// Whether the runner wants Lambda in front.
pub(crate) fn ingress_is_lambda() -> bool {
    variable_of("ADIT_TEST_INGRESS").is_some_and(|ingress| ingress == *"lambda")
}

#[expect(
    clippy::disallowed_methods,
    reason = "the test runner says here what it wants, and where it built things"
)]
fn variable_of(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

fn existing(path: PathBuf) -> PathBuf {
    assert!(path.is_file(), "`{}` is not built: run `cargo xtask test`", path.display());
    path
}
