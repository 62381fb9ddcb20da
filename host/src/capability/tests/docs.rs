//! What is written from the built-in file: its JSON, and the table of families in `docs/openai.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::known::IDS;
use crate::capability::{
    Backend, Capabilities, Entries, Models, ParallelSwitch, SamplingPair, Signature, StructuredOutput,
    Support, Thinking, Tools,
};
use crate::chat::{Effort, MediaType, ServiceTier};

const BEGIN: &str = "<!-- families:begin -->";
const END: &str = "<!-- families:end -->";

/// What stands in one cell, of one model.
type Cell = fn(&Capabilities) -> String;

/// The tables: a heading, and the columns beside the family.
const TABLES: [(&str, &[(&str, Cell)]); 4] = [
    (
        "Sampling and length",
        &[
            ("`temperature`", |of| accepted(of.temperature)),
            ("`top_p`", |of| accepted(of.top_p)),
            ("both", both),
            ("`max_tokens` absent", max_tokens),
            ("`stop`", stop),
        ],
    ),
    (
        "Messages and thinking",
        &[
            ("system messages", |of| match of.system {
                Support::Accepted => "mapped".to_owned(),
                Support::Refused => "emulated: part of the first user message".to_owned(),
            }),
            ("assistant message last", |of| match of.prefill {
                Support::Accepted => "mapped: the model goes on with it".to_owned(),
                Support::Refused => "emulated: the model is asked to go on".to_owned(),
            }),
            ("`reasoning_effort`", reasoning_effort),
            ("earlier reasoning", |of| match of.signature {
                Signature::Signed => "mapped, with its signature".to_owned(),
                Signature::Unsigned if of.family == Capabilities::OTHER => {
                    "mapped if it is signed".to_owned()
                }
                Signature::Unsigned => "left out".to_owned(),
            }),
            ("`image_url`", images),
            ("`file`", |of| match of.documents {
                Some(_) => "mapped".to_owned(),
                None => "refused".to_owned(),
            }),
        ],
    ),
    (
        "Tools",
        &[
            ("`tools`", |of| tools(of, |_| "mapped".to_owned())),
            ("`required`", |of| tools(of, |tools| accepted(tools.any))),
            ("one named", |of| tools(of, |tools| accepted(tools.named))),
            ("`none`", |of| tools(of, |_| "emulated".to_owned())),
            ("`parallel_tool_calls: false`", |of| {
                tools(of, |tools| match tools.parallel_switch {
                    ParallelSwitch::DisableParallelToolUse => "mapped".to_owned(),
                    ParallelSwitch::None => "reported".to_owned(),
                })
            }),
            ("`strict`", |of| tools(of, |tools| accepted(tools.strict))),
            ("streamed", |of| {
                tools(of, |tools| match tools.streamed {
                    Support::Accepted => "mapped".to_owned(),
                    Support::Refused => "emulated: arrives in one piece".to_owned(),
                })
            }),
        ],
    ),
    (
        "Format, cache and tier",
        &[
            ("`json_schema`", |of| match of.structured_output {
                StructuredOutput::Native => "mapped".to_owned(),
                StructuredOutput::Tool if can_be_forced(of) => "emulated by a tool".to_owned(),
                StructuredOutput::Tool => "emulated by a tool (reported)".to_owned(),
                StructuredOutput::Instruction => "emulated by instruction (reported)".to_owned(),
            }),
            ("`json_object`", |of| match of.structured_output {
                StructuredOutput::Native | StructuredOutput::Tool if can_be_forced(of) => {
                    "emulated by a tool".to_owned()
                }
                _ => "emulated by instruction (reported)".to_owned(),
            }),
            ("`cache_control`", cache_control),
            ("`service_tier`", service_tier),
        ],
    ),
];

/// Whether a tool for the answer can be forced on the model.
fn can_be_forced(of: &Capabilities) -> bool {
    of.tools.is_some_and(|tools| tools.any == Support::Accepted || tools.named == Support::Accepted)
}

fn accepted(support: Support) -> String {
    match support {
        Support::Accepted => "mapped".to_owned(),
        Support::Refused => "reported".to_owned(),
    }
}

fn both(of: &Capabilities) -> String {
    match (of.temperature, of.sampling_pair) {
        (Support::Refused, _) => "both reported".to_owned(),
        (Support::Accepted, SamplingPair::Both) => "mapped".to_owned(),
        (Support::Accepted, SamplingPair::OneOf) => "`top_p` reported".to_owned(),
    }
}

fn max_tokens(of: &Capabilities) -> String {
    of.max_output_tokens.map_or_else(|| "not sent".to_owned(), |tokens| tokens.to_string())
}

fn stop(of: &Capabilities) -> String {
    match of.max_stop_sequences {
        None => "mapped".to_owned(),
        Some(0) => "refused".to_owned(),
        Some(most) => format!("mapped, at most {most}"),
    }
}

