//! Building the plugins, and the hostile ones that tests run.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::command::{run, say};
use crate::languages;
use crate::wasm_toolchain::{CORE_TARGET, TARGET, WasmToolchain};
use crate::workspace::Workspace;

/// Which plugins are built.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Build the examples in JavaScript and Python, too. The first time, this installs their tools.
    #[arg(long)]
    languages: bool,
}

/// A package with a plugin in it, and the name by which operators know the plugin.
struct Plugin {
    package: &'static str,
    name: &'static str,
}

const PLUGINS: [Plugin; 8] = [
    Plugin { package: "audit", name: "audit" },
    Plugin { package: "guard", name: "guard" },
    Plugin { package: "ollama", name: "ollama" },
    Plugin { package: "redact", name: "redact" },
    Plugin { package: "route", name: "route" },
    Plugin { package: "text-tools", name: "text-tools" },
    Plugin { package: "titan-text", name: "titan-text" },
    Plugin { package: "plugin-hello", name: "hello" },
];

/// Builds the plugins into `<target>/adit/plugins/<name>.wasm` and answers that folder.
pub(crate) fn build(workspace: &Workspace, toolchain: &WasmToolchain) -> anyhow::Result<PathBuf> {
    say("building the plugins");
    let packages = PLUGINS.iter().flat_map(|plugin| ["--package", plugin.package]);
    let built = cargo_build(workspace, toolchain, packages)?;
    let folder = workspace.target.join("adit/plugins");
    std::fs::create_dir_all(&folder)?;
    for plugin in &PLUGINS {
        let component = built.join(plugin.package.replace('-', "_")).with_extension("wasm");
        copy(&component, &folder.join(plugin.name).with_extension("wasm"))?;
    }
    Ok(folder)
}

/// Builds the hostile plugins of `tests/guests` and answers their folder.
pub(crate) fn build_guests(workspace: &Workspace, toolchain: &WasmToolchain) -> anyhow::Result<PathBuf> {
    say("building the guests that tests run");
    Ok(cargo_build(workspace, toolchain, ["--package", "guests", "--examples"])?.join("examples"))
}

/// Builds a plugin as older toolchains do, a core module for WASI 0.1, and answers its file; none where
/// the toolchain cannot.
pub(crate) fn build_core_module(
    workspace: &Workspace,
    toolchain: &WasmToolchain,
) -> anyhow::Result<Option<PathBuf>> {
    if !toolchain.builds_core_modules() {
        say(format_args!("no core module: `rustup target add {CORE_TARGET}` would give one to the tests"));
        return Ok(None);
    }
    say("building a core module for WASI 0.1");
    let built = cargo_build_for(CORE_TARGET, workspace, toolchain, ["--package", "plugin-hello"])?;
    Ok(Some(built.join("plugin_hello.wasm")))
}

/// Builds the plugins and lists them.
pub(crate) fn build_and_list(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let folder = build(workspace, &WasmToolchain::choose()?)?;
    let mut components: Vec<_> =
        PLUGINS.iter().map(|plugin| folder.join(plugin.name).with_extension("wasm")).collect();
    if options.languages {
        components.extend(languages::build(workspace)?);
    }
    for component in components {
        let name = component.file_stem().unwrap_or_default().display();
        let bytes = std::fs::metadata(&component)?.len();
        println!("{name:<10} {:>7} KiB  {}", bytes.div_ceil(1024), component.display());
    }
    Ok(())
}

/// Copies the plugins to where a server with this data folder looks for them.
pub(crate) fn install(plugins: &Path, data: &Path) -> anyhow::Result<()> {
    let folder = data.join("plugins");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    for plugin in &PLUGINS {
        let file = format!("{}.wasm", plugin.name);
        copy(&plugins.join(&file), &folder.join(&file))?;
    }
    Ok(())
}

fn cargo_build<'a>(
    workspace: &Workspace,
    toolchain: &WasmToolchain,
    selection: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<PathBuf> {
    cargo_build_for(TARGET, workspace, toolchain, selection)
}

fn cargo_build_for<'a>(
    target: &str,
    workspace: &Workspace,
    toolchain: &WasmToolchain,
    selection: impl IntoIterator<Item = &'a str>,
) -> anyhow::Result<PathBuf> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--target", target, "--profile", "plugin"]).args(selection);
    cargo.arg("--target-dir").arg(workspace.wasm_target());
    toolchain.apply(&mut cargo);
    run(&mut cargo)?;
    Ok(workspace.wasm_target().join(target).join("plugin"))
}

/// Copies by renaming into place: a server that maps the old file keeps the old file.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let partial = to.with_extension("wasm.part");
    std::fs::copy(from, &partial).with_context(|| format!("cannot copy `{}`", from.display()))?;
    std::fs::rename(&partial, to).with_context(|| format!("cannot write `{}`", to.display()))
}
