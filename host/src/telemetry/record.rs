//! What is known of one request. The names are those of OpenTelemetry's semantic conventions, for generative AI
//! and for HTTP, where these have one; what begins with `adit.` is our own. `docs/telemetry.md` lists them.

use std::fmt::Display;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use super::{ClientRequestId, ModelName, TraceId};
use crate::chat::{Delivery, StopReason};
use crate::enabled::Version;
use crate::error::{Kind, Origin};
use crate::ids::{KeyId, PluginName, RequestId, TeamName};
use crate::metering::{Money, Tally};

/// One request, from its arrival to its last byte. A member that is none is not known, or there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Record {
    /// When it arrived.
    #[serde(rename = "timestamp", serialize_with = "moment")]
    pub arrived: Timestamp,
    /// How it ended.
    #[serde(rename = "adit.outcome")]
    pub outcome: Outcome,
    /// What went wrong, if something did.
    #[serde(rename = "error.type", serialize_with = "kind", skip_serializing_if = "Option::is_none")]
    pub error: Option<Kind>,
    /// Adit's own id.
    #[serde(rename = "adit.request.id", serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// The client's.
    #[serde(
        rename = "adit.client_request.id",
        serialize_with = "client_request",
        skip_serializing_if = "Option::is_none"
    )]
    pub client_request: Option<ClientRequestId>,
    /// AWS's, of the invocation of the function.
    #[serde(rename = "faas.invocation_id", skip_serializing_if = "Option::is_none")]
    pub invocation: Option<String>,
    /// Bedrock's, of the last call.
    #[serde(rename = "aws.request_id", skip_serializing_if = "Option::is_none")]
    pub bedrock_request: Option<String>,
    /// The trace that it is a part of.
    #[serde(rename = "trace_id", serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// Whose it is.
    #[serde(rename = "adit.key.id", serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// The key's team.
    #[serde(rename = "adit.team.name", serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamName>,
    /// The HTTP method.
    #[serde(rename = "http.request.method")]
    pub method: &'static str,
    /// The path as a route has it, never as a client wrote it.
    #[serde(rename = "http.route", serialize_with = "route", skip_serializing_if = "Option::is_none")]
    pub route: Option<Route>,
    /// The HTTP status; none for a client that left before.
    #[serde(rename = "http.response.status_code", skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What was asked for.
    #[serde(rename = "gen_ai.operation.name", skip_serializing_if = "Option::is_none")]
    pub operation: Option<Operation>,
    /// The method of the Model Context Protocol.
    #[serde(rename = "mcp.method.name", skip_serializing_if = "Option::is_none")]
    pub mcp_method: Option<&'static str>,
    /// The tool that was called.
    #[serde(rename = "gen_ai.tool.name", skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The model that the client named.
    #[serde(
        rename = "gen_ai.request.model",
        serialize_with = "model",
        skip_serializing_if = "Option::is_none"
    )]
    pub asked_model: Option<ModelName>,
    /// Whether it wants a stream.
    #[serde(
        rename = "gen_ai.request.stream",
        serialize_with = "is_streamed",
        skip_serializing_if = "Option::is_none"
    )]
    pub delivery: Option<Delivery>,
    /// Who has the model, if one was called.
    #[serde(rename = "gen_ai.provider.name", skip_serializing_if = "Option::is_none")]
    pub provider: Option<&'static str>,
    /// The model that was called.
    #[serde(
        rename = "gen_ai.response.model",
        serialize_with = "model",
        skip_serializing_if = "Option::is_none"
    )]
    pub called_model: Option<ModelName>,
    /// Why the model stopped.
    #[serde(rename = "gen_ai.response.finish_reasons", skip_serializing_if = "Option::is_none")]
    pub finish_reasons: Option<[&'static str; 1]>,
    /// Where it was called last.
    #[serde(rename = "cloud.region", skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The host name of that.
    #[serde(rename = "server.address", skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// How often it was called, all regions together.
    #[serde(rename = "adit.upstream.attempts", skip_serializing_if = "is_zero")]
    pub attempts: u32,
    /// What it used, if anything was paid for.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub used: Option<Used>,
    /// From the model's call to its first word.
    #[serde(
        rename = "gen_ai.response.time_to_first_chunk",
        serialize_with = "seconds",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_chunk: Option<Duration>,
    /// From the arrival to the first word of a stream.
    #[serde(rename = "adit.first_token_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub first_token: Option<Duration>,
    /// What Adit took before the model was called, without the plugins and the client's sending.
    #[serde(rename = "adit.host_ms", serialize_with = "ms", skip_serializing_if = "Option::is_none")]
    pub host: Option<Duration>,
    /// All of it.
    #[serde(rename = "adit.total_ms", serialize_with = "ms")]
    pub total: Option<Duration>,
    /// What the response cache did, where it is on.
    #[serde(rename = "adit.cache", skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheUse>,
    /// The plugins that had something to do, in the operator's order.
    #[serde(rename = "adit.plugins", skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginRun>,
    /// How often the store could not be read or written.
    #[serde(rename = "adit.store_errors", skip_serializing_if = "is_zero")]
    pub store_errors: u32,
}

