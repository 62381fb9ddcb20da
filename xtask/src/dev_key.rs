//! The first API key of a development server.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::command::{run, say};

const NAME: &str = "first";

/// What the key's `route` turns into a model of Bedrock.
pub(crate) const ALIAS: &str = "gpt-4o-mini";

/// The plain text of a key with `redact` and `route` switched on.
///
/// A server never shows a key twice. This one is kept in a file of the data folder that only its owner
/// may read, so that what was pasted yesterday works today and the list of keys does not grow with each run.
pub(crate) fn create_once(adit: &Path, data: &Path, model: &str) -> anyhow::Result<String> {
    let file = data.join("first-key");
    if let Ok(key) = std::fs::read_to_string(&file) {
        say(format_args!(
            "using the key `{NAME}` of an earlier run; delete {} for a new one",
            data.display()
        ));
        return Ok(key.trim().to_owned());
    }

    say(format_args!("creating the key `{NAME}` with the plugins redact and route"));
    let output = Command::new(adit)
        .args(["key", "create", NAME, "--quiet", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run `adit key create`")?;
    if !output.status.success() {
        bail!("`adit key create` ended with {}", output.status);
    }
    let key = String::from_utf8(output.stdout).context("a key is plain text")?.trim().to_owned();

    let id = id_of(&key)?;
    enable(adit, data, id, "redact", &[])?;
    enable(adit, data, id, "route", &["--config", &route_config(model)])?;

    // Last, so that a run that fails half-way does not leave a key without its plugins.
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file)
        .and_then(|mut file| file.write_all(key.as_bytes()))
        .with_context(|| format!("cannot write `{}`", file.display()))?;
    Ok(key)
}

fn enable(adit: &Path, data: &Path, id: &str, plugin: &str, config: &[&str]) -> anyhow::Result<()> {
    run(Command::new(adit)
        .args(["key", "plugin", "enable", id, plugin])
        .args(config)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null()))
}

/// The id in a key, `adit_<id>_<secret>`: unlike the key, it may be seen in a list of processes.
fn id_of(key: &str) -> anyhow::Result<&str> {
    key.split('_').nth(1).context("`adit key create` printed something that is no key")
}

fn route_config(model: &str) -> String {
    serde_json::json!({ "aliases": { ALIAS: model } }).to_string()
}
