//! What OpenAI bodies become, by the numbered files of `tests/golden/converse`.
//!
//! A case is a line `# what it shows` and an OpenAI body; without messages it says `Hello`. A line
//! `@guardrail` before the body puts the call under a guardrail.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::value::RawValue;

use crate::capability::Models;
use crate::chat::{Guardrail, GuardrailMode, GuardrailTrace};
use crate::wire::openai::decode;

use super::super::schema::Members;
use super::super::write;

#[test]
fn every_case_becomes_the_body_beside_it() {
    let mut groups: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cases"))
        .collect();
    groups.sort();
    assert!(!groups.is_empty());
    for group in groups {
        check(&group);
    }
}

fn check(group: &Path) {
    let text = std::fs::read_to_string(group).unwrap();
    let mut report = String::new();
    for case in text.trim_start_matches("# ").split("\n# ") {
        let (name, input) = case.split_once('\n').unwrap();
        writeln!(report, "# {name}\n{}\n", converse(input.trim())).unwrap();
    }
    insta::with_settings!({
        snapshot_path => folder(),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(group.file_stem().unwrap().to_str().unwrap(), report);
    });
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/converse")
}

fn converse(input: &str) -> String {
    let (is_guarded, input) = match input.strip_prefix("@guardrail\n") {
        Some(rest) => (true, rest),
        None => (false, input),
    };
    let mut input = input.to_owned();
    if !input.contains(r#""messages""#) {
        input = input.replacen('{', r#"{"messages": [{"role": "user", "content": "Hello"}], "#, 1);
    }
    let outcome = decode(input.as_bytes()).and_then(|decoded| {
        let mut request = decoded.request;
        if is_guarded {
            request.guardrail = Some(Guardrail {
                id: "gr-1".to_owned(),
                version: "DRAFT".to_owned(),
                trace: GuardrailTrace::Enabled,
                mode: GuardrailMode::Async,
            });
        }
        let written = write(&request, &Models::built_in().capabilities(&request.model))?;
        let mut dropped: Vec<_> = decoded.dropped.into_iter().map(Cow::into_owned).collect();
        dropped.extend(written.dropped);
        Ok((written.body, dropped))
    });
    match outcome {
        Ok((body, dropped)) => {
            let body = indented(std::str::from_utf8(&body).unwrap(), 0);
            if dropped.is_empty() { body } else { format!("dropped: {}\n{body}", dropped.join(", ")) }
        }
        Err(failure) => {
            format!("{:?} ({}): {}", failure.kind, failure.param.unwrap_or_default(), failure.message)
        }
    }
}

/// JSON over several lines, its members in their order; what fits in a line stays in one.
fn indented(json: &str, depth: usize) -> String {
    let inner = "  ".repeat(depth + 1);
    let (open, close, items) = if json.len() + 2 * depth <= 110 {
        return json.to_owned();
    } else if let Ok(Members(members)) = serde_json::from_str(json) {
        let item = |(name, value): &(_, &RawValue)| {
            format!("{inner}\"{name}\": {}", indented(value.get(), depth + 1))
        };
        ('{', '}', members.iter().map(item).collect::<Vec<_>>())
    } else if let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(json) {
        let item = |value: &&RawValue| format!("{inner}{}", indented(value.get(), depth + 1));
        ('[', ']', values.iter().map(item).collect())
    } else {
        return json.to_owned();
    };
    format!("{open}\n{}\n{}{close}", items.join(",\n"), "  ".repeat(depth))
}