fn reasoning_effort(of: &Capabilities) -> String {
    match &of.thinking {
        Thinking::None => "reported".to_owned(),
        Thinking::Budget(_) => "mapped to a budget".to_owned(),
        Thinking::Adaptive { efforts } | Thinking::Nova { efforts } | Thinking::Effort { efforts } => {
            let words: Vec<&str> = efforts.iter().map(Effort::as_str).collect();
            format!("mapped: {}", words.join(", "))
        }
    }
}

fn images(of: &Capabilities) -> String {
    let formats: Vec<&str> = of.images.iter().map(|format| format.as_str()).collect();
    match formats.len() {
        0 => "refused".to_owned(),
        all if all == MediaType::ALL.len() => "mapped".to_owned(),
        _ => format!("mapped: {}", formats.join(", ")),
    }
}

fn tools(of: &Capabilities, cell: fn(&Tools) -> String) -> String {
    of.tools.as_ref().map_or_else(|| "reported".to_owned(), cell)
}

fn cache_control(of: &Capabilities) -> String {
    let Some(caching) = &of.caching else { return "reported".to_owned() };
    let mut words = vec![format!("at most {}", caching.max_points)];
    if caching.hour_ttl == Support::Refused {
        words.push("5 minutes only".to_owned());
    }
    if caching.tools == Support::Refused {
        words.push("on tools reported".to_owned());
    }
    format!("mapped: {}", words.join(", "))
}

fn service_tier(of: &Capabilities) -> String {
    if of.service_tiers == ServiceTier::ALL {
        return "mapped".to_owned();
    }
    let words: Vec<&str> = of.service_tiers.iter().map(|tier| tier.as_str()).collect();
    format!("{}; others reported", words.join(", "))
}

/// All tables in Markdown, between the marks.
fn render() -> String {
    let models = Models::built_in();
    let mut families: Vec<(String, Vec<&str>)> = Vec::new();
    for id in IDS {
        let of = models.capabilities(id);
        // Those have no parameters of Chat Completions.
        if of.embedding.is_some() || of.image_generation.is_some() || of.backend == Backend::OpenAi {
            continue;
        }
        match families.iter_mut().find(|(family, _)| *family == of.family) {
            Some((_, ids)) => ids.push(id),
            None => families.push((of.family.clone(), vec![id])),
        }
    }
    families.push((Capabilities::OTHER.to_owned(), vec!["other"]));

    let mut page = String::new();
    for (heading, columns) in TABLES {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let _ = writeln!(page, "\n### {heading}\n\n| family | {} |", names.join(" | "));
        let _ = writeln!(page, "|---{}|", "|---".repeat(columns.len()));
        // Families that behave alike share a line.
        let mut lines: Vec<(String, Vec<&str>)> = Vec::new();
        for (family, ids) in &families {
            let cells: Vec<String> = columns
                .iter()
                .map(|(_, cell)| joined(ids.iter().map(|id| cell(&models.capabilities(id)))))
                .collect();
            let cells = cells.join(" | ");
            match lines.iter_mut().find(|(others, _)| *others == cells) {
                Some((_, names)) => names.push(family),
                None => lines.push((cells, vec![family])),
            }
        }
        for (cells, names) in lines {
            let _ = writeln!(page, "| {} | {cells} |", names.join("; "));
        }
    }
    page
}

/// What the models of a family do: one thing, or by model one of several.
fn joined(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" or ")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that renews a page is asked to by its environment")]
#[expect(clippy::unwrap_used, reason = "a test may fail loudly")]
fn the_table_of_families_is_what_the_data_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openai.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let renewed = format!("{before}{BEGIN}\n{}{END}{after}", render());
    if std::env::var("ADIT_WRITE_DOCS").is_ok() {
        std::fs::write(&path, renewed).unwrap();
        return;
    }
    assert!(
        renewed == page,
        "docs/openai.md is stale; renew it: ADIT_WRITE_DOCS=1 cargo test -p adit --lib capability::tests::docs"
    );
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that renews a file is asked to by its environment")]
#[expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
fn the_program_reads_what_the_file_says() {
    if std::env::var("ADIT_WRITE_DOCS").is_ok() {
        let models: toml::Table = include_str!("../models.toml").parse().unwrap();
        let lines =
            models["model"].as_array().unwrap().iter().map(|model| serde_json::to_string(model).unwrap());
        let json = format!("{{\"model\": [\n{}\n]}}\n", lines.collect::<Vec<_>>().join(",\n"));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capability/models.json");
        return std::fs::write(path, json).unwrap();
    }
    assert_eq!(
        Entries::parse_json(include_str!("../models.json")).unwrap(),
        Entries::parse(include_str!("../models.toml")).unwrap(),
        "models.json is stale; renew it: ADIT_WRITE_DOCS=1 cargo test -p adit --lib capability::tests::docs, twice, as \
         the tables follow from it"
    );
}
