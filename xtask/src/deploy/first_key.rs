//! The first API key of a deployment, with the plugins `redact` and `route` switched on.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::environment::Environment;
use super::releases::Release;
use super::tools::Tools;
use crate::command::{self, say};

const NAME: &str = "first";

/// What the key's `route` turns into a model of Bedrock.
pub(super) const ALIAS: &str = "gpt-4o-mini";

/// The file with the key, or none if this machine has not made the keys that there are.
///
/// A key is never shown twice. So it is kept in a file that only its owner may read, from the moment when there is one.
pub(super) fn create_once(
    tools: &Tools,
    environment: &Environment,
    published: &[Release],
    state: &Path,
) -> anyhow::Result<Option<PathBuf>> {
    let (file, unfinished) = (state.join("first-key"), state.join("first-key.unfinished"));
    let ids = ids(tools, environment)?;
    let is_valid = |file: &Path| {
        let id = fs::read_to_string(file).ok().and_then(|key| id_of(&key).map(str::to_owned));
        id.is_some_and(|id| ids.contains(&id))
    };
    if is_valid(&file) {
        say("the first key is there");
        return Ok(Some(file));
    }
    if !is_valid(&unfinished) {
        if !ids.is_empty() {
            say("there are keys already: making none");
            return Ok(None);
        }
        say(format_args!("creating the key `{NAME}`"));
        let key = create(tools, environment)?;
        write_secret(&unfinished, &key)?;
    }
    let key = fs::read_to_string(&unfinished)?;
    let id = id_of(&key).context("`adit key create` printed something that is no key")?;
    for (plugin, config) in [("redact", "{}".to_owned()), ("route", route_config(&tools.identity.region))] {
        let release = published.iter().find(|release| release.name == plugin);
        let version = &release.with_context(|| format!("`{plugin}` is not published"))?.version;
        let enable = ["plugin", "enable", id, plugin, "--version", version, "--config", &config];
        command::run(tools.adit(&enable).args(["--stack", &environment.name]))?;
    }
    fs::rename(&unfinished, &file)?;
    Ok(Some(file))
}

fn create(tools: &Tools, environment: &Environment) -> anyhow::Result<String> {
    let mut adit = tools.adit(&["key", "create", NAME, "--quiet", "--stack", &environment.name]);
    let output = adit.stderr(Stdio::inherit()).output().context("cannot run `adit key create`")?;
    if !output.status.success() {
        bail!("`adit key create` ended with {}", output.status);
    }
    Ok(String::from_utf8(output.stdout).context("a key is plain text")?.trim().to_owned())
}

/// The ids of the keys that there are.
fn ids(tools: &Tools, environment: &Environment) -> anyhow::Result<Vec<String>> {
    let mut adit = tools.adit(&["key", "list", "--json", "--stack", &environment.name]);
    let output = adit.stderr(Stdio::inherit()).output().context("cannot run `adit key list`")?;
    if !output.status.success() {
        bail!("`adit key list` ended with {}", output.status);
    }
    let keys: Vec<Value> = serde_json::from_slice(&output.stdout)?;
    let id = |key: &Value| key.get("id").and_then(Value::as_str).map(str::to_owned);
    Ok(keys.iter().filter_map(id).collect())
}

fn write_secret(file: &Path, text: &str) -> anyhow::Result<()> {
    // Of a deployment that is gone.
    let _ = fs::remove_file(file);
    let mut options = fs::OpenOptions::new();
    let mut opened = options.write(true).create_new(true).mode(0o600).open(file);
    let written = opened.as_mut().map(|opened| opened.write_all(text.as_bytes()));
    match written {
        Ok(written) => written.with_context(|| format!("cannot write `{}`", file.display())),
        Err(fault) => bail!("cannot create `{}`: {fault}", file.display()),
    }
}

/// The id in a key, `adit_<id>_<secret>`.
fn id_of(key: &str) -> Option<&str> {
    key.trim().split('_').nth(1)
}

/// The alias stands for the profile that spans the regions around this one.
fn route_config(region: &str) -> String {
    let around = match region.split('-').next() {
        Some("eu") => "eu",
        Some("ap") => "apac",
        _ => "us",
    };
    serde_json::json!({ "aliases": { ALIAS: format!("{around}.amazon.nova-lite-v1:0") } }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alias_is_a_profile_of_the_region() {
        assert!(route_config("us-west-2").contains("us.amazon.nova-lite"));
        assert!(route_config("eu-central-1").contains("eu.amazon.nova-lite"));
        assert!(route_config("ap-southeast-2").contains("apac.amazon.nova-lite"));
    }

    #[test]
    fn the_id_stands_between_the_prefix_and_the_secret() {
        assert_eq!(id_of("adit_abc_secret\n"), Some("abc"));
        assert_eq!(id_of("nonsense"), None);
    }
}