impl Record {
    /// A request of which nothing is known but that it is there.
    pub fn new(arrived: Timestamp, method: &'static str) -> Self {
        Self {
            arrived,
            outcome: Outcome::ClientLeft,
            error: None,
            request: None,
            client_request: None,
            invocation: None,
            bedrock_request: None,
            trace: None,
            key: None,
            team: None,
            method,
            route: None,
            status: None,
            operation: None,
            mcp_method: None,
            tool: None,
            asked_model: None,
            delivery: None,
            provider: None,
            called_model: None,
            finish_reasons: None,
            region: None,
            server: None,
            attempts: 0,
            used: None,
            first_chunk: None,
            first_token: None,
            host: None,
            total: None,
            cache: None,
            plugins: Vec::new(),
            store_errors: 0,
        }
    }

    /// Plugins that failed, or were left out because they had.
    pub fn plugin_failures(&self) -> usize {
        let failed = |run: &&PluginRun| matches!(run.verdict, Verdict::Failed | Verdict::Skipped);
        self.plugins.iter().filter(failed).count()
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The client got all of the answer.
    Complete,
    /// The client, or a plugin, has to answer for it: it asked for what it may not have.
    Refused,
    /// Bedrock, a plugin or Adit failed before the first byte.
    Failed,
    /// The same behind the first byte.
    Cut,
    /// The client went away before the end.
    ClientLeft,
}

impl Outcome {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Cut => "cut",
            Self::ClientLeft => "client_left",
        }
    }

    /// Whether the operator has something to look into.
    pub fn is_error(self) -> bool {
        matches!(self, Self::Failed | Self::Cut)
    }

    /// What a failure before the first byte means.
    pub(super) fn of(kind: Kind) -> Self {
        match kind {
            Kind::PluginDenied(_) => Self::Refused,
            kind if kind.origin() == Origin::Client => Self::Refused,
            _ => Self::Failed,
        }
    }
}

/// What was asked for, as the conventions name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// An answer to a conversation.
    Chat,
    /// An answer to a text, in OpenAI's older format.
    TextCompletion,
    /// Vectors.
    Embeddings,
    /// Images.
    GenerateContent,
    /// A tool's result.
    ExecuteTool,
}

/// A path as the server or a plugin has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route(String);

