//! A plugin whose every call is noted.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::golden::{asked, in_words};
use crate::chat::{Event, Request};
use crate::error::{Failure, Kind};
use crate::ids::{ModelPattern, PluginName};
use crate::pipeline::{
    Chunk, ClientFormat, Context, EventVerdict, Hooks, HttpRoute, ModelFormat, Outcome, Plugin,
    PromptVerdict, Report, RequestVerdict, RouteVerdict, Segment, Session, Summary, TextKind, TextVerdict,
    TextWish, Tool, ToolCall, ToolClient, ToolOutcome, ToolResult,
};

/// One call of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The function of the contract.
    pub(super) function: &'static str,
    /// What it was given, in lines.
    pub(super) input: Vec<String>,
    /// What it answered, in lines.
    pub(super) output: Vec<String>,
    /// How long it took, with the crossing of the border.
    pub(super) took: Duration,
}

/// The calls so far.
pub(super) type Calls = Arc<Mutex<Vec<Call>>>;

/// A plugin that notes what is asked of it.
pub(super) struct Watched {
    plugin: Arc<dyn Plugin>,
    calls: Calls,
}

impl Watched {
    pub(super) fn new(plugin: Arc<dyn Plugin>) -> (Arc<Self>, Calls) {
        let calls = Calls::default();
        (Arc::new(Self { plugin, calls: Arc::clone(&calls) }), calls)
    }
}

struct WatchedSession {
    session: Box<dyn Session>,
    calls: Calls,
}

fn note(calls: &Calls, function: &'static str, start: Instant, input: Vec<String>, output: Vec<String>) {
    let took = start.elapsed();
    calls.lock().unwrap_or_else(PoisonError::into_inner).push(Call { function, input, output, took });
}

/// The verdict's lines, or the failure's.
fn lines<T>(answer: &Result<T, Failure>, of: impl FnOnce(&T) -> Vec<String>) -> Vec<String> {
    match answer {
        Ok(verdict) => of(verdict),
        Err(failure) => vec![format!("failed: {}", failure.internal.as_deref().unwrap_or(&failure.message))],
    }
}

#[async_trait]
impl Plugin for Watched {
    fn name(&self) -> &PluginName {
        self.plugin.name()
    }

    fn hooks(&self) -> Hooks {
        self.plugin.hooks()
    }

    fn fingerprint(&self) -> [u8; 32] {
        self.plugin.fingerprint()
    }

    async fn routes(&self) -> Result<Arc<[HttpRoute]>, Failure> {
        self.plugin.routes().await
    }

    async fn models(&self) -> Result<Arc<[ModelPattern]>, Failure> {
        self.plugin.models().await
    }

    async fn model_format(&self, context: &Context) -> Result<Box<dyn ModelFormat>, Failure> {
        self.plugin.model_format(context).await
    }

    async fn tools(&self) -> Result<Arc<[Tool]>, Failure> {
        self.plugin.tools().await
    }

    async fn start(&self, context: &Context) -> Result<Box<dyn Session>, Failure> {
        let start = Instant::now();
        let session = self.plugin.start(context).await;
        let output = lines(&session, |session| {
            let wish = session.text_wish();
            let kinds = [(wish.text, "text"), (wish.reasoning, "reasoning"), (wish.tool_args, "tool-args")];
            let kinds: Vec<_> =
                kinds.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name).collect();
            let kinds = if kinds.is_empty() { "no text".to_owned() } else { kinds.join(", ") };
            vec![format!("wants {kinds}; window {} bytes", wish.window)]
        });
        let labels =
            context.labels.iter().map(|label| format!("label {}={}", label.name, label.value)).collect();
        note(&self.calls, "start", start, labels, output);
        Ok(Box::new(WatchedSession { session: session?, calls: Arc::clone(&self.calls) }))
    }
}

#[async_trait]
impl Session for WatchedSession {
    fn text_wish(&self) -> TextWish {
        self.session.text_wish()
    }

    fn condemn(&mut self) {
        self.session.condemn();
    }

    fn client_format(&mut self) -> Option<&mut dyn ClientFormat> {
        self.session.client_format()
    }

