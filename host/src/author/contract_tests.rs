//! What was released of the contract stays as it is: plugins are built with it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use wit_parser::{PackageId, Resolve, World};

use super::*;
use crate::author::check::shape::{Shape, differences, type_differences};
use crate::enabled::Version;
use crate::plugin::CONTRACT;

/// The world of the host. Its hooks are looked for one by one, so it may have more with each version.
const HOST_WORLD: &str = "everything";

/// The snapshots, by version.
fn snapshots() -> Vec<(Version, &'static Dir<'static>)> {
    let folders = WIT.get_dir("released").unwrap().dirs();
    let version =
        |folder: &Dir<'_>| Version::parse(folder.path().file_name().unwrap().to_str().unwrap()).unwrap();
    folders.map(|folder| (version(folder), folder)).collect()
}

/// The snapshots that plugins for the working contract may be built with.
fn compatible() -> Vec<(Version, &'static Dir<'static>)> {
    let ours = Version::parse(CONTRACT).unwrap();
    snapshots().into_iter().filter(|(version, _)| version.is_compatible_with(ours)).collect()
}

#[test]
fn each_interface_of_a_snapshot_is_unchanged() {
    let working = Contract::new();
    assert!(!compatible().is_empty(), "no version of the contract was released");
    for (version, folder) in compatible() {
        let snapshot = Contract::of(folder).unwrap();
        for (_, interface) in &snapshot.resolve.interfaces {
            let name = interface.name.as_deref().unwrap();
            let old = Shape { resolve: &snapshot.resolve, interface };
            let new = working.interface(name);
            let new = new.unwrap_or_else(|| panic!("the interface `{name}` of {version} is gone"));
            let new = Shape { resolve: &working.resolve, interface: new };
            let mut found = differences(old, new);
            found.extend(type_differences(old, new));
            assert!(found.is_empty(), "`{name}` is not as {version} has it: {}", found.join("; "));
        }
    }
}

#[test]
fn a_component_of_each_released_world_fits_the_same_world_today() {
    let ours = Version::parse(CONTRACT).unwrap();
    // Two packages of one version cannot be in one place; another test compares their texts.
    for (version, folder) in compatible().into_iter().filter(|(version, _)| *version != ours) {
        let snapshot = Contract::of(folder).unwrap();
        for (_, world) in snapshot.resolve.worlds.iter().filter(|(_, world)| world.name != HOST_WORLD) {
            // Both in one place, as the check wants them.
            let mut both = Resolve::default();
            let (old, new) = (push(&mut both, folder), push(&mut both, &WIT));
            let name = Some(world.name.as_str());
            let old = both.select_world(&[old], name).unwrap();
            let new = both
                .select_world(&[new], name)
                .unwrap_or_else(|_| panic!("the world `{}` of {version} is gone", world.name));
            let fits = wit_component::semver_check(both, old, new);
            assert!(
                fits.is_ok(),
                "a component of the world `{}` of {version} fits no more: {:#}",
                world.name,
                fits.unwrap_err()
            );
        }
    }
}

#[test]
fn the_host_has_a_place_for_all_that_a_released_host_had() {
    let working = Contract::new();
    let items = |contract: &Contract| -> Vec<String> {
        let (_, world): (_, &World) =
            contract.resolve.worlds.iter().find(|(_, world)| world.name == HOST_WORLD).unwrap();
        let all = exports(&contract.resolve, world).chain(imports(&contract.resolve, world));
        all.map(|item| contract_name(&item.name).unwrap().0.to_owned()).collect()
    };
    let now = items(&working);
    for (version, folder) in compatible() {
        for item in items(&Contract::of(folder).unwrap()) {
            assert!(now.contains(&item), "the host of {version} knew `{item}`, and this one does not");
        }
    }
}

#[test]
fn a_version_that_was_released_has_one_text() {
    for (version, folder) in snapshots().into_iter().filter(|(version, _)| version.to_string() == CONTRACT) {
        let texts = |folder: &Dir<'_>| -> Vec<(String, String)> {
            let mut texts: Vec<_> = folder
                .files()
                .map(|file| {
                    let name = file.path().file_name().unwrap().to_str().unwrap().to_owned();
                    (name, file.contents_utf8().unwrap().to_owned())
                })
                .collect();
            texts.sort();
            texts
        };
        assert_eq!(texts(folder), texts(&WIT), "{version} is released: give the contract the next version");
    }
}

#[test]
fn no_snapshot_is_newer_than_the_contract() {
    let ours = Version::parse(CONTRACT).unwrap();
    assert!(snapshots().iter().all(|(version, _)| *version <= ours));
}

fn push(resolve: &mut Resolve, folder: &Dir<'_>) -> PackageId {
    let mut sources = SourceMap::default();
    for file in folder.files() {
        sources.push(file.path(), file.contents_utf8().unwrap());
    }
    resolve.push_group(sources.parse().map_err(|(_, fault)| fault).unwrap()).unwrap()
}
