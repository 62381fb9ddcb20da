//! The stack itself: what there is of it, whether the templates are right, and its deployment by SAM.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::environment::Environment;
use super::tools::{Tools, text_of};
use crate::command::{self, say};
use crate::workspace::Workspace;

/// Whose the table and the bucket are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    /// As the parameters say, or as it was.
    Unsaid,
    /// They were kept when an earlier stack was destroyed.
    Kept,
}

/// Whether CloudFormation would take the templates. SAM looks at them again when it builds.
pub(super) fn validate(workspace: &Workspace, tools: &Tools) -> anyhow::Result<()> {
    say("checking the templates");
    let mut lint = tools.lint();
    lint.args(["--regions", &tools.identity.region, "--"]).arg(workspace.root.join("template.yaml"));
    for entry in std::fs::read_dir(workspace.root.join("stacks"))? {
        lint.arg(entry?.path());
    }
    command::run(&mut lint)
}

/// Looks at what there is, and clears away what a first deployment that failed has left.
pub(super) fn ready(tools: &Tools, environment: &Environment) -> anyhow::Result<Data> {
    let state = state(tools, environment)?;
    let is_there = |what: &str| state.get(what).and_then(Value::as_bool).unwrap_or_default();
    let status = state.get("status").and_then(Value::as_str);
    if next(status, &environment.stack, &environment.name)? == Next::Clear {
        say(format_args!(
            "an earlier deployment failed at once: removing what is left of {}",
            environment.stack
        ));
        tools.ask(&["delete-stack", &environment.stack], None)?;
    } else if status.is_some() {
        return Ok(Data::Unsaid);
    }
    match (is_there("table"), is_there("bucket")) {
        (false, false) => Ok(Data::Unsaid),
        (true, true) => {
            say("the table and the bucket of an earlier deployment are there: using them");
            Ok(Data::Kept)
        }
        (table, _) => bail!(
            "of an earlier deployment only the {} is left: `cargo xtask destroy --env {}` removes it",
            if table { "table" } else { "bucket" },
            environment.name
        ),
    }
}

/// What has to be done with a stack before it can be deployed.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    Clear,
}

fn next(status: Option<&str>, stack: &str, name: &str) -> anyhow::Result<Next> {
    match status {
        // It was never there, and cannot be updated.
        Some("ROLLBACK_COMPLETE" | "ROLLBACK_FAILED" | "CREATE_FAILED" | "REVIEW_IN_PROGRESS") => {
            Ok(Next::Clear)
        }
        Some("DELETE_FAILED") => {
            bail!("the stack {stack} was to be deleted: `cargo xtask destroy --env {name}` goes on with it")
        }
        Some("UPDATE_ROLLBACK_FAILED") => bail!(
            "the stack {stack} is stuck half way back from an update; its events say why. Then: \
             aws cloudformation continue-update-rollback --stack-name {stack}"
        ),
        Some(status) if status.ends_with("_IN_PROGRESS") => {
            bail!("the stack {stack} is being changed ({status}): try again when that is over")
        }
        _ => Ok(Next::Nothing),
    }
}

/// Builds and deploys with SAM, and answers the URL.
pub(super) fn deploy(
    tools: &Tools,
    environment: &Environment,
    folder: &Path,
    data: Data,
    yes: bool,
) -> anyhow::Result<String> {
    say("sam build");
    command::run(tools.sam(&["build"]).current_dir(folder))?;
    say(
        "sam deploy: CloudFormation looks at everything before it changes anything, and goes back if something fails",
    );
    let mut sam = tools.sam(&["deploy", "--config-env", &environment.name]);
    if yes {
        sam.arg("--no-confirm-changeset");
    }
    let kept = (data == Data::Kept).then(|| ("Data".to_owned(), "Kept".to_owned()));
    let parameters = environment.parameters.iter().map(|(name, value)| (name.clone(), value.clone()));
    sam.arg("--parameter-overrides");
    sam.args(
        parameters.chain(kept).map(|(name, value)| format!("{name}=\"{}\"", value.replace('"', "\\\""))),
    );
    // What is passed may be a secret: it is not repeated when this fails.
    let status = sam.current_dir(folder).status().context("cannot run `sam deploy`")?;
    if !status.success() {
        bail!("`sam deploy` ended with {status}; what it says above is the reason. Nothing is half deployed");
    }
    let state = state(tools, environment)?;
    text_of(state.get("outputs").unwrap_or(&Value::Null), "Url")
}

fn state(tools: &Tools, environment: &Environment) -> anyhow::Result<Value> {
    tools.ask(&["state", &environment.stack, &environment.name], None)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_stack_that_never_was_is_cleared_away_and_one_that_is_busy_is_left_alone() {
        let next = |status| next(status, "adit-dev", "dev");
        assert_eq!(next(None).unwrap(), Next::Nothing);
        assert_eq!(next(Some("UPDATE_ROLLBACK_COMPLETE")).unwrap(), Next::Nothing);
        assert_eq!(next(Some("ROLLBACK_COMPLETE")).unwrap(), Next::Clear);
        assert_eq!(next(Some("REVIEW_IN_PROGRESS")).unwrap(), Next::Clear);
        for status in ["UPDATE_IN_PROGRESS", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"] {
            assert!(next(Some(status)).unwrap_err().to_string().contains("adit-dev"), "{status}");
        }
    }
}
