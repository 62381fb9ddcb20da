//! The settings of a deployment: a file here, parameters there.

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use super::environment::Environment;
use super::tools::Tools;
use crate::command::{self, say};
use crate::workspace::Workspace;

/// What a parameter of the free kind holds, in bytes.
const LARGEST_PART: usize = 4096;

/// What makes the function refuse requests that did not come through CloudFront.
const ORIGIN: &str = "origin_secret = \"origin\"";

/// The parts, by the names of their parameters.
pub(super) type Parts = Map<String, Value>;

/// Reads `deploy/ENV.toml`, has Adit check it, and cuts it into parts that fit into a parameter each.
pub(super) fn read(workspace: &Workspace, tools: &Tools, environment: &Environment) -> anyhow::Result<Parts> {
    let file = workspace.root.join("deploy").join(&environment.name).with_extension("toml");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
    command::run(tools.adit(&["settings", "check"]).arg(&file))?;
    if environment.parameters.get("Edge").is_some_and(|edge| edge == "On") && !text.contains(ORIGIN) {
        bail!(
            "`Edge` is On, so `{}` needs `{ORIGIN}` in `[auth]`: else all may pass CloudFront by",
            file.display()
        );
    }
    parts(&text).with_context(|| format!("`{}` does not fit into parameters", file.display()))
}

/// Writes the parts that have changed.
pub(super) fn write(tools: &Tools, environment: &Environment, parts: &Parts) -> anyhow::Result<()> {
    say("writing the settings");
    tools.ask(&["settings", &environment.path()], Some(&Value::Object(parts.clone())))?;
    Ok(())
}

/// The text in parts of whole lines: `settings`, then `settings/02`, `settings/03` and so on. A server joins them with
/// an end of line between them.
fn parts(text: &str) -> anyhow::Result<Parts> {
    let mut parts = vec![String::new()];
    for line in text.lines() {
        if line.len() > LARGEST_PART {
            bail!("a line is longer than {LARGEST_PART} bytes");
        }
        match parts.last_mut() {
            Some(part) if part.is_empty() => part.push_str(line),
            Some(part) if part.len() + 1 + line.len() <= LARGEST_PART => part.extend(["\n", line]),
            _ => parts.push(line.to_owned()),
        }
    }
    // A parameter cannot be empty.
    if let Some(first) = parts.first_mut().filter(|first| first.trim().is_empty()) {
        "# defaults".clone_into(first);
    }
    let named = parts.into_iter().enumerate().map(|(index, part)| {
        let name = if index == 0 { "settings".to_owned() } else { format!("settings/{:02}", index + 1) };
        (name, Value::String(part))
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn lines(parts: &Parts) -> String {
        parts.values().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn settings_that_fit_are_one_parameter() {
        let parts = parts("[auth]\niam = true\n").unwrap();
        assert_eq!(parts.keys().collect::<Vec<_>>(), ["settings"]);
        assert_eq!(lines(&parts), "[auth]\niam = true");
    }

    #[test]
    fn settings_that_do_not_fit_are_cut_between_lines() {
        let text = "a = 1\n".repeat(2000);
        let parts = parts(&text).unwrap();
        assert_eq!(parts.keys().collect::<Vec<_>>(), ["settings", "settings/02", "settings/03"]);
        assert!(parts.values().all(|part| part.as_str().unwrap().len() <= LARGEST_PART));
        assert_eq!(lines(&parts), text.trim_end());
    }

    #[test]
    fn no_settings_are_a_comment() {
        assert_eq!(lines(&parts("").unwrap()), "# defaults");
        assert!(parts(&"x".repeat(5000)).is_err());
    }
}
