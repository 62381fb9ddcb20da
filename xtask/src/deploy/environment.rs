//! What `samconfig.toml` says of an environment, and what the command line says instead.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::tools::{Tools, text_of};
use crate::lambda_zip::Architecture;
use crate::workspace::Workspace;

/// An environment.
pub(super) struct Environment {
    /// What Adit knows it by: the value of the parameter `Name`.
    pub(super) name: String,
    /// The name of the stack.
    pub(super) stack: String,
    /// What the names of uploads begin with.
    pub(super) artifacts: String,
    /// The parameters of the stack.
    pub(super) parameters: BTreeMap<String, String>,
}

impl Environment {
    pub(super) fn read(
        workspace: &Workspace,
        tools: &Tools,
        name: &str,
        parameters: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let file = workspace.root.join("samconfig.toml");
        let file = file.to_str().context("the path of the repository is not UTF-8")?;
        let said = tools.ask(&["environment", file, name], None)?;
        let of_file = said.get("parameters").and_then(Value::as_object).into_iter().flatten();
        let of_file = of_file.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        let parameters: BTreeMap<_, _> = of_file.chain(parameters.iter().cloned()).collect();
        if parameters.get("Name").map(String::as_str) != Some(name) {
            bail!("the parameter `Name` of the environment `{name}` has to be `{name}`");
        }
        Ok(Self {
            name: name.to_owned(),
            stack: text_of(&said, "stack")?,
            artifacts: text_of(&said, "artifacts")?,
            parameters,
        })
    }

    /// The processor of the function.
    pub(super) fn architecture(&self) -> anyhow::Result<Architecture> {
        match self.parameters.get("Architecture").map(String::as_str) {
            None | Some("arm64") => Ok(Architecture::Arm64),
            Some("x86_64") => Ok(Architecture::X86_64),
            Some(other) => bail!("the parameter `Architecture` is `{other}`: expected `arm64` or `x86_64`"),
        }
    }

    /// Where its parameters lie in Parameter Store.
    pub(super) fn path(&self) -> String {
        format!("/adit/{}", self.name)
    }

    /// One without parameters.
    #[cfg(test)]
    pub(super) fn named(name: &str) -> Self {
        let stack = format!("adit-{name}");
        Self { name: name.to_owned(), artifacts: stack.clone(), stack, parameters: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn the_processor_is_graviton_unless_it_is_said() {
        let mut environment = Environment::named("dev");
        assert_eq!(environment.architecture().unwrap(), Architecture::Arm64);
        environment.parameters.insert("Architecture".to_owned(), "x86_64".to_owned());
        assert_eq!(environment.architecture().unwrap(), Architecture::X86_64);
        environment.parameters.insert("Architecture".to_owned(), "mips".to_owned());
        assert!(environment.architecture().is_err());
    }
}
