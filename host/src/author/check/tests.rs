#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use wit_parser::{Resolve, SourceMap};

use super::*;
use crate::pipeline::Hooks;

/// What is said of a component whose world is this, beside the contract's own types.
fn said_of(lifecycle: &str, rest: &str) -> Report {
    let text = format!("package test:it; {rest} world it {{ {lifecycle} }}");
    let mut resolve = Resolve::default();
    let mut sources = SourceMap::default();
    for file in super::super::contract::WIT.files() {
        sources.push(file.path(), file.contents_utf8().unwrap());
    }
    resolve.push_group(sources.parse().map_err(|(_, fault)| fault).unwrap()).unwrap();
    let package = resolve.push_source("it.wit", &text).unwrap();
    let world = resolve.select_world(&[package], Some("it")).unwrap();
    let mut report = Report::default();
    describe(&mut report, &resolve, resolve.worlds.get(world).unwrap());
    report
}

fn shape_of(functions: &str) -> Vec<String> {
    let text = format!(
        "package adit:plugin@0.1.0; interface lifecycle {{ resource session {{ constructor(ctx: string); }} }}
         interface route-hook {{ use lifecycle.{{session}}; {functions} }}"
    );
    let mut resolve = Resolve::default();
    resolve.push_source("old.wit", &text).unwrap();
    let contract = Contract::new();
    let ours = Shape { resolve: &contract.resolve, interface: contract.interface("route-hook").unwrap() };
    let theirs =
        resolve.interfaces.iter().find(|(_, it)| it.name.as_deref() == Some("route-hook")).unwrap().1;
    shape::differences(ours, Shape { resolve: &resolve, interface: theirs })
}

#[test]
fn names_the_hooks_the_world_and_what_has_to_be_granted() {
    let report = said_of(
        "import adit:plugin/kv@0.1.2; import adit:plugin/log@0.1.2; \
         export adit:plugin/lifecycle@0.1.2; export adit:plugin/text-hook@0.1.2;",
        "",
    );
    assert!(report.is_good(), "{report}");
    assert_eq!(
        (report.worlds.as_slice(), report.hooks),
        (["text-filter".to_owned()].as_slice(), Hooks::of(&[Hook::Text]))
    );
    let text = report.to_string();
    assert!(text.contains("adit:plugin/kv@0.1.2: keeps small values"), "{text}");
    assert!(text.contains("the operator grants it with `--grant kv`"), "{text}");
    assert!(
        text.contains("adit:plugin/log@0.1.2: writes lines into the operator's log; every plugin has it"),
        "{text}"
    );
}

#[test]
fn says_what_is_missing() {
    let report = said_of("export adit:plugin/text-hook@0.1.2;", "");
    assert!(report.problems.iter().any(|it| it.contains("does not export `lifecycle`")), "{report}");
    let report = said_of("export adit:plugin/lifecycle@0.1.2;", "");
    assert!(report.problems.iter().any(|it| it.contains("it has no hook")), "{report}");
}

#[test]
fn says_what_no_plugin_may_use() {
    let report = said_of(
        "import thing; export adit:plugin/lifecycle@0.1.2; export adit:plugin/text-hook@0.1.2;",
        "interface thing { f: func(); }",
    );
    assert_eq!(report.problems, ["it imports `test:it/thing`, which no plugin may use"]);
}

#[test]
fn says_how_a_function_differs() {
    let found = shape_of(
        "record summary { model: string } on-route: func(s: borrow<session>, request: summary) -> string;",
    );
    assert_eq!(
        found,
        [
            "the function `on-route` differs in its parameter `request`: the record `summary` lacks the member `message-count`"
        ]
    );
    let found = shape_of("on-route: func(s: borrow<session>) -> string;");
    assert_eq!(found, ["the function `on-route` takes 1 parameters, and the contract's takes 2"]);
    let found = shape_of("on-routed: func();");
    assert_eq!(
        found,
        ["the function `on-route` is missing", "the function `on-routed` is not in the contract"]
    );
}

#[test]
fn tells_a_newer_contract_from_another() {
    assert!(matches!(age("0.1.0"), Age::Known));
    assert!(matches!(age("0.9.0"), Age::Newer));
    assert!(matches!(age("0.0.9"), Age::Other));
}

#[test]
fn what_is_not_webassembly_is_said_to_be_so() {
    assert_eq!(look_into(b"hello").problems, ["it is not WebAssembly"]);
    assert!(look_into(b"(component)").problems.iter().any(|it| it.contains("text form")));
    let core = look_into(b"\0asm\x01\0\0\0");
    assert_eq!(core.form, Some(Form::CoreModule));
    assert!(core.problems.iter().any(|it| it.contains("`component-type`")), "{core}");
}