    async fn on_route(&mut self, summary: &Summary) -> Result<RouteVerdict, Failure> {
        let start = Instant::now();
        let answer = self.session.on_route(summary).await;
        let input = format!(
            "model {}, {} messages, {} bytes of prompt, {} tools",
            summary.model, summary.message_count, summary.prompt_bytes, summary.tool_count
        );
        let output = lines(&answer, |verdict| {
            vec![match verdict {
                RouteVerdict::Keep => "keep".to_owned(),
                RouteVerdict::To(model) => format!("to {model}"),
                RouteVerdict::Deny(failure) => denied("deny", failure),
            }]
        });
        note(&self.calls, "on-route", start, vec![input], output);
        answer
    }

    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        let start = Instant::now();
        let answer = self.session.on_prompt(segments).await;
        let segment =
            |it: &Segment<'_>| format!("{} {} {}: {:?}", it.id, word(&it.role), word(&it.origin), it.text);
        let output = lines(&answer, |verdict| match verdict {
            PromptVerdict::Keep => vec!["keep".to_owned()],
            PromptVerdict::Edit(edits) => {
                edits.iter().map(|edit| format!("edit {}: {:?}", edit.id, edit.text)).collect()
            }
            PromptVerdict::Respond(text) => vec![format!("respond {text:?}")],
            PromptVerdict::Deny(failure) => vec![denied("deny", failure)],
        });
        note(&self.calls, "on-prompt", start, segments.iter().map(segment).collect(), output);
        answer
    }

    async fn on_request(&mut self, request: &Request) -> Result<RequestVerdict, Failure> {
        let start = Instant::now();
        let answer = self.session.on_request(request).await;
        let output = lines(&answer, |verdict| match verdict {
            RequestVerdict::Keep => vec!["keep".to_owned()],
            RequestVerdict::Replace(request) => vec![format!("replace: {}", in_short(request))],
            RequestVerdict::Respond(events) => {
                events.iter().map(|event| format!("respond {event:?}")).collect()
            }
            RequestVerdict::Deny(failure) => vec![denied("deny", failure)],
        });
        note(&self.calls, "on-request", start, vec![in_short(request)], output);
        answer
    }

    async fn on_events(&mut self, events: &[Event]) -> Result<EventVerdict, Failure> {
        let start = Instant::now();
        let answer = self.session.on_events(events).await;
        let output = lines(&answer, |verdict| match verdict {
            EventVerdict::Pass => vec!["pass".to_owned()],
            EventVerdict::Replace(events) => events.iter().map(|event| format!("{event:?}")).collect(),
            EventVerdict::Stop(failure) => vec![denied("stop", failure)],
        });
        let input = events.iter().map(|event| format!("{event:?}")).collect();
        note(&self.calls, "on-events", start, input, output);
        answer
    }

    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        let start = Instant::now();
        let answer = self.session.on_text(chunks).await;
        let chunk = |it: &Chunk| {
            let kind = match it.kind {
                TextKind::Text => "text",
                TextKind::Reasoning => "reasoning",
                TextKind::ToolArgs => "tool-args",
            };
            format!("block {} {kind}{}: {:?}", it.index, if it.last { ", final" } else { "" }, it.text)
        };
        let output = lines(&answer, |verdict| match verdict {
            TextVerdict::Pass => vec!["pass".to_owned()],
            TextVerdict::Rewrite(outcomes) => outcomes.iter().map(outcome).collect(),
            TextVerdict::Stop(failure) => vec![denied("stop", failure)],
        });
        note(&self.calls, "on-text", start, chunks.iter().map(chunk).collect(), output);
        answer
    }

    async fn call_tool(
        &mut self,
        call: &ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        let start = Instant::now();
        let outcome = self.session.call_tool(call, client).await;
        let input = vec![format!("{} {}", call.name, call.arguments.as_str())];
        let output = lines(&outcome, |outcome| match outcome {
            ToolOutcome::Done(result) => answered(result),
            ToolOutcome::NeedsInput { state, requests } => {
                let requests = requests.iter().map(|it| format!("asks {}: {}", it.id, asked(it)));
                requests.chain([format!("state {state:?}")]).collect()
            }
        });
        note(&self.calls, "call-tool", start, input, output);
        outcome
    }

    async fn on_finish(&mut self, report: &Report) -> Result<(), Failure> {
        let start = Instant::now();
        let answer = self.session.on_finish(report).await;
        let output = lines(&answer, |()| vec!["done".to_owned()]);
        note(
            &self.calls,
            "on-finish",
            start,
            vec![format!("{:?}, model {:?}", report.end, report.model)],
            output,
        );
        answer
    }
}

fn answered(result: &ToolResult) -> Vec<String> {
    let content = result.content.iter().map(|content| format!("{:?}", in_words(content)));
    let structured = result.structured.iter().map(|json| format!("structured {}", json.as_str()));
    let error = result.is_error.then(|| "is an error".to_owned());
    content.chain(structured).chain(error).collect()
}

fn outcome(outcome: &Outcome) -> String {
    match &outcome.output {
        Some(output) => format!("{} bytes consumed, {output:?} in their place", outcome.consumed),
        None => format!("{} bytes consumed as they are", outcome.consumed),
    }
}

fn denied(word: &str, failure: &Failure) -> String {
    let mut text = word.to_owned();
    if let Kind::PluginDenied(status) = failure.kind {
        // Writing to a `String` cannot fail.
        let _ = write!(text, " {status}");
    }
    if let Some(code) = &failure.code {
        let _ = write!(text, " {code}");
    }
    let _ = write!(text, ": {:?}", failure.message);
    text
}

fn in_short(request: &Request) -> String {
    let (messages, tools) = (request.messages.len(), request.tools.len());
    format!("model {}, {messages} messages, {tools} tools", request.model)
}

/// `ToolArgs` as the contract has it: `tool-args`.
fn word(of: &impl std::fmt::Debug) -> String {
    let mut word = String::new();
    for character in format!("{of:?}").chars() {
        if character.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(character.to_lowercase());
    }
    word
}
