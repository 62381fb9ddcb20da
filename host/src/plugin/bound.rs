use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::bindings::adit::plugin::types::Descriptor;
use super::component::Compiled;
use super::engine::Engine;
use super::idle::{Idle, Owner, Rested};
use super::imports::{Imports, Services};
use super::lent::Home;
use super::session::{Initialised, Session};
use super::share::Shares;
use super::{client_format, convert, model_format, tool_provider};
use crate::enabled::{Release, Reuse, Terms};
use crate::error::{Failure, Kind};
use crate::health::Recorder;
use crate::ids::{KeyId, ModelPattern, PluginName, RequestId};
use crate::pipeline::{self, Context, Hooks, HttpRoute, Tool};
use crate::store::SeedRoot;

/// A plugin with its config, for one key.
pub(super) struct Bound {
    pub(super) engine: Engine,
    pub(super) compiled: Arc<Compiled>,
    pub(super) name: PluginName,
    /// None: it is a file of the folder.
    pub(super) release: Option<Release>,
    pub(super) key: KeyId,
    pub(super) shares: Arc<Shares>,
    pub(super) config: Arc<str>,
    pub(super) seed_root: Arc<SeedRoot>,
    pub(super) services: Arc<Services>,
    pub(super) recorder: Arc<Recorder>,
    pub(super) terms: Arc<Terms>,
    pub(super) idle: Arc<Idle>,
}

#[async_trait]
impl pipeline::Plugin for Bound {
    fn name(&self) -> &PluginName {
        &self.name
    }

    fn hooks(&self) -> Hooks {
        self.compiled.hooks()
    }

    fn fingerprint(&self) -> [u8; 32] {
        let code = self.release.as_ref().map_or(&self.compiled.code, |release| &release.digest);
        let mut all = Sha256::new();
        for part in [self.name.as_str(), code.as_str(), &self.config] {
            all.update(part.len().to_be_bytes());
            all.update(part);
        }
        all.finalize().into()
    }

    async fn routes(&self) -> Result<Arc<[HttpRoute]>, Failure> {
        let ask = async { client_format::routes(&self.compiled, self.asked().await?, &self.name).await };
        self.compiled.routes.with(&self.config, ask).await
    }

    async fn start(&self, context: &Context) -> Result<Box<dyn pipeline::Session>, Failure> {
        Ok(Box::new(self.session(context, self.owner(context)).await?))
    }

    async fn models(&self) -> Result<Arc<[ModelPattern]>, Failure> {
        let ask = async { model_format::models(&self.compiled, self.asked().await?, &self.name).await };
        self.compiled.models.with(&self.config, ask).await
    }

    async fn model_format(&self, context: &Context) -> Result<Box<dyn pipeline::ModelFormat>, Failure> {
        // What is wrong with an answer shows only behind it: its instance serves no second request.
        Ok(Box::new(self.session(context, None).await?))
    }

    async fn tools(&self) -> Result<Arc<[Tool]>, Failure> {
        let ask = async { tool_provider::tools(&self.compiled, self.asked().await?, &self.name).await };
        self.compiled.tools.with(&self.config, ask).await
    }
}

impl Bound {
    /// An instance at work on a request: a fresh one, or one that has served the key before.
    async fn session(&self, context: &Context, owner: Option<Owner>) -> Result<Session, Failure> {
        let rested = owner.as_ref().and_then(|owner| self.idle.take(owner));
        let Rested { initialised, wish, uses } = match rested {
            Some(rested) => rested,
            None => self.fresh(context).await?,
        };
        let home = owner.map(|owner| Home { idle: Arc::clone(&self.idle), owner, wish, uses });
        let (engine, compiled) = (&self.engine, &self.compiled);
        // Derived here and not earlier: a plugin without a hook for the request never needs it.
        let seed = seed(&self.seed_root, &self.name, &self.key);
        initialised.start(engine, compiled, context, &seed, wish, home).await
    }

    /// An instance that is asked about the plugin, and serves no request.
    async fn asked(&self) -> Result<Initialised, Failure> {
        Ok(self.initialised(None).await?.0)
    }

