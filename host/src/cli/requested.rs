//! What a plugin's manifest asks the operator for, held against what the operator gave.

use anyhow::anyhow;

use crate::catalog::{Catalog, Manifest, Published};
use crate::config::Config;
use crate::enabled::{Grants, Limits, Terms};
use crate::ids::PluginName;

/// Grants and limits that were asked for.
pub(super) struct Requested {
    grants: Grants,
    limits: Limits,
}

impl Requested {
    /// What the manifest of a release asks for; nothing is known without a catalog.
    pub(super) async fn by_release(
        catalog: Option<&Catalog>,
        published: &Published,
    ) -> anyhow::Result<Option<Self>> {
        let Some(catalog) = catalog else { return Ok(None) };
        let text = catalog.content(&published.statement.manifest).await?;
        let manifest = Manifest::parse(&String::from_utf8_lossy(&text))
            .map_err(|reason| anyhow!("the manifest of the release is not valid: {reason}"))?;
        Ok(Some(Self::by(manifest)))
    }

    /// What the manifest beside a file of the plugin folder asks for, if there is one.
    pub(super) fn by_file(settings: &Config, plugin: &PluginName) -> anyhow::Result<Option<Self>> {
        let file = settings.plugins.join(format!("{plugin}.toml"));
        Ok(if file.is_file() { Some(Self::by(Manifest::load(&file)?)) } else { None })
    }

    fn by(manifest: Manifest) -> Self {
        Self { grants: manifest.grants, limits: manifest.limits }
    }

    /// Leaves what these terms do not give already.
    pub(super) fn beyond(&self, terms: &Terms) -> Self {
        Self { grants: self.grants.without(&terms.grants), limits: self.limits.without(&terms.limits) }
    }

    /// Gives all of it.
    pub(super) fn give(self, terms: &mut Terms) {
        terms.grants.extend(self.grants);
        terms.limits.extend(&self.limits);
    }

    /// What to type so that it is given.
    pub(super) fn options(&self) -> Vec<String> {
        let grants = self.grants.texts().into_iter().map(|grant| format!("--grant {grant}"));
        grants.chain(self.limits.texts().into_iter().map(|limit| format!("--limit {limit}"))).collect()
    }

    /// Both ways to give it, if it is anything.
    pub(super) fn hint(&self) -> Option<String> {
        let options = self.options();
        (!options.is_empty()).then(|| {
            let options = options.join(" ");
            format!("its manifest asks for more than was given: add `{options}`, or `--as-requested` for all of it")
        })
    }
}
