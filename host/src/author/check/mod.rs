//! `adit plugin check`: what a component is, what it asks for, and what is wrong with it, in words.

mod capability;
mod report;
pub(super) mod shape;

use std::path::Path;

use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Resolve, World};

use super::contract::{Contract, Item, contract_name, exports, imports};
use super::loaded::Loaded;
use super::project::Project;
use crate::catalog::{Manifest, Schema};
use crate::enabled::{Capability, Version};
use crate::pipeline::{Hook, Tool};
use crate::plugin::{CONTRACT, CheckError, Refused, component_of, is_core_module, is_granted};
use shape::Shape;

pub use report::{Form, Import, Need, Report};

/// Looks into a file, then loads it and has it read a config. What is wrong stands in the report.
pub async fn check(path: &Path, config: &str) -> Report {
    let mut report = match std::fs::read(path) {
        Ok(bytes) => look_into(&bytes),
        Err(fault) => {
            let mut report = Report::default();
            report.problems.push(format!("`{}` cannot be read: {fault}", path.display()));
            return report;
        }
    };
    let project = match Project::find(path) {
        Ok(project) => project,
        Err(fault) => {
            report.problems.push(fault.to_string());
            return report;
        }
    };
    if let Some(manifest) = &project.manifest {
        compare_grants(&mut report, manifest);
    } else {
        report
            .notes
            .push("there is no manifest (`plugin.toml`) beside it: it cannot be published".to_owned());
    }
    if report.problems.is_empty() {
        load(&mut report, &project, config).await;
    }
    report
}

/// What can be told of a component without running it.
fn look_into(bytes: &[u8]) -> Report {
    let mut report = Report { size_bytes: bytes.len(), ..Report::default() };
    if !bytes.starts_with(b"\0asm") {
        let text = bytes.trim_ascii_start().starts_with(b"(");
        let hint = if text { ": it is the text form; make the binary of it first" } else { "" };
        report.problems.push(format!("it is not WebAssembly{hint}"));
        return report;
    }
    report.form = Some(if is_core_module(bytes) { Form::CoreModule } else { Form::Component });
    let component = match component_of(bytes) {
        Ok(component) => component,
        Err(refusal) => {
            report.problems.push(format!("it {refusal}"));
            return report;
        }
    };
    match decode(&component) {
        Ok(DecodedWasm::Component(resolve, world)) => match resolve.worlds.get(world) {
            Some(world) => describe(&mut report, &resolve, world),
            None => report.problems.push("it has no world".to_owned()),
        },
        Ok(DecodedWasm::WitPackage(..)) => {
            report
                .problems
                .push("it is a package of WIT in binary form: a contract, not a plugin".to_owned());
        }
        Err(fault) => {
            let fault = format!("{fault:#}").split_whitespace().collect::<Vec<_>>().join(" ");
            report.problems.push(format!("it is no component that can be read: {fault}"));
        }
    }
    report
}

/// What a component exports and imports, against the contract.
fn describe(report: &mut Report, resolve: &Resolve, world: &World) {
    let contract = Contract::new();
    let mut exported = Vec::new();
    for item in exports(resolve, world) {
        match contract_name(&item.name) {
            Some((name, version)) => {
                report.contract = Some(version.to_owned());
                let problems = report.problems.len();
                compare(report, &contract, resolve, &item, (name, version), "exports");
                if report.problems.len() == problems || contract.interface(name).is_some() {
                    exported.push(name.to_owned());
                }
            }
            // Tools have names without a package for themselves.
            None if !item.name.contains(':') => {}
            None => report.notes.push(format!("it exports `{}`, which nobody calls", item.name)),
        }
    }
    for item in imports(resolve, world) {
        import(report, &contract, resolve, &item);
    }
    report.hooks =
        Hook::ALL.into_iter().filter(|hook| exported.iter().any(|it| it == hook.interface())).collect();
    if !exported.iter().any(|name| name == "lifecycle") {
        report.problems.push(format!(
            "it does not export `lifecycle`, which every plugin of the contract {CONTRACT} has"
        ));
    }
    if report.hooks.is_empty() {
        let hooks: Vec<_> = Hook::ALL.iter().map(|hook| format!("`{}`", hook.interface())).collect();
        report.problems.push(format!(
            "it has no hook: it would never be called. A plugin exports one or more of {}",
            hooks.join(", ")
        ));
    }
    let names: Vec<_> = exported.iter().map(String::as_str).collect();
    report.worlds = contract.worlds_exporting(&names).into_iter().map(str::to_owned).collect();
}

/// An interface of the contract as a component has it.
fn compare(
    report: &mut Report,
    contract: &Contract,
    resolve: &Resolve,
    item: &Item<'_>,
    (name, version): (&str, &str),
    does: &str,
) {
    match age(version) {
        Age::Known => {}
        Age::Newer => {
            report.problems.push(format!(
                "it {does} `{}`: that is a newer contract than {CONTRACT}, which this `adit` speaks; \
                 build it with {CONTRACT}, or use a newer `adit`",
                item.name
            ));
            return;
        }
        Age::Other => {
            report.problems.push(format!(
                "it {does} `{}`, and this `adit` speaks the contract {CONTRACT}: the two do not fit together",
                item.name
            ));
            return;
        }
    }
    let Some(ours) = contract.interface(name) else {
        report
            .problems
            .push(format!("it {does} `{}`, and the contract has no interface `{name}`", item.name));
        return;
    };
    let Some(theirs) = item.interface else { return };
    let ours = Shape { resolve: &contract.resolve, interface: ours };
    let found = if does == "imports" {
        // What a component does not call is left out of its imports.
        let missing = |text: &String| !text.ends_with("is missing");
        shape::differences(ours, Shape { resolve, interface: theirs }).into_iter().filter(missing).collect()
    } else {
        shape::differences(ours, Shape { resolve, interface: theirs })
    };
    report.problems.extend(found.into_iter().map(|how| format!("`{name}` has another shape: {how}")));
}

