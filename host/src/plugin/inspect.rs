//! What can be said of a component before it is published.

use std::path::PathBuf;
use std::sync::Arc;

use super::catalog::{Catalog, CheckError};
use super::component::{Compiled, Refused};
use super::folder::LoadError;
use crate::enabled::{Capability, Terms, Version};
use crate::ids::PluginName;
use crate::pipeline::Hook;

/// What a component is and says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspected {
    /// The name that it gives itself.
    pub name: String,
    /// The version that it gives itself.
    pub version: String,
    /// The version of the contract that it was built for.
    pub contract: Version,
    /// Its hooks.
    pub hooks: Vec<&'static str>,
    /// What it imports of the contract.
    pub imports: Vec<Capability>,
}

impl Catalog {
    /// Compiles a component and starts it with a config on these terms, exactly as for a request.
    pub async fn inspect(
        &self,
        name: &PluginName,
        wasm: &[u8],
        config: &str,
        terms: &Terms,
    ) -> Result<Inspected, CheckError> {
        let file = PathBuf::from(format!("{name}.wasm"));
        let refused = |reason| LoadError::Refused { file: file.clone(), reason: Arc::new(reason) };
        let compiled = Compiled::from_bytes(&self.engine, wasm).map_err(refused)?;
        let contract = compiled.contract(&self.engine);
        let contract = contract.ok_or_else(|| refused(Refused::NoLifecycle(Vec::new())))?;
        let said = self.describe(name, &compiled, config, terms).await?;
        Ok(Inspected {
            name: said.name,
            version: said.version,
            contract,
            hooks: compiled.hooks().iter().map(Hook::name).collect(),
            imports: compiled.imports,
        })
    }
}