    /// Whose its instances are, if they outlive a request.
    fn owner(&self, context: &Context) -> Option<Owner> {
        (self.terms.reuse == Reuse::PerKey).then(|| Owner {
            compiled: Arc::clone(&self.compiled),
            plugin: self.name.clone(),
            config: Arc::clone(&self.config),
            key: context.key.clone(),
            terms: Arc::clone(&self.terms),
        })
    }

    async fn fresh(&self, context: &Context) -> Result<Rested, Failure> {
        let request = Some(context.request.clone());
        let made = match self.initialised(request.clone()).await {
            // What waits for requests gives way to one that is there.
            Err(full) if full.kind == Kind::Overloaded && self.idle.make_room(|_| true) => {
                self.initialised(request).await
            }
            Err(full)
                if full.kind == Kind::KeyOverloaded && self.idle.make_room(|owner| owner.key == self.key) =>
            {
                self.initialised(request).await
            }
            made => made,
        };
        let (initialised, descriptor) = made?;
        let wish = convert::wish(&descriptor, self.engine.limits.window_bytes);
        Ok(Rested { initialised, wish, uses: 0 })
    }

    async fn initialised(&self, request: Option<RequestId>) -> Result<(Initialised, Descriptor), Failure> {
        let place = self.shares.take(&self.key).ok_or_else(|| self.key_has_all())?;
        let (engine, compiled, name) = (&self.engine, &self.compiled, &self.name);
        let allowance = self.terms.limits.over(&engine.limits, name);
        let (mut initialised, descriptor) =
            Initialised::new(engine, compiled, name, request, self.imports(), &self.config, allowance)
                .await?
                .map_err(|faults| self.config_refused(&faults))?;
        initialised.place = Some(place);
        Ok((initialised, descriptor))
    }

    fn key_has_all(&self) -> Failure {
        let (most, key) = (self.shares.most(), &self.key);
        let message = format!(
            "requests of your API key have all {most} plugin instances at work that one key may have at the \
             same time; try again in a moment"
        );
        Failure::new(Kind::KeyOverloaded, message).with_retry_after(Duration::from_secs(1)).with_internal(
            format!("key `{key}` has all {most} plugin instances of `plugin_limits.instances_per_key`"),
        )
    }

    fn imports(&self) -> Imports {
        let (services, recorder) = (Arc::clone(&self.services), Arc::clone(&self.recorder));
        Imports::new(self.name.clone(), services, Arc::new(self.terms.grants.clone()), recorder)
    }

    /// The config was checked when it was enabled: the plugin was replaced since.
    fn config_refused(&self, faults: &[(String, String)]) -> Failure {
        let name = &self.name;
        let faults: Vec<_> = faults.iter().map(|(path, message)| format!("{path}: {message}")).collect();
        Failure::new(
            Kind::PluginUnavailable,
            format!("the plugin `{name}` does not accept its config; ask the operator"),
        )
        .with_internal(format!("plugin `{name}` refused its config: {}", faults.join("; ")))
    }
}

/// The secret that one plugin gets for one key: stable, and of no use to any other plugin.
fn seed(root: &SeedRoot, plugin: &PluginName, key: &KeyId) -> String {
    let mut mac = keyed(root.expose());
    mac.update(plugin.as_str().as_bytes());
    mac.update(b"\0");
    mac.update(key.as_str().as_bytes());
    let mut seed = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        // Writing to a `String` cannot fail.
        let _ = write!(seed, "{byte:02x}");
    }
    seed
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length (RFC 2104)")]
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_seed_belongs_to_one_plugin_and_one_key() {
        let root = SeedRoot::new([7; 32]);
        let (redact, route) = (PluginName::parse("redact").unwrap(), PluginName::parse("route").unwrap());
        let (one, two) = (KeyId::parse("aaaaaaaaa1").unwrap(), KeyId::parse("aaaaaaaaa2").unwrap());
        let first = seed(&root, &redact, &one);
        assert_eq!(first, seed(&root, &redact, &one));
        assert_eq!(first.len(), 64);
        assert_ne!(first, seed(&root, &route, &one));
        assert_ne!(first, seed(&root, &redact, &two));
        assert_ne!(first, seed(&SeedRoot::new([8; 32]), &redact, &one));
    }
}
