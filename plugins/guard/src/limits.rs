//! How much a request may bring.

use std::num::NonZeroU32;

use adit_plugin::Failure;
use adit_plugin::chat::Request;
use serde::Deserialize;

use crate::reading::{files, prompt_bytes};

/// How much a request may bring. What is not set is not limited.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    prompt_bytes: Option<usize>,
    messages: Option<usize>,
    tools: Option<usize>,
    files: Option<usize>,
    max_tokens: Option<NonZeroU32>,
}

impl Limits {
    /// The refusal of a request that brings too much.
    pub(crate) fn breach(&self, request: &Request) -> Option<Failure> {
        let held = [
            ("bytes of prompt", self.prompt_bytes.map(|most| (most, prompt_bytes(request)))),
            ("messages", self.messages.map(|most| (most, request.messages.len()))),
            ("tools", self.tools.map(|most| (most, request.tools.len()))),
            ("images and documents", self.files.map(|most| (most, files(request)))),
        ];
        held.into_iter().find_map(|(what, held)| {
            let (most, count) = held?;
            (count > most).then(|| Failure {
                status: 400,
                code: "request_too_large".to_owned(),
                message: format!("the request has {count} {what}; your API key may send {most}"),
            })
        })
    }

    /// Lowers the answer's limit to what is allowed. Tells whether anything changed.
    pub(crate) fn lower(&self, request: &mut Request) -> bool {
        match (self.max_tokens.map(NonZeroU32::get), request.sampling.max_tokens) {
            (Some(most), asked) if asked.is_none_or(|asked| asked > most) => {
                request.sampling.max_tokens = Some(most);
                true
            }
            _ => false,
        }
    }
}
