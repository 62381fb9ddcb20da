//! `cargo xtask destroy`: removes what `deploy` has made, whatever there is of it.

use std::io::{IsTerminal as _, Write as _};

use anyhow::bail;

use super::State;
use super::environment::Environment;
use super::tools::Tools;
use crate::command::say;
use crate::workspace::Workspace;

/// What is removed.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The environment, as in samconfig.toml: dev, staging or prod.
    #[arg(long, value_name = "ENV")]
    env: String,
    /// Keep the table with keys, limits and usage, and the bucket of plugins. A later `deploy` finds them.
    #[arg(long)]
    keep_data: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    state: State,
}

/// Asks, then removes everything.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let tools = Tools::ready(workspace)?;
    let environment = Environment::read(workspace, &tools, &options.env, &[])?;
    let Environment { name, stack, artifacts, .. } = &environment;
    let what = if options.keep_data {
        "but for its keys, usage and plugins"
    } else {
        "with all keys, usage and plugins"
    };
    let (account, region) = (&tools.identity.account, &tools.identity.region);
    say(format_args!("removing the stack {stack} from account {account}, {region}, {what}"));
    if !options.yes {
        ask(stack)?;
    }
    let mut arguments = vec!["destroy", stack, name, artifacts];
    if options.keep_data {
        arguments.push("--keep-data");
    }
    tools.ask(&arguments, None)?;
    if !options.keep_data {
        let state = options.state.folder(name)?;
        for file in ["first-key", "first-key.unfinished"].map(|file| state.join(file)) {
            if file.is_file() {
                std::fs::remove_file(&file)?;
                say(format_args!("removed {}", file.display()));
            }
        }
    }
    say("done");
    Ok(())
}

/// Goes on only if the person types the name of the stack.
fn ask(stack: &str) -> anyhow::Result<()> {
    if !std::io::stdin().is_terminal() {
        bail!("nobody is there to ask: say --yes if it is right");
    }
    print!("Type the name of the stack if that is right: ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() != stack {
        bail!("nothing was removed");
    }
    Ok(())
}
