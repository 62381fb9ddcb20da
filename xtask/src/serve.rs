//! `cargo xtask serve`: Adit on this machine, to be tried.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::channel;

use anyhow::{Context as _, bail};

use crate::command::{home, say, variable};
use crate::server::{self, Server};
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;
use crate::{dev_key, plugins};

/// How `serve` is run.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Use Amazon Bedrock, with the AWS credentials of this machine, instead of the stand-in.
    #[arg(long)]
    real: bool,
    /// Where Adit listens. When the port is taken, the next free one is used.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where keys and plugins are kept [default: adit/data in Cargo's target folder].
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// The model behind the alias: both the stand-in and Amazon know it.
const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// A pause before each word of the stand-in, in milliseconds, so that one sees the answer stream.
const PACE_MS: &str = "20";

/// Builds what is needed and runs it until Ctrl-C.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    if !options.listen.ip().is_loopback() {
        bail!("`{}` is not a loopback address; this is a server for trying things out", options.listen);
    }
    if options.real {
        check_aws_environment()?;
    }
    let built = plugins::build(workspace, &WasmToolchain::choose()?)?;
    workspace.build_servers()?;

    let data = options.data.clone().unwrap_or_else(|| workspace.target.join("adit/data"));
    plugins::install(&built, &data)?;
    let adit = workspace.binary("adit");
    let key = dev_key::create_once(&adit, &data, MODEL)?;

    let (sender, events) = channel();
    server::watch_signals(sender.clone())?;
    let sim = if options.real {
        None
    } else {
        let mut command = Command::new(workspace.binary("bedrock-sim"));
        command.args(["--listen", "127.0.0.1:0", "--pace-ms", PACE_MS]);
        let sim = Server::start("bedrock-sim", &mut command, sender.clone())?;
        say(format_args!("bedrock-sim, the stand-in for Bedrock, listens on {}", sim.address));
        Some(sim)
    };
    let mut command = Command::new(&adit);
    command.args(["serve", "--listen", &free_address(options.listen)?.to_string(), "--data"]).arg(&data);
    if let Some(sim) = &sim {
        command.args(["--upstream", &sim.address]);
        for (name, value) in SIM_AWS_ENVIRONMENT {
            command.env(name, value);
        }
    }
    let adit = Server::start("adit", &mut command, sender)?;
    say(format_args!("adit listens on {}, its data folder is {}", adit.address, data.display()));
    println!("{}", invitation(&adit.address, &key, sim.as_ref().map(|sim| sim.address.as_str())));
    server::wait(&events)
}

/// Credentials that mean nothing outside the stand-in, so that real ones are never sent to it.
const SIM_AWS_ENVIRONMENT: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "sim"),
    ("AWS_SECRET_ACCESS_KEY", "sim"),
    ("AWS_REGION", "us-east-1"),
    ("AWS_EC2_METADATA_DISABLED", "true"),
];

/// What is asked: long enough to see it stream, with something in it to redact.
const PROMPT: &str = "Please invite jane.doe@example.com to lunch on Friday, somewhere quiet with a garden, \
                      and ask whether she brings her dog along as she did last time.";

/// Finds out before the build whether AWS would have no credentials or no region to work with.
fn check_aws_environment() -> anyhow::Result<()> {
    let file = |name: &str| home().is_some_and(|home| home.join(".aws").join(name).is_file());
    let set = |names: &[&str]| names.iter().any(|name| variable(name).is_some());
    let credentials = set(&["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])
        || set(&["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        || set(&["AWS_BEARER_TOKEN_BEDROCK", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"])
        || file("credentials")
        || file("config");
    if !credentials {
        bail!(
            "no AWS credentials. Run `aws configure` or `aws configure sso`, or set AWS_PROFILE, or set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; or leave out --real to use the stand-in"
        );
    }
    if !set(&["AWS_REGION", "AWS_DEFAULT_REGION"]) && !file("config") {
        bail!("no AWS region. Set AWS_REGION, for example to us-east-1");
    }
    Ok(())
}

/// The wished address, or the same with the next free port.
fn free_address(wish: SocketAddr) -> anyhow::Result<SocketAddr> {
    let ports = (wish.port()..=u16::MAX).take(100);
    let mut addresses = ports.map(|port| SocketAddr::new(wish.ip(), port));
    let free = addresses.find(|address| TcpListener::bind(address).is_ok());
    let free = free.with_context(|| format!("no free port at `{wish}` or in the hundred above it"))?;
    if free != wish {
        say(format_args!("port {} is taken, using {}", wish.port(), free.port()));
    }
    Ok(free)
}

/// Lines that work when they are pasted into another terminal.
fn invitation(address: &str, key: &str, sim: Option<&str>) -> String {
    let alias = dev_key::ALIAS;
    let mut text = format!(
        r#"
Ask with curl:

curl --no-buffer {address}/v1/chat/completions \
  -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \
  -d '{{"model": "{alias}", "stream": true, "messages": [{{"role": "user", "content": "{PROMPT}"}}]}}'

or with Python (pip install openai):

python3 - <<'END'
from openai import OpenAI

client = OpenAI(base_url="{address}/v1", api_key="{key}")
messages = [{{"role": "user", "content": "{PROMPT}"}}]
for chunk in client.chat.completions.create(model="{alias}", messages=messages, stream=True):
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
END
"#
    );
    if let Some(sim) = sim {
        text.push_str("\nSee what Bedrock would have received, with a placeholder for the address:\n");
        text.extend(["\ncurl ", sim, "/_sim/requests/last\n"]);
    }
    text.push_str("\nCtrl-C ends it.");
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn takes_the_next_port_when_one_is_taken() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let wish = taken.local_addr().unwrap();
        let free = free_address(wish).unwrap();
        assert_eq!(free.ip(), wish.ip());
        assert!(free.port() > wish.port());
    }

    #[test]
    fn the_invitation_shows_the_stand_in_only_when_there_is_one() {
        assert!(invitation("http://a", "k", Some("http://s")).contains("curl http://s/_sim/requests/last"));
        assert!(!invitation("http://a", "k", None).contains("_sim"));
    }
}