enum Age {
    Known,
    Newer,
    Other,
}

fn age(version: &str) -> Age {
    match (Version::parse(version), Version::parse(CONTRACT)) {
        (Ok(theirs), Ok(ours)) if theirs.is_compatible_with(ours) => Age::Known,
        (Ok(theirs), Ok(ours)) if theirs > ours => Age::Newer,
        _ => Age::Other,
    }
}

fn import(report: &mut Report, contract: &Contract, resolve: &Resolve, item: &Item<'_>) {
    let name = &item.name;
    if let Some((interface, version)) = contract_name(name) {
        compare(report, contract, resolve, item, (interface, version), "imports");
        let Some(capability) = Capability::parse(interface) else {
            // Data alone gives a plugin nothing.
            if contract.interface(interface).is_some_and(|known| !known.functions.is_empty()) {
                report.problems.push(format!("it imports `{name}`, which is for plugins to export"));
            }
            return;
        };
        let need = capability.grant().map_or(Need::Always, Need::Grant);
        let meaning = capability::meaning(capability);
        report.imports.push(Import { name: name.clone(), need, meaning });
        report.capabilities.push(capability);
    } else if is_granted(name) {
        let meaning = capability::wasi(name).unwrap_or_default();
        report.imports.push(Import { name: name.clone(), need: Need::Always, meaning });
    } else {
        let hint = if name.starts_with("wasi:sockets") || name.starts_with("wasi:http") {
            "; requests to other hosts go through `adit:plugin/http`"
        } else {
            ""
        };
        report.problems.push(format!("it imports `{name}`, which no plugin may use{hint}"));
        report.imports.push(Import {
            name: name.clone(),
            need: Need::Refused,
            meaning: "nothing that Adit has",
        });
    }
}

/// Whether the manifest asks for what the component imports.
fn compare_grants(report: &mut Report, manifest: &Manifest) {
    for capability in Capability::ALL {
        let imported = report.capabilities.contains(&capability);
        let asked = manifest.grants.allow(capability);
        if imported && !asked {
            report.problems.push(format!(
                "it imports `{capability}`, and the manifest does not ask for it under `[grants]`"
            ));
        }
        if asked && !imported && capability.grant().is_some() && report.contract.is_some() {
            report
                .notes
                .push(format!("the manifest asks for `{capability}`, which the component does not import"));
        }
    }
}

/// Compiles the component and has it read a config.
async fn load(report: &mut Report, project: &Project, config: &str) {
    let loaded = match Loaded::open(project) {
        Ok(loaded) => loaded,
        Err(fault) => return report.problems.push(fault.to_string()),
    };
    match loaded.ask(config).await {
        Ok(said) => {
            if said.name != project.name.as_str() {
                let file = format!("it calls itself `{}`, and its file says `{}`", said.name, project.name);
                report.notes.push(file);
            }
            if let Some(manifest) = &project.manifest {
                let pairs = [
                    ("name", manifest.name.to_string(), &said.name),
                    ("version", manifest.version.to_string(), &said.version),
                ];
                for (what, manifest, component) in pairs.into_iter().filter(|(_, one, other)| one != *other) {
                    report.problems.push(format!(
                        "the manifest says {what} `{manifest}`, and the component says `{component}`"
                    ));
                }
            }
            for tool in &*said.tools {
                schemas(report, tool);
            }
            report.said = Some(said);
        }
        Err(CheckError::Config(faults)) => {
            for (pointer, message) in faults {
                let place = if pointer.is_empty() { "all of it" } else { &pointer };
                report.config_faults.push(format!("{place}: {message}"));
            }
        }
        Err(CheckError::Plugin(fault)) => report.problems.push(reason(&fault)),
        Err(fault @ (CheckError::Failed(_) | CheckError::Terms(_))) => {
            report.problems.push(fault.to_string());
        }
    }
}

/// Whether the schemas of a tool are what clients take for such.
fn schemas(report: &mut Report, tool: &Tool) {
    let schemas = [("input", Some(&tool.input_schema)), ("output", tool.output_schema.as_ref())];
    for (which, schema) in schemas.into_iter().filter_map(|(which, schema)| Some((which, schema?))) {
        if let Err(fault) = Schema::parse(schema.as_str().as_bytes()) {
            let name = &tool.name;
            report
                .problems
                .push(format!("the {which} schema of its tool `{name}` is none: {}", fault.reason()));
        }
    }
}

/// What the engine says of a component that looked well.
fn reason(fault: &crate::plugin::LoadError) -> String {
    match fault {
        crate::plugin::LoadError::Refused { reason, .. } => match &**reason {
            Refused::Invalid(how) => format!("it uses what this engine does not know: {how}"),
            other => format!("it {other}"),
        },
        crate::plugin::LoadError::Missing { .. } | crate::plugin::LoadError::Release { .. } => {
            fault.to_string()
        }
    }
}

#[cfg(test)]
mod tests;
