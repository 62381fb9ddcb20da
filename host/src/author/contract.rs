//! The contract of this host, as text and taken apart.

use include_dir::{Dir, include_dir};
use wit_parser::{Interface, Resolve, SourceMap, World, WorldItem, WorldKey};

/// The files of `wit/`, with the released versions in `released/`.
pub(super) static WIT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../wit");

/// The package of the contract.
const PACKAGE: &str = "adit:plugin/";

/// The contract, taken apart.
pub(super) struct Contract {
    /// Where its types are.
    pub(super) resolve: Resolve,
}

impl Contract {
    /// The contract that this host speaks.
    #[expect(clippy::expect_used, reason = "the text is part of the program, and a test reads it")]
    pub(super) fn new() -> Self {
        Self::of(&WIT).expect("the contract in the program is well-formed")
    }

    /// The contract in the files right in a folder.
    pub(super) fn of(folder: &Dir<'_>) -> Result<Self, String> {
        let mut sources = SourceMap::default();
        for file in folder.files() {
            sources.push(file.path(), file.contents_utf8().unwrap_or_default());
        }
        let group = sources.parse().map_err(|(_, fault)| fault.to_string())?;
        let mut resolve = Resolve::default();
        resolve.push_group(group).map_err(|fault| fault.to_string())?;
        Ok(Self { resolve })
    }

    /// An interface of the contract.
    pub(super) fn interface(&self, name: &str) -> Option<&Interface> {
        let mut all = self.resolve.interfaces.iter().map(|(_, interface)| interface);
        all.find(|interface| interface.name.as_deref() == Some(name))
    }

    /// The named worlds that export just these interfaces.
    pub(super) fn worlds_exporting(&self, interfaces: &[&str]) -> Vec<&str> {
        let worlds = self.resolve.worlds.iter().map(|(_, world)| world);
        let same = |world: &&World| {
            let exported: Vec<_> = exports(&self.resolve, world).map(|export| export.name).collect();
            exported.len() == interfaces.len()
                && interfaces.iter().all(|interface| {
                    exported
                        .iter()
                        .any(|name| contract_name(name).is_some_and(|(name, _)| name == *interface))
                })
        };
        worlds.filter(same).map(|world| world.name.as_str()).collect()
    }
}

/// A thing that a world exports or imports.
pub(super) struct Item<'r> {
    /// As the component names it: `adit:plugin/kv@0.1.2`, or a name of its own.
    pub(super) name: String,
    /// What it holds, if it is an interface.
    pub(super) interface: Option<&'r Interface>,
}

pub(super) fn exports<'r>(resolve: &'r Resolve, world: &'r World) -> impl Iterator<Item = Item<'r>> {
    world.exports.iter().map(|(key, item)| self::item(resolve, key, item))
}

pub(super) fn imports<'r>(resolve: &'r Resolve, world: &'r World) -> impl Iterator<Item = Item<'r>> {
    world.imports.iter().map(|(key, item)| self::item(resolve, key, item))
}

fn item<'r>(resolve: &'r Resolve, key: &WorldKey, item: &WorldItem) -> Item<'r> {
    let interface = match item {
        WorldItem::Interface { id, .. } => resolve.interfaces.get(*id),
        WorldItem::Function(_) | WorldItem::Type { .. } => None,
    };
    Item { name: resolve.name_world_key(key), interface }
}

/// The interface and version in `adit:plugin/INTERFACE@VERSION`.
pub(super) fn contract_name(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(PACKAGE)?.split_once('@')
}

#[cfg(test)]
#[path = "contract_tests.rs"]
mod released;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enabled::Capability;
    use crate::pipeline::Hook;
    use crate::plugin::CONTRACT;

    #[test]
    fn the_contract_has_an_interface_for_each_hook_and_each_capability() {
        let contract = Contract::new();
        for name in
            Hook::ALL.map(Hook::interface).into_iter().chain(Capability::ALL.map(Capability::interface))
        {
            assert!(contract.interface(name).is_some(), "`{name}`");
        }
        let package = contract.resolve.package_names.keys().next().map(ToString::to_string);
        assert_eq!(package, Some(format!("adit:plugin@{CONTRACT}")));
    }

    #[test]
    fn a_set_of_hooks_has_its_world() {
        let contract = Contract::new();
        assert_eq!(contract.worlds_exporting(&["text-hook", "lifecycle", "prompt-hook"]), ["redactor"]);
        assert_eq!(contract.worlds_exporting(&["lifecycle", "text-hook", "finish-hook"]), [""; 0]);
    }
}
