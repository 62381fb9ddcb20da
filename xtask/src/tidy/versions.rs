//! The contract in `wit/` and the SDK in `plugin-sdk/` go together.

use super::source::{File, Violation, has_extension};

/// Every file of the contract has one version, and the SDK's begins with the same two numbers.
pub(super) fn contract_and_sdk_agree(files: &[File]) -> Vec<Violation> {
    let Some(sdk) = sdk_version(files) else { return Vec::new() };
    let mut found = Vec::new();
    let contract = files.iter().filter(|file| {
        file.path.starts_with("wit/")
            && has_extension(&file.path, "wit")
            && !file.path.starts_with("wit/released/")
    });
    for file in contract {
        for (number, line) in file.lines() {
            let Some(version) =
                line.strip_prefix("package adit:plugin@").and_then(|rest| rest.strip_suffix(';'))
            else {
                continue;
            };
            if family(version) != family(&sdk) {
                found.push(file.at(number, format!("the contract is {version}, but plugin-sdk is {sdk}")));
            }
        }
    }
    found
}

/// The version in the SDK's manifest, or the workspace's where it takes that.
fn sdk_version(files: &[File]) -> Option<String> {
    let version_in = |path: &str| {
        let file = files.iter().find(|file| file.path == path)?;
        let version = file.lines().find_map(|(_, line)| line.strip_prefix("version = "))?;
        Some(version.trim_matches('"').to_owned())
    };
    version_in("plugin-sdk/Cargo.toml").or_else(|| version_in("Cargo.toml"))
}

/// `0.1` of `0.1.7`: what Cargo takes for compatible below 1.0.
fn family(version: &str) -> Option<(&str, &str)> {
    let mut numbers = version.split('.');
    Some((numbers.next()?, numbers.next()?))
}

#[cfg(test)]
mod tests {
    use super::super::source::tests::{file, shown};
    use super::*;

    const INHERITED: &str = "[package]\nversion.workspace = true\n";

    #[test]
    fn catches_a_contract_that_is_ahead_of_the_sdk() {
        let files = [
            file("Cargo.toml", "[workspace.package]\nversion = \"0.1.4\"\n"),
            file("plugin-sdk/Cargo.toml", INHERITED),
            file("wit/types.wit", "package adit:plugin@0.2.0;\n"),
            file("wit/worlds.wit", "package adit:plugin@0.1.0;\n"),
        ];
        assert_eq!(
            shown(&contract_and_sdk_agree(&files)),
            ["wit/types.wit:1: the contract is 0.2.0, but plugin-sdk is 0.1.4"]
        );
    }

    #[test]
    fn reads_the_sdks_own_version_first() {
        let files = [
            file("Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n"),
            file("plugin-sdk/Cargo.toml", "[package]\nversion = \"0.2.1\"\n"),
            file("wit/types.wit", "package adit:plugin@0.2.0;\n"),
        ];
        assert_eq!(shown(&contract_and_sdk_agree(&files)), Vec::<String>::new());
    }
}
