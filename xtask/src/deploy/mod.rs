//! `cargo xtask deploy`: everything that a deployment on AWS is made of, with one command.
//!
//! Each step says what it does and can be done again, so a run that fails is repeated as it is.

mod assembly;
mod destroy;
mod environment;
mod first_key;
mod releases;
mod settings;
mod stack;
mod tools;

use std::path::PathBuf;

use anyhow::Context as _;

pub(crate) use destroy::{Options as DestroyOptions, run as destroy};

use crate::command::{self, home, say};
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{lambda_zip, plugins};
use environment::Environment;
use tools::Tools;

/// What is deployed, and where.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The environment, as in samconfig.toml: dev, staging or prod.
    #[arg(long, value_name = "ENV")]
    env: String,
    /// A parameter of the stack, instead of what samconfig.toml says.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// Do not ask whether the changes are right.
    #[arg(long)]
    yes: bool,
    /// The folder of a `bootstrap` that is built already.
    #[arg(long, value_name = "FOLDER")]
    bootstrap: Option<PathBuf>,
    /// An `adit` that is built already.
    #[arg(long, value_name = "FILE")]
    adit: Option<PathBuf>,
    #[command(flatten)]
    state: State,
}

/// What lies on this machine and must not get lost.
#[derive(clap::Args)]
pub(crate) struct State {
    /// Where the key that signs plugins and the first API key are kept [default: .adit/ENV in your home folder].
    #[arg(long = "state", value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

impl State {
    fn folder(&self, environment: &str) -> anyhow::Result<PathBuf> {
        let home = || Some(home()?.join(".adit").join(environment));
        self.folder.clone().or_else(home).context("there is no home folder: name another one with --state")
    }
}

/// Builds, deploys, sets, publishes, and says how to try it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut tools = Tools::ready(workspace)?;
    let environment = Environment::read(workspace, &tools, &options.env, &options.parameters)?;
    let state = options.state.folder(&environment.name)?;
    say(format_args!(
        "deploying `{}` as the stack {} into account {}, {}",
        environment.name, environment.stack, tools.identity.account, tools.identity.region
    ));

    // All that can be found wrong without changing anything comes first.
    tools.choose_adit(workspace, options.adit.as_deref())?;
    let texts = settings::read(workspace, &tools, &environment)?;
    stack::validate(workspace, &tools)?;
    let data = stack::ready(&tools, &environment)?;
    let bootstrap = match &options.bootstrap {
        Some(folder) => {
            // What stands in for AWS in a rehearsal runs programs of this machine, of whatever kind.
            if command::variable("AWS_ENDPOINT_URL").is_none() {
                lambda_zip::check_program(folder, environment.architecture()?)?;
            }
            folder.clone()
        }
        None => lambda_zip::build(workspace, environment.architecture()?)?,
    };
    let components = plugins::build(workspace, &WasmToolchain::choose()?)?;

    let folder = assembly::assemble(workspace, &environment, &bootstrap)?;
    let url = stack::deploy(&tools, &environment, &folder, data, options.yes)?;
    settings::write(&tools, &environment, &texts)?;
    let published = releases::publish(workspace, &tools, &environment, &components, &state)?;
    let key = first_key::create_once(&tools, &environment, &published, &state)?;
    println!("{}", invitation(&url, key.as_deref(), &environment));
    Ok(())
}

fn parameter(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What to do now. The key itself is not shown: whatever is shown, logs keep.
fn invitation(url: &str, key: Option<&std::path::Path>, environment: &Environment) -> String {
    let (name, url) = (&environment.name, url.trim_end_matches('/'));
    let Some(key) = key else {
        return format!("\nIt is deployed: {url}/v1\nA new key: adit key create NAME --stack {name}");
    };
    let (key, model) = (key.display(), first_key::ALIAS);
    format!(
        r#"
It is deployed: {url}/v1
The first key lies in {key}

Ask with curl:

curl --no-buffer {url}/v1/chat/completions \
  -H "Authorization: Bearer $(cat {key})" -H 'Content-Type: application/json' \
  -d '{{"model": "{model}", "stream": true, "messages": [{{"role": "user", "content": "Say hello."}}]}}'

All else is done with `adit ... --stack {name}`, and removed with `cargo xtask destroy --env {name}`."#
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_parameter_is_a_name_and_a_value() {
        let two = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(parameter("MemorySize=1024").unwrap(), two("MemorySize", "1024"));
        assert_eq!(parameter("Models=").unwrap(), two("Models", ""));
        assert!(parameter("MemorySize").is_err());
    }

    #[test]
    fn the_invitation_does_not_show_the_key() {
        let environment = Environment::named("dev");
        let key = PathBuf::from("/keys/first-key");
        let text = invitation("https://x.example/", Some(&key), &environment);
        assert!(text.contains("https://x.example/v1/chat/completions"), "{text}");
        assert!(text.contains("$(cat /keys/first-key)"), "{text}");
        assert!(invitation("https://x/", None, &environment).contains("adit key create NAME --stack dev"));
    }
}