impl Route {
    /// A path that somebody serves. Never a client's word that nobody knew.
    pub fn served(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a request used, as the bill has it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Used {
    /// All that was read, the prompt cache's share included.
    #[serde(rename = "gen_ai.usage.input_tokens")]
    pub input_tokens: u64,
    /// Written.
    #[serde(rename = "gen_ai.usage.output_tokens")]
    pub output_tokens: u64,
    /// Read from the prompt cache.
    #[serde(rename = "gen_ai.usage.cache_read.input_tokens")]
    pub cache_read_tokens: u64,
    /// Written to the prompt cache.
    #[serde(rename = "gen_ai.usage.cache_creation.input_tokens")]
    pub cache_write_tokens: u64,
    /// US dollars, by the price data.
    #[serde(rename = "adit.cost_usd")]
    pub dollars: f64,
    /// Whether that is an estimate: nobody was there any more when Bedrock would have said it.
    #[serde(rename = "adit.usage.is_estimated", skip_serializing_if = "is_false")]
    pub is_estimated: bool,
}

impl From<&Tally> for Used {
    fn from(tally: &Tally) -> Self {
        Self {
            input_tokens: tally.input_tokens + tally.cache_read_tokens + tally.cache_write_tokens,
            output_tokens: tally.output_tokens,
            cache_read_tokens: tally.cache_read_tokens,
            cache_write_tokens: tally.cache_write_tokens,
            dollars: Money::from_nanodollars(tally.cost_nanodollars).dollars(),
            is_estimated: tally.estimated > 0,
        }
    }
}

/// What the response cache did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CacheUse {
    /// It answered.
    Hit,
    /// It had no answer.
    Miss,
    /// It was not asked.
    Bypass,
}

/// A plugin's part in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginRun {
    /// Its place in the chain.
    #[serde(skip)]
    pub place: usize,
    /// Its name.
    #[serde(serialize_with = "text")]
    pub name: PluginName,
    /// Its version; none is the file in the plugin folder.
    #[serde(serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// All its calls together, starts included.
    #[serde(rename = "us", serialize_with = "us")]
    pub took: Duration,
    /// What it did.
    pub verdict: Verdict,
}

/// What a plugin did with a request, the least first: what it did most is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It let everything pass.
    Passed,
    /// It changed the request or the answer.
    Changed,
    /// It answered in the model's place.
    Answered,
    /// It refused the request, or stopped the answer.
    Refused,
    /// It failed, or was left alone because it had, and the request went on without it.
    Skipped,
    /// It failed, and the request with it.
    Failed,
}

impl CacheUse {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Bypass => "bypass",
        }
    }
}

impl Verdict {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Changed => "changed",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }
}

/// The word for a reason to stop. What only a model's own format knows is not repeated.
pub(super) fn finish_reason(reason: &StopReason) -> &'static str {
    match reason {
        StopReason::EndTurn => "end_turn",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::ToolUse => "tool_use",
        StopReason::ContentFiltered => "content_filtered",
        StopReason::Other(_) => "other",
    }
}

/// In milliseconds, to the microsecond.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for 285 years")]
    let micros = duration.as_micros() as f64;
    micros / 1e3
}

fn moment<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"))
}

fn text<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn us<S: Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_micros()).unwrap_or(u64::MAX))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Writers of members that may be none; none is skipped before.
macro_rules! writers {
    ($($name:ident($value:ident: $type:ty) -> $shown:expr;)*) => {$(
        #[expect(clippy::ref_option, reason = "serde hands over references")]
        fn $name<S: Serializer>(value: &Option<$type>, serializer: S) -> Result<S::Ok, S::Error> {
            value.as_ref().map(|$value| $shown).serialize(serializer)
        }
    )*};
}

writers! {
    client_request(id: ClientRequestId) -> id.as_str();
    model(name: ModelName) -> name.as_str();
    route(route: Route) -> route.as_str();
    kind(kind: Kind) -> kind.name();
    is_streamed(delivery: Delivery) -> *delivery == Delivery::Streamed;
    seconds(duration: Duration) -> milliseconds(*duration) / 1e3;
    ms(duration: Duration) -> milliseconds(*duration);
}

#[expect(clippy::ref_option, reason = "serde hands over references")]
fn shown<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
