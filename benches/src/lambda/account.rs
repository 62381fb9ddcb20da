//! What stands in for an AWS account: a stand-in for Bedrock, and one for the stores, which hold what a deployment
//! puts there.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use runtime_api::Function;
use tempfile::TempDir;

use super::Programs;
use crate::client::Connection;
use crate::server::Server;

/// What the key has, as published releases.
const PLUGINS: [(&str, &str); 3] =
    [("redact", "{}"), ("route", r#"{"aliases": {"small": "us.amazon.nova-lite-v1:0"}}"#), ("guard", GUARD)];
const GUARD: &str = r#"{"deny": [{"terms": ["project falcon"]}], "limits": {"prompt_bytes": 200000}}"#;

/// How long something may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// The parts of the account.
pub(crate) struct Account {
    stores: Stores,
    bedrock: Server,
    /// A key with the plugins.
    pub(crate) key: String,
    _folder: TempDir,
}

impl Account {
    /// Starts the stand-ins and fills them: tables, parameters, releases, a key.
    pub(crate) async fn open(programs: &Programs) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let stores = Stores::start(&programs.ministack, folder.path()).await?;
        let bedrock = Server::start(&programs.sim, &["--listen", "127.0.0.1:0"]).await?;
        let adit = Adit { program: &programs.adit, folder: folder.path(), stores: stores.address };

        adit.run(&["store", "create", "--table", "bench"])?;
        stores.create_bucket("plugins").await?;
        let trusted = adit.run(&["plugin", "keygen", "publisher.key"])?;
        let settings = format!(
            "[catalog]\nlocation = 's3://plugins/releases'\ntrusted_keys = ['{trusted}']\nendpoint = '{}'\n",
            adit.endpoint()
        );
        fs::write(folder.path().join("adit.toml"), settings)?;

        let secret = adit.run(&["key", "create", "bench", "--table", "bench", "--quiet"])?;
        for (name, config) in PLUGINS {
            let package = package(programs, folder.path(), name)?;
            let version = version(&package)?;
            let package = package.to_string_lossy();
            adit.run(&[
                "plugin",
                "publish",
                &package,
                "--key",
                "publisher.key",
                "--settings",
                "adit.toml",
                "--config",
                config,
            ])?;
            let enable = ["plugin", "enable", "bench", name, "--version", &version, "--config", config];
            adit.run(&[&enable[..], &["--table", "bench", "--settings", "adit.toml"]].concat())?;
        }

        for (name, value) in [
            ("table", "bench"),
            ("cache-table", "bench-cache"),
            ("settings", "# defaults"),
            ("catalog", "s3://plugins/releases"),
            ("trusted-keys", &trusted),
        ] {
            stores.put_parameter(&format!("/adit/bench/{name}"), value).await?;
        }
        Ok(Self { stores, bedrock, key: secret, _folder: folder })
    }

    /// The function as it would be deployed.
    pub(crate) fn function(&self, program: &Path) -> Function {
        Function::new(program)
            .variable("ADIT_PARAMETERS", "/adit/bench")
            .variable("ADIT_UPSTREAM", format!("http://{}", self.bedrock.address))
            .variable("ADIT_LOG", "warn")
            .variable("AWS_ENDPOINT_URL", format!("http://{}", self.stores.address))
    }
}

/// A plugin as it is published: its manifest, its schema and its component in one folder.
fn package(programs: &Programs, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let package = folder.join(name);
    fs::create_dir(&package)?;
    let source = programs.sources.join(name);
    for file in ["plugin.toml", "config.schema.json"] {
        fs::copy(source.join(file), package.join(file))
            .with_context(|| format!("cannot copy `{file}` from `{}`", source.display()))?;
    }
    let component = Path::new(name).with_extension("wasm");
    fs::copy(programs.plugins.join(&component), package.join(&component))
        .with_context(|| format!("there is no `{}` in the plugin folder", component.display()))?;
    Ok(package)
}

fn version(package: &Path) -> anyhow::Result<String> {
    let manifest = fs::read_to_string(package.join("plugin.toml"))?;
    let line = manifest.lines().find_map(|line| line.strip_prefix("version = "));
    Ok(line.context("a manifest without a version")?.trim_matches('"').to_owned())
}

/// The operator's program, on this account.
struct Adit<'a> {
    program: &'a Path,
    folder: &'a Path,
    stores: SocketAddr,
}

impl Adit<'_> {
    fn endpoint(&self) -> String {
        format!("http://{}", self.stores)
    }

    /// What it prints.
    fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let Output { status, stdout, stderr } = Command::new(self.program)
            .args(arguments)
            .current_dir(self.folder)
            .env("AWS_ENDPOINT_URL", self.endpoint())
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_REGION", "us-east-1")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run `{}`", self.program.display()))?;
        if !status.success() {
            bail!("`adit {}` failed: {}", arguments.join(" "), String::from_utf8_lossy(&stderr).trim());
        }
        Ok(String::from_utf8(stdout)?.trim().to_owned())
    }
}

/// DynamoDB, S3 and Parameter Store: a ministack. Ends with its value.
struct Stores {
    process: Child,
    address: SocketAddr,
}

impl Stores {
    async fn start(program: &Path, home: &Path) -> anyhow::Result<Self> {
        // It takes a number only. Nobody else gets this one meanwhile unless he asks for it by name.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let process = Command::new(program)
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("TMPDIR", home)
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("SERVICES", "dynamodb,s3,ssm")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start `{}`", program.display()))?;
        let stores = Self { process, address };
        let begun = Instant::now();
        while Connection::open(address).await.is_err() {
            if begun.elapsed() > PATIENCE {
                bail!("`{}` does not listen", program.display());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(stores)
    }

    async fn create_bucket(&self, name: &str) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        Ok(connection.request("PUT", &format!("/{name}"), &[], b"").await?)
    }

    async fn put_parameter(&self, name: &str, value: &str) -> anyhow::Result<()> {
        let body = format!(r#"{{"Name": "{name}", "Value": "{value}", "Type": "String"}}"#);
        let headers = [
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "AmazonSSM.PutParameter"),
            // Nobody checks the signature; the service is named in it.
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0",
            ),
        ];
        let mut connection = Connection::open(self.address).await?;
        Ok(connection.request("POST", "/", &headers, body.as_bytes()).await?)
    }
}

impl Drop for Stores {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
