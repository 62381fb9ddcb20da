//! A stand-in for Amazon Bedrock. It speaks the wire protocol of Converse, ConverseStream, CountTokens, InvokeModel of
//! models of embeddings and images and of Titan Text, the OpenAI-compatible endpoint, and the lists of models and inference profiles. It
//! refuses what the service refuses, answers with a deterministic model, and does by script
//! what is hard to get from the service on demand: throttling, exceptions inside a stream, cuts, silence.
//! The README has the model's rules and the format of scripts.

mod answered;
mod authentication;
mod catalog;
mod converse;
mod delivery;
mod error;
mod frames;
mod framing;
mod introspection;
mod invoke;
mod journal;
mod openai;
mod route;
mod script;
mod server;
mod service;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

pub use crate::authentication::Authentication;
pub use crate::error::Error;
pub use crate::journal::{Outcome, Record};
pub use crate::script::{Script, ScriptError};

/// How to start.
#[derive(Debug)]
pub struct Options {
    /// Where to listen. Port 0, the default, chooses a free one on 127.0.0.1.
    pub listen: SocketAddr,
    /// The script to begin with, and to come back to when another one is cleared. None by default.
    pub script: Script,
    /// The time between two events of a stream, unless a script says otherwise. None by default.
    pub pace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self { listen, script: Script::default(), pace: Duration::ZERO }
    }
}

/// A running stand-in, on the tokio runtime it was started on. Dropping it closes all connections.
#[derive(Debug)]
pub struct Sim {
    url: String,
    service: Arc<service::Service>,
    server: JoinHandle<()>,
}

impl Sim {
    /// Binds and begins to serve.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let service =
            Arc::new(service::Service::new(options.script, catalog::Catalog::built_in()?, options.pace));
        let (listener, address) = server::listen(options.listen).await?;
        let server = tokio::spawn(server::serve(listener, Arc::clone(&service)));
        Ok(Self { url: format!("http://{address}"), service, server })
    }

    /// Where it listens, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What was received so far, oldest first, at most the last 1000.
    pub fn requests(&self) -> Vec<Record> {
        self.service.journal.records()
    }

    /// Waits until every request has its end, then gives them: a client that left is noticed a moment later.
    pub async fn settled(&self) -> Vec<Record> {
        self.service.journal.settled().await;
        self.requests()
    }

    /// Forgets what was received.
    pub fn clear_requests(&self) {
        self.service.journal.clear();
    }

    /// Runs this script from the next request on.
    pub fn set_script(&self, script: Script) {
        self.service.set_script(script);
    }

    /// Goes back to the script it was started with.
    pub fn clear_script(&self) {
        self.service.clear_script();
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.server.abort();
    }
}
