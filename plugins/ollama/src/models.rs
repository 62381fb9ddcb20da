//! `GET /api/tags`.

use std::fmt::Write;

use adit_plugin::formats::ModelEntry;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::line;

/// When Bedrock opened to the public. Nobody says when a model came, and clients want a time.
const MODIFIED_AT: &str = "2023-09-28T00:00:00Z";

#[derive(Serialize)]
struct List<'a> {
    models: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    model: &'a str,
    modified_at: &'static str,
    size: u64,
    digest: String,
    details: Details<'a>,
}

/// What is not known of a model that nobody has on a disk is empty.
#[derive(Serialize)]
struct Details<'a> {
    parent_model: &'static str,
    format: &'static str,
    family: &'a str,
    families: [&'a str; 1],
    parameter_size: &'static str,
    quantization_level: &'static str,
}

/// Writes the list, in the order given.
pub(crate) fn list(models: &[ModelEntry]) -> Vec<u8> {
    line::json(&List { models: models.iter().map(entry).collect() })
}

fn entry(ModelEntry { id, owner }: &ModelEntry) -> Entry<'_> {
    Entry {
        name: id,
        model: id,
        modified_at: MODIFIED_AT,
        size: 0,
        digest: digest(id),
        details: Details {
            parent_model: "",
            format: "",
            family: owner,
            families: [owner],
            parameter_size: "",
            quantization_level: "",
        },
    }
}

/// In hexadecimal.
fn digest(id: &str) -> String {
    let mut digest = String::with_capacity(64);
    for byte in Sha256::digest(id) {
        // Writing to a `String` cannot fail.
        let _ = write!(digest, "{byte:02x}");
    }
    digest
}
