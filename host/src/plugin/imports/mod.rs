//! What plugins may import of the contract, beside the little WASI that toolchains need.
//!
//! All of it is linked; a plugin that imports what its key does not grant is refused before it is
//! instantiated (`admission`). Behind each function stands only what was granted, so one that were
//! called without a grant would find nothing. A request's budgets begin with its session: in `init`
//! there are no values and no requests.

mod blobs;
mod http;
mod kv;
mod log;
mod metrics;
mod secrets;
mod tool_client;

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::{HasSelf, Linker};

use super::bindings::adit::plugin as contract;
use super::instance::Guest;
use crate::config::{Hosts, SecretValues};
use crate::enabled::{Capability, Grants};
use crate::fetch::Outbound;
use crate::health::Recorder;
use crate::ids::PluginName;
use crate::pipeline::{Context, Space, Tenant, Values};

pub(super) use blobs::Blobs;
pub(super) use tool_client::ClientLine;

/// What the imports of all plugins work with.
pub struct Services {
    /// Where values are kept; none if nothing is.
    pub values: Option<Arc<dyn Values>>,
    /// The way to other hosts.
    pub outbound: Outbound,
    /// What is put into headers.
    pub secrets: SecretValues,
}

impl Default for Services {
    /// No values, no secrets, and public hosts alone: enough to check a plugin.
    fn default() -> Self {
        let outbound = Outbound::new(Hosts::Listed(Vec::new()));
        Self { values: None, outbound, secrets: SecretValues::default() }
    }
}

/// Defines the interfaces, one by one.
pub(super) fn link(linker: &mut Linker<Guest>) -> wasmtime::Result<()> {
    contract::log::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    contract::metrics::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    contract::kv::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    contract::secrets::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    contract::http::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    contract::blobs::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    contract::tool_client::add_to_linker::<Guest, HasSelf<Guest>>(linker, |guest| guest)?;
    Ok(())
}

/// What stands behind the imports of one instance.
pub(super) struct Imports {
    plugin: PluginName,
    services: Arc<Services>,
    grants: Arc<Grants>,
    recorder: Arc<Recorder>,
    kv: kv::Turns,
    http: http::Allowance,
    secrets: secrets::References,
    blobs: Blobs,
    client: ClientLine,
}

impl Imports {
    /// For an instance that has no request yet.
    pub(super) fn new(
        plugin: PluginName,
        services: Arc<Services>,
        grants: Arc<Grants>,
        recorder: Arc<Recorder>,
    ) -> Self {
        Self {
            plugin,
            services,
            grants,
            recorder,
            kv: kv::Turns::default(),
            http: http::Allowance::default(),
            secrets: secrets::References::default(),
            blobs: Blobs::default(),
            client: ClientLine::default(),
        }
    }

    /// Begins with a request, and its budgets.
    pub(super) fn begin(&mut self, context: &Context) {
        (self.blobs, self.client) = (Blobs::default(), ClientLine::default());
        if self.grants.allow(Capability::Kv) {
            let space = Space { plugin: self.plugin.clone(), tenant: Tenant::of(context) };
            self.kv = kv::Turns::new(self.services.values.clone(), space, context.deadline);
        }
        if self.grants.allow(Capability::Http) {
            self.http = http::Allowance::new(Hosts::Listed(self.grants.http.clone()), context.deadline);
        }
    }

    /// Lets the guest read these from now on.
    pub(super) fn lend(&mut self, blobs: Blobs) {
        if self.grants.allow(Capability::Blobs) {
            self.blobs = blobs;
        }
    }

    /// Lets the guest speak to this client from now on.
    pub(super) fn connect(&mut self, line: ClientLine) {
        self.client = line;
    }

    /// How long functions of the host may still make this request wait.
    pub(super) fn may_wait(&self) -> Duration {
        self.kv.may_wait().saturating_add(self.http.may_wait())
    }
}
