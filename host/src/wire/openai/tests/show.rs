//! A request as text.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::chat::Request;
use crate::error::{Failure, Kind};
use crate::wire::openai::{Decoded, UsageChunk};

/// A case holds the members that matter; the others are added if they are not there.
pub(super) fn with_defaults(case: &str, defaults: &[(&str, &str)]) -> Vec<u8> {
    let Ok(members) = serde_json::from_str::<HashMap<String, &RawValue>>(case) else {
        return case.as_bytes().to_vec();
    };
    let mut body = case.to_owned();
    for (name, value) in defaults {
        if !members.contains_key(*name) {
            let comma = if body == "{}" { "" } else { "," };
            body = format!("{{\"{name}\":{value}{comma}{}", body.strip_prefix('{').unwrap());
        }
    }
    body.into_bytes()
}

/// What is not as in the smallest request, a line each.
pub(super) fn show(outcome: &Result<Decoded, Failure>) -> String {
    match outcome {
        Ok(decoded) => show_decoded(decoded),
        Err(failure) => {
            assert_eq!(failure.kind, Kind::InvalidRequest);
            assert!(!failure.message.contains('\n'), "one line: {}", failure.message);
            let code = failure.code.as_deref().unwrap();
            format!("400 {} {code}\n{}\n", failure.param.as_deref().unwrap_or("-"), failure.message)
        }
    }
}

fn show_decoded(Decoded { request, include_usage, dropped }: &Decoded) -> String {
    let mut text = String::new();
    for part in &request.system {
        writeln!(text, "system {part:?}").unwrap();
    }
    for message in &request.messages {
        writeln!(text, "{:?}", message.role).unwrap();
        for part in &message.parts {
            writeln!(text, "    {part:?}").unwrap();
        }
    }
    for tool in &request.tools {
        writeln!(text, "{tool:?}").unwrap();
    }
    text.push_str(&settings(request));
    if *include_usage == UsageChunk::Include {
        writeln!(text, "with usage").unwrap();
    }
    if !dropped.is_empty() {
        writeln!(text, "dropped: {}", dropped.join(", ")).unwrap();
    }
    // A name that is only long is as good as its beginning.
    text.lines().fold(String::new(), |text, line| {
        text + &line.replace(&"x".repeat(60), "xx...").replace(&"v".repeat(200), "vv...") + "\n"
    })
}

/// The settings that differ from those of a request that says nothing about them.
fn settings(request: &Request) -> String {
    let plain = Request::new("m", Vec::new());
    let mut text = String::new();
    if let Some(choice) = &request.tool_choice {
        writeln!(text, "tool choice {choice:?}").unwrap();
    }
    if request.parallel_calls != plain.parallel_calls {
        writeln!(text, "calls {:?}", request.parallel_calls).unwrap();
    }
    if request.sampling != plain.sampling {
        writeln!(text, "{:?}", request.sampling).unwrap();
    }
    if request.thinking != plain.thinking {
        writeln!(text, "thinking {:?}", request.thinking).unwrap();
    }
    if request.output != plain.output {
        writeln!(text, "output {:?}", request.output).unwrap();
    }
    if let Some(tier) = request.service_tier {
        writeln!(text, "tier {tier:?}").unwrap();
    }
    if !request.metadata.is_empty() {
        writeln!(text, "metadata {:?}", request.metadata).unwrap();
    }
    assert_eq!(request.guardrail, None, "a guardrail is nothing that a client can choose");
    if request.caching != plain.caching {
        writeln!(text, "caching {:?}", request.caching).unwrap();
    }
    for (name, value) in &request.additional {
        writeln!(text, "additional {name} {}", value.as_str()).unwrap();
    }
    if request.delivery != plain.delivery {
        writeln!(text, "{:?}", request.delivery).unwrap();
    }
    if request.model != plain.model {
        writeln!(text, "model {:?}", request.model).unwrap();
    }
    text
}
