//! Keeps personal data and credentials from the model: replaces them in the request by
//! placeholders, and puts them back into the answer as it streams.

mod config;
mod detect;
mod placeholder;
mod restore;
mod scan;
mod unescape;

use std::collections::BTreeSet;
use std::rc::Rc;

use adit_plugin::{
    Chunk, Edit, Failure, Origin, Outcome, Plugin, PluginError, PromptVerdict, RequestContext, Segment,
    TextKinds, TextVerdict,
};

use config::Mode;
pub use config::Settings;
use detect::{Finding, Kind};
use placeholder::Vault;

/// What the plugin remembers about one request.
pub struct Redact {
    settings: Rc<Settings>,
    vault: Vault,
}

impl Plugin for Redact {
    type Config = Settings;

    #[expect(clippy::cast_possible_truncation, reason = "a constant below 100")]
    const WINDOW: u32 = placeholder::LONGEST as u32;

    fn wants(settings: &Settings) -> TextKinds {
        match settings.mode {
            // Reasoning too: a placeholder is the same each time, so signed blocks come back as
            // the model wrote them.
            Mode::Reversible => TextKinds::TEXT | TextKinds::REASONING | TextKinds::TOOL_ARGS,
            Mode::Irreversible | Mode::Block => TextKinds::empty(),
        }
    }

    fn start(settings: Rc<Settings>, ctx: RequestContext) -> Self {
        Self { settings, vault: Vault::new(&ctx.seed) }
    }

    fn on_prompt(&mut self, mut segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        if self.settings.mode == Mode::Block {
            return Ok(self.block(&segments));
        }
        // What the model knew when it reasoned stands before its reasoning.
        segments.sort_by_key(|segment| !matches!(segment.origin, Origin::System | Origin::ToolDefinition));
        let mut edits = Vec::new();
        for segment in &segments {
            edits.extend(self.redacted(segment).map(|text| Edit { id: segment.id, text }));
        }
        Ok(if edits.is_empty() { PromptVerdict::Keep } else { PromptVerdict::Edit(edits) })
    }

    fn on_text(&mut self, chunks: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        if self.vault.is_empty() || !chunks.iter().any(|chunk| chunk.text.contains('[')) {
            return Ok(TextVerdict::Pass);
        }
        let outcome = |chunk: &Chunk| {
            let restored = restore::restore(&chunk.text, chunk.final_, &self.vault);
            match restored.output {
                Some(output) => Outcome::replace_front(restored.consumed, output),
                None => Outcome::hold(restored.consumed),
            }
        };
        Ok(TextVerdict::Rewrite(chunks.iter().map(outcome).collect()))
    }
}

impl Redact {
    /// The segment's text with placeholders, or `None` if there is nothing to redact.
    fn redacted(&mut self, segment: &Segment) -> Option<String> {
        // The client got values back in the reasoning; they become the bytes that were signed.
        let known = match segment.origin {
            Origin::Reasoning => self.vault.occurrences(&segment.text),
            _ => Vec::new(),
        };
        let findings = scan::scan(&segment.text, &self.settings, known);
        if findings.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(segment.text.len());
        let mut copied = 0;
        for Finding { kind, span } in findings {
            let label = self.settings.label(kind);
            let value = segment.text.get(span.clone()).unwrap_or_default();
            text.push_str(segment.text.get(copied..span.start).unwrap_or_default());
            match self.settings.mode {
                Mode::Irreversible => text.push_str(&placeholder::unnumbered(label)),
                Mode::Reversible | Mode::Block => text.push_str(&self.vault.placeholder(kind, label, value)),
            }
            copied = span.end;
        }
        text.push_str(segment.text.get(copied..).unwrap_or_default());
        Some(text)
    }

    fn block(&self, segments: &[Segment]) -> PromptVerdict {
        let found = segments.iter().flat_map(|segment| scan::scan(&segment.text, &self.settings, Vec::new()));
        let kinds: BTreeSet<Kind> = found.map(|finding| finding.kind).collect();
        if kinds.is_empty() {
            return PromptVerdict::Keep;
        }
        let names: Vec<_> = kinds.iter().map(|kind| self.settings.label(*kind).to_lowercase()).collect();
        let message = format!("the request was blocked because it contains: {}", names.join(", "));
        PromptVerdict::Deny(Failure::new(400, "content_blocked", message))
    }
}

adit_plugin::register!(Redact: prompt, text);
