//! An `adit serve` of its own, with the keys that a measurement needs.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, ensure};
use tokio::process::Command;

use crate::Programs;
use crate::server::Server;
use crate::turns::Load;

/// A data folder to be filled.
pub(crate) struct Data<'p> {
    adit: &'p Path,
    folder: tempfile::TempDir,
}

impl<'p> Data<'p> {
    pub(crate) fn new(programs: &'p Programs) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("plugins"))?;
        Ok(Self { adit: &programs.adit, folder })
    }

    /// Puts a component into the plugin folder.
    pub(crate) fn install(&self, component: &Path, name: &str) -> anyhow::Result<()> {
        let file = self.folder.path().join("plugins").join(name).with_extension("wasm");
        std::fs::copy(component, file)
            .with_context(|| format!("cannot copy `{}`", component.display()))
            .map(drop)
    }

    /// A key with these plugins, each with its config.
    pub(crate) async fn key(&self, label: &str, plugins: &[(&str, &str)]) -> anyhow::Result<String> {
        let key = self.command(&["key", "create", label, "--quiet"]).await?;
        for (name, config) in plugins {
            self.command(&["key", "plugin", "enable", &key, name, "--config", config]).await?;
        }
        Ok(key)
    }

    /// Serves.
    pub(crate) async fn serve(self, upstream: SocketAddr) -> anyhow::Result<Adit> {
        let upstream = format!("http://{upstream}");
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--data", self.path()?, "--upstream", &upstream];
        Ok(Adit { server: Server::start(self.adit, &arguments).await?, _data: self.folder })
    }

    async fn command(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new(self.adit).args(arguments).args(["--data", self.path()?]).output().await?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    fn path(&self) -> anyhow::Result<&str> {
        self.folder.path().to_str().context("an odd temporary folder")
    }
}

/// An `adit serve`.
pub(crate) struct Adit {
    pub(crate) server: Server,
    _data: tempfile::TempDir,
}

/// How an answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Streamed,
    Whole,
}

/// A chat completion that has these words in its prompt, which the stand-in says again.
pub(crate) fn completion(key: &str, model: &str, answer: Answer, words: &str) -> Load {
    let streamed = answer == Answer::Streamed;
    let body = format!(
        r#"{{"model":"{model}","stream":{streamed},"messages":[{{"role":"user","content":"mail anna@example.com: {words}"}}]}}"#
    );
    Load {
        path: "/v1/chat/completions".to_owned(),
        authorization: format!("Bearer {key}"),
        body: body.into_bytes(),
    }
}
