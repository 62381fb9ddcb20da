//! The first-party plugins, in the catalog of the deployment.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::environment::Environment;
use super::tools::Tools;
use crate::command::{self, say};
use crate::workspace::Workspace;

/// A plugin, and a config that it starts with, to be tried before it is published.
struct Plugin {
    name: &'static str,
    config: &'static str,
}

const PLUGINS: [Plugin; 7] = [
    Plugin { name: "audit", config: "{}" },
    Plugin { name: "guard", config: "{}" },
    Plugin { name: "ollama", config: "{}" },
    Plugin { name: "redact", config: "{}" },
    Plugin { name: "route", config: "{}" },
    Plugin { name: "text-tools", config: "{}" },
    Plugin { name: "titan-text", config: "{}" },
];

/// A plugin in the catalog.
pub(super) struct Release {
    pub(super) name: &'static str,
    pub(super) version: String,
}

/// Publishes what the catalog does not have, and compiles what it has for the engine of today.
pub(super) fn publish(
    workspace: &Workspace,
    tools: &Tools,
    environment: &Environment,
    components: &Path,
    state: &Path,
) -> anyhow::Result<Vec<Release>> {
    let key = signing_key(tools, state)?;
    tools.ask(&["trust", &environment.path(), &key.public], None)?;
    let there = listed(tools, environment)?;
    let mut published = Vec::new();
    for Plugin { name, config } in &PLUGINS {
        let package = package(workspace, components, name)?;
        let version = version(&fs::read_to_string(package.join("plugin.toml"))?)?;
        let mut adit = if there.contains(&format!("{name} {version}")) {
            say(format_args!("plugin {name} {version} is published"));
            tools.adit(&["plugin", "precompile", name, &version])
        } else {
            say(format_args!("publishing plugin {name} {version}"));
            let mut adit = tools.adit(&["plugin", "publish", "--config", config]);
            adit.arg(&package);
            adit
        };
        adit.arg("--key").arg(&key.file).args(["--stack", &environment.name]);
        command::run(adit.stdout(Stdio::null()))?;
        published.push(Release { name, version });
    }
    Ok(published)
}

/// What the catalog holds, each as `NAME VERSION`.
fn listed(tools: &Tools, environment: &Environment) -> anyhow::Result<Vec<String>> {
    let mut adit = tools.adit(&["plugin", "releases", "--json", "--stack", &environment.name]);
    let output = adit.stderr(Stdio::inherit()).output().context("cannot run `adit`")?;
    if !output.status.success() {
        bail!("`adit plugin releases` ended with {}", output.status);
    }
    let releases: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let member = |release: &Value, name: &str| release.get(name).and_then(Value::as_str).map(str::to_owned);
    let words = |release| Some(format!("{} {}", member(release, "name")?, member(release, "version")?));
    Ok(releases.iter().filter_map(words).collect())
}

/// The files of a plugin in one folder, as `adit plugin publish` wants them.
fn package(workspace: &Workspace, components: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let source = workspace.root.join("plugins").join(name);
    let package = workspace.target.join("adit/packages").join(name);
    fs::create_dir_all(&package)?;
    for file in ["plugin.toml", "config.schema.json"].map(|file| source.join(file)) {
        if file.is_file() {
            fs::copy(&file, package.join(file.file_name().unwrap_or_default()))?;
        }
    }
    let component = format!("{name}.wasm");
    fs::copy(components.join(&component), package.join(&component))
        .with_context(|| format!("cannot copy `{component}`"))?;
    Ok(package)
}

/// The version in a manifest.
fn version(manifest: &str) -> anyhow::Result<String> {
    let mut lines = manifest.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(name, _)| name.trim() == "version");
    let (_, version) = found.context("`plugin.toml` names no version")?;
    Ok(version.trim().trim_matches('"').to_owned())
}

/// A key that signs releases.
struct SigningKey {
    file: PathBuf,
    public: String,
}

/// The key of this machine for this deployment, made if there is none.
fn signing_key(tools: &Tools, state: &Path) -> anyhow::Result<SigningKey> {
    let (file, public) = (state.join("signing-key"), state.join("signing-key.public"));
    if !(file.is_file() && public.is_file()) {
        fs::create_dir_all(state).with_context(|| format!("cannot create `{}`", state.display()))?;
        say(format_args!("making a key that signs plugins: {}", file.display()));
        // What a run that was stopped has left signed nothing yet.
        let _ = fs::remove_file(&file);
        let mut keygen = tools.adit(&["plugin", "keygen"]);
        let printed = command::output(keygen.arg(&file)).context("`adit plugin keygen` did not work")?;
        fs::write(&public, printed)?;
    }
    let public = fs::read_to_string(&public)?.trim().to_owned();
    Ok(SigningKey { file, public })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn reads_the_version_of_a_manifest() {
        assert_eq!(version("name = \"redact\"\nversion = \"0.1.0\"\n").unwrap(), "0.1.0");
        assert!(version("name = \"redact\"").is_err());
    }
}
